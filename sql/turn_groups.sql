-- Turns in groups: what commit_turn does for one turn, in one transaction for many, a statement a step
-- however many they are. Each has its own fence and its own outcome. Rows of clients and sessions that
-- another transaction holds are skipped: such turns, and odd ones, go to commit_turn, one by one.

CREATE OR REPLACE FUNCTION novabot_internal.find_known_writers(
    address_places integer[], addresses text[], written timestamptz[]
) RETURNS text[]
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_variable
BEGIN
    RETURN (
        SELECT array_agg(k.client ORDER BY i.place)
        FROM generate_subscripts(written, 1) AS i (place)
        LEFT JOIN (
            SELECT f.place, min(a."userId") AS client
            FROM unnest(address_places, addresses) AS f (place, address)
            LEFT JOIN public."Alias" AS a
                ON
                    a.alias = novabot_internal.canonical_address(f.address)
                    AND a.since <= written[f.place]
                    AND coalesce(a.spelling, a.alias) = f.address
            GROUP BY f.place
            HAVING
                count(a."userId") = count(*)
                AND min(a."userId") = max(a."userId")
                -- Met by a BSUID alone under 0.1, and known by a number since: commit_turn settles it.
                AND NOT (count(*) > 1 AND bool_or(a."userId" = f.address))
        ) AS k USING (place)
    );
END
$$;
COMMENT ON FUNCTION novabot_internal.find_known_writers(integer[], text[], timestamptz[]) IS
'By the place of each message: the client to whom all of its addresses led at its time, by the rules of is_known_writer; NULL where only find_writer can tell. addresses: of all messages, address_places: of which one each is.';

CREATE OR REPLACE FUNCTION novabot_internal.find_takable(
    places integer[],
    clients text[],
    written timestamptz[],
    outgoing jsonb[],
    tokens uuid[],
    number text,
    digest bytea,
    is_paced boolean,
    OUT takable integer[],
    OUT paid timestamptz[]
) RETURNS record
LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
BEGIN
    IF num_nonnulls(VARIADIC tokens) = 0 OR NOT novabot_internal.may_send(number, digest) THEN
        RETURN;
    END IF;
    SELECT
        array_agg(c.place),
        array_agg(CASE WHEN is_paced THEN o.used + novabot_internal.client_interval() END)
    INTO takable, paid
    FROM unnest(places) AS c (place)
    JOIN public."User" AS u ON u.id = clients[c.place]
    CROSS JOIN LATERAL (
        SELECT
            greatest(
                clock_timestamp(),
                (
                    SELECT l."paidUntil"
                    FROM public."Conversation" AS l
                    WHERE is_paced AND l."userId" = u.id AND l.direction = 'out'
                    ORDER BY l.id DESC
                    LIMIT 1
                )
            ) AS used
    ) AS o
    WHERE
        tokens[c.place] IS NOT NULL
        AND jsonb_array_length(outgoing[c.place]) > 0
        -- start_sending asks whether the client wants any.
        AND outgoing[c.place] -> 0 ->> 'kind' IS DISTINCT FROM 'template'
        AND greatest(u."windowUntil", written[c.place] + interval '24 hours') > clock_timestamp()
        AND o.used <= clock_timestamp() + novabot_internal.client_credit()
        AND NOT EXISTS (
            SELECT
            FROM public."Conversation" AS q
            WHERE q."userId" = u.id AND q.status IN ('queued', 'sending')
        );
END
$$;
COMMENT ON FUNCTION novabot_internal.find_takable(
    integer[], text[], timestamptz[], jsonb[], uuid[], text, bytea, boolean
) IS
'Of these places, those whose first answer start_sending would give out at once: the bot has reserved a place at the API (tokens), the number may send, nothing of the client is unsent, the window is open, and the client has not had too many. paid: until when the client''s budget is then used, as "Conversation"."paidUntil" says.';

CREATE OR REPLACE FUNCTION novabot_internal.has_foreign_code() RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN
        EXISTS (
            SELECT FROM pg_trigger AS t
            WHERE
                t.tgrelid IN (
                    'public."User"'::regclass, 'public."Session"'::regclass,
                    'public."Conversation"'::regclass, 'public."Delivery"'::regclass
                )
                AND NOT t.tgisinternal
                AND t.tgenabled <> 'D'
                AND NOT EXISTS (
                    SELECT FROM pg_proc AS p
                    WHERE p.oid = t.tgfoid AND p.pronamespace = 'novabot_internal'::regnamespace
                )
        )
        OR EXISTS (
            SELECT FROM pg_rewrite AS r
            WHERE
                r.ev_class IN (
                    'public."User"'::regclass, 'public."Session"'::regclass,
                    'public."Conversation"'::regclass, 'public."Delivery"'::regclass
                )
        );
