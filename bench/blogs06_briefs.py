"""Briefs over the made-up world, with who is relevant to them by construction."""

from dataclasses import dataclass

import numpy as np

from bench.blogs06_words import SubTopic, angles, sub_topics, topics
from bench.blogs06_world import World, blogger_id

RELEVANT_SHARE = 0.5
"""A blog is relevant to a brief when so many of its posts, off-topic ones aside, are on the topic, from any angle."""
_FORMS = (
    "Blogs about {name}, with {first} and {second}",
    "{name}: {first}, {second}, {third}",
    "People who write regularly about {name}, {first} or {third}",
    "{name} by somebody who knows {second} and {third}",
)


@dataclass(frozen=True)
class JudgedBrief:
    """A brief, and the public ids of the bloggers who mostly write on its topic, by how the world is made."""

    text: str
    relevant: frozenset[str]


def brief_of(sub_topic: SubTopic, form: int) -> str:
    """A brief on a sub-topic in one of four wordings, with words of its own."""
    words = sub_topic.words[form % 3 :]
    return _FORMS[form % len(_FORMS)].format(name=sub_topic.name, first=words[0], second=words[2], third=words[4])


def briefs(world: World, number: int) -> list[JudgedBrief]:
    """So many distinct briefs, on as many sub-topics as there are, in no order."""
    listed, relevant = sub_topics(), [_relevant(world, topic) for topic in range(len(topics()))]
    order = world.chance(9).permutation(len(listed))
    chosen = [(int(order[place % len(listed)]), place // len(listed)) for place in range(number)]
    return [JudgedBrief(brief_of(listed[one], form), relevant[one // angles()]) for one, form in chosen]


def _relevant(world: World, topic: int) -> frozenset[str]:
    share = (world.shares * (world.interests // angles() == topic)).sum(axis=1)
    return frozenset(blogger_id(number) for number in np.flatnonzero(share >= RELEVANT_SHARE).tolist())
