"""Outgoing messages of every kind, for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from app.message_kinds import KINDS, Kind, Media
from app.messages import Message, Outgoing

WAMID = "wamid.HBgNNjI4MTIzNDU2Nzg5MBUCABIYFDNBQTA="
INBOUND = Message(WAMID, ("6281234567890",), "text", "Hai", datetime(2026, 11, 22, tzinfo=UTC))

ONE_OF_EACH: dict[Kind, Outgoing] = {
    "text": Outgoing("halo é"),
    "template": Outgoing.template(
        "order_ready",
        "en_US",
        [{"type": "body", "parameters": [{"type": "text", "text": "John"}]}],
        body="Your order is ready, John",
    ),
    "image": Outgoing.media("image", link="https://shop.example/a.jpg", caption="Kursi"),
    "video": Outgoing.media("video", media_id="1166846181421424"),
    "audio": Outgoing.media("audio", media_id="1166846181421424"),
    "document": Outgoing.media("document", media_id="7", caption="Nota", filename="nota.pdf"),
    "sticker": Outgoing.media("sticker", link="https://shop.example/a.webp"),
    "buttons": Outgoing.buttons("Jadi?", ["Ya", ("no", "Tidak")], header="Pesanan", footer="Toko"),
    "list": Outgoing.list(
        "Pilih",
        "Lihat",
        {"Buah": ["Apel", ("p", "Pisang", "Manis")], "Sayur": [("b", "Bayam")]},
    ),
    "reaction": Outgoing.reaction(WAMID, "👍🏽"),
    "quote": Outgoing.buttons("Yang ini?", ["Ya"]).quoting(INBOUND),
}


def titles(limit: int) -> st.SearchStrategy[str]:
    """Storable, not blank, without white space at its ends."""
    return st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=limit - 1
    ).map(lambda text: f"x{text.strip()}")


def _choices(most: int, limit: int) -> st.SearchStrategy[list[tuple[str, str]]]:
    return st.lists(
        st.tuples(titles(200), titles(limit)),
        min_size=1,
        max_size=most,
        unique_by=(lambda choice: choice[0], lambda choice: choice[1]),
    )


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | titles(9),
    st.lists,
    max_leaves=5,
)
_CAPTIONED: tuple[Media, ...] = ("image", "video", "document")
_ALL_BUT_QUOTES = st.one_of(
    titles(5_000).map(Outgoing),
    st.builds(
        Outgoing.template,
        st.from_regex(r"[a-z0-9_]{1,50}", fullmatch=True),
        st.sampled_from(["id", "en_US", "zh_CN"]),
        st.lists(st.fixed_dictionaries({"type": titles(9), "parameters": _JSON})),
        body=titles(99),
    ),
    st.builds(
        Outgoing.media, st.sampled_from(_CAPTIONED), media_id=titles(99), caption=titles(1024)
    ),
    st.builds(lambda name: Outgoing.media("document", media_id="1", filename=name), titles(99)),
    st.builds(Outgoing.media, st.sampled_from(["audio", "sticker"]), link=st.just("http://a/b?c")),
    st.builds(Outgoing.buttons, titles(1024), _choices(3, 20), header=titles(60) | st.none()),
    st.builds(Outgoing.list, titles(4096), titles(20), _choices(10, 24), footer=titles(60)),
    st.sampled_from(["❤️", "👍🏽", "1️⃣", ""]).map(lambda emoji: Outgoing.reaction(WAMID, emoji)),
)
OUTGOING = st.one_of(
    _ALL_BUT_QUOTES,
    _ALL_BUT_QUOTES.filter(lambda message: message.kind not in ("template", "reaction")).map(
        lambda message: message.quoting(INBOUND)
    ),
).flatmap(
    lambda message: st.builds(
        replace,
        st.just(message),
        key=titles(40) | st.none(),
        author=st.sampled_from(["bot", "api:shop"]),
    )
)

assert tuple(ONE_OF_EACH) == KINDS
