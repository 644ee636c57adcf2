"""What keeps the crawler from reaching anything but public web servers, and from being held by hostile ones.

:mod:`~crawler.safety.addresses` knows which IP addresses are public, :mod:`~crawler.safety.policy` decides whether a
connection may be made, :mod:`~crawler.safety.resolver` and :mod:`~crawler.safety.handler` enforce that in Scrapy,
and :mod:`~crawler.safety.canary` proves before the first fetch that they do.
"""
