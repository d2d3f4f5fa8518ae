"""The commands of `novabot`."""

from __future__ import annotations

import click
import typer.main

from app.cli import app


def list_commands() -> dict[str, click.Command]:
    """Those that help shows, by name, as in `token create`."""
    group = typer.main.get_command(app)
    commands: dict[str, click.Command] = {}
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        if command.hidden:
            continue
        below = getattr(command, "commands", None)
        if not below or getattr(command, "invoke_without_command", False):
            commands[name] = command
        commands |= {f"{name} {each}": found for each, found in (below or {}).items()}
    return commands
