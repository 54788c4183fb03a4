"""`memgui inspect`: look at what the memory of a target is made of."""

from __future__ import annotations

import importlib

import click

from memgui.cli.inspections.options import Options
from memgui.cli.live import Live
from memgui.cli.output import print_json
from memgui.link.targets import resolve

KINDS = ("composition", "tensors", "modules", "pools", "mark")


@click.command("inspect")
@click.argument("target")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--wait", "wait_s", metavar="S", type=float, default=30.0, show_default=True,
              help="Seconds to wait for a step boundary.")  # fmt: skip
@click.option("--budget", "budget_ms", metavar="MS", type=float, default=2000.0, show_default=True,
              help="Milliseconds that the training may stand still.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Rows at most, for tensors.")
@click.option("--activations", is_flag=True, help="With modules: look at the forward of one step, by hooks during it.")
@click.option("--text", help="With mark: what to call the moment.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(
    target: str,
    kind: str,
    wait_s: float,
    budget_ms: float,
    limit: int,
    activations: bool,
    text: str | None,
    as_json: bool,
) -> None:
    """Look at TARGET's objects at its next step boundary; the training stands still meanwhile.

    Pools are counters: for them it does not. A mark is one light look at everything that stays in the history: `memgui
    diff` compares two of them.
    """
    options = Options(wait_s, budget_ms, limit, activations, text)
    kinds = importlib.import_module(f"memgui.cli.inspections.{kind}")
    with Live(resolve(target)) as live:
        live.wait_for_agent()
        told = kinds.look(live, options)
    if as_json:
        print_json(told)
        return
    kinds.table(told)
    if "pause_ms" not in told:
        return
    click.echo(f"step {told['step']:,}; the training stood still for {told['pause_ms']:.1f} ms")
    if not told.get("complete", True):
        click.echo(f"not complete: {told['reason']}", err=True)
