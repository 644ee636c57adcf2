"""The markups that the demo's blogs wear, one module a publishing system."""
