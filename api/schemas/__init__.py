"""Requests and answers of the API as pydantic models, by noun."""
