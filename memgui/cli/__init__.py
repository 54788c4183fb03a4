"""The commands, one file each; a file is imported only when its command runs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from memgui import __version__
from memgui.protocol.errors import Problem

# Kept here so that `memgui --help` imports no command.
COMMANDS = {
    "act": "Run an action in a target, preview it, or take it back.",
    "analyze": "Say what grows in a recording or a CSV.",
    "attach": "Put the agent into a running process.",
    "demo": "Train a real small language model here and watch it.",
    "diff": "Say what changed between two moments, or two recordings.",
    "explain": "Say who holds what grows, and which line made it.",
    "export": "Hand a recording on as CSV, Parquet, a Perfetto trace or a report.",
    "inspect": "Look at what a target's memory is made of: composition, tensors, modules.",
    "native": "Find native leaks with memray, valgrind and sanitizers, or read their reports.",
    "lint": "Find leak patterns in training code.",
    "open": "Show recordings and black boxes in the window.",
    "ps": "List targets on this host, and why others cannot be attached to.",
    "record": "Write what is seen of targets into a file.",
    "run": "Start a program with the agent inside.",
    "watch": "Print a target's memory and findings as they come.",
}


class _Commands(click.Group):
    """Imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"memgui.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.command(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="memgui")
@click.option("--attach", "attach_to", metavar="PID", type=int, multiple=True, help="Attach to this process at once.")
@click.option("--open", "recordings", metavar="FILE", multiple=True, help="Show a recording.")
@click.option("--theme", type=click.Choice(["system", "light", "dark"]), default="system", show_default=True)
@click.option("--screenshot", metavar="PNG", help="Render the window, save it, and exit.")
@click.option(
    "--after", metavar="S", type=float, default=20.0, show_default=True, help="Seconds before the screenshot."
)
@click.option("--size", metavar="WxH", help="Size of the window, such as 1440x900.")
@click.pass_context
def group(
    ctx: click.Context,
    attach_to: tuple[int, ...],
    recordings: tuple[str, ...],
    theme: str,
    screenshot: str | None,
    after: float,
    size: str | None,
) -> None:
    """See, explain and free the memory of live PyTorch training runs.

    Without a command the window opens.
    """
    if ctx.invoked_subcommand is None:
        from memgui.cli.window import open_window

        ctx.exit(
            open_window(attach_to, theme=theme, screenshot=screenshot, after_s=after, size=size, recordings=recordings)
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status."""
    try:
        result = group.main(arguments, prog_name="memgui", standalone_mode=False)
    except Problem as problem:
        click.echo(f"memgui: {problem.what}", err=True)
        if problem.next_step:
            click.echo(f"        {problem.next_step}", err=True)
        return problem.exit_status
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # The reader of our output is gone (`memgui watch … | head`); say nothing more, at exit too.
        sys.stdout = None
        return 0
    return result if isinstance(result, int) else 0


def script() -> None:
    """Entry point of the command `memgui`."""
    sys.exit(main())
