"""NovaBot, the default responder: Indonesian and English, a good memory for one thing, the name.

A pure function of what is remembered and what came in. The name is in the session, never in the
context, which holds `language`, `asked` (for the name, and is not asked again), `awaiting` (the
next text may be nothing but the name) and `unreadable` (the client was told of it).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.nova.answers import ANSWERS, Answers, Language
from app.nova.intents import Intent, read_intent, read_language
from app.nova.names import find_bare_name, find_name
from app.sessions.session import Message, Reply, Responder, Session, instant

MOST_CHARACTERS = 4_096
"""WhatsApp's bound on a text message."""

SILENT_KINDS = frozenset(("reaction", "system", "ephemeral"))
"""They ask for no answer."""

TELLING_KINDS = frozenset(("text", "image", "video", "document"))
"""Their text is the writer's own; a button's title is ours."""


def nova() -> Responder:
    return respond


@instant
def respond(session: Session, message: Message) -> Reply:
    """At most one answer, which addresses a client whose name is known by it."""
    if session.paused or message.kind in SILENT_KINDS:
        return Reply(session.context)
    if not message.text.strip():
        return _answer_unreadable(session)
    return _answer_text(session, message)


def _answer_unreadable(session: Session) -> Reply:
    """One answer for a run of messages without text."""
    if session.context.get("unreadable") is True:
        return Reply(session.context)
    answers = ANSWERS[_spoken(session) or "id"]
    answer = _say(answers.unreadable, _known(session))
    return Reply({**session.context, "unreadable": True}, (answer,))


def _answer_text(session: Session, message: Message) -> Reply:
    language = read_language(message.text, _spoken(session))
    answers = ANSWERS[language]
    intent = Intent.OTHER if message.forwarded else read_intent(message.text)
    if intent is Intent.FORGET:
        return Reply({"language": language}, (answers.farewell,), forget=True)

    known = _known(session)
    told = _told_name(session, message)
    name = told or known
    context = _context(session.context, language)
    if told is not None:
        answer = _say(answers.met, told)
    else:
        answer = _say(_pick(answers, intent, known), known)
        if name is None:
            if intent is not Intent.NAME and session.context.get("asked") is not True:
                answer = f"{answer} {answers.invitation}"
                context["awaiting"] = True
            if intent is Intent.NAME:
                context["awaiting"] = True
            context["asked"] = True
    return Reply(context, (answer,), learnt_name=told if told != known else None)


def _told_name(session: Session, message: Message) -> str | None:
    if message.forwarded or message.kind not in TELLING_KINDS:
        return None
    name = find_name(message.text)
    if name is None and session.context.get("awaiting") is True and not _known(session):
        name = find_bare_name(message.text)
    return name


def _pick(answers: Answers, intent: Intent, known: str | None) -> str:
    templates = {
        Intent.NAME: answers.name_known if known else answers.name_unknown,
        Intent.IDENTITY: answers.identity,
        Intent.HELP: answers.help,
        Intent.THANKS: answers.thanks,
        Intent.GREETING: answers.greeting,
    }
    return templates.get(intent, answers.received)


def _say(template: str, name: str | None) -> str:
    text = template.format(name=f", {name}" if name else "", nama=name or "")
    return text[:MOST_CHARACTERS]


def _context(before: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """What stays: what others keep there too, without what was true of the last message only."""
    passing = ("awaiting", "unreadable")
    return {key: value for key, value in before.items() if key not in passing} | {
        "language": language
    }


def _spoken(session: Session) -> Language | None:
    language = session.context.get("language")
    return language if language in ("id", "en") else None


def _known(session: Session) -> str | None:
    return (session.nama or "").strip() or None
