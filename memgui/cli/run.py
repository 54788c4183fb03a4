"""`memgui run`: start a program with the agent inside."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from memgui.attach.launcher import command as launcher_command
from memgui.protocol.errors import BadInput


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("-m", "module", is_flag=True, help="SCRIPT is the name of a module.")
@click.argument("script")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(module: bool, script: str, arguments: tuple[str, ...]) -> None:
    """Start SCRIPT as `python SCRIPT` would, with the agent inside. Signals and exit status are the script's own.

    Under torchrun: torchrun --no-python --nproc-per-node 4 memgui run train.py
    """
    if not module and not Path(script).is_file():
        raise BadInput(f"there is no script {script}", "for a module write: memgui run -m MODULE")
    words = launcher_command([script, *arguments], module=module, python=sys.executable)
    sys.stdout.flush()
    os.execv(words[0], words)
