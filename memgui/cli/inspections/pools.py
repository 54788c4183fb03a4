"""`memgui inspect TARGET pools`: pools, buffers and data loaders, with their settings."""

from __future__ import annotations

import time
from typing import Any

import click

from memgui.analysis.wording import size
from memgui.cli.inspections.options import Options
from memgui.cli.live import Live
from memgui.protocol.pools import PoolInfo, PoolList, Setting
from memgui.protocol.wire import from_wire

# Data loaders are looked for at a step boundary; the first answer may come before that.
_LOOK_S = 3.0
_ASK_EVERY_S = 0.2
_TIMEOUT_S = 10.0


def look(live: Live, options: Options) -> dict[str, Any]:
    """Ask the agent, again where it has not yet looked for data loaders.

    Raises:
        Problem: the target does not answer, or its agent knows no pools.
    """
    told = _ask(live)
    until_s = time.monotonic() + min(_LOOK_S, options.wait_s)
    while told.get("looked_s") is None and time.monotonic() < until_s:
        time.sleep(_ASK_EVERY_S)
        told = _ask(live)
    return told


def table(told: dict[str, Any]) -> None:
    """A few lines for each."""
    listed = from_wire(PoolList, told)
    if not listed.pools:
        click.echo("no pool, buffer or data loader was found; docs/runtime.md tells what memgui.runtime offers")
    for info in listed.pools:
        click.echo("\n".join(lines(info)))


def _ask(live: Live) -> dict[str, Any]:
    found: dict[str, Any] = live.hub.request(live.target.key, "inspect.pools", timeout_s=_TIMEOUT_S).result()
    return found


def lines(info: PoolInfo) -> list[str]:
    """A pool for people."""
    facts = []
    if info.used_bytes is not None:
        facts.append(f"used {size(info.used_bytes)}")
    if info.held_bytes is not None and info.held_bytes != info.used_bytes:
        facts.append(f"held {size(info.held_bytes)}")
    if info.limit_bytes is not None:
        facts.append(f"limit {size(info.limit_bytes)}")
    if info.hits is not None and info.misses is not None:
        asked = info.hits + info.misses
        facts.append(f"hits {info.hits} of {asked}" + (f" ({info.hits / asked:.0%})" if asked else ""))
    if info.stalls is not None:
        facts.append(f"stalls {info.stalls} ({info.stall_s or 0:.2f} s)")
    made = [f"{info.name}  ({info.kind})", "    " + ("  ".join(facts) or "no bytes of its own")]
    made += [f"    {_setting(name, setting)}" for name, setting in info.settings.items()]
    return made + [f"    · {note}" for note in info.notes]


def _setting(name: str, setting: Setting) -> str:
    if setting.unit == "bytes":
        return f"{name}={setting.value:.0f}  ({size(setting.min)} to {size(setting.max)})"
    return f"{name}={setting.value:g}  ({setting.min:g} to {setting.max:g})"
