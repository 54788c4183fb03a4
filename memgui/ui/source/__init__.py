"""What the Source tab is made of: finding and reading a script, its colours, the view."""
