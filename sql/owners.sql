-- Addresses change their owner: what a message, as find_writer judged it, says of who has which
-- address, and what follows for a client's id and for what is still to be sent.

CREATE OR REPLACE FUNCTION novabot_internal.had_phone(client text) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (
        SELECT
        FROM public."Alias" AS a
        WHERE a."userId" = client AND novabot_internal.is_phone(a.alias)
    )
    OR EXISTS (
        SELECT
        FROM public."FormerAlias" AS f
        WHERE f."userId" = client AND novabot_internal.is_phone(f.alias)
    )
$$;
COMMENT ON FUNCTION novabot_internal.had_phone(text) IS
'Whether a phone number leads to a client, or did before: such a client is no half of another one.';

CREATE OR REPLACE FUNCTION novabot_internal.reply_address(client text) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(a.spelling, a.alias)
    FROM public."Alias" AS a
    WHERE
        a."userId" = client
        AND (novabot_internal.is_phone(a.alias) OR novabot_internal.is_bsuid(a.alias))
    ORDER BY
        novabot_internal.is_phone(a.alias) DESC, a.alias ~* '^[a-z]{2}\.ent\.', a.since DESC,
        a."createdAt" DESC, a.alias
    LIMIT 1
$$;
COMMENT ON FUNCTION novabot_internal.reply_address(text) IS
'Where messages to a client go: its number as it was last written, else its BSUID; NULL without either.';

CREATE OR REPLACE FUNCTION novabot_internal.answer_address(client text, addresses text[])
RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(
        (
            SELECT w.address
            FROM unnest(addresses) WITH ORDINALITY AS w (address, place)
            JOIN public."Alias" AS a
                ON a.alias = novabot_internal.canonical_address(w.address) AND a."userId" = client
            ORDER BY w.place
            LIMIT 1
        ),
        novabot_internal.reply_address(client)
    )
$$;
COMMENT ON FUNCTION novabot_internal.answer_address(text, text[]) IS
'Where the answer to a message from these addresses goes: to the first of them that leads to the client, else to where the client is now; NULL if it has left them all.';

