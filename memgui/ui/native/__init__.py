"""The parts of the Native tab: what it runs, what it asks for, and the tree of leaks."""
