"""What is counted on a post, and what each count weighs."""

from bloghound.records import EngagementKind

MEASURES = {
    "conversation": 0.25,
    "commenters": 0.25,
    "amplification": 0.125,
    "citations": 0.125,
    "applause": 0.25,
    "views": 0.0,
}
"""The measures with their weights, which sum to 1: comments, distinct commenters, shares, distinct bloggers who link,
likes and views, each counted per post. Conversation, amplification and applause are Kaushik's ("Best Social Media
Metrics", 2011). The first is half of all, since a comment costs its writer more than a share or a like does; where two
counts stand for one of the three, each has half of it, for want of evidence. Views are shown and weigh nothing: what a
page counts as one differs by two orders of magnitude from one counter to the next, and reading is no answer."""

NAMES = tuple(MEASURES)

KINDS = {
    "conversation": EngagementKind.COMMENTS,
    "amplification": EngagementKind.SHARES,
    "applause": EngagementKind.LIKES,
    "views": EngagementKind.VIEWS,
}
"""The measures that are one kind of reading as the site shows it. The others are counted from what is stored."""

READERS = ("conversation", "commenters", "amplification", "applause")
"""The measures that a site shows of its readers; a blogger's engagement is known where at least one of them is."""

COLUMN = {name: column for column, name in enumerate(NAMES)}
