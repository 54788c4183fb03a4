"""Ways to get the agent into a process; standard library only."""
