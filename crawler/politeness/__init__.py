"""How the crawler behaves towards strangers' servers: what they forbid, and how often it may ask.

:mod:`~crawler.politeness.robots` decides by robots.txt (RFC 9309), :mod:`~crawler.politeness.robots_cache` fetches and
keeps it, :mod:`~crawler.politeness.pace` gives each request its turn, :mod:`~crawler.politeness.backoff` says how long
to wait after a failure, and :mod:`~crawler.politeness.shared_hosts` knows the hosts of many thousand blogs.
"""
