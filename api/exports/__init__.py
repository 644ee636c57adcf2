"""A shortlist as a file: which rows and cells it has, and how each format holds them."""
