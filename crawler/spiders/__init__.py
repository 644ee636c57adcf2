"""The spiders: :mod:`~crawler.spiders.sites` leases sites and visits several at a time, :mod:`~crawler.spiders.blog`
and :mod:`~crawler.spiders.profile` are what a visit to either kind of site does.
"""
