"""What NovaBot says, learns, keeps and forgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bot.whatsapp.content import STORED_TYPES
from app.message_kinds import TEXT_LIMIT
from app.messages import Message, Reply
from app.nova import nova, respond
from app.nova.answers import ANSWERS
from app.nova.lexicon import GIVEN_NAMES
from app.nova.responder import KINDS_IN_OWN_WORDS
from app.nova.tokens import tokenize
from app.sessions.session import Session

TIMES_OF_DAY = frozenset(
    ("pagi", "siang", "sore", "petang", "malam", "morning", "afternoon", "evening", "night")
)
STRANGER = Session()
KNOWN = Session(id="6281717407674@c.us", nama="Petang", context={"language": "id"})


def say(text: str, kind: str = "text", *, forwarded: bool = False) -> Message:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Message("wamid.1", ("6281717407674",), kind, text, at, forwarded)


def answer(reply: Reply) -> str:
    (text,) = reply.answers
    return text


def after(session: Session, reply: Reply) -> Session:
    """The session as the turn leaves it."""
    return replace(session, context=reply.context, nama=reply.learnt_name or session.nama)


def test_the_factory_gives_the_responder() -> None:
    assert nova() is respond


@pytest.mark.parametrize(
    ("text", "name", "language"),
    [
        ("Hai, nama saya John", "John", "id"),
        ("My name is De Broglie", "De Broglie", "en"),
        ("selamat petang, nama saya Petang", "Petang", "id"),
        ("Hi, I'm Sarah", "Sarah", "en"),
    ],
)
def test_a_told_name_is_learnt_and_answered_with(text: str, name: str, language: str) -> None:
    reply = respond(STRANGER, say(text))
    assert reply.learnt_name == name
    assert name in answer(reply)
    assert reply.context == {"language": language}


def test_a_corrected_name_replaces_the_old_one_in_the_same_answer() -> None:
    reply = respond(KNOWN, say("maaf salah, nama saya De Broglie"))
    assert reply.learnt_name == "De Broglie"
    assert "De Broglie" in answer(reply) and "Petang" not in answer(reply)


def test_a_name_that_is_known_already_is_not_learnt_again() -> None:
    reply = respond(KNOWN, say("nama saya Petang"))
    assert reply.learnt_name is None
    assert "Petang" in answer(reply)


ASKED = [
    "siapa nama saya?",
    "nama saya siapa?",
    "what's my name?",
    "what is my name",
    "do you remember my name",
    "who am I",
    "is my name still Petang?",
    "apakah nama saya Budi?",
    "kamu tahu namaku?",
    "masih ingat nama saya ga?",
    "namaku siapa hayo",
    "tell me my name",
    "aku siapa?",
    "siapa saya?",
    "coba sebutkan nama saya",
    "do you know me?",
    "kamu kenal saya?",
    "say my name",
    "masih ingat saya?",
    "nama gue siapa coba",
    "remember me?",
    "tau nama aku ga",
    "do u know who i am",
    "kamu inget aku gak",
    "inget gak sama gue",
    "masih inget aku kan?",
    "kamu tau siapa aku?",
    "tahukah kamu siapa saya?",
    "siapa sih nama gue",
    "coba tebak nama saya",
    "nama saya apa ya?",
    "emang tau nama gw?",
    "aku ini siapa ya",
    "lu kenal gue ga",
    "kenal saya gak kak?",
    "tau ga gue siapa",
    "apa kamu masih ingat namaku?",
    "nama ku siapa?",
    "siapa namaku",
    "whats my name",
    "what was my name again",
    "can you tell me my name",
    "do you still remember my name?",
    "u remember me?",
    "u know my name?",
    "who am i to you",
    "have you forgotten my name?",
    "did you forget my name",
    "you remember my name right?",
    "do you recall my name?",
    "what name do you have for me",
    "by what name do you know me",
    "Nova, what's my name?",
    "lupa nama saya ya?",
    "sebutkan namaku",
    "kamu manggil aku siapa?",
    "ingat nama saya?",
    "do ya know me",
    "lo masih inget nama gue ga bro",
    "apakah anda mengingat saya?",
    "apa anda tahu nama saya",
    "kamu tau namaku kan?",
    "who do you think I am?",
    "tell me who I am",
    "do you have my name?",
    "please remind me of my name",
    "kenal gue?",
    "nama aq siapa hayo",
    "anda kenal dengan saya?",
    "you know who I am?",
    "am I known to you? what's my name?",
    "ingat siapa saya?",
    "siapa ya nama saya?",
    "hey do you remember who i am",
    "namaku apa coba",
    "coba sebut nama aku",
    "tau gak nama saya siapa",
    "masih kenal saya?",
]


@pytest.mark.parametrize("text", ASKED)
def test_asked_for_the_name_nova_answers_with_it(text: str) -> None:
    session = replace(KNOWN, nama="Wahyuni")
    reply = respond(session, say(text))
    assert "Wahyuni" in answer(reply)
    assert answer(reply) in {
        ANSWERS["id"].name_known.format(nama="Wahyuni"),
        ANSWERS["en"].name_known.format(nama="Wahyuni"),
    }
    assert reply.learnt_name is None and not reply.forget


@pytest.mark.parametrize("text", ASKED)
def test_asked_for_a_name_it_was_not_told_nova_says_so_and_gives_no_name(text: str) -> None:
    reply = respond(STRANGER, say(text))
    assert answer(reply) in (ANSWERS["id"].name_unknown, ANSWERS["en"].name_unknown)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("what's my name?", "en"),
        ("siapa nama saya?", "id"),
        ("Hello there", "en"),
        ("halo", "id"),
        ("thanks a lot for your help", "en"),
        ("makasih ya", "id"),
        ("👍", "id"),
        ("where is my order?", "en"),
        ("pesanan belum sampai", "id"),
        ("12345", "id"),
    ],
)
def test_the_answer_is_in_the_clients_language(text: str, language: str) -> None:
    assert respond(STRANGER, say(text)).context["language"] == language


def test_the_language_is_remembered_where_a_message_tells_none() -> None:
    english = replace(KNOWN, context={"language": "en"})
    assert answer(respond(english, say("12345"))).startswith("Thank you, Petang")
    assert respond(replace(KNOWN, context={"language": 7}), say("123")).context["language"] == "id"


def test_a_forwarded_message_teaches_and_forgets_nothing() -> None:
    for text in ("nama saya John", "lupakan saya", "forget me"):
        reply = respond(KNOWN, say(text, forwarded=True))
        assert reply.learnt_name is None and not reply.forget
        assert "Petang" in answer(reply)


@pytest.mark.parametrize("kind", ["button", "interactive"])
def test_a_buttons_title_is_no_statement(kind: str) -> None:
    reply = respond(STRANGER, say("My name is John", kind))
    assert reply.learnt_name is None and "John" not in answer(reply)


def test_of_every_stored_type_it_is_decided_whose_words_it_holds() -> None:
    of_the_business = {"button", "interactive"}
    without_words = {"audio", "voice", "sticker", "location", "contacts", "order", "unsupported"}
    assert KINDS_IN_OWN_WORDS | of_the_business | without_words == STORED_TYPES


@pytest.mark.parametrize("kind", ["image", "video", "document"])
def test_a_caption_may_tell_the_name(kind: str) -> None:
    assert respond(STRANGER, say("ini buktinya, nama saya Yudi", kind)).learnt_name == "Yudi"


@pytest.mark.parametrize(
    ("kind", "detail"),
    [("unsupported", {"type": "unsupported"}), ("interactive", {"type": "call_permission_reply"})],
)
def test_what_whatsapp_does_not_pass_on_and_a_permission_to_call_are_not_answered(
    kind: str, detail: dict[str, Any]
) -> None:
    for session in (STRANGER, KNOWN):
        reply = respond(session, replace(say("", kind), detail=detail))
        assert (reply.answers, reply.context) == ((), session.context)


def test_a_run_of_messages_without_text_is_answered_once() -> None:
    first = respond(KNOWN, say("", "image"))
    assert "Petang" in answer(first)
    session = after(KNOWN, first)
    assert respond(session, say("", "sticker")).answers == ()
    session = after(session, respond(session, say("halo")))
    assert answer(respond(session, say("", "audio"))) == answer(first)


def test_the_name_is_asked_for_once_and_a_bare_answer_understood() -> None:
    first = respond(STRANGER, say("halo"))
    assert answer(first).endswith(ANSWERS["id"].invitation)
    session = after(STRANGER, first)
    second = respond(session, say("ada promo?"))
    assert ANSWERS["id"].invitation not in answer(second)
    assert respond(after(session, second), say("Budi")).learnt_name is None
    told = respond(session, say("Budi"))
    assert told.learnt_name == "Budi" and "Budi" in answer(told)


def test_what_another_program_keeps_in_the_context_stays() -> None:
    session = replace(KNOWN, context={"language": "id", "vip": True})
    assert respond(session, say("halo")).context == {"language": "id", "vip": True}


def test_an_endless_name_in_the_database_still_makes_a_message() -> None:
    assert len(answer(respond(replace(KNOWN, nama="a" * 9_000), say("halo")))) <= TEXT_LIMIT


def test_novas_own_words_hold_no_time_of_day_and_no_given_name() -> None:
    for answers in ANSWERS.values():
        for field in answers.__slots__:
            text: str = getattr(answers, field)
            keys = {token.key for token in tokenize(text.replace("{name}", ""))}
            assert keys.isdisjoint(GIVEN_NAMES | TIMES_OF_DAY)


CONTEXTS = st.dictionaries(
    st.sampled_from(["language", "asked", "awaiting", "begun", "unreadable", "vip"]),
    st.sampled_from(["id", "en", "name", "person", True, None, 3]),
)
KINDS = st.sampled_from(["text", "image", "button", "interactive", "unsupported", "reaction"])
WORDS = "apakah is my nama saya bukan not call me ? still masih hi forget delete data , ."
TEXTS = st.text(max_size=80) | st.lists(
    st.sampled_from(sorted(WORDS.split())),
    max_size=12,
).map(" ".join)


@given(TEXTS, KINDS, CONTEXTS, st.booleans())
def test_an_unknown_client_is_called_by_no_word_of_the_message(
    text: str, kind: str, context: dict[str, Any], forwarded: bool
) -> None:
    reply = respond(Session(context=context), say(text, kind, forwarded=forwarded))
    assert len(reply.answers) <= 1
    if reply.learnt_name is None:
        for said in reply.answers:
            assert said in {
                f"{template.format(name='', nama='')}{invitation}"
                for answers in ANSWERS.values()
                for template in (getattr(answers, field) for field in answers.__slots__)
                for invitation in ("", f" {answers.invitation}")
            }


@given(TEXTS, KINDS, CONTEXTS, st.booleans())
def test_a_known_client_is_addressed_by_name(
    text: str, kind: str, context: dict[str, Any], forwarded: bool
) -> None:
    reply = respond(Session(nama="Xyzabc", context=context), say(text, kind, forwarded=forwarded))
    for said in reply.answers:
        assert reply.learnt_name == "" or (reply.learnt_name or "Xyzabc") in said
    assert "Xyzabc" not in str(reply.context)
