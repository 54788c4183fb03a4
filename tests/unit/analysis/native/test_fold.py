"""What a person has to read of a stack, and what a report counts as a finding."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgui.analysis.native.detect import read
from memgui.analysis.native.document import from_document, to_document
from memgui.analysis.native.fold import (
    ALLOCATOR,
    DISPATCHER,
    INTERPRETER,
    START,
    Fold,
    caller,
    fold,
    reason,
    short_name,
    site,
)
from memgui.analysis.native.model import ARENAS, DEFINITE, POSSIBLE, UNFREED, Frame, Leak, Report
from memgui.analysis.native.sites import KEPT_BYTES, has_findings, sites

TAKE = Frame("take", "/home/ada/leak.c", 12, "/home/ada/libleak.so")
TRAIN = Frame("train", "/home/ada/train.py", 40, is_python=True)
MALLOC = Frame("malloc", module="/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so")
EVAL = Frame("_PyEval_EvalFrameDefault", "Python/ceval.c", 4769, "/usr/lib/libpython3.11.so.1.0")
IMPORT = Frame("_find_and_load", "<frozen importlib._bootstrap>", 1176, is_python=True)
CALL = Frame("_PyObject_MakeTpCall", "Objects/call.c", 214)


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (MALLOC, ALLOCATOR),
        (Frame("operator new(unsigned long)"), ALLOCATOR),
        (Frame("__interceptor_malloc", "lsan_interceptors.cpp", 75), ALLOCATOR),
        (Frame("c10::alloc_cpu(unsigned long)"), ALLOCATOR),
        (Frame("PyObject_Malloc", "Objects/obmalloc.c", 700), ALLOCATOR),
        (Frame("at::_ops::add_Tensor::call(at::Tensor const&)"), DISPATCHER),
        (Frame("", module="/lib/x86_64-linux-gnu/libffi.so.8"), INTERPRETER),
        (EVAL, INTERPRETER),
        (Frame("_find_and_load", "<frozen importlib._bootstrap>", 1176, is_python=True), INTERPRETER),
        (Frame("__libc_start_main_impl", "../csu/libc-start.c", 360), START),
        (TAKE, ""),
        (TRAIN, ""),
        (Frame("at::native::add_kernel(at::TensorIterator&)"), ""),
        (Frame("my_malloc_pool"), ""),
    ],
)
def test_plumbing_is_told_from_what_a_person_reads(frame: Frame, why: str) -> None:
    assert reason(frame) == why


def test_a_stack_is_the_call_the_python_lines_and_folds_between() -> None:
    folded = fold((MALLOC, TAKE, EVAL, CALL, TRAIN, EVAL))
    between, below = Fold(INTERPRETER, (EVAL, CALL)), Fold(INTERPRETER, (EVAL,))
    assert folded == (Fold(ALLOCATOR, (MALLOC,)), TAKE, between, TRAIN, below)


def test_the_place_is_the_innermost_call_that_is_no_plumbing_and_its_caller_the_python_line() -> None:
    stack = (MALLOC, TAKE, EVAL, TRAIN)
    assert site(stack) == TAKE
    assert caller(stack) == TRAIN
    assert site((MALLOC, EVAL)) == EVAL
    assert site((MALLOC,)) == MALLOC
    assert caller((MALLOC, TAKE, EVAL)) is None


@given(st.lists(st.sampled_from([MALLOC, TAKE, EVAL, CALL, TRAIN, Frame("")]), max_size=30))
def test_folding_loses_no_frame_and_keeps_the_order(frames: list[Frame]) -> None:
    parts = fold(tuple(frames))
    assert [one for part in parts for one in (part.frames if isinstance(part, Fold) else (part,))] == frames


@pytest.mark.parametrize(
    ("leak", "is_finding"),
    [
        (Leak(64, 1, DEFINITE, (MALLOC, TAKE)), True),
        (Leak(64, 1, DEFINITE, (MALLOC, EVAL)), False),
        (Leak(64, 1, POSSIBLE, (MALLOC, TAKE)), False),
        (Leak(KEPT_BYTES, 1, POSSIBLE, (MALLOC, TAKE)), True),
        (Leak(KEPT_BYTES - 1, 1, UNFREED, (MALLOC, TAKE)), False),
        (Leak(KEPT_BYTES, 9, UNFREED, (MALLOC, EVAL)), True),
        (Leak(KEPT_BYTES, 1, UNFREED, (MALLOC, TAKE, IMPORT)), False),
        (Leak(KEPT_BYTES, 1, DEFINITE, (MALLOC, TAKE, IMPORT)), True),
        (Leak(KEPT_BYTES, 1, UNFREED, (ARENAS,)), False),
        (Leak(KEPT_BYTES, 1, "reachable", (MALLOC, TAKE)), False),
        (Leak(KEPT_BYTES, 1, "high-water", (MALLOC, TAKE)), False),
    ],
)
def test_what_every_program_keeps_to_its_end_is_no_finding(leak: Leak, is_finding: bool) -> None:
    assert has_findings(Report("valgrind", (leak,))) == is_finding


@pytest.mark.parametrize("name", ["valgrind.xml", "valgrind-fault.xml", "lsan-deep.log", "heaptrack.gz"])
def test_a_document_holds_the_whole_report(recorded: Path, name: str) -> None:
    report = read(recorded / name)
    document = json.loads(json.dumps(to_document(report)))
    assert from_document(document) == report
    assert document["sites"][0]["bytes"] == sites(report)[0].bytes if report.leaks else document["sites"] == []
    assert document["total_bytes"] == sum(document["kinds"].values())


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("take", "take"),
        ("<module>", "<module>"),
        ("<lambda>", "<lambda>"),
        ("f(int, std::vector<int>) const", "f"),
        ("std::vector<int, std::allocator<int> >::push_back(int const&)", "std::vector::push_back"),
        ("a::(anonymous namespace)::g(int)", "a::(anonymous)::g"),
        ("a::b(_object*)::{lambda(int)#2}::operator()(int) const [clone .isra.0]", "a::b::{lambda#2}::operator()"),
        ("operator new(unsigned long)", "operator new"),
        ("A::operator<(A const&) const", "A::operator<(A const&)"),
        ("", ""),
    ],
)
def test_a_function_is_told_without_its_parameters(function: str, name: str) -> None:
    assert short_name(function) == name
