"""What readers did, as one figure per blogger: conversation, amplification and applause.

:mod:`~ranking.engagement.channels` reads the counts off a blogger's posts, :mod:`~ranking.engagement.groups` says who
is compared with whom, :mod:`~ranking.engagement.levels` how much a count is worth there, and
:func:`~ranking.engagement.judging.engagement_of_all` joins them. Followers are no part of it.
"""

from ranking.engagement.channel_columns import ChannelColumns
from ranking.engagement.channels import Channel, channels_of
from ranking.engagement.judging import engagement_of_all
from ranking.engagement.measures import KINDS, MEASURES
from ranking.engagement.table import Engagement, EngagementTable

__all__ = [
    "KINDS",
    "MEASURES",
    "Channel",
    "ChannelColumns",
    "Engagement",
    "EngagementTable",
    "channels_of",
    "engagement_of_all",
]
