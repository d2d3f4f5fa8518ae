-- Who a person is: to whom an address leads at the sender's time of a message, who writes, and what
-- a message changes in it. docs/identity.md has the rules; events.sql the changes that WhatsApp tells.
-- Whoever changes the owner of an address holds the row locks of the clients concerned.

CREATE OR REPLACE FUNCTION novabot_internal.owner_at(
    address text, at timestamptz, OUT owner text, OUT standing text
) RETURNS record
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    present record;
BEGIN
    SELECT u.id, a.since INTO present
    FROM public."User" AS u
    JOIN public."Alias" AS a ON a."userId" = u.id
    WHERE a.alias = address;
    IF present.since <= at THEN
        owner := present.id;
        standing := 'present';
        RETURN;
    END IF;
    SELECT f."userId" INTO owner
    FROM public."FormerAlias" AS f
    WHERE f.alias = address AND f.since <= at AND at < f.until
    ORDER BY f.until
    LIMIT 1;
    IF owner IS NOT NULL THEN
        standing := 'former';
    ELSIF present.id IS NULL THEN
        standing := 'unknown';
    ELSIF novabot_internal.is_phone(address) THEN
        standing := 'nobody';
    ELSE
        -- A BSUID never gets another owner.
        owner := present.id;
        standing := 'present';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.owner_at(text, timestamptz) IS
'The client to whom a canonical address led at the sender''s time `at`. standing: present (it still does), former (it leads to another client or to none by now), unknown (no client has it), nobody (it leads to a client who got it later, and its owner of that time is not known any more).';

CREATE OR REPLACE FUNCTION novabot_internal.since_of(address text) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(max(f.until), '-infinity')
    FROM public."FormerAlias" AS f
    WHERE f.alias = address
$$;
COMMENT ON FUNCTION novabot_internal.since_of(text) IS
'The sender''s time from which a canonical address can have a new owner: when the last one gave it up.';

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

CREATE OR REPLACE FUNCTION novabot_internal.has_user_id(client text, account text) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (
        SELECT
        FROM public."Alias" AS a
        WHERE
            a."userId" = client
            AND novabot_internal.is_bsuid(a.alias)
            AND a.alias !~* '^[a-z]{2}\.ent\.'
            AND coalesce(a.account = has_user_id.account, true)
    )
$$;
COMMENT ON FUNCTION novabot_internal.has_user_id(text, text) IS
'Whether a client has a BSUID in a business account; one of an unknown account counts.';

CREATE OR REPLACE FUNCTION novabot_internal.wrote_within(client text, kept_for interval)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT u."activeAt" > now() - kept_for FROM public."User" AS u WHERE u.id = client
$$;
COMMENT ON FUNCTION novabot_internal.wrote_within(text, interval) IS
'Whether a client wrote so recently that its number cannot have been given to another person.';

CREATE OR REPLACE FUNCTION novabot_internal.conflicts_abound(account text) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    conflicts bigint;
BEGIN
    SELECT count(DISTINCT n."userId") + 1 INTO conflicts
    FROM public."IdentityNote" AS n
    WHERE
        n."notedAt" > clock_timestamp() - interval '1 hour'
        AND n.detail ->> 'conflict' = coalesce(conflicts_abound.account, '');
    RETURN conflicts > 20
    AND conflicts > 0.01 * (
        SELECT count(*) FROM public."User" AS u WHERE u."activeAt" > now() - interval '1 hour'
    );
END
$$;
COMMENT ON FUNCTION novabot_internal.conflicts_abound(text) IS
'Whether, with one more, over 20 known numbers and over 1 % of the clients that wrote have come with another BSUID of this business account within the last hour: then the business''s number has moved to another portfolio, and the people are the same.';

CREATE OR REPLACE FUNCTION novabot_internal.find_writer(
    addresses text[], account text, at timestamptz, kept_for interval,
    OUT writer text, OUT decision text, OUT other text, OUT own text[], OUT event bigint
) RETURNS record
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    keys CONSTANT text[] := novabot_internal.canonical_addresses(addresses);
    known record;
    phone text;
    id_owner text;
    id_standing text;
    phone_owner text;
    phone_standing text := 'unknown';
    key text;
