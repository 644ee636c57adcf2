"""From texts, engagement and reach to an explained order of bloggers."""
