"""How the endpoint refuses: Meta's error objects, in Meta's words."""

from __future__ import annotations

from app.simulator.cloud_api import JsonObject


class RefusalError(Exception):
    """The request is refused with this HTTP status and this error object."""

    def __init__(
        self,
        code: int,
        message: str,
        details: str | None = None,
        *,
        status: int = 400,
        kind: str = "OAuthException",
        subcode: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code: int = code
        self.status: int = status
        error: JsonObject = {"message": message, "type": kind, "code": code}
        if subcode is not None:
            error["error_subcode"] = subcode
        if details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": details}
        self.error: JsonObject = error


def parameter(words: str) -> RefusalError:
    return RefusalError(100, f"(#100) {words}")


def value(details: str) -> RefusalError:
    return RefusalError(131009, "(#131009) Parameter value is not valid", details)


def required(name: str, kind: str) -> RefusalError:
    return RefusalError(
        131008,
        "(#131008) Required parameter is missing",
        f"Parameter '{name}' is mandatory for type '{kind}'",
    )
