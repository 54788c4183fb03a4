"""Pure functions and streaming rules that turn series into findings."""
