"""Hosts on which many thousand people publish, with the rate at which one worker may ask them.

One request at a time with a gap, the rule for everyone else, would take a day for the home pages of 40,000 blogs on
one of them. None publishes a limit for anonymous readers: big platforms behind a content delivery network get two
requests a second and small ones, which one person or a small team pays for, one in two seconds. Which hosts these are
stands in the one table of shared hosts (:mod:`bloghound.hosts`).
"""

from bloghound.hosts import SharedRate, shared_domains

SHARED_HOSTS: dict[str, SharedRate] = shared_domains()
"""By ICANN registrable domain (:func:`bloghound.urls.registrable_domain`)."""


def sites_at_once(domain: str) -> int:
    """How many sites of a registrable domain are visited at a time: as many as may be asked at once."""
    shared = SHARED_HOSTS.get(domain)
    return shared.concurrent if shared else 1
