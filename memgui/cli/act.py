"""`memgui act`: run an action in a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from memgui.cli.act_output import tell_actions, tell_preview, tell_receipt, tell_undos
from memgui.cli.live import Live
from memgui.link.actions import preview_action, run_action, undo_action
from memgui.link.targets import resolve, resolve_ranks
from memgui.protocol.errors import BadInput
from memgui.protocol.payloads import ActionInfo


@click.command("act")
@click.argument("target")
@click.argument("action", required=False)
@click.argument("parameters", nargs=-1, metavar="[k=v]...")
@click.option("--preview", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--undo", metavar="ID", help="Take back the run with this undo id.")
@click.option("--undos", is_flag=True, help="List the runs that can be taken back.")
@click.option(
    "--all-ranks", is_flag=True, help="On every rank of the run on this host, after the same step, or on none."
)
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
    undos: bool,
    all_ranks: bool,
    when: str,
    wait_s: float,
    as_json: bool,
) -> None:
    """Run ACTION in TARGET at a safe point of its training loop. Without ACTION, list what TARGET offers.

    Several targets, separated by commas, run it after the same step, all of them or none; --all-ranks stands for all
    ranks of TARGET's run.
    """
    targets = [word for word in target.split(",") if word]
    if all_ranks or len(targets) > 1:
        from memgui.cli.act_ranks import act_on_ranks, undo_on_ranks

        ranks = resolve_ranks(targets)
        if undo is not None:
            ctx.exit(undo_on_ranks(ranks, undo, wait_s=wait_s, as_json=as_json))
        if action is None or undos or when != "safe_point":
            raise BadInput("several ranks run, preview or take back an action at a safe point, and nothing else",
                           "for anything else name one rank at a time")  # fmt: skip
        ctx.exit(act_on_ranks(ranks, action, parameters, preview=preview, wait_s=wait_s, as_json=as_json))
    with Live(resolve(target)) as live:
        live.wait_for_agent()
        key = live.target.key
        if undo is not None:
            ctx.exit(tell_receipt(undo_action(live.hub, key, undo, timeout_s=wait_s), as_json=as_json))
        if undos:
            tell_undos(live.target.undos, as_json=as_json)
            return
        if action is None:
            tell_actions(live.target.actions, live.target.undos, as_json=as_json)
            return
        chosen = parse_parameters(find_action(live.target.actions, action), parameters)
        if preview:
            tell_preview(preview_action(live.hub, key, action, chosen, timeout_s=wait_s), as_json=as_json)
            return
        ctx.exit(tell_receipt(run_action(live.hub, key, action, chosen, when=when, timeout_s=wait_s), as_json=as_json))


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
