"""What a script declares as expected is found in it, held weakly, and bounded."""

from __future__ import annotations

import collections
import functools
import gc
import types
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import memgui.agent
from memgui.agent.declared import Declared

torch = pytest.importorskip("torch")


class Holder:
    """Something with attributes."""

    def __init__(self, held: Any) -> None:
        self.held = held


def module_of(held: Any) -> Any:
    module = types.ModuleType("script")
    module.held = held  # type: ignore[attr-defined]
    return module


@pytest.mark.parametrize("owner", [Holder, module_of], ids=["object", "module"])
@pytest.mark.parametrize(
    "make",
    [
        lambda tensor: [1, tensor],
        lambda tensor: {"a": {3: (tensor,)}},
        lambda tensor: collections.deque([tensor]),
        lambda tensor: {tensor},
        lambda tensor: Holder([tensor]),
    ],
    ids=["list", "nested", "deque", "set", "object"],
)
def test_tensors_are_found_in_whatever_an_owner_holds(make: Callable[[Any], Any], owner: Callable[[Any], Any]) -> None:
    tensor, declared = torch.ones(2), Declared()
    one = owner(make(tensor))
    declared.add(one, "held")
    assert declared.tensors() == {id(tensor)}
    assert [id(held) for held in declared.holders()] == [id(one.held)]


def test_an_object_by_itself_stands_for_all_that_it_holds() -> None:
    tensor, declared = torch.ones(2), Declared()
    one = Holder([tensor])
    declared.add(one, None)
    assert declared.tensors() == {id(tensor)}


def test_a_cached_function_is_looked_through() -> None:
    tensor, declared = torch.ones(2), Declared()
    cached = functools.lru_cache(maxsize=None)(lambda _key: tensor)
    cached(1)
    declared.add(cached, None)
    assert id(tensor) in declared.tensors()


def test_nothing_is_kept_alive_by_it() -> None:
    declared, one = Declared(), Holder([torch.ones(2)])
    declared.add(one, "held")
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None
    assert declared.tensors() == frozenset()
    assert declared.holders() == []


def test_of_a_large_cache_the_newest_entries_are_seen() -> None:
    declared, one = Declared(), Holder([*(object() for _ in range(100_000)), torch.ones(2)])
    declared.add(one, "held")
    assert declared.tensors() == {id(one.held[-1])}


@pytest.mark.parametrize("thing", [[], {}, ()], ids=["list", "dict", "tuple"])
def test_what_cannot_be_held_weakly_is_refused_with_what_to_name_instead(thing: Any) -> None:
    with pytest.raises(TypeError, match="name the object that holds it and the attribute"):
        Declared().add(thing, None)


def test_without_an_agent_a_script_may_declare_and_gets_back_what_it_gave() -> None:
    one = Holder([])
    assert memgui.agent.expected(one) is one
    assert memgui.agent.expected(one, "held") is one
