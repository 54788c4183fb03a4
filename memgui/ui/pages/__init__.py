"""The tabs of the dock, one file each; `listing` says which there are and in what order."""
