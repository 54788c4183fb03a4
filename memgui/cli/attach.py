"""`memgui attach`: put the agent into a running process."""

from __future__ import annotations

import click

from memgui.attach.inject import attach
from memgui.cli.output import print_json
from memgui.link.targets import resolve


@click.command("attach")
@click.argument("target")
@click.option("--method", help="How: injector, remote_exec or gdb; by default the safest that works.")
@click.option(
    "--timeout", "timeout_s", type=float, default=10.0, show_default=True, help="Seconds to wait for the agent."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(target: str, method: str | None, timeout_s: float, as_json: bool) -> None:
    """Put the agent into TARGET, a process that may know nothing of memgui."""
    done = attach(resolve(target), method=method, timeout_s=timeout_s, progress=_tell)
    if as_json:
        print_json({"pid": done.pid, "socket": str(done.socket), "method": done.method, "pause_ms": done.pause_ms,
                    "agent_version": done.agent_version})  # fmt: skip
        return
    pause = "" if done.pause_ms is None else f"; the process stood still for {done.pause_ms:.2f} ms"
    click.echo(f"attached to {done.pid} ({done.method}{pause})")
    click.echo(f"watch it with: memgui watch {done.pid}")


def _tell(text: str) -> None:
    click.echo(text, err=True)
