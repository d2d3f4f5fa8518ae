"""NovaBot, the default responder: it answers in Indonesian or English and learns the name.

It is a pure function of the session and the message. The name is in the session. The context holds
`language`, `asked` (the client has been asked for the name and is not asked again), `awaiting` (the
next text may be a name alone) and `unreadable` (the client has been told that only text is read).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.message_kinds import TEXT_LIMIT
from app.messages import Message, Reply, instant
from app.nova.answers import ANSWERS, Answers, Language
from app.nova.intents import Intent, read_intent, read_language
from app.nova.names.finder import find_bare_name, find_name
from app.sessions.session import Responder, Session

KINDS_IN_OWN_WORDS = frozenset(("text", "image", "video", "document"))
"""Their text is written by the client; the title of a button is written by the business."""


def nova() -> Responder:
    return respond


@instant
def respond(session: Session, message: Message) -> Reply:
    """At most one answer. It addresses the client by name if the name is known."""
    if _says_nothing(message):
        return Reply(session.context)
    if not message.text.strip():
        return _answer_unreadable(session)
    return _answer_text(session, message)


def say_not_forgotten(session: Session, message: Message) -> str:
    """What a client is told, also by other responders, whose wish to be forgotten was refused."""
    return ANSWERS[read_language(message.text, _known_language(session))].not_forgotten


def _says_nothing(message: Message) -> bool:
    """What WhatsApp does not pass on may be an edit or a vote; a permission to call is noted."""
    detail = message.detail or {}
    return message.kind == "unsupported" or detail.get("type") == "call_permission_reply"


def _answer_unreadable(session: Session) -> Reply:
    """Answers the first of consecutive messages without text, and not the others."""
    if session.context.get("unreadable") is True:
        return Reply(session.context)
    answers = ANSWERS[_known_language(session) or "id"]
    answer = _fill_in(answers.unreadable, _known_name(session))
    return Reply({**session.context, "unreadable": True}, (answer,))


def _answer_text(session: Session, message: Message) -> Reply:
    language = read_language(message.text, _known_language(session))
    answers = ANSWERS[language]
    intent = Intent.OTHER if message.forwarded else read_intent(message.text)
    known = _known_name(session)
    told = _find_told_name(session, message)
    context = _next_context(session.context, language)
    if told is not None:
        answer = _fill_in(answers.met, told)
        return Reply(context, (answer,), learnt_name=told if told != known else None)

    answer = _fill_in(_pick_answer(answers, intent, known), known)
    if known is None:
        invites = intent is not Intent.NAME and session.context.get("asked") is not True
        if invites:
            answer = f"{answer} {answers.invitation}"
        if invites or intent is Intent.NAME:
            context["awaiting"] = True
        context["asked"] = True
    return Reply(context, (answer,))


def _find_told_name(session: Session, message: Message) -> str | None:
    if message.forwarded or message.kind not in KINDS_IN_OWN_WORDS:
        return None
    name = find_name(message.text)
    if name is None and session.context.get("awaiting") is True and not _known_name(session):
        name = find_bare_name(message.text)
    return name


def _pick_answer(answers: Answers, intent: Intent, known: str | None) -> str:
    templates = {
        Intent.NAME: answers.name_known if known else answers.name_unknown,
        Intent.IDENTITY: answers.identity,
        Intent.HELP: answers.help,
        Intent.THANKS: answers.thanks,
        Intent.GREETING: answers.greeting,
    }
    return templates.get(intent, answers.received)


def _fill_in(template: str, name: str | None) -> str:
    text = template.format(name=f", {name}" if name else "", nama=name or "")
    return text[:TEXT_LIMIT]


def _next_context(before: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """The context for the next message: without what concerned the last one only.

    Keys that NovaBot does not know stay: another program may keep them there.
    """
    kept = {key: value for key, value in before.items() if key not in ("awaiting", "unreadable")}
    return kept | {"language": language}


def _known_language(session: Session) -> Language | None:
    language = session.context.get("language")
    return language if language in ("id", "en") else None


def _known_name(session: Session) -> str | None:
    return (session.nama or "").strip() or None
