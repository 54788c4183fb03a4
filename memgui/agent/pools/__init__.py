"""The pools, buffers and data loaders of the training: their numbers and their settings."""