BEGIN
    -- The one query of a client whose addresses are all known.
    SELECT
        count(*) AS addresses, min(u.id) AS first, max(u.id) AS last, max(a.since) AS since,
        bool_and(coalesce(a.spelling, a.alias) = ANY (find_writer.addresses)) AS as_before
    INTO known
    FROM public."User" AS u
    JOIN public."Alias" AS a ON a."userId" = u.id
    WHERE a.alias = ANY (keys);
    own := addresses;
    IF
        known.addresses = cardinality(keys) AND known.first = known.last AND known.since <= at
    THEN
        writer := known.first;
        decision := CASE WHEN known.as_before THEN 'known' ELSE 'add' END;
        RETURN;
    END IF;

    FOREACH key IN ARRAY keys LOOP
        IF novabot_internal.is_phone(key) THEN
            phone := key;
            SELECT o.* INTO phone_owner, phone_standing FROM novabot_internal.owner_at(key, at) AS o;
        ELSIF id_owner IS NULL THEN
            SELECT o.* INTO id_owner, id_standing FROM novabot_internal.owner_at(key, at) AS o;
        END IF;
    END LOOP;
    IF phone_standing NOT IN ('present', 'unknown') THEN
        own := novabot_internal.without_phones(addresses);
    END IF;

    IF id_owner IS NOT NULL THEN
        -- A known BSUID decides.
        writer := id_owner;
        other := phone_owner;
        IF id_standing = 'former' THEN
            decision := 'late';
        ELSIF phone_standing = 'unknown' OR (phone_standing, other) = ('present', writer) THEN
            decision := 'add';
        ELSIF
            other = writer
            OR EXISTS (
                SELECT FROM public."Alias" AS a WHERE a.alias = phone AND a."userId" = writer
            )
        THEN
            decision := 'late';
        ELSIF
            phone_standing = 'present'
            AND NOT novabot_internal.had_phone(writer)
            AND NOT novabot_internal.has_user_id(other, account)
        THEN
            decision := CASE
                WHEN novabot_internal.wrote_within(other, kept_for) THEN 'halves' ELSE 'taken'
            END;
        ELSE
            decision := 'disagree';
            own := novabot_internal.without_phones(addresses);
        END IF;
        RETURN;
    END IF;

    -- The other end of a change that WhatsApp told before.
    IF phone_standing = 'unknown' OR id_standing IS NOT NULL THEN
        SELECT e.id, u.id INTO event, writer
        FROM public."User" AS u
        JOIN public."IdentityEvent" AS e ON e.source = u.id
        WHERE
            NOT e.ambiguous
            AND e.at <= find_writer.at
            AND find_writer.at < coalesce(e.until, 'infinity')
            AND e."toDigests" && novabot_internal.address_digests(
                CASE
                    WHEN phone_standing = 'unknown' THEN keys
                    ELSE novabot_internal.without_phones(keys)
                END
            )
            AND novabot_internal.still_to_leave(e) = '{}'
        ORDER BY e.at DESC, e.id DESC
        LIMIT 1;
        IF FOUND THEN
            decision := 'moved';
            RETURN;
        END IF;
    END IF;

    IF id_standing IS NOT NULL AND phone_standing = 'present' THEN
        -- A known number with an unknown BSUID.
        other := phone_owner;
        IF NOT novabot_internal.has_user_id(other, account) THEN
            IF novabot_internal.wrote_within(other, kept_for) THEN
                writer := other;
                decision := 'add';
            ELSE
                decision := 'taken';
            END IF;
        ELSIF NOT novabot_internal.began_by(other, at) THEN
            decision := 'earlier';
            own := novabot_internal.without_phones(addresses);
        ELSIF novabot_internal.conflicts_abound(account) THEN
            writer := other;
            decision := 'replaced';
        ELSE
            decision := 'conflict';
        END IF;
    ELSIF id_standing IS NOT NULL AND phone_standing = 'former' THEN
        writer := CASE
            WHEN NOT novabot_internal.has_user_id(phone_owner, account) THEN phone_owner
        END;
        decision := CASE WHEN writer IS NULL THEN 'new' ELSE 'late' END;
    ELSIF id_standing IS NULL AND phone_standing IN ('present', 'former') THEN
        writer := phone_owner;
        decision := CASE phone_standing WHEN 'present' THEN 'add' ELSE 'late' END;
    ELSIF id_standing IS NULL AND phone_standing = 'nobody' THEN
        decision := 'forgotten';
    ELSE
        decision := 'new';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.find_writer(text[], text, timestamptz, interval) IS
