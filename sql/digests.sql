-- Digests: what may outlive a reset is kept as SHA-256 over a random key and the text.

CREATE OR REPLACE FUNCTION digest_of(subject text) RETURNS bytea
LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    SELECT sha256(key || convert_to(subject, 'UTF8')) FROM "DigestKey"
$$;
COMMENT ON FUNCTION digest_of(text) IS
'Keyed digest (32 bytes) of a message id or an address.';
REVOKE ALL ON FUNCTION digest_of(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION everybody_at(at timestamptz) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT decode('00', 'hex') || timestamptz_send(at)
$$;
COMMENT ON FUNCTION everybody_at(timestamptz) IS
'What stands in place of a digest when everybody, or very many, were forgotten at a time after 1999: 9 bytes, in the order of the times. A later one does not undo an earlier one.';

CREATE OR REPLACE FUNCTION is_forgotten(
    addresses text[], written_at timestamptz, client_since timestamptz
) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
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
COMMENT ON FUNCTION is_forgotten(text[], timestamptz, timestamptz) IS
'Whether a message of this time is a late redelivery from before a reset of its sender. client_since: when the client''s row was made, NULL without one.';
REVOKE ALL ON FUNCTION is_forgotten(text[], timestamptz, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION remember_forgetting(forgotten text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    INSERT INTO "Forgotten" AS f (digest, at)
    SELECT digest_of('address:' || a), clock_timestamp()
    FROM unnest(forgotten) AS a
    ORDER BY 1
    ON CONFLICT (digest) DO UPDATE SET at = greatest(f.at, excluded.at)
$$;
COMMENT ON FUNCTION remember_forgetting(text[]) IS
'Sets the watermark of these addresses to now.';
REVOKE ALL ON FUNCTION remember_forgetting(text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION remember_forgetting_everybody() RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    INSERT INTO "Forgotten" (digest, at)
    SELECT everybody_at(now.at), now.at FROM (SELECT clock_timestamp() AS at) AS now
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION remember_forgetting_everybody() IS
'Adds a watermark that stands for all senders who have no client, or a younger one.';
REVOKE ALL ON FUNCTION remember_forgetting_everybody() FROM PUBLIC;

CREATE OR REPLACE FUNCTION set_aside(
    sender text, what text, why text, written_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '50ms'
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
COMMENT ON FUNCTION set_aside(text, text, text, timestamptz) IS
'Keeps an item that could not be read, once: delivered again, also after a reset, or written before a reset of its sender, it is not kept. written_at: NULL if that could not be read either. Raises lock_not_available after 50 ms behind somebody''s lock.';
REVOKE ALL ON FUNCTION set_aside(text, text, text, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION prune_digests() RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
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
COMMENT ON FUNCTION prune_digests() IS
'Drops digests and items set aside that are older than 8 days; WhatsApp redelivers for 7. At most 5000 at a time; the bots call it every minute.';
REVOKE ALL ON FUNCTION prune_digests() FROM PUBLIC;
