-- Changes of numbers and BSUIDs that WhatsApp tells: a client moves with its memory and its
-- incarnation. What cannot be carried out yet is kept as digests, and carried out when the client it
-- speaks of appears, in whatever order events and messages come.

CREATE OR REPLACE FUNCTION novabot_internal.apply_identity_event(
    account text,
    number_changed boolean,
    from_addresses text[],
    to_addresses text[],
    at timestamptz,
    message_id text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '500ms'
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    concerned CONSTANT text[] := novabot_internal.canonical_addresses(from_addresses || to_addresses);
    froms CONSTANT text[] := novabot_internal.canonical_addresses(from_addresses);
    tos CONSTANT text[] := novabot_internal.canonical_addresses(to_addresses);
    source text;
    target text;
    source_life uuid;
    target_life uuid;
    outcome text;
    stated_at CONSTANT timestamptz := at;
    parted record;
BEGIN
    at := least(at, now());
    SELECT NULL::text AS number, NULL::bigint[] AS messages INTO parted;
    PERFORM FROM public."User" AS u LIMIT 0;
    IF novabot_internal.was_delivered(message_id) THEN
        RETURN 'duplicate';
    ELSIF novabot_internal.is_too_old(at) THEN
        RETURN 'too_old';
    END IF;
    PERFORM novabot_internal.lock_addresses(concerned);
    PERFORM novabot_internal.note_delivery(message_id, stated_at);
    outcome := novabot_internal.reset_by_event(froms, tos, at);
    IF outcome IS NOT NULL THEN
        RETURN outcome;
    END IF;
    source := novabot_internal.find_source(froms, tos, at);
    target := novabot_internal.find_target(tos, at, source);
    IF source = target AND novabot_internal.has_left(source, froms, tos) THEN
        RETURN 'duplicate';
    END IF;
    source_life := (SELECT u.incarnation FROM public."User" AS u WHERE u.id = source);
    target_life := (SELECT u.incarnation FROM public."User" AS u WHERE u.id = target);
    BEGIN
        IF number_changed AND source <> coalesce(target, '') THEN
            PERFORM
            FROM public."User" AS u
            WHERE u.id IN (source, target)
            ORDER BY u.id
            FOR UPDATE;
            parted := novabot_internal.part_from_next_owner(source, froms, tos, at);
        END IF;
        outcome := novabot_internal.carry_out_change(
            source, target, number_changed, froms, to_addresses, account, at
        );
        IF parted.messages IS NOT NULL THEN
            PERFORM novabot_internal.hand_over(parted.number, parted.messages);
        END IF;
    EXCEPTION WHEN OTHERS THEN
        -- Another transaction's lock, or a trigger: two clients stay, and the change is kept.
        PERFORM novabot_internal.note_failure(source, 'move_failed', at);
        PERFORM novabot_internal.note_failure(target, 'move_failed', at);
        outcome := 'failed';
    END;
    -- Their ids may have changed.
    source := (SELECT u.id FROM public."User" AS u WHERE u.incarnation = source_life);
    target := (
        SELECT u.id
        FROM public."User" AS u
        WHERE
            u.incarnation = target_life
            AND (
                outcome <> 'kept' OR novabot_internal.judge_target(u.id, tos, at) = 'stranger'
            )
    );
    UPDATE public."IdentityEvent" AS e
    SET until = apply_identity_event.at
    WHERE
        e.source IN (SELECT u.id FROM public."User" AS u WHERE u.incarnation = source_life)
        AND e.until IS NULL
        AND e.at <= apply_identity_event.at
        AND e."toDigests" && novabot_internal.address_digests(froms);
    IF outcome IN ('kept', 'noted', 'failed') THEN
        -- What failed is tried again by retry_events.
        INSERT INTO public."IdentityEvent" (
            "fromDigests", "toDigests", "numberChanged", account, at, source, target, ambiguous
        )
        VALUES (
            novabot_internal.address_digests(froms), novabot_internal.address_digests(tos),
            number_changed, account, at,
            CASE WHEN outcome <> 'kept' THEN source END, target, outcome = 'noted'
        );
    END IF;
    IF outcome <> 'failed' THEN
        PERFORM novabot_internal.link_events(coalesce(source, target), tos, true);
    END IF;
    RETURN outcome;
END
$$;
COMMENT ON FUNCTION novabot_internal.apply_identity_event(
    text, boolean, text[], text[], timestamptz, text
) IS
'WhatsApp tells that a person has other addresses from a sender''s time on. outcome: moved (the client has its new addresses), merged (with the stranger that a text had made of it), kept (its client is not known yet), noted (another client had the number before: neither has it now), reset (one side was reset after the change, so the other one is too), forgotten (the same, and there was nothing left), duplicate, too_old (of over 7.5 days ago), or failed (another transaction or a trigger kept it: nothing moved). Raises lock_not_available after 500 ms behind another transaction''s lock on an address.';

CREATE OR REPLACE FUNCTION novabot_internal.reset_by_event(
    froms text[], tos text[], at timestamptz
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    reset_at timestamptz;
    gone bigint := 0;
BEGIN
    SELECT max(f.at) INTO reset_at
    FROM public."Forgotten" AS f
    WHERE
        f.digest = ANY (
            novabot_internal.address_digests(
                ARRAY(SELECT unnest(froms) EXCEPT SELECT unnest(tos))
                || ARRAY(SELECT unnest(tos) EXCEPT SELECT unnest(froms))
            )
        )
        AND f.at > reset_by_event.at;
    IF reset_at IS NULL THEN
        RETURN NULL;
    END IF;
    -- Whose life began after that reset is another person, or the same one after it was forgotten.
    PERFORM
        set_config('novabot.actor', 'novabot', true),
        set_config('novabot.source', 'chat', true);
    DELETE FROM public."User" AS u
    WHERE
        u."createdAt" < reset_at
        AND u.id IN (
            novabot_internal.find_source(froms, tos, reset_by_event.at),
            novabot_internal.find_target(tos, reset_by_event.at)
        );
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM
        set_config('novabot.actor', '', true),
        set_config('novabot.source', '', true);
    INSERT INTO public."Forgotten" AS f (digest, at)
    SELECT d.digest, reset_at
    FROM unnest(novabot_internal.address_digests(froms || tos)) AS d (digest)
    GROUP BY d.digest
    ORDER BY d.digest
    ON CONFLICT (digest) DO UPDATE SET at = greatest(f.at, excluded.at);
    RETURN CASE WHEN gone > 0 THEN 'reset' ELSE 'forgotten' END;
END
$$;
COMMENT ON FUNCTION novabot_internal.reset_by_event(text[], text[], timestamptz) IS
'A change older than a reset of one of its addresses: the person who was forgotten there is also the client at the other one, and is reset there too. NULL, and nothing done, without such a reset.';

CREATE OR REPLACE FUNCTION novabot_internal.began_by(client text, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(u."beganAt", '-infinity') <= at FROM public."User" AS u WHERE u.id = client
$$;
COMMENT ON FUNCTION novabot_internal.began_by(text, timestamptz) IS
'Whether a client''s life had begun by a sender''s time.';

CREATE OR REPLACE FUNCTION novabot_internal.find_source(
    froms text[], tos text[], at timestamptz
) RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    key text;
    found text;
BEGIN
    FOREACH key IN ARRAY froms LOOP
        SELECT f."userId" INTO found
        FROM public."FormerAlias" AS f
        WHERE f.alias = key AND f.since <= find_source.at AND find_source.at <= f.until
        ORDER BY f.until
        LIMIT 1;
        IF found IS NULL THEN
            SELECT o.owner INTO found FROM novabot_internal.owner_at(key, at) AS o;
        END IF;
        -- One that began later at this number is another person.
        IF novabot_internal.is_phone(key) AND NOT novabot_internal.began_by(found, at) THEN
            found := NULL;
        END IF;
        EXIT WHEN found IS NOT NULL;
    END LOOP;
    IF found IS NULL THEN
        -- Who moved there before, and has not written since.
        SELECT u.id INTO found
        FROM public."User" AS u
        JOIN public."IdentityEvent" AS e ON e.source = u.id
        WHERE
            NOT e.ambiguous
            AND e.at <= find_source.at
            AND find_source.at < coalesce(e.until, 'infinity')
            AND e."toDigests" && novabot_internal.address_digests(froms)
        ORDER BY e.at DESC, e.id DESC
        LIMIT 1;
    END IF;
    RETURN found;
END
$$;
COMMENT ON FUNCTION novabot_internal.find_source(text[], text[], timestamptz) IS
'The client who had the first known of these canonical addresses until a sender''s time.';

CREATE OR REPLACE FUNCTION novabot_internal.find_target(
    tos text[], at timestamptz, source text DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    key text;
    owner text;
    found text;
BEGIN
    FOREACH key IN ARRAY tos LOOP
        SELECT o.owner INTO owner FROM novabot_internal.owner_at(key, at) AS o;
        found := coalesce(nullif(found, source), owner, found);
        EXIT WHEN found <> source OR (source IS NULL AND found IS NOT NULL);
    END LOOP;
    RETURN found;
END
$$;
COMMENT ON FUNCTION novabot_internal.find_target(text[], timestamptz, text) IS
'The client to whom the first known of these canonical addresses led at a sender''s time; the source only if they lead to no other client.';

CREATE OR REPLACE FUNCTION novabot_internal.has_left(
    client text, froms text[], tos text[]
) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT
        NOT EXISTS (
            SELECT
            FROM public."Alias" AS a
            WHERE a."userId" = client AND a.alias = ANY (froms) AND a.alias <> ALL (tos)
        )
        AND NOT EXISTS (
            SELECT FROM unnest(tos) AS t (address)
            WHERE NOT EXISTS (
                SELECT FROM public."Alias" AS a WHERE a.alias = t.address AND a."userId" = client
            )
        )
$$;
COMMENT ON FUNCTION novabot_internal.has_left(text, text[], text[]) IS
'Whether a client has all of its new addresses and none of its old ones.';

CREATE OR REPLACE FUNCTION novabot_internal.has_any(client text, keys text[]) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (
        SELECT FROM public."Alias" AS a WHERE a."userId" = client AND a.alias = ANY (keys)
    )
$$;
COMMENT ON FUNCTION novabot_internal.has_any(text, text[]) IS
'Whether one of these canonical addresses leads to a client.';

CREATE OR REPLACE FUNCTION novabot_internal.carry_out_change(
    source text, target text, number_changed boolean, froms text[], to_addresses text[],
    account text, at timestamptz
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    tos CONSTANT text[] := novabot_internal.canonical_addresses(to_addresses);
    verdict text;
BEGIN
    IF source IS NULL THEN
        -- Who writes from the old addresses now is another person than before.
        UPDATE public."Alias" AS a
        SET since = carry_out_change.at
        WHERE
            a.alias = ANY (froms)
            AND a.alias <> ALL (tos)
            AND novabot_internal.is_phone(a.alias)
            AND a.since < carry_out_change.at;
        -- And who had the new number before is another person than the one who has come there.
        IF
            target IS NOT NULL
            AND novabot_internal.judge_target(target, tos, at) <> 'stranger'
        THEN
            PERFORM FROM public."User" AS u WHERE u.id = target FOR UPDATE;
            PERFORM novabot_internal.give_up(target, tos, at);
            PERFORM novabot_internal.note_identity(
                target, 'earlier_owner', at,
                jsonb_build_object('address', tos[cardinality(tos)])
            );
            PERFORM novabot_internal.settle_id(target);
        END IF;
        RETURN 'kept';
    END IF;
    PERFORM FROM public."User" AS u WHERE u.id IN (source, target) ORDER BY u.id FOR UPDATE;
    IF target IS NULL OR target = source THEN
        PERFORM novabot_internal.move_client(
            source, number_changed, froms, to_addresses, account, at
        );
        RETURN 'moved';
    END IF;
    verdict := novabot_internal.judge_target(target, tos, at);
    IF
        verdict = 'ambiguous'
        AND novabot_internal.has_any(source, novabot_internal.without_phones(tos))
    THEN
        -- The BSUID that the source has kept says whose number it is now.
        verdict := 'gives_up';
    END IF;
    CASE verdict
        WHEN 'stranger' THEN
            PERFORM novabot_internal.merge_client(source, target);
            PERFORM novabot_internal.note_identity(source, 'merged', at);
            PERFORM novabot_internal.move_client(
                source, number_changed, froms, to_addresses, account, at
            );
            RETURN 'merged';
        WHEN 'later_owner' THEN
            UPDATE public."Alias" AS a
            SET since = u."beganAt"
            FROM public."User" AS u
            WHERE
                u.id = target
                AND a."userId" = u.id
                AND a.alias = ANY (tos)
                AND a.since < u."beganAt";
            PERFORM novabot_internal.move_client(
                source, number_changed, froms, to_addresses, account, at
            );
            RETURN 'moved';
        WHEN 'gives_up' THEN
            PERFORM novabot_internal.give_up(target, tos, at);
            PERFORM novabot_internal.note_identity(
                target, 'earlier_owner', at,
                jsonb_build_object('address', tos[cardinality(tos)])
            );
            PERFORM novabot_internal.settle_id(target);
            PERFORM novabot_internal.move_client(
                source, number_changed, froms, to_addresses, account, at
            );
            RETURN 'moved';
        ELSE
            -- By number alone it is not known where either of them is now: whoever writes next from
            -- one of the two numbers is a stranger, and a reset by it still finds them.
            PERFORM novabot_internal.give_up(target, tos, at);
            PERFORM novabot_internal.give_up(
                source, ARRAY(SELECT unnest(froms) EXCEPT SELECT unnest(tos)), at
            );
            PERFORM novabot_internal.note_identity(c.id, 'ambiguous_change', at)
            FROM unnest(ARRAY[source, target]) AS c (id);
            PERFORM novabot_internal.settle_id(c.id)
            FROM unnest(ARRAY[source, target]) AS c (id);
            RETURN 'noted';
    END CASE;
END
$$;
COMMENT ON FUNCTION novabot_internal.carry_out_change(
    text, text, boolean, text[], text[], text, timestamptz
) IS
'What an identity event does to its two sides: moved, merged, noted, or kept without a source.';

CREATE OR REPLACE FUNCTION novabot_internal.part_from_next_owner(
    client text, froms text[], tos text[], at timestamptz,
    OUT number text, OUT messages bigint[]
) RETURNS record
LANGUAGE plpgsql
AS $$
BEGIN
    SELECT coalesce(a.spelling, a.alias) INTO number
    FROM public."Alias" AS a
    WHERE
        a."userId" = client
        AND a.alias = ANY (froms)
        AND a.alias <> ALL (tos)
        AND novabot_internal.is_phone(a.alias)
        AND a.since <= part_from_next_owner.at
        AND NOT novabot_internal.has_user_id(client, NULL);
    IF number IS NULL THEN
        RETURN;
    END IF;
    SELECT array_agg(c.id) INTO messages
    FROM public."Conversation" AS c
    WHERE
        c."userId" = client
        AND c.id >= (
            SELECT min(i.id)
            FROM public."Conversation" AS i
            WHERE
                i."userId" = client
                AND i.direction = 'in'
                AND i.at > part_from_next_owner.at
        );
    IF messages IS NOT NULL THEN
        -- Which of the two said what is remembered is not known.
        UPDATE public."User" AS u SET nama = NULL, "profileName" = NULL WHERE u.id = client;
        DELETE FROM public."Session" AS s WHERE s."userId" = client;
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.part_from_next_owner(text, text[], text[], timestamptz) IS
'A change of numbers is told after the next owner of the old number has written from it, and been taken for the client, who has no BSUID: what is remembered of the two is dropped. messages: those since then, of the next owner; NULL if there are none.';

CREATE OR REPLACE FUNCTION novabot_internal.hand_over(number text, messages bigint[]) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO public."User" (id, "beganAt")
    SELECT novabot_internal.client_id_of(number), min(c.at)
    FROM public."Conversation" AS c
    WHERE c.id = ANY (messages) AND c.direction = 'in'
    HAVING count(*) > 0
    ON CONFLICT DO NOTHING;
    UPDATE public."Conversation" AS c
    SET "userId" = novabot_internal.client_id_of(number)
    WHERE c.id = ANY (messages)
$$;
COMMENT ON FUNCTION novabot_internal.hand_over(text, bigint[]) IS
'Makes the client of a number that another one has left, and gives it the messages that it wrote from there.';

CREATE OR REPLACE FUNCTION novabot_internal.judge_target(
    target text, tos text[], at timestamptz
) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT CASE
        WHEN u."beganAt" >= judge_target.at AND NOT by_id.known AND by_id.differs THEN 'later_owner'
        WHEN u."beganAt" >= judge_target.at THEN 'stranger'
        -- A BSUID has no second owner; only the clocks of a message and of an event differ.
        WHEN by_id.known AND u."beganAt" >= judge_target.at - interval '60 seconds' THEN 'stranger'
        WHEN by_id.known THEN 'gives_up'
        ELSE 'ambiguous'
    END
    FROM public."User" AS u
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT
            FROM public."Alias" AS a
            WHERE
                a."userId" = u.id AND a.alias = ANY (tos) AND novabot_internal.is_bsuid(a.alias)
        ) AS known,
        cardinality(novabot_internal.without_phones(tos)) > 0
        AND novabot_internal.has_user_id(u.id, NULL) AS differs
    ) AS by_id
    WHERE u.id = target
$$;
COMMENT ON FUNCTION novabot_internal.judge_target(text, text[], timestamptz) IS
'What the client at the new addresses of a change is: stranger (a text made it before its event came), later_owner (it has another BSUID, and came to the number after the change), gives_up (it had the BSUID before), ambiguous (it had the number before).';

CREATE OR REPLACE FUNCTION novabot_internal.move_client(
    client text, number_changed boolean, froms text[], to_addresses text[], account text,
    at timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    tos CONSTANT text[] := novabot_internal.canonical_addresses(to_addresses);
    given_up text[];
BEGIN
    SELECT array_agg(a.alias ORDER BY novabot_internal.is_phone(a.alias) = number_changed DESC)
    INTO given_up
    FROM public."Alias" AS a
    WHERE
        a."userId" = client
        AND a.alias <> ALL (tos)
        AND (
            a.alias = ANY (froms)
            OR (number_changed AND novabot_internal.is_phone(a.alias) AND a.since <= move_client.at)
            OR (
                novabot_internal.is_bsuid(a.alias)
                AND a.alias !~* '^[a-z]{2}\.ent\.'
                AND coalesce(a.account = move_client.account, true)
                AND a.since <= move_client.at
                AND EXISTS (
                    SELECT
                    FROM unnest(tos) AS t (address)
                    WHERE
                        novabot_internal.is_bsuid(t.address)
                        AND t.address !~* '^[a-z]{2}\.ent\.'
                )
            )
        );
    PERFORM novabot_internal.give_up(client, given_up, at);
    -- What it gave up later, for another reason, it had left by then.
    UPDATE public."FormerAlias" AS f
    SET until = move_client.at
    WHERE
        f."userId" = client
        AND f.alias = ANY (froms)
        AND f.alias <> ALL (tos)
        AND f.since <= move_client.at
        AND f.until > move_client.at
        AND NOT EXISTS (
            SELECT
            FROM public."FormerAlias" AS o
            WHERE o."userId" = client AND o.alias = f.alias AND o.until = move_client.at
        );
    -- Not what it has left again since.
    PERFORM novabot_internal.take_over(
        client,
        ARRAY(
            SELECT w.address
            FROM unnest(to_addresses) AS w (address)
            WHERE NOT EXISTS (
                SELECT
                FROM public."FormerAlias" AS f
                WHERE
                    f."userId" = client
                    AND f.alias = novabot_internal.canonical_address(w.address)
                    AND f.until > move_client.at
            )
        ),
        account, at
    );
    -- A text may have come before; the new number was another person's until the change.
    UPDATE public."Alias" AS a
    SET since = move_client.at
    WHERE
        number_changed
        AND a."userId" = client
        AND a.alias = ANY (tos)
        AND a.since < move_client.at
        AND novabot_internal.is_phone(a.alias);
    -- What has another owner by now was this client's from the change until then.
    INSERT INTO public."FormerAlias" (alias, "userId", since, until)
    SELECT a.alias, client, move_client.at, a.since
    FROM public."Alias" AS a
    WHERE a.alias = ANY (tos) AND a."userId" <> client AND a.since > move_client.at
    ON CONFLICT DO NOTHING;
    PERFORM novabot_internal.note_identity(
        client, CASE WHEN number_changed THEN 'number_changed' ELSE 'user_id_changed' END, at,
        jsonb_build_object(
            'from', given_up[1],
            'to', tos[CASE WHEN number_changed THEN cardinality(tos) ELSE 1 END]
        )
    );
    PERFORM novabot_internal.settle_id(client);
END
$$;
COMMENT ON FUNCTION novabot_internal.move_client(
    text, boolean, text[], text[], text, timestamptz
) IS
'A client has new addresses from a sender''s time on; those that they replace do not lead to it any more.';

CREATE OR REPLACE FUNCTION novabot_internal.carry_out(
    event bigint, own text[], account text
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    kept public."IdentityEvent";
    life uuid;
BEGIN
    DELETE FROM public."IdentityEvent" AS e WHERE e.id = event RETURNING * INTO kept;
    SELECT u.incarnation INTO life FROM public."User" AS u WHERE u.id = kept.source;
    IF life IS NULL THEN
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
        novabot_internal.matching_aliases(kept.source, kept."fromDigests"),
        own, account, kept.at
    );
    PERFORM novabot_internal.link_events(u.id, novabot_internal.canonical_addresses(own), true)
    FROM public."User" AS u
    WHERE u.incarnation = life;
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
        SELECT a.address
        FROM unnest(
            novabot_internal.matching_aliases(kept.source, kept."fromDigests")
        ) AS a (address)
        WHERE NOT novabot_internal.address_digests(ARRAY[a.address]) && kept."toDigests"
    )
$$;
COMMENT ON FUNCTION novabot_internal.still_to_leave(public."IdentityEvent") IS
'The addresses that a kept change says its client has left, and that still lead to it: none, unless a lock or a trigger keeps them.';

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

CREATE OR REPLACE FUNCTION novabot_internal.had_by_then(
    client text, keys text[], digests bytea[], at timestamptz
) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (
        SELECT
        FROM (
            SELECT a.alias, a.since, 'infinity' AS until
            FROM public."Alias" AS a
            WHERE a."userId" = client
            UNION ALL
            SELECT f.alias, f.since, f.until
            FROM public."FormerAlias" AS f
            WHERE f."userId" = client
        ) AS h
        WHERE
            h.alias = ANY (keys)
            AND (
                NOT novabot_internal.is_phone(h.alias)
                OR (h.since <= had_by_then.at AND had_by_then.at <= h.until)
            )
            AND novabot_internal.address_digests(ARRAY[h.alias]) && digests
    )
$$;
COMMENT ON FUNCTION novabot_internal.had_by_then(text, text[], bytea[], timestamptz) IS
'Whether one of these canonical addresses, of these digests, was a client''s at a sender''s time; a BSUID was always.';

CREATE OR REPLACE FUNCTION novabot_internal.link_events(
    client text, keys text[], is_new boolean
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    life CONSTANT uuid := (SELECT u.incarnation FROM public."User" AS u WHERE u.id = client);
    led_to bytea[] := '{}';
    kept public."IdentityEvent";
    now_id text;
    settled text;
    result text;
BEGIN
    IF life IS NULL OR NOT EXISTS (SELECT FROM public."IdentityEvent") THEN
        RETURN NULL;
    END IF;
    -- This client is the one that earlier changes spoke of; each leads to the next.
    FOR kept IN
        SELECT e.*
        FROM public."IdentityEvent" AS e
        WHERE e.source IS NULL
        ORDER BY e.at, e.id
    LOOP
        now_id := (SELECT u.id FROM public."User" AS u WHERE u.incarnation = life);
        CONTINUE WHEN
            NOT kept."fromDigests" && led_to
            AND NOT novabot_internal.had_by_then(now_id, keys, kept."fromDigests", kept.at);
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
        u.incarnation = life
        AND link_events.is_new
        AND e.target IS NULL
        AND e.source IS DISTINCT FROM u.id
        AND coalesce(u."beganAt", '-infinity') < coalesce(e.until, 'infinity')
        AND e."toDigests" && novabot_internal.address_digests(keys);
    FOR kept IN
        SELECT e.*
        FROM public."IdentityEvent" AS e
        JOIN public."User" AS u ON u.id IN (e.source, e.target)
        WHERE u.incarnation = life AND e.source IS NOT NULL
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
    left_at timestamptz;
BEGIN
    PERFORM
    FROM public."User" AS u
    WHERE
        u.id IN (
            SELECT c.client
            FROM public."IdentityEvent" AS e
            CROSS JOIN unnest(ARRAY[e.source, e.target]) AS c (client)
            WHERE e.id = event
        )
    ORDER BY u.id
    FOR UPDATE;
    SELECT e.* INTO kept FROM public."IdentityEvent" AS e WHERE e.id = event;
    IF kept.source IS NULL THEN
        RETURN false;
    END IF;
    -- The old addresses do not lead to the source any more; a message of the same second, which
    -- made it, is still its own.
    PERFORM novabot_internal.give_up(
        kept.source,
        novabot_internal.still_to_leave(kept),
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
    clients text[], forgotten text[]
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    digests bytea[];
    others text[];
    sessions_before bigint;
    conversations_before bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM public."IdentityEvent") THEN
        RETURN;
    END IF;
    digests := novabot_internal.address_digests(forgotten);
    WITH dropped AS (
        DELETE FROM public."IdentityEvent" AS e
        WHERE
            e.source = ANY (clients)
            OR e.target = ANY (clients)
            OR e."fromDigests" && digests
            OR e."toDigests" && digests
        RETURNING
            e.*,
            coalesce(e.source = ANY (clients), false) OR e."fromDigests" && digests AS from_gone,
            coalesce(e.target = ANY (clients) AND NOT e.ambiguous, false)
            OR e."toDigests" && digests AS to_gone
    ),
    marked AS (
        INSERT INTO public."Forgotten" AS f (digest, at)
        SELECT s.digest, clock_timestamp()
        FROM (
            SELECT DISTINCT o.digest
            FROM dropped AS d
            CROSS JOIN unnest(
                CASE
                    WHEN d.from_gone OR d.to_gone THEN d."fromDigests" || d."toDigests"
                    ELSE d."toDigests"
                END
            ) AS o (digest)
        ) AS s
        ORDER BY s.digest
        ON CONFLICT (digest) DO UPDATE SET at = greatest(f.at, excluded.at)
    )
    SELECT array_agg(DISTINCT c.client) INTO others
    FROM dropped AS d
    CROSS JOIN unnest(
        ARRAY[
            CASE WHEN d.to_gone THEN d.source END,
            CASE WHEN d.from_gone AND NOT d.ambiguous THEN d.target END
        ]
    ) AS c (client)
    WHERE c.client IS NOT NULL;
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
COMMENT ON FUNCTION novabot_internal.drop_identity_events(text[], text[]) IS
'The kept changes of these deleted clients, and of these addresses, go with their reset, and so does the client at their other side, who is the same person; messages written before are late redeliveries at both.';
