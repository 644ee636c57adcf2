"""Platform modules against the platforms' own software on loopback: ``make test-live``, which ``make test`` leaves out.

The files are named ``live_*.py`` so that nothing collects them by itself.
"""
