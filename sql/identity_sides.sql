-- The two sides of a change of addresses: who had the old ones, who is met at the new ones, and
-- whether the person was reset meanwhile.

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
        JOIN public."User" AS u ON u.id = f."userId"
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
    tos text[], at timestamptz, source text
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

CREATE OR REPLACE FUNCTION novabot_internal.lock_sides(
    froms text[], tos text[], at timestamptz, OUT source text, OUT target text
) RETURNS record
LANGUAGE plpgsql
AS $$
DECLARE
    locked text[];
    tries integer := 0;
BEGIN
    -- While this waits for the locks, another transaction may delete the two, rename them, or give
    -- their addresses to others.
    LOOP
        source := novabot_internal.find_source(froms, tos, at);
        target := novabot_internal.find_target(tos, at, source);
        EXIT WHEN locked IS NOT DISTINCT FROM ARRAY[source, target];
        tries := tries + 1;
        IF tries > 5 THEN
            RAISE EXCEPTION USING
                ERRCODE = 'lock_not_available',
                MESSAGE = 'other transactions kept changing who has these addresses';
        END IF;
        locked := ARRAY[source, target];
        PERFORM FROM public."User" AS u WHERE u.id = ANY (locked) ORDER BY u.id FOR UPDATE;
    END LOOP;
END
$$;
COMMENT ON FUNCTION novabot_internal.lock_sides(text[], text[], timestamptz) IS
'find_source and find_target, with both clients locked.';

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

CREATE OR REPLACE FUNCTION novabot_internal.has_other_id(
    client text, account text, digests bytea[]
) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT
        novabot_internal.has_user_id(client, account)
        AND novabot_internal.shows_other_id(
            ARRAY(
                SELECT a.alias FROM public."Alias" AS a WHERE a."userId" = client
                UNION
                SELECT f.alias FROM public."FormerAlias" AS f WHERE f."userId" = client
            ),
            digests
        )
$$;
COMMENT ON FUNCTION novabot_internal.has_other_id(text, text, bytea[]) IS
'Whether one side of a change names a BSUID, and a client whom it names by number has another one in this business account: then that client is another person.';

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

CREATE OR REPLACE FUNCTION novabot_internal.reset_by_event(
    source text, target text, from_digests bytea[], to_digests bytea[], at timestamptz
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    reset_at timestamptz;
    gone bigint := 0;
    next public."IdentityEvent";
    onward text;
    met CONSTANT text[] := novabot_internal.matching_aliases(target, to_digests);
BEGIN
    SELECT max(f.at) INTO reset_at
    FROM public."Forgotten" AS f
    WHERE
        f.digest = ANY (from_digests || to_digests)
        AND f.at > reset_by_event.at
        AND (
            (
                f.digest <> ALL (to_digests)
                AND f.since < reset_by_event.at
                AND reset_by_event.at <= f.until
            )
            OR (
                f.digest <> ALL (from_digests)
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
    -- The next owner of an old number is not forgotten with it.
    PERFORM novabot_internal.give_up(
        source,
        ARRAY(
            SELECT a.alias
            FROM public."Alias" AS a
            CROSS JOIN LATERAL novabot_internal.address_digests(ARRAY[a.alias]) AS d (digests)
            WHERE
                a."userId" = source
                AND novabot_internal.is_phone(a.alias)
                AND a.since <= reset_by_event.at
                AND d.digests && from_digests
                AND NOT d.digests && to_digests
        ),
        reset_by_event.at
    );
    IF
        target <> coalesce(source, '')
        AND novabot_internal.judge_target(target, met, at) = 'ambiguous'
    THEN
        -- Who had the new number before is another person, as without a reset.
        PERFORM novabot_internal.give_way(target, met, at);
        target := NULL;
    END IF;
    DELETE FROM public."User" AS u
    WHERE
        u.id IN (source, target)
        AND (
            u."createdAt" < reset_at
            -- What was written before it, and came after it, at an address that it did not name.
            OR u."beganAt" < reset_at - interval '60 seconds'
        );
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM
        set_config('novabot.actor', '', true),
        set_config('novabot.source', '', true);
    -- Where who was forgotten went from there, as a kept change says.
    SELECT e.* INTO next
    FROM public."IdentityEvent" AS e
    WHERE
        e.at > reset_by_event.at
        AND e."fromDigests" && to_digests
        -- Another BSUID at the same number is another person.
        AND (e."fromDigests" @> to_digests OR e."fromDigests" <@ to_digests)
    ORDER BY e.at, e.id
    LIMIT 1;
    INSERT INTO public."Forgotten" AS f (digest, at, since, until)
    SELECT d.digest, reset_at, d.since, d.until
    FROM (
        SELECT
            n.digest,
            reset_by_event.at AS since,
            CASE
                WHEN n.digest = ANY (next."fromDigests") AND n.digest <> ALL (next."toDigests")
                    THEN next.at
                ELSE 'infinity'
            END AS until
        FROM unnest(to_digests) AS n (digest)
        UNION
        SELECT n.digest, '-infinity', reset_by_event.at
        FROM unnest(from_digests) AS n (digest)
        WHERE n.digest <> ALL (to_digests)
    ) AS d
    ORDER BY d.digest, d.until
    ON CONFLICT (digest, until) DO UPDATE
    SET at = greatest(f.at, excluded.at), since = least(f.since, excluded.since);
    IF next.at < reset_at THEN
        DELETE FROM public."IdentityEvent" AS e WHERE e.id = next.id;
        onward := novabot_internal.reset_by_event(
            next.source, CASE WHEN NOT next.ambiguous THEN next.target END,
            next."fromDigests", next."toDigests", next.at
        );
    END IF;
    RETURN CASE WHEN gone > 0 OR onward = 'reset' THEN 'reset' ELSE 'forgotten' END;
END
$$;
COMMENT ON FUNCTION novabot_internal.reset_by_event(text, text, bytea[], bytea[], timestamptz) IS
'A change older than a reset of who had one of its addresses then: the person who was forgotten there is also the client at the other one, and is reset there too, and wherever kept changes say that it went from there. Both sides are locked. NULL, and nothing done, without such a reset.';
