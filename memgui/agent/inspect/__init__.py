"""Looking at the objects of the training, at step boundaries only; one file per kind of inspection."""
