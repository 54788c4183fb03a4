"""The names of a trace's columns: short ones, as other recorders have them, and memgui's."""

from __future__ import annotations

MEMGUI = {
    "rss": "host.rss_bytes", "uss": "host.uss_bytes", "shm": "host.shmem_bytes", "rss_anon": "host.anon_bytes",
    "file": "host.file_bytes", "heap_used": "host.heap_used_bytes", "heap_kept": "host.heap_kept_bytes",
    "n_threads": "host.threads_count", "children_rss": "children.rss_bytes", "children_anon": "children.anon_bytes",
    "n_children": "children.processes_count", "py_blocks": "python.blocks_count",
    "pinned_allocated": "pinned.allocated_bytes", "pinned_reserved": "pinned.reserved_bytes",
}  # fmt: skip
# Only memgui records these.
NO_SHORT_NAME = ("file", "heap_used", "heap_kept", "children_anon", "pinned_allocated", "pinned_reserved")
DEVICE = {
    "torch_allocated": "cuda.0.allocated_bytes", "torch_reserved": "cuda.0.reserved_bytes",
    "torch_allocated_peak": "cuda.0.allocated_peak_bytes", "torch_reserved_peak": "cuda.0.reserved_peak_bytes",
}  # fmt: skip
