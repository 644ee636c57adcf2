"""The pages' routes, one module per view."""
