"""Which software made a page, by its generator tag or, without one, by names its themes cannot avoid."""

import re

_GENERATORS = (
    "wordpress", "ghost", "blogger", "hugo", "jekyll", "hexo", "pelican", "nikola", "gatsby", "eleventy", "astro",
    "drupal", "joomla", "typo3", "squarespace", "wix", "weebly", "medium", "tumblr", "movable type", "typepad",
    "shopify", "woocommerce", "docusaurus", "mkdocs", "sphinx", "vuepress", "gitbook", "quarto", "publii", "zola",
    "octopress", "serendipity", "textpattern", "write.as", "writefreely", "micro.blog", "substack", "discourse",
    "hakyll",
)  # fmt: skip
_MARKS = (
    ("wordpress", re.compile(r"/wp-(?:content|includes|json)/")),
    ("blogger", re.compile(r"blogger\.com/|blogblog\.com/|\.blogspot\.com/feeds/")),
    ("ghost", re.compile(r"ghost-(?:portal|sdk)|/ghost/api/")),
    ("shopify", re.compile(r"cdn\.shopify\.com/|Shopify\.theme")),
    ("squarespace", re.compile(r"static1?\.squarespace\.com/")),
    ("substack", re.compile(r"substackcdn\.com/")),
    ("tumblr", re.compile(r"assets\.tumblr\.com/")),
    ("mkdocs", re.compile(r"mkdocs[_-]|/mkdocs/")),
    ("sphinx", re.compile(r"_static/(?:sphinx|documentation_options)")),
    ("docusaurus", re.compile(r"docusaurus")),
)
_HEAD_CHARS = 60_000
"""The marks stand in the head or the first script and style links."""


def find_platform(generator: str | None, html: str) -> str | None:
    """Lower-case name of the software, or None when nothing tells."""
    named = (generator or "").lower()
    for name in _GENERATORS:
        if name in named:
            return name
    head = html[:_HEAD_CHARS]
    return next((name for name, pattern in _MARKS if pattern.search(head)), None)
