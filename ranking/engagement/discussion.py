"""How readers talk on a blog: shown beside the score, and no part of it.

These are shares and means of what is there, so a new reader lowers the share of those who return, a short comment the
words per comment, and a discussed post that needs no answer the share that the author answers. More comments must never
lower a score, so only counts are scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import median

from bloghound.records import PostComments

MIN_DISCUSSED_POSTS = 3
"""A share of one or two posts says nothing of a habit."""


@dataclass(frozen=True, slots=True)
class Talk:
    """The single comments on the counted posts; the last three are None where fewer than three posts are discussed.

    ``returning_share`` is of the commenters, those seen on two posts or more; ``author_answer_share`` of the discussed
    posts; ``words_per_comment`` the median over the comments whose length is known.
    """

    discussed_posts: int
    distinct_commenters: int
    returning_share: float | None
    author_answer_share: float | None
    words_per_comment: float | None


TALK = tuple(field.name for field in fields(Talk))

NOTHING_SAID = Talk(0, 0, None, None, None)


def talk_of(posts: Sequence[PostComments]) -> Talk:
    """What the comments on these posts tell, each post's comments apart."""
    discussed = [post for post in posts if post.commenters]
    if not discussed:
        return NOTHING_SAID
    seen_on: dict[str, int] = {}
    for post in discussed:
        for commenter in set(post.commenters):
            seen_on[commenter] = seen_on.get(commenter, 0) + 1
    if len(discussed) < MIN_DISCUSSED_POSTS:
        return Talk(len(discussed), len(seen_on), None, None, None)
    words = [length for post in discussed for length in post.words]
    return Talk(
        discussed_posts=len(discussed),
        distinct_commenters=len(seen_on),
        returning_share=sum(times >= 2 for times in seen_on.values()) / len(seen_on),
        author_answer_share=sum(post.author_answers > 0 for post in discussed) / len(discussed),
        words_per_comment=float(median(words)) if words else None,
    )
