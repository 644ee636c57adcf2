"""The address forms of the publishing systems whose markup the demo web wears."""

from bloghound.demo.content import BlogPost


def post_path(theme: str, post: BlogPost) -> str:
    """Path of a post's page under ``theme``; raises KeyError for an unknown theme."""
    day = post.published
    return {
        "wordpress": f"/{day:%Y/%m/%d}/{post.slug}/",
        "ghost": f"/{post.slug}/",
        "blogger": f"/{day:%Y/%m}/{post.slug}.html",
        "hugo": f"/posts/{post.slug}/",
        "handmade": f"/log/{post.slug}.html",
    }[theme]
