-- Changes of addresses that could not be carried out yet, kept as digests: carried out when the
-- client they speak of appears, in whatever order events and messages come; dropped by a reset.

CREATE OR REPLACE FUNCTION novabot_internal.carry_out(
    event bigint, own text[], account text
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    kept public."IdentityEvent";
    meant uuid;
BEGIN
    DELETE FROM public."IdentityEvent" AS e WHERE e.id = event RETURNING * INTO kept;
    SELECT u.incarnation INTO meant FROM public."User" AS u WHERE u.id = kept.source;
    IF meant IS NULL THEN
        RETURN;
    END IF;
    IF kept.until IS NOT NULL THEN
        -- It has left them again.
        INSERT INTO public."FormerAlias" (alias, "userId", since, until)
        SELECT novabot_internal.canonical_address(w.address), kept.source, kept.at, kept.until
        FROM unnest(own) AS w (address)
        ON CONFLICT DO NOTHING;
        RETURN;
    END IF;
    PERFORM novabot_internal.move_client(
        kept.source, kept."numberChanged",
        novabot_internal.still_to_leave(kept),
        own, account, kept.at
    );
    PERFORM novabot_internal.link_events(u.id, novabot_internal.canonical_addresses(own), true)
    FROM public."User" AS u
    WHERE u.incarnation = meant;
END
$$;
COMMENT ON FUNCTION novabot_internal.carry_out(bigint, text[], text) IS
'A kept change whose client is known: a message shows its new addresses (`own`), and the client moves there.';

CREATE OR REPLACE FUNCTION novabot_internal.matching_aliases(
    client text, digests bytea[]
) RETURNS text[]
LANGUAGE sql STABLE
AS $$
    SELECT ARRAY(
        SELECT a.alias
        FROM public."Alias" AS a
        WHERE
            a."userId" = client
            AND novabot_internal.address_digests(ARRAY[a.alias]) && digests
    )
$$;
COMMENT ON FUNCTION novabot_internal.matching_aliases(text, bytea[]) IS
'A client''s addresses that have one of these digests.';

CREATE OR REPLACE FUNCTION novabot_internal.still_to_leave(kept public."IdentityEvent")
RETURNS text[]
LANGUAGE sql STABLE
AS $$
    SELECT ARRAY(
        SELECT a.alias
        FROM public."Alias" AS a
        CROSS JOIN LATERAL novabot_internal.address_digests(ARRAY[a.alias]) AS d (digests)
        WHERE
            a."userId" = kept.source
            AND NOT (
                a.since > kept.at
                AND novabot_internal.is_phone(a.alias)
                AND novabot_internal.had_by_then(
                    kept.source, ARRAY[a.alias], kept."fromDigests", kept.at
                )
            )
            AND d.digests && kept."fromDigests"
            AND NOT d.digests && kept."toDigests"
    )
$$;
COMMENT ON FUNCTION novabot_internal.still_to_leave(public."IdentityEvent") IS
'The addresses that a kept change says its client has left, and that still lead to it, but for a number to which it came back later: none, unless a lock or a trigger keeps them.';

CREATE OR REPLACE FUNCTION novabot_internal.matching_former_aliases(
    client text, digests bytea[]
) RETURNS text[]
LANGUAGE sql STABLE
AS $$
    SELECT ARRAY(
        SELECT DISTINCT f.alias
        FROM public."FormerAlias" AS f
        WHERE
            f."userId" = client
            AND novabot_internal.address_digests(ARRAY[f.alias]) && digests
    )
$$;
COMMENT ON FUNCTION novabot_internal.matching_former_aliases(text, bytea[]) IS
'A client''s former addresses that have one of these digests.';

CREATE OR REPLACE FUNCTION novabot_internal.link_events(
    client text, keys text[], is_new boolean
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    meant CONSTANT uuid := (SELECT u.incarnation FROM public."User" AS u WHERE u.id = client);
    led_to bytea[] := '{}';
    kept public."IdentityEvent";
    now_id text;
    settled text;
    result text;
BEGIN
    IF meant IS NULL OR NOT EXISTS (SELECT FROM public."IdentityEvent") THEN
        RETURN NULL;
    END IF;
    -- This client is the one that earlier changes spoke of; each leads to the next.
    FOR kept IN
        SELECT e.*
        FROM public."IdentityEvent" AS e
        WHERE e.source IS NULL
        ORDER BY e.at, e.id
    LOOP
        now_id := (SELECT u.id FROM public."User" AS u WHERE u.incarnation = meant);
        CONTINUE WHEN
            (
                NOT kept."fromDigests" && led_to
                AND NOT novabot_internal.had_by_then(now_id, keys, kept."fromDigests", kept.at)
            )
            OR novabot_internal.has_other_id(now_id, kept.account, kept."fromDigests");
        IF NOT novabot_internal.began_by(now_id, kept.at) THEN
            -- Another person had the number until then.
            UPDATE public."Alias" AS a
            SET since = kept.at
            WHERE
                a."userId" = now_id
                AND a.since < kept.at
                AND novabot_internal.is_phone(a.alias)
                AND novabot_internal.address_digests(ARRAY[a.alias]) && kept."fromDigests"
                AND NOT novabot_internal.address_digests(ARRAY[a.alias]) && kept."toDigests";
            CONTINUE;
        END IF;
        UPDATE public."IdentityEvent" SET source = now_id WHERE id = kept.id;
        UPDATE public."IdentityEvent" AS e
        SET until = kept.at
        WHERE
            e.source = now_id
            AND e.id <> kept.id
            AND e.until IS NULL
            AND e.at <= kept.at
            AND e."toDigests" && kept."fromDigests";
        led_to := led_to || kept."toDigests";
    END LOOP;
    UPDATE public."IdentityEvent" AS e
    SET target = u.id
    FROM public."User" AS u
    WHERE
        u.incarnation = meant
        AND link_events.is_new
        AND e.target IS NULL
        AND e.source IS DISTINCT FROM u.id
        AND coalesce(u."beganAt", '-infinity') < coalesce(e.until, 'infinity')
        AND novabot_internal.had_by_then(u.id, keys, e."toDigests", e.at)
        AND NOT novabot_internal.has_other_id(u.id, e.account, e."toDigests");
    FOR kept IN
        SELECT e.*
        FROM public."IdentityEvent" AS e
        JOIN public."User" AS u ON u.id IN (e.source, e.target)
        WHERE u.incarnation = meant AND e.source IS NOT NULL
        ORDER BY e.at, e.id
    LOOP
        settled := novabot_internal.try_event(kept.id);
        result := CASE WHEN result = 'merged' THEN result ELSE coalesce(settled, result) END;
    END LOOP;
    -- A number that another client has left by now may be free for one that came there.
    FOR kept IN SELECT e.* FROM public."IdentityEvent" AS e WHERE e.ambiguous ORDER BY e.at, e.id
    LOOP
        settled := novabot_internal.try_event(kept.id);
        result := CASE WHEN result = 'merged' THEN result ELSE coalesce(settled, result) END;
    END LOOP;
    RETURN result;
END
$$;
COMMENT ON FUNCTION novabot_internal.link_events(text, text[], boolean) IS
'A client has appeared at these canonical addresses (is_new: it was not met before): kept changes that speak of them are carried out as far as both sides are known. Returns merged (two clients became one), move_failed (as try_event does) or NULL.';

CREATE OR REPLACE FUNCTION novabot_internal.try_event(event bigint) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN CASE WHEN novabot_internal.settle_event(event) THEN 'merged' END;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'novabot: a client is not moved: %', SQLERRM;
    PERFORM novabot_internal.note_failure(c.client, 'move_failed', e.at)
    FROM public."IdentityEvent" AS e
    CROSS JOIN unnest(ARRAY[e.source, e.target]) AS c (client)
    WHERE e.id = event;
    RETURN 'move_failed';
END
$$;
COMMENT ON FUNCTION novabot_internal.try_event(bigint) IS
'settle_event as a whole or not at all: merged, NULL, or move_failed (another transaction''s lock or a trigger kept it; retry_events tries again).';

CREATE OR REPLACE FUNCTION novabot_internal.retry_events() RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
AS $$
DECLARE
    kept public."IdentityEvent";
    settled text;
    results text[] := '{}';
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM FROM public."User" AS u LIMIT 0;
    FOR kept IN
        SELECT e.*
        FROM public."IdentityEvent" AS e
        WHERE
            NOT e.ambiguous
            AND e.source IS NOT NULL
            AND (
                e.target IS NOT NULL
                OR novabot_internal.still_to_leave(e) <> '{}'
            )
        ORDER BY e.at, e.id
        LIMIT 100
    LOOP
        settled := novabot_internal.try_event(kept.id);
        IF settled IS DISTINCT FROM 'move_failed' THEN
            results := results || coalesce(settled, 'moved');
        END IF;
    END LOOP;
    RETURN results;
END
$$;
COMMENT ON FUNCTION novabot_internal.retry_events() IS
'Carries out the kept changes that another transaction or a trigger kept before, at most 100: merged or moved for each that could be. The bots call it every minute.';

CREATE OR REPLACE FUNCTION novabot_internal.settle_event(event bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    kept public."IdentityEvent";
    locked text[];
    left_at timestamptz;
    leaving text[];
    next_number text;
    next_messages bigint[];
BEGIN
    LOOP
        SELECT e.* INTO kept FROM public."IdentityEvent" AS e WHERE e.id = event;
        EXIT WHEN locked IS NOT DISTINCT FROM ARRAY[kept.source, kept.target];
        locked := ARRAY[kept.source, kept.target];
        PERFORM FROM public."User" AS u WHERE u.id = ANY (locked) ORDER BY u.id FOR UPDATE;
    END LOOP;
    IF kept.source IS NULL THEN
        RETURN false;
    END IF;
    IF
        NOT kept.ambiguous
        AND novabot_internal.reset_by_event(
            kept.source, kept.target, kept."fromDigests", kept."toDigests", kept.at
        ) IS NOT NULL
    THEN
        DELETE FROM public."IdentityEvent" AS e WHERE e.id = event;
        RETURN false;
    END IF;
    leaving := novabot_internal.still_to_leave(kept);
    IF kept."numberChanged" AND kept.source <> coalesce(kept.target, '') THEN
        SELECT p.number, p.messages INTO next_number, next_messages
        FROM novabot_internal.part_from_next_owner(kept.source, leaving, '{}', kept.at) AS p;
    END IF;
    -- The old addresses do not lead to the source any more; a message of the same second, which
    -- made it, is still its own.
    PERFORM novabot_internal.give_up(
        kept.source,
        leaving,
        greatest(
            kept.at,
            (
                SELECT u."beganAt" + interval '1 microsecond'
                FROM public."User" AS u
                WHERE u.id = kept.source AND u."beganAt" = kept.at
            )
        )
    );
    PERFORM novabot_internal.settle_id(kept.source);
    IF next_messages IS NOT NULL THEN
        PERFORM novabot_internal.hand_over(next_number, next_messages);
    END IF;
    SELECT e.* INTO kept FROM public."IdentityEvent" AS e WHERE e.id = event;
    IF kept.ambiguous THEN
        -- Known to have left it before: then the number was free at the change.
        SELECT min(f.until) INTO left_at
        FROM public."FormerAlias" AS f
        WHERE
            f."userId" = kept.target
            AND novabot_internal.address_digests(ARRAY[f.alias]) && kept."toDigests";
        IF left_at >= kept.at THEN
            RETURN false;
        END IF;
        UPDATE public."IdentityEvent" AS e
        SET
            ambiguous = false,
            target = (
                SELECT a."userId"
                FROM public."Alias" AS a
                WHERE novabot_internal.address_digests(ARRAY[a.alias]) && kept."toDigests"
                LIMIT 1
            )
        WHERE e.id = event
        RETURNING e.* INTO kept;
    END IF;
    IF kept.target = kept.source
        AND novabot_internal.matching_aliases(kept.source, kept."toDigests") = '{}'
    THEN
        -- It was met there before it came back: the next message from there moves it.
        UPDATE public."IdentityEvent" AS e SET target = NULL WHERE e.id = event;
        RETURN false;
    ELSIF kept.target = kept.source THEN
        PERFORM novabot_internal.move_client(
            kept.source, kept."numberChanged",
            novabot_internal.matching_former_aliases(kept.source, kept."fromDigests"),
            novabot_internal.matching_aliases(kept.source, kept."toDigests"),
            kept.account, kept.at
        );
        DELETE FROM public."IdentityEvent" AS e WHERE e.id = event;
        RETURN false;
    ELSIF kept.target IS NULL THEN
        RETURN false;
    END IF;
    IF
        novabot_internal.judge_target(
            kept.target, novabot_internal.matching_aliases(kept.target, kept."toDigests"), kept.at
        ) = 'stranger'
    THEN
        PERFORM novabot_internal.merge_client(kept.source, kept.target);
        PERFORM novabot_internal.note_identity(kept.source, 'merged', kept.at);
        PERFORM novabot_internal.move_client(
            kept.source, kept."numberChanged", '{}',
            novabot_internal.matching_aliases(kept.source, kept."toDigests"),
            kept.account, kept.at
        );
        DELETE FROM public."IdentityEvent" AS e WHERE e.id = event;
        RETURN true;
    END IF;
    UPDATE public."IdentityEvent" AS e SET ambiguous = true WHERE e.id = event;
    PERFORM novabot_internal.note_identity(c.id, 'ambiguous_change', kept.at)
    FROM unnest(ARRAY[kept.source, kept.target]) AS c (id);
    PERFORM novabot_internal.give_up(
        kept.target, novabot_internal.matching_aliases(kept.target, kept."toDigests"), kept.at
    );
    PERFORM novabot_internal.settle_id(kept.target);
    RETURN false;
END
$$;
COMMENT ON FUNCTION novabot_internal.settle_event(bigint) IS
'Carries out a kept change as far as its two sides are known. Returns whether they became one client.';

CREATE OR REPLACE FUNCTION novabot_internal.drop_identity_events(
    clients text[],
    forgotten text[],
    held_since timestamptz[] DEFAULT NULL,
    held_until timestamptz[] DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    others text[];
    kept boolean;
    sessions_before bigint;
    conversations_before bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM public."IdentityEvent") THEN
        RETURN;
    END IF;
    WITH held AS (
        SELECT h.digest, h.since, h.until
        FROM novabot_internal.digests_held(forgotten, held_since, held_until) AS h
    ),
    -- Who had the old address before a change, and the new one after it, is the person it is of.
    concerned AS (
        SELECT
            e.id,
            coalesce(e.source = ANY (clients), false)
            OR EXISTS (
                SELECT FROM held AS h
                WHERE h.digest = ANY (e."fromDigests") AND h.since < e.at AND e.at <= h.until
            ) AS from_gone,
            coalesce(e.target = ANY (clients) AND NOT e.ambiguous, false)
            OR EXISTS (
                SELECT FROM held AS h
                WHERE h.digest = ANY (e."toDigests") AND h.since <= e.at AND e.at < h.until
            ) AS to_gone,
            coalesce(e.target = ANY (clients), false) AS to_client
        FROM public."IdentityEvent" AS e
    ),
    dropped AS (
        DELETE FROM public."IdentityEvent" AS e
        USING concerned AS c
        WHERE e.id = c.id AND (c.from_gone OR c.to_gone OR c.to_client)
        RETURNING e.*, c.from_gone, c.to_gone
    ),
    marked AS (
        INSERT INTO public."Forgotten" AS f (digest, at, since, until)
        SELECT o.digest, max(clock_timestamp()), min(o.since), o.until
        FROM dropped AS d
        CROSS JOIN LATERAL (
            SELECT n.digest, d.at AS since, coalesce(d.until, 'infinity') AS until
            FROM unnest(d."toDigests") AS n (digest)
            UNION ALL
            SELECT n.digest, '-infinity', d.at
            FROM unnest(d."fromDigests") AS n (digest)
            WHERE (d.from_gone OR d.to_gone) AND n.digest <> ALL (d."toDigests")
        ) AS o
        GROUP BY o.digest, o.until
        ORDER BY o.digest, o.until
        ON CONFLICT (digest, until) DO UPDATE
        SET at = greatest(f.at, excluded.at), since = least(f.since, excluded.since)
    )
    SELECT
        array_agg(DISTINCT c.client) FILTER (WHERE c.client IS NOT NULL),
        (SELECT count(*) FROM concerned AS c WHERE c.from_gone OR c.to_gone OR c.to_client)
        > (SELECT count(*) FROM dropped)
    INTO others, kept
    FROM dropped AS d
    CROSS JOIN unnest(
        ARRAY[
            CASE WHEN d.to_gone THEN d.source END,
            CASE WHEN d.from_gone AND NOT d.ambiguous THEN d.target END
        ]
    ) AS c (client);
    IF kept AND novabot_internal.can_be_kept() THEN
        PERFORM novabot_internal.raise_kept(ARRAY['IdentityEvent']);
    END IF;
    IF others IS NULL THEN
        RETURN;
    END IF;
    -- The same person stands at the other side. Its receipt counts its own rows, and the reset
    -- under way goes on to count the others.
    sessions_before :=
        coalesce(nullif(current_setting('novabot.sessions_before', true), ''), '0')::bigint
        - novabot_internal.rows_deleted_so_far('public."Session"');
    conversations_before :=
        coalesce(nullif(current_setting('novabot.conversations_before', true), ''), '0')::bigint
        - novabot_internal.rows_deleted_so_far('public."Conversation"');
    DELETE FROM public."User" AS u WHERE u.id = ANY (others);
    IF
        novabot_internal.can_be_kept()
        AND EXISTS (SELECT FROM public."User" AS u WHERE u.id = ANY (others))
    THEN
        PERFORM novabot_internal.raise_kept(ARRAY['User']);
    END IF;
    PERFORM
        set_config(
            'novabot.sessions_before',
            (
                sessions_before + novabot_internal.rows_deleted_so_far('public."Session"')
            )::text,
            true
        ),
        set_config(
            'novabot.conversations_before',
            (
                conversations_before + novabot_internal.rows_deleted_so_far('public."Conversation"')
            )::text,
            true
        );
END
$$;
COMMENT ON FUNCTION novabot_internal.drop_identity_events(
    text[], text[], timestamptz[], timestamptz[]
) IS
'The kept changes of these deleted clients, and of the owners whom these addresses had at these times (without times: always), go with their reset, and so does the client at their other side, who is the same person; messages written before are late redeliveries at both.';
