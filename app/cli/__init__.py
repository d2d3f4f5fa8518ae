"""The command line: `novabot`.

A module a group of commands. Each imports what a command needs when it runs, so that help answers
at once. Exit codes: 0 done, 1 the thing asked for failed, 2 bad usage or settings.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Annotated

import typer

from app.cli import accounts, database, number, resets, services

app = typer.Typer(
    name="novabot",
    help="Nova, a WhatsApp bot that can forget, and its dashboard.",
    epilog="Start with: novabot up",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

_STOP_TIMEOUT = 5.0
"""Seconds that a child has to stop by itself once its parent has ended."""


def main() -> None:
    app(prog_name="novabot")


@app.callback()
def prepare(
    until_eof: Annotated[
        bool, typer.Option("--until-eof", hidden=True, help="End when standard input ends.")
    ] = False,
) -> None:
    """Options of all commands."""
    if until_eof:
        threading.Thread(target=_end_at_eof, name="until-eof", daemon=True).start()


def _end_at_eof() -> None:
    """Ends a child of `novabot up` with its parent, also when the parent is killed."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_STOP_TIMEOUT)
    os.kill(os.getpid(), signal.SIGKILL)


for group in (services, database, resets):
    app.add_typer(group.commands)
app.add_typer(accounts.operators, name="operator")
app.add_typer(accounts.tokens, name="token")
app.add_typer(number.commands, name="number")
