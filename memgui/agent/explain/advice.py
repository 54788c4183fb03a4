"""What to change in the script, by what grows."""

from __future__ import annotations

from memgui.agent.explain import words

_TEXTS = {
    "graph": (
        "{root} is computed from itself at every step, so it keeps the graph of every step. Add the value and not the "
        "tensor: {name} += loss.item(), or loss.detach() where it must stay on the device."
    ),
    "tensors": (
        "{root} gets ever more tensors and none is taken out. Keep only the numbers that are needed (.item(), "
        ".detach().cpu()), bound it (collections.deque(maxlen=…)), or empty it once it was used."
    ),
    "python": (
        "{root} gets ever more entries and none is taken out. Bound it (collections.deque(maxlen=…)), write it "
        "out, or empty it once it was used."
    ),
    "cache": (
        "The cache of {root} only grows, and on a method it keeps the object as well. Give it a bound "
        "(lru_cache(maxsize=…)), key it by something that comes again, or clear it: {root}.cache_clear()."
    ),
    "hook": (
        "A hook stores what it is given at every call. Store .detach() of what is needed, clear {root} after each "
        "step, and remove the hook when it has done its work (handle.remove())."
    ),
    "hooks": (
        "A hook is registered again and again and none is removed. Register it once before the loop, or keep the "
        "handle and call handle.remove()."
    ),
    "exception": (
        "A kept exception keeps its traceback, and that keeps every local variable of the frames it passed. Keep "
        "str(error) instead, or call error.with_traceback(None) before storing it."
    ),
    "workers": (
        "The loader's workers keep what their data set loads. Bound the cache, keep it outside the data set or in "
        "shared memory, or let the workers end after each epoch (persistent_workers=False)."
    ),
    "workers_unknown": (
        "The workers' memory grows and nothing in the data set's code explains it. The objects of a worker cannot be "
        "looked at from here: run with num_workers=0 and ask again, and the chain will be found in this process."
    ),
    "native": (
        "Memory was allocated outside Python and not given back: no tensor, container or Python object explains it. "
        "Look for C code without a free (ctypes, extensions): memgui native memray SCRIPT names the call."
    ),
}


def text(kind: str, root: str, through: frozenset[str] = frozenset()) -> str:
    """What to change."""
    name = root.rpartition(".")[2].rpartition(" ")[2]
    found = _TEXTS[kind].format(root=root, name=name)
    if kind in ("tensors", "python") and words.THREAD_LOCAL in through:
        found += " It is thread-local: every thread has one of its own, which lives as long as the thread."
    if kind in ("tensors", "python") and words.CLASS in through:
        found += " It belongs to the class: all instances share it, and it lives as long as the program."
    if kind in ("tensors", "python") and words.CLOSURE in through:
        found += " It lives as long as the function that closes over it."
    return found
