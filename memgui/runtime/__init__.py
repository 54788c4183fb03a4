"""Building blocks that a training script may import: they show up in the window and can be steered from it."""
