"""Servers of the platforms' public interfaces in their documented form, one module for each platform."""
