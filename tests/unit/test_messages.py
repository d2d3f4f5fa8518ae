from __future__ import annotations

from typing import Any, get_args

import pytest

from app.message_kinds import KINDS, Kind
from app.messages import Outgoing, Reply, check_reply, instant, is_instant


def test_a_plain_string_is_a_text_of_the_bot() -> None:
    assert Reply({}, ("one", Outgoing("two", key="k"))).outgoing == (
        Outgoing("one", kind="text", detail=None, author="bot", key=None),
        Outgoing("two", key="k"),
    )


def test_answers_may_stand_in_a_list() -> None:
    assert Reply({}, ["one"]).outgoing == (Outgoing("one"),)


def test_every_kind_is_listed() -> None:
    assert get_args(Kind) == KINDS


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "poll"}, "kind 'poll' cannot be sent; use one of: text, template"),
        ({"author": "client"}, "author is `bot`, `operator:NAME` or `api:NAME`"),
        ({"author": "operator:"}, "author is `bot`, `operator:NAME` or `api:NAME`"),
        ({"author": "robot"}, "author is `bot`, `operator:NAME` or `api:NAME`"),
    ],
)
def test_an_impossible_message_says_what_is_possible(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("`", ".")):
        Outgoing("Halo", **fields)


@pytest.mark.parametrize("author", ["bot", "operator:Sari W.", "api:shop"])
def test_the_authors(author: str) -> None:
    assert Outgoing("Halo", author=author).author == author


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (None, "a responder returns a novabot.Reply, not a NoneType"),
        ("Halo", "a responder returns a novabot.Reply, not a str"),
        (Reply({}, "Halo"), "answers is a sequence of texts, not one text"),
        (Reply({}, (5,)), "an answer is a text or a novabot.Outgoing, not a int"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_reply_says_what_one_is(reply: object, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        check_reply(reply)


def test_a_responder_answers_in_no_other_name() -> None:
    with pytest.raises(ValueError, match=r"the author of a responder's answers is .bot."):
        check_reply(Reply({}, (Outgoing("Halo", author="operator:Sari"),)))


def test_a_checked_reply_is_the_same_with_values_for_answers() -> None:
    reply = Reply({"n": 1}, ("Halo",), "Sari", forget=True)
    assert check_reply(reply) == Reply({"n": 1}, (Outgoing("Halo"),), "Sari", forget=True)


def test_a_responder_is_instant_if_it_is_marked() -> None:
    def respond(session: object, message: object) -> Reply:
        return Reply({})

    assert not is_instant(respond)
    assert is_instant(instant(respond))


def test_what_may_wait_cannot_be_instant() -> None:
    async def respond(session: object, message: object) -> Reply:
        return Reply({})

    with pytest.raises(TypeError, match="@instant is for plain functions"):
        instant(respond)
