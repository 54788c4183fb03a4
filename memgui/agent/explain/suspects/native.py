"""Growth of the C heap that nothing else explains."""

from __future__ import annotations

from typing import List, Sequence, Tuple

from memgui.agent.explain import advice, code_lines, growth, words
from memgui.agent.explain.suspects.case import Case
from memgui.protocol.explanation import Suspect

_NATIVE_BYTES = 256 << 10


def suspects(case: Case, known: Sequence[Suspect]) -> List[Suspect]:
    """One at most: what the `known` do not explain."""
    rate = growth.slope(case.seen.heap)
    if rate is None:
        return []
    explained = sum(
        suspect.per_step or 0.0 for suspect in known if suspect.kind != "workers" and suspect.device in (None, "cpu")
    )
    rest = rate - explained
    span = case.seen.heap[-1][0] - case.seen.heap[0][0]
    if rest * span < _NATIVE_BYTES or rest < 0.35 * rate:
        return []
    calls = _foreign_calls(case)
    sentences = [f"the C heap grows by {rate:,.0f} bytes a step; objects that Python knows of explain {explained:,.0f}"]
    sentences += [f"the script calls C by ctypes: {name} at {line}" for name, line in calls[:4]]
    return [
        Suspect(
            kind="native",
            count=0,
            per_step=round(rest, 1),
            holder=(words.NATIVE,),
            root="native code",
            born=calls[0][1] if len(calls) == 1 else None,
            advice=advice.text("native", "native code"),
            confidence=0.8 if explained < 0.1 * rate else 0.5,
            evidence=tuple(sentences),
        )
    ]


def _foreign_calls(case: Case) -> List[Tuple[str, str]]:
    found = []
    for name in sorted(growth.foreign_names(case.alive)):
        line = code_lines.using_line(name, case.codes)
        if line is not None:
            found.append((name, line))
    return found
