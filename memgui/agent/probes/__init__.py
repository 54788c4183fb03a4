"""Counters of the process, one theme a file; read on the agent's thread, and on the training thread for receipts."""
