-- The state of the business's number: one row of "Number", shared by all bots, read with what is
-- read anyway and written only when it changes. See "Sending" in ARCHITECTURE.md.

CREATE OR REPLACE FUNCTION novabot_internal.number_row(number text, digest bytea)
RETURNS SETOF public."Number"
LANGUAGE sql STABLE
AS $$
    SELECT n.*
    FROM public."Number" AS n
    WHERE n.id = number AND n.token IN ('', digest)
    ORDER BY
        n.state = 'stopped' DESC, n.state = 'slowed' DESC, n.suspect IS NOT NULL DESC, n.token DESC
    LIMIT 1
$$;
COMMENT ON FUNCTION novabot_internal.number_row(text, bytea) IS
'The row that says most of a number, for an access token with this SHA-256; none while nothing was ever refused.';

CREATE OR REPLACE FUNCTION novabot_internal.may_send(number text, digest bytea) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT NOT EXISTS (
        SELECT
        FROM public."Number" AS n
        WHERE
            n.id = number
            AND n.token IN ('', digest)
            AND (
                n.state = 'stopped'
                OR (n.state = 'slowed' AND n."dueAt" > clock_timestamp())
            )
    )
$$;
COMMENT ON FUNCTION novabot_internal.may_send(text, bytea) IS
'Whether a bot with this access token may begin to send: the number is not stopped, and not in a pause.';

CREATE OR REPLACE FUNCTION novabot_internal.number_rate(
    rate double precision, refused_at double precision, seconds double precision
) RETURNS double precision
LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE
        WHEN seconds < 5 THEN rate + (0.9 * refused_at - rate) * greatest(seconds, 0) / 5
        ELSE 0.9 * refused_at * 1.02 ^ least(seconds - 5, 3600)
    END
$$;
COMMENT ON FUNCTION novabot_internal.number_rate(
    double precision, double precision, double precision
) IS
'Messages a second so long after a pause: in 5 seconds up to 90 % of what was refused, then 2 % more each second.';

CREATE OR REPLACE FUNCTION novabot_internal.number_state(
    number text,
    digest bytea,
    bot uuid,
    per_second double precision,
    OUT state text,
    OUT since timestamptz,
    OUT code integer,
    OUT reason text,
    OUT by_hand boolean,
    OUT due_in double precision,
    OUT is_suspected boolean,
    OUT share double precision
) RETURNS record
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    found public."Number";
    rate double precision;
BEGIN
    SELECT n.* INTO found FROM novabot_internal.number_row(number, digest) AS n;
    state := coalesce(found.state, 'running');
    is_suspected := found.suspect IS NOT NULL;
    rate := nullif(per_second, 0);
    IF state = 'slowed' THEN
        rate := novabot_internal.number_rate(
            found.rate,
            found."refusedAt",
            extract(EPOCH FROM clock_timestamp() - found."dueAt")::double precision
        );
        IF rate >= coalesce(nullif(per_second, 0), 1000) THEN
            state := 'running';
            rate := nullif(per_second, 0);
        END IF;
    END IF;
    IF state <> 'running' THEN
        since := found.since;
        code := found.code;
        reason := found.reason;
        by_hand := found."byHand";
        due_in := greatest(0, extract(EPOCH FROM found."dueAt" - clock_timestamp()));
    END IF;
    share := rate * (
        SELECT
            coalesce(sum(b.wants + 1) FILTER (WHERE b.id = bot), 1)::double precision
            / greatest(sum(b.wants + 1), 1)
        FROM public."Bot" AS b
        WHERE b."stoppedAt" IS NULL AND b."seenAt" > clock_timestamp() - interval '10 seconds'
    );
END
$$;
COMMENT ON FUNCTION novabot_internal.number_state(text, bytea, uuid, double precision) IS
'What a bot may send. per_second: what the number may at most (0: not known). state: running, slowed or stopped, since when, and why; by_hand: until novabot number resume; due_in: seconds until a pause ends, or a message tries whether a stop is over; share: messages a second that this bot may send (NULL: as many as it likes), by what the living bots had to send in the last second.';

