"""What the command line and the API alike ask for: crawl, import, index, rank, forget. Here the rooms come together."""
