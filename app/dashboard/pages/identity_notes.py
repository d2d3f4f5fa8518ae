"""Notes of what happened to a client's addresses, as its page shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.addresses import write_address
from app.crm.identity import IdentityNote
from app.dashboard.web.i18n import Language


@dataclass(frozen=True, slots=True)
class DescribedNote:
    at: datetime
    text: str
    """What happened, and what the operator can do."""
    addresses: list[tuple[str, str]]
    """A label and an address each."""


def describe_notes(notes: Sequence[IdentityNote], language: Language) -> list[DescribedNote]:
    return [
        DescribedNote(
            note.at,
            _describe_kind(note.kind, language),
            list(_list_addresses(note.detail, language)),
        )
        for note in notes
    ]


def _describe_kind(kind: str, language: Language) -> str:
    return language.find(f"note.{kind}") or language.t("note.unknown_kind", kind=kind)


def _list_addresses(detail: Mapping[str, object], language: Language) -> Iterator[tuple[str, str]]:
    """The addresses of a note; what a later release adds to its detail is left out."""
    for part in ("from", "to", "address"):
        address = detail.get(part)
        if isinstance(address, str) and address:
            yield language.t(f"note_address.{part}"), write_address(address)
