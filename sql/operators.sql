-- Operators who log in to the dashboard, their sessions in a browser, and tokens of the API.

CREATE OR REPLACE FUNCTION novabot_internal.begin_login(
    account text, address text
) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '5s'
AS $$
DECLARE
    subjects CONSTANT bytea[] := ARRAY[
        novabot_internal.digest_of('account:' || lower(account)),
        novabot_internal.digest_of('from:' || address)
    ];
    bounds CONSTANT integer[] := ARRAY[8, 40];
    window_length CONSTANT interval := '15 minutes';
    wait_until timestamptz;
BEGIN
    -- Counted before the password is checked, one login at a time: guessing in parallel gains
    -- nothing. The lock is on a row that no other role can lock; any role can hold an advisory lock. While "DigestKey" is empty, logins do not take turns.
    PERFORM FROM public."DigestKey" FOR UPDATE;
    DELETE FROM public."LoginAttempt" WHERE at < now() - interval '1 hour';
    SELECT max(tried.at) + window_length INTO wait_until
    FROM unnest(subjects, bounds) AS s (subject, bound)
    CROSS JOIN LATERAL (
        SELECT a.at
        FROM public."LoginAttempt" AS a
        WHERE a.subject = s.subject AND a.at > clock_timestamp() - window_length
        ORDER BY a.at DESC
        OFFSET s.bound - 1 LIMIT 1
    ) AS tried;
    IF wait_until IS NULL THEN
        INSERT INTO public."LoginAttempt" (subject, at)
        SELECT s, clock_timestamp() FROM unnest(subjects) AS s;
    END IF;
    RETURN wait_until;
END
$$;
COMMENT ON FUNCTION novabot_internal.begin_login(text, text) IS
'Counts a login before it is checked: NULL, or when to try again (8 failures an account, 40 an address, in 15 minutes).';

CREATE OR REPLACE FUNCTION novabot_internal.finish_login(
    account text, address text, token_hash bytea, old_token_hash bytea
) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    expires timestamptz;
BEGIN
    DELETE FROM public."LoginAttempt"
    WHERE subject = novabot_internal.digest_of('account:' || lower(account));
    DELETE FROM public."LoginAttempt"
    WHERE
        id = (
            SELECT max(a.id)
            FROM public."LoginAttempt" AS a
            WHERE a.subject = novabot_internal.digest_of('from:' || address)
        );
    DELETE FROM public."WebSession" WHERE "tokenHash" = old_token_hash OR "expiresAt" < now();
    INSERT INTO public."WebSession" ("tokenHash", operator, "expiresAt")
    VALUES (token_hash, account, now() + interval '12 hours')
    RETURNING "expiresAt" INTO expires;
    RETURN expires;
END
$$;
COMMENT ON FUNCTION novabot_internal.finish_login(text, text, bytea, bytea) IS
'The password was right: the failures are forgotten, and a new web session takes the old one''s place. Returns when it expires.';

CREATE OR REPLACE FUNCTION novabot_internal.find_web_session(token_hash bytea)
RETURNS TABLE (name text, role text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE public."WebSession" AS w
    SET
        "seenAt" = now(),
        "expiresAt" = least(now() + interval '12 hours', w."createdAt" + interval '7 days')
    WHERE
        w."tokenHash" = token_hash
        AND w."expiresAt" > now()
        AND w."seenAt" < now() - interval '1 minute';
    RETURN QUERY
    SELECT o.name, o.role
    FROM public."WebSession" AS w
    JOIN public."Operator" AS o ON o.name = w.operator
    WHERE w."tokenHash" = token_hash AND w."expiresAt" > now();
END
$$;
COMMENT ON FUNCTION novabot_internal.find_web_session(bytea) IS
'The operator who is logged in with this cookie; no row without one. A session ends after 12 hours without use, and after 7 days.';

CREATE OR REPLACE FUNCTION novabot_internal.find_api_token(token_hash bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE public."ApiToken" AS t
    SET "usedAt" = now()
    WHERE
        t."tokenHash" = token_hash
        AND t."revokedAt" IS NULL
        AND coalesce(t."usedAt", '-infinity') < now() - interval '1 minute';
    RETURN (
        SELECT t.name
        FROM public."ApiToken" AS t
        WHERE t."tokenHash" = token_hash AND t."revokedAt" IS NULL
    );
END
$$;
COMMENT ON FUNCTION novabot_internal.find_api_token(bytea) IS
'The name of an API token that is not revoked, or NULL.';
