"""The page: runs one below the other, with style and script inside. Nothing is fetched from anywhere."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator, Sequence
from importlib import resources

from memgui.analysis.finding import Finding
from memgui.analysis.report.chart import Line, Plan, chart
from memgui.analysis.report.run import Run
from memgui.analysis.wording import duration, size
from memgui.protocol.metrics import device_of, find

_HOST = (
    Line("host.rss_bytes", "resident", 0),
    Line("host.anon_bytes", "anonymous", 1),
    Line("host.heap_used_bytes", "heap in use", 2),
    Line("host.heap_kept_bytes", "heap kept", 3),
    Line("host.shmem_bytes", "shared memory", 4),
    Line("children.rss_bytes", "workers", 5),
)
_DEVICE = (
    ("allocated_bytes", "allocated", 0),
    ("reserved_bytes", "reserved", 1),
    ("device_used_bytes", "device in use", 2),
    ("process_used_bytes", "this process", 5),
)
_STATES = {"growing": "growing", "probable": "probable", "confirmed": "confirmed", "resolved": "over"}


def page(runs: Sequence[Run], *, source: str, version: str) -> str:
    """The whole HTML document.

    Args:
        source: what the report was made from.
    """
    names = " · ".join(dict.fromkeys(run.name for run in runs))
    folder = resources.files("memgui.analysis.report")
    style, script = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    made = time.strftime("%Y-%m-%d %H:%M")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(names)} · memgui</title><style>{style}</style></head><body>"
        f'<header><b class="brand">memgui</b><span>{html.escape(source)}</span>'
        '<button id="theme" type="button" title="Dark or light">◐</button></header><main>'
        f"{''.join(_run(run) for run in runs)}</main>"
        f"<footer>Made {made} with memgui {html.escape(version)}. Times count from the first sample; the highest "
        f"value of each column is shown. This file loads nothing.</footer><script>{script}</script></body></html>\n"
    )


def _run(run: Run) -> str:
    end = (
        f'<p class="end {"bad" if run.ended_badly else ""}">The process {html.escape(run.end)}.</p>' if run.end else ""
    )
    facts = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>" for name, value in run.facts.items()
    )
    return (
        f"<section><h1>{html.escape(run.name)}</h1>{end}<dl>{facts}</dl>{_findings(run)}"
        f"{''.join(chart(run, plan) for plan in _plans(run))}"
        f"{_told(run)}{_receipts(run)}{_marks(run)}{_table(run)}</section>"
    )


def _plans(run: Run) -> Iterator[Plan]:
    names = run.timeline.names
    devices = dict.fromkeys(f"{found[0]}.{found[1]}" for found in map(device_of, names) if found is not None)
    for device in devices:
        lines = [Line(f"{device}.{part}", label, tone) for part, label, tone in _DEVICE]
        yield Plan(f"Memory of {device.replace('.', ':')}", lines)
    yield Plan("Host memory", _HOST, has_limit=True)
    yield Plan("Step time", (Line("step.duration_s", "step time", 0),), unit="s", height=140)


def _findings(run: Run) -> str:
    if not run.findings:
        return '<h2>Findings</h2><p class="quiet">Nothing grows.</p>'
    return f'<h2>Findings</h2><div class="cards">{"".join(_finding(one) for one in run.findings)}</div>'


def _finding(one: Finding) -> str:
    tone = "good" if one.state == "resolved" else "" if not one.alarm else "bad" if one.state == "confirmed" else "warn"
    state = [_STATES.get(one.state, one.state)]
    if one.state != "resolved":
        state.append(f"{one.score:.0%} sure")
        if one.eta_s is not None:
            state.append(f"limit in {duration(one.eta_s)}")
    evidence = "".join(f"<li>{html.escape(line)}</li>" for line in one.evidence)
    return (
        f'<article class="{tone}"><h3>{html.escape(one.title)}</h3>'
        f'<p class="state">{html.escape(" · ".join(state))}</p>'
        f"<p>{html.escape(one.sentence)}</p><p>{_code(one.advice)}</p><ul>{evidence}</ul></article>"
    )


def _told(run: Run) -> str:
    rows = [
        (_since(run, t_s), html.escape(one.title), _STATES.get(one.state, one.state), html.escape(one.sentence))
        for t_s, one in run.told
    ]
    return _rows("Told at the time", ("after", "finding", "state", "what was said"), rows)


def _receipts(run: Run) -> str:
    rows = []
    for event in run.events:
        if event.kind == "receipt":
            freed, cost = event.data.get("freed_bytes"), event.data.get("cost_ms")
            rows.append(
                (
                    _since(run, event.t_s),
                    str(event.step) if event.step >= 0 else "",
                    html.escape(str(event.data.get("action", ""))),
                    html.escape(str(event.data.get("outcome", ""))),
                    size(float(freed)) if isinstance(freed, int | float) else "",
                    f"{cost:.1f} ms" if isinstance(cost, int | float) else "",
                    html.escape(event.text),
                )
            )
    return _rows("Receipts", ("after", "step", "action", "outcome", "freed", "cost", ""), rows)


def _marks(run: Run) -> str:
    rows = [
        (_since(run, event.t_s), str(event.step) if event.step >= 0 else "", html.escape(event.text))
        for event in run.events
        if event.kind not in ("receipt", "settled")
    ]
    return _rows("Events", ("after", "step", "what"), rows, folded=len(rows) > 12)


def _table(run: Run) -> str:
    """Every metric: first, last, lowest, highest, and what it is."""
    timeline = run.timeline
    rows = []
    for name in timeline.names:
        entry = find(name)
        reach = timeline.range(name, timeline.first_t or 0.0, timeline.last_t or 0.0)
        if reach is None:
            continue
        unit = entry.unit if entry is not None else name.rsplit("_", 1)[-1]
        words = [_value(value, unit) for value in (timeline.latest(name), *reach)]
        about = entry.text if entry is not None else ""
        rows.append((f"<code>{html.escape(name)}</code>", *words, html.escape(about)))
    return _rows("Metrics", ("metric", "last", "lowest", "highest", "what it is"), rows, folded=True)


def _rows(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, folded: bool = False) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{text}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f"<details{'' if folded else ' open'}><summary><h2>{title}</h2><span>{len(rows)}</span></summary>"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>'
    )


def _since(run: Run, t_s: float) -> str:
    minutes, seconds = divmod(max(0, round(t_s - (run.timeline.first_t or t_s))), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "bytes":
        return size(value)
    return f"{value:.3g} s" if unit == "s" else f"{value:.6g}"


def _code(advice: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(advice))
