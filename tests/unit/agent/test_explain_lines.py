"""The line that puts things into a container is found in the bytecode, and no other line is taken for it."""

from __future__ import annotations

import textwrap
import types

import pytest

from memgui.agent.explain import code_lines, growth

ADDING = [
    ("kept.append(x)", 2),
    ("self.kept.append(x)", 2),
    ("self.kept[step] = x", 2),
    ("kept[name].append(x)", 2),
    ("self.kept[name].add(x)", 2),
    ("kept.append(\n        x,\n    )", 2),
    ("kept.setdefault(name, []).append(x)", 2),
    ("layer.kept.register_forward_hook(x)", 2),
    ("y = kept[0]\n    kept.append(y)", 3),
    ("print(kept, x)", None),
    ("y = kept[step]", None),
    ("kept.pop()\n    other.append(x)", None),
    ("y = x\n    other[step] = kept", None),
]


def code_of(body: str, parameters: str = "self, x, step, name, other, layer") -> types.CodeType:
    namespace: dict[str, object] = {"kept": []}
    exec(compile(f"def work({parameters}):\n    {textwrap.dedent(body)}\n", "train.py", "exec"), namespace)
    code = code_lines.code_of(namespace["work"])
    assert code is not None
    return code


@pytest.mark.parametrize(("body", "line"), ADDING, ids=[body for body, _ in ADDING])
def test_where_a_container_is_added_to(body: str, line: int | None) -> None:
    expected = None if line is None else f"train.py:{line}"
    assert code_lines.adding_line("kept", [code_of(body)]) == expected


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("global kept\n    kept = kept + x", "train.py:3"),
        ("global kept\n    kept += x", "train.py:3"),
        ("self.kept = self.kept + x", "train.py:2"),
        ("kept = 0\n    print(kept)", None),
    ],
)
def test_where_a_sum_is_made_of_itself(body: str, line: str | None) -> None:
    assert code_lines.summing_line("kept", [code_of(body)]) == line


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("lib.malloc.restype = int\n    lib.malloc(8)", "train.py:3"),
        ("self.lib.malloc(8)", "train.py:2"),
        ("lib = other\n    return lib", None),
    ],
)
def test_where_a_library_is_called(body: str, line: str | None) -> None:
    assert code_lines.using_line("lib", [code_of(body)]) == line


def test_heap_growth_is_a_slope_and_no_step() -> None:
    noise = [0, 40, -30, 10, -20, 30]
    leak = [(step, 10_000 + 100 * step + noise[step % 6]) for step in range(120)]
    assert growth.slope(leak) == pytest.approx(100.0, rel=0.02)
    flat = [(step, 10_000 + 500 * noise[step % 6]) for step in range(120)]
    assert growth.slope(flat) is None
    once = [(step, 10_000 + (1_000_000 if step > 60 else 0)) for step in range(120)]
    assert growth.slope(once) is None
    assert growth.slope([(1, 5), (2, 9), (3, 13)]) == 4.0
    assert growth.slope([(1, 5)]) is None
