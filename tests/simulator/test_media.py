"""Files that phones send: what the bot is told, and what the emulated Graph API gives out."""

from __future__ import annotations

import hashlib

import httpx2

from app.simulator.files import ADDRESS_LIFETIME, FILE_LIMIT, FILES_LIMIT, Files
from tests.simulator.servers import ACCESS_TOKEN, PHONE_NUMBER_ID, RANI, Running

PHOTO = b"\xff\xd8\xff\xe0 a chair"
BEARER = {"Authorization": f"Bearer {ACCESS_TOKEN}"}


def add_file(simulator: Running, mime_type: str = "image/jpeg") -> str:
    query = {"type": mime_type, "name": "kursi.jpg"}
    return simulator.client.post("/control/media", params=query, content=PHOTO).json()["id"]


def test_a_photo_of_the_page_comes_to_the_bot_and_can_be_fetched_by_its_id(
    simulator: Running,
) -> None:
    page = f"/phones/{RANI}"
    assert 'enctype="multipart/form-data"' in simulator.client.get(page).text
    files = {"file": ("kursi.jpg", PHOTO, "image/jpeg")}
    assert simulator.client.post(f"{page}/files", files=files).status_code == 303
    message = next(message for bot in simulator.bots for message in bot.values("messages"))
    told = message["image"]
    assert message["type"] == "image"
    assert told["sha256"] == hashlib.sha256(PHOTO).hexdigest()

    query = {"phone_number_id": PHONE_NUMBER_ID}
    answer = simulator.client.get(f"/v24.0/{told['id']}", params=query, headers=BEARER).json()
    assert answer["mime_type"] == "image/jpeg"
    assert answer["file_size"] == len(PHOTO)
    assert answer["url"].startswith(simulator.url)
    file = simulator.client.get(answer["url"], headers=BEARER)
    assert (file.content, file.headers["content-type"]) == (PHOTO, "image/jpeg")
    assert simulator.client.get(answer["url"]).status_code == 401
    simulator.client.post("/control/media/addresses/expire")
    assert simulator.client.get(answer["url"], headers=BEARER).status_code == 404
    assert simulator.client.delete(f"/control/media/{told['id']}").json() == {"removed": True}
    gone = simulator.client.get(f"/v24.0/{told['id']}", headers=BEARER)
    assert (gone.status_code, gone.json()["error"]["error_subcode"]) == (400, 33)


def test_a_file_of_the_control_api_is_what_a_message_brings(simulator: Running) -> None:
    for mime_type, kind in (
        ("image/png", "image"),
        ("video/mp4", "video"),
        ("audio/ogg", "audio"),
        ("application/pdf", "document"),
    ):
        media_id = add_file(simulator, mime_type)
        before = sum(len(bot.values("messages")) for bot in simulator.bots)
        simulator.say("Ini", type=kind, media=media_id)
        told = [message for bot in simulator.bots for message in bot.values("messages")]
        assert len(told) == before + 1
        brought = next(m[kind] for m in told if m.get(kind, {}).get("id") == media_id)
        assert brought.get("filename") == ("kursi.jpg" if kind == "document" else None)
        assert brought.get("caption") == (None if kind == "audio" else "Ini")


def test_who_asks_for_a_file_needs_the_token_and_the_number(simulator: Running) -> None:
    media_id = add_file(simulator)
    get = simulator.client.get
    wrong: list[tuple[str, dict[str, str], int]] = [
        (f"/v24.0/{media_id}", {}, 401),
        (f"/v24.0/{media_id}", {"Authorization": "Bearer another"}, 401),
        (f"/v24.0/{media_id}?phone_number_id=1", BEARER, 400),
        (f"/latest/{media_id}", BEARER, 400),
        ("/v24.0/1", BEARER, 400),
        ("/files/unknown", BEARER, 404),
    ]
    for path, headers, status in wrong:
        assert get(path, headers=headers).status_code == status, path


def test_a_file_that_is_missing_or_too_large_is_refused(simulator: Running) -> None:
    page = f"/phones/{RANI}/files"
    answer = simulator.client.post(page, files={"other": ("a", b"x", "image/png")})
    assert (answer.status_code, "Choose a file first." in answer.text) == (400, True)
    large = b"x" * (FILE_LIMIT + 1)
    refused: list[httpx2.Response] = [
        simulator.client.post(page, files={"file": ("a", large, "image/png")}),
        simulator.client.post("/control/media?type=image/png", content=large),
    ]
    for answer in refused:
        assert answer.status_code == 400
        assert "at most 16 MB" in answer.text
    assert simulator.client.post("/control/media", content=PHOTO).status_code == 400


def test_old_files_make_room_and_an_address_expires() -> None:
    files = Files(lifetime=0.0)
    first = files.add(PHOTO, "image/jpeg", "a.jpg")
    assert files.find_by_address(files.open_address(first)) is None
    lasting = Files()
    first = lasting.add(PHOTO, "image/jpeg", "a.jpg")
    address = lasting.open_address(first)
    assert lasting.find_by_address(address) is first
    for _ in range(FILES_LIMIT):
        lasting.add(PHOTO, "image/jpeg", "a.jpg")
    assert lasting.find(first.id) is None
    assert lasting.find_by_address(address) is None
    assert ADDRESS_LIFETIME == 300
