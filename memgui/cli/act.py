"""`memgui act`: run an action in a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from memgui.analysis.wording import size
from memgui.cli.live import Live
from memgui.cli.output import print_json
from memgui.link.actions import MARGIN_S, run_action, undo_action
from memgui.link.targets import resolve
from memgui.protocol.errors import BadInput, Refused
from memgui.protocol.payloads import ActionInfo, Preview, Receipt
from memgui.protocol.wire import from_wire, to_wire

_STATUS = {"done": 0, "failed": 1, "refused": 4, "timed_out": 4, "disconnected": 3}


@click.command("act")
@click.argument("target")
@click.argument("action", required=False)
@click.argument("parameters", nargs=-1, metavar="[k=v]...")
@click.option("--preview", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--undo", metavar="ID", help="Take back the run with this undo id.")
@click.option("--when", type=click.Choice(["safe_point", "now"]), default="safe_point", show_default=True)
@click.option("--wait", "wait_s", metavar="S", type=float, default=30.0, show_default=True,
              help="Seconds to wait for a step boundary.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_context
def command(
    ctx: click.Context,
    target: str,
    action: str | None,
    parameters: tuple[str, ...],
    preview: bool,
    undo: str | None,
    when: str,
    wait_s: float,
    as_json: bool,
) -> None:
    """Run ACTION in TARGET at a safe point of its training loop. Without ACTION, list what TARGET offers."""
    with Live(resolve(target)) as live:
        live.wait_for_agent()
        key = live.target.key
        if undo is not None:
            ctx.exit(_tell_receipt(undo_action(live.hub, key, undo, timeout_s=wait_s), as_json=as_json))
        if action is None:
            _tell_actions(live.target.actions, as_json=as_json)
            return
        chosen = parse_parameters(find_action(live.target.actions, action), parameters)
        if preview:
            body = {"action": action, "params": chosen}
            answer = live.hub.request(key, "actions.preview", body, timeout_s=wait_s + MARGIN_S).result()
            _tell_preview(from_wire(Preview, answer), as_json=as_json)
            return
        ctx.exit(_tell_receipt(run_action(live.hub, key, action, chosen, when=when, timeout_s=wait_s), as_json=as_json))


def find_action(actions: tuple[ActionInfo, ...], name: str) -> ActionInfo:
    """The action of that name.

    Raises:
        BadInput: the target offers none.
    """
    for info in actions:
        if info.name == name:
            return info
    raise BadInput(f"the target offers no action {name}", "it offers: " + ", ".join(info.name for info in actions))


def parse_parameters(info: ActionInfo, words: tuple[str, ...]) -> dict[str, Any]:
    """Values from `k=v`, as the action's schema wants them.

    Raises:
        BadInput: a name that the action does not know, or a value of the wrong kind; the text says what is allowed.
    """
    properties: Mapping[str, Any] = info.params.get("properties", {})
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or name not in properties:
            known = ", ".join(properties) or "none"
            raise BadInput(f"{word} is no parameter of {info.name}", f"write k=v; its parameters: {known}")
        values[name] = _value(f"{info.name} {name}", properties[name], text)
    missing = [name for name in info.params.get("required", []) if name not in values]
    if missing:
        raise BadInput(f"{info.name} needs {', '.join(missing)}", f"for example: {missing[0]}=…")
    return values


def _value(what: str, schema: Mapping[str, Any], text: str) -> Any:
    kind = schema.get("type", "string")
    try:
        value = _READERS.get(kind, str)(text)
    except ValueError:
        raise BadInput(f"{what}: {text} is no {kind}", _allowed(schema)) from None
    low, high = schema.get("minimum"), schema.get("maximum")
    outside = (low is not None and value < low) or (high is not None and value > high)
    if outside or value not in schema.get("enum", [value]):
        raise BadInput(f"{what}: {text} is not allowed", _allowed(schema))
    return value


def _boolean(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]


_READERS: Mapping[str, Callable[[str], Any]] = {"integer": int, "number": float, "boolean": _boolean}


def _allowed(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "allowed: " + ", ".join(str(value) for value in schema["enum"])
    if "minimum" in schema or "maximum" in schema:
        return f"allowed: {schema.get('minimum', '…')} to {schema.get('maximum', '…')}"
    return f"allowed: any {schema.get('type', 'string')}"


def _tell_actions(actions: tuple[ActionInfo, ...], *, as_json: bool) -> None:
    if as_json:
        print_json([to_wire(info) for info in actions])
        return
    for info in actions:
        expected = "run to see" if info.yield_bytes is None else f"≈ {size(info.yield_bytes)}"
        click.echo(f"{info.name:24}{info.title:32}{info.unavailable or expected}")


def _tell_preview(preview: Preview, *, as_json: bool) -> None:
    if as_json:
        document = {name: getattr(preview, name) for name in ("action", "would_free_bytes", "pause_ms", "unavailable")}
        document["changes"] = list(preview.changes)
        print_json(document)
        return
    for line in preview.changes:
        click.echo(line)
    if preview.would_free_bytes is not None:
        click.echo(f"would free about {size(preview.would_free_bytes)}")
    if preview.pause_ms is not None:
        click.echo(f"training would pause for about {preview.pause_ms:.0f} ms")
    if preview.unavailable:
        raise Refused(preview.unavailable)


def ladder_lines(details: Mapping[str, Any]) -> list[str]:
    """The rungs of `diagnose` and the cause they name; nothing for other actions."""
    rungs = details.get("rungs")
    if not isinstance(rungs, list):
        return []
    lines = []
    for rung in rungs:
        if "skipped" in rung:
            lines.append(f"    {rung['rung']:20} left out: {rung['skipped']}")
        else:
            freed, cost = size(rung.get("freed_bytes", 0)), rung.get("cost_ms", 0.0)
            lines.append(f"    {rung['rung']:20} freed {freed:>9} in {cost:.1f} ms")
    lines.append(f"    → {details.get('cause_text') or 'no cause named: ' + str(details.get('incomplete', ''))}")
    return lines


def _tell_receipt(receipt: Receipt, *, as_json: bool) -> int:
    if as_json:
        document = {name: getattr(receipt, name) for name in ("action", "outcome", "reason", "step", "before", "after",
                                                              "freed_bytes", "cost_ms", "undo", "id",
                                                              "details")}  # fmt: skip
        print_json(document)
    elif receipt.outcome == "done":
        freed = "" if receipt.freed_bytes is None else f", freed {size(receipt.freed_bytes)}"
        cost = "" if receipt.cost_ms is None else f" in {receipt.cost_ms:.1f} ms"
        click.echo(f"{receipt.action}: done at step {receipt.step}{cost}{freed}")
        for line in (*ladder_lines(receipt.details), *effect_lines(receipt)):
            click.echo(line)
        if receipt.undo:
            click.echo(f"take it back with: --undo {receipt.undo}")
    else:
        click.echo(f"{receipt.action}: {receipt.outcome.replace('_', ' ')}: {receipt.reason}", err=True)
    return _STATUS.get(receipt.outcome, 1)


def effect_lines(receipt: Receipt) -> list[str]:
    """What a change of a pool did, as far as it was told."""
    details = receipt.details
    lines = [str(details["change"])] if "change" in details else []
    before, after = details.get("step_before_s"), details.get("step_after_s")
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        lines.append(f"step time {before * 1e3:.1f} → {after * 1e3:.1f} ms over {details.get('steps', 0)} steps")
    return lines
