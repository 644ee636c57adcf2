"""From seed addresses to stored posts: spiders, platforms, extraction, politeness, archives."""
