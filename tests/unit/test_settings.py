"""Settings: read once, checked, all faults told together, no secret ever shown."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

import app
from app.settings import SECRETS, WHATSAPP, Settings, SettingsError, load_settings

APP = Path(app.__file__).parent


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("NOVABOT_", "WHATSAPP_", "DATABASE_", "LISTEN_")):
            monkeypatch.delenv(name)


def find_faults(**need: tuple[str, ...]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(**need)
    return caught.value.faults


def test_nothing_set_gives_the_defaults() -> None:
    settings = load_settings()
    assert settings.database_url == ""
    assert settings.whatsapp_api_url == "https://graph.facebook.com/v24.0"
    assert settings.data_dir == Path(".novabot")
    assert settings.responder == "app.nova:nova"
    assert settings.session_limit == 100_000
    assert (settings.log_format, settings.locale) == ("console", "id")
    assert not settings.names_whatsapp
    assert not settings.simulator_allowed


def test_the_listener_uses_the_database_url_unless_it_has_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nova@a,b:5433/nova")
    assert load_settings().listen_database_url == "postgresql://nova@a,b:5433/nova"
    monkeypatch.setenv("LISTEN_DATABASE_URL", "postgresql://nova@c/nova")
    assert load_settings().listen_database_url == "postgresql://nova@c/nova"


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOVABOT_SESSION_LIMIT", "")
    monkeypatch.setenv("DATABASE_URL", "")
    assert load_settings().session_limit == 100_000
    assert find_faults(need=("database_url",))[0].startswith("DATABASE_URL: is not set")


def test_all_faults_are_told_at_once_each_in_a_line_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://user:hunter2@host/db")
    monkeypatch.setenv("WHATSAPP_PHONE_NUMBER_ID", "+62 817")
    monkeypatch.setenv("WHATSAPP_APP_SECRET_FILE", str(tmp_path / "missing"))
    monkeypatch.setenv("WHATSAPP_API_URL", "graph.facebook.com")
    monkeypatch.setenv("NOVABOT_RESPONDER", "app.nova")
    monkeypatch.setenv("NOVABOT_SECRET_KEY", "hunter2")
    monkeypatch.setenv("NOVABOT_SESSION_LIMIT", "0")
    monkeypatch.setenv("NOVABOT_LOG_FORMAT", "xml")
    monkeypatch.setenv("NOVABOT_LOCALE", "nl")
    faults = find_faults(need=("database_url", *WHATSAPP))
    assert [fault.partition(":")[0] for fault in faults] == [
        "DATABASE_URL",
        "NOVABOT_LOCALE",
        "NOVABOT_LOG_FORMAT",
        "NOVABOT_RESPONDER",
        "NOVABOT_SECRET_KEY",
        "NOVABOT_SESSION_LIMIT",
        "WHATSAPP_ACCESS_TOKEN",
        "WHATSAPP_API_URL",
        "WHATSAPP_APP_SECRET_FILE",
        "WHATSAPP_PHONE_NUMBER_ID",
        "WHATSAPP_VERIFY_TOKEN",
    ]
    assert not any("\n" in fault or "hunter2" in fault for fault in faults)


def test_what_is_not_shown_is_a_secret_and_nothing_else_is() -> None:
    fields = Settings.model_fields.values()
    hidden = {
        field.validation_alias
        for field in fields
        if field.annotation is SecretStr or not field.repr
    }
    assert hidden == SECRETS


def test_every_setting_is_used() -> None:
    sources = [path for path in APP.rglob("*.py") if path != APP / "settings.py"]
    used = {
        name for source in sources for name in re.findall(r"\bsettings\.(\w+)", source.read_text())
    }
    assert Settings.model_fields.keys() - used == set()


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_every_secret_can_come_from_a_file(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    value = "postgresql://nova@host/nova" if name.endswith("_URL") else "s" * 40
    path = tmp_path / "secret"
    path.write_text(f"{value}\n")
    monkeypatch.setenv(f"{name}_FILE", str(path))
    field = next(
        field for field, info in Settings.model_fields.items() if info.validation_alias == name
    )
    found = getattr(load_settings(need=(field,)), field)
    assert (found if isinstance(found, str) else found.get_secret_value()) == value


def test_a_secret_given_twice_or_as_an_empty_file_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    monkeypatch.setenv("WHATSAPP_APP_SECRET_FILE", str(empty))
    monkeypatch.setenv("WHATSAPP_VERIFY_TOKEN", "one")
    monkeypatch.setenv("WHATSAPP_VERIFY_TOKEN_FILE", str(empty))
    assert find_faults() == [
        f"WHATSAPP_APP_SECRET_FILE: {empty} is empty",
        "WHATSAPP_VERIFY_TOKEN_FILE: WHATSAPP_VERIFY_TOKEN is set too: unset one of them",
    ]


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        secret = "hunter2" * 6
        value = f"postgresql://nova:{secret}@host/nova" if name.endswith("_URL") else secret
        monkeypatch.setenv(name, value)
    assert "hunter2" not in repr(load_settings())
    assert "hunter2" not in str(load_settings())


def test_a_running_embedded_database_is_found_only_without_a_database_url(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NOVABOT_DATA_DIR", str(tmp_path))
    asked: list[Path] = []

    def find_database(directory: Path) -> str:
        asked.append(directory)
        return "postgresql://nova@/embedded"

    monkeypatch.setenv("LISTEN_DATABASE_URL", "postgresql://nova@elsewhere/nova")
    settings = load_settings(need=("database_url",), find_database=find_database)
    assert settings.database_url == "postgresql://nova@/embedded"
    assert settings.listen_database_url == "postgresql://nova@/embedded"
    monkeypatch.setenv("DATABASE_URL", "postgresql://nova@host/nova")
    settings = load_settings(need=("database_url",), find_database=find_database)
    assert settings.database_url == "postgresql://nova@host/nova"
    assert asked == [tmp_path]


def test_where_no_embedded_database_answers_the_advice_is_to_start_it_in_its_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def advise() -> list[str]:
        with pytest.raises(SettingsError) as caught:
            load_settings(need=("database_url",), find_database=lambda _: None)
        return caught.value.faults

    (told,) = advise()
    assert told.startswith("DATABASE_URL: is not set: set it, e.g. to postgresql://")
    monkeypatch.setenv("NOVABOT_DATA_DIR", "/srv/my nova")
    (told,) = advise()
    assert told == (
        "NOVABOT_DATA_DIR: no database answers in /srv/my nova: start it with"
        " `novabot up --data '/srv/my nova'`, or set DATABASE_URL"
    )


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (
            "pgbouncer=true&connect_timeout=3",
            "pgbouncer: remove it from the URL, and set LISTEN_DATABASE_URL to a direct connection",
        ),
        ("schema=shop", "schema: remove it from the URL; the tables are in the schema public"),
        ("ssl=on", "ssl: remove it from the URL, or write sslmode=require"),
        ("sslmode=require&pool_timeout=9&x=", "pool_timeout, x: remove it from the URL"),
    ],
)
@pytest.mark.parametrize("name", ["DATABASE_URL", "LISTEN_DATABASE_URL"])
def test_a_parameter_that_libpq_does_not_know_is_named(
    name: str, query: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, f"postgresql://nova:hunter2?a=b@host:5432/nova?{query}")
    assert find_faults() == [f"{name}: libpq knows no parameter {told}"]


def test_a_port_that_there_is_not_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    for port in ("99999", "port"):
        monkeypatch.setenv("WHATSAPP_API_URL", f"https://graph.facebook.com:{port}/v24.0")
        assert find_faults() == [
            "WHATSAPP_API_URL: is not a URL: its port is no number up to 65535"
        ]


def test_a_url_with_libpqs_own_parameters_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://nova@host/nova?ssl=true&sslmode=require&options=-c%20a%3Db"
    monkeypatch.setenv("DATABASE_URL", url)
    assert load_settings().database_url == url


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().locale = "en"