'Who wrote from these addresses (as WhatsApp spells them) in this business account at this time; writer NULL: a client who is not known. own: those of the addresses that are, or become, the writer''s. decision: known (nothing changes), add (the writer gets those that lead to no client), late (written before the address was given up), disagree (number and BSUID lead to two clients), halves (they are one person), taken or conflict (the number belongs to another person than `other` by now), earlier (the number was the writer''s before it was that of `other`), replaced (the BSUIDs of a whole portfolio have changed), moved (the kept `event` names the writer''s new address), new, forgotten (its writer is not known any more).';

CREATE OR REPLACE FUNCTION novabot_internal.is_known_writer(
    client text, addresses text[], at timestamptz
) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    keys CONSTANT text[] := novabot_internal.canonical_addresses(addresses);
BEGIN
    RETURN (
        SELECT
            count(*) = cardinality(keys)
            AND bool_and(
                a."userId" = client
                AND a.since <= at
                AND coalesce(a.spelling, a.alias) = ANY (addresses)
            )
        FROM public."Alias" AS a
        WHERE a.alias = ANY (keys)
    );
END
$$;
COMMENT ON FUNCTION novabot_internal.is_known_writer(text, text[], timestamptz) IS
'Whether find_writer says `known` of this client, which is locked: all of the addresses led to it at this time. The short way of nearly every turn.';

