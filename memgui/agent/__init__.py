"""The guest: what runs inside the training process. Standard library and protocol only, Python 3.9 and later."""
