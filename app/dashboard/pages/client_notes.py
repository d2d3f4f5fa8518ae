"""Notes of what happened to a client's addresses, as its page shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.addresses import write_address
from app.crm.client_notes import ClientNote
from app.dashboard.web.i18n import Language


@dataclass(frozen=True, slots=True)
class ShownNote:
    at: datetime
    text: str
    """What happened, in a sentence or two."""
    addresses: list[tuple[str, str]]
    """A label and an address each."""


def show_notes(notes: Sequence[ClientNote], language: Language) -> list[ShownNote]:
    return [
        ShownNote(
            note.at, _write_kind(note.kind, language), list(_write_detail(note.detail, language))
        )
        for note in notes
    ]


def _write_kind(kind: str, language: Language) -> str:
    return language.find(f"note.{kind}") or language.t("note.unknown_kind", kind=kind)


def _write_detail(detail: Mapping[str, object], language: Language) -> Iterator[tuple[str, str]]:
    """The addresses; what a later release adds is left out."""
    for part in ("from", "to", "address"):
        address = detail.get(part)
        if isinstance(address, str) and address:
            yield language.t(f"note_address.{part}"), write_address(address)
