"""How a command fails: one clear line on standard error, and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

import typer

from app.cli.signals import Terminated

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""
TERMINATED = 143
"""The exit code after SIGTERM, likewise."""


@contextmanager
def report_errors() -> Generator[None]:
    """Turns expected errors into lines that say what to do, and an exit code."""
    import psycopg

    from app.crm.errors import CrmError
    from app.database.errors import first_line
    from app.database.migrating.migrations import MigrationError
    from app.local.embedded import EmbeddedServerError
    from app.server import PortTakenError
    from app.settings import SettingsError

    try:
        yield
    except SettingsError as error:
        fail(*error.faults, code=2)
    except (CrmError, EmbeddedServerError, MigrationError, PortTakenError) as error:
        fail(str(error))
    except psycopg.errors.UndefinedTable:
        fail("The database has no schema yet: run `novabot migrate`")
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName):
        fail("The database's schema is not current: run `novabot migrate`")
    except psycopg.OperationalError as error:
        fail(f"The database does not answer: {first_line(error)}")
    except psycopg.Error as error:
        fail(f"The database refuses: {first_line(error)}")
    except UnicodeError:
        fail("An argument or the input is not UTF-8 text", code=2)
    except Terminated:
        sys.exit(TERMINATED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def fail(*lines: str, code: int = 1) -> NoReturn:
    """Ends the command. Code 1: what was asked for failed; 2: bad usage or settings."""
    for line in lines:
        typer.echo(f"novabot: {line}", err=True)
    sys.exit(code)
