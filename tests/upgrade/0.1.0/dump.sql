-- What novabot 0.1.0 leaves in a database: schema and data.
-- Made by tests/upgrade/make_release.py from commit fab97392494f6a43644d1e9e91ca50cf95360e8a; not edited.
--
-- PostgreSQL database dump
--


-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: acknowledge_resets(uuid, bigint[], bigint[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.acknowledge_resets(bot uuid, resets bigint[], dropped bigint[]) RETURNS TABLE(reset bigint, seconds double precision)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    most CONSTANT integer := 50;
BEGIN
    -- A forged notification may name a reset that never was: it is acknowledged nowhere.
    RETURN QUERY
    WITH acknowledged AS (
        INSERT INTO "ResetAck" AS a ("resetId", "botId", evicted)
        SELECT r.id, bot, d.evicted
        FROM unnest(resets, dropped) AS d (reset, evicted)
        JOIN "Reset" AS r ON r.id = d.reset
        ON CONFLICT DO NOTHING
        RETURNING a."resetId", a."ackedAt"
    )
    SELECT a."resetId", extract(EPOCH FROM a."ackedAt" - r.at)::double precision
    FROM acknowledged AS a
    JOIN "Reset" AS r ON r.id = a."resetId";
    IF cardinality(resets) <= most THEN
        PERFORM pg_notify('reset_acknowledged', jsonb_build_object('reset', n)::text)
        FROM unnest(resets) AS n;
    ELSE
        PERFORM pg_notify('reset_acknowledged', '{"reset": "*"}');
    END IF;
END
$$;


--
-- Name: FUNCTION acknowledge_resets(bot uuid, resets bigint[], dropped bigint[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.acknowledge_resets(bot uuid, resets bigint[], dropped bigint[]) IS 'A bot no longer remembers the clients of these resets; dropped: how many sessions each cost. Returns the seconds from each reset to its acknowledgement.';


--
-- Name: add_addresses(text, text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.add_addresses(client text, addresses text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    INSERT INTO "Alias" (alias, "userId")
    SELECT a, client FROM unnest(addresses) AS a
    ORDER BY a
    ON CONFLICT (alias) DO NOTHING;
    SELECT merge_clients(client, addresses)
    WHERE EXISTS (
        SELECT FROM "Alias" AS a WHERE a.alias = ANY (addresses) AND a."userId" <> client
    )
$$;


--
-- Name: FUNCTION add_addresses(client text, addresses text[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.add_addresses(client text, addresses text[]) IS 'These addresses lead to this client too; another one to whom they led becomes part of it.';


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: User; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."User" (
    id text NOT NULL,
    incarnation uuid DEFAULT gen_random_uuid() NOT NULL,
    nama text,
    revision uuid DEFAULT gen_random_uuid() NOT NULL,
    "pausedAt" timestamp with time zone,
    "profileName" text,
    "createdAt" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    "activeAt" timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT id_is_not_empty CHECK ((id <> ''::text))
);
ALTER TABLE ONLY public."User" ALTER COLUMN id SET STATISTICS 0;
ALTER TABLE ONLY public."User" ALTER COLUMN nama SET STATISTICS 0;
ALTER TABLE ONLY public."User" ALTER COLUMN "profileName" SET STATISTICS 0;


--
-- Name: TABLE "User"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."User" IS 'A client. Deleting a row, from any SQL client, is a reset: see sql/README.md.';


--
-- Name: COLUMN "User".id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."User".id IS '6281717407674@c.us for a phone number, the BSUID for a client without one.';


--
-- Name: COLUMN "User".incarnation; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."User".incarnation IS 'This life of the client. A client deleted and made again has another; never reused.';


--
-- Name: COLUMN "User".nama; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."User".nama IS 'The name the client told. It lives here alone.';


--
-- Name: COLUMN "User".revision; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."User".revision IS 'Half of the fence: new at every write of what is remembered. Leave it to the triggers.';


--
-- Name: COLUMN "User"."pausedAt"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."User"."pausedAt" IS 'Set while a person has taken over: the bot stores messages and does not answer.';


--
-- Name: COLUMN "User"."profileName"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."User"."profileName" IS 'What the client typed into WhatsApp as a profile; never used as the name.';


--
-- Name: COLUMN "User"."createdAt"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."User"."createdAt" IS 'When this life began, by the clock: later than a reset in the same transaction.';


--
-- Name: COLUMN "User"."activeAt"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."User"."activeAt" IS 'When the last message was stored; orders the client list.';


--
-- Name: add_client(text[], text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.add_client(addresses text[], profile text) RETURNS public."User"
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    client "User";
BEGIN
    INSERT INTO "User" (id, "profileName")
    VALUES (client_id_of(addresses[1]), profile)
    ON CONFLICT (id) DO NOTHING
    RETURNING * INTO client;
    IF client.id IS NULL THEN
        -- Somebody was faster; or the row is there and has lost its own address.
        INSERT INTO "Alias" (alias, "userId")
        SELECT alias_of(u.id), u.id
        FROM "User" AS u
        WHERE u.id = client_id_of(addresses[1])
        FOR KEY SHARE
        ON CONFLICT (alias) DO NOTHING;
    END IF;
    RETURN client;
END
$$;


--
-- Name: FUNCTION add_client(addresses text[], profile text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.add_client(addresses text[], profile text) IS 'Makes the client first met at these addresses; NULL when another transaction was faster.';


--
-- Name: add_own_alias(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.add_own_alias() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- Foreign keys have moved them already, unless session_replication_role = replica.
        UPDATE "Session" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        UPDATE "Conversation" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        UPDATE "Alias" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        -- It leads to nobody from now on, and nobody is forgotten: see mark_forgotten.
        PERFORM set_config('novabot.renaming', 'on', true);
        DELETE FROM "Alias" WHERE alias = alias_of(OLD.id) AND "userId" IN (OLD.id, NEW.id);
        PERFORM set_config('novabot.renaming', '', true);
    END IF;
    INSERT INTO "Alias" (alias, "userId")
    VALUES (alias_of(NEW.id), NEW.id)
    ON CONFLICT (alias) DO UPDATE SET "userId" = excluded."userId";
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION add_own_alias(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.add_own_alias() IS 'A client is found at the address its id stands for, also after a plain INSERT or UPDATE of the id.';


--
-- Name: alias_of(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.alias_of(client_id text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    SELECT regexp_replace(client_id, '@(c\.us|s\.whatsapp\.net)$', '')
$_$;


--
-- Name: FUNCTION alias_of(client_id text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.alias_of(client_id text) IS 'The address that a client id stands for: 6281717407674@c.us → 6281717407674; a BSUID stays.';


--
-- Name: apply_status(text, uuid, text, integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.apply_status(message_id text, message_token uuid, reported text, code integer, reason text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '100ms'
    AS $$
DECLARE
    ranks CONSTANT text[] := ARRAY[
        'queued', 'sending', 'uncertain', 'sent', 'failed', 'delivered', 'read'
    ];
BEGIN
    UPDATE "Conversation" AS c
    SET
        status = CASE
            WHEN array_position(ranks, reported) > array_position(ranks, c.status)
                THEN reported
            ELSE c.status
        END,
        "errorCode" = CASE
            WHEN reported = 'failed' AND c.status NOT IN ('delivered', 'read') THEN code
            WHEN reported IN ('delivered', 'read') THEN NULL
            ELSE c."errorCode"
        END,
        "errorText" = CASE
            WHEN reported = 'failed' AND c.status NOT IN ('delivered', 'read') THEN reason
            WHEN reported IN ('delivered', 'read') THEN NULL
            ELSE c."errorText"
        END,
        "waMessageId" = message_id
    WHERE
        c.direction = 'out'
        AND c.id = coalesce(
            (SELECT t.id FROM "Conversation" AS t WHERE t.token = message_token),
            (SELECT max(w.id) FROM "Conversation" AS w WHERE w."waMessageId" = message_id)
        );
    RETURN FOUND;
END
$$;


--
-- Name: FUNCTION apply_status(message_id text, message_token uuid, reported text, code integer, reason text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.apply_status(message_id text, message_token uuid, reported text, code integer, reason text) IS 'A status callback, found by our token, else by WhatsApp''s message id. Ticks never go backwards; an unknown message changes nothing.';


--
-- Name: audit_triggers(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.audit_triggers() RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT ARRAY(SELECT d.fault FROM find_drift() AS d)
$$;


--
-- Name: FUNCTION audit_triggers(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.audit_triggers() IS 'The faults of find_drift(), empty when all is as shipped. Each bot asks every minute, and is unready while there are any; the fence keeps answers right all the same.';


--
-- Name: begin_login(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.begin_login(account text, address text) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '5s'
    AS $$
DECLARE
    subjects CONSTANT bytea[] := ARRAY[
        digest_of('account:' || lower(account)), digest_of('from:' || address)
    ];
    bounds CONSTANT integer[] := ARRAY[8, 40];
    window_length CONSTANT interval := '15 minutes';
    wait_until timestamptz;
BEGIN
    -- Counted before the password is looked at, one at a time: guesses side by side gain nothing.
    PERFORM pg_advisory_xact_lock(hashtext('novabot.login'));
    DELETE FROM "LoginAttempt" WHERE at < now() - interval '1 hour';
    SELECT max(tried.at) + window_length INTO wait_until
    FROM unnest(subjects, bounds) AS s (subject, bound)
    CROSS JOIN LATERAL (
        SELECT a.at
        FROM "LoginAttempt" AS a
        WHERE a.subject = s.subject AND a.at > clock_timestamp() - window_length
        ORDER BY a.at DESC
        OFFSET s.bound - 1 LIMIT 1
    ) AS tried;
    IF wait_until IS NULL THEN
        INSERT INTO "LoginAttempt" (subject, at)
        SELECT s, clock_timestamp() FROM unnest(subjects) AS s;
    END IF;
    RETURN wait_until;
END
$$;


--
-- Name: FUNCTION begin_login(account text, address text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.begin_login(account text, address text) IS 'Counts a login before it is judged: NULL, or when to try again (8 failures an account, 40 an address, in 15 minutes).';


--
-- Name: begin_reset(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.begin_reset() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM
        set_config(
            'novabot.sessions_before', rows_deleted_so_far('"Session"')::text, true
        ),
        set_config(
            'novabot.conversations_before', rows_deleted_so_far('"Conversation"')::text, true
        );
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION begin_reset(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.begin_reset() IS 'Reads the counters before a DELETE; the cascades run before any statement trigger could count them.';


--
-- Name: Bot; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."Bot" (
    id uuid NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    "startedAt" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    "seenAt" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    "stoppedAt" timestamp with time zone,
    listening boolean DEFAULT false NOT NULL,
    sessions bigint DEFAULT 0 NOT NULL
);


--
-- Name: TABLE "Bot"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."Bot" IS 'One row a bot process; rows outlive their bots.';


--
-- Name: COLUMN "Bot"."seenAt"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."Bot"."seenAt" IS 'Renewed every second while the bot runs.';


--
-- Name: COLUMN "Bot"."stoppedAt"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."Bot"."stoppedAt" IS 'Set by a clean stop; such a bot remembers nobody.';


--
-- Name: COLUMN "Bot".sessions; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."Bot".sessions IS 'How many clients it holds in memory.';


--
-- Name: bots_missing(bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.bots_missing(reset bigint) RETURNS SETOF public."Bot"
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT b.*
    FROM "Reset" AS r
    JOIN "Bot" AS b
        ON b."startedAt" <= r.at
        AND b."seenAt" >= r.at - interval '15 seconds'
        AND b."stoppedAt" IS NULL
    WHERE
        r.id = bots_missing.reset
        AND NOT EXISTS (
            SELECT FROM "ResetAck" AS a WHERE a."resetId" = r.id AND a."botId" = b.id
        )
$$;


--
-- Name: FUNCTION bots_missing(reset bigint); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.bots_missing(reset bigint) IS 'The bots that were alive at this reset and have not acknowledged it. A silent bot does no harm: the fence has it.';


--
-- Name: bury_orphans(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.bury_orphans() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
BEGIN
    -- Each statement judges by one snapshot: what another transaction is just inserting
    -- for a client of its own is seen with its client, or not at all. What this transaction
    -- inserted itself (a CTE may add the session before the client) is no leftover.
    DELETE FROM "Session" AS c
    WHERE
        c."userId" = NEW.id
        AND NOT EXISTS (SELECT FROM "User" AS u WHERE u.id = NEW.id)
        AND is_leftover(c.xmin);
    DELETE FROM "Conversation" AS c
    WHERE
        c."userId" = NEW.id
        AND NOT EXISTS (SELECT FROM "User" AS u WHERE u.id = NEW.id)
        AND is_leftover(c.xmin);
    DELETE FROM "Alias" AS c
    WHERE
        c."userId" = NEW.id
        AND NOT EXISTS (SELECT FROM "User" AS u WHERE u.id = NEW.id)
        AND is_leftover(c.xmin);
    RETURN NEW;
END
$$;


--
-- Name: FUNCTION bury_orphans(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.bury_orphans() IS 'A new client inherits nothing: rows left under its id by a delete with triggers switched off go first.';


--
-- Name: claim_pending(text, uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.claim_pending(client text, bot uuid) RETURNS TABLE(token uuid, addresses text[], kind text, body text, detail jsonb, at timestamp with time zone, "waMessageId" text, attempts integer)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '50ms'
    AS $$
    UPDATE "Conversation" AS c
    SET "claimedBy" = bot, "claimedAt" = clock_timestamp(), attempts = attempts + 1
    WHERE
        c.id = (
            SELECT first.id
            FROM "Conversation" AS first
            WHERE first."userId" = client AND first.status = 'pending'
            ORDER BY first.id
            LIMIT 1
        )
        AND c.status = 'pending'
        AND (c."claimedBy" IS NULL OR c."claimedBy" = bot OR NOT is_alive(c."claimedBy"))
    RETURNING
        c.token,
        -- Its own address too: the one it came from may lead to nobody by now.
        CASE
            WHEN c.address <> alias_of(c."userId") THEN ARRAY[c.address, alias_of(c."userId")]
            ELSE ARRAY[alias_of(c."userId")]
        END,
        c.kind, c.body, c.detail, c.at, c."waMessageId", c.attempts
$$;


--
-- Name: FUNCTION claim_pending(client text, bot uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.claim_pending(client text, bot uuid) IS 'Gives a bot the client''s oldest stored message to answer; none while a living bot is at it.';


--
-- Name: client_id_of(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.client_id_of(address text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    SELECT CASE WHEN address ~ '^[0-9]+$' THEN address || '@c.us' ELSE address END
$_$;


--
-- Name: FUNCTION client_id_of(address text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.client_id_of(address text) IS 'The id of a client first met at this address: 6281717407674 → 6281717407674@c.us.';


--
-- Name: client_timeline(text, bigint, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.client_timeline(client text, before bigint, most integer) RETURNS TABLE(id bigint, direction text, kind text, body text, at timestamp with time zone, status text, error_code integer, error_text text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        c.id, c.direction, c.kind, c.body, shown_time(c.at), c.status, c."errorCode", c."errorText"
    FROM "User" AS u
    JOIN "Conversation" AS c ON c."userId" = u.id
    WHERE u.id = client AND c.id < coalesce(before, 9223372036854775807)
    ORDER BY c.id DESC
    LIMIT most;
END
$$;


--
-- Name: FUNCTION client_timeline(client text, before bigint, most integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.client_timeline(client text, before bigint, most integer) IS 'A client''s messages, the latest first, older than the message `before`.';


--
-- Name: clients_waiting(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.clients_waiting(bot uuid) RETURNS TABLE(client text, has_pending boolean, has_queued boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT
        c."userId",
        bool_or(c.status = 'pending'),
        bool_or(c.status = 'queued')
    FROM "Conversation" AS c
    WHERE
        (
            c.status = 'queued'
            AND c."dueAt" <= clock_timestamp()
            AND (c.at < clock_timestamp() - interval '1 second' OR c.attempts > 0)
            AND NOT EXISTS (
                SELECT
                FROM "Conversation" AS s
                WHERE
                    s."userId" = c."userId"
                    AND (s.status = 'sending' OR (s.status = 'queued' AND s.id < c.id))
            )
        )
        OR (
            c.status = 'pending'
            AND (c."claimedBy" IS NULL OR c."claimedBy" = bot OR NOT is_alive(c."claimedBy"))
        )
    GROUP BY c."userId"
    ORDER BY min(c.id)
    LIMIT 1000
$$;


--
-- Name: FUNCTION clients_waiting(bot uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.clients_waiting(bot uuid) IS 'Clients with something to send or to answer that no living bot is at. Each bot looks every second.';


--
-- Name: commit_turn(text[], text, uuid, uuid, text, text, text, jsonb, timestamp with time zone, text, jsonb, text, text[], uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.commit_turn(addresses text[], expected_id text, expected_user_revision uuid, expected_session_revision uuid, message_id text, kind text, body text, detail jsonb, written_at timestamp with time zone, profile text, new_context jsonb, learnt_name text, answers text[], stored_message uuid, OUT outcome text, OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb, OUT user_revision uuid, OUT session_revision uuid) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '50ms'
    AS $$
#variable_conflict use_variable
DECLARE
    client "User";
    current_session uuid;
BEGIN
    -- 1. Lock the client, then its session: whoever deletes or edits them waits for us,
    --    or we for them, and then see what they left.
    client := lock_client(addresses);
    current_session := lock_session(client.id);

    -- 2. The fence: the session answered from is the one in the database, or nothing is written.
    IF
        NOT is_unchanged(
            client, current_session,
            expected_id, expected_user_revision, expected_session_revision
        )
    THEN
        outcome := 'stale';
    ELSIF stored_message IS NOT NULL THEN
        -- 3a. The message was stored before it was answered: it must still be there.
        UPDATE "Conversation" AS c
        SET status = 'answered', "claimedBy" = NULL, "claimedAt" = NULL
        WHERE c.token = stored_message AND c."userId" = client.id AND c.status = 'pending';
        outcome := CASE WHEN FOUND THEN 'committed' ELSE 'gone' END;
    ELSE
        -- 3b. It must be neither seen before nor forgotten, and its sender be a client.
        outcome := refusal_of(addresses, message_id, written_at, client."createdAt");
        IF outcome IS NULL AND client.id IS NULL THEN
            client := add_client(addresses, profile);
        END IF;
        outcome := coalesce(outcome, CASE WHEN client.id IS NULL THEN 'stale' ELSE 'committed' END);
    END IF;

    IF outcome = 'stale' THEN
        SELECT l.* INTO id, incarnation, nama, paused, context, user_revision, session_revision
        FROM load_session(addresses) AS l;
        RETURN;
    ELSIF outcome <> 'committed' THEN
        RETURN;
    END IF;

    -- 4. Write: the message, the answers, the name, the session, both revisions. A client met
    --    by a BSUID alone gets the id that its phone number gives it, once that is known.
    IF stored_message IS NULL THEN
        PERFORM note_delivery(message_id);
        IF
            client.id = ANY (addresses)
            AND client_id_of(addresses[1]) <> addresses[1]
            AND NOT EXISTS (SELECT FROM "User" AS u WHERE u.id = client_id_of(addresses[1]))
        THEN
            UPDATE "User" AS u
            SET id = client_id_of(addresses[1]), revision = gen_random_uuid()
            WHERE u.id = client.id
            RETURNING u.* INTO client;
        END IF;
        IF cardinality(addresses) > 1 THEN
            PERFORM add_addresses(client.id, addresses);
        END IF;
        INSERT INTO "Conversation" ("userId", direction, kind, body, detail, at, "waMessageId")
        VALUES (client.id, 'in', kind, body, detail, written_at, message_id);
    END IF;
    INSERT INTO "Conversation" ("userId", direction, body, status, address)
    SELECT client.id, 'out', a.answer, 'queued', addresses[1]
    FROM unnest(answers) WITH ORDINALITY AS a (answer, position)
    ORDER BY a.position;

    user_revision := gen_random_uuid();
    session_revision := gen_random_uuid();
    UPDATE "User" AS u
    SET
        revision = user_revision,
        nama = coalesce(learnt_name, u.nama),
        "profileName" = coalesce(profile, u."profileName"),
        "activeAt" = now()
    WHERE u.id = client.id
    RETURNING u.nama INTO nama;
    IF current_session IS NULL THEN
        INSERT INTO "Session" ("userId", context, revision)
        VALUES (client.id, new_context, session_revision);
    ELSE
        UPDATE "Session" AS s
        SET context = new_context, revision = session_revision, "updatedAt" = now()
        WHERE s."userId" = client.id;
    END IF;
    id := client.id;
    incarnation := client.incarnation;
    paused := client."pausedAt" IS NOT NULL;
    context := new_context;
END
$$;


--
-- Name: FUNCTION commit_turn(addresses text[], expected_id text, expected_user_revision uuid, expected_session_revision uuid, message_id text, kind text, body text, detail jsonb, written_at timestamp with time zone, profile text, new_context jsonb, learnt_name text, answers text[], stored_message uuid, OUT outcome text, OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb, OUT user_revision uuid, OUT session_revision uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.commit_turn(addresses text[], expected_id text, expected_user_revision uuid, expected_session_revision uuid, message_id text, kind text, body text, detail jsonb, written_at timestamp with time zone, profile text, new_context jsonb, learnt_name text, answers text[], stored_message uuid, OUT outcome text, OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb, OUT user_revision uuid, OUT session_revision uuid) IS 'One turn, or nothing of it. outcome: committed (with the session as it is now), stale (somebody else wrote: the current session comes back, answer again from it), duplicate (seen before), forgotten (written before a reset), gone (the stored message was reset). Raises lock_not_available after 50 ms behind somebody''s lock.';


--
-- Name: describe_client(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.describe_client(client text) RETURNS TABLE(id text, incarnation uuid, nama text, profile_name text, created_at timestamp with time zone, active_at timestamp with time zone, paused_at timestamp with time zone, context jsonb, updated_at timestamp with time zone, aliases text[], received bigint, sent bigint, queued bigint, set_aside bigint)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        u.id, u.incarnation, u.nama, u."profileName", shown_time(u."createdAt"),
        shown_time(u."activeAt"), shown_time(u."pausedAt"), s.context, shown_time(s."updatedAt"),
        ARRAY(
            SELECT a.alias FROM "Alias" AS a WHERE a."userId" = u.id
            ORDER BY a."createdAt", a.alias
        ),
        messages.received, messages.sent, messages.queued,
        (SELECT count(*) FROM items_set_aside(u.id, 1000))
    FROM "User" AS u
    LEFT JOIN "Session" AS s ON s."userId" = u.id
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE c.direction = 'in') AS received,
            count(*) FILTER (WHERE c.direction = 'out') AS sent,
            count(*) FILTER (WHERE c.status IN ('queued', 'sending')) AS queued
        FROM "Conversation" AS c
        WHERE c."userId" = u.id
    ) AS messages
    WHERE u.id = client;
END
$$;


--
-- Name: FUNCTION describe_client(client text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.describe_client(client text) IS 'Everything that is kept of a client, with the messages counted (queued ones are among the sent); context is NULL without a session. This is what a reset deletes.';


--
-- Name: digest_of(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.digest_of(subject text) RETURNS bytea
    LANGUAGE sql STABLE STRICT SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT sha256(key || convert_to(subject, 'UTF8')) FROM "DigestKey"
$$;


--
-- Name: FUNCTION digest_of(subject text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.digest_of(subject text) IS 'Keyed digest (32 bytes) of a message id or an address.';


--
-- Name: drop_set_aside(text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.drop_set_aside(forgotten text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    -- A message id has the number in base64, in step with its groups of three bytes; so many
    -- characters do not depend on what follows. The last digit may be lost: better too much.
    DELETE FROM "SetAside" AS s
    WHERE EXISTS (
        SELECT
        FROM unnest(forgotten) AS f (alias)
        WHERE
            s.address = f.alias
            OR position(f.alias IN s.item) > 0
            OR position(
                left(encode(convert_to(f.alias, 'UTF8'), 'base64'), length(f.alias) * 8 / 6)
                IN s.item
            ) > 0
    )
    OR (
        NOT EXISTS (SELECT FROM "Alias" AS a WHERE a.alias = s.address)
        AND EXISTS (
            SELECT
            FROM "Forgotten" AS f
            WHERE f.digest = digest_of('address:' || s.address) AND f.at >= s.at
        )
    )
$$;


--
-- Name: FUNCTION drop_set_aside(forgotten text[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.drop_set_aside(forgotten text[]) IS 'Deletes the items set aside that mention one of these addresses, also inside a message id, and those of addresses forgotten since that lead to nobody.';


--
-- Name: everybody_at(timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.everybody_at(at timestamp with time zone) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    SELECT decode('00', 'hex') || timestamptz_send(at)
$$;


--
-- Name: FUNCTION everybody_at(at timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.everybody_at(at timestamp with time zone) IS 'What stands in place of a digest when everybody, or very many, were forgotten at a time after 1999: 9 bytes, in the order of the times. A later one does not undo an earlier one.';


--
-- Name: expected_triggers(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.expected_triggers() RETURNS TABLE(relation text, name text, kind text, routine text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    VALUES
        ('User', 'a_own_alias_on_insert', 'AFTER INSERT ROW', 'add_own_alias'),
        ('User', 'begin_reset', 'BEFORE DELETE STATEMENT', 'begin_reset'),
        ('User', 'bury_orphans', 'BEFORE INSERT ROW', 'bury_orphans'),
        ('User', 'own_alias_on_rename', 'AFTER UPDATE OF id ROW WHEN', 'add_own_alias'),
        ('User', 'renew_revision', 'BEFORE UPDATE ROW WHEN', 'renew_user_revision'),
        ('User', 'reset_deleted', 'AFTER DELETE STATEMENT OLD TABLE gone', 'reset_deleted'),
        ('User', 'reset_truncated', 'BEFORE TRUNCATE STATEMENT', 'reset_truncated'),
        ('Session', 'renew_revision', 'BEFORE UPDATE ROW WHEN', 'renew_session_revision'),
        ('Session', 'signal_deleted', 'AFTER DELETE STATEMENT OLD TABLE gone',
            'signal_sessions_deleted'),
        ('Session', 'signal_truncated', 'AFTER TRUNCATE STATEMENT', 'signal_sessions_truncated'),
        ('Alias', 'mark_forgotten', 'AFTER DELETE STATEMENT OLD TABLE gone', 'mark_forgotten')
$$;


--
-- Name: FUNCTION expected_triggers(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.expected_triggers() IS 'The triggers that forgetting hangs on, as they are shipped; all of them ENABLE ALWAYS.';


--
-- Name: find_api_token(bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_api_token(token_hash bytea) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE "ApiToken" AS t
    SET "usedAt" = now()
    WHERE
        t."tokenHash" = token_hash
        AND t."revokedAt" IS NULL
        AND coalesce(t."usedAt", '-infinity') < now() - interval '1 minute';
    RETURN (
        SELECT t.name FROM "ApiToken" AS t WHERE t."tokenHash" = token_hash AND t."revokedAt" IS NULL
    );
END
$$;


--
-- Name: FUNCTION find_api_token(token_hash bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.find_api_token(token_hash bytea) IS 'The name of an API token that is not revoked, or NULL.';


--
-- Name: find_client(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_client(handle text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT
    SET search_path TO 'public', 'pg_temp'
    AS $_$
DECLARE
    found text;
BEGIN
    SELECT u.id INTO found FROM "User" AS u WHERE u.id = handle;
    IF found IS NULL THEN
        SELECT u.id INTO found
        FROM "User" AS u
        JOIN "Alias" AS a ON a."userId" = u.id
        WHERE
            a.alias = handle
            OR (handle ~ '^[+0-9 ()./-]+$' AND a.alias = regexp_replace(handle, '[^0-9]', '', 'g'));
    END IF;
    IF found IS NULL THEN
        SELECT u.id INTO found
        FROM "User" AS u
        JOIN "Alias" AS a ON a."userId" = u.id
        WHERE a.alias = read_handle(handle);
    END IF;
    IF found IS NULL THEN
        -- Somebody may have deleted its address by hand: a turn would find it all the same.
        SELECT u.id INTO found FROM "User" AS u WHERE u.id = client_id_of(read_handle(handle));
    END IF;
    RETURN found;
END
$_$;


--
-- Name: FUNCTION find_client(handle text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.find_client(handle text) IS 'The id of the client a handle leads to, or NULL. Raises ST001 for what is no handle and no client.';


--
-- Name: find_drift(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_drift() RETURNS TABLE(fault text, mend text)
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH judged AS (
        SELECT
            e.relation,
            e.name,
            CASE
                WHEN p.name IS NULL THEN 'is missing'
                WHEN p.enabled = 'D' THEN 'is disabled'
                WHEN p.kind <> e.kind OR p.routine <> e.routine THEN
                    format('is not as shipped: %s, calls %s', p.kind, p.routine)
                WHEN p.enabled <> 'A' THEN
                    'is not ENABLE ALWAYS: it sleeps under session_replication_role = replica'
            END AS fault
        FROM expected_triggers() AS e
        LEFT JOIN present_triggers() AS p USING (relation, name)
    ),
    children AS (
        SELECT r.relation, to_regclass(format('public.%I', r.relation)) AS oid
        FROM (VALUES ('Session'), ('Conversation'), ('Alias')) AS r (relation)
    ),
    keys AS (
        SELECT
            c.relation,
            k.conname,
            k.confdeltype = 'c' AND k.confupdtype = 'c' AS cascades,
            (
                SELECT count(*) FROM pg_trigger AS t
                WHERE t.tgconstraint = k.oid AND t.tgenabled <> 'D'
            ) = 4 AS is_awake
        FROM children AS c
        LEFT JOIN pg_constraint AS k
            ON k.conrelid = c.oid
            AND k.confrelid = to_regclass('public."User"')
            AND k.contype = 'f'
    )
    SELECT
        format('trigger %s on "%s" %s', j.name, j.relation, j.fault),
        'novabot migrate --force'
    FROM judged AS j
    WHERE j.fault IS NOT NULL
    UNION ALL
    SELECT
        format('the foreign key of "%s" is missing', k.relation),
        format(
            'ALTER TABLE "%s" ADD FOREIGN KEY ("userId") REFERENCES "User" (id)'
            ' ON DELETE CASCADE ON UPDATE CASCADE',
            k.relation
        )
    FROM keys AS k
    WHERE k.conname IS NULL
    UNION ALL
    SELECT
        format('foreign key %s of "%s" does not cascade', k.conname, k.relation),
        format(
            'ALTER TABLE "%s" DROP CONSTRAINT %I, ADD FOREIGN KEY ("userId") REFERENCES "User" (id)'
            ' ON DELETE CASCADE ON UPDATE CASCADE',
            k.relation, k.conname
        )
    FROM keys AS k
    WHERE NOT k.cascades
    UNION ALL
    SELECT
        format('foreign key %s of "%s" is disabled', k.conname, k.relation),
        format(
            'ALTER TABLE "User" ENABLE TRIGGER ALL; ALTER TABLE "%s" ENABLE TRIGGER ALL;'
            ' then novabot migrate --force',
            k.relation
        )
    FROM keys AS k
    WHERE k.cascades AND NOT k.is_awake
    UNION ALL
    SELECT
        format('rule %s replaces statements on "%s"', r.rulename, c.relname),
        format('DROP RULE %I ON "%s"', r.rulename, c.relname)
    FROM pg_rewrite AS r
    JOIN pg_class AS c ON c.oid = r.ev_class
    WHERE
        r.is_instead
        AND c.oid IN (to_regclass('public."User"'), to_regclass('public."Session"'))
    ORDER BY 1
$$;


--
-- Name: FUNCTION find_drift(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.find_drift() IS 'What has changed in the triggers and foreign keys that forgetting hangs on, and how to mend each; no row when all is as shipped. DISABLE TRIGGER ALL followed by ENABLE TRIGGER ALL (pg_restore --disable-triggers) silently loses ENABLE ALWAYS.';


--
-- Name: find_idle_transactions(interval); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_idle_transactions(older_than interval DEFAULT '00:05:00'::interval) RETURNS TABLE(pid integer, application text, role text, seconds double precision)
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT
        a.pid, a.application_name, a.usename::text,
        extract(EPOCH FROM clock_timestamp() - a.state_change)::double precision
    FROM pg_stat_activity AS a
    WHERE
        a.datname = current_database()
        AND a.state LIKE 'idle in transaction%'
        AND (
            a.application_name = 'novabot listener'
            OR a.state_change <= clock_timestamp() - older_than
        )
    ORDER BY 4 DESC
$$;


--
-- Name: FUNCTION find_idle_transactions(older_than interval); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.find_idle_transactions(older_than interval) IS 'Sessions that sit in an open transaction: a bot''s listener (which then hears nothing) at once, others after a while. They keep locks, and notifications if they LISTEN.';


--
-- Name: find_open_rights(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_open_rights() RETURNS TABLE(fault text, mend text, grave boolean)
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH own AS (
        SELECT c.relowner AS owner FROM pg_class AS c WHERE c.oid = to_regclass('public."User"')
    ),
    public_tables AS (
        SELECT c.relname
        FROM pg_class AS c
        WHERE
            c.relnamespace = 'public'::regnamespace
            AND c.relname IN (
                'User', 'Session', 'Alias', 'Conversation', 'SetAside', 'DigestKey',
                'Operator', 'WebSession', 'ApiToken', 'LoginAttempt', 'Delivery', 'Forgotten'
            )
            AND (
                has_any_column_privilege('public', c.oid, 'SELECT, INSERT, UPDATE')
                OR has_table_privilege('public', c.oid, 'DELETE, TRUNCATE, TRIGGER')
            )
    )
    SELECT
        format('everybody (PUBLIC) may read or write "%s"', t.relname),
        format('REVOKE ALL ON "%s" FROM PUBLIC', t.relname),
        true
    FROM public_tables AS t
    UNION ALL
    SELECT
        format('role %s may read "DigestKey", the key of all digests', r.rolname),
        format('REVOKE ALL ON "DigestKey" FROM %I (or pg_read_all_data from it)', r.rolname),
        true
    FROM pg_roles AS r
    CROSS JOIN own
    WHERE
        NOT r.rolsuper
        AND r.rolname NOT LIKE 'pg\_%'
        AND NOT pg_has_role(r.oid, own.owner, 'MEMBER')
        AND has_any_column_privilege(r.oid, to_regclass('public."DigestKey"'), 'SELECT')
        AND NOT has_any_column_privilege('public', to_regclass('public."DigestKey"'), 'SELECT')
    UNION ALL
    SELECT
        format('everybody (PUBLIC) may call %s, which acts as its owner', p.oid::regprocedure),
        'novabot migrate --force',
        true
    FROM pg_proc AS p
    CROSS JOIN own
    WHERE
        p.pronamespace = 'public'::regnamespace
        AND p.proowner = own.owner
        AND p.prosecdef
        AND has_function_privilege('public', p.oid, 'EXECUTE')
    UNION ALL
    SELECT
        'everybody (PUBLIC) may create objects in the schema public, which our functions look in',
        'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
        false
    WHERE has_schema_privilege('public', 'public', 'CREATE')
    ORDER BY 1
$$;


--
-- Name: FUNCTION find_open_rights(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.find_open_rights() IS 'Who may see or do more with personal data than they should, and the statement that mends each; grave: it is open now, not only easily opened.';


--
-- Name: find_prepared_deletes(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_prepared_deletes() RETURNS TABLE(gid text, owner text, seconds double precision)
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT
        x.gid, x.owner::text, extract(EPOCH FROM clock_timestamp() - x.prepared)::double precision
    FROM pg_prepared_xacts AS x
    WHERE
        x.database = current_database()
        AND EXISTS (
            SELECT
            FROM pg_locks AS own
            JOIN pg_locks AS held
                ON held.virtualtransaction = own.virtualtransaction
                AND held.pid IS NULL
            WHERE
                own.transactionid = x.transaction
                AND own.pid IS NULL
                AND held.relation
                IN (to_regclass('public."User"'), to_regclass('public."Session"'))
        )
    ORDER BY x.prepared
$$;


--
-- Name: FUNCTION find_prepared_deletes(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.find_prepared_deletes() IS 'Prepared transactions that hold "User" or "Session": they outlive their sessions, and keep turns and resets waiting.';


--
-- Name: find_web_session(bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_web_session(token_hash bytea) RETURNS TABLE(name text, role text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE "WebSession" AS w
    SET
        "seenAt" = now(),
        "expiresAt" = least(now() + interval '12 hours', w."createdAt" + interval '7 days')
    WHERE
        w."tokenHash" = token_hash
        AND w."expiresAt" > now()
        AND w."seenAt" < now() - interval '1 minute';
    RETURN QUERY
    SELECT o.name, o.role
    FROM "WebSession" AS w
    JOIN "Operator" AS o ON o.name = w.operator
    WHERE w."tokenHash" = token_hash AND w."expiresAt" > now();
END
$$;


--
-- Name: FUNCTION find_web_session(token_hash bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.find_web_session(token_hash bytea) IS 'Who is logged in with this cookie; no row for nobody. A session ends after 12 hours without use, and after 7 days.';


--
-- Name: finish_login(text, text, bytea, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.finish_login(account text, address text, token_hash bytea, old_token_hash bytea) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    expires timestamptz;
BEGIN
    DELETE FROM "LoginAttempt" WHERE subject = digest_of('account:' || lower(account));
    DELETE FROM "LoginAttempt"
    WHERE id = (SELECT max(id) FROM "LoginAttempt" WHERE subject = digest_of('from:' || address));
    DELETE FROM "WebSession" WHERE "tokenHash" = old_token_hash OR "expiresAt" < now();
    INSERT INTO "WebSession" ("tokenHash", operator, "expiresAt")
    VALUES (token_hash, account, now() + interval '12 hours')
    RETURNING "expiresAt" INTO expires;
    RETURN expires;
END
$$;


--
-- Name: FUNCTION finish_login(account text, address text, token_hash bytea, old_token_hash bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.finish_login(account text, address text, token_hash bytea, old_token_hash bytea) IS 'The password was right: the failures are forgotten, and a new web session takes the old one''s place. Returns when it expires.';


--
-- Name: forget_by_chat(text[], text, uuid, uuid, text, timestamp with time zone, uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.forget_by_chat(addresses text[], expected_id text, expected_user_revision uuid, expected_session_revision uuid, message_id text, written_at timestamp with time zone, stored_message uuid, OUT outcome text, OUT reset bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '50ms'
    AS $$
#variable_conflict use_variable
DECLARE
    client "User";
    current_session uuid;
    receipt "Reset";
BEGIN
    client := lock_client(addresses);
    current_session := lock_session(client.id);
    IF
        NOT is_unchanged(
            client, current_session,
            expected_id, expected_user_revision, expected_session_revision
        )
    THEN
        outcome := 'stale';
    ELSIF stored_message IS NOT NULL THEN
        outcome := CASE
            WHEN EXISTS (
                SELECT
                FROM "Conversation" AS c
                WHERE c.token = stored_message AND c."userId" = client.id AND c.status = 'pending'
            ) THEN 'reset'
            ELSE 'gone'
        END;
    ELSE
        outcome := coalesce(
            refusal_of(addresses, message_id, written_at, client."createdAt"), 'reset'
        );
        IF outcome = 'reset' THEN
            PERFORM note_delivery(message_id);
        END IF;
    END IF;
    IF outcome = 'reset' THEN
        -- Somebody first met by number and later by BSUID alone is two clients until now.
        PERFORM reset_client(u.id, 'client', 'chat')
        FROM "User" AS u
        WHERE
            u.id <> client.id
            AND u.id IN (SELECT a."userId" FROM "Alias" AS a WHERE a.alias = ANY (addresses));
        PERFORM remember_forgetting(addresses);
        receipt := reset_client(coalesce(client.id, client_id_of(addresses[1])), 'client', 'chat');
        reset := receipt.id;
    END IF;
END
$$;


--
-- Name: FUNCTION forget_by_chat(addresses text[], expected_id text, expected_user_revision uuid, expected_session_revision uuid, message_id text, written_at timestamp with time zone, stored_message uuid, OUT outcome text, OUT reset bigint); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.forget_by_chat(addresses text[], expected_id text, expected_user_revision uuid, expected_session_revision uuid, message_id text, written_at timestamp with time zone, stored_message uuid, OUT outcome text, OUT reset bigint) IS 'The client asked to be forgotten: a reset, once a message, behind the same fence as a turn. outcome: reset, stale (load and ask again), duplicate, forgotten (written before a reset) or gone (the stored message was reset).';


--
-- Name: is_alive(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_alive(bot uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT EXISTS (
        SELECT
        FROM "Bot" AS b
        WHERE
            b.id = bot
            AND b."stoppedAt" IS NULL
            AND b."seenAt" > clock_timestamp() - interval '10 seconds'
    )
$$;


--
-- Name: FUNCTION is_alive(bot uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_alive(bot uuid) IS 'Whether a bot was seen in the last 10 seconds; the work of others is taken over.';


--
-- Name: is_forgotten(text[], timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_forgotten(addresses text[], written_at timestamp with time zone, client_since timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT EXISTS (
        SELECT
        FROM "Forgotten" AS f
        WHERE
            f.digest = ANY (ARRAY(SELECT digest_of('address:' || a) FROM unnest(addresses) AS a))
            AND written_at < f.at - interval '60 seconds'
    )
    OR EXISTS (
        SELECT
        FROM "Forgotten" AS f
        WHERE
            f.digest > everybody_at(
                greatest(written_at + interval '60 seconds', timestamptz '2000-01-02 00:00Z')
            )
            AND f.digest < everybody_at(coalesce(client_since, 'infinity'))
            AND length(f.digest) = 9
    )
$$;


--
-- Name: FUNCTION is_forgotten(addresses text[], written_at timestamp with time zone, client_since timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_forgotten(addresses text[], written_at timestamp with time zone, client_since timestamp with time zone) IS 'Whether a message of this time is a late redelivery from before a reset of its sender. client_since: when the client''s row was made, NULL without one.';


--
-- Name: is_leftover(xid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_leftover(written xid) RETURNS boolean
    LANGUAGE sql
    SET search_path TO 'public', 'pg_temp'
    AS $$
    -- How much younger than this transaction's id; its subtransactions' ids are younger too,
    -- and so are those of others that began later and have committed.
    WITH writer AS (
        SELECT own, own + age(own::text::xid)::bigint - age(written)::bigint AS id
        FROM (SELECT pg_current_xact_id()::text::bigint AS own) AS this
    )
    SELECT
        id < own
        OR (
            id > own
            AND id < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
            AND pg_xact_status(id::text::xid8) IS DISTINCT FROM 'in progress'
        )
    FROM writer
$$;


--
-- Name: FUNCTION is_leftover(written xid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_leftover(written xid) IS 'Whether a visible row with this xmin was written by another transaction than the present one.';


--
-- Name: is_sending(uuid, uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_sending(message uuid, bot uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '100ms'
    AS $$
    SELECT EXISTS (
        SELECT
        FROM "Conversation" AS c
        WHERE c.token = message AND c.status = 'sending' AND c."claimedBy" = bot
    )
$$;


--
-- Name: FUNCTION is_sending(message uuid, bot uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_sending(message uuid, bot uuid) IS 'Whether an answer is still this bot''s to send: asked again when the process was held up.';


--
-- Name: is_unchanged(public."User", uuid, text, uuid, uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_unchanged(client public."User", session uuid, expected_id text, expected_user_revision uuid, expected_session_revision uuid) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT
        client.id IS NOT DISTINCT FROM expected_id
        AND client.revision IS NOT DISTINCT FROM expected_user_revision
        AND session IS NOT DISTINCT FROM expected_session_revision
$$;


--
-- Name: FUNCTION is_unchanged(client public."User", session uuid, expected_id text, expected_user_revision uuid, expected_session_revision uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_unchanged(client public."User", session uuid, expected_id text, expected_user_revision uuid, expected_session_revision uuid) IS 'The fence: whether a locked client and its session''s revision are those that were answered from.';


--
-- Name: SetAside; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."SetAside" (
    id bigint NOT NULL,
    address text,
    item text NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY public."SetAside" ALTER COLUMN address SET STATISTICS 0;
ALTER TABLE ONLY public."SetAside" ALTER COLUMN item SET STATISTICS 0;
ALTER TABLE ONLY public."SetAside" ALTER COLUMN reason SET STATISTICS 0;


--
-- Name: TABLE "SetAside"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."SetAside" IS 'Webhook items that could not be read, kept 8 days for the operator; a reset takes those that mention the client.';


--
-- Name: items_set_aside(text, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.items_set_aside(client text, most integer) RETURNS SETOF public."SetAside"
    LANGUAGE plpgsql STABLE
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $$
BEGIN
    RETURN QUERY
    SELECT s.*
    FROM "SetAside" AS s
    WHERE
        client IS NULL
        OR EXISTS (
            SELECT
            FROM "User" AS u
            JOIN "Alias" AS a ON a."userId" = u.id
            WHERE u.id = client AND (s.address = a.alias OR position(a.alias IN s.item) > 0)
        )
    ORDER BY s.id DESC
    LIMIT most;
END
$$;


--
-- Name: FUNCTION items_set_aside(client text, most integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.items_set_aside(client text, most integer) IS 'Webhook items that could not be read and mention this client, the latest first; NULL: everybody''s.';


--
-- Name: list_bots(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_bots(most integer) RETURNS TABLE(id uuid, host text, pid integer, sessions bigint, state text, started_at timestamp with time zone, seen_at timestamp with time zone, stopped_at timestamp with time zone, seconds_silent double precision)
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT
        b.id, b.host, b.pid, b.sessions,
        CASE
            WHEN b."stoppedAt" IS NOT NULL THEN 'stopped'
            WHEN b."seenAt" <= clock_timestamp() - interval '10 seconds' THEN 'silent'
            WHEN b.listening THEN 'listening'
            ELSE 'deaf'
        END,
        b."startedAt", b."seenAt", b."stoppedAt",
        greatest(0, extract(EPOCH FROM clock_timestamp() - b."seenAt"))::double precision
    FROM "Bot" AS b
    ORDER BY b."stoppedAt" IS NOT NULL, b."seenAt" DESC, b.id
    LIMIT most
$$;


--
-- Name: FUNCTION list_bots(most integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.list_bots(most integer) IS 'The bots, living ones first. state: listening, deaf (runs and cannot hear: remembers nobody), silent (not seen for 10 seconds) or stopped.';


--
-- Name: list_clients(text, timestamp with time zone, text, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_clients(search text, after_at timestamp with time zone, after_id text, most integer) RETURNS TABLE(id text, nama text, profile_name text, active_at timestamp with time zone, cursor text, paused boolean, messages bigint, last_message_at timestamp with time zone, last_text text, last_kind text, last_direction text, last_status text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $$
#variable_conflict use_column
DECLARE
    sought CONSTANT text := lower(btrim(search));
    digits CONSTANT text := typed_digits(search);
BEGIN
    RETURN QUERY
    SELECT
        u.id, u.nama, u."profileName", shown_time(u."activeAt"),
        (to_json(u."activeAt") #>> '{}') || ' ' || u.id, u."pausedAt" IS NOT NULL,
        (SELECT count(*) FROM "Conversation" AS c WHERE c."userId" = u.id),
        shown_time(last.at), left(last.body, 300), last.kind, last.direction, last.status
    FROM "User" AS u
    LEFT JOIN LATERAL (
        SELECT c.at, c.body, c.kind, c.direction, c.status
        FROM "Conversation" AS c
        WHERE c."userId" = u.id
        ORDER BY c.id DESC
        LIMIT 1
    ) AS last ON true
    WHERE
        (u."activeAt", u.id COLLATE "C")
        < (coalesce(after_at, 'infinity'), coalesce(after_id, ''))
        AND (
            coalesce(sought, '') = ''
            OR position(sought IN lower(u.nama)) > 0
            OR position(sought IN lower(u."profileName")) > 0
            OR position(sought IN lower(u.id)) > 0
            OR position(sought IN lower(last.body)) > 0
            OR EXISTS (
                SELECT
                FROM "Alias" AS a
                WHERE
                    a."userId" = u.id
                    AND (
                        position(digits IN a.alias) > 0 OR position(sought IN lower(a.alias)) > 0
                    )
            )
        )
    ORDER BY u."activeAt" DESC, u.id COLLATE "C" DESC
    LIMIT most;
END
$$;


--
-- Name: FUNCTION list_clients(search text, after_at timestamp with time zone, after_id text, most integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.list_clients(search text, after_at timestamp with time zone, after_id text, most integer) IS 'A page of clients, the latest active first, after ("activeAt", id), which "cursor" gives joined by a space; search is sought in names, addresses (a number in any usual spelling) and the last text.';


--
-- Name: list_resets(bigint, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.list_resets(before bigint, most integer) RETURNS TABLE(id bigint, at timestamp with time zone, actor text, source text, clients bigint, sessions bigint, conversations bigint, acknowledged bigint, missing bigint)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        r.id, r.at, r.actor, r.source, r.clients, r.sessions, r.conversations,
        (SELECT count(*) FROM "ResetAck" AS a WHERE a."resetId" = r.id),
        (SELECT count(*) FROM bots_missing(r.id))
    FROM "Reset" AS r
    WHERE r.id < coalesce(before, 9223372036854775807)
    ORDER BY r.id DESC
    LIMIT most;
END
$$;


--
-- Name: FUNCTION list_resets(before bigint, most integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.list_resets(before bigint, most integer) IS 'Receipts, the latest first, older than `before`, with how many bots have acknowledged and how many have not.';


--
-- Name: load_session(text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.load_session(addresses text[], OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb, OUT user_revision uuid, OUT session_revision uuid) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '50ms'
    AS $$
BEGIN
    SELECT
        u.id, u.incarnation, u.nama, u."pausedAt" IS NOT NULL, s.context, u.revision, s.revision
    INTO
        load_session.id, load_session.incarnation, load_session.nama, load_session.paused,
        load_session.context, load_session.user_revision, load_session.session_revision
    FROM "User" AS u
    JOIN "Alias" AS a ON a."userId" = u.id
    LEFT JOIN "Session" AS s ON s."userId" = u.id
    WHERE a.alias = ANY (addresses)
    ORDER BY array_position(addresses, a.alias)
    LIMIT 1;
END
$$;


--
-- Name: FUNCTION load_session(addresses text[], OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb, OUT user_revision uuid, OUT session_revision uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.load_session(addresses text[], OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb, OUT user_revision uuid, OUT session_revision uuid) IS 'What is remembered of the client that these addresses (preferred first) lead to; one row, all NULL for a stranger.';


--
-- Name: lock_client(text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lock_client(addresses text[]) RETURNS public."User"
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
    SELECT u.*
    FROM "User" AS u
    JOIN "Alias" AS a ON a."userId" = u.id
    WHERE a.alias = ANY (addresses)
    ORDER BY array_position(addresses, a.alias)
    LIMIT 1
    FOR NO KEY UPDATE OF u
$$;


--
-- Name: FUNCTION lock_client(addresses text[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.lock_client(addresses text[]) IS 'Locks and returns the client that these addresses lead to; NULL for a stranger. A delete waits until the turn has committed, or the turn until the delete has.';


--
-- Name: lock_session(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lock_session(client text) RETURNS uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT s.revision FROM "Session" AS s WHERE s."userId" = client FOR NO KEY UPDATE
$$;


--
-- Name: FUNCTION lock_session(client text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.lock_session(client text) IS 'Locks a client''s session and returns its revision; NULL without one.';


--
-- Name: mark_forgotten(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mark_forgotten() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    most CONSTANT integer := 450;
    forgotten text[];
BEGIN
    -- An address deleted before its client, by hand, counts too: nobody could tell it later.
    SELECT array_agg(g.alias) INTO forgotten
    FROM gone AS g
    WHERE coalesce(current_setting('novabot.renaming', true), '') <> 'on';
    IF cardinality(forgotten) <= most THEN
        PERFORM remember_forgetting(forgotten);
    ELSIF cardinality(forgotten) > most THEN
        PERFORM remember_forgetting_everybody();
    END IF;
    SELECT array_agg(g.alias) INTO forgotten
    FROM gone AS g
    WHERE NOT EXISTS (SELECT FROM "User" AS u WHERE u.id = g."userId");
    IF cardinality(forgotten) <= most THEN
        PERFORM drop_set_aside(forgotten);
    ELSIF cardinality(forgotten) > most THEN
        -- Looking for each address in each item would take minutes.
        DELETE FROM "SetAside";
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION mark_forgotten(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.mark_forgotten() IS 'Deleted addresses get their watermark, as digests (one for everybody when there are many), and items set aside that mention those of deleted clients go (all when there are many).';


--
-- Name: merge_clients(text, text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.merge_clients(kept text, addresses text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    actor_before CONSTANT text := coalesce(current_setting('novabot.actor', true), '');
    source_before CONSTANT text := coalesce(current_setting('novabot.source', true), '');
    other "User";
BEGIN
    PERFORM set_config('novabot.actor', 'novabot', true);
    PERFORM set_config('novabot.source', 'merge', true);
    FOR other IN
        SELECT u.*
        FROM "User" AS u
        WHERE
            u.id <> kept
            AND u.id IN (SELECT a."userId" FROM "Alias" AS a WHERE a.alias = ANY (addresses))
        ORDER BY u.id
        FOR UPDATE
    LOOP
        UPDATE "Conversation" SET "userId" = kept WHERE "userId" = other.id;
        UPDATE "Alias" SET "userId" = kept WHERE "userId" = other.id;
        DELETE FROM "User" AS u WHERE u.id = other.id;
        UPDATE "User" AS u SET nama = coalesce(u.nama, other.nama) WHERE u.id = kept;
    END LOOP;
    PERFORM set_config('novabot.actor', actor_before, true);
    PERFORM set_config('novabot.source', source_before, true);
END
$$;


--
-- Name: FUNCTION merge_clients(kept text, addresses text[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.merge_clients(kept text, addresses text[]) IS 'Somebody who was met by number and by BSUID apart turns out to be one person: the clients these addresses lead to become the one that is kept, with all messages and addresses, so that a reset of the one forgets the other. A receipt (source merge) tells the bots.';


--
-- Name: missed_resets(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.missed_resets(bot uuid) RETURNS bigint[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT coalesce(array_agg(r.id ORDER BY r.id), '{}')
    FROM "Reset" AS r
    WHERE
        r.at > now() - interval '1 day'
        AND NOT EXISTS (
            SELECT FROM "ResetAck" AS a WHERE a."resetId" = r.id AND a."botId" = bot
        )
$$;


--
-- Name: FUNCTION missed_resets(bot uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.missed_resets(bot uuid) IS 'The resets of the last day that lack this bot''s acknowledgement. Asked between LISTEN and the first notification by a bot that has just dropped everything: those it sees are carried out, later ones it will hear.';


--
-- Name: note_delivery(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.note_delivery(message_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO "Delivery" (digest) VALUES (digest_of('message:' || message_id))
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'ST003',
            MESSAGE = 'this message was stored by another transaction meanwhile';
    END IF;
END
$$;


--
-- Name: FUNCTION note_delivery(message_id text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.note_delivery(message_id text) IS 'Remembers that this message was seen, as a digest. Raises ST003 when another transaction just did: everything is undone, and the next try finds it seen.';


--
-- Name: pause_client(text, uuid, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.pause_client(client text, life uuid, pausing boolean) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '5s'
    AS $$
BEGIN
    UPDATE "User" AS u
    SET "pausedAt" = CASE WHEN pausing THEN coalesce(u."pausedAt", now()) END
    WHERE u.id = client AND u.incarnation = coalesce(life, u.incarnation);
    RETURN FOUND;
END
$$;


--
-- Name: FUNCTION pause_client(client text, life uuid, pausing boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.pause_client(client text, life uuid, pausing boolean) IS 'A person takes over, or hands back to the bot; false, and nothing done, if the client is gone or in another life. life NULL means the current one.';


--
-- Name: present_triggers(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.present_triggers() RETURNS TABLE(relation text, name text, kind text, routine text, enabled "char")
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    -- The bits of tgtype are in PostgreSQL's catalog/pg_trigger.h.
    SELECT
        c.relname::text,
        t.tgname::text,
        concat_ws(
            ' ',
            CASE WHEN t.tgtype & 2 <> 0 THEN 'BEFORE' ELSE 'AFTER' END,
            CASE WHEN t.tgtype & 4 <> 0 THEN 'INSERT' END,
            CASE WHEN t.tgtype & 8 <> 0 THEN 'DELETE' END,
            CASE WHEN t.tgtype & 16 <> 0 THEN 'UPDATE' END,
            (
                SELECT 'OF ' || string_agg(a.attname, ', ' ORDER BY a.attnum)
                FROM pg_attribute AS a
                WHERE a.attrelid = c.oid AND a.attnum = ANY (t.tgattr::smallint[])
            ),
            CASE WHEN t.tgtype & 32 <> 0 THEN 'TRUNCATE' END,
            CASE WHEN t.tgtype & 1 <> 0 THEN 'ROW' ELSE 'STATEMENT' END,
            CASE WHEN t.tgqual IS NOT NULL THEN 'WHEN' END,
            'OLD TABLE ' || t.tgoldtable,
            'NEW TABLE ' || t.tgnewtable
        ),
        CASE WHEN p.pronamespace = c.relnamespace THEN p.proname::text ELSE p.oid::regproc::text END,
        t.tgenabled
    FROM pg_class AS c
    JOIN pg_trigger AS t ON t.tgrelid = c.oid
    JOIN pg_proc AS p ON p.oid = t.tgfoid
    WHERE
        c.relnamespace = 'public'::regnamespace
        AND c.relname IN ('User', 'Session', 'Alias', 'Conversation')
        AND NOT t.tgisinternal
$$;


--
-- Name: FUNCTION present_triggers(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.present_triggers() IS 'The triggers that are on the tables now, described as expected_triggers() does.';


--
-- Name: prune_digests(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.prune_digests() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM "Delivery"
    WHERE digest IN (
        SELECT d.digest
        FROM "Delivery" AS d
        WHERE d."seenAt" < now() - interval '8 days'
        ORDER BY d."seenAt"
        LIMIT 5000
        FOR UPDATE SKIP LOCKED
    );
    DELETE FROM "Forgotten" WHERE at < now() - interval '8 days';
    DELETE FROM "SetAside" WHERE at < now() - interval '8 days';
$$;


--
-- Name: FUNCTION prune_digests(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.prune_digests() IS 'Drops digests and items set aside that are older than 8 days; WhatsApp redelivers for 7. At most 5000 at a time; the bots call it every minute.';


--
-- Name: read_handle(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.read_handle(handle text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'public', 'pg_temp'
    AS $_$
DECLARE
    written CONSTANT text := strip_handle(handle);
    digits text;
BEGIN
    -- Without its 0, an Indonesian number is one only as people write it, in groups: bare digits,
    -- as programs and ids have them, are international, and 852… is in Hong Kong.
    IF written ~* '^[a-z]{2}\.(ent\.)?[a-z0-9]{1,128}$' THEN
        RETURN written;
    END IF;
    IF written ~ '^\+?[0-9 ()./-]+$' THEN
        digits := regexp_replace(written, '[^0-9]', '', 'g');
        digits := CASE
            WHEN digits LIKE '00%' THEN substr(digits, 3)
            WHEN written LIKE '+%' THEN digits
            WHEN digits LIKE '0%' THEN '62' || substr(digits, 2)
            WHEN digits ~ '^8[0-9]{8,11}$' AND written ~ '[0-9][ -][0-9]' THEN '62' || digits
            ELSE digits
        END;
        digits := regexp_replace(digits, '^620+', '62');
        IF length(digits) BETWEEN 6 AND 20 THEN
            RETURN digits;
        END IF;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'ST001',
        MESSAGE = format('%L is no client id, phone number or BSUID', handle),
        HINT = 'Write 6281717407674@c.us, +62 817-1740-7674, 0817-1740-7674, or a BSUID such as ID.1a2b3c.';
END
$_$;


--
-- Name: FUNCTION read_handle(handle text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.read_handle(handle text) IS 'The address a person meant: a client id, a phone number in any usual spelling (national ones are Indonesian), or a BSUID. Raises ST001 for anything else.';


--
-- Name: receipt_bots(bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.receipt_bots(reset bigint) RETURNS TABLE(id uuid, host text, pid integer, evicted bigint, acked_at timestamp with time zone, milliseconds double precision, started_later boolean)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        b.id, b.host, b.pid, a.evicted, a."ackedAt",
        (extract(EPOCH FROM a."ackedAt" - r.at) * 1000)::double precision, b."startedAt" > r.at
    FROM "Reset" AS r
    JOIN "ResetAck" AS a ON a."resetId" = r.id
    JOIN "Bot" AS b ON b.id = a."botId"
    WHERE r.id = receipt_bots.reset
    UNION ALL
    SELECT b.id, b.host, b.pid, NULL, NULL, NULL, false
    FROM bots_missing(receipt_bots.reset) AS b
    ORDER BY 5, 1;
END
$$;


--
-- Name: FUNCTION receipt_bots(reset bigint); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.receipt_bots(reset bigint) IS 'The bots of a receipt: those that acknowledged, in their order, then those that are missing (acked_at NULL).';


--
-- Name: refusal_of(text[], text, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refusal_of(addresses text[], message_id text, written_at timestamp with time zone, client_since timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT CASE
        WHEN was_delivered(message_id) THEN 'duplicate'
        WHEN is_forgotten(addresses, written_at, client_since) THEN 'forgotten'
    END
$$;


--
-- Name: FUNCTION refusal_of(addresses text[], message_id text, written_at timestamp with time zone, client_since timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.refusal_of(addresses text[], message_id text, written_at timestamp with time zone, client_since timestamp with time zone) IS 'Why a message is not to be answered: duplicate (seen before, by any bot, before or after any reset), forgotten (written before its sender was forgotten, and delivered late), or NULL.';


--
-- Name: remember_forgetting(text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.remember_forgetting(forgotten text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    INSERT INTO "Forgotten" AS f (digest, at)
    SELECT digest_of('address:' || a), clock_timestamp()
    FROM unnest(forgotten) AS a
    ORDER BY 1
    ON CONFLICT (digest) DO UPDATE SET at = greatest(f.at, excluded.at)
$$;


--
-- Name: FUNCTION remember_forgetting(forgotten text[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.remember_forgetting(forgotten text[]) IS 'Sets the watermark of these addresses to now.';


--
-- Name: remember_forgetting_everybody(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.remember_forgetting_everybody() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    INSERT INTO "Forgotten" (digest, at)
    SELECT everybody_at(now.at), now.at FROM (SELECT clock_timestamp() AS at) AS now
    ON CONFLICT DO NOTHING
$$;


--
-- Name: FUNCTION remember_forgetting_everybody(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.remember_forgetting_everybody() IS 'Adds a watermark that stands for all senders who have no client, or a younger one.';


--
-- Name: renew_session_revision(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.renew_session_revision() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    client uuid;
BEGIN
    NEW.revision := gen_random_uuid();
    FOR client IN
        SELECT u.incarnation FROM "User" AS u WHERE u.id IN (OLD."userId", NEW."userId")
    LOOP
        PERFORM signal_change(client);
    END LOOP;
    RETURN NEW;
END
$$;


--
-- Name: FUNCTION renew_session_revision(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.renew_session_revision() IS 'Somebody other than a turn edited a session: no turn begun before may commit.';


--
-- Name: renew_user_revision(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.renew_user_revision() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    NEW.revision := gen_random_uuid();
    PERFORM signal_change(OLD.incarnation);
    RETURN NEW;
END
$$;


--
-- Name: FUNCTION renew_user_revision(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.renew_user_revision() IS 'Somebody other than a turn edited what is remembered of a client: no turn begun before may commit.';


--
-- Name: report_bot(uuid, text, integer, boolean, bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.report_bot(bot uuid, on_host text, with_pid integer, is_listening boolean, holds bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    INSERT INTO "Bot" AS b (id, host, pid, listening, sessions)
    VALUES (bot, on_host, with_pid, is_listening, holds)
    ON CONFLICT (id) DO UPDATE
    SET
        "seenAt" = clock_timestamp(),
        "stoppedAt" = NULL,
        listening = excluded.listening,
        sessions = excluded.sessions
$$;


--
-- Name: FUNCTION report_bot(bot uuid, on_host text, with_pid integer, is_listening boolean, holds bigint); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.report_bot(bot uuid, on_host text, with_pid integer, is_listening boolean, holds bigint) IS 'A bot says that it is there, whether it hears, and how many sessions it holds.';


--
-- Name: Reset; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."Reset" (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    source text NOT NULL,
    clients bigint NOT NULL,
    sessions bigint NOT NULL,
    conversations bigint NOT NULL
);


--
-- Name: TABLE "Reset"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."Reset" IS 'One row a reset: its receipt. No personal data.';


--
-- Name: COLUMN "Reset".actor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."Reset".actor IS 'The database role, or the operator of the dashboard.';


--
-- Name: COLUMN "Reset".source; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."Reset".source IS 'dashboard, api, cli, chat, or the SQL client''s application_name.';


--
-- Name: reset_client(text, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.reset_client(handle text, actor text DEFAULT NULL::text, source text DEFAULT NULL::text) RETURNS public."Reset"
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    actor_before CONSTANT text := coalesce(current_setting('novabot.actor', true), '');
    source_before CONSTANT text := coalesce(current_setting('novabot.source', true), '');
    client text;
    life uuid;
    gone uuid;
    sessions_before bigint;
    conversations_before bigint;
    receipt "Reset";
BEGIN
    IF handle IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'ST001', MESSAGE = 'reset_client needs a handle, not NULL';
    END IF;
    PERFORM set_config('novabot.actor', coalesce(reset_client.actor, ''), true);
    PERFORM set_config('novabot.source', coalesce(reset_client.source, ''), true);
    -- A client deleted and made again while we waited for its row is found by a second look.
    PERFORM set_config('novabot.reset', '', true);
    LOOP
        client := find_client(handle);
        EXIT WHEN client IS NULL;
        sessions_before := rows_deleted_so_far('"Session"');
        conversations_before := rows_deleted_so_far('"Conversation"');
        SELECT u.incarnation INTO life FROM "User" AS u WHERE u.id = client;
        DELETE FROM "User" AS u WHERE u.id = client RETURNING u.incarnation INTO gone;
        EXIT WHEN FOUND;
        IF EXISTS (SELECT FROM "User" AS u WHERE u.id = client AND u.incarnation = life) THEN
            RAISE EXCEPTION USING
                ERRCODE = 'ST004',
                MESSAGE = format('a trigger or rule on "User" kept %s: nothing was reset', client),
                HINT = 'A BEFORE DELETE trigger has to return OLD; \d "User" shows them.';
        END IF;
    END LOOP;
    IF client IS NOT NULL AND current_setting('novabot.reset') <> '' THEN
        SELECT r.* INTO receipt
        FROM "Reset" AS r
        WHERE r.id = current_setting('novabot.reset')::bigint;
    ELSIF client IS NOT NULL THEN
        -- Somebody has switched the trigger off: this door works all the same.
        receipt := write_receipt(
            1,
            rows_deleted_so_far('"Session"') - sessions_before,
            rows_deleted_so_far('"Conversation"') - conversations_before,
            jsonb_build_array(gone)
        );
    ELSE
        PERFORM remember_forgetting(ARRAY[read_handle(handle)]);
        PERFORM drop_set_aside(ARRAY[read_handle(handle)]);
        receipt := write_receipt(0, 0, 0, '[]');
    END IF;
    PERFORM set_config('novabot.actor', actor_before, true);
    PERFORM set_config('novabot.source', source_before, true);
    RETURN receipt;
END
$$;


--
-- Name: FUNCTION reset_client(handle text, actor text, source text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.reset_client(handle text, actor text, source text) IS 'Forgets the client a handle leads to and returns the receipt: zeros for a client nobody knows. Raises ST001 for a handle that cannot be read, ST004 when a trigger of somebody else keeps the row. SELECT * FROM reset_client(''0817-1740-7674'').';


--
-- Name: reset_deleted(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.reset_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    most CONSTANT integer := 150;
    forgotten bigint;
    ids text[];
    lost text[];
    incarnations jsonb := '"*"';
BEGIN
    SELECT count(*) INTO forgotten FROM gone;
    IF forgotten = 0 THEN
        RETURN NULL;
    END IF;
    -- Foreign keys are triggers too, and sleep under session_replication_role = replica
    -- and DISABLE TRIGGER ALL: what they left is deleted here. The many are deleted by
    -- EXECUTE, so that no plan made for a million rows is kept for one.
    IF forgotten <= most THEN
        SELECT array_agg(g.id), jsonb_agg(g.incarnation) INTO ids, incarnations FROM gone AS g;
        DELETE FROM "Session" WHERE "userId" = ANY (ids);
        DELETE FROM "Conversation" WHERE "userId" = ANY (ids);
        DELETE FROM "Alias" WHERE "userId" = ANY (ids);
        -- Somebody may have deleted or changed their addresses by hand before them.
        SELECT array_agg(alias_of(id)) INTO lost
        FROM unnest(ids) AS id
        WHERE NOT EXISTS (SELECT FROM "Alias" AS a WHERE a.alias = alias_of(id));
        PERFORM remember_forgetting(lost);
        PERFORM drop_set_aside(lost);
    ELSE
        EXECUTE 'DELETE FROM "Session" AS c USING gone AS g WHERE c."userId" = g.id';
        EXECUTE 'DELETE FROM "Conversation" AS c USING gone AS g WHERE c."userId" = g.id';
        EXECUTE 'DELETE FROM "Alias" AS c USING gone AS g WHERE c."userId" = g.id';
        PERFORM remember_forgetting_everybody();
        PERFORM drop_set_aside('{}');
    END IF;
    PERFORM write_receipt(
        forgotten,
        rows_deleted_so_far('"Session"')
        - current_setting('novabot.sessions_before')::bigint,
        rows_deleted_so_far('"Conversation"')
        - current_setting('novabot.conversations_before')::bigint,
        incarnations
    );
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION reset_deleted(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.reset_deleted() IS 'The reset: after any DELETE from "User" that found rows.';


--
-- Name: reset_life(text, uuid, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.reset_life(handle text, life uuid, actor text, source text) RETURNS public."Reset"
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '5s'
    AS $$
DECLARE
    client text;
    receipt "Reset";
BEGIN
    IF life IS NULL THEN
        RETURN reset_client(handle, actor, source);
    END IF;
    -- By the life, not by the id, which may have changed since the form was made.
    SELECT u.id INTO client FROM "User" AS u WHERE u.incarnation = life FOR UPDATE;
    IF client IS NOT NULL THEN
        RETURN reset_client(client, actor, source);
    END IF;
    BEGIN
        client := find_client(handle);
    EXCEPTION WHEN SQLSTATE 'ST001' THEN
        client := NULL;
    END;
    IF client IS NULL THEN
        -- Gone already: not reset_client, which would take whoever comes in this moment.
        PERFORM
            set_config('novabot.actor', actor, true),
            set_config('novabot.source', source, true);
        RETURN write_receipt(0, 0, 0, '[]');
    END IF;
    RETURN receipt;
END
$$;


--
-- Name: FUNCTION reset_life(handle text, life uuid, actor text, source text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.reset_life(handle text, life uuid, actor text, source text) IS 'reset_client, if the client is still in this life (incarnation): NULLs, and nothing done, for another one; a receipt of zeros when it is gone; life NULL means the current one. Raises ST001 as reset_client does, lock_not_available after 5 seconds behind somebody''s lock.';


--
-- Name: reset_receipt(bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.reset_receipt(reset bigint) RETURNS TABLE(id bigint, at timestamp with time zone, actor text, source text, clients bigint, sessions bigint, conversations bigint, acks jsonb, missing jsonb)
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT
        r.id, r.at, r.actor, r.source, r.clients, r.sessions, r.conversations,
        coalesce(
            (
                SELECT
                    jsonb_agg(
                        jsonb_build_object(
                            'bot', a."botId", 'evicted', a.evicted, 'ackedAt', a."ackedAt"
                        )
                        ORDER BY a."ackedAt", a."botId"
                    )
                FROM "ResetAck" AS a
                WHERE a."resetId" = r.id
            ),
            '[]'
        ),
        coalesce(
            (SELECT jsonb_agg(b.id ORDER BY b."startedAt", b.id) FROM bots_missing(r.id) AS b),
            '[]'
        )
    FROM "Reset" AS r
    WHERE r.id = reset_receipt.reset
$$;


--
-- Name: FUNCTION reset_receipt(reset bigint); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.reset_receipt(reset bigint) IS 'The receipt of a reset with who has acknowledged (acks: bot, evicted, ackedAt) and who has not (missing).';


--
-- Name: reset_truncated(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.reset_truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    clients bigint;
    sessions bigint;
    conversations bigint;
BEGIN
    SELECT count(*) INTO clients FROM "User";
    -- TRUNCATE also takes rows that a snapshot of REPEATABLE READ does not show.
    IF clients = 0 AND pg_relation_size('"User"') = 0 THEN
        RETURN NULL;
    END IF;
    SELECT count(*) INTO sessions FROM "Session";
    SELECT count(*) INTO conversations FROM "Conversation";
    DELETE FROM "SetAside";
    PERFORM remember_forgetting_everybody();
    PERFORM write_receipt(clients, sessions, conversations, '"*"');
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION reset_truncated(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.reset_truncated() IS 'The reset of everybody: before any TRUNCATE of "User".';


--
-- Name: retire_bot(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.retire_bot(bot uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE "Bot"
    SET "seenAt" = clock_timestamp(), "stoppedAt" = clock_timestamp(), listening = false, sessions = 0
    WHERE id = bot
$$;


--
-- Name: FUNCTION retire_bot(bot uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.retire_bot(bot uuid) IS 'A bot has stopped cleanly: nobody waits for it any more.';


--
-- Name: rows_deleted_so_far(regclass); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.rows_deleted_so_far(child regclass) RETURNS bigint
    LANGUAGE sql
    AS $$
    SELECT pg_stat_get_xact_tuples_deleted(child)
$$;


--
-- Name: FUNCTION rows_deleted_so_far(child regclass); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.rows_deleted_so_far(child regclass) IS 'The server''s own count of the rows this transaction deleted from a table (needs track_counts, on by default).';


--
-- Name: set_aside(text, text, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.set_aside(sender text, what text, why text, written_at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '50ms'
    AS $$
DECLARE
    client "User";
BEGIN
    -- A reset under way is waited for; or it waits for us, and takes the item with it.
    client := lock_client(ARRAY[sender]);
    IF
        is_forgotten(
            ARRAY[sender], coalesce(written_at, clock_timestamp()), client."createdAt"
        )
    THEN
        RETURN false;
    END IF;
    INSERT INTO "Delivery" (digest) VALUES (digest_of('aside:' || what)) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO "SetAside" (address, item, reason) VALUES (sender, what, why);
    END IF;
    RETURN FOUND;
END
$$;


--
-- Name: FUNCTION set_aside(sender text, what text, why text, written_at timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.set_aside(sender text, what text, why text, written_at timestamp with time zone) IS 'Keeps an item that could not be read, once: delivered again, also after a reset, or written before a reset of its sender, it is not kept. written_at: NULL if that could not be read either. Raises lock_not_available after 50 ms behind somebody''s lock.';


--
-- Name: settle_abandoned(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.settle_abandoned() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    abandoned bigint;
BEGIN
    UPDATE "Conversation" AS c
    SET
        status = 'uncertain', "errorText" = 'the bot ended while it was sending',
        "claimedBy" = NULL, "claimedAt" = NULL
    WHERE
        c.id IN (
            SELECT s.id
            FROM "Conversation" AS s
            WHERE
                s.status = 'sending'
                AND (
                    s."claimedAt" < clock_timestamp() - interval '2 minutes'
                    OR NOT is_alive(s."claimedBy")
                )
            ORDER BY s.id
            FOR UPDATE SKIP LOCKED
        );
    GET DIAGNOSTICS abandoned = ROW_COUNT;
    RETURN abandoned;
END
$$;


--
-- Name: FUNCTION settle_abandoned(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.settle_abandoned() IS 'Answers whose bot died while sending may have gone out: they become uncertain and are not sent again; a status callback settles them.';


--
-- Name: settle_sent(uuid, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.settle_sent(message uuid, message_id text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '100ms'
    AS $$
BEGIN
    UPDATE "Conversation" AS c
    SET
        status = CASE
            WHEN c.status IN ('queued', 'sending', 'uncertain') THEN 'sent' ELSE c.status
        END,
        "waMessageId" = message_id,
        "errorCode" = CASE WHEN c.status = 'failed' THEN c."errorCode" END,
        "errorText" = CASE WHEN c.status = 'failed' THEN c."errorText" END,
        "claimedBy" = NULL, "claimedAt" = NULL
    WHERE c.token = message;
    RETURN FOUND;
END
$$;


--
-- Name: FUNCTION settle_sent(message uuid, message_id text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.settle_sent(message uuid, message_id text) IS 'WhatsApp accepted an answer under this message id. A status callback may have been faster; false when a reset was.';


--
-- Name: settle_unsent(uuid, uuid, text, integer, text, interval); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.settle_unsent(message uuid, bot uuid, new_status text, code integer, reason text, again_after interval DEFAULT '00:00:00'::interval) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '100ms'
    AS $$
BEGIN
    UPDATE "Conversation" AS c
    SET
        status = new_status, "errorCode" = code, "errorText" = reason,
        "claimedBy" = NULL, "claimedAt" = NULL, "dueAt" = clock_timestamp() + again_after
    WHERE c.token = message AND c.status = 'sending' AND c."claimedBy" = bot;
    RETURN FOUND;
END
$$;


--
-- Name: FUNCTION settle_unsent(message uuid, bot uuid, new_status text, code integer, reason text, again_after interval); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.settle_unsent(message uuid, bot uuid, new_status text, code integer, reason text, again_after interval) IS 'An attempt did not succeed: queued (nothing was sent; again after a while), uncertain (it may have gone out) or failed.';


--
-- Name: shown_time(timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.shown_time(at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    SELECT greatest(timestamptz '0002-01-01 00:00Z', least(at, timestamptz '9998-12-31 00:00Z'))
$$;


--
-- Name: FUNCTION shown_time(at timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.shown_time(at timestamp with time zone) IS 'A time that every calendar can show: infinity and the like come as the first or last such year.';


--
-- Name: signal_change(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.signal_change(changed uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    most CONSTANT integer := 150;
    told integer := coalesce(nullif(current_setting('novabot.changes_told', true), ''), '0');
BEGIN
    -- The server sends equal notifications of a transaction once: "*" is not repeated.
    PERFORM pg_notify(
        'session_changed',
        jsonb_build_object(
            'clients',
            CASE WHEN told < most THEN to_jsonb(ARRAY[changed]) ELSE '"*"' END
        )::text
    );
    IF told < most THEN
        PERFORM set_config('novabot.changes_told', (told + 1)::text, true);
    END IF;
END
$$;


--
-- Name: FUNCTION signal_change(changed uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.signal_change(changed uuid) IS 'Tells the bots, at commit, that what they remember of a client was edited; past 150 in a transaction, that anything was.';


--
-- Name: signal_sessions_deleted(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.signal_sessions_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    client uuid;
BEGIN
    -- In a reset the clients are gone by now, and nothing is said.
    FOR client IN
        SELECT u.incarnation FROM "User" AS u JOIN gone AS g ON g."userId" = u.id LIMIT 151
    LOOP
        PERFORM signal_change(client);
    END LOOP;
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION signal_sessions_deleted(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.signal_sessions_deleted() IS 'DELETE FROM "Session": the bots drop those sessions. The clients stay; it is no reset.';


--
-- Name: signal_sessions_truncated(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.signal_sessions_truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM pg_notify('session_changed', '{"clients": "*"}');
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION signal_sessions_truncated(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.signal_sessions_truncated() IS 'TRUNCATE "Session": the bots drop every session. It is no reset.';


--
-- Name: start_sending(text, uuid, uuid[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.start_sending(client text, bot uuid, posted uuid[] DEFAULT NULL::uuid[]) RETURNS TABLE(id bigint, address text, body text, token uuid, attempts integer)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '100ms'
    AS $$
    UPDATE "Conversation" AS c
    SET
        status = 'sending', "claimedBy" = bot, "claimedAt" = clock_timestamp(),
        attempts = c.attempts + 1
    WHERE
        c.id = (
            SELECT first.id
            FROM "Conversation" AS first
            WHERE first."userId" = client AND first.status IN ('queued', 'sending')
            ORDER BY first.id
            LIMIT 1
        )
        AND (
            (c.status = 'queued' AND c."dueAt" <= clock_timestamp())
            OR (c.status = 'sending' AND c."claimedBy" = bot AND c.token <> ALL (posted))
        )
    RETURNING c.id, c.address, c.body, c.token, c.attempts
$$;


--
-- Name: FUNCTION start_sending(client text, bot uuid, posted uuid[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.start_sending(client text, bot uuid, posted uuid[]) IS 'Gives a bot the client''s oldest unsent answer; none while the one before it is being sent, or waits to be tried again. posted: the tokens that this bot has begun to post; another one that it is said to be sending was given to it by a reply that got lost.';


--
-- Name: store_message(text[], text, text, text, jsonb, timestamp with time zone, text, uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.store_message(addresses text[], message_id text, kind text, body text, detail jsonb, written_at timestamp with time zone, profile text, bot uuid, OUT outcome text, OUT client_id text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '50ms'
    AS $$
#variable_conflict use_variable
DECLARE
    client "User";
BEGIN
    client := lock_client(addresses);
    outcome := refusal_of(addresses, message_id, written_at, client."createdAt");
    IF outcome IS NULL AND client.id IS NULL THEN
        client := add_client(addresses, profile);
    END IF;
    outcome := coalesce(outcome, CASE WHEN client.id IS NULL THEN 'stale' ELSE 'stored' END);
    client_id := client.id;
    IF outcome <> 'stored' THEN
        RETURN;
    END IF;
    PERFORM note_delivery(message_id);
    PERFORM add_addresses(client.id, addresses);
    INSERT INTO "Conversation" (
        "userId", direction, kind, body, detail, at, "waMessageId",
        status, address, "claimedBy", "claimedAt"
    )
    VALUES (
        client.id, 'in', kind, body, detail, written_at, message_id,
        'pending', addresses[1], bot, clock_timestamp()
    );
    UPDATE "User" AS u
    SET "profileName" = coalesce(profile, u."profileName"), "activeAt" = now()
    WHERE u.id = client.id;
END
$$;


--
-- Name: FUNCTION store_message(addresses text[], message_id text, kind text, body text, detail jsonb, written_at timestamp with time zone, profile text, bot uuid, OUT outcome text, OUT client_id text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.store_message(addresses text[], message_id text, kind text, body text, detail jsonb, written_at timestamp with time zone, profile text, bot uuid, OUT outcome text, OUT client_id text) IS 'Stores a message whose answer takes its time, claimed by a bot; nothing remembered changes. outcome: stored, duplicate, forgotten, or stale (another transaction made the client: try again).';


--
-- Name: strip_handle(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.strip_handle(handle text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    -- Copied from a chat or a contact, a number brings other spaces and dashes, and marks
    -- of the writing direction that nobody sees.
    SELECT regexp_replace(
        regexp_replace(
            btrim(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            handle, '[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]', '', 'g'
                        ),
                        '[\u2010-\u2015\u2212]', '-', 'g'
                    ),
                    '[[:space:]\u00A0\u2000-\u200A\u202F\u3000]+', ' ', 'g'
                )
            ),
            '^(tel:|whatsapp:|https?://wa\.me/)', '', 'i'
        ),
        '@(c\.us|s\.whatsapp\.net)$', '', 'i'
    )
$_$;


--
-- Name: FUNCTION strip_handle(handle text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.strip_handle(handle text) IS 'A handle without what copying it brought along: its link, its host, odd spaces and dashes.';


--
-- Name: typed_digits(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.typed_digits(typed text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'public', 'pg_temp'
    AS $_$
DECLARE
    written CONSTANT text := strip_handle(typed);
    digits text;
BEGIN
    IF written !~ '^\+?[0-9 ()./-]+$' THEN
        RETURN NULL;
    END IF;
    digits := ltrim(regexp_replace(written, '[^0-9]', '', 'g'), '0');
    digits := regexp_replace(digits, '^620+', '62');
    RETURN CASE WHEN length(digits) >= 3 THEN digits END;
END
$_$;


--
-- Name: FUNCTION typed_digits(typed text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.typed_digits(typed text) IS 'The digits to look for when somebody searches a number, or a part of one, in any usual spelling: 0817-1740 → 8171740; NULL for what is none.';


--
-- Name: wait_for_acks(bigint, interval); Type: PROCEDURE; Schema: public; Owner: -
--

CREATE PROCEDURE public.wait_for_acks(IN reset bigint, IN timeout interval DEFAULT '00:00:05'::interval)
    LANGUAGE plpgsql
    AS $$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + timeout;
    missing text;
    acknowledged bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM public."Reset" AS r WHERE r.id = wait_for_acks.reset) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'ST002',
            MESSAGE = format('there is no reset %s', reset),
            HINT = 'SELECT * FROM "Reset" ORDER BY id DESC LIMIT 10 shows the last ones.';
    END IF;
    LOOP
        SELECT string_agg(format('%s (%s, pid %s)', b.id, b.host, b.pid), ', ' ORDER BY b.id)
        INTO missing
        FROM public.bots_missing(reset) AS b;
        EXIT WHEN missing IS NULL OR clock_timestamp() >= deadline;
        PERFORM pg_sleep(0.01);
    END LOOP;
    SELECT count(*) INTO acknowledged FROM public."ResetAck" AS a WHERE a."resetId" = reset;
    IF missing IS NULL THEN
        RAISE NOTICE 'reset %: acknowledged by all (%)', reset, acknowledged;
    ELSE
        RAISE WARNING 'reset %: acknowledged by %, still missing: %', reset, acknowledged, missing
        USING HINT = 'A silent bot answers nobody from memory: its turns are refused by the fence.';
    END IF;
END
$$;


--
-- Name: PROCEDURE wait_for_acks(IN reset bigint, IN timeout interval); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON PROCEDURE public.wait_for_acks(IN reset bigint, IN timeout interval) IS 'Waits until every bot has acknowledged a reset, or says who is missing. Call it after the reset has committed.';


--
-- Name: was_delivered(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.was_delivered(message_id text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT EXISTS (SELECT FROM "Delivery" WHERE digest = digest_of('message:' || message_id))
$$;


--
-- Name: FUNCTION was_delivered(message_id text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.was_delivered(message_id text) IS 'Whether this message was seen in the last 8 days.';


--
-- Name: write_receipt(bigint, bigint, bigint, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.write_receipt(forgotten bigint, sessions_gone bigint, conversations_gone bigint, incarnations jsonb) RETURNS public."Reset"
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    receipt "Reset";
BEGIN
    INSERT INTO "Reset" (at, actor, source, clients, sessions, conversations)
    VALUES (
        clock_timestamp(),
        coalesce(nullif(current_setting('novabot.actor', true), ''), session_user),
        coalesce(
            nullif(current_setting('novabot.source', true), ''),
            nullif(current_setting('application_name'), ''),
            'sql'
        ),
        forgotten, sessions_gone, conversations_gone
    )
    RETURNING * INTO receipt;
    PERFORM pg_notify(
        'session_reset',
        jsonb_build_object('reset', receipt.id, 'clients', incarnations)::text
    );
    PERFORM set_config('novabot.reset', receipt.id::text, true);
    RAISE NOTICE 'reset %: % client%, % session%, % conversation%; SELECT * FROM reset_receipt(%)',
        receipt.id,
        forgotten, CASE WHEN forgotten = 1 THEN '' ELSE 's' END,
        sessions_gone, CASE WHEN sessions_gone = 1 THEN '' ELSE 's' END,
        conversations_gone, CASE WHEN conversations_gone = 1 THEN '' ELSE 's' END,
        receipt.id;
    RETURN receipt;
END
$$;


--
-- Name: FUNCTION write_receipt(forgotten bigint, sessions_gone bigint, conversations_gone bigint, incarnations jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.write_receipt(forgotten bigint, sessions_gone bigint, conversations_gone bigint, incarnations jsonb) IS 'Records a reset, tells the bots at commit, and says so to the SQL client. For the triggers alone.';


--
-- Name: Alias; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."Alias" (
    alias text NOT NULL,
    "userId" text NOT NULL,
    "createdAt" timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT alias_is_not_empty CHECK ((alias <> ''::text))
);
ALTER TABLE ONLY public."Alias" ALTER COLUMN alias SET STATISTICS 0;
ALTER TABLE ONLY public."Alias" ALTER COLUMN "userId" SET STATISTICS 0;


--
-- Name: TABLE "Alias"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."Alias" IS 'Every address that leads to a client: phone digits without plus, BSUID, older numbers.';


--
-- Name: ApiToken; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."ApiToken" (
    "tokenHash" bytea NOT NULL,
    name text NOT NULL,
    "createdAt" timestamp with time zone DEFAULT now() NOT NULL,
    "usedAt" timestamp with time zone,
    "revokedAt" timestamp with time zone
);


--
-- Name: TABLE "ApiToken"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."ApiToken" IS 'Tokens of the JSON API; only the SHA-256 is kept. Set "revokedAt" to revoke one.';


--
-- Name: Conversation; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."Conversation" (
    id bigint NOT NULL,
    "userId" text NOT NULL,
    direction text DEFAULT 'in'::text NOT NULL,
    kind text DEFAULT 'text'::text NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    detail jsonb,
    at timestamp with time zone DEFAULT now() NOT NULL,
    status text DEFAULT 'answered'::text NOT NULL,
    address text,
    "waMessageId" text,
    token uuid DEFAULT gen_random_uuid() NOT NULL,
    "claimedBy" uuid,
    "claimedAt" timestamp with time zone,
    "dueAt" timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    "errorCode" integer,
    "errorText" text,
    CONSTRAINT direction_is_in_or_out CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text]))),
    CONSTRAINT queued_has_an_address CHECK (((status <> 'queued'::text) OR (address IS NOT NULL))),
    CONSTRAINT sending_has_a_claim CHECK (((status <> 'sending'::text) OR (("claimedBy" IS NOT NULL) AND ("claimedAt" IS NOT NULL)))),
    CONSTRAINT status_is_known CHECK ((status = ANY (ARRAY['pending'::text, 'answered'::text, 'queued'::text, 'sending'::text, 'uncertain'::text, 'sent'::text, 'failed'::text, 'delivered'::text, 'read'::text])))
);
ALTER TABLE ONLY public."Conversation" ALTER COLUMN "userId" SET STATISTICS 0;
ALTER TABLE ONLY public."Conversation" ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE ONLY public."Conversation" ALTER COLUMN detail SET STATISTICS 0;
ALTER TABLE ONLY public."Conversation" ALTER COLUMN address SET STATISTICS 0;
ALTER TABLE ONLY public."Conversation" ALTER COLUMN "waMessageId" SET STATISTICS 0;
ALTER TABLE ONLY public."Conversation" ALTER COLUMN "errorText" SET STATISTICS 0;


--
-- Name: TABLE "Conversation"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."Conversation" IS 'One row a message, in or out, its whole life. Answers waiting to be sent are such rows, so a reset cancels them.';


--
-- Name: COLUMN "Conversation".at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."Conversation".at IS 'In: the sender''s time. Out: when it was composed.';


--
-- Name: COLUMN "Conversation".status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."Conversation".status IS 'In: pending (stored, not yet answered), answered. Out: queued, sending, then uncertain, sent, failed, delivered or read.';


--
-- Name: COLUMN "Conversation".address; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."Conversation".address IS 'Out: where it goes; in, while pending: where it came from (phone digits or BSUID).';


--
-- Name: COLUMN "Conversation".token; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."Conversation".token IS 'Echoed by WhatsApp in status callbacks (biz_opaque_callback_data).';


--
-- Name: COLUMN "Conversation"."claimedBy"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."Conversation"."claimedBy" IS 'The bot at work on it ("Bot".id).';


--
-- Name: Conversation_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public."Conversation" ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public."Conversation_id_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: Delivery; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."Delivery" (
    digest bytea NOT NULL,
    "seenAt" timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: TABLE "Delivery"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."Delivery" IS 'Keyed digests of the message ids seen in the last 8 days; outlives resets, says nothing about anybody.';


--
-- Name: DigestKey; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."DigestKey" (
    singleton boolean DEFAULT true NOT NULL,
    key bytea NOT NULL,
    CONSTRAINT there_is_one_key CHECK (singleton)
);


--
-- Name: TABLE "DigestKey"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."DigestKey" IS 'The random key of all digests. Only the owner reads it.';


--
-- Name: Forgotten; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."Forgotten" (
    digest bytea NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: TABLE "Forgotten"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."Forgotten" IS 'Keyed digests of the addresses reset in the last 8 days: messages dated before are late redeliveries. What everybody_at() gives stands for everybody.';


--
-- Name: LoginAttempt; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."LoginAttempt" (
    id bigint NOT NULL,
    subject bytea NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: TABLE "LoginAttempt"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."LoginAttempt" IS 'Failed logins of the last hour, by digest of account or address, for throttling.';


--
-- Name: LoginAttempt_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public."LoginAttempt" ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public."LoginAttempt_id_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: Migration; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."Migration" (
    name text NOT NULL,
    checksum text NOT NULL,
    "appliedAt" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: TABLE "Migration"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."Migration" IS 'What `novabot migrate` has applied: a row a file of sql/migrations, and one for sql/*.sql';


--
-- Name: Operator; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."Operator" (
    name text NOT NULL,
    role text DEFAULT 'operator'::text NOT NULL,
    "passwordHash" text NOT NULL,
    "createdAt" timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT name_is_not_empty CHECK ((name <> ''::text)),
    CONSTRAINT role_is_known CHECK ((role = ANY (ARRAY['admin'::text, 'operator'::text, 'viewer'::text])))
);


--
-- Name: TABLE "Operator"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."Operator" IS 'The dashboard''s accounts; passwords as argon2id hashes.';


--
-- Name: ResetAck; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."ResetAck" (
    "resetId" bigint NOT NULL,
    "botId" uuid NOT NULL,
    evicted bigint NOT NULL,
    "ackedAt" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: TABLE "ResetAck"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."ResetAck" IS 'This bot no longer remembers the clients of this reset; evicted says how many sessions it dropped.';


--
-- Name: Reset_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public."Reset" ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public."Reset_id_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: Session; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."Session" (
    "userId" text NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    revision uuid DEFAULT gen_random_uuid() NOT NULL,
    "updatedAt" timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT context_is_an_object CHECK ((jsonb_typeof(context) = 'object'::text))
);
ALTER TABLE ONLY public."Session" ALTER COLUMN "userId" SET STATISTICS 0;
ALTER TABLE ONLY public."Session" ALTER COLUMN context SET STATISTICS 0;


--
-- Name: TABLE "Session"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."Session" IS 'What the bot remembers of a client beside the name. Deleting a row makes every bot reread it.';


--
-- Name: COLUMN "Session".revision; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public."Session".revision IS 'The other half of the fence: new at every write. Leave it to the triggers.';


--
-- Name: SetAside_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public."SetAside" ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public."SetAside_id_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: WebSession; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public."WebSession" (
    "tokenHash" bytea NOT NULL,
    operator text NOT NULL,
    "createdAt" timestamp with time zone DEFAULT now() NOT NULL,
    "seenAt" timestamp with time zone DEFAULT now() NOT NULL,
    "expiresAt" timestamp with time zone NOT NULL
);


--
-- Name: TABLE "WebSession"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public."WebSession" IS 'Who is logged in to the dashboard; deleting a row logs them out. Only the SHA-256 of the cookie is kept.';


--
-- Data for Name: Alias; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('628005550101', '628005550101@c.us', '2026-11-27 09:12:46.023465+00');
INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('ID.11111111111111111111', 'ID.11111111111111111111', '2026-11-27 09:12:46.105104+00');
INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('628005550102', '628005550102@c.us', '2026-11-27 09:12:46.121796+00');
INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('ID.22222222222222222', '628005550102@c.us', '2026-11-27 09:12:46.121796+00');
INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('628005550103', '628005550103@c.us', '2026-11-27 09:12:46.133524+00');
INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('ID.333333333333', '628005550103@c.us', '2026-11-27 09:12:46.142815+00');
INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('628005550104', '628005550104@c.us', '2026-11-27 09:12:46.196925+00');
INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('628005550110', '628005550110@c.us', '2026-11-27 09:12:46.217151+00');
INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('628005550105', '628005550105@c.us', '2026-11-27 09:12:46.239053+00');
INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('628005550106', '628005550106@c.us', '2026-11-27 09:12:46.284572+00');
INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('628005550107', '628005550107@c.us', '2026-11-27 09:12:46.312513+00');
INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('628005550108', '628005550108@c.us', '2026-11-27 09:12:46.330338+00');
INSERT INTO public."Alias" (alias, "userId", "createdAt") VALUES ('628005550109', '628005550109@c.us', '2026-11-27 09:12:46.890578+00');


--
-- Data for Name: ApiToken; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."ApiToken" ("tokenHash", name, "createdAt", "usedAt", "revokedAt") VALUES ('\x3bd156fe4f4589241bb027265340992d0059d4111c2e73e8eae4a68c36e9c951', 'old-export', '2026-11-27 09:12:42.215565+00', NULL, '2026-11-27 09:12:42.419245+00');
INSERT INTO public."ApiToken" ("tokenHash", name, "createdAt", "usedAt", "revokedAt") VALUES ('\xe6e7cf27935832be8bccf86f5e420c7a4afdb707d3e9f2f4bea20bd873b7241b', 'export', '2026-11-27 09:12:44.922552+00', '2026-11-27 09:12:45.119002+00', NULL);


--
-- Data for Name: Bot; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."Bot" (id, host, pid, "startedAt", "seenAt", "stoppedAt", listening, sessions) VALUES ('20b989ea-f65c-41af-935a-e4e2319086df', 'release', 25734, '2026-11-27 09:12:37.457842+00', '2026-11-27 09:12:45.547555+00', NULL, true, 0);
INSERT INTO public."Bot" (id, host, pid, "startedAt", "seenAt", "stoppedAt", listening, sessions) VALUES ('e21d95ed-8073-4af0-851c-6698ffa18bd7', 'release', 25732, '2026-11-27 09:12:37.291229+00', '2026-11-27 09:12:46.410113+00', NULL, true, 9);
INSERT INTO public."Bot" (id, host, pid, "startedAt", "seenAt", "stoppedAt", listening, sessions) VALUES ('d6ca7094-34f9-4855-8edb-309321e89ec6', 'release', 25733, '2026-11-27 09:12:37.309257+00', '2026-11-27 09:12:46.522835+00', '2026-11-27 09:12:46.522835+00', false, 0);


--
-- Data for Name: Conversation; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (48, '628005550103@c.us', 'in', 'text', 'halo lagi', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTAzFQIAEhgURDY2RUQ0RjU4MjZDNUE3NzdDNDQA', 'c4b7a59b-c884-469e-8b45-a7ef588b3313', NULL, NULL, '2026-11-27 09:12:46.154295+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (29, '628005550101@c.us', 'in', 'text', 'Hai, nama saya Sari', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAEhgUMEQ2Q0Q4NTI0MjFEQkU5OEMxOTUA', '983aec89-6599-428c-82bf-f408fcccc39b', NULL, NULL, '2026-11-27 09:12:46.023465+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (34, '628005550101@c.us', 'out', 'text', 'Nice to meet you, Sari Dewi! How can I help?', NULL, '2026-11-27 09:12:46.054068+00', 'delivered', '628005550101', 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAERgSQTQwNzE0QTc5N0YzQ0M3MzlCAA==', '1544faf1-4b7c-4465-a8c8-91503da3548b', NULL, NULL, '2026-11-27 09:12:46.054068+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (31, '628005550101@c.us', 'in', 'text', 'siapa nama saya?', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAEhgUQTFDNjM4NkMyQ0VDMENDRUUzRUUA', '663bc181-d38b-4c89-89df-75ba1aaadace', NULL, NULL, '2026-11-27 09:12:46.037506+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (30, '628005550101@c.us', 'out', 'text', 'Salam kenal, Sari! Apa yang bisa saya bantu?', NULL, '2026-11-27 09:12:46.023465+00', 'delivered', '628005550101', 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAERgSMUQyMDI2RjUzQjY5QUQ4QTNDAA==', '87ef1623-d9fe-40ab-b4c9-3983039f307e', NULL, NULL, '2026-11-27 09:12:46.023465+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (32, '628005550101@c.us', 'out', 'text', 'Nama Anda Sari.', NULL, '2026-11-27 09:12:46.037506+00', 'delivered', '628005550101', 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAERgSNDFFRDk5MzM5NkUzMTY4OTYxAA==', '612ea52f-6f16-41d6-8be6-b8a71329368d', NULL, NULL, '2026-11-27 09:12:46.037506+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (33, '628005550101@c.us', 'in', 'text', 'My name is Sari Dewi', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAEhgUMzQ3QkJGQ0JFN0E1MkVFODgzMkIA', '8496dbfc-aaf4-4023-b46f-cee78013d642', NULL, NULL, '2026-11-27 09:12:46.054068+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (35, '628005550101@c.us', 'in', 'image', 'ini', '{"id": "893748634826117", "sha256": "rbkgxxE4E0yaMHwxs9cIqpZMhyAPUGN3lj_gH_6WTic", "mime_type": "image/jpeg"}', '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAEhgUNzQwQzc3M0ZEQjkwODQ4MEM0MEQA', 'c4533852-ada5-4cc8-b3cd-357bc3704031', NULL, NULL, '2026-11-27 09:12:46.0622+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (44, '628005550103@c.us', 'in', 'text', 'nama saya Dewi', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTAzFQIAEhgUODhFMjIzNEEyQ0ZGOThDQzkzOUIA', '6d18faca-d016-4d89-95a8-ac8da59b126d', NULL, NULL, '2026-11-27 09:12:46.133524+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (37, '628005550101@c.us', 'in', 'location', '', '{"name": "ini", "latitude": -6.1754, "longitude": 106.8272}', '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAEhgUQTcyNzY1QzU2QTk4MTBFRDYyRDAA', '951f436c-5dd0-472e-ad72-bc5e31e10249', NULL, NULL, '2026-11-27 09:12:46.073096+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (36, '628005550101@c.us', 'out', 'text', 'Baik, Sari Dewi, pesan Anda sudah saya terima.', NULL, '2026-11-27 09:12:46.0622+00', 'delivered', '628005550101', 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAERgSN0MwNUU2OTY3ODI4M0MyMEREAA==', '38fc1bdb-4856-4cce-8652-b2400daafea0', NULL, NULL, '2026-11-27 09:12:46.0622+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (38, '628005550101@c.us', 'out', 'text', 'Maaf, Sari Dewi, saya hanya bisa membaca teks. Silakan tuliskan pesan Anda.', NULL, '2026-11-27 09:12:46.073096+00', 'delivered', '628005550101', 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAERgSODU4OEVCNzM3QjUxMEY0ODlBAA==', 'd0013fb2-78e7-4af4-930d-104ffb6e1cb9', NULL, NULL, '2026-11-27 09:12:46.073096+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (39, '628005550101@c.us', 'in', 'unsupported', '', '{"type": "unsupported", "error": {"code": 131051, "title": "Unsupported message type"}}', '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAEhgUMDczRkE4MTBGRUEyMDBDMjhFMUQA', '0a62580f-7a9c-468d-a49c-70bb7f3bf47f', NULL, NULL, '2026-11-27 09:12:46.0924+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (40, 'ID.11111111111111111111', 'in', 'text', 'nama saya Łukasz', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgXSUQuMTExMTExMTExMTExMTExMTExMTEVAgASGBRCRkMxNEREN0IyQ0E4ODNDNTBFNAA=', '5dd1847c-6b52-40f7-9fda-eadef7b3681e', NULL, NULL, '2026-11-27 09:12:46.105104+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (41, 'ID.11111111111111111111', 'out', 'text', 'Salam kenal, Łukasz! Apa yang bisa saya bantu?', NULL, '2026-11-27 09:12:46.105104+00', 'delivered', 'ID.11111111111111111111', 'wamid.HBgXSUQuMTExMTExMTExMTExMTExMTExMTEVAgARGBJCRDFBMEFBRTJEN0NGOUI5RjUA', 'fe1cecb5-e47c-4f17-8e72-f945ae019c94', NULL, NULL, '2026-11-27 09:12:46.105104+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (42, '628005550102@c.us', 'in', 'text', 'nama saya Bagus', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTAyFQIAEhgUMTQ2M0I3QUE1QUY4N0I4MkM5ODIA', '30feffe4-229c-4f89-98aa-09accd7a4e82', NULL, NULL, '2026-11-27 09:12:46.121796+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (43, '628005550102@c.us', 'out', 'text', 'Salam kenal, Bagus! Apa yang bisa saya bantu?', NULL, '2026-11-27 09:12:46.121796+00', 'delivered', '628005550102', 'wamid.HBgMNjI4MDA1NTUwMTAyFQIAERgSQTE4MUYxRTY0OEEyODI4NEQ1AA==', '72d95fbe-a276-4f53-969a-794c0b3e6248', NULL, NULL, '2026-11-27 09:12:46.121796+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (45, '628005550103@c.us', 'out', 'text', 'Salam kenal, Dewi! Apa yang bisa saya bantu?', NULL, '2026-11-27 09:12:46.133524+00', 'delivered', '628005550103', 'wamid.HBgMNjI4MDA1NTUwMTAzFQIAERgSMEIwRjE0REZDQzVGQjQ1RjZBAA==', 'ef0db685-4b23-489b-948e-5002abc25c54', NULL, NULL, '2026-11-27 09:12:46.133524+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (46, '628005550103@c.us', 'in', 'text', 'halo', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgPSUQuMzMzMzMzMzMzMzMzFQIAEhgUREUxOEQ1NEFGREMyQjlEODA0ODQA', '279a236b-00de-4c77-b09e-2bd98bac6505', NULL, NULL, '2026-11-27 09:12:46.142815+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (47, '628005550103@c.us', 'out', 'text', 'Halo! Apa yang bisa saya bantu? Bagaimana sebaiknya saya menyapa Anda?', NULL, '2026-11-27 09:12:46.142815+00', 'delivered', 'ID.333333333333', 'wamid.HBgPSUQuMzMzMzMzMzMzMzMzFQIAERgSRUFDQzg1OTVCRkRDRkUxMUJBAA==', '70d4bb9d-0e43-467f-abb1-891a33a72c09', NULL, NULL, '2026-11-27 09:12:46.142815+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (49, '628005550103@c.us', 'out', 'text', 'Baik, Dewi, pesan Anda sudah saya terima.', NULL, '2026-11-27 09:12:46.154295+00', 'delivered', '628005550103', 'wamid.HBgMNjI4MDA1NTUwMTAzFQIAERgSNTM2NUU4NTcxOURFOEQxMUNGAA==', 'f6ebe954-d9b7-4688-9657-310adfe87887', NULL, NULL, '2026-11-27 09:12:46.154295+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (50, '628005550104@c.us', 'in', 'text', 'nama saya Nurul', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTA0FQIAEhgUQUE5MjJDRjQyQjFFNjg5MjIyRUUA', '42dd5035-df8d-44dd-b774-bec26bc148c5', NULL, NULL, '2026-11-27 09:12:46.196925+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (51, '628005550104@c.us', 'out', 'text', 'Salam kenal, Nurul! Apa yang bisa saya bantu?', NULL, '2026-11-27 09:12:46.196925+00', 'delivered', '628005550104', 'wamid.HBgMNjI4MDA1NTUwMTA0FQIAERgSMjlFRTYxQjhBNENGNkU1NThCAA==', 'f9ec71ec-d238-4308-a6c9-e810bce60d54', NULL, NULL, '2026-11-27 09:12:46.196925+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (52, '628005550104@c.us', 'in', 'text', 'ada orang?', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTA0FQIAEhgUMzg0MDVGMzk1QjkxQTAzMDFCMjQA', '99c87a04-8a17-4e02-ba7a-529e576f1377', NULL, NULL, '2026-11-27 09:12:46.212426+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (53, '628005550110@c.us', 'in', 'text', 'halo', NULL, '2026-11-27 09:12:46.221214+00', 'answered', NULL, NULL, 'a20ee82f-6b15-4229-93c8-01a01bd799c0', NULL, NULL, '2026-11-27 09:12:46.221214+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (54, '628005550105@c.us', 'in', 'text', 'halo', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTA1FQIAEhgUNjcxQUIwNDk5NzA0MDIyODUyOTAA', '7a810e2f-88a8-40c1-b199-729690255739', NULL, NULL, '2026-11-27 09:12:46.239053+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (55, '628005550105@c.us', 'out', 'text', 'Halo! Apa yang bisa saya bantu? Bagaimana sebaiknya saya menyapa Anda?', NULL, '2026-11-27 09:12:46.239053+00', 'read', '628005550105', 'wamid.HBgMNjI4MDA1NTUwMTA1FQIAERgSQjcyQTkxNTJENTRCMkNBNTcxAA==', '01ff6cfd-0ed3-4a30-8ce7-9a1dfb6bbdbf', NULL, NULL, '2026-11-27 09:12:46.239053+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (56, '628005550106@c.us', 'in', 'text', 'nama saya Tono', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTA2FQIAEhgUMDI3MEQ1NTE5QzdENTJCRTk5NDYA', '14bd3bd5-4797-4083-a7c0-13d0f041522f', NULL, NULL, '2026-11-27 09:12:46.284572+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (57, '628005550106@c.us', 'out', 'text', 'Salam kenal, Tono! Apa yang bisa saya bantu?', NULL, '2026-11-27 09:12:46.284572+00', 'sent', '628005550106', 'wamid.HBgMNjI4MDA1NTUwMTA2FQIAERgSREIwNzMzMDc0NkUzOUM5QzlEAA==', '6b343c39-7c68-415e-88b1-b90161850cd8', NULL, NULL, '2026-11-27 09:12:46.284572+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (58, '628005550107@c.us', 'in', 'text', 'nama saya Wayan', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTA3FQIAEhgUOUE0QzYyM0I4REM5OTlCRkQzNTQA', '4eec7a41-f8a1-42df-9e2f-e12d9b67fbde', NULL, NULL, '2026-11-27 09:12:46.312513+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (59, '628005550107@c.us', 'out', 'text', 'Salam kenal, Wayan! Apa yang bisa saya bantu?', NULL, '2026-11-27 09:12:46.312513+00', 'failed', '628005550107', NULL, '78a1895e-47d8-4f5a-aee7-df04c3835404', NULL, NULL, '2026-11-27 09:12:46.324447+00', 1, 131026, '(#…) Ordered fault: This fault was ordered by a test.');
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (60, '628005550108@c.us', 'in', 'text', 'nama saya Yanti', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTA4FQIAEhgURUYyQTg3NEZGMTBERjgyQThEMTUA', 'c1a489ce-dce3-46be-a578-fa19bb313649', NULL, NULL, '2026-11-27 09:12:46.330338+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (65, '628005550109@c.us', 'in', 'text', 'nama saya Agus', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTA5FQIAEhgURUM1NzUxQzdGOTAxODAxQUMxNkUA', '6a3d3fc1-2c3d-4a1e-83a5-57dbe1e9c8d8', NULL, NULL, '2026-11-27 09:12:46.890578+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (61, '628005550108@c.us', 'out', 'text', 'Salam kenal, Yanti! Apa yang bisa saya bantu?', NULL, '2026-11-27 09:12:46.330338+00', 'uncertain', '628005550108', NULL, '69466da9-f7dd-4117-81be-55851913a1e5', NULL, NULL, '2026-11-27 09:12:46.341276+00', 1, NULL, 'RemoteProtocolError: Server disconnected without sending a response.');
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (62, '628005550101@c.us', 'in', 'text', 'satu lagi', NULL, '2026-11-27 09:12:46+00', 'answered', '628005550101', 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAEhgUQTQzOTQwMTkwNzAyMzFBN0Q4QTEA', 'a4d950cc-f37a-4ba0-9ea7-e15066283c83', NULL, NULL, '2026-11-27 09:12:46.35107+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (64, '628005550101@c.us', 'in', 'text', 'tunggu', NULL, '2026-11-27 09:12:46+00', 'pending', '628005550101', 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAEhgUMzkxQ0IwMjVBMURBQkEyNzU5M0MA', 'c25123c5-f702-4ec9-ac1e-7c9da4b77abe', '20b989ea-f65c-41af-935a-e4e2319086df', '2026-11-27 09:12:46.402797+00', '2026-11-27 09:12:46.39777+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (63, '628005550101@c.us', 'out', 'text', 'Baik, Sari Dewi, pesan Anda sudah saya terima.', NULL, '2026-11-27 09:12:46.361396+00', 'delivered', '628005550101', 'wamid.HBgMNjI4MDA1NTUwMTAxFQIAERgSNTM4MTA5QUY5MTM0QTlBQzdGAA==', 'a4e86cf3-7a4b-4749-81aa-d8f6af8a7e46', NULL, NULL, '2026-11-27 09:12:46.361396+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (66, '628005550109@c.us', 'out', 'text', 'Salam kenal, Agus! Apa yang bisa saya bantu?', NULL, '2026-11-27 09:12:46.890578+00', 'sending', '628005550109', NULL, 'f11bdac9-15ad-4437-82bb-ae91e34b151c', 'e21d95ed-8073-4af0-851c-6698ffa18bd7', '2026-11-27 09:12:46.894365+00', '2026-11-27 09:12:46.890578+00', 1, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (69, '628005550106@c.us', 'in', 'text', 'siapa nama saya?', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTA2FQIAEhgURDE0QzE4NTExNUU4RUFBOEY2NTcA', 'bd26a174-276e-41ed-b62e-e45a1f1e8b45', NULL, NULL, '2026-11-27 09:12:46.913492+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (70, '628005550106@c.us', 'out', 'text', 'Nama Anda Tono.', NULL, '2026-11-27 09:12:46.913492+00', 'queued', '628005550106', NULL, '854206dd-25d2-42ec-bcc5-fada79938175', NULL, NULL, '2026-11-27 09:12:50.925437+00', 1, 131056, '(#…) Ordered fault: This fault was ordered by a test.');
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (67, '628005550109@c.us', 'in', 'text', 'siapa nama saya?', NULL, '2026-11-27 09:12:46+00', 'answered', NULL, 'wamid.HBgMNjI4MDA1NTUwMTA5FQIAEhgUMzlFMTQ1MzE1NDE5NTIwOTZFODMA', 'fbf1b27b-f565-499b-9d70-24516914f5b0', NULL, NULL, '2026-11-27 09:12:46.900854+00', 0, NULL, NULL);
INSERT INTO public."Conversation" (id, "userId", direction, kind, body, detail, at, status, address, "waMessageId", token, "claimedBy", "claimedAt", "dueAt", attempts, "errorCode", "errorText") VALUES (68, '628005550109@c.us', 'out', 'text', 'Nama Anda Agus.', NULL, '2026-11-27 09:12:46.900854+00', 'queued', '628005550109', NULL, 'b1120c46-bdef-4307-9c27-ba45ffb35f3f', NULL, NULL, '2026-11-27 09:12:46.900854+00', 0, NULL, NULL);


--
-- Data for Name: Delivery; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x4c2b14a4e0459a6b52a6e0a9efe08ace6088009c3e4af4bcb5b38ca094c9f238', '2026-11-27 09:12:42.427207+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x883f7ab1ce79900b6ab94c3c51003541b27a6633d9236be6b220f17abc95bb10', '2026-11-27 09:12:42.470716+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x0df6f1db7ff24bc344cd72b39a067024c98d6f2e7d37e24dacc76ef870900fc8', '2026-11-27 09:12:42.552269+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x0ee0eeca3ee3d5aa57c1c54989974fa8204cbd9543fd76de59f001d4bec49803', '2026-11-27 09:12:42.596094+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\xafbb92c86ab63ce0bf6c53cf520f1c8344398f4f1a84532b8300d67024ae884f', '2026-11-27 09:12:42.660433+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x559fa18f4c019fabe10202dd882e8d857412dfbf1cd310d45fff194028562cdb', '2026-11-27 09:12:42.684927+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x2f163180fd9977326aebc6d61c20d519e71755de1675b5b88d4ff03749ad47bb', '2026-11-27 09:12:42.746269+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\xd80ae9936014c5e17068335cf6cc6764323ffb375e5c9ca25af690d6e03ad35e', '2026-11-27 09:12:42.774132+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x04cd35cc860ade22f73b12b7862f3dc557a58176b87353dc670d168484ab3e29', '2026-11-27 09:12:44.110525+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x9a76dd7e0cab0891f86c66c41abf12c9c12c0bb1bc36342fb83303b80ca14fa5', '2026-11-27 09:12:44.13591+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x219e117bdd1cafe9481e1bc9158c1fa49f7cf284829e8512d1bd627fbdb9eeb2', '2026-11-27 09:12:45.167416+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x188eeb356975f710484acc3d1a3db59d7a1c338e41fd24de029787d43fd3b9af', '2026-11-27 09:12:45.195958+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\xf325b45df2c3b3c78fbe77796dd20ed55053cd99c5938cd45a196728867dd3a6', '2026-11-27 09:12:45.258954+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x705111d3b7f56a821d561b6784707596c35d6be4ae3f340d7583f1476a4eda45', '2026-11-27 09:12:45.286812+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x5eddc59d4f7f7b3b541dbfe0eab841761cfdfc3b97a77ad0912a975d00095058', '2026-11-27 09:12:45.308941+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x96c8fbec628c259d27a0780423081615fbba986cb5fc2436c9a350c4e9b539c0', '2026-11-27 09:12:46.023465+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x3a966fd5452a05112ab366b86e2f72af05373a71cb81a10435f851143dc0a6ca', '2026-11-27 09:12:46.037506+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\xb0323e4bfda3beeae15263cc6eda6bf8d7aa05acd7da650be47731fa36c6bf57', '2026-11-27 09:12:46.054068+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\xa60779ceb20b575e630b47467496028f9aa22a226bfff1c8804123b6dba64a5a', '2026-11-27 09:12:46.0622+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x92383ac45501a483b93c19cff2c9435882b1e8de2b4ef64ead9dd73d387f7f69', '2026-11-27 09:12:46.073096+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\xdf08c361eb2d307935f43cac774c738aaecd2be4d2ca2d10a5f62c2fe943ffab', '2026-11-27 09:12:46.0924+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x45014bd176f6f81d26f4bb72934fdafa1610c49e181ff1d13422b9705ec9606d', '2026-11-27 09:12:46.105104+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\xc535fc9b3ee6351eb4d27d1ee6f2ccdaa0021a2cdaeafe69e118871bf4369139', '2026-11-27 09:12:46.121796+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x4a92b061e6569bdd9d540c453c55d5ddadb1b3f9372c0c7f4cb384cd5eef7767', '2026-11-27 09:12:46.133524+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x508ffa6008aa4f5466a23d6d753734ad4c162fced3540cf472e6690c4983ca63', '2026-11-27 09:12:46.142815+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\xfea7cc0713e4523f16a3ed6737352a046f00f913520f7ff63b0b58981597d181', '2026-11-27 09:12:46.154295+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\xae191fd3e4286e6e312c0bac2048e165a947e8bd70b492f0bf3c2b360386e464', '2026-11-27 09:12:46.196925+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x2fc2df27d676abc6197dbc5223f1217fb4243a20a5685f0d3ce780c1f896741d', '2026-11-27 09:12:46.212426+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x5d929631c7359bcedf43e7c28077156d5eec85bfef541e936d34511334f68fc0', '2026-11-27 09:12:46.225075+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x51e51221491cc8859c94f0c9e3e9820f38fa8944b9dd5c52123ac49db4eb53f9', '2026-11-27 09:12:46.239053+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x998967a080f2b103d94462e3c1785dc4ce4ba6c46f35635873be3d696594783b', '2026-11-27 09:12:46.284572+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x21ae0d5415bb01836b7e0d993f2e972b0d75a10078f3ae0afcaae277a89f9e0c', '2026-11-27 09:12:46.312513+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x4b462ec7658d23744b4f83119eba3e3b29cfcd0057fbb8ff71298d1e92c3872a', '2026-11-27 09:12:46.330338+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x429b464081de17aac0f24fc4eee45f3db97a3e1030ca21be8b1fc0a3b778ad83', '2026-11-27 09:12:46.35107+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\xddaf181aad60263efd1f9c9a7a2dfd6bf66a82a91c6a7f96d0bea828219e4a38', '2026-11-27 09:12:46.39777+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\xb1b7c5d94207f07107ff5fa01260b6eaf4bb7185081325da9784f46515234959', '2026-11-27 09:12:46.890578+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\xc22a0146feb38cc37a57a8639c21e2515afa7a25753809b399e66bee61f99ac9', '2026-11-27 09:12:46.900854+00');
INSERT INTO public."Delivery" (digest, "seenAt") VALUES ('\x700a59d983ab464b00ce2f2e5524af0d7fe819e5600bce5e07090a64744d4ca8', '2026-11-27 09:12:46.913492+00');


--
-- Data for Name: DigestKey; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."DigestKey" (singleton, key) VALUES (true, '\x38db9597fdcf4ea3be4d16998edaf282f24be187956a42ffb8d778599d007246');


--
-- Data for Name: Forgotten; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."Forgotten" (digest, at) VALUES ('\x000003043d3b2dd01c', '2026-11-27 09:12:42.506268+00');
INSERT INTO public."Forgotten" (digest, at) VALUES ('\x21a38f0c39455d80bec262dd8b1d1f8322716e814ec1e48a8ce366f6c4896777', '2026-11-27 09:12:45.320747+00');
INSERT INTO public."Forgotten" (digest, at) VALUES ('\x9ce3221be6ee9aff409c5cb3ab2874702c5eb2b6e39be621b25ec20a3acb57f6', '2026-11-27 09:12:45.863622+00');


--
-- Data for Name: LoginAttempt; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."LoginAttempt" (id, subject, at) VALUES (3, '\xa2afbdc4a3baf32c2748d2caf5a479ca793ae17f4c66d46d5b1c83aa22ed11c7', '2026-11-27 09:12:41.161639+00');
INSERT INTO public."LoginAttempt" (id, subject, at) VALUES (4, '\xf80d3e2c24a534faf23254b8a484a444215c5fb364bb1a09721d8a04dde46a1f', '2026-11-27 09:12:41.161668+00');


--
-- Data for Name: Migration; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."Migration" (name, checksum, "appliedAt") VALUES ('0001_model.sql', 'edd6aa2af488c690edb3c8cd946e2d1a9525802a4937e2195a52f44b5c796838', '2026-11-27 09:12:31.886682+00');
INSERT INTO public."Migration" (name, checksum, "appliedAt") VALUES ('0002_after_a_bulk_delete.sql', 'bdf52f4be657638333dbd1c1e1791e6b002abcd7b691e90ef64d3a2dd54a35c1', '2026-11-27 09:12:31.896748+00');
INSERT INTO public."Migration" (name, checksum, "appliedAt") VALUES ('sql/*.sql', '6375171479bf6ee9106cc629643b09dd68c434ff9a601f463be4d2199619ed3c', '2026-11-27 09:12:31.927017+00');


--
-- Data for Name: Operator; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."Operator" (name, role, "passwordHash", "createdAt") VALUES ('admin', 'admin', '$argon2id$v=19$m=65536,t=3,p=4$kVwEnYaBGEFTLU7lvup+XQ$g+Bxe7+uEvcTqaq9N1JjwML/CxQLx42EIDQPsxu5MNo', '2026-11-27 09:12:32.280471+00');
INSERT INTO public."Operator" (name, role, "passwordHash", "createdAt") VALUES ('wati', 'operator', '$argon2id$v=19$m=65536,t=3,p=4$77W20HowNfDwCYR8BdomIg$WlC1sWtKyXjdMc0JyReKuvnz/OVBCkBtbJRIqwdI09c', '2026-11-27 09:12:38.967182+00');
INSERT INTO public."Operator" (name, role, "passwordHash", "createdAt") VALUES ('putri', 'viewer', '$argon2id$v=19$m=65536,t=3,p=4$cQhVcW+ke1JOwZJUGoQEGw$LquLJ+DH+Op80rpxF+2CR7GBf6a/LEyNFfOe9JG6Aio', '2026-11-27 09:12:40.863515+00');


--
-- Data for Name: Reset; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."Reset" (id, at, actor, source, clients, sessions, conversations) VALUES (1, '2026-11-27 09:12:42.506837+00', 'novabot', 'psql', 1, 1, 4);
INSERT INTO public."Reset" (id, at, actor, source, clients, sessions, conversations) VALUES (2, '2026-11-27 09:12:42.62378+00', 'novabot', 'psql', 1, 1, 4);
INSERT INTO public."Reset" (id, at, actor, source, clients, sessions, conversations) VALUES (3, '2026-11-27 09:12:42.710696+00', 'novabot', 'psql', 1, 1, 4);
INSERT INTO public."Reset" (id, at, actor, source, clients, sessions, conversations) VALUES (5, '2026-11-27 09:12:45.138367+00', 'export', 'api', 1, 1, 4);
INSERT INTO public."Reset" (id, at, actor, source, clients, sessions, conversations) VALUES (6, '2026-11-27 09:12:45.225892+00', 'wati', 'dashboard', 1, 1, 4);
INSERT INTO public."Reset" (id, at, actor, source, clients, sessions, conversations) VALUES (7, '2026-11-27 09:12:45.318365+00', 'client', 'chat', 1, 1, 4);
INSERT INTO public."Reset" (id, at, actor, source, clients, sessions, conversations) VALUES (9, '2026-11-27 09:12:46.165592+00', 'novabot', 'merge', 1, 1, 0);
INSERT INTO public."Reset" (id, at, actor, source, clients, sessions, conversations) VALUES (4, '2026-11-27 09:12:43.836554+00', 'ayu', 'cli', 1, 1, 4);
INSERT INTO public."Reset" (id, at, actor, source, clients, sessions, conversations) VALUES (8, '2026-11-27 09:12:45.867662+00', 'ayu', 'cli', 0, 0, 0);


--
-- Data for Name: ResetAck; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (1, 'd6ca7094-34f9-4855-8edb-309321e89ec6', 1, '2026-11-27 09:12:42.525865+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (1, 'e21d95ed-8073-4af0-851c-6698ffa18bd7', 1, '2026-11-27 09:12:42.527748+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (1, '20b989ea-f65c-41af-935a-e4e2319086df', 0, '2026-11-27 09:12:42.529867+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (2, 'd6ca7094-34f9-4855-8edb-309321e89ec6', 1, '2026-11-27 09:12:42.635555+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (2, 'e21d95ed-8073-4af0-851c-6698ffa18bd7', 1, '2026-11-27 09:12:42.635662+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (2, '20b989ea-f65c-41af-935a-e4e2319086df', 0, '2026-11-27 09:12:42.636456+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (3, 'e21d95ed-8073-4af0-851c-6698ffa18bd7', 1, '2026-11-27 09:12:42.72089+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (3, '20b989ea-f65c-41af-935a-e4e2319086df', 0, '2026-11-27 09:12:42.72282+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (3, 'd6ca7094-34f9-4855-8edb-309321e89ec6', 1, '2026-11-27 09:12:42.72421+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (4, '20b989ea-f65c-41af-935a-e4e2319086df', 0, '2026-11-27 09:12:43.845473+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (4, 'e21d95ed-8073-4af0-851c-6698ffa18bd7', 1, '2026-11-27 09:12:43.846106+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (4, 'd6ca7094-34f9-4855-8edb-309321e89ec6', 1, '2026-11-27 09:12:43.847213+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (5, 'e21d95ed-8073-4af0-851c-6698ffa18bd7', 1, '2026-11-27 09:12:45.146854+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (5, 'd6ca7094-34f9-4855-8edb-309321e89ec6', 1, '2026-11-27 09:12:45.14731+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (5, '20b989ea-f65c-41af-935a-e4e2319086df', 0, '2026-11-27 09:12:45.148667+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (6, 'e21d95ed-8073-4af0-851c-6698ffa18bd7', 1, '2026-11-27 09:12:45.239006+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (6, '20b989ea-f65c-41af-935a-e4e2319086df', 0, '2026-11-27 09:12:45.239519+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (6, 'd6ca7094-34f9-4855-8edb-309321e89ec6', 1, '2026-11-27 09:12:45.241958+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (7, 'd6ca7094-34f9-4855-8edb-309321e89ec6', 1, '2026-11-27 09:12:45.328209+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (7, '20b989ea-f65c-41af-935a-e4e2319086df', 0, '2026-11-27 09:12:45.328292+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (7, 'e21d95ed-8073-4af0-851c-6698ffa18bd7', 1, '2026-11-27 09:12:45.330167+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (8, '20b989ea-f65c-41af-935a-e4e2319086df', 0, '2026-11-27 09:12:45.878246+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (8, 'e21d95ed-8073-4af0-851c-6698ffa18bd7', 0, '2026-11-27 09:12:45.880247+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (8, 'd6ca7094-34f9-4855-8edb-309321e89ec6', 0, '2026-11-27 09:12:45.882592+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (9, 'd6ca7094-34f9-4855-8edb-309321e89ec6', 0, '2026-11-27 09:12:46.178723+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (9, '20b989ea-f65c-41af-935a-e4e2319086df', 0, '2026-11-27 09:12:46.179579+00');
INSERT INTO public."ResetAck" ("resetId", "botId", evicted, "ackedAt") VALUES (9, 'e21d95ed-8073-4af0-851c-6698ffa18bd7', 1, '2026-11-27 09:12:46.182797+00');


--
-- Data for Name: Session; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."Session" ("userId", context, revision, "updatedAt") VALUES ('ID.11111111111111111111', '{"language": "id"}', '7e103574-fb51-4fe1-b5d7-5e54c6d8d362', '2026-11-27 09:12:46.105104+00');
INSERT INTO public."Session" ("userId", context, revision, "updatedAt") VALUES ('628005550102@c.us', '{"language": "id"}', '72a4194a-3c79-432c-b4ca-8598037da7da', '2026-11-27 09:12:46.121796+00');
INSERT INTO public."Session" ("userId", context, revision, "updatedAt") VALUES ('628005550103@c.us', '{"language": "id"}', '16769662-9862-4520-bdd7-91d221dd13e3', '2026-11-27 09:12:46.154295+00');
INSERT INTO public."Session" ("userId", context, revision, "updatedAt") VALUES ('628005550104@c.us', '{"language": "id"}', 'f31e0515-2954-4c2c-a72e-61f69268c1f7', '2026-11-27 09:12:46.212426+00');
INSERT INTO public."Session" ("userId", context, revision, "updatedAt") VALUES ('628005550110@c.us', '{}', '721b6240-c812-4045-a26a-ad1b1ae5291e', '2026-11-27 09:12:46.22073+00');
INSERT INTO public."Session" ("userId", context, revision, "updatedAt") VALUES ('628005550105@c.us', '{"asked": true, "awaiting": true, "language": "id"}', 'a65122cc-1c2f-4da0-93d8-401e1a11a9fe', '2026-11-27 09:12:46.239053+00');
INSERT INTO public."Session" ("userId", context, revision, "updatedAt") VALUES ('628005550107@c.us', '{"language": "id"}', 'fa5071a4-764a-41ed-abd9-3dea29114e81', '2026-11-27 09:12:46.312513+00');
INSERT INTO public."Session" ("userId", context, revision, "updatedAt") VALUES ('628005550108@c.us', '{"language": "id"}', '87955dea-be28-478d-8a4a-595bdac9e5d9', '2026-11-27 09:12:46.330338+00');
INSERT INTO public."Session" ("userId", context, revision, "updatedAt") VALUES ('628005550101@c.us', '{"language": "id"}', '8eaef108-2c79-4436-a325-c00641ed5390', '2026-11-27 09:12:46.361396+00');
INSERT INTO public."Session" ("userId", context, revision, "updatedAt") VALUES ('628005550109@c.us', '{"language": "id"}', '9e3f6f15-c3b3-4d9e-ae62-d469bb1133f0', '2026-11-27 09:12:46.900854+00');
INSERT INTO public."Session" ("userId", context, revision, "updatedAt") VALUES ('628005550106@c.us', '{"language": "id"}', '7e32d01f-89c0-4689-a517-78db2197af36', '2026-11-27 09:12:46.913492+00');


--
-- Data for Name: SetAside; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."SetAside" (id, address, item, reason, at) VALUES (1, '628005550105', '{"from": "628005550105", "id": "wamid…", "timestamp": "kemarin", "type": "text", "text": {"body": "halo"}}', 'no timestamp', '2026-11-27 09:12:46.225075+00');


--
-- Data for Name: User; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."User" (id, incarnation, nama, revision, "pausedAt", "profileName", "createdAt", "activeAt") VALUES ('ID.11111111111111111111', '4340f5d2-97d8-4233-b847-cc712fbebd53', 'Łukasz', 'b87f8168-5209-47b0-96cd-223e34a87b7b', NULL, 'WhatsApp user', '2026-11-27 09:12:46.106009+00', '2026-11-27 09:12:46.105104+00');
INSERT INTO public."User" (id, incarnation, nama, revision, "pausedAt", "profileName", "createdAt", "activeAt") VALUES ('628005550102@c.us', '28528680-22de-4968-b38c-67f07d3eb583', 'Bagus', 'defeceb4-eeef-43d9-a475-362393a57c35', NULL, 'WhatsApp user', '2026-11-27 09:12:46.122725+00', '2026-11-27 09:12:46.121796+00');
INSERT INTO public."User" (id, incarnation, nama, revision, "pausedAt", "profileName", "createdAt", "activeAt") VALUES ('628005550103@c.us', '907c66c0-50b6-4ef7-9e91-92ca6d1d2455', 'Dewi', '2ae7218c-50f9-420b-bc02-71bff494b05a', NULL, 'WhatsApp user', '2026-11-27 09:12:46.134401+00', '2026-11-27 09:12:46.154295+00');
INSERT INTO public."User" (id, incarnation, nama, revision, "pausedAt", "profileName", "createdAt", "activeAt") VALUES ('628005550104@c.us', '7922ce9b-b194-4c08-8242-bf869883f210', 'Nurul', '88d780e6-334f-4c48-b1f5-7ba3706808ac', '2026-11-27 09:12:46.20238+00', 'WhatsApp user', '2026-11-27 09:12:46.197749+00', '2026-11-27 09:12:46.212426+00');
INSERT INTO public."User" (id, incarnation, nama, revision, "pausedAt", "profileName", "createdAt", "activeAt") VALUES ('628005550110@c.us', '4097f7f8-5399-40d0-93e2-b99f816c3f3d', 'Putu', '0a3f0ff3-bc95-4dad-9fd8-1fc665831115', NULL, NULL, '2026-11-27 09:12:46.217271+00', '2026-11-27 09:12:46.217151+00');
INSERT INTO public."User" (id, incarnation, nama, revision, "pausedAt", "profileName", "createdAt", "activeAt") VALUES ('628005550105@c.us', '9c46b818-2dc0-4e77-8110-bbfeff3291b2', NULL, 'e595c7c2-a632-4ef8-a76e-fa61b795713a', NULL, 'WhatsApp user', '2026-11-27 09:12:46.240493+00', '2026-11-27 09:12:46.239053+00');
INSERT INTO public."User" (id, incarnation, nama, revision, "pausedAt", "profileName", "createdAt", "activeAt") VALUES ('628005550107@c.us', 'eb084707-854f-446b-9b23-ff779b00fdf5', 'Wayan', '5c534e77-73b6-4e41-84d0-eb9e2939bcac', NULL, 'WhatsApp user', '2026-11-27 09:12:46.314083+00', '2026-11-27 09:12:46.312513+00');
INSERT INTO public."User" (id, incarnation, nama, revision, "pausedAt", "profileName", "createdAt", "activeAt") VALUES ('628005550108@c.us', '6ff34ce6-7f83-4173-875a-8dafdb424c66', 'Yanti', 'bfb81d50-6e5a-435a-a9a8-1122216a0ad5', NULL, 'WhatsApp user', '2026-11-27 09:12:46.331547+00', '2026-11-27 09:12:46.330338+00');
INSERT INTO public."User" (id, incarnation, nama, revision, "pausedAt", "profileName", "createdAt", "activeAt") VALUES ('628005550101@c.us', '40fcf26c-08d9-4f74-bd4c-e82c94b9e8ae', 'Sari Dewi', 'e68104c6-5a25-405e-9c78-b18e346c3ed0', NULL, 'WhatsApp user', '2026-11-27 09:12:46.024479+00', '2026-11-27 09:12:46.39777+00');
INSERT INTO public."User" (id, incarnation, nama, revision, "pausedAt", "profileName", "createdAt", "activeAt") VALUES ('628005550109@c.us', '8648e4a4-0a99-4a8f-a3b8-eca8561b10dc', 'Agus', '4fd838b7-25d9-4281-a5f1-b72c5e22cf33', NULL, 'WhatsApp user', '2026-11-27 09:12:46.891438+00', '2026-11-27 09:12:46.900854+00');
INSERT INTO public."User" (id, incarnation, nama, revision, "pausedAt", "profileName", "createdAt", "activeAt") VALUES ('628005550106@c.us', 'eaa5b0f0-bb97-4491-9513-e9cabe80246b', 'Tono', 'ebe3f9d7-9a04-437b-923b-372caaf9320e', NULL, 'WhatsApp user', '2026-11-27 09:12:46.285533+00', '2026-11-27 09:12:46.913492+00');


--
-- Data for Name: WebSession; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public."WebSession" ("tokenHash", operator, "createdAt", "seenAt", "expiresAt") VALUES ('\x183cc277504b830d16727a53594d9965ae0ca10669be829a23942d2119287ac3', 'wati', '2026-11-27 09:12:39.653481+00', '2026-11-27 09:12:39.653481+00', '2026-11-27 21:12:39.653481+00');


--
-- Name: Conversation_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public."Conversation_id_seq"', 70, true);


--
-- Name: LoginAttempt_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public."LoginAttempt_id_seq"', 4, true);


--
-- Name: Reset_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public."Reset_id_seq"', 9, true);


--
-- Name: SetAside_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public."SetAside_id_seq"', 1, true);


--
-- Name: Alias Alias_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."Alias"
    ADD CONSTRAINT "Alias_pkey" PRIMARY KEY (alias);


--
-- Name: ApiToken ApiToken_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."ApiToken"
    ADD CONSTRAINT "ApiToken_pkey" PRIMARY KEY ("tokenHash");


--
-- Name: Bot Bot_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."Bot"
    ADD CONSTRAINT "Bot_pkey" PRIMARY KEY (id);


--
-- Name: Conversation Conversation_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."Conversation"
    ADD CONSTRAINT "Conversation_pkey" PRIMARY KEY (id);


--
-- Name: Delivery Delivery_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."Delivery"
    ADD CONSTRAINT "Delivery_pkey" PRIMARY KEY (digest);


--
-- Name: DigestKey DigestKey_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."DigestKey"
    ADD CONSTRAINT "DigestKey_pkey" PRIMARY KEY (singleton);


--
-- Name: Forgotten Forgotten_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."Forgotten"
    ADD CONSTRAINT "Forgotten_pkey" PRIMARY KEY (digest);


--
-- Name: LoginAttempt LoginAttempt_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."LoginAttempt"
    ADD CONSTRAINT "LoginAttempt_pkey" PRIMARY KEY (id);


--
-- Name: Migration Migration_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."Migration"
    ADD CONSTRAINT "Migration_pkey" PRIMARY KEY (name);


--
-- Name: Operator Operator_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."Operator"
    ADD CONSTRAINT "Operator_pkey" PRIMARY KEY (name);


--
-- Name: ResetAck ResetAck_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."ResetAck"
    ADD CONSTRAINT "ResetAck_pkey" PRIMARY KEY ("resetId", "botId");


--
-- Name: Reset Reset_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."Reset"
    ADD CONSTRAINT "Reset_pkey" PRIMARY KEY (id);


--
-- Name: Session Session_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."Session"
    ADD CONSTRAINT "Session_pkey" PRIMARY KEY ("userId");


--
-- Name: SetAside SetAside_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."SetAside"
    ADD CONSTRAINT "SetAside_pkey" PRIMARY KEY (id);


--
-- Name: User User_incarnation_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."User"
    ADD CONSTRAINT "User_incarnation_key" UNIQUE (incarnation);


--
-- Name: User User_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."User"
    ADD CONSTRAINT "User_pkey" PRIMARY KEY (id);


--
-- Name: WebSession WebSession_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."WebSession"
    ADD CONSTRAINT "WebSession_pkey" PRIMARY KEY ("tokenHash");


--
-- Name: alias_by_client; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX alias_by_client ON public."Alias" USING btree ("userId");


--
-- Name: conversation_by_client; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversation_by_client ON public."Conversation" USING btree ("userId", id);


--
-- Name: conversation_by_message_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversation_by_message_id ON public."Conversation" USING btree ("waMessageId") WHERE ("waMessageId" IS NOT NULL);


--
-- Name: conversation_by_token; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX conversation_by_token ON public."Conversation" USING btree (token);


--
-- Name: conversation_unsettled; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversation_unsettled ON public."Conversation" USING btree ("userId", id) WHERE (status = ANY (ARRAY['pending'::text, 'queued'::text, 'sending'::text]));


--
-- Name: delivery_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX delivery_by_age ON public."Delivery" USING btree ("seenAt");


--
-- Name: login_attempt_by_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX login_attempt_by_subject ON public."LoginAttempt" USING btree (subject, at);


--
-- Name: reset_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX reset_by_time ON public."Reset" USING btree (at);


--
-- Name: user_by_activity; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX user_by_activity ON public."User" USING btree ("activeAt" DESC, id COLLATE "C" DESC);


--
-- Name: User a_own_alias_on_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER a_own_alias_on_insert AFTER INSERT ON public."User" FOR EACH ROW EXECUTE FUNCTION public.add_own_alias();

ALTER TABLE public."User" ENABLE ALWAYS TRIGGER a_own_alias_on_insert;


--
-- Name: User begin_reset; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER begin_reset BEFORE DELETE ON public."User" FOR EACH STATEMENT EXECUTE FUNCTION public.begin_reset();

ALTER TABLE public."User" ENABLE ALWAYS TRIGGER begin_reset;


--
-- Name: User bury_orphans; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER bury_orphans BEFORE INSERT ON public."User" FOR EACH ROW EXECUTE FUNCTION public.bury_orphans();

ALTER TABLE public."User" ENABLE ALWAYS TRIGGER bury_orphans;


--
-- Name: Alias mark_forgotten; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER mark_forgotten AFTER DELETE ON public."Alias" REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.mark_forgotten();

ALTER TABLE public."Alias" ENABLE ALWAYS TRIGGER mark_forgotten;


--
-- Name: User own_alias_on_rename; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER own_alias_on_rename AFTER UPDATE OF id ON public."User" FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION public.add_own_alias();

ALTER TABLE public."User" ENABLE ALWAYS TRIGGER own_alias_on_rename;


--
-- Name: Session renew_revision; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER renew_revision BEFORE UPDATE ON public."Session" FOR EACH ROW WHEN ((old.revision = new.revision)) EXECUTE FUNCTION public.renew_session_revision();

ALTER TABLE public."Session" ENABLE ALWAYS TRIGGER renew_revision;


--
-- Name: User renew_revision; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER renew_revision BEFORE UPDATE ON public."User" FOR EACH ROW WHEN (((old.revision = new.revision) AND ((((old.id IS DISTINCT FROM new.id) OR (old.incarnation IS DISTINCT FROM new.incarnation)) OR (old.nama IS DISTINCT FROM new.nama)) OR (old."pausedAt" IS DISTINCT FROM new."pausedAt")))) EXECUTE FUNCTION public.renew_user_revision();

ALTER TABLE public."User" ENABLE ALWAYS TRIGGER renew_revision;


--
-- Name: User reset_deleted; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER reset_deleted AFTER DELETE ON public."User" REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.reset_deleted();

ALTER TABLE public."User" ENABLE ALWAYS TRIGGER reset_deleted;


--
-- Name: User reset_truncated; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER reset_truncated BEFORE TRUNCATE ON public."User" FOR EACH STATEMENT EXECUTE FUNCTION public.reset_truncated();

ALTER TABLE public."User" ENABLE ALWAYS TRIGGER reset_truncated;


--
-- Name: Session signal_deleted; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER signal_deleted AFTER DELETE ON public."Session" REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.signal_sessions_deleted();

ALTER TABLE public."Session" ENABLE ALWAYS TRIGGER signal_deleted;


--
-- Name: Session signal_truncated; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER signal_truncated AFTER TRUNCATE ON public."Session" FOR EACH STATEMENT EXECUTE FUNCTION public.signal_sessions_truncated();

ALTER TABLE public."Session" ENABLE ALWAYS TRIGGER signal_truncated;


--
-- Name: Alias Alias_userId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."Alias"
    ADD CONSTRAINT "Alias_userId_fkey" FOREIGN KEY ("userId") REFERENCES public."User"(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: Conversation Conversation_userId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."Conversation"
    ADD CONSTRAINT "Conversation_userId_fkey" FOREIGN KEY ("userId") REFERENCES public."User"(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: ResetAck ResetAck_botId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."ResetAck"
    ADD CONSTRAINT "ResetAck_botId_fkey" FOREIGN KEY ("botId") REFERENCES public."Bot"(id) ON DELETE CASCADE;


--
-- Name: ResetAck ResetAck_resetId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."ResetAck"
    ADD CONSTRAINT "ResetAck_resetId_fkey" FOREIGN KEY ("resetId") REFERENCES public."Reset"(id) ON DELETE CASCADE;


--
-- Name: Session Session_userId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."Session"
    ADD CONSTRAINT "Session_userId_fkey" FOREIGN KEY ("userId") REFERENCES public."User"(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: WebSession WebSession_operator_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public."WebSession"
    ADD CONSTRAINT "WebSession_operator_fkey" FOREIGN KEY (operator) REFERENCES public."Operator"(name) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: FUNCTION acknowledge_resets(bot uuid, resets bigint[], dropped bigint[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.acknowledge_resets(bot uuid, resets bigint[], dropped bigint[]) FROM PUBLIC;


--
-- Name: FUNCTION add_addresses(client text, addresses text[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.add_addresses(client text, addresses text[]) FROM PUBLIC;


--
-- Name: FUNCTION add_client(addresses text[], profile text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.add_client(addresses text[], profile text) FROM PUBLIC;


--
-- Name: FUNCTION add_own_alias(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.add_own_alias() FROM PUBLIC;


--
-- Name: FUNCTION apply_status(message_id text, message_token uuid, reported text, code integer, reason text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.apply_status(message_id text, message_token uuid, reported text, code integer, reason text) FROM PUBLIC;


--
-- Name: FUNCTION begin_login(account text, address text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.begin_login(account text, address text) FROM PUBLIC;


--
-- Name: FUNCTION begin_reset(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.begin_reset() FROM PUBLIC;


--
-- Name: FUNCTION bury_orphans(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.bury_orphans() FROM PUBLIC;


--
-- Name: FUNCTION claim_pending(client text, bot uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.claim_pending(client text, bot uuid) FROM PUBLIC;


--
-- Name: FUNCTION clients_waiting(bot uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.clients_waiting(bot uuid) FROM PUBLIC;


--
-- Name: FUNCTION commit_turn(addresses text[], expected_id text, expected_user_revision uuid, expected_session_revision uuid, message_id text, kind text, body text, detail jsonb, written_at timestamp with time zone, profile text, new_context jsonb, learnt_name text, answers text[], stored_message uuid, OUT outcome text, OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb, OUT user_revision uuid, OUT session_revision uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.commit_turn(addresses text[], expected_id text, expected_user_revision uuid, expected_session_revision uuid, message_id text, kind text, body text, detail jsonb, written_at timestamp with time zone, profile text, new_context jsonb, learnt_name text, answers text[], stored_message uuid, OUT outcome text, OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb, OUT user_revision uuid, OUT session_revision uuid) FROM PUBLIC;


--
-- Name: FUNCTION digest_of(subject text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.digest_of(subject text) FROM PUBLIC;


--
-- Name: FUNCTION drop_set_aside(forgotten text[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.drop_set_aside(forgotten text[]) FROM PUBLIC;


--
-- Name: FUNCTION find_api_token(token_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.find_api_token(token_hash bytea) FROM PUBLIC;


--
-- Name: FUNCTION find_web_session(token_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.find_web_session(token_hash bytea) FROM PUBLIC;


--
-- Name: FUNCTION finish_login(account text, address text, token_hash bytea, old_token_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.finish_login(account text, address text, token_hash bytea, old_token_hash bytea) FROM PUBLIC;


--
-- Name: FUNCTION forget_by_chat(addresses text[], expected_id text, expected_user_revision uuid, expected_session_revision uuid, message_id text, written_at timestamp with time zone, stored_message uuid, OUT outcome text, OUT reset bigint); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.forget_by_chat(addresses text[], expected_id text, expected_user_revision uuid, expected_session_revision uuid, message_id text, written_at timestamp with time zone, stored_message uuid, OUT outcome text, OUT reset bigint) FROM PUBLIC;


--
-- Name: FUNCTION is_forgotten(addresses text[], written_at timestamp with time zone, client_since timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.is_forgotten(addresses text[], written_at timestamp with time zone, client_since timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION is_sending(message uuid, bot uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.is_sending(message uuid, bot uuid) FROM PUBLIC;


--
-- Name: FUNCTION load_session(addresses text[], OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb, OUT user_revision uuid, OUT session_revision uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.load_session(addresses text[], OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb, OUT user_revision uuid, OUT session_revision uuid) FROM PUBLIC;


--
-- Name: FUNCTION lock_client(addresses text[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.lock_client(addresses text[]) FROM PUBLIC;


--
-- Name: FUNCTION lock_session(client text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.lock_session(client text) FROM PUBLIC;


--
-- Name: FUNCTION mark_forgotten(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.mark_forgotten() FROM PUBLIC;


--
-- Name: FUNCTION merge_clients(kept text, addresses text[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.merge_clients(kept text, addresses text[]) FROM PUBLIC;


--
-- Name: FUNCTION missed_resets(bot uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.missed_resets(bot uuid) FROM PUBLIC;


--
-- Name: FUNCTION note_delivery(message_id text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.note_delivery(message_id text) FROM PUBLIC;


--
-- Name: FUNCTION prune_digests(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.prune_digests() FROM PUBLIC;


--
-- Name: FUNCTION refusal_of(addresses text[], message_id text, written_at timestamp with time zone, client_since timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refusal_of(addresses text[], message_id text, written_at timestamp with time zone, client_since timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION remember_forgetting(forgotten text[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.remember_forgetting(forgotten text[]) FROM PUBLIC;


--
-- Name: FUNCTION remember_forgetting_everybody(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.remember_forgetting_everybody() FROM PUBLIC;


--
-- Name: FUNCTION renew_session_revision(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.renew_session_revision() FROM PUBLIC;


--
-- Name: FUNCTION renew_user_revision(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.renew_user_revision() FROM PUBLIC;


--
-- Name: FUNCTION report_bot(bot uuid, on_host text, with_pid integer, is_listening boolean, holds bigint); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.report_bot(bot uuid, on_host text, with_pid integer, is_listening boolean, holds bigint) FROM PUBLIC;


--
-- Name: FUNCTION reset_client(handle text, actor text, source text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.reset_client(handle text, actor text, source text) FROM PUBLIC;


--
-- Name: FUNCTION reset_deleted(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.reset_deleted() FROM PUBLIC;


--
-- Name: FUNCTION reset_life(handle text, life uuid, actor text, source text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.reset_life(handle text, life uuid, actor text, source text) FROM PUBLIC;


--
-- Name: FUNCTION reset_truncated(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.reset_truncated() FROM PUBLIC;


--
-- Name: FUNCTION retire_bot(bot uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.retire_bot(bot uuid) FROM PUBLIC;


--
-- Name: FUNCTION set_aside(sender text, what text, why text, written_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.set_aside(sender text, what text, why text, written_at timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION settle_abandoned(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.settle_abandoned() FROM PUBLIC;


--
-- Name: FUNCTION settle_sent(message uuid, message_id text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.settle_sent(message uuid, message_id text) FROM PUBLIC;


--
-- Name: FUNCTION settle_unsent(message uuid, bot uuid, new_status text, code integer, reason text, again_after interval); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.settle_unsent(message uuid, bot uuid, new_status text, code integer, reason text, again_after interval) FROM PUBLIC;


--
-- Name: FUNCTION signal_sessions_deleted(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.signal_sessions_deleted() FROM PUBLIC;


--
-- Name: FUNCTION signal_sessions_truncated(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.signal_sessions_truncated() FROM PUBLIC;


--
-- Name: FUNCTION start_sending(client text, bot uuid, posted uuid[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.start_sending(client text, bot uuid, posted uuid[]) FROM PUBLIC;


--
-- Name: FUNCTION store_message(addresses text[], message_id text, kind text, body text, detail jsonb, written_at timestamp with time zone, profile text, bot uuid, OUT outcome text, OUT client_id text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.store_message(addresses text[], message_id text, kind text, body text, detail jsonb, written_at timestamp with time zone, profile text, bot uuid, OUT outcome text, OUT client_id text) FROM PUBLIC;


--
-- Name: FUNCTION was_delivered(message_id text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.was_delivered(message_id text) FROM PUBLIC;


--
-- Name: FUNCTION write_receipt(forgotten bigint, sessions_gone bigint, conversations_gone bigint, incarnations jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.write_receipt(forgotten bigint, sessions_gone bigint, conversations_gone bigint, incarnations jsonb) FROM PUBLIC;


--
-- PostgreSQL database dump complete
--


