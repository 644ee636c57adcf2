"""Who is who: which sites are one blogger's, by what both sides say of each other, never by names.

:mod:`~crawler.identity.claims` decides what counts as a site's word, :mod:`~crawler.identity.proof` what two sites
prove to each other, :mod:`~crawler.identity.persons` where several people share a site, and
:mod:`~crawler.identity.settling` reads and writes. All but the last are pure.
"""
