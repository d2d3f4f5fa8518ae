-- What WhatsApp tells of the business's account: kept for 90 days, once an event.

CREATE OR REPLACE FUNCTION novabot_internal.note_account_event(
    account text,
    field text,
    event text,
    subject text,
    severity text,
    detail text,
    stated_at timestamptz,
    key text
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
AS $$
BEGIN
    INSERT INTO public."Delivery" (digest, "seenAt")
    VALUES (novabot_internal.digest_of('account:' || key), clock_timestamp())
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO public."AccountEvent" (
            "receivedAt", at, account, field, event, subject, severity, detail
        )
        SELECT
            received.at, least(stated_at, received.at), account, field, event, subject, severity, detail
        FROM clock_timestamp() AS received (at);
    END IF;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION novabot_internal.note_account_event(
    text, text, text, text, text, text, timestamptz, text
) IS
'Keeps what WhatsApp told of the account, once in 8 days for its key; whether this was the first time. stated_at: NULL where it does not say when. Raises lock_not_available after 50 ms behind another transaction''s lock.';

CREATE OR REPLACE FUNCTION novabot_internal.list_account_events(most integer)
RETURNS SETOF public."AccountEvent"
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
    SELECT e.* FROM public."AccountEvent" AS e ORDER BY e.id DESC LIMIT most
$$;
COMMENT ON FUNCTION novabot_internal.list_account_events(integer) IS
'What WhatsApp told of the account, the latest to arrive first.';

CREATE OR REPLACE FUNCTION novabot_internal.open_account_events()
RETURNS SETOF public."AccountEvent"
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
    SELECT e.*
    FROM public."AccountEvent" AS e
    WHERE
        e.severity IN ('fault', 'warning')
        AND e."receivedAt" > clock_timestamp() - CASE e.severity
            WHEN 'fault' THEN interval '30 days' ELSE interval '7 days'
        END
        AND NOT EXISTS (
            SELECT
            FROM public."AccountEvent" AS later
            WHERE
                later.field = e.field
                AND later.subject = e.subject
                AND later.account IS NOT DISTINCT FROM e.account
                AND (later.at, later.id) > (e.at, e.id)
                AND (
                    later.severity = 'over'
                    OR (later.severity IN ('fault', 'warning') AND later.event = e.event)
                )
        )
    ORDER BY e.severity <> 'fault', e.at DESC, e.id DESC
    LIMIT 20
$$;
COMMENT ON FUNCTION novabot_internal.open_account_events() IS
'Faults of the last 30 days and warnings of the last 7 that no later event of the same account, field and subject has ended or repeated; faults first, then the latest; 20 at the most.';

CREATE OR REPLACE FUNCTION novabot_internal.prune_account_events() RETURNS void
LANGUAGE sql
AS $$
    DELETE FROM public."AccountEvent"
    WHERE
        "receivedAt" < now() - interval '90 days'
        OR id <= (SELECT max(e.id) FROM public."AccountEvent" AS e) - 10000
$$;
COMMENT ON FUNCTION novabot_internal.prune_account_events() IS
'Deletes what WhatsApp told of the account over 90 days ago, and all but the last 10 000.';
