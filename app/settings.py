"""Everything that can be set from outside, read from the environment once, at start.

A secret can be given as `NAME` or as `NAME_FILE`, the path of a file that holds it. An empty
variable counts as unset. This is the only module that reads the environment.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.setting_checks import (
    check_database_url,
    check_digits,
    check_factory,
    check_http_url,
    check_secret_key,
    check_token,
    strip_line_end,
)

DEFAULT_DATA_DIR = ".novabot"
WHATSAPP = (
    "whatsapp_access_token",
    "whatsapp_phone_number_id",
    "whatsapp_app_secret",
    "whatsapp_verify_token",
)
"""What a bot needs to talk to WhatsApp."""

SECRETS = frozenset(
    {
        "DATABASE_URL",
        "LISTEN_DATABASE_URL",
        "WHATSAPP_ACCESS_TOKEN",
        "WHATSAPP_APP_SECRET",
        "WHATSAPP_VERIFY_TOKEN",
        "NOVABOT_ADMIN_PASSWORD",
        "NOVABOT_SECRET_KEY",
    }
)
"""The variables that can also be given as `NAME_FILE`."""

_ADVICE = {
    "DATABASE_URL": "set it, e.g. to postgresql://user:password@host/database,"
    " or start `novabot up`, which brings its own",
    "WHATSAPP_ACCESS_TOKEN": "set it to the token of your system user (Meta Business Suite)",
    "WHATSAPP_PHONE_NUMBER_ID": "set it to the id that WhatsApp Manager shows for the number",
    "WHATSAPP_APP_SECRET": "set it to the app secret (Meta App Dashboard, Settings, Basic)",
    "WHATSAPP_VERIFY_TOKEN": "set it to the verify token that you gave Meta for the webhook",
}

_LIBPQ_VARIABLE = re.compile("PG[A-Z]+|PGCONNECT_TIMEOUT")
"""libpq's variables, also those of newer versions; no PG_COLOR, PGVECTOR_URL or the like."""


class SettingsError(Exception):
    """The settings can't be used; `faults` has one line for each fault, without secrets."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


DatabaseUrl = Annotated[str, BeforeValidator(strip_line_end), AfterValidator(check_database_url)]
Secret = Annotated[SecretStr, BeforeValidator(strip_line_end)]


def _variable(name: str, default: Any, **more: Any) -> Any:
    return Field(default=default, validation_alias=name, **more)


class Settings(BaseSettings):
    """The settings of a process, checked. What is not set and has no default is empty."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, validate_default=False)

    database_url: DatabaseUrl = _variable("DATABASE_URL", "", repr=False)
    """libpq URL; may name several hosts."""
    listen_database_url: DatabaseUrl = _variable("LISTEN_DATABASE_URL", "", repr=False)
    """A direct connection for LISTEN and migrations; `database_url` unless set."""
    whatsapp_access_token: Annotated[Secret, AfterValidator(check_token)] = _variable(
        "WHATSAPP_ACCESS_TOKEN", SecretStr("")
    )
    whatsapp_phone_number_id: Annotated[str, AfterValidator(check_digits)] = _variable(
        "WHATSAPP_PHONE_NUMBER_ID", ""
    )
    whatsapp_app_secret: Secret = _variable("WHATSAPP_APP_SECRET", SecretStr(""))
    whatsapp_verify_token: Secret = _variable("WHATSAPP_VERIFY_TOKEN", SecretStr(""))
    whatsapp_api_url: Annotated[str, AfterValidator(check_http_url)] = _variable(
        "WHATSAPP_API_URL", "https://graph.facebook.com/v24.0"
    )
    """Without a slash at its end."""
    messages_per_second: Annotated[float, Field(ge=0, le=1000)] = _variable(
        "WHATSAPP_MESSAGES_PER_SECOND", 80.0
    )
    """What the number may send, all bots together; 0: no pacing of our own, nor for a client."""
    read_marks: bool = _variable("WHATSAPP_READ_MARKS", False)
    """Whether a message that the bot answers is marked as read."""
    typing: bool = _variable("WHATSAPP_TYPING", False)
    """Whether a client sees that a responder that takes its time is at the answer."""
    answers_kept_minutes: Annotated[int, Field(ge=1, le=1440)] = _variable(
        "NOVABOT_ANSWERS_KEPT_MINUTES", 60
    )
    """Minutes that a bot's answer may wait to be sent until it is too old to be said."""
    data_dir: Path = _variable("NOVABOT_DATA_DIR", Path(DEFAULT_DATA_DIR))
    """The embedded database and generated secrets."""
    admin_password: SecretStr = _variable("NOVABOT_ADMIN_PASSWORD", SecretStr(""))
    secret_key: Annotated[Secret, AfterValidator(check_secret_key)] = _variable(
        "NOVABOT_SECRET_KEY", SecretStr("")
    )
    responder: Annotated[str, AfterValidator(check_factory)] = _variable(
        "NOVABOT_RESPONDER", "app.nova:nova"
    )
    """`package.module:factory`"""
    join_seconds: Annotated[float | None, Field(ge=0, le=10)] = _variable(
        "NOVABOT_JOIN_SECONDS", None
    )
    """Seconds after a client's last message until those since the last answer get one answer; None:
    0 for an instant responder, 1.5 for others."""
    session_limit: Annotated[int, Field(ge=1)] = _variable("NOVABOT_SESSION_LIMIT", 100_000)
    """Sessions that one bot keeps in memory."""
    phone_pause_minutes: Annotated[int, Field(ge=0, le=10_080)] = _variable(
        "NOVABOT_PHONE_PAUSE_MINUTES", 60
    )
    """Minutes that the bot is silent for a client to whom a person has written on the phone."""
    number_kept_days: Annotated[int, Field(ge=1, le=3650)] = _variable(
        "NOVABOT_NUMBER_KEPT_DAYS", 90
    )
    """Days that a phone number stays a client's who does not write."""
    log_format: Literal["console", "json"] = _variable("NOVABOT_LOG_FORMAT", "console")
    locale: Literal["id", "en"] = _variable("NOVABOT_LOCALE", "id")
    """The dashboard's default language."""
    simulator_allowed: bool = _variable("NOVABOT_SIMULATOR_ALLOWED", False)
    """Set by `novabot up` and tests, for the simulator they start; never by hand."""

    @property
    def names_whatsapp(self) -> bool:
        """Whether any of WhatsApp's settings is given (all are needed then)."""
        return any(getattr(self, name) for name in WHATSAPP)