CREATE OR REPLACE FUNCTION novabot_internal.note_refusal(
    number text,
    digest bytea,
    action text,
    code integer,
    reason text,
    by_hand boolean,
    client text,
    begun_ago interval,
    retry_after double precision,
    per_second double precision
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
#variable_conflict use_variable
DECLARE
    found public."Number";
    refused public."User".incarnation%TYPE;
    begun_at CONSTANT timestamptz := clock_timestamp() - begun_ago;
    at CONSTANT timestamptz := clock_timestamp();
    key CONSTANT bytea := CASE WHEN action = 'stop_now' THEN digest ELSE '' END;
    current_rate double precision;
    in_a_row integer := 1;
BEGIN
    SELECT u.incarnation INTO refused FROM public."User" AS u WHERE u.id = client;
    INSERT INTO public."Number" (id, token) VALUES (number, key) ON CONFLICT DO NOTHING;
    SELECT n.* INTO found
    FROM public."Number" AS n
    WHERE n.id = number AND n.token = key
    FOR UPDATE;
    IF found.state = 'stopped' THEN
        RETURN 'stopped';
    END IF;
    IF action = 'slow_number' THEN
        IF found.state = 'slowed' AND begun_at < found."dueAt" THEN
            RETURN 'slowed'; -- begun before the pause that this number is in, or was in
        END IF;
        current_rate := coalesce(
            nullif(per_second, 0),
            (
                SELECT greatest(20, sum(b.wants)) -- the least that WhatsApp grants a number
                FROM public."Bot" AS b
                WHERE b."seenAt" > at - interval '10 seconds'
            )
        );
        IF found.state = 'slowed' THEN
            current_rate := least(
                current_rate,
                novabot_internal.number_rate(
                    found.rate,
                    found."refusedAt",
                    extract(EPOCH FROM at - found."dueAt")::double precision
                )
            );
            in_a_row := CASE
                WHEN at < found."dueAt" + interval '1 second' THEN found.attempts + 1 ELSE 1
            END;
        END IF;
        UPDATE public."Number" AS n
        SET
            state = 'slowed',
            since = CASE
                WHEN n.state = 'slowed' AND at < n."dueAt" + interval '1 minute' THEN n.since
                ELSE at
            END,
            code = note_refusal.code,
            reason = note_refusal.reason,
            "byHand" = false,
            "dueAt" = at + greatest(
                least(60, 0.5 * 2 ^ (least(in_a_row, 10) - 1)), coalesce(retry_after, 0)
            ) * interval '1 second',
            attempts = in_a_row,
            rate = greatest(current_rate / 2, 0.1),
            "refusedAt" = greatest(current_rate, 0.2)
        WHERE n.id = number AND n.token = key;
        RETURN 'slowed';
    END IF;
    IF
        action = 'stop_if_confirmed'
        AND (
            found.suspect IS NULL
            OR refused IS NULL
            OR found.suspect = refused
            OR found.since < at - interval '1 hour'
        )
    THEN
        UPDATE public."Number" AS n
        SET
            suspect = refused,
            since = at, -- of a row that stays slowed long after the number has climbed back, too
            code = CASE WHEN n.state = 'running' THEN note_refusal.code ELSE n.code END,
            reason = CASE WHEN n.state = 'running' THEN note_refusal.reason ELSE n.reason END
        WHERE n.id = number AND n.token = key AND refused IS NOT NULL;
        RETURN 'suspected';
    END IF;
    UPDATE public."Number" AS n
    SET
        state = 'stopped', since = at, code = note_refusal.code, reason = note_refusal.reason,
        "byHand" = by_hand, "dueAt" = at + interval '5 seconds', attempts = 0, suspect = NULL,
        "stoppedAt" = at, "resumedAt" = NULL
    WHERE n.id = number AND n.token = key;
    RETURN 'stopped';
END
$$;
COMMENT ON FUNCTION novabot_internal.note_refusal(
    text, bytea, text, integer, text, boolean, text, interval, double precision, double precision
) IS
'WhatsApp refused a message for a reason that concerns, or may concern, the whole number. action: slow_number, stop_now (for this access token) or stop_if_confirmed (for all, once messages to two clients within an hour were refused so). begun_ago: how long ago the attempt began; refusals of what was begun before a pause do not make it longer. Returns slowed, stopped or suspected. Raises lock_not_available after 100 ms behind another transaction''s lock.';

CREATE OR REPLACE FUNCTION novabot_internal.note_acceptance(
    number text, digest bytea, begun_ago interval
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
BEGIN
    UPDATE public."Number" AS n
    SET
        state = CASE WHEN n.state = 'stopped' THEN 'running' ELSE n.state END,
        "resumedAt" = CASE WHEN n.state = 'stopped' THEN clock_timestamp() ELSE n."resumedAt" END,
        suspect = NULL
    WHERE
        n.id = number
        AND n.token IN ('', digest)
        AND ((n.state = 'stopped' AND NOT n."byHand") OR n.suspect IS NOT NULL)
        AND n.since < clock_timestamp() - begun_ago;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION novabot_internal.note_acceptance(text, bytea, interval) IS
'WhatsApp took a message that was begun so long ago: what it was stopped or suspected for before, and not by hand, is mended. Whether there was such a thing.';

CREATE OR REPLACE FUNCTION novabot_internal.claim_try(number text, digest bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
BEGIN
    UPDATE public."Number" AS n
    SET
        attempts = n.attempts + 1,
        "dueAt" = clock_timestamp() + least(600, 5 * 2 ^ least(n.attempts + 1, 10)) * interval '1 second'
    WHERE
        (n.id, n.token) IN (
            SELECT s.id, s.token
            FROM public."Number" AS s
            WHERE s.id = number AND s.token IN ('', digest) AND s.state = 'stopped'
            FOR UPDATE SKIP LOCKED
        )
        AND NOT n."byHand"
        AND n."dueAt" <= clock_timestamp()
        AND NOT EXISTS (
            SELECT
            FROM public."Number" AS o
            WHERE
                o.id = number AND o.token IN ('', digest) AND o.state = 'stopped'
                AND (o."byHand" OR o."dueAt" > clock_timestamp())
        );
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION novabot_internal.claim_try(text, bytea) IS
'Whether the caller is the one bot that now sends one message, to see whether what a number is stopped for is mended. The next try is due after 10 seconds, then twice as long each time, 10 minutes at most.';

CREATE OR REPLACE FUNCTION novabot_internal.list_numbers()
RETURNS TABLE (
    id text, has_token boolean, state text, since timestamptz, code integer, reason text,
    by_hand boolean, due_at timestamptz, attempts integer
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        n.id, n.token <> '', n.state, n.since, n.code, n.reason, n."byHand", n."dueAt", n.attempts
    FROM public."Number" AS n
    WHERE
        n.state = 'stopped'
        OR (n.state = 'slowed' AND n."dueAt" > clock_timestamp() - interval '1 minute')
    ORDER BY n.state DESC, n.since
$$;
COMMENT ON FUNCTION novabot_internal.list_numbers() IS
'The numbers that are stopped, or were refused for their rate in the last minute. has_token: only for one access token.';

CREATE OR REPLACE FUNCTION novabot_internal.resume_numbers() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '5s'
AS $$
DECLARE
    resumed bigint;
BEGIN
    UPDATE public."Number" AS n
    SET
        state = 'running', suspect = NULL,
        "resumedAt" = CASE WHEN n.state = 'stopped' THEN clock_timestamp() ELSE n."resumedAt" END
    WHERE n.state <> 'running' OR n.suspect IS NOT NULL;
    GET DIAGNOSTICS resumed = ROW_COUNT;
    RETURN resumed;
END
$$;
COMMENT ON FUNCTION novabot_internal.resume_numbers() IS
'A person has seen to it: every number sends again. How many were stopped, slowed or suspected.';
