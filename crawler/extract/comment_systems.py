"""Comment systems that load what readers wrote by script, from elsewhere: what stands in the page is a placeholder."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

# By the containers and scripts that each one's own instructions ask a site to put in its pages.
SCRIPT_SYSTEMS = {
    "disqus": '#disqus_thread, script[src*="disqus.com"]',
    "giscus": '.giscus, #giscus, script[src*="giscus.app"]',
    "utterances": '.utterances, script[src*="utteranc.es"]',
    "isso": '#isso-thread, script[src*="embed."][data-isso]',
    "waline": "#waline",
    "valine": "#vcomments",
    "twikoo": "#twikoo, #tcomment",
    "artalk": "#artalk, .artalk",
    "gitalk": "#gitalk-container",
    "commento": "#commento, commento-comments",
    "comentario": "#comentario, comentario-comments",
    "remark42": "#remark42",
    "cusdis": "#cusdis_thread",
    "hyvor talk": "#hyvor-talk-view, hyvor-talk-comments",
    "facebook": ".fb-comments",
    "ghost members": '#ghost-comments-root, script[data-ghost-comments], script[src*="comments-ui"]',
    "discourse": "#discourse-comments",
    "mastodon": "#mastodon-comments-list, mastodon-comments",
    "commentbox": ".commentbox",
    "talkyard": ".talkyard-comments",
    "fastcomments": "#fastcomments-widget, [class^=fast-comments]",
    "graphcomment": "#graphcomment",
    "intensedebate": "#idc-container, #IDCommentsPostTitle",
    "livere": "#lv-container",
    "cactus": "#comment-section[data-cactus], #cactus-comments",
    "schnack": ".schnack-comments",
}
_ANY = ", ".join(SCRIPT_SYSTEMS.values())


def has_script_system(part: LexborHTMLParser | LexborNode) -> bool:
    """Whether a page, or a part of one, is or holds a place for comments that a script fills."""
    return part.css_first(_ANY) is not None


def script_systems(tree: LexborHTMLParser) -> tuple[str, ...]:
    """The names of the systems whose placeholders stand in the page."""
    return tuple(name for name, selector in SCRIPT_SYSTEMS.items() if tree.css_first(selector) is not None)
