"""``python -m bloghound``: the command line."""

from bloghound.cli import main

if __name__ == "__main__":
    main()
