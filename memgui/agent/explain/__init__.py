"""Who holds what grows, and which line made it: looks at step boundaries, on the training thread."""
