"""What a client's message holds beside its text, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from app.dashboard.web.i18n import Language

_MOST = 20
"""Rows of one order or form that are shown."""
_LONG = 300
"""Characters of one value that are shown."""


def describe_detail(kind: str, detail: Mapping[str, Any], language: Language) -> tuple[str, ...]:
    """One line each. What was stored may have any shape: a DBA, or a newer release, wrote it."""
    lines = [*_describe_content(kind, detail, language), *_describe_origin(detail, language)]
    return tuple(line[:_LONG] for line in lines if line.strip())


def _describe_content(kind: str, detail: Mapping[str, Any], language: Language) -> Iterator[str]:
    match kind:
        case "location":
            place = [_write(detail.get(name)) for name in ("name", "address")]
            yield from place
            if detail.get("latitude") is not None and detail.get("longitude") is not None:
                yield f"{_write(detail['latitude'])}, {_write(detail['longitude'])}"
        case "contacts":
            for card in _rows(detail.get("contacts")):
                yield _describe_card(card)
                if card.get("origin") == "contact_request":
                    yield language.t("detail.contact_request")
        case "order":
            order = _fields(detail.get("order"))
            yield _write(order.get("text"))
            for item in _rows(order.get("product_items")):
                yield _describe_item(item)
        case "interactive":
            yield from _describe_interactive(detail, language)
        case "document":
            yield _write(detail.get("filename"))
        case "call":
            yield _describe_call(detail, language)
        case "unsupported":
            yield _write(detail.get("unsupported"))
            yield _write(_fields(detail.get("error")).get("title"))
        case _:
            pass


def _describe_interactive(detail: Mapping[str, Any], language: Language) -> Iterator[str]:
    match detail.get("type"):
        case "nfm_reply":
            yield from _describe_form(detail.get("response_json"), language)
        case "call_permission_reply":
            reply = _fields(detail.get("call_permission_reply"))
            accepted = reply.get("response") == "accept"
            yield language.t("detail.calls_allowed" if accepted else "detail.calls_refused")
        case "product":
            product = _fields(detail.get("product"))
            yield language.t("detail.product", product=_name_product(product))
        case _:
            yield _write(detail.get("description"))


def _describe_form(answers: object, language: Language) -> Iterator[str]:
    """Its fields; what is no JSON object as it came."""
    if not isinstance(answers, str) or not answers.strip():
        yield language.t("detail.no_answers")
        return
    try:
        found = json.loads(answers)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        yield answers
        return
    for name, value in list(cast("dict[str, Any]", found).items())[:_MOST]:
        if name != "flow_token":
            yield f"{name}: {_write(value)}"


def _describe_card(card: Mapping[str, Any]) -> str:
    name = _write(_fields(card.get("name")).get("formatted_name"))
    phones = [
        _write(phone.get("phone") or phone.get("wa_id")) for phone in _rows(card.get("phones"))
    ]
    return ", ".join(part for part in (name, *phones) if part)


def _describe_item(item: Mapping[str, Any]) -> str:
    price = f"{_write(item.get('item_price'))} {_write(item.get('currency'))}".strip()
    line = f"{_write(item.get('quantity'))} × {_write(item.get('product_retailer_id'))}"
    return f"{line}, {price}" if price else line


def _describe_call(detail: Mapping[str, Any], language: Language) -> str:
    seconds = detail.get("duration")
    if isinstance(seconds, int) and seconds > 0:
        return language.t("detail.call", minutes=f"{seconds // 60}:{seconds % 60:02}")
    return language.t("detail.call_missed")


def _describe_origin(detail: Mapping[str, Any], language: Language) -> Iterator[str]:
    if detail.get("frequentlyForwarded"):
        yield language.t("detail.forwarded_often")
    elif detail.get("forwarded"):
        yield language.t("detail.forwarded")
    product = _fields(detail.get("product"))
    if product and detail.get("type") != "product":
        yield language.t("detail.product", product=_name_product(product))
    if ad := _fields(detail.get("referral")):
        told = (_write(ad.get(name)) for name in ("headline", "body", "source_url"))
        yield language.t("detail.referral", ad=" · ".join(part for part in told if part))
    if detail.get("standby"):
        yield language.t("detail.standby")


def _name_product(product: Mapping[str, Any]) -> str:
    return _write(product.get("product_retailer_id") or product.get("catalog_id"))


def _write(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool() | dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _rows(value: object) -> list[Mapping[str, Any]]:
    entries = cast("list[object]", value)[:_MOST] if isinstance(value, list) else []
    return [_fields(entry) for entry in entries]


def _fields(value: object) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
