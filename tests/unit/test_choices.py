"""Opting out, its end, and asking for a person: whole messages, and no others."""

from __future__ import annotations

import pytest

from app.nova.opting_out import Choice, read_button, read_choice

CHOICES: dict[Choice, str] = {
    "everything": "STOP|stop.|STOP!!!|Berhenti|tolong berhenti ya|Unsubscribe|opt-out|stop semua"
    "|stop pesan|Berhenti berlangganan|jangan kirim pesan lagi|don't text me",
    "promotions": "Stop promotions|stop promosi|Stop promo ya kak|berhenti kirim promosi"
    "|no more ads|unsubscribe from promotions|jangan kirim promosi lagi|hentikan iklan",
    "none": "MULAI|start|Start!|mulai lagi|langganan lagi|subscribe",
    "person": "bicara dengan orang|Bicara dengan CS|saya mau bicara dengan admin"
    "|ngobrol sama manusia|bisa chat dengan customer service?|I want to talk to a human"
    "|Can I speak to a real person?"
    "|hubungkan saya ke operator|CS|talk to an agent please",
}
OTHERS = (
    "berhenti di halte mana?|stop itu apa|don't stop|jangan berhenti|mulai jam berapa?"
    "|kapan promo mulai?|ada promo?|promosi|start up saya bagus|saya berhenti bekerja"
    "|saya sudah bicara dengan admin|jangan bicara dengan orang asing|siapa admin di sini?"
    "|admin baik sekali|nama saya Stop|halo|||tolong|stop di depan toko|berhenti merokok"
    "|saya orang|mau bicara dengan siapa?|bicara dengan orang tua saya dulu"
)


@pytest.mark.parametrize("choice", CHOICES)
def test_what_chooses(choice: Choice) -> None:
    said = CHOICES[choice].split("|")
    assert {text: read_choice(text) for text in said} == dict.fromkeys(said, choice)


def test_what_does_not() -> None:
    said = OTHERS.split("|")
    assert {text: read_choice(text) for text in said} == dict.fromkeys(said)


def test_a_button_is_read_by_its_title_and_then_by_its_payload() -> None:
    assert read_button("Stop promotions", "STOP") == "promotions"
    assert read_button("Tidak tertarik", "STOP") == "promotions"
    assert read_button("Tidak tertarik", "STOP_PROMOTIONS") == "promotions"
    assert read_button("Berhenti", "b2") == "everything"
    assert read_button("Ya", {"stop": True}) is None
