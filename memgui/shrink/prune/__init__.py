"""Structured pruning: whole units, channels and heads are taken out, so that what is left is a smaller dense model."""