CREATE OR REPLACE FUNCTION novabot_internal.without_phones(addresses text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT ARRAY(
        SELECT a.address
        FROM unnest(addresses) WITH ORDINALITY AS a (address, place)
        WHERE NOT novabot_internal.is_phone(a.address)
        ORDER BY a.place
    )
$$;
COMMENT ON FUNCTION novabot_internal.without_phones(text[]) IS 'The BSUIDs among these addresses.';

CREATE OR REPLACE FUNCTION novabot_internal.lock_writer(
    addresses text[], account text, at timestamptz, kept_for interval,
    OUT client public."User", OUT decision text, OUT other text, OUT own text[], OUT event bigint
) RETURNS record
LANGUAGE plpgsql
AS $$
DECLARE
    found record;
    is_alone boolean := false;
    tries integer := 0;
BEGIN
    -- The address that decides most often leads to the writer; it is judged again once that one is
    -- locked, for another transaction may have changed who has which address until then.
    client := novabot_internal.lock_client(addresses);
    LOOP
        SELECT w.* INTO found
        FROM novabot_internal.find_writer(addresses, account, at, kept_for) AS w;
        IF found.writer IS NULL THEN
            client := NULL;
            EXIT WHEN is_alone;
            -- Two transactions that make, or move, a client at one address take turns.
            PERFORM novabot_internal.lock_addresses(addresses);
            is_alone := true;
            CONTINUE;
        END IF;
        EXIT WHEN found.writer = client.id;
        tries := tries + 1;
        IF tries > 5 THEN
            RAISE EXCEPTION USING
                ERRCODE = 'lock_not_available',
                MESSAGE = 'other transactions kept changing who has these addresses';
        END IF;
        SELECT u.* INTO client
        FROM public."User" AS u
        WHERE u.id = found.writer
        FOR NO KEY UPDATE;
    END LOOP;
    decision := found.decision;
    other := found.other;
    own := found.own;
    event := found.event;
END
$$;
COMMENT ON FUNCTION novabot_internal.lock_writer(text[], text, timestamptz, interval) IS
'find_writer, with the writer locked: a delete then waits until this transaction ends, or this one until the delete does.';

CREATE OR REPLACE FUNCTION novabot_internal.lock_addresses(addresses text[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    key text;
BEGIN
    FOR key IN
        SELECT DISTINCT k.address
        FROM unnest(novabot_internal.canonical_addresses(addresses)) AS k (address)
        ORDER BY k.address
    LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended('novabot address ' || key, 0));
    END LOOP;
END
$$;
COMMENT ON FUNCTION novabot_internal.lock_addresses(text[]) IS
'Until this transaction ends, no other one makes a client at these addresses or moves one there.';

CREATE OR REPLACE FUNCTION novabot_internal.note_identity(
    client text, kind text, at timestamptz, detail jsonb DEFAULT '{}'
) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO public."IdentityNote" ("userId", kind, at, detail)
    SELECT u.id, note_identity.kind, note_identity.at, note_identity.detail
    FROM public."User" AS u
    WHERE
        u.id = client
        AND NOT EXISTS (
            SELECT
            FROM public."IdentityNote" AS n
            WHERE
                n."userId" = u.id
                AND n.kind = note_identity.kind
                AND n.detail = note_identity.detail
                AND n.kind IN ('ids_disagree', 'ambiguous_change', 'move_failed', 'merge_failed')
        )
$$;
COMMENT ON FUNCTION novabot_internal.note_identity(text, text, timestamptz, jsonb) IS
'Writes down for the operator what happened to a client''s addresses; what may come with every message, once.';

CREATE OR REPLACE FUNCTION novabot_internal.client_notes(client text)
RETURNS TABLE (kind text, at timestamptz, detail jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT n.kind, novabot_internal.shown_time(n.at), n.detail - 'conflict'
    FROM public."IdentityNote" AS n
    WHERE n."userId" = client
    ORDER BY n.id DESC
    LIMIT 100;
END
$$;
COMMENT ON FUNCTION novabot_internal.client_notes(text) IS
'What happened to a client''s addresses, the latest first. kind: number_changed and user_id_changed (detail: from, to), earlier_owner (it had this address before another client), merged, ids_disagree, ambiguous_change, move_failed, merge_failed, portfolio_moved; detail has address where one is meant.';

CREATE OR REPLACE FUNCTION novabot_internal.earlier_clients(address text)
RETURNS TABLE (id text, incarnation uuid, nama text, until timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
    SELECT u.id, u.incarnation, u.nama, novabot_internal.shown_time(max(f.until))
    FROM public."User" AS u
    JOIN public."FormerAlias" AS f ON f."userId" = u.id
    WHERE
        f.alias = novabot_internal.canonical_address(address)
        AND NOT EXISTS (
            SELECT FROM public."Alias" AS a WHERE a.alias = f.alias AND a."userId" = u.id
        )
    GROUP BY u.id
    ORDER BY max(f.until) DESC, u.id
$$;
COMMENT ON FUNCTION novabot_internal.earlier_clients(text) IS
'The clients who had an address before and do not have it now, the latest first; until: the sender''s time.';

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
    found public."User";
    address record;
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
    SELECT a.alias, a.spelling INTO address
    FROM public."Alias" AS a
    WHERE
        a."userId" = client
        AND (novabot_internal.is_phone(a.alias) OR novabot_internal.is_bsuid(a.alias))
    ORDER BY
        novabot_internal.is_phone(a.alias) DESC, a.alias ~* '^[a-z]{2}\.ent\.', a.since DESC,
        a."createdAt" DESC, a.alias
    LIMIT 1;
    wanted := CASE
        WHEN address.alias IS NULL AND client ~ '#' THEN client
        WHEN address.alias IS NULL
            THEN novabot_internal.alias_of(client) || '#' || found.incarnation
        WHEN novabot_internal.alias_of(client) = ANY (novabot_internal.spellings_of(address.alias))
            THEN client
        ELSE novabot_internal.client_id_of(coalesce(address.spelling, address.alias))
    END;
    IF wanted <> client THEN
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
        PERFORM set_config('novabot.renaming', '', true);
    END IF;
    PERFORM novabot_internal.readdress(wanted);
    RETURN wanted;
END
$$;
COMMENT ON FUNCTION novabot_internal.settle_id(text) IS
'Gives a client the id of the address that leads to it now: NUMBER@c.us, else its BSUID, else NUMBER#incarnation for one that has left all its addresses; an id of another kind stays. Returns the id.';

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
END
$$;
COMMENT ON FUNCTION novabot_internal.give_up(text, text[], timestamptz) IS
'These canonical addresses do not lead to a client any more, from a sender''s time on; settle_id is to follow.';

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
        END IF;
    END IF;
    PERFORM novabot_internal.take_over(client, own, account, NULL);
    PERFORM novabot_internal.refuse_other_owner(client, own);
END
$$;
COMMENT ON FUNCTION novabot_internal.adopt_addresses(text, text[], text, timestamptz) IS
'A client wrote from these addresses: those that lead to no client lead to it, and a new number takes the place of its earlier one. settle_id is to follow.';

CREATE OR REPLACE FUNCTION novabot_internal.put_before(earlier text, later text) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO public."FormerAlias" (alias, "userId", since, until)
    SELECT a.alias, earlier, greatest(a.since, novabot_internal.since_of(a.alias)), u."beganAt"
    FROM public."User" AS u
    JOIN public."Alias" AS a ON a."userId" = u.id
    WHERE u.id = later AND novabot_internal.is_phone(a.alias) AND a.since < u."beganAt"
    ON CONFLICT DO NOTHING;
    UPDATE public."Alias" AS a
    SET since = u."beganAt"
    FROM public."User" AS u
    WHERE
        u.id = later
        AND a."userId" = u.id
        AND novabot_internal.is_phone(a.alias)
        AND a.since < u."beganAt"
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
    life uuid := client.incarnation;
    ids CONSTANT text[] := novabot_internal.without_phones(own);
    phone text;
BEGIN
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
        WHEN 'add' THEN
            PERFORM novabot_internal.adopt_addresses(client.id, own, account, at);
            UPDATE public."User" AS u
            SET "beganAt" = apply_writer.at
            WHERE u.id = client.id AND u."beganAt" > apply_writer.at;
            PERFORM novabot_internal.settle_id(client.id);
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
                        life := (SELECT u.incarnation FROM public."User" AS u WHERE u.id = other);
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
                        PERFORM FROM public."User" AS u WHERE u.id = other FOR NO KEY UPDATE;
                        PERFORM novabot_internal.give_up(other, ARRAY[phone], at);
                        PERFORM novabot_internal.note_identity(
                            other, 'earlier_owner', at,
                            CASE decision
                                WHEN 'conflict' THEN jsonb_build_object(
                                        'address', phone, 'conflict', coalesce(account, '')
                                    )
                                ELSE jsonb_build_object('address', phone)
                            END
                        );
                        PERFORM novabot_internal.settle_id(other);
                        IF life IS NULL THEN
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
            EXCEPTION WHEN OTHERS THEN
                result := CASE decision WHEN 'halves' THEN 'merge_failed' ELSE 'move_failed' END;
                life := client.incarnation;
                became := client;
            END;
    END CASE;
    IF result IN ('merge_failed', 'move_failed') THEN
        PERFORM novabot_internal.note_failure(client.id, result, at);
        PERFORM novabot_internal.note_failure(other, result, at);
        IF life IS NULL THEN
            became := novabot_internal.add_client(ids, profile, account, at);
        END IF;
    END IF;
    life := coalesce(life, became.incarnation);
    IF life IS NOT NULL AND decision <> 'moved' THEN
        result := coalesce(
            novabot_internal.link_events(
                (SELECT u.id FROM public."User" AS u WHERE u.incarnation = life),
                novabot_internal.canonical_addresses(own),
                client.incarnation IS NULL
            ),
            result
        );
    END IF;
    SELECT u.* INTO became FROM public."User" AS u WHERE u.incarnation = life;
END
$$;
COMMENT ON FUNCTION novabot_internal.apply_writer(
    public."User", text, text, text[], bigint, text, timestamptz, text
) IS
'Changes what a message, as find_writer judged it, says of who has which address. became: the client who wrote, as it is now; NULL when another transaction has just made it. result: merged, portfolio_moved, merge_failed or move_failed (another transaction''s lock or a trigger kept it: two clients stay), else NULL.';

CREATE OR REPLACE FUNCTION novabot_internal.note_failure(
    client text, kind text, at timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM novabot_internal.note_identity(client, kind, at);
EXCEPTION WHEN OTHERS THEN
    -- What kept the merge may keep the note too; the caller reports the failure.
    RETURN;
END
$$;
COMMENT ON FUNCTION novabot_internal.note_failure(text, text, timestamptz) IS
'note_identity, where even that may be kept by another transaction.';
