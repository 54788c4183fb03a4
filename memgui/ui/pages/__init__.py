"""The tabs of the dock, one file each; `tabs` says which there are, in what order, and when each is offered."""
