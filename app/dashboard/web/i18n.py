"""The texts of the pages in Indonesian and English, and how times and numbers are written.

`locale/id.toml` and `locale/en.toml` hold the same keys. A text with a `|` has a singular and a
plural, chosen by `n`. Times are shown in Western Indonesian Time, whatever the language.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal
from markupsafe import Markup, escape

Locale = Literal["id", "en"]
LOCALES: tuple[Locale, ...] = get_args(Locale)

WIB = timezone(timedelta(hours=7), "WIB")
"""Western Indonesian Time, which has no summer time: no time zone database is needed."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its texts, times and numbers."""

    locale: Locale
    texts: Mapping[str, str]

    def t(self, key: str, **values: object) -> str:
        """A text with its values put in; `n` is a count. Raises KeyError for an unknown key."""
        return self._choose(key, values).format(**self._write_count(values))

    def h(self, key: str, **values: object) -> Markup:
        """The same as HTML: every value escaped, and isolated from the direction of the text."""
        written = {
            name: escape(value) if name == "n" else Markup("<bdi>{}</bdi>").format(value)
            for name, value in self._write_count(values).items()
        }
        return escape(self._choose(key, values)).format(**written)

    def find(self, key: str) -> str | None:
        """A text that takes no values; None for an unknown key."""
        return self.texts.get(key)

    def name(self, table: str, code: str) -> str:
        """A code that a table of texts has, in words; any other code as it is."""
        return self.texts.get(f"{table}.{code}", code)

    def kind(self, code: str) -> str:
        """A kind of message in words."""
        return self.find(f"kind.{code}") or self.t("kind.other", kind=code)

    def actor(self, actor: str, source: str) -> str:
        """Who made a reset, by its source: a name as it is, a word for the client or the bot."""
        return self.name("actor", actor) if source in ("chat", "merge") else actor

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.locale)

    def day(self, at: datetime) -> str:
        return format_date(_day_of(at), "full", locale=self.locale)

    def clock(self, at: datetime) -> str:
        return format_time(at.astimezone(WIB).time(), "short", locale=self.locale)

    def second(self, at: datetime) -> str:
        """The time to the second."""
        return format_time(at.astimezone(WIB).time(), "medium", locale=self.locale)

    def moment(self, at: datetime) -> str:
        """Day and time to the second: 22 Nov 2026, 19.40.12 WIB."""
        written = format_datetime(
            at.astimezone(WIB).replace(tzinfo=None), "medium", locale=self.locale
        )
        return f"{written} WIB"

    def short_moment(self, at: datetime, now: datetime) -> str:
        """The time if it is today, else the day."""
        if _day_of(at) == _day_of(now):
            return self.clock(at)
        if _day_of(at).year == _day_of(now).year:
            return format_date(_day_of(at), "d MMM", locale=self.locale)
        return format_date(_day_of(at), "medium", locale=self.locale)

    def duration(self, seconds: float) -> str:
        """In the largest unit that fits: 0.8 ms, 12 ms, 3.4 s, 5 min, 2 h, 3 d."""
        if seconds < 10:
            milliseconds = seconds * 1000
            if milliseconds < 1000:
                digits = 1 if milliseconds < 10 else 0
                return f"{self.number(round(milliseconds, digits))} ms"
            return f"{self.number(round(seconds, 1))} {self.t('unit.second')}"
        for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
            if seconds >= length:
                return f"{self.number(int(seconds // length))} {self.t(f'unit.{unit}')}"
        raise AssertionError("a duration of 10 seconds has a unit")

    def _choose(self, key: str, values: Mapping[str, object]) -> str:
        one, _, many = self.texts[key].partition("|")
        return many if many and values.get("n") != 1 else one

    def _write_count(self, values: Mapping[str, object]) -> dict[str, object]:
        count = values.get("n")
        return {**values, "n": self.number(count)} if isinstance(count, int) else {**values}


@cache
def load_language(locale: Locale) -> Language:
    path = Path(__file__).parent.parent / "locale" / f"{locale}.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return Language(
        locale,
        {
            f"{table}.{key}": text
            for table, texts in tables.items()
            for key, text in cast("dict[str, str]", texts).items()
        },
    )


def _day_of(at: datetime) -> date:
    return at.astimezone(WIB).date()
