"""NovaBot, the default responder: it answers in Indonesian or English and learns the name.

It is a pure function of the session and the message. The name is in the session. The context holds
`language`, `asked` (the client has been asked for the name and is not asked again), `awaiting` (the
next text may be a name alone), `begun` (the last text ended with "my name is": the next one may
complete it) and `unreadable` (the client has been told that only text is read).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.message_kinds import TEXT_LIMIT
from app.messages import Message, Reply, instant
from app.nova.answers import ANSWERS, Answers, Language
from app.nova.intents import Intent, choose_language, read_intent, read_language
from app.nova.names.bare import find_bare_name, find_begun, find_completion
from app.nova.names.corrections import Correction, find_correction
from app.nova.names.finder import find_told_name
from app.nova.names.utterance import Utterance
from app.sessions.session import Responder, Session

KINDS_IN_OWN_WORDS = frozenset(("text", "image", "video", "document"))
"""Their text is written by the client; the title of a button is written by the business."""

_OF_THE_LAST_MESSAGE = ("awaiting", "begun", "unreadable")
"""Keys of the context that concern the message after the one that sets them, and no other."""


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
        return Reply(_without(session.context, "begun"))
    answers = ANSWERS[_known_language(session) or "id"]
    answer = _fill_in(answers.unreadable, _known_name(session))
    return Reply({**_without(session.context, "begun"), "unreadable": True}, (answer,))


def _answer_text(session: Session, message: Message) -> Reply:
    utterance = Utterance.read(message.text)
    language = choose_language(utterance.tokens, _known_language(session))
    answers = ANSWERS[language]
    known = _known_name(session)
    context = _next_context(session.context, language)
    in_own_words = not message.forwarded and message.kind in KINDS_IN_OWN_WORDS
    if in_own_words and (told := _find_told_name(session, message.text, utterance)):
        answer = _fill_in(answers.met, told)
        return Reply(context, (answer,), learnt_name=told if told != known else None)
    if in_own_words and _is_denied(session, utterance):
        context |= {"awaiting": True, "asked": True}
        return Reply(context, (answers.name_dropped,), learnt_name=None if known is None else "")

    intent = Intent.OTHER if message.forwarded else read_intent(utterance)
    template = _pick_answer(answers, intent, known)
    begun = find_begun(utterance) if in_own_words and intent is not Intent.NAME else None
    if begun is not None:
        context["begun"] = begun
    if begun == "name" and known is None and intent is Intent.OTHER:
        template, intent = answers.name_begun, Intent.NAME
    answer = _fill_in(template, known)
    if known is None:
        invites = intent is not Intent.NAME and session.context.get("asked") is not True
        if invites:
            answer = f"{answer} {answers.invitation}"
        if invites or intent is Intent.NAME:
            context["awaiting"] = True
        context["asked"] = True
    return Reply(context, (answer,))


def _find_told_name(session: Session, text: str, utterance: Utterance) -> str | None:
    """The name that the text tells, alone or together with what was said before it."""
    if told := find_told_name(utterance):
        return told
    begun = session.context.get("begun")
    if begun in ("name", "call", "person") and (completed := find_completion(text, begun)):
        return completed
    correction = _find_correction(session, utterance)
    if correction is not None:
        return correction.name
    asked = session.context.get("awaiting") is True and not _known_name(session)
    return find_bare_name(text) if asked else None


def _is_denied(session: Session, utterance: Utterance) -> bool:
    """Whether the client says that a name is not theirs, and does not tell the right one."""
    return _find_correction(session, utterance) == Correction(None)


def _find_correction(session: Session, utterance: Utterance) -> Correction | None:
    asked = session.context.get("awaiting") is True
    return find_correction(utterance, _known_name(session), asked=asked)


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
    return _without(before, *_OF_THE_LAST_MESSAGE) | {"language": language}


def _without(context: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in context.items() if key not in keys}


def _known_language(session: Session) -> Language | None:
    language = session.context.get("language")
    return language if language in ("id", "en") else None


def _known_name(session: Session) -> str | None:
    return (session.nama or "").strip() or None