END
$$;
COMMENT ON FUNCTION novabot_internal.has_foreign_code() IS
'Whether a trigger or rule of another program could act on what a turn writes: on "User", "Session", "Conversation" or "Delivery".';

CREATE OR REPLACE FUNCTION novabot_internal.commit_turns(
    expected_ids text[],
    expected_user_revisions uuid[],
    expected_session_revisions uuid[],
    message_ids text[],
    kinds text[],
    bodies text[],
    details jsonb[],
    stated timestamptz[],
    profiles text[],
    contexts jsonb[],
    learnt_names text[],
    outgoing jsonb[],
    tokens uuid[],
    address_places integer[],
    addresses text[],
    chain_ends integer[],
    bot uuid DEFAULT NULL,
    number text DEFAULT NULL,
    digest bytea DEFAULT NULL,
    is_paced boolean DEFAULT false
) RETURNS TABLE (
    place integer, outcome text,
    id text, incarnation uuid, nama text, paused boolean, context jsonb,
    user_revision uuid, session_revision uuid,
    taken jsonb
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_indexonlyscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
#variable_conflict use_variable
DECLARE
    written CONSTANT timestamptz[] := ARRAY(
        SELECT least(w.at, now()) FROM unnest(stated) WITH ORDINALITY AS w (at, n) ORDER BY w.n
    );
    chained CONSTANT boolean := EXISTS (
        SELECT FROM unnest(chain_ends) WITH ORDINALITY AS e (chain_end, place) WHERE e.chain_end > e.place
    );
    may_chain boolean := true;
    locked integer[];
    chosen integer[];
    wanted_count integer;
    writers text[];
    refusals text[];
    takable integer[];
    paid timestamptz[];
BEGIN
    -- Each turn of a chain but the first was answered from what the one before was expected to leave.
    -- Only without another program's trigger does it leave that; none can be made from here on.
    IF chained THEN
        LOCK TABLE
            public."User", public."Session", public."Conversation", public."Delivery"
            IN ROW EXCLUSIVE MODE;
        may_chain := NOT novabot_internal.has_foreign_code();
    END IF;

    -- 1. Lock each client, then its session, where the fence holds: the revision is compared in the
    --    statement that locks, which looks at the row again if another transaction has just written
    --    it. A row that another transaction holds is left out, never waited for.
    SELECT array_agg(l.place) INTO locked
    FROM (
        SELECT i.place
        FROM unnest(expected_ids, expected_user_revisions, chain_ends)
            WITH ORDINALITY AS i (client, revision, chain_end, place)
        JOIN public."User" AS u ON u.id = i.client AND u.revision = i.revision
        WHERE
            i.place = i.chain_end
            AND (may_chain OR chain_ends[i.place - 1] IS DISTINCT FROM i.place)
        ORDER BY u.id
        FOR NO KEY UPDATE OF u SKIP LOCKED
    ) AS l;
    SELECT array_agg(l.place) INTO locked
    FROM (
        SELECT i.place, i.client
        FROM unnest(expected_ids, expected_session_revisions)
            WITH ORDINALITY AS i (client, revision, place)
        JOIN public."Session" AS s ON s."userId" = i.client AND s.revision = i.revision
        WHERE i.place = ANY (locked)
        ORDER BY s."userId"
        FOR NO KEY UPDATE OF s SKIP LOCKED
    ) AS l;

    -- 2. What is locked was written by the client locked, and is neither seen before nor forgotten;
    --    of a chain, all of it.
    writers := novabot_internal.find_known_writers(address_places, addresses, written);
    SELECT
        array_agg(r.place) FILTER (WHERE r.is_whole),
        array_agg(r.refusal ORDER BY r.place)
    INTO chosen, refusals
    FROM (
        SELECT
            j.place,
            j.refusal,
            bool_and(j.refusal IS NULL) OVER (PARTITION BY chain_ends[j.place]) AS is_whole
        FROM (
            SELECT
                i.place,
                CASE
                    WHEN u.id IS NOT NULL
                        THEN novabot_internal.refusal_of(
                            i.own, message_ids[i.place], written[i.place], u."createdAt"
                        )
                    ELSE 'alone'
                END AS refusal
            FROM (
                SELECT
                    g.place,
                    ARRAY(
                        SELECT f.address
                        FROM unnest(address_places, addresses) AS f (place, address)
                        WHERE f.place = g.place
                    ) AS own
                FROM generate_subscripts(message_ids, 1) AS g (place)
                OFFSET 0 -- else refusal_of gets the subquery instead of its value, and is not inlined
            ) AS i
            LEFT JOIN public."User" AS u
                ON
                    u.id = writers[i.place]
                    AND chain_ends[i.place] = ANY (locked)
                    AND u.id = expected_ids[i.place]
                    AND chain_ends[i.place] = (
                        SELECT min(o.place)
                        FROM unnest(locked) AS o (place)
                        WHERE expected_ids[o.place] = expected_ids[i.place]
                    )
            OFFSET 0 -- refusal_of is evaluated once a turn, not once an aggregate
        ) AS j
    ) AS r;

    -- 3. Note the messages as seen, before anything else is written: one that another transaction
    --    has noted since is left out.
    wanted_count := cardinality(chosen);
    WITH wanted AS (
        SELECT
            min(c.place) AS place,
            d.digest,
            greatest(clock_timestamp(), max(stated[c.place])) AS seen
        FROM unnest(chosen) AS c (place)
        CROSS JOIN LATERAL novabot_internal.digest_of('message:' || message_ids[c.place])
            AS d (digest)
        GROUP BY d.digest
    ),
    noted AS (
        INSERT INTO public."Delivery" AS d (digest, "seenAt")
        SELECT w.digest, w.seen
        FROM wanted AS w
        ORDER BY w.digest
        ON CONFLICT DO NOTHING
        RETURNING d.digest
    )
    SELECT array_agg(w.place) INTO chosen
    FROM wanted AS w
    JOIN noted AS n ON n.digest = w.digest;
    IF chained AND wanted_count > coalesce(cardinality(chosen), 0) THEN
        RAISE serialization_failure USING MESSAGE = 'a message of a chain has just been seen elsewhere';
    END IF;

    -- 4. Write: the messages and the answers, in their order; the names, the sessions, both revisions.
    SELECT t.takable, t.paid INTO takable, paid
    FROM novabot_internal.find_takable(
        chosen, expected_ids, written, outgoing, tokens, number, digest, is_paced
    ) AS t;
    INSERT INTO public."Conversation" (
        "userId", direction, kind, body, detail, at, "waMessageId", author, status, address,
        key, token, "claimedBy", "claimedAt", attempts, "paidUntil"
    )
    SELECT
        expected_ids[w.place], w.direction, w.kind, w.body, w.detail, w.at, w.message_id,
        w.author, w.status, w.address, w.key, w.token,
        CASE WHEN w.status = 'sending' THEN bot END,
        CASE WHEN w.status = 'sending' THEN clock_timestamp() END,
        CASE WHEN w.status = 'sending' THEN 1 ELSE 0 END,
        w.paid
    FROM (
        SELECT
            c.place, 0::bigint AS turn, 'in' AS direction, kinds[c.place] AS kind,
            bodies[c.place] AS body, details[c.place] AS detail, written[c.place] AS at,
            message_ids[c.place] AS message_id, 'client' AS author, 'answered' AS status,
            NULL AS address, NULL AS key, gen_random_uuid() AS token,
            NULL::timestamptz AS paid
        FROM unnest(chosen) AS c (place)
        UNION ALL
        SELECT
            c.place, o.turn, 'out', coalesce(o.message ->> 'kind', 'text'),
            coalesce(o.message ->> 'body', ''), nullif(o.message -> 'detail', 'null'), now(),
            NULL, coalesce(o.message ->> 'author', 'bot'),
            CASE WHEN t.place IS NULL THEN 'queued' ELSE 'sending' END,
            (
                SELECT f.address
                FROM unnest(address_places, addresses)
                    WITH ORDINALITY AS f (place, address, n)
                WHERE f.place = c.place
                ORDER BY f.n
                LIMIT 1
            ),
            o.message ->> 'key',
            CASE WHEN t.place IS NULL THEN gen_random_uuid() ELSE tokens[c.place] END,
            t.paid
        FROM unnest(chosen) AS c (place)
        CROSS JOIN LATERAL jsonb_array_elements(outgoing[c.place])
            WITH ORDINALITY AS o (message, turn)
        LEFT JOIN unnest(takable, paid) AS t (place, paid) ON t.place = c.place AND o.turn = 1
    ) AS w
    ORDER BY w.place, w.turn
    ON CONFLICT ("userId", key) WHERE key IS NOT NULL DO NOTHING;
    UPDATE public."User" AS u
    SET
        revision = gen_random_uuid(),
        nama = nullif(coalesce(learnt_names[c.place], u.nama), ''),
        "profileName" = coalesce(profiles[c.place], u."profileName"),
        "activeAt" = now(),
        "windowUntil" = greatest(u."windowUntil", c.latest + interval '24 hours'),
        "beganAt" = CASE WHEN u."beganAt" > c.earliest THEN c.earliest ELSE u."beganAt" END
    FROM (
        SELECT
            chain_ends[o.place] AS place,
            min(written[o.place]) AS earliest,
            max(written[o.place]) AS latest
        FROM unnest(chosen) AS o (place)
        GROUP BY chain_ends[o.place]
    ) AS c
    WHERE u.id = expected_ids[c.place];
    UPDATE public."Session" AS s
    SET
        context = novabot_internal.keep_wish(contexts[c.place], s.context, false),
        revision = gen_random_uuid(),
        "updatedAt" = now()
    FROM unnest(chosen) AS c (place)
    WHERE s."userId" = expected_ids[c.place] AND c.place = chain_ends[c.place];

    -- 5. What has become of each, and what its client's session is by now, another turn of this group
    --    included. All is read from the rows once everything is written: a trigger of the DBA's may
    --    have changed them, or deleted the client, whose answer is not to be sent then.
    RETURN QUERY
    SELECT
        i.place,
        CASE
            WHEN i.place = ANY (chosen) THEN 'committed'
            WHEN refusals[i.place] <> 'alone' THEN refusals[i.place]
            WHEN u.id IS NULL OR refusals[i.place] IS NULL THEN 'alone'
            WHEN
                u.id = expected_ids[i.place]
                AND u.revision = expected_user_revisions[i.place]
                AND s.revision IS NOT DISTINCT FROM expected_session_revisions[i.place]
                THEN 'alone'
            ELSE 'stale'
        END,
        u.id, u.incarnation, u.nama,
        novabot_internal.is_paused(u."pausedAt", u."pausedUntil") OR novabot_internal.has_stopped(u.id),
        s.context, u.revision, s.revision,
        CASE
            WHEN c."userId" = u.id AND c.status = 'sending'
                THEN jsonb_build_object(
                    'token', c.token, 'address', c.address, 'kind', c.kind, 'body', c.body,
                    'detail', c.detail
                )
        END
    FROM generate_subscripts(message_ids, 1) AS i (place)
    LEFT JOIN public."User" AS u ON u.id = writers[i.place]
    LEFT JOIN public."Session" AS s ON s."userId" = u.id
    LEFT JOIN public."Conversation" AS c
        ON c.token = tokens[i.place] AND i.place = ANY (takable);
END
$$;
COMMENT ON FUNCTION novabot_internal.commit_turns(
    text[], uuid[], uuid[], text[], text[], text[], jsonb[], timestamptz[], text[], jsonb[], text[],
    jsonb[], uuid[], integer[], text[], integer[], uuid, text, bytea, boolean
) IS
'Many turns, each or nothing of it. Rows of clients and sessions that another transaction holds are skipped; a message id that another transaction is noting is waited for, for 50 ms at most, and then the statement raises lock_not_available and writes nothing. The arrays are by the place of the turn, but addresses: of all messages, each sender''s in their order, address_places: of which turn each is. tokens: where the bot has a place to send the first answer at once, the token that its row gets. chain_ends: the place of the last turn of its chain, its own for a turn by itself. A chain: turns of one client in consecutive places, each answered from what the one before leaves; all of it is committed or nothing, and learnt_names and profiles of its last turn are those that the chain leaves, the name it had before included. Where has_foreign_code(), its turns are alone. If another transaction has just noted one of the messages, the statement raises serialization_failure and writes nothing of any chain or turn. expected_ids NULL: only load the session. One row a turn. outcome: committed, stale, duplicate, too_old, forgotten as commit_turn says, or alone (not judged: commit_turn has to). taken: the first answer, which the bot bot has begun to send (status sending) since start_sending would give it out: token, address, kind, body, detail; NULL where it is queued, or there is none.';
