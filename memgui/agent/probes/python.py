"""Counters of the interpreter."""

from __future__ import annotations

import gc
import sys
from typing import Optional, Sequence

from memgui.agent.probes.probe import Number, Probe


class BlocksProbe(Probe):
    """Small-object blocks; once a second, since the interpreter visits every pool of its arenas to count them."""

    name = "python blocks"
    names = ("python.blocks_count",)
    period_s = 1.0
    for_receipts = False

    def read(self) -> Sequence[Optional[Number]]:
        """One value."""
        return (sys.getallocatedblocks(),)


class CollectorProbe(Probe):
    """The garbage collector's counts; once a second."""

    name = "python collector"
    names = (
        "python.gc_collections_count",
        "python.gc_uncollectable_count",
        "python.gc_pending_count",
    )
    period_s = 1.0
    for_receipts = False

    def read(self) -> Sequence[Optional[Number]]:
        """The three values."""
        collections = uncollectable = 0
        for generation in gc.get_stats():
            collections += generation["collections"]
            uncollectable += generation["uncollectable"]
        return collections, uncollectable, gc.get_count()[0]