CREATE OR REPLACE FUNCTION novabot_internal.readdress(client text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    new_address CONSTANT text := novabot_internal.reply_address(client);
BEGIN
    UPDATE public."Conversation" AS c
    SET
        address = coalesce(new_address, c.address),
        status = CASE
            WHEN new_address IS NOT NULL OR c.status = 'sending' THEN c.status
            WHEN c.status = 'queued' THEN 'failed'
            ELSE 'answered'
        END,
        "errorText" = CASE
            WHEN new_address IS NULL AND c.status = 'queued'
                THEN 'the address belongs to another person by now'
            ELSE c."errorText"
        END
    WHERE
        c."userId" = client
        AND c.status IN ('queued', 'sending', 'pending')
        AND NOT EXISTS (
            SELECT
            FROM public."Alias" AS a
            WHERE
                a.alias = novabot_internal.canonical_address(c.address) AND a."userId" = client
        );
END
$$;
COMMENT ON FUNCTION novabot_internal.readdress(text) IS
'What is still to be sent to a client follows it to where it is now; if it has left all addresses, nothing is sent.';

CREATE OR REPLACE FUNCTION novabot_internal.settle_id(client text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    address CONSTANT text := novabot_internal.reply_address(client);
    found public."User";
    wanted text;
BEGIN
    SELECT u.* INTO found FROM public."User" AS u WHERE u.id = client;
    IF
        found.id IS NULL
        OR NOT (
            client ~ '^[0-9]{5,20}(@(c\.us|s\.whatsapp\.net)|#[0-9a-f-]{36})$'
            OR novabot_internal.is_bsuid(client)
        )
    THEN
        PERFORM novabot_internal.readdress(client);
        RETURN client;
    END IF;
    wanted := CASE
        WHEN address IS NULL AND client ~ '#' THEN client
        WHEN address IS NULL THEN novabot_internal.alias_of(client) || '#' || found.incarnation
        WHEN novabot_internal.alias_of(client) = ANY (novabot_internal.spellings_of(address))
            THEN client
        ELSE novabot_internal.client_id_of(address)
    END;
    IF wanted <> client THEN
        BEGIN
            PERFORM set_config('novabot.renaming', 'on', true);
            -- A client who still stands under that id has lost the address.
            UPDATE public."User" AS u
            SET
                id = novabot_internal.alias_of(wanted) || '#' || u.incarnation,
                revision = gen_random_uuid()
            WHERE u.id = wanted;
            UPDATE public."User" AS u
            SET id = wanted, revision = gen_random_uuid()
            WHERE u.id = client;
            SET CONSTRAINTS ALL IMMEDIATE;
            PERFORM set_config('novabot.renaming', '', true);
        EXCEPTION WHEN foreign_key_violation THEN
            -- Of a table of another program, without ON UPDATE CASCADE.
            RAISE WARNING 'novabot: a client keeps its id: %', SQLERRM;
            wanted := client;
        END;
    END IF;
    PERFORM novabot_internal.readdress(wanted);
    RETURN wanted;
END
$$;
COMMENT ON FUNCTION novabot_internal.settle_id(text) IS
'Gives a client the id of the address that leads to it now: NUMBER@c.us, else its BSUID, else NUMBER#incarnation for one that has left all its addresses; an id of another kind stays, and one that a foreign key of another table keeps. Returns the id.';

CREATE OR REPLACE FUNCTION novabot_internal.give_up(
    client text, given_up text[], at timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO public."FormerAlias" (alias, "userId", since, until)
    SELECT a.alias, a."userId", a.since, greatest(a.since, at)
    FROM public."Alias" AS a
    WHERE a."userId" = client AND a.alias = ANY (given_up)
    ORDER BY a.alias
    ON CONFLICT DO NOTHING;
    PERFORM set_config('novabot.renaming', 'on', true);
    DELETE FROM public."Alias" AS a WHERE a."userId" = client AND a.alias = ANY (given_up);
    PERFORM set_config('novabot.renaming', '', true);
    PERFORM novabot_internal.refuse_kept_addresses(client, given_up);
END
$$;
COMMENT ON FUNCTION novabot_internal.give_up(text, text[], timestamptz) IS
'These canonical addresses do not lead to a client any more, from a sender''s time on; settle_id is to follow. Raises ST004 if a trigger keeps one.';

CREATE OR REPLACE FUNCTION novabot_internal.give_way(
    client text, given_up text[], at timestamptz, conflict_in text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM novabot_internal.give_up(client, given_up, at);
    PERFORM novabot_internal.note_identity(
        client, 'earlier_owner', at,
        jsonb_strip_nulls(
            jsonb_build_object(
                'address', given_up[cardinality(given_up)], 'conflict', conflict_in
            )
        )
    );
    PERFORM novabot_internal.settle_id(client);
END
$$;
COMMENT ON FUNCTION novabot_internal.give_way(text, text[], timestamptz, text) IS
'Another client is the owner of these canonical addresses from a sender''s time on: this one gives them up, and its page says so of the last of them. conflict_in: the business account in which that counts as a conflict.';

CREATE OR REPLACE FUNCTION novabot_internal.take_over(
    client text, addresses text[], account text, at timestamptz
) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO public."Alias" AS a (alias, "userId", account, spelling, since)
    SELECT
        novabot_internal.canonical_address(w.address), client,
        CASE WHEN novabot_internal.is_bsuid(w.address) THEN take_over.account END,
        nullif(w.address, novabot_internal.canonical_address(w.address)),
        coalesce(
            take_over.at,
            novabot_internal.since_of(novabot_internal.canonical_address(w.address))
        )
    FROM unnest(addresses) AS w (address)
    ORDER BY 1
    ON CONFLICT (alias) DO UPDATE
    SET
        account = coalesce(excluded.account, a.account),
        spelling = excluded.spelling
    WHERE
        a."userId" = excluded."userId"
        AND (a.account, a.spelling)
        IS DISTINCT FROM (coalesce(excluded.account, a.account), excluded.spelling)
$$;
COMMENT ON FUNCTION novabot_internal.take_over(text, text[], text, timestamptz) IS
'Those of these addresses that lead to no client lead to this one, from a sender''s time on (NULL: since the last owner gave them up); those that lead to it are noted as they are spelt now.';

CREATE OR REPLACE FUNCTION novabot_internal.adopt_addresses(
    client text, own text[], account text, at timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    phone CONSTANT text := (
        SELECT novabot_internal.canonical_address(w.address)
        FROM unnest(own) AS w (address)
        WHERE novabot_internal.is_phone(w.address)
        LIMIT 1
    );
    others text[];
    newest timestamptz;
BEGIN
    IF phone IS NOT NULL AND NOT EXISTS (SELECT FROM public."Alias" AS a WHERE a.alias = phone) THEN
        -- A person has one number at a time: another one takes the place of the one before.
        SELECT array_agg(a.alias), greatest(max(a.since), min(u."beganAt")) INTO others, newest
        FROM public."User" AS u
        JOIN public."Alias" AS a ON a."userId" = u.id
        WHERE u.id = client AND novabot_internal.is_phone(a.alias);
        IF newest > at THEN
            -- A late message, from a number that it had before.
            INSERT INTO public."FormerAlias" (alias, "userId", since, until)
            VALUES (phone, client, novabot_internal.since_of(phone), newest)
            ON CONFLICT DO NOTHING;
            -- It had the present one no earlier than any message showed it.
            UPDATE public."Alias" AS a
            SET since = newest
            WHERE
                a."userId" = client AND novabot_internal.is_phone(a.alias) AND a.since < newest;
            PERFORM novabot_internal.take_over(
                client, novabot_internal.without_phones(own), account, NULL
            );
            RETURN;
        ELSIF others IS NOT NULL THEN
            PERFORM novabot_internal.give_up(client, others, at);
            PERFORM novabot_internal.note_identity(
                client, 'number_changed', at, jsonb_build_object('from', others[1], 'to', phone)
            );
            PERFORM novabot_internal.take_over(client, ARRAY[phone], account, at);
        ELSIF
            novabot_internal.had_phone(client)
            OR EXISTS (
                SELECT FROM public."User" AS u
                WHERE u.id = client AND u."beganAt" < adopt_addresses.at
            )
        THEN
            -- It had this one no earlier than any message shows it.
            PERFORM novabot_internal.take_over(client, ARRAY[phone], account, at);
        END IF;
    END IF;
    PERFORM novabot_internal.take_over(client, own, account, NULL);
    PERFORM novabot_internal.refuse_other_owner(client, own);
END
$$;
COMMENT ON FUNCTION novabot_internal.adopt_addresses(text, text[], text, timestamptz) IS
'A client wrote from these addresses: those that lead to no client lead to it, and a new number takes the place of its earlier one. settle_id is to follow.';

CREATE OR REPLACE FUNCTION novabot_internal.date_from_beginning(client text, keys text[])
RETURNS void
LANGUAGE sql
AS $$
    UPDATE public."Alias" AS a
    SET since = u."beganAt"
    FROM public."User" AS u
    WHERE
        u.id = client
        AND a."userId" = u.id
        AND a.alias = ANY (keys)
        AND a.since < u."beganAt"
$$;
COMMENT ON FUNCTION novabot_internal.date_from_beginning(text, text[]) IS
'These canonical addresses were another person''s until a client''s life began.';

CREATE OR REPLACE FUNCTION novabot_internal.put_before(earlier text, later text) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO public."FormerAlias" (alias, "userId", since, until)
    SELECT a.alias, earlier, greatest(a.since, novabot_internal.since_of(a.alias)), u."beganAt"
    FROM public."User" AS u
    JOIN public."Alias" AS a ON a."userId" = u.id
    WHERE u.id = later AND novabot_internal.is_phone(a.alias) AND a.since < u."beganAt"
    ON CONFLICT DO NOTHING;
    SELECT novabot_internal.date_from_beginning(
        later,
        ARRAY(
            SELECT a.alias
            FROM public."Alias" AS a
            WHERE a."userId" = later AND novabot_internal.is_phone(a.alias)
        )
    )
$$;
COMMENT ON FUNCTION novabot_internal.put_before(text, text) IS
'A message that is older than the life of the client who has its number was another one''s: the number is that one''s before.';

CREATE OR REPLACE FUNCTION novabot_internal.apply_writer(
    client public."User", decision text, other text, own text[], event bigint,
    account text, at timestamptz, profile text,
    OUT became public."User", OUT result text
) RETURNS record
LANGUAGE plpgsql
AS $$
DECLARE
    meant uuid := client.incarnation;
    ids CONSTANT text[] := novabot_internal.without_phones(own);
    phone text;
BEGIN
    -- What another program's foreign key forbids is to be told here, not at COMMIT.
    SET CONSTRAINTS ALL IMMEDIATE;
    became := client;
    SELECT novabot_internal.canonical_address(w.address) INTO phone
    FROM unnest(own) AS w (address)
    WHERE novabot_internal.is_phone(w.address)
    LIMIT 1;
    CASE decision
        WHEN 'known', 'late' THEN
            RETURN;
        WHEN 'new' THEN
            became := novabot_internal.add_client(own, profile, account, at);
        WHEN 'past' THEN
            became := novabot_internal.add_client(own, profile, account, at);
            PERFORM novabot_internal.give_up(
                became.id, ARRAY[phone], novabot_internal.awaited_since(phone, at)
            );
            PERFORM novabot_internal.settle_id(became.id);
        WHEN 'add' THEN
            BEGIN
                PERFORM novabot_internal.adopt_addresses(client.id, own, account, at);
                UPDATE public."User" AS u
                SET "beganAt" = apply_writer.at
                WHERE u.id = client.id AND u."beganAt" > apply_writer.at;
                PERFORM novabot_internal.settle_id(client.id);
            EXCEPTION WHEN SQLSTATE 'ST004' THEN
                RAISE WARNING 'novabot: an address stays with its client: %', SQLERRM;
                result := 'move_failed';
            END;
        ELSE
            -- Another transaction may hold the other client for a moment.
            PERFORM set_config('lock_timeout', '500ms', true);
            -- What concerns another client too is done as a whole or not at all, and never costs
            -- the turn.
            BEGIN
                CASE decision
                    WHEN 'disagree' THEN
                        PERFORM novabot_internal.take_over(client.id, own, account, NULL);
                        PERFORM novabot_internal.note_identity(
                            client.id, 'ids_disagree', at, jsonb_build_object('address', ids[1])
                        );
                        PERFORM novabot_internal.note_identity(
                            u.id, 'ids_disagree', at,
                            jsonb_build_object('address', novabot_internal.reply_address(u.id))
                        )
                        FROM public."User" AS u
                        WHERE u.id = other;
                    WHEN 'halves' THEN
                        meant := (SELECT u.incarnation FROM public."User" AS u WHERE u.id = other);
                        IF novabot_internal.merge_client(other, client.id) THEN
                            PERFORM novabot_internal.take_over(other, own, account, NULL);
                            PERFORM novabot_internal.note_identity(other, 'merged', at);
                            PERFORM novabot_internal.settle_id(other);
                        END IF;
                        result := 'merged';
                    WHEN 'earlier' THEN
                        PERFORM FROM public."User" AS u WHERE u.id = other FOR NO KEY UPDATE;
                        became := novabot_internal.add_client(ids, profile, account, at);
                        PERFORM novabot_internal.put_before(became.id, other);
                    WHEN 'taken', 'conflict' THEN
                        PERFORM novabot_internal.lock_owner(other, phone);
                        PERFORM novabot_internal.give_way(
                            other, ARRAY[phone], at,
                            CASE decision WHEN 'conflict' THEN coalesce(account, '') END
                        );
                        IF meant IS NULL THEN
                            became := novabot_internal.add_client(own, profile, account, at);
                        ELSE
                            PERFORM novabot_internal.take_over(client.id, own, account, at);
                            PERFORM novabot_internal.settle_id(client.id);
                        END IF;
                    WHEN 'replaced' THEN
                        PERFORM novabot_internal.give_up(
                            client.id,
                            ARRAY(
                                SELECT a.alias
                                FROM public."Alias" AS a
                                WHERE
                                    a."userId" = client.id
                                    AND novabot_internal.is_bsuid(a.alias)
                                    AND coalesce(a.account = apply_writer.account, true)
                            ),
                            at
                        );
                        PERFORM novabot_internal.take_over(client.id, own, account, at);
                        PERFORM novabot_internal.note_identity(
                            client.id, 'portfolio_moved', at,
                            jsonb_build_object('conflict', coalesce(account, ''))
                        );
                        PERFORM novabot_internal.settle_id(client.id);
                        result := 'portfolio_moved';
                    WHEN 'moved' THEN
                        PERFORM novabot_internal.carry_out(event, own, account);
                END CASE;
            EXCEPTION
            WHEN SQLSTATE 'ST003' THEN
                RAISE; -- the next try judges anew who writes
            WHEN OTHERS THEN
                RAISE WARNING 'novabot: an address stays with its client: %', SQLERRM;
                result := CASE decision WHEN 'halves' THEN 'merge_failed' ELSE 'move_failed' END;
                meant := client.incarnation;
                became := client;
            END;
    END CASE;
    IF result IN ('merge_failed', 'move_failed') THEN
        PERFORM novabot_internal.note_failure(client.id, result, at);
        PERFORM novabot_internal.note_failure(other, result, at);
        IF meant IS NULL THEN
            became := novabot_internal.add_client(ids, profile, account, at);
        END IF;
    END IF;
    meant := coalesce(meant, became.incarnation);
    IF meant IS NOT NULL AND decision <> 'moved' THEN
        result := coalesce(
            novabot_internal.link_events(
                (SELECT u.id FROM public."User" AS u WHERE u.incarnation = meant),
                novabot_internal.canonical_addresses(CASE decision WHEN 'past' THEN ids ELSE own END),
                client.incarnation IS NULL
            ),
            result
        );
    END IF;
    SELECT u.* INTO became FROM public."User" AS u WHERE u.incarnation = meant;
END
$$;
COMMENT ON FUNCTION novabot_internal.apply_writer(
    public."User", text, text, text[], bigint, text, timestamptz, text
) IS
'Changes what a message, as find_writer judged it, says of who has which address. became: the client who wrote, as it is now; NULL when another transaction has just made it. result: merged, portfolio_moved, merge_failed or move_failed (another transaction''s lock or a trigger kept it: two clients stay), else NULL.';
