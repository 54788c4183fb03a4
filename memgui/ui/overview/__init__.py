"""All targets at once: a heat map, and small charts side by side. GUI thread."""
