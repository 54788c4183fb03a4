"""Connections to targets, and the model of a live target that window and commands share. No Qt."""
