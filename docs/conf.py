"""How Sphinx builds the documentation: ``make docs`` writes it to build/docs."""

from importlib.metadata import version as version_of

project = "Bloghound"
author = "The Bloghound authors"
project_copyright = author
release = version = version_of("bloghound")

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
"""Headings down to this level can be linked to as on a code host: ``page.md#the-heading``."""

smartquotes = False
"""Commands and JSON must be copied as they stand."""

nitpicky = True
html_theme = "furo"
html_title = f"Bloghound {release}"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
