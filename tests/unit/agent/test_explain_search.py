"""Chains of holders read like the script, for every way in which Python code holds an object."""

from __future__ import annotations

import collections
import functools
import gc
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from memgui.agent.explain import frames, words
from memgui.agent.explain.search import Search

HERE: dict[str, Any] = {}


class Thing:
    """What is held."""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A module of the name under which scripts run."""
    module = types.ModuleType("train")
    monkeypatch.setitem(sys.modules, "train", module)
    return module


# Built by exec, so that the test's own frames and globals hold nothing of it.
HOLDERS: list[tuple[str, str, str]] = [
    ("HIST = [Thing() for _ in range(9)]", "HIST[4]", "train.HIST[4]"),
    ("queue = collections.deque([Thing()])", "queue[0]", "train.queue[0]"),
    ("table = {'a': {7: Thing()}}", "table['a'][7]", "train.table['a'][7]"),
    ("table = {(1, 'x'): Thing()}", "table[1, 'x']", "train.table[(1, 'x')]"),
    ("table = {Thing(): 1}", "next(iter(table))", "train.table (as a key)"),
    ("ordered = collections.OrderedDict(a=Thing())", "ordered['a']", "train.ordered['a']"),
    ("members = {Thing()}", "next(iter(members))", "train.members (a member)"),
    (
        "Pair = collections.namedtuple('Pair', 'loss rest'); pairs = [Pair(Thing(), 0)]",
        "pairs[0].loss",
        "train.pairs[0].loss",
    ),
    (
        "class Trainer: pass\ntrainer = Trainer(); trainer.history = [Thing(), Thing()]",
        "trainer.history[1]",
        "train.trainer.history[1]",
    ),
    (
        "class Slots:\n    __slots__ = ('kept',)\nslots = Slots(); slots.kept = Thing()",
        "slots.kept",
        "train.slots.kept",
    ),
    ("class Meter:\n    seen = {3: Thing()}", "Meter.seen[3]", "train.Meter.seen[3]"),
    (
        "def make():\n    kept = [Thing()]\n    def add(): return kept\n    return add\nadd = make()",
        "add()[0]",
        "train.add closure kept[0]",
    ),
    ("def keep(a=Thing()): pass", "keep.__defaults__[0]", "train.keep default argument[0]"),
    ("local = threading.local(); local.kept = [Thing()]", "local.kept[0]", "train.local.kept[0]"),
    ("@functools.lru_cache(maxsize=8)\ndef load(i): return Thing()\nload(1)", "load(1)", "train.load lru_cache"),
    ("part = functools.partial(print, end=Thing())", "part.keywords['end']", "train.part keyword['end']"),
    (
        "def loot():\n    kept = [Thing()]\n    yield kept\nrunning = loot(); next(running)",
        "running.gi_frame.f_locals['kept'][0]",
        "train.running local kept[0]",
    ),
]


@pytest.mark.parametrize(("code", "held", "chain"), HOLDERS, ids=[chain for _, _, chain in HOLDERS])
def test_a_chain_reads_like_the_script(script: types.ModuleType, code: str, held: str, chain: str) -> None:
    vars(script).update(Thing=Thing, collections=collections, functools=functools, threading=threading)
    Thing.__module__ = "elsewhere"
    exec(code, vars(script))
    path = find(lambda: eval(held, dict(vars(script))))
    assert path.text == chain


def find(get: Callable[[], Any]) -> words.Path:
    """The chain to an object that no frame of the test holds."""
    frame: Any = sys._getframe()
    search = Search(time.monotonic() + 20)
    # The frames of the tests that hold it just now are no holders.
    search.passing.add(id(frame))
    target = get()
    search.roots.locals.pop(id(target), None)
    return words.describe(search.chain(target))


def test_an_exception_is_followed_through_its_traceback(script: types.ModuleType) -> None:
    code = "def work():\n    batch = Thing()\n    raise ValueError\nfailures = []\n"
    code += "try:\n    work()\nexcept ValueError as error:\n    failures.append(error)"
    vars(script).update(Thing=Thing)
    exec(code, vars(script))
    frame = vars(script)["failures"][0].__traceback__.tb_next.tb_frame
    path = find(lambda: frames.locals_of(frame)["batch"])
    assert path.text == "train.failures[0].__traceback__ → frame work() local batch"
    assert words.EXCEPTION in path.through


def test_what_nothing_in_python_refers_to_is_held_by_native_code() -> None:
    assert find(Thing).text == "held by native code"


def test_a_search_that_ran_out_of_time_does_not_blame_native_code(script: types.ModuleType) -> None:
    vars(script)["kept"] = [Thing()]
    search = Search(time.monotonic() - 1.0)
    search.passing.add(id(sys._getframe()))
    chain = search.chain(vars(script)["kept"][0])
    assert chain.cut
    assert words.describe(chain).text == "holder not found in the time there was"


def test_a_local_variable_of_another_thread_is_a_root() -> None:
    ready, done = threading.Event(), threading.Event()

    def work() -> None:
        kept = [Thing()]
        HERE["id"] = id(kept[0])
        ready.set()
        done.wait(20)

    thread = threading.Thread(target=work, name="feeder")
    thread.start()
    assert ready.wait(20)
    path = find(lambda: next(thing for thing in gc.get_objects() if id(thing) == HERE["id"]))
    done.set()
    thread.join()
    assert path.root.endswith("work() in thread feeder: kept")
    assert path.parts[-1] == "[0]"


STEP = """
def step(make, look):
    params = [make()]
    return look()
"""


def seen_from_within_a_step_of_torch(make: Callable[[], Thing]) -> str:
    """Who holds what an optimizer's step, which is under way, has in a list of its own."""
    torchs: dict[str, Any] = {"__name__": "torch.optim.optimizer"}
    exec(STEP, torchs)

    def made() -> Thing:
        thing = make()
        HERE["id"] = id(thing)
        return thing

    found = torchs["step"](
        made, lambda: find(lambda: next(thing for thing in gc.get_objects() if id(thing) == HERE["id"]))
    )
    return str(found.text)


def test_a_step_of_torch_that_is_under_way_is_no_holder_where_the_script_has_one(script: types.ModuleType) -> None:
    vars(script)["deep"] = {"a": {"b": {"c": {"d": {"e": [Thing()]}}}}}
    text = seen_from_within_a_step_of_torch(lambda: vars(script)["deep"]["a"]["b"]["c"]["d"]["e"][0])
    assert text == "train.deep['a']['b']['c']['d']['e'][0]"


def test_a_step_of_torch_is_told_where_there_is_nobody_else() -> None:
    assert seen_from_within_a_step_of_torch(Thing) == "step(): params[0]"


def test_reading_a_frame_keeps_nothing_in_it_alive() -> None:
    def loop() -> Iterator[None]:
        batch = Thing()
        alive.append(id(batch))
        yield
        del batch
        yield

    alive: list[int] = []
    running = loop()
    next(running)
    assert type(frames.locals_of(running.gi_frame)["batch"]) is Thing
    next(running)
    assert not any(type(thing) is Thing and id(thing) == alive[0] for thing in gc.get_objects())


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="locals() is a fresh dictionary there")
def test_a_function_that_uses_its_own_locals_is_not_disturbed() -> None:
    def loop() -> Iterator[dict[str, Any]]:
        settings = locals()
        later = 1
        yield settings

    running = loop()
    settings = next(running)
    assert frames.locals_of(running.gi_frame) == {}
    assert "later" not in settings
    running.close()
