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
            f.digest = ''
            AND written_at < f.at - interval '60 seconds'
            AND (client_since IS NULL OR client_since > f.at)
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
    INSERT INTO "Forgotten" AS f (digest, at) VALUES ('', clock_timestamp())
    ON CONFLICT (digest) DO UPDATE SET at = greatest(f.at, excluded.at)
$$;
COMMENT ON FUNCTION remember_forgetting_everybody() IS
'Sets the one watermark that stands for all senders who have no client, or a younger one.';
REVOKE ALL ON FUNCTION remember_forgetting_everybody() FROM PUBLIC;

CREATE OR REPLACE FUNCTION set_aside(sender text, what text, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO "Delivery" (digest) VALUES (digest_of('aside:' || what)) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO "SetAside" (address, item, reason) VALUES (sender, what, why);
    END IF;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION set_aside(text, text, text) IS
'Keeps an item that could not be read, once: delivered again, also after a reset, it is not kept.';
REVOKE ALL ON FUNCTION set_aside(text, text, text) FROM PUBLIC;

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
