-- Who a person is: to whom an address leads at the sender's time of a message, and who writes.
-- docs/identity.md has the rules; owners.sql what a message changes; identity_events.sql the changes
-- that WhatsApp tells. A transaction that changes the owner of an address holds the row locks of the clients
-- concerned.

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
    JOIN public."User" AS u ON u.id = f."userId"
    WHERE f.alias = address AND f.since <= at AND at < f.until
    ORDER BY f.until
    LIMIT 1;
    IF owner IS NOT NULL THEN
        standing := 'former';
    ELSIF present.id IS NULL THEN
        standing := CASE
            WHEN novabot_internal.awaited_since(address, at) IS NULL THEN 'unknown' ELSE 'past'
        END;
    ELSIF novabot_internal.is_phone(address) THEN
        standing := 'unowned';
    ELSE
        -- A BSUID never gets another owner.
        owner := present.id;
        standing := 'present';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.owner_at(text, timestamptz) IS
'The client to whom a canonical address led at the sender''s time `at`. standing: present (it still does), former (it leads to another client or to none by now), unknown (no client has it), past (the same, and it is another person''s by now), unowned (it leads to a client who got it later, and its owner of that time is not known any more).';

CREATE OR REPLACE FUNCTION novabot_internal.awaited_since(address text, at timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
    SELECT min(e.at)
    FROM public."IdentityEvent" AS e
    WHERE
        e.at > awaited_since.at
        AND novabot_internal.is_phone(address)
        AND e."toDigests" && novabot_internal.address_digests(ARRAY[address])
        AND NOT EXISTS (
            SELECT
            FROM public."IdentityEvent" AS l
            WHERE
                l.at BETWEEN awaited_since.at AND e.at
                AND l.id <> e.id
                AND l."fromDigests" && novabot_internal.address_digests(ARRAY[address])
        )
$$;
COMMENT ON FUNCTION novabot_internal.awaited_since(text, timestamptz) IS
'The first time after `at` from which, as a kept change says, another person has this number; NULL if none says so, or one tells where its owner of that time went.';

CREATE OR REPLACE FUNCTION novabot_internal.since_of(address text) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(max(f.until), '-infinity')
    FROM public."FormerAlias" AS f
    WHERE f.alias = address
$$;
COMMENT ON FUNCTION novabot_internal.since_of(text) IS
'The sender''s time from which a canonical address can have a new owner: when the last one gave it up.';

CREATE OR REPLACE FUNCTION novabot_internal.free_since(addresses text[], at timestamptz)
RETURNS timestamptz[]
LANGUAGE sql STABLE
AS $$
    SELECT array_agg(
        greatest(
            -- As since_of says, which would be called once an address.
            '-infinity',
            (
                SELECT max(f.until)
                FROM public."FormerAlias" AS f
                WHERE f.alias = k.address
            ),
            (
                SELECT max(e.at)
                FROM public."IdentityEvent" AS e
                WHERE
                    e.at <= free_since.at
                    AND e."fromDigests" && d.digests
                    AND NOT e."toDigests" && d.digests
            )
        )
        ORDER BY a.place
    )
    FROM unnest(addresses) WITH ORDINALITY AS a (address, place)
    CROSS JOIN LATERAL novabot_internal.canonical_address(a.address) AS k (address)
    -- OFFSET 0: once an address, and not once a kept change.
    CROSS JOIN LATERAL (
        SELECT novabot_internal.address_digests(ARRAY[k.address]) AS digests OFFSET 0
    ) AS d
$$;
COMMENT ON FUNCTION novabot_internal.free_since(text[], timestamptz) IS
'For each address, the sender''s time from which who writes from it at `at` can have it: since the last owner gave it up, or a kept change says that its owner left it.';

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
    OR EXISTS (
        SELECT
        FROM public."FormerAlias" AS f
        WHERE
            f."userId" = client
            AND novabot_internal.is_bsuid(f.alias)
            AND f.alias !~* '^[a-z]{2}\.ent\.'
    )
$$;
COMMENT ON FUNCTION novabot_internal.has_user_id(text, text) IS
'Whether a client has a BSUID in a business account; one of an unknown account counts, and one that it had before a change whose new one has not been shown yet.';

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
            AND NOT (
                e.account IS NOT DISTINCT FROM find_writer.account
                AND novabot_internal.shows_other_id(keys, e."toDigests")
            )
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
        -- One that began later, and has left the number again, is another person.
        writer := CASE
            WHEN
                NOT novabot_internal.has_user_id(phone_owner, account)
                AND novabot_internal.began_by(phone_owner, at)
                THEN phone_owner
        END;
        decision := CASE WHEN writer IS NULL THEN 'new' ELSE 'late' END;
    ELSIF id_standing IS NULL AND phone_standing IN ('present', 'former') THEN
        writer := phone_owner;
        decision := CASE phone_standing WHEN 'present' THEN 'add' ELSE 'late' END;
    ELSIF id_standing IS NULL AND phone_standing = 'unowned' THEN
        decision := 'forgotten';
    ELSIF phone_standing = 'past' THEN
        decision := 'past';
        own := addresses;
    ELSE
        decision := 'new';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.find_writer(text[], text, timestamptz, interval) IS
'Who wrote from these addresses (as WhatsApp spells them) in this business account at this time; writer NULL: a client who is not known. own: those of the addresses that are, or become, the writer''s. decision: known (nothing changes), add (the writer gets those that lead to no client), late (written before the address was given up), disagree (number and BSUID lead to two clients), halves (they are one person), taken or conflict (the number belongs to another person than `other` by now), earlier (the number was the writer''s before it was that of `other`), replaced (the BSUIDs of a whole portfolio have changed), moved (the kept `event` names the writer''s new address), new, past (new, and the number is another person''s by now), forgotten (its writer is not known any more).';

CREATE OR REPLACE FUNCTION novabot_internal.shows_other_id(keys text[], digests bytea[])
RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT
        cardinality(ids) > 0
        AND NOT novabot_internal.address_digests(ids) && digests
        AND (
            SELECT count(*)
            FROM unnest(novabot_internal.address_digests(keys)) AS d (digest)
            WHERE d.digest = ANY (digests)
        ) < cardinality(digests)
    FROM novabot_internal.without_phones(keys) AS w (ids)
$$;
COMMENT ON FUNCTION novabot_internal.shows_other_id(text[], bytea[]) IS
'Whether one side of a change names a BSUID, and these canonical addresses show another one: then they are another person''s, also where the number is the same.';

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

CREATE OR REPLACE FUNCTION novabot_internal.lock_owner(client text, address text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM FROM public."User" AS u WHERE u.id = client FOR NO KEY UPDATE;
    IF NOT EXISTS (
        SELECT FROM public."Alias" AS a WHERE a.alias = address AND a."userId" = client
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'ST003',
            MESSAGE = 'another transaction has changed who has this address meanwhile';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.lock_owner(text, text) IS
'Locks the client to whom find_writer says that a canonical address leads. Raises ST003 if it does not any more: everything is undone, and the next try judges anew.';

CREATE OR REPLACE FUNCTION novabot_internal.lock_addresses(addresses text[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    wanted integer;
BEGIN
    FOR wanted IN
        SELECT DISTINCT (hashtextextended(k.address, 0) & 1023)::integer AS bucket
        FROM unnest(novabot_internal.canonical_addresses(addresses)) AS k (address)
        ORDER BY bucket
    LOOP
        LOOP
            PERFORM FROM public."AddressLock" AS l WHERE l.bucket = wanted FOR UPDATE;
            EXIT WHEN found;
            -- The table was emptied. Others who insert the row wait until this transaction ends.
            INSERT INTO public."AddressLock" (bucket) VALUES (wanted) ON CONFLICT DO NOTHING;
            EXIT WHEN found;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION novabot_internal.lock_addresses(text[]) IS
'Until this transaction ends, no other one makes a client at these addresses or moves one there. By row locks, because any role can hold an advisory lock, and none can lock rows of a table that it has no rights on.';

CREATE OR REPLACE FUNCTION novabot_internal.began_by(client text, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(u."beganAt", '-infinity') <= at FROM public."User" AS u WHERE u.id = client
$$;
COMMENT ON FUNCTION novabot_internal.began_by(text, timestamptz) IS
'Whether a client''s life had begun by a sender''s time.';
