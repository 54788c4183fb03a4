"""Blocks are known by unique names, and only as long as they exist."""

from __future__ import annotations

import gc
import os

from memgui.runtime import TensorCache, registry


def test_names_are_unique_among_those_alive_and_free_again_afterwards() -> None:
    one, two = TensorCache(1, name="features"), TensorCache(1, name="features")
    assert [one.name, two.name] == ["features", "features-2"]
    del one, two
    gc.collect()
    assert TensorCache(1, name="features").name == "features"


def test_the_registry_keeps_nothing_alive() -> None:
    cache = TensorCache(1, name="short-lived")
    assert any(block is cache for block in registry.live())
    del cache
    gc.collect()
    assert all(block.name != "short-lived" for block in registry.live())


def test_a_forked_worker_shows_none_of_its_parents_blocks() -> None:
    cache = TensorCache(1, name="of-the-parent")
    child = os.fork()
    if child == 0:
        os._exit(len(registry.live()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert any(block is cache for block in registry.live())
