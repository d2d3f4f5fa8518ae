"""Whether a message, as a whole, opts out, ends that, or asks for a person: a pure function.

The bot asks it before any responder, as it asks wishes.py. A word more that is not mere courtesy,
and the message is none of these: "berhenti di halte mana?" is a question about a bus.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from app.nova.tokens import compile_for_line, tokenize

Choice = Literal["promotions", "everything", "none", "person"]
"""promotions, everything: what is to stop; none: that ends; person: a person is to answer."""

_COURTESY: Final = frozenset(
    (
        *("please", "pls", "plz", "tolong", "mohon", "dong", "deh", "ya", "yah"),
        *("kak", "min", "gan", "bang", "mas", "mbak", "sis", "pak", "bu"),
        *("thanks", "makasih", "now", "sekarang", "aja", "saja", "lah"),
    )
)
_PROMOTIONS = (
    "(?:promo|promosi|promosinya|promotion|promotions|promotional messages|iklan|ads|marketing"
    "|marketing messages|pesan promosi|pesan iklan|pesan pemasaran|penawaran|offers)"
)
_MESSAGES = (
    "(?:(?:semua|all|semua ?nya|everything) ?)?(?:pesan|pesannya|chat|messages?|notifikasi|wa"
    "|whatsapp)?"
)
_STOP_PROMOTIONS = compile_for_line(
    rf"(?:stop|berhenti|hentikan|setop)(?: (?:all|semua|kirim|kirimi|mengirim|menerima|sending|the"
    rf"|langganan|berlangganan|saya|me|my)){{0,3}} {_PROMOTIONS}"
    rf"|(?:unsubscribe|opt out)(?: (?:from|of))? {_PROMOTIONS}|no(?: more)? {_PROMOTIONS}"
    rf"|(?:jangan|jgn|tidak mau)(?: (?:kirim|kirimi|terima|saya|lagi)){{0,3}} {_PROMOTIONS}"
    r"(?: lagi)?"
)
_STOP_EVERYTHING = compile_for_line(
    r"(?:stop|berhenti|hentikan|setop)(?: (?:kirim|kirimi|mengirim|sending|texting))?"
    rf"(?: (?:me|saya))?(?: {_MESSAGES})?",
    r"stop (?:texting|messaging|contacting)(?: me)?|stopall|unsubscribe(?: me)?|opt ?out|optout",
    r"(?:berhenti|stop|batal|batalkan) (?:langganan|berlangganan)|unsub",
    r"(?:jangan|jgn) (?:kirim(?:i)?|hubungi|chat|wa)(?: (?:saya|aku|pesan))*(?: lagi)",
    r"(?:don't|dont|do not) (?:text|message|contact) me(?: again| anymore)?",
)
_RESUME = compile_for_line(
    r"mulai|start|resume|unstop|subscribe|opt ?in|optin",
    r"(?:mulai|lanjut|lanjutkan|langganan|berlangganan)(?: lagi| kembali)",
    r"(?:start|subscribe|resume)(?: again| messages)",
)
_WHO = (
    "(?:(?:seorang|a|an|the|your|real|live|actual|human|sama) ){0,3}(?:orang|manusia|admin|adminnya"
    "|cs|csnya|customer service|customer care|petugas|staf|staff|operator|operatornya|agen|pegawai"
    "|penjual|person|human|human being|agent|representative|someone|support)"
    "(?: (?:asli|langsung|beneran|betulan|nya|agent|person|being)){0,2}"
)
_PERSON = compile_for_line(
    rf"(?:(?:saya|aku|gue|gw|mau|ingin|pengen|pingin|bisa|boleh|bisakah|bolehkah|minta|untuk|halo|hai"
    rf"|hi|hello|i|want|wanna|would|i'd|like|to|can|could|may|need|let|me|us|you) ){{0,6}}"
    rf"(?:bicara|berbicara|bcr|ngobrol|ngomong|chat|chatting|terhubung|hubungkan|sambungkan"
    rf"|dihubungkan|disambungkan|talk|speak|connect|transfer)(?: (?:saya|aku|me|langsung|directly))"
    rf"{{0,2}} (?:dengan|dgn|dg|sama|ke|kepada|to|with) {_WHO}",
    r"cs|customer service|(?:human|live|real) (?:agent|person)",
)
_CHOICES: Final[tuple[tuple[re.Pattern[str], Choice], ...]] = (
    (_STOP_PROMOTIONS, "promotions"),
    (_STOP_EVERYTHING, "everything"),
    (_RESUME, "none"),
    (_PERSON, "person"),
)
_LONGEST: Final = 120
"""Characters; no message that is nothing but such a wish is longer."""

_ENGLISH: Final = frozenset(
    (
        *("promotion", "promotions", "ads", "offers", "messages", "sending", "texting", "unsub"),
        *("unsubscribe", "subscribe", "start", "resume", "unstop", "out", "in", "all"),
        *("everything", "me", "again"),
        *("please", "human", "person", "agent", "someone", "talk", "speak"),
    )
)
"""Words of choices that no Indonesian uses for them."""


def is_english(text: str) -> bool:
    """Whether words of choices show it; in doubt False."""
    return any(token.key in _ENGLISH for token in tokenize(text))


def read_choice(text: str) -> Choice | None:
    """What `text` chooses; None for any other text."""
    if not text or len(text) > _LONGEST:
        return None
    words = [token.key for token in tokenize(text.replace("-", " ")) if token.kind != "mark"]
    while words and words[-1] in _COURTESY:
        words.pop()
    while words and words[0] in _COURTESY:
        del words[0]
    line = " ".join(words)
    return next((choice for pattern, choice in _CHOICES if pattern.fullmatch(line)), None)


def read_button(text: str, payload: object) -> Choice | None:
    """What a template's button chooses: by its title, else by what the business named it.

    A button that stops stands below an offer: without a title that says more, it stops offers.
    """
    chosen = read_choice(text)
    if chosen is None and isinstance(payload, str):
        chosen = read_choice(payload.replace("_", " "))
        if chosen == "everything":
            return "promotions"
    return chosen
