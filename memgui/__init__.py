"""memgui: see, explain and free the memory of a live PyTorch training run.

This file is imported into strangers' training processes, so it imports nothing.
"""

__version__ = "0.1.0"
