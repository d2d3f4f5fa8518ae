-- Changes of numbers and BSUIDs that WhatsApp tells: a client moves with its memory and its
-- incarnation. What cannot be carried out yet is kept: kept_events.sql.

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
        RAISE WARNING 'novabot: a client is not moved: %', SQLERRM;
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
        f.at > reset_by_event.at
        AND (
            (
                f.digest = ANY (
                    novabot_internal.address_digests(
                        ARRAY(SELECT unnest(froms) EXCEPT SELECT unnest(tos))
                    )
                )
                AND f.since < reset_by_event.at
                AND reset_by_event.at <= f.until
            )
            OR (
                f.digest = ANY (
                    novabot_internal.address_digests(
                        ARRAY(SELECT unnest(tos) EXCEPT SELECT unnest(froms))
                    )
                )
                AND f.since <= reset_by_event.at
                AND reset_by_event.at < f.until
            )
        );
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
    INSERT INTO public."Forgotten" AS f (digest, at, until)
    SELECT d.digest, reset_at, d.until
    FROM novabot_internal.digests_held(
        tos || froms, NULL,
        array_fill('infinity'::timestamptz, ARRAY[cardinality(tos)])
        || array_fill(reset_by_event.at, ARRAY[cardinality(froms)])
    ) AS d
    WHERE d.until = 'infinity' OR d.digest <> ALL (novabot_internal.address_digests(tos))
    ON CONFLICT (digest, until) DO UPDATE
    SET at = greatest(f.at, excluded.at), since = least(f.since, excluded.since);
    RETURN CASE WHEN gone > 0 THEN 'reset' ELSE 'forgotten' END;
END
$$;
COMMENT ON FUNCTION novabot_internal.reset_by_event(text[], text[], timestamptz) IS
'A change older than a reset of who had one of its addresses then: the person who was forgotten there is also the client at the other one, and is reset there too. NULL, and nothing done, without such a reset.';

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
            PERFORM novabot_internal.give_way(target, tos, at);
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
            PERFORM novabot_internal.give_way(target, tos, at);
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
