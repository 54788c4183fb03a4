"""Actions that change the model so that it needs less memory; loaded into the training process on first use."""
