"""What an outgoing message may be: every kind, and every limit from both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.message_kinds import KINDS
from app.messages import Outgoing, Reply
from tests.unit.outgoing import INBOUND, ONE_OF_EACH, WAMID

ROWS = [f"row {number}" for number in range(10)]


def buttons(*titles: str | tuple[str, str], body: str = "?", **more: str) -> Outgoing:
    return Outgoing.buttons(body, titles, **more)


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_of_each_kind_is_a_value(kind: str) -> None:
    message = ONE_OF_EACH[kind]  # type: ignore[index]
    assert message.kind == kind
    assert Outgoing(message.body, message.kind, message.detail) == message


@pytest.mark.parametrize(
    "make",
    [
        lambda: buttons("Ya", "x" * 20, "Tidak"),
        lambda: buttons(("i" * 256, "Ya"), body="b" * 1_024, header="h" * 60, footer="f" * 60),
        lambda: Outgoing.list("b" * 4_096, "x" * 20, ROWS),
        lambda: Outgoing.list("b", "Lihat", [("i" * 200, "x" * 24, "d" * 72)]),
        lambda: Outgoing.list("b", "Lihat", {"t" * 24: ["A"], "2": ["B"]}),
        lambda: Outgoing.media("image", media_id="1", caption="c" * 1_024),
        lambda: Outgoing.template("a" * 512, "pt_BR"),
        lambda: Outgoing.reaction(WAMID, ""),
    ],
)
def test_what_meta_just_takes_is_possible(make: Callable[[], Outgoing]) -> None:
    assert make().kind in KINDS


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (buttons, "there are 0 buttons; WhatsApp takes 1 to 3"),
        (lambda: buttons("1", "2", "3", "4"), "there are 4 buttons; WhatsApp takes 1 to 3"),
        (lambda: buttons("x" * 21), "a button's title has 21 characters; WhatsApp takes 20"),
        (lambda: buttons(("i" * 257, "Ya")), "a button's id has 257 characters"),
        (lambda: buttons((" i", "Ya")), "a button's id begins or ends with white space"),
        (lambda: buttons(("1", "\u200b")), "a button's title is missing or blank"),
        (lambda: buttons(("1", "Ya"), ("1", "Tidak")), "two ids of the buttons are the same"),
        (lambda: buttons(("1", "Ya"), ("2", "Ya")), "two titles of the buttons are the same"),
        (lambda: buttons("Ya", body=" "), "the body above buttons is missing or blank"),
        (lambda: buttons("Ya", body="b" * 1_025), "buttons has 1025 characters"),
        (lambda: buttons("Ya", header="h" * 61), "the header has 61 characters"),
        (lambda: buttons("Ya", footer=""), "the footer is missing or blank"),
        (lambda: buttons(("1", "2", "3", "4")), r"a choice is its title, or \(id, title\)"),  # type: ignore[arg-type]
        (lambda: Outgoing.list("b", "Lihat", [*ROWS, "11"]), "the list has 11 rows"),
        (lambda: Outgoing.list("b", "Lihat", ["x" * 25]), "a row's title has 25 characters"),
        (lambda: Outgoing.list("b", "Lihat", [("i" * 201, "x")]), "a row's id has 201"),
        (lambda: Outgoing.list("b", "Lihat", [("i", "x", "d" * 73)]), "description has 73"),
        (lambda: Outgoing.list("b", "Lihat", ["A", "A"]), "two ids of the rows are the same"),
        (lambda: Outgoing.list("b", "Lihat", {"A": []}), "a section of a list has no rows"),
        (lambda: Outgoing.list("b", "Lihat", {}), "there are 0 sections"),
        (lambda: Outgoing.list("b", "Lihat", {"": ["A"], "2": ["B"]}), "section's title is mis"),
        (lambda: Outgoing.list("b", "x" * 21, ROWS), "the button that opens a list has 21"),
        (lambda: Outgoing.list("b" * 4_097, "Lihat", ROWS), "above a list has 4097 characters"),
        (lambda: Outgoing.media("image"), "image: give either the id of uploaded media or a link"),
        (lambda: Outgoing.media("image", media_id="1", link="https://a/"), "image: give either"),
        (lambda: Outgoing.media("image", link="file:///etc/passwd"), "image: the link begins with"),
        (lambda: Outgoing.media("image", media_id=" "), "image: the media id is missing or blank"),
        (
            lambda: Outgoing.media("audio", media_id="1", caption="c"),
            "audio: WhatsApp shows no cap",
        ),
        (
            lambda: Outgoing.media("image", media_id="1", caption="c" * 1_025),
            "the caption has 1025",
        ),
        (lambda: Outgoing.media("image", media_id="1", filename="a"), "only a document has a file"),
        (lambda: Outgoing.template("Order", "id"), "a template's name has lower-case letters"),
        (lambda: Outgoing.template("order", "Indonesian"), "a template's language is a code"),
        (lambda: Outgoing.template("o", "id", [{"kind": "body"}]), "is an object with a type"),
        (lambda: Outgoing.reaction("3", "👍"), "a reaction is to a message of WhatsApp"),
        (lambda: Outgoing.reaction(WAMID, "👍👍"), "a reaction is one emoji"),
        (lambda: Outgoing.reaction(WAMID, "ok"), "a reaction is one emoji"),
        (lambda: Outgoing.reaction(WAMID, "é"), "a reaction is one emoji"),
        (lambda: Outgoing.reaction(WAMID, "\u200b"), "a reaction is one emoji"),
        (lambda: ONE_OF_EACH["reaction"].quoting(INBOUND), "a reaction cannot quote"),
        (lambda: ONE_OF_EACH["template"].quoting(INBOUND), "a template cannot quote"),
        (lambda: ONE_OF_EACH["quote"].quoting(INBOUND), "a quote cannot quote"),
        (lambda: Outgoing("a\0b"), "the body holds a NUL or a lone surrogate"),
        (lambda: Outgoing("\ud83d"), "the body holds a NUL or a lone surrogate"),
        (lambda: Outgoing("a", key="\0"), "the key holds a NUL or a lone surrogate"),
        (lambda: buttons("Ya", header="\0h"), "the detail holds a NUL or a lone surrogate"),
        (lambda: Outgoing("a", detail={"x": float("nan")}), "the detail is no JSON"),
        (lambda: Outgoing("a", detail={"x": object()}), "the detail is no JSON"),
        (lambda: Outgoing("a", detail={"x": "y" * 65_536}), "the detail has more than 65536"),
        (lambda: Outgoing("a", "buttons"), "buttons: not a list"),
        (lambda: Outgoing("a", "buttons", {"buttons": ["Ya"]}), "a button is not an object"),
        (lambda: Outgoing("a", "quote", {"message_id": WAMID}), "a quote names the kind"),
        (lambda: Outgoing("a", "quote", {"message_id": WAMID, "kind": "x"}), "kind 'x' cannot be"),
    ],
)
def test_an_impossible_message_says_why_in_one_sentence(
    make: Callable[[], Outgoing], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        make()
    assert "\n" not in str(raised.value)


def test_what_its_author_changes_afterwards_changes_no_message() -> None:
    components: list[dict[str, Any]] = [{"type": "body"}]
    message = Outgoing.template("order", "id", components)
    components[0]["type"] = "header"
    assert (message.detail or {})["components"] == [{"type": "body"}]


def test_a_quote_names_the_message_and_keeps_the_rest() -> None:
    assert ONE_OF_EACH["image"].quoting(INBOUND) == Outgoing(
        "Kursi",
        "quote",
        {"message_id": WAMID, "kind": "image", "detail": {"link": "https://shop.example/a.jpg"}},
    )


def test_what_whatsapp_gave_no_id_is_answered_without_a_quote() -> None:
    inbound = replace(INBOUND, id="content:5f")
    assert Outgoing("Halo").quoting(inbound) == Outgoing("Halo")


def test_a_long_text_goes_out_in_parts_and_a_blank_one_not_at_all() -> None:
    first, second = "a" * 4_000, "b" * 4_000
    reply = Reply({}, (f"{first}\n\n{second}", "", " \n", Outgoing("\u200b"), "c"))
    assert reply.outgoing == (Outgoing(first), Outgoing(second), Outgoing("c"))


def test_each_part_of_a_keyed_message_has_a_key_that_is_always_the_same() -> None:
    message = Outgoing("a " * 5_000, key="invoice 7")
    keys = [part.key for part in message.parts]
    assert keys == ["invoice 7", "invoice 7\x1f2", "invoice 7\x1f3"]
    assert message.parts == message.parts


def test_the_first_part_of_a_quote_quotes() -> None:
    parts = Outgoing("a " * 3_000, author="api:shop").quoting(INBOUND).parts
    assert [part.kind for part in parts] == ["quote", "text"]
    assert {part.author for part in parts} == {"api:shop"}
    assert Outgoing(" ").quoting(INBOUND).parts == ()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "text"])
def test_other_kinds_go_out_as_they_are(kind: str) -> None:
    message = ONE_OF_EACH[kind]  # type: ignore[index]
    assert message.parts == (message,)
