"""The suite must be able to fail: each guard is taken away in a copy, and the tests must notice.

A defect is an exact replacement in one file. The product has no switch for any of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis.configuration import storage_directory

from tests.system.nova import ROOT

HISTORY = ("tests/system/test_history.py", "-k")

CLIENT_COMPARED = "        AND client.revision IS NOT DISTINCT FROM expected_user_revision\n"
SESSION_COMPARED = "        AND session IS NOT DISTINCT FROM expected_session_revision\n"
GROUP_CLIENT_COMPARED = " AND u.revision = i.revision\n"
GROUP_SESSION_COMPARED = " AND s.revision = i.revision\n"
GROUPS = "sql/turn_groups.sql"
FENCE = "        client.id IS NOT DISTINCT FROM expected_id\n" + CLIENT_COMPARED + SESSION_COMPARED


@dataclass(frozen=True, slots=True)
class Defect:
    file: str
    edits: tuple[tuple[str, str], ...]
    """What stands there, and what is put in its place."""
    noticed_by: tuple[str, ...]
    """What pytest is to run, and what must not pass."""
    also: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict[str, Any])
    """Edits of further files, where a guard stands in each."""


DEFECTS = {
    "the fence removed": Defect(
        "sql/sessions.sql",
        (
            (
                FENCE,
                "        client.id IS NOT NULL OR expected_id IS NULL\n",
            ),
        ),
        (*HISTORY, "signals and listeners"),
        {GROUPS: ((GROUP_CLIENT_COMPARED, "\n"), (GROUP_SESSION_COMPARED, "\n"))},
    ),
    "the fence checked for the first turn of a group only": Defect(
        GROUPS,
        (
            (GROUP_CLIENT_COMPARED, " AND (u.revision = i.revision OR i.place > 1)\n"),
            (GROUP_SESSION_COMPARED, " AND (s.revision = i.revision OR i.place > 1)\n"),
        ),
        ("tests/sql/test_turn_groups.py", "-k", "own_outcome"),
    ),
    "a group that commits past a locked row": Defect(
        GROUPS,
        (
            ("        FOR NO KEY UPDATE OF u SKIP LOCKED\n", ""),
            ("        FOR NO KEY UPDATE OF s SKIP LOCKED\n", ""),
        ),
        ("tests/sql/test_turn_groups.py", "-k", "own_outcome or waits_for_no_row"),
    ),
    "a group that waits for a locked row": Defect(
        GROUPS,
        ((" SKIP LOCKED", ""),),
        ("tests/sql/test_turn_groups.py", "-k", "waits_for_no_row"),
    ),
    "both turns of one client in a group committed": Defect(
        GROUPS,
        (
            (
                "                    AND chain_ends[i.place] = (\n",
                "                    AND chain_ends[i.place] <> (\n",
            ),
        ),
        ("tests/sql/test_turn_groups.py", "-k", "own_outcome"),
    ),
    "a group that writes what another bot has noted meanwhile": Defect(
        GROUPS,
        (("    JOIN noted AS n ON n.digest = w.digest;\n", "    ;\n"),),
        ("tests/sql/test_turn_groups.py", "-k", "notes_meanwhile"),
    ),
    "a group's first answer that overtakes what is unsent": Defect(
        GROUPS,
        ((" AND q.status IN ('queued', 'sending')\n", " AND false\n"),),
        ("tests/sql/test_turn_groups.py", "-k", "would_not_give_it_out"),
    ),
    "a group's first answer sent to a client whom a trigger deleted": Defect(
        GROUPS,
        (
            (
                """WHEN c."userId" = u.id AND c.status = 'sending'\n""",
                "WHEN i.place = ANY (takable)\n",
            ),
        ),
        ("tests/sql/test_turn_groups.py", "-k", "trigger_deletes"),
    ),
    "a group's late message given to who has the number now": Defect(
        GROUPS,
        (("                    AND a.since <= written[f.place]\n", ""),),
        ("tests/sessions/test_lives.py", "-k", "next_owner"),
    ),
    "a chain of which a part is committed": Defect(
        GROUPS,
        (("FILTER (WHERE r.is_whole)", "FILTER (WHERE r.refusal IS NULL)"),),
        ("tests/sql/test_turn_groups.py", "-k", "chain_and_refused"),
    ),
    "a chain of which another bot has noted a part": Defect(
        GROUPS,
        (("    IF chained AND wanted_count >", "    IF false AND wanted_count >"),),
        ("tests/sql/test_turn_groups.py", "-k", "chain_and_noted"),
    ),
    "a chain answered from what a trigger has changed": Defect(
        GROUPS,
        (("        may_chain := NOT novabot_internal.has_foreign_code();\n", ""),),
        ("tests/sessions/test_chains.py", "-k", "trigger"),
    ),
    "only the client's revision compared": Defect(
        "sql/sessions.sql",
        ((SESSION_COMPARED, ""),),
        ("tests/sql/test_fence.py", "-k", "alone"),
    ),
    "only the session's revision compared": Defect(
        "sql/sessions.sql",
        ((CLIENT_COMPARED, ""),),
        ("tests/sql/test_fence.py", "-k", "alone"),
    ),
    "only the client's revision compared in groups": Defect(
        GROUPS,
        ((GROUP_SESSION_COMPARED, "\n"),),
        ("tests/sessions/test_turn.py", "-k", "thinks"),
    ),
    "only the session's revision compared in groups": Defect(
        GROUPS,
        ((GROUP_CLIENT_COMPARED, "\n"),),
        ("tests/sessions/test_turn.py", "-k", "thinks"),
    ),
    "an overtaken load kept in memory": Defect(
        "app/sessions/turn.py",
        (
            (
                "                mark = self._cache.mark()\n",
                (
                    "                mark = self._cache.mark()\n"
                    "                self._cache.keep(session, address, mark)\n"
                ),
            ),
        ),
        ("tests/sessions/test_turn.py", "-k", "overtook"),
    ),
    "an overtaken commit kept in memory": Defect(
        "app/sessions/cache.py",
        (
            (
                "if mark != self._evictions or self._suspensions or not self._is_trusted():",
                "if self._suspensions or not self._is_trusted():",
            ),
        ),
        ("tests/sessions/test_turn.py", "-k", "overtook"),
    ),
    "a client made again from what was remembered": Defect(
        "sql/sessions.sql",
        (
            (
                FENCE,
                "        client.id IS NULL OR (\n" + FENCE + "        )\n",
            ),
        ),
        ("tests/sessions/test_turn.py", "-k", "thinks"),
    ),
    "memory kept across a reconnection": Defect(
        "app/sessions/listener.py",
        (
            (
                (
                    "                self._proven_at = None\n"
                    '                self._evict(Eviction("gap", ALL_CLIENTS))\n'
                ),
                "                pass\n",
            ),
            (
                (
                    '                self._evict(Eviction("gap", ALL_CLIENTS))\n'
                    "                self._acknowledgements.database_clock"
                ),
                "                self._acknowledgements.database_clock",
            ),
        ),
        ("tests/sessions/test_listener.py", "-k", "again_and_again"),
    ),
    "memory trusted after the process stood still": Defect(
        "app/sessions/listener.py",
        (
            (
                "return self._proven_at is not None and clock.now() - self._proven_at < FRESH_FOR",
                "return self._proven_at is not None",
            ),
        ),
        ("tests/sessions/test_listener.py", "-k", "stood_still"),
    ),
    "what a trigger made of a client not judged": Defect(
        "sql/sessions.sql",
        (
            (
                "    SET revision = gen_random_uuid()\n    WHERE u.id = NEW.id",
                "    SET revision = u.revision\n    WHERE u.id = NEW.id",
            ),
        ),
        ("tests/sql/test_edits.py", "-k", "fires_last"),
    ),
    "rows that a trigger keeps not looked for": Defect(
        "sql/resets.sql",
        (("    IF novabot_internal.can_be_kept() THEN\n", "    IF false THEN\n"),),
        ("tests/sql/test_kept.py", "-n0", "-k", "leaves_a_row and NULL"),
    ),
    "what a replica copies first taken for orphans": Defect(
        "sql/orphans.sql",
        (("        OR current_setting('session_replication_role') = 'replica'\n", ""),),
        ("tests/system/test_replication.py", "-n0"),
    ),
    "a new client given the rows that a trigger keeps": Defect(
        "sql/orphans.sql",
        (("        IF kept_in IS NOT NULL THEN\n", "        IF false THEN\n"),),
        ("tests/sql/test_kept.py", "-n0", "-k", "refused_where_an_orphan"),
    ),
    "an old snapshot trusted without foreign keys": Defect(
        "sql/resets.sql",
        (("    PERFORM novabot_internal.refuse_old_snapshot();\n", ""),),
        ("tests/sql/test_kept.py", "-n0", "-k", "old_snapshot"),
    ),
    "answers tried again after a person took over": Defect(
        "sql/outbox.sql",
        (
            (
                "    IF new_status = 'queued' THEN\n        -- A person who takes over",
                "    IF false THEN\n        -- A person who takes over",
            ),
        ),
        ("tests/sql/test_outbox.py", "-k", "takes_over"),
    ),
    "messages of any age taken": Defect(
        "sql/turns.sql",
        (("        WHEN novabot_internal.is_too_old(written_at) THEN 'too_old'\n", ""),),
        ("tests/sql/test_watermark.py", "-k", "brings_nobody_back"),
    ),
    "deliveries forgotten by a reset": Defect(
        "sql/resets.sql",
        (
            (
                "    SELECT count(*) INTO forgotten FROM gone;\n",
                '    DELETE FROM "Delivery";\n    SELECT count(*) INTO forgotten FROM gone;\n',
            ),
        ),
        (*HISTORY, "calm"),
    ),
    "a reset by id instead of by incarnation": Defect(
        "sql/resets.sql",
        (("WHERE u.incarnation = reset_incarnation.incarnation", "WHERE u.id = handle"),),
        ("tests/dashboard/test_resets.py", "-k", "another_incarnation or double_clicks"),
    ),
    "an answer to several messages of which one says something else by now": Defect(
        "sql/conversation.sql",
        (("ELSIF now_said <> answered THEN", "ELSIF false THEN"),),
        ("tests/bot/test_joining.py", "-k", "edit_and"),
    ),
    "several messages due apart at the bots that received them": Defect(
        "sql/conversation.sql",
        (("    WHERE c.id = ANY (waiting);", "    WHERE false;"),),
        ("tests/bot/test_joining.py", "-k", "two_bots"),
    ),
    "a merge that un-pauses": Defect(
        "sql/clients.sql",
        (
            (
                """"pausedAt" = least(u."pausedAt", other."pausedAt"),""",
                """"pausedAt" = u."pausedAt",""",
            ),
        ),
        ("tests/sql/test_columns.py", "-k", "paused"),
    ),
    "a pause believed from memory after its end": Defect(
        "app/sessions/turn.py",
        (("if session is None or session.paused:", "if session is None:"),),
        ("tests/bot/test_echoes.py", "-k", "steps_back"),
    ),
    "a client brought back by a late echo": Defect(
        "sql/echoes.sql",
        (
            (
                "addresses, message_id,\n            -- Where",
                "addresses, NULL,\n            -- Where",
            ),
            ("written_at - CASE WHEN client", "NULL - CASE WHEN client"),
        ),
        ("tests/sql/test_echoes.py", "-k", "late_echo"),
    ),
    "a turn committed that was answered before a merge": Defect(
        "sql/turns.sql",
        (
            (
                "WHEN client.id IS NULL OR identity = 'merged' THEN 'stale'",
                "WHEN client.id IS NULL THEN 'stale'",
            ),
        ),
        ("tests/sql/test_columns.py",),
    ),
    "an address added without looking who has it by then": Defect(
        "sql/clients.sql",
        (
            (
                "            AND u.id <> client\n    ) THEN",
                "            AND false\n    ) THEN",
            ),
        ),
        ("tests/sql/test_fence.py", "-k", "number_and_by_its_bsuid"),
    ),
    "an address taken from the client whom another bot has just met": Defect(
        "sql/clients.sql",
        (("current_setting('novabot.meeting', true) = 'on'", "false"),),
        ("tests/sql/test_fence.py", "-k", "number_and_by_its_bsuid"),
    ),
    "rule 2: a number that comes with another BSUID kept by its client": Defect(
        "sql/identity.sql",
        (
            (
                "        ELSIF novabot_internal.conflicts_abound(account) THEN\n",
                "        ELSIF true THEN\n",
            ),
        ),
        ("tests/sessions/test_lives.py", "-k", "next_owner"),
    ),
    "rule 3: a late message given to who has the number now": Defect(
        "sql/identity.sql",
        (
            ("    IF present.since <= at THEN\n", "    IF present.id IS NOT NULL THEN\n"),
            ("                AND a.since <= at\n", ""),
            ("known.first = known.last AND known.since <= at\n", "known.first = known.last\n"),
        ),
        ("tests/sessions/test_lives.py", "-k", "next_owner"),
    ),
    "rule 3: the number of a client taken from it by a message older than it": Defect(
        "sql/identity.sql",
        (
            (
                "        ELSIF NOT novabot_internal.began_by(other, at) THEN\n",
                "        ELSIF false THEN\n",
            ),
        ),
        ("tests/sql/test_identity_late.py", "-k", "earlier_owner"),
    ),
    "rule 4: the number decides before the BSUID": Defect(
        "sql/identity.sql",
        (
            (
                "        writer := id_owner;\n",
                "        writer := coalesce(phone_owner, id_owner);\n",
            ),
        ),
        ("tests/sql/test_identity.py", "-k", "disagree"),
    ),
    "rule 6: any two clients that one message shows merged": Defect(
        "sql/identity.sql",
        (("            AND NOT novabot_internal.had_phone(writer)\n", ""),),
        ("tests/sql/test_identity.py", "-k", "disagree or one_kind"),
    ),
    "rule 8: a kept change not carried out when its client appears": Defect(
        "sql/kept_events.sql",
        (
            (
                '    IF meant IS NULL OR NOT EXISTS (SELECT FROM public."IdentityEvent") THEN\n',
                "    IF true THEN\n",
            ),
        ),
        ("tests/sql/test_identity_events.py", "-k", "whatever_order or chain"),
    ),
    "rule 8: a kept change linked to who came to its old number later": Defect(
        "sql/identity_sides.sql",
        (
            (
                "                OR (h.since <= had_by_then.at AND had_by_then.at <= h.until)\n",
                "                OR true\n",
            ),
        ),
        ("tests/sql/test_identity_late.py", "-k", "not_its_source"),
    ),
    "rule 8: a change older than a reset carried out": Defect(
        "sql/identity_events.sql",
        (
            (
                "        IF outcome IS NOT NULL THEN\n            RETURN outcome;\n        ELSIF",
                "        IF",
            ),
        ),
        ("tests/sql/test_identity_events.py", "-k", "older_than_a_reset or after_the_reset"),
    ),
    "rule 8: a change carried out on the clients found before their locks": Defect(
        "sql/identity_sides.sql",
        (
            (
                "    LOOP\n        source := novabot_internal.find_source(",
                (
                    "    LOOP\n        EXIT WHEN tries > 0;\n"
                    "        source := novabot_internal.find_source("
                ),
            ),
        ),
        ("tests/sql/test_identity_races.py",),
    ),
    "rule 9: a reset that ends what the next owner of a number has": Defect(
        "sql/resets.sql",
        (("forget_addresses(forgotten, held_since, held_until)", "forget_addresses(forgotten)"),),
        ("tests/sql/test_identity_late.py", "-k", "takes_nobody_along"),
    ),
    "rule 10: a move that a lock or a trigger kept never made": Defect(
        "sql/kept_events.sql",
        (
            (
                "        settled := novabot_internal.try_event(kept.id);\n        IF settled IS",
                "        settled := 'move_failed';\n        IF settled IS",
            ),
        ),
        ("tests/sql/test_identity_failures.py", "-k", "once"),
    ),
    "a trigger that is made while a reset waits not looked for": Defect(
        "sql/resets.sql",
        (
            (
                (
                    "cascades, which have locked the children.\n"
                    "    PERFORM set_config('novabot.can_be_kept', '', true);\n"
                ),
                "cascades, which have locked the children.\n",
            ),
        ),
        ("tests/sql/test_kept.py", "-k", "made_while"),
    ),
    "a number that was taken by hand told to its next owner what the client said": Defect(
        "sql/clients.sql",
        (
            (
                (
                    "    PERFORM novabot_internal.settle_id_if_left("
                    "novabot_internal.client_id_of(addresses[1]));\n"
                ),
                "",
            ),
        ),
        ("tests/sql/test_aliases_by_hand.py", "-k", "taken_by_hand"),
    ),
    "rule 10: a number that a trigger keeps told to have moved": Defect(
        "sql/owners.sql",
        (("    PERFORM novabot_internal.refuse_kept_addresses(client, given_up);\n", ""),),
        ("tests/sql/test_kept.py", "-k", "trigger_keeps_with_its_client"),
    ),
    "rule 10: a move made later that tells what the next owner said": Defect(
        "sql/kept_events.sql",
        (
            (
                "    IF kept.\"numberChanged\" AND kept.source <> coalesce(kept.target, '') THEN",
                "    IF false THEN",
            ),
        ),
        ("tests/sql/test_identity_failures.py", "-k", "next_owner_said"),
    ),
    "a kind taken from the outbox that only a later release can send": Defect(
        "sql/outbox.sql",
        (("first.id IS NULL OR first.kind <> ALL (kinds)", "first.id IS NULL"),),
        ("tests/bot/test_outbox.py", "-k", "later_release"),
    ),
    "a bot ready before its row says that it listens": Defect(
        "app/bot/app.py",
        (("if not self._heartbeat.says_listening():", "if False:"),),
        ("tests/bot/test_heartbeat.py",),
    ),
    "a name looked for along the search_path": Defect(
        "sql/sessions.sql",
        (
            (
                """    FROM public."User" AS u\n    JOIN public."Alias" AS a""",
                """    FROM "User" AS u\n    JOIN "Alias" AS a""",
            ),
        ),
        ("tests/sql/test_search_path.py",),
    ),
    "an entry without a search_path of its own": Defect(
        "sql/turns.sql",
        (("SET search_path = pg_catalog, pg_temp\n", ""),),
        ("tests/sql/test_search_path.py", "-k", "traps"),
    ),
    "0.1 given what it cannot send": Defect(
        "sql/compatibility_0_1.sql",
        (("        AND c.detail IS NULL\n", ""),),
        ("tests/sql/test_compatibility.py",),
    ),
    "an answer sent again without `sending` committed": Defect(
        "app/bot/sending/outbox.py",
        (
            (
                "            case NotSent(text):\n",
                (
                    "            case NotSent(text) if sending.attempts < 40:\n"
                    "                await asyncio.sleep(0.5)\n"
                    "                attempts = sending.attempts + 1\n"
                    "                again = (sending.token, sending.address, sending.message)\n"
                    "                again = Sending(*again, attempts)\n"
                    "                await self._send(client, Begun(again, self._mark()))\n"
                    "            case NotSent(text):\n"
                ),
            ),
        ),
        ("tests/bot/test_resets_while_sending.py", "-k", "tried_again"),
    ),
    "an answer sent late without asking whether it still may be": Defect(
        "app/bot/sending/outbox.py",
        (("now.at - begun.mark.at <= RECHECK_AFTER", "now.at >= begun.mark.at"),),
        ("tests/bot/test_resets_while_sending.py", "-k", "held_up"),
    ),
    "an answer begun by its turn that an eviction does not stop": Defect(
        "app/bot/sending/outbox.py",
        (("        self._evictions += 1\n", "        pass\n"),),
        ("tests/bot/test_first_answers.py", "-k", "before_the_first_byte"),
    ),
    "an answer that counts as begun only once its turn is committed": Defect(
        "app/bot/sending/outbox.py",
        (
            (
                "        self._settling.posted.add(token)\n        self._reserved",
                "        self._reserved",
            ),
        ),
        ("tests/bot/test_first_answers.py", "-k", "before_the_commit"),
    ),
    "what a worker holds is given out again after a merge": Defect(
        "app/bot/sending/settling.py",
        (
            ("self.posted if client in self.doubtful else None", "self.posted"),
            ("        self.posted.add(sending.token)\n", ""),
        ),
        ("tests/bot/test_outbox.py", "-k", "by_a_merge"),
    ),
    "a stopped number that sends": Defect(
        "sql/number.sql",
        (("                n.state = 'stopped'\n", "                false\n"),),
        ("tests/sql/test_number.py",),
    ),
    "a stop confirmed by the same client": Defect(
        "sql/number.sql",
        (("            OR found.suspect = refused\n", ""),),
        ("tests/sql/test_number.py",),
    ),
    "a stop that two bots try at once": Defect(
        "sql/number.sql",
        (
            (
                '        AND n."dueAt" <= clock_timestamp()\n        AND NOT EXISTS (',
                "        AND EXISTS (",
            ),
        ),
        ("tests/sql/test_number.py",),
    ),
    "an answer taken although a living bot is sending it": Defect(
        "sql/outbox.sql",
        (("""c.status = 'sending' AND c."claimedBy" = bot AND""", "c.status = 'sending' AND"),),
        ("tests/bot/test_outbox.py", "-k", "living_bot"),
    ),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", DEFECTS)
def test_the_tests_notice(tmp_path: Path, name: str) -> None:
    defect = DEFECTS[name]
    copy = tmp_path / "copy"
    copy.mkdir()
    for part in ("app", "novabot", "sql", "tests", "pyproject.toml"):
        source = ROOT / part
        if source.is_dir():
            # Compiled modules too, which stay valid; not those that are being written.
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("*.pyc.*"))
        else:
            shutil.copy(source, copy / part)
    table = storage_directory("unicode_data").path
    shutil.copytree(table, copy / ".hypothesis" / table.name)
    for file, edits in {defect.file: defect.edits, **defect.also}.items():
        broken = copy / file
        for old, new in edits:
            text = broken.read_text()
            assert old in text, f"{file} has changed: mend this defect"
            broken.write_text(text.replace(old, new))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *defect.noticed_by],
        cwd=copy,
        env={**os.environ, "NOVABOT_HISTORY_SECONDS": "20", "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    # 1: tests failed; 2 and above: pytest itself could not do its work.
    assert done.returncode == 1, done.stdout[-4000:] + done.stderr[-2000:]
    assert "FAILED" in done.stdout, done.stdout[-4000:]
