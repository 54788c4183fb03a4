"""Building blocks that a training script may import; each works alone, and a viewer can see and steer it."""

from memgui.runtime.batches import BufferedBatches
from memgui.runtime.block import Block
from memgui.runtime.cache import TensorCache
from memgui.runtime.lease import Leak, Lease, PoolFullError, StillViewedError
from memgui.runtime.micro import MicroBatcher, NotSplittableError
from memgui.runtime.pool import TensorPool
from memgui.runtime.prefetch import Prefetcher
from memgui.runtime.pruned import load_pruned
from memgui.runtime.shared_cache import SharedTensorCache
from memgui.runtime.shared_list import SharedListDataset

__all__ = [
    "Block",
    "BufferedBatches",
    "Leak",
    "Lease",
    "MicroBatcher",
    "NotSplittableError",
    "PoolFullError",
    "Prefetcher",
    "SharedListDataset",
    "SharedTensorCache",
    "StillViewedError",
    "TensorCache",
    "TensorPool",
    "load_pruned",
]
