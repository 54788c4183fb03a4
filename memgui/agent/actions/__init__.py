"""What can be done in the training process: each action is data for the window, and a function for the safe point."""
