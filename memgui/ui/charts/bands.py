"""Words for the bands of a stacked chart. Pure functions, GUI thread."""

from __future__ import annotations

from memgui.ui.i18n import translate

# From the bottom to the top.
LABELS = {
    "parameters": "parameters",
    "gradients": "gradients",
    "optimizer": "optimizer state",
    "buffers": "buffers",
    "live": "activations, other",
    "native_heap": "other heap",
    "python_heap": "Python heap",
    "heap_kept": "heap kept",
    "pinned_pool": "pinned pool",
    "shared_memory": "shared memory",
    "file_pages": "file pages",
    "private_pools": "private pools",
    "reserved_free": "cached",
    "context": "context",
    "unexplained": "not explained",
    "workers": "workers",
}


def band_words(label: str) -> str:
    """A band's label in the user's language."""
    known = {
        "parameters": translate("charts", "parameters"),
        "gradients": translate("charts", "gradients"),
        "optimizer state": translate("charts", "optimizer state"),
        "buffers": translate("charts", "buffers"),
        "activations, other": translate("charts", "activations, other"),
        "other heap": translate("charts", "other heap"),
        "Python heap": translate("charts", "Python heap"),
        "heap kept": translate("charts", "heap kept"),
        "pinned pool": translate("charts", "pinned pool"),
        "shared memory": translate("charts", "shared memory"),
        "file pages": translate("charts", "file pages"),
        "private pools": translate("charts", "private pools"),
        "cached": translate("charts", "cached"),
        "context": translate("charts", "context"),
        "not explained": translate("charts", "not explained"),
        "workers": translate("charts", "workers"),
    }
    return known.get(label, label)


def explain_band(name: str) -> str:
    """What a band contains."""
    known = {
        "parameters": translate("charts", "Parameters of the models that the optimizers train."),
        "gradients": translate("charts", "Gradients, as they are right after an optimizer step."),
        "optimizer": translate("charts", "Tensors in the state of the optimizers."),
        "buffers": translate("charts", "Buffers of the models."),
        "live": translate("charts", "Allocated memory beyond the known roles: activations, batches, other tensors."),
        "native_heap": translate(
            "charts", "What the C heap has handed out beyond the known roles: activations, batches, native memory."
        ),
        "python_heap": translate("charts", "Python's small objects, estimated from their number."),
        "heap_kept": translate("charts", "Freed memory that the C heap keeps; trimming the heap returns most of it."),
        "pinned_pool": translate("charts", "Page-locked memory that the caching host allocator keeps."),
        "shared_memory": translate("charts", "Pages of shared memory, such as batches of loader workers."),
        "file_pages": translate("charts", "Pages of libraries and of mapped files; the system can drop most of them."),
        "private_pools": translate("charts", "Free memory in pools of CUDA graphs and of the script's own."),
        "reserved_free": translate("charts", "Reserved by the caching allocator and not allocated."),
        "context": translate("charts", "What the driver counts beyond the allocator: context, kernels, communicators."),
        "unexplained": translate("charts", "What the system reports beyond all bands."),
        "workers": translate(
            "charts",
            "Anonymous memory of all worker processes, on top of what the process itself holds. Pages still shared "
            "after a fork count in each.",
        ),
    }
    return known.get(name, name)
