"""Starts a program under a native leak tool, with nothing rebuilt; standard library only."""
