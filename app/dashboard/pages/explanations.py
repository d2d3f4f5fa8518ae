"""Why a message is not known to have arrived, and what to do, in the operator's words.

What is stored is Meta's code, or a text of our own in English; neither is for an operator.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

from __future__ import annotations

from typing import Final

from app.crm.conversation import StoredMessage
from app.dashboard.web.i18n import Language

ADVICE: Final[dict[str, tuple[int, ...]]] = {
    "token": (0, 190),
    "permission": (3, 10, 131005),
    "account": (131031, 368),
    "payment": (131042,),
    "number": (131037, 131045, 133016, 33),
    "quality": (131048, 131064),
    "limit": (4, 80007, 130429, 131056, 429),
    "later": (1, 2, 131000, 131016, 131057, 133004, 131053),
    "window": (131047,),
    "unreachable": (131026,),
    "held_back": (131049, 130472),
    "opted_out": (131050,),
    "country": (130497,),
    "mistake": (100, 131008, 131009, 131021, 131030, 131051, 131052, 131062),
}
"""What an operator can do after a refusal with one of these codes; a text under `advice`."""
CAUSES: Final[dict[str, tuple[str, ...]]] = {
    "unsendable": ("unsendable: ",),
    "no_connection": (
        *("no connection", "closed before", "ConnectError", "ConnectTimeout", "PoolTimeout"),
        *("ProxyError", "UnsupportedProtocol"),
    ),
    "no_answer_in_time": ("no answer within", "ReadTimeout", "WriteTimeout", "TimeoutError"),
    "broke_off": (
        *("no answer: ", "ReadError", "WriteError", "CloseError", "RemoteProtocolError"),
        *("LocalProtocolError", "OSError"),
    ),
    "unreadable": ("HTTP 2",),
    "error_page": ("HTTP ",),
    "bot_ended": ("the bot ended",),
    "address_left": ("the address belongs",),
    "stopped_all": ("the client has stopped all",),
    "stopped_promotions": ("the client has stopped promotions",),
    "reset_lately": ("the client was reset",),
}
"""What a bot stores of an attempt that got no code, by its beginning; a text under `cause`. Bots of
0.1 stored the names of their client's exceptions."""
_ADVICE_BY_CODE: Final = {code: name for name, codes in ADVICE.items() for code in codes}
_POINTLESS: Final = frozenset({"opted_out", "country", "mistake", "template"})
"""What stays refused however often it is sent."""


def explain_status(message: StoredMessage, language: Language) -> str:
    """Sentences on what happened and what to do; empty for a message that waits or arrived."""
    code, text, status = message.error_code, message.error_text, message.status
    if status not in ("queued", "uncertain", "failed", "expired", "cancelled"):
        return ""
    if code is not None:
        reason = language.t("error.with_code", reason=explain_code(code, language), code=code)
        return f"{reason} {_advise(status, code, language)}"
    if text is None and status not in ("expired", "cancelled"):
        return ""
    cause = language.find(f"cause.{_name_cause(text or '')}")
    if status == "failed" and cause:
        return cause
    return " ".join(part for part in (cause, language.find(f"unsent.{status}")) if part)


def is_worth_resending(message: StoredMessage) -> bool:
    """Whether a message that was refused may be taken when it is sent again."""
    return message.error_code is None or _name_advice(message.error_code) not in _POINTLESS


def explain_code(code: int, language: Language) -> str:
    """Some codes come in ranges; below 600 it is the HTTP status where Meta gave no code."""
    own = language.find(f"error.{code}")
    if own is not None:
        return own
    if 200 <= code < 300:
        return language.t("error.10")
    if 300 <= code < 600:
        return language.t("error.http")
    if 132000 <= code < 133000:
        return language.t("error.template")
    return language.t("error.refused")


def _advise(status: str, code: int, language: Language) -> str:
    advice = _name_advice(code)
    if status == "uncertain":
        return language.t("unsent.uncertain")
    if status == "queued" and advice in ("limit", "later", "unknown"):
        return language.t("advice.again")
    return language.t(f"advice.{advice}")


def _name_advice(code: int) -> str:
    own = _ADVICE_BY_CODE.get(code)
    if own is not None:
        return own
    if 200 <= code < 300:
        return "permission"
    if 300 <= code < 600:
        return "http"
    return "template" if 132000 <= code < 133000 else "unknown"


def _name_cause(text: str) -> str | None:
    """The name of the text under `cause`, by how the stored text begins."""
    return next((name for name, beginnings in CAUSES.items() if text.startswith(beginnings)), None)
