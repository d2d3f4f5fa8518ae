"""Log files outlast a restart, stay bounded, and lose nothing but the oldest."""

from __future__ import annotations

from pathlib import Path

from app.local.log_files import KEPT_FILES, LogFile, bound_log

LINE = b"0123456789\n"


def test_a_log_is_continued_by_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "bot-1.log"
    for _ in range(2):
        with LogFile(path) as log:
            log.write(LINE)
    assert path.read_bytes() == 2 * LINE


def test_every_line_is_readable_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bot-1.log"
    with LogFile(path) as log:
        log.write(LINE)
        assert path.read_bytes() == LINE


def test_a_full_log_is_set_aside_and_the_newest_lines_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "bot-1.log"
    lines = [b"line %04d\n" % number for number in range(100)]
    with LogFile(path, size_limit=100) as log:
        for line in lines:
            log.write(line)
            assert path.stat().st_size <= 100
    files = [path.with_name(f"bot-1.log.{n}") for n in range(KEPT_FILES, 0, -1)] + [path]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    kept = b"".join(file.read_bytes() for file in files)
    assert kept == b"".join(lines[-40:])


def test_a_log_that_is_too_long_at_a_start_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "bot-1.log"
    path.write_bytes(20 * LINE)
    with LogFile(path, size_limit=100) as log:
        log.write(LINE)
    assert path.read_bytes() == LINE
    assert path.with_name("bot-1.log.1").read_bytes() == 20 * LINE


def test_a_line_longer_than_a_file_is_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "bot-1.log"
    with LogFile(path, size_limit=5) as log:
        log.write(LINE)
        log.write(LINE)
    assert path.read_bytes() == LINE
    assert path.with_name("bot-1.log.1").read_bytes() == LINE


def test_a_log_of_another_process_is_emptied_only_when_it_is_full(tmp_path: Path) -> None:
    path = tmp_path / "postgres.log"
    with path.open("ab") as writer:
        writer.write(LINE)
        writer.flush()
        bound_log(path, size_limit=len(LINE))
        assert path.read_bytes() == LINE
        bound_log(path, size_limit=len(LINE) - 1)
        assert path.read_bytes() == b""
        writer.write(LINE)
        writer.flush()
        assert path.read_bytes() == LINE
    assert path.with_name("postgres.log.1").read_bytes() == LINE