def load_settings(
    *,
    need: Collection[str] = (),
    find_database: Callable[[Path], str | None] | None = None,
    **given: str,
) -> Settings:
    """The settings from the environment; `given` (by field name) goes before it.

    `need` names the fields that must not be empty. Without a DATABASE_URL, `find_database` may
    find one by the data directory. Raises SettingsError with all faults.
    """
    values = {_variable_of(name): value for name, value in given.items() if value}
    secrets, faults = _read_secret_files()
    values |= secrets
    missing = _list_missing(need, values)
    if find_database is not None and "DATABASE_URL" in missing:
        directory = values.get("NOVABOT_DATA_DIR") or os.environ.get("NOVABOT_DATA_DIR")
        url = find_database(Path(directory or DEFAULT_DATA_DIR))
        if url is not None:
            del missing["DATABASE_URL"]
            values |= {"DATABASE_URL": url, "LISTEN_DATABASE_URL": url}
        elif directory:
            missing["DATABASE_URL"] = (
                f"NOVABOT_DATA_DIR: no database answers in {directory}: start it with"
                f" `novabot up --data {shlex.quote(directory)}`, or set DATABASE_URL"
            )
    settings, refused = _check(values)
    faults += refused
    # One that is faulty is reported already.
    faulty = {fault.partition(":")[0].removesuffix("_FILE") for fault in faults}
    faults += [told for variable, told in missing.items() if variable not in faulty]
    if settings is None or faults:
        raise SettingsError(sorted(faults))
    if not settings.listen_database_url:
        settings = settings.model_copy(update={"listen_database_url": settings.database_url})
    return settings


def read_environment() -> dict[str, str]:
    """The environment that a child process inherits, to be added to."""
    return dict(os.environ)


def drop_libpq_variables() -> None:
    """Removes libpq's variables from the environment of this process and of its children.

    libpq reads them at every connection (PGPORT, PGSERVICE, PGTZ …), and no URL can overrule all
    of them.
    """
    for name in [name for name in os.environ if _LIBPQ_VARIABLE.fullmatch(name)]:
        del os.environ[name]


def _read_secret_files() -> tuple[dict[str, str], list[str]]:
    """The secrets that are in files, by variable, and the faults of these files."""
    secrets: dict[str, str] = {}
    faults: list[str] = []
    for variable in SECRETS:
        secret, fault = _read_secret_file(variable)
        if secret:
            secrets[variable] = secret
        if fault:
            faults.append(fault)
    return secrets, faults


def _read_secret_file(variable: str) -> tuple[str, str]:
    """The secret and the fault, one of them empty; both are without a NAME_FILE."""
    name = f"{variable}_FILE"
    path = os.environ.get(name)
    if not path:
        return "", ""
    if os.environ.get(variable):
        return "", f"{name}: {variable} is set too: unset one of them"
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        return "", f"{name}: cannot read {path}: {reason}"
    return (secret, "") if secret else ("", f"{name}: {path} is empty")


def _check(values: dict[str, str]) -> tuple[Settings | None, list[str]]:
    """The settings, or what is wrong with each variable."""
    unchecked: dict[str, Any] = {**values}
    try:
        return Settings(**unchecked), []
    except ValidationError as error:
        faults: list[str] = []
        for fault in error.errors(include_url=False, include_input=False, include_context=False):
            reason = fault["msg"].removeprefix("Value error, ")
            faults.append(f"{fault['loc'][0]}: {reason[0].lower()}{reason[1:]}")
        return None, faults


def _list_missing(need: Collection[str], values: Mapping[str, str]) -> dict[str, str]:
    """The variables that are needed and not set, with what to do."""
    return {
        variable: f"{variable}: is not set: {_ADVICE.get(variable, 'set it')}"
        for variable in map(_variable_of, need)
        if not _is_set(variable, values)
    }


def _is_set(variable: str, values: Mapping[str, str]) -> bool:
    given = values.get(variable) or os.environ.get(variable) or ""
    return bool(given.strip() or os.environ.get(f"{variable}_FILE"))


def _variable_of(name: str) -> str:
    return cast("str", Settings.model_fields[name].validation_alias)
