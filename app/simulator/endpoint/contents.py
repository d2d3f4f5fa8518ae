"""What a message of each type must hold to be accepted, and what its phone shows of it.

Judged apart from the bot's own limits (app/message_kinds.py): the two keep each other honest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from app.simulator.cloud_api import JsonObject, JsonValue, ReplyType
from app.simulator.endpoint.refusals import parameter, required, value

TEXT_LIMIT = 4096
INTERACTIVE_LIMITS = {"button": 1024, "list": 4096}
CAPTIONED = ("image", "video", "document")
MEDIA = (*CAPTIONED, "audio", "sticker")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a phone shows of a message: its text, and what can be tapped, by id."""

    text: str
    choices: tuple[tuple[str, str], ...] = ()
    reply: ReplyType = "button_reply"
    """What a tap comes back as."""
    reacts_to: str | None = None


def read_shown(kind: str, content: JsonValue) -> Shown:
    """Raises RefusalError for content that Meta would refuse."""
    if kind == "contacts" and isinstance(content, list) and content:
        return Shown("[contacts]")
    if not isinstance(content, dict):
        raise required(kind, kind)
    read = READERS.get(kind)
    return Shown(f"[{kind}]") if read is None else read(content)


def _read_text(content: JsonObject) -> Shown:
    body = content.get("body")
    if body is None:
        raise parameter("The parameter text['body'] is required.")
    if not isinstance(body, str):
        raise parameter("Param text['body'] must be a string.")
    if not body:
        raise value("Message text must not be empty.")
    if len(body) > TEXT_LIMIT:
        raise parameter(f"Param text['body'] must be at most {TEXT_LIMIT} characters long.")
    if content.get("preview_url") not in (None, True, False):
        raise parameter("Param text['preview_url'] must be a boolean.")
    return Shown(body)


def _read_media(kind: str, content: JsonObject) -> Shown:
    if (content.get("id") is None) == (content.get("link") is None):
        raise parameter(f"Param {kind} must have one of id and link.")
    if content.get("id") is not None:
        _string(content, kind, "id", 1, 512)
    elif not _string(content, kind, "link", 1, 2048).startswith(("http://", "https://")):
        raise value(f"Param {kind}['link'] is not a valid URL.")
    if "caption" in content and kind not in CAPTIONED:
        raise parameter(f"Unexpected key caption on param {kind}.")
    if "filename" in content and kind != "document":
        raise parameter(f"Unexpected key filename on param {kind}.")
    caption = _string(content, kind, "caption", 1, 1024) if "caption" in content else ""
    name = _string(content, kind, "filename", 1, 240) if "filename" in content else ""
    return Shown(" ".join(part for part in (f"[{kind}]", name, caption) if part))


def _read_template(content: JsonObject) -> Shown:
    name = _string(content, "template", "name", 1, 512)
    language = content.get("language")
    if not isinstance(language, dict):
        raise required("template['language']", "template")
    _string(language, "template['language']", "code", 2, 10)
    words: list[str] = []
    for component in _objects(content.get("components", []), "template['components']"):
        kind = _string(component, "template['components']", "type", 1, 32)
        given = _objects(component.get("parameters", []), "parameters")
        if kind.lower() == "body":
            words += [text for one in given if isinstance(text := one.get("text"), str)]
    return Shown(" · ".join([f"[{name}]", *words]))


def _read_interactive(content: JsonObject) -> Shown:
    kind = content.get("type")
    if kind not in ("button", "list"):
        raise parameter("Param interactive['type'] must be one of {BUTTON, LIST}.")
    parts = [_edge(content, "header"), "", _edge(content, "footer")]
    body = content.get("body")
    if not isinstance(body, dict):
        raise required("interactive['body']", "interactive")
    parts[1] = _string(body, "interactive['body']", "text", 1, INTERACTIVE_LIMITS[kind])
    action = content.get("action")
    if not isinstance(action, dict):
        raise required("interactive['action']", "interactive")
    choices = tuple(_buttons(action) if kind == "button" else _rows(action))
    ids = [choice for choice, _ in choices]
    if len(set(ids)) < len(ids):
        raise value(f"Duplicated {kind} ids.")
    if kind == "button" and len({title for _, title in choices}) < len(choices):
        raise value("Duplicated button titles.")
    reply = "button_reply" if kind == "button" else "list_reply"
    return Shown("\n".join(part for part in parts if part), choices, reply)


def _edge(content: JsonObject, name: str) -> str:
    edge = content.get(name)
    if edge is None:
        return ""
    if not isinstance(edge, dict) or (name == "header" and edge.get("type") != "text"):
        raise parameter(f"Param interactive['{name}'] must be a text.")
    return _string(edge, f"interactive['{name}']", "text", 1, 60)


def _buttons(action: JsonObject) -> Iterator[tuple[str, str]]:
    buttons = _objects(action.get("buttons"), "interactive['action']['buttons']")
    if not 1 <= len(buttons) <= 3:
        raise value("Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
    for button in buttons:
        reply = button.get("reply")
        if button.get("type") != "reply" or not isinstance(reply, dict):
            raise parameter("Param interactive['action']['buttons'] must be of the type reply.")
        yield _string(reply, "button", "id", 1, 256), _string(reply, "button", "title", 1, 20)


def _rows(action: JsonObject) -> Iterator[tuple[str, str]]:
    _string(action, "interactive['action']", "button", 1, 20)
    sections = _objects(action.get("sections"), "interactive['action']['sections']")
    if not 1 <= len(sections) <= 10:
        raise value("Invalid sections count. Min allowed sections: 1, Max allowed sections: 10")
    rows = 0
    for section in sections:
        if len(sections) > 1 or "title" in section:
            _string(section, "section", "title", 1, 24)
        of_section = _objects(section.get("rows"), "section['rows']")
        rows += len(of_section)
        if not of_section or rows > 10:
            raise value("Total row count exceed max allowed count: 10, or a section has none.")
        for row in of_section:
            if "description" in row:
                _string(row, "row", "description", 1, 72)
            yield _string(row, "row", "id", 1, 200), _string(row, "row", "title", 1, 24)


def _read_reaction(content: JsonObject) -> Shown:
    message_id = _string(content, "reaction", "message_id", 1, 512)
    if not message_id.startswith("wamid."):
        raise value("Invalid message_id: it must be the id of a message.")
    return Shown(_string(content, "reaction", "emoji", 0, 64), reacts_to=message_id)


def _string(fields: JsonObject, of: str, name: str, least: int, most: int) -> str:
    text = fields.get(name)
    if text is None:
        raise required(f"{of}['{name}']", of)
    if not isinstance(text, str):
        raise parameter(f"Param {of}['{name}'] must be a string.")
    if not least <= len(text) <= most or (least and not text.strip()):
        raise value(f"{of}['{name}'] length invalid. Min length: {least}, Max length: {most}")
    return text


def _objects(values: JsonValue, name: str) -> list[JsonObject]:
    if not isinstance(values, list):
        raise required(name, name)
    objects = [entry for entry in values if isinstance(entry, dict)]
    if len(objects) < len(values):
        raise parameter(f"Param {name} must be a list of objects.")
    return objects


READERS: Mapping[str, Callable[[JsonObject], Shown]] = {
    "text": _read_text,
    "interactive": _read_interactive,
    "template": _read_template,
    "reaction": _read_reaction,
    **{kind: partial(_read_media, kind) for kind in MEDIA},
}
