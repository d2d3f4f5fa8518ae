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
    -- What another program's foreign key forbids is to be told here, not at COMMIT.
    SET CONSTRAINTS ALL IMMEDIATE;
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
    -- Whom it concerns if another transaction's lock keeps it.
    source := novabot_internal.find_source(froms, tos, at);
    target := novabot_internal.find_target(tos, at, source);
    source_life := (SELECT u.incarnation FROM public."User" AS u WHERE u.id = source);
    target_life := (SELECT u.incarnation FROM public."User" AS u WHERE u.id = target);
    BEGIN
        SELECT l.source, l.target INTO source, target
        FROM novabot_internal.lock_sides(froms, tos, at) AS l;
        source_life := (SELECT u.incarnation FROM public."User" AS u WHERE u.id = source);
        target_life := (SELECT u.incarnation FROM public."User" AS u WHERE u.id = target);
        outcome := novabot_internal.reset_by_event(
            source, target,
            novabot_internal.address_digests(froms), novabot_internal.address_digests(tos), at
        );
        IF outcome IS NOT NULL THEN
            RETURN outcome;
        ELSIF source = target AND novabot_internal.has_left(source, froms, tos) THEN
            RETURN 'duplicate';
        END IF;
        IF number_changed AND source <> coalesce(target, '') THEN
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
        -- And who had the new number before, or came there later, is another person than the one
        -- who came there then.
        CASE novabot_internal.judge_target(target, tos, at)
            WHEN 'later_owner' THEN
                PERFORM novabot_internal.date_from_beginning(target, tos);
            WHEN 'gives_up', 'ambiguous' THEN
                PERFORM novabot_internal.give_way(target, tos, at);
            ELSE
                NULL; -- a text of that person made it
        END CASE;
        RETURN 'kept';
    END IF;
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
            PERFORM novabot_internal.date_from_beginning(target, tos);
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
            -- By number alone it is not known where either of them is now: the person who writes next from
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
'What an identity event does to its two sides, which are locked: moved, merged, noted, or kept without a source.';

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
    -- By the sender's time, for messages come in any order; an answer goes with what came before it.
    SELECT array_agg(c.id) INTO messages
    FROM public."Conversation" AS c
    CROSS JOIN LATERAL (
        SELECT i.at
        FROM public."Conversation" AS i
        WHERE i."userId" = client AND i.direction = 'in' AND i.id <= c.id
        ORDER BY i.id DESC
        LIMIT 1
    ) AS written
    WHERE c."userId" = client AND written.at > part_from_next_owner.at;
    IF messages IS NOT NULL THEN
        -- Which of the two said what is remembered is not known.
        UPDATE public."User" AS u SET nama = NULL, "profileName" = NULL WHERE u.id = client;
        DELETE FROM public."Session" AS s WHERE s."userId" = client;
        IF EXISTS (SELECT FROM public."Session" AS s WHERE s."userId" = client) THEN
            PERFORM novabot_internal.raise_kept(ARRAY['Session']);
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.part_from_next_owner(text, text[], text[], timestamptz) IS
'A change of numbers is told after the next owner of the old number has written from it, and been taken for the client, who has no BSUID: what is remembered of the two is dropped. messages: those written since then, and what was sent after each of them, of the next owner; NULL if there are none.';

CREATE OR REPLACE FUNCTION novabot_internal.hand_over(number text, messages bigint[]) RETURNS void
LANGUAGE sql
AS $$
    SELECT novabot_internal.settle_id_if_left(novabot_internal.client_id_of(number));
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
    -- A kept change says that another person has it by now: it was this client's until then.
    PERFORM novabot_internal.give_up(client, ARRAY[n.alias], n.at)
    FROM (
        SELECT a.alias, min(e.at) AS at
        FROM public."Alias" AS a
        CROSS JOIN LATERAL novabot_internal.address_digests(ARRAY[a.alias]) AS d (digests)
        JOIN public."IdentityEvent" AS e
            ON e.at > move_client.at AND e."toDigests" && d.digests
        WHERE
            a."userId" = client
            AND a.alias = ANY (tos)
            AND a.since <= move_client.at
            AND novabot_internal.is_phone(a.alias)
            AND e.source IS DISTINCT FROM client
            AND NOT e."fromDigests" && novabot_internal.address_digests(
                ARRAY(
                    SELECT o.alias FROM public."Alias" AS o WHERE o."userId" = client
                    UNION
                    SELECT f.alias FROM public."FormerAlias" AS f WHERE f."userId" = client
                )
            )
        GROUP BY a.alias
    ) AS n;
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
