-- Watermarks: what outlives a reset, as SHA-256 over a random key and a text. Which messages were
-- seen, and which addresses were forgotten when: a message written before that is a late redelivery.

CREATE OR REPLACE FUNCTION novabot_internal.digest_of(subject text) RETURNS bytea
LANGUAGE sql STABLE STRICT
AS $$
    SELECT sha256(key || convert_to(subject, 'UTF8')) FROM public."DigestKey"
$$;
COMMENT ON FUNCTION novabot_internal.digest_of(text) IS
'Keyed digest (32 bytes) of a message id or an address.';

CREATE OR REPLACE FUNCTION novabot_internal.address_digests(addresses text[]) RETURNS bytea[]
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    written text[] := addresses;
    address text;
BEGIN
    FOREACH address IN ARRAY coalesce(addresses, '{}') LOOP
        IF left(address, 2) IN ('52', '54', '55') THEN
            written := written || novabot_internal.spellings_of(address);
        END IF;
    END LOOP;
    RETURN ARRAY(
        SELECT sha256(k.key || convert_to('address:' || w.spelling, 'UTF8'))
        FROM public."DigestKey" AS k
        CROSS JOIN unnest(written) AS w (spelling)
    );
END
$$;
COMMENT ON FUNCTION novabot_internal.address_digests(text[]) IS
'The digests of these addresses in every spelling: 0.1 marked the one that it met.';

CREATE OR REPLACE FUNCTION novabot_internal.bulk_watermark(at timestamptz) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT decode('00', 'hex') || timestamptz_send(at)
$$;
COMMENT ON FUNCTION novabot_internal.bulk_watermark(timestamptz) IS
'Stands in place of a digest when all clients, or very many, were forgotten at a time after 1999: 9 bytes, in the order of the times. Several can coexist; each covers clients created after it.';

CREATE OR REPLACE FUNCTION novabot_internal.is_forgotten(
    addresses text[], written_at timestamptz, client_since timestamptz
) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (
        SELECT
        FROM public."Forgotten" AS f
        WHERE
            f.digest = ANY (novabot_internal.address_digests(addresses))
            AND written_at < least(f.at - interval '60 seconds', f.until)
    )
    OR EXISTS (
        SELECT
        FROM public."Forgotten" AS f
        WHERE
            f.digest > novabot_internal.bulk_watermark(
                greatest(written_at + interval '60 seconds', timestamptz '2000-01-02 00:00Z')
            )
            AND f.digest < novabot_internal.bulk_watermark(coalesce(client_since, 'infinity'))
            AND length(f.digest) = 9
    )
$$;
COMMENT ON FUNCTION novabot_internal.is_forgotten(text[], timestamptz, timestamptz) IS
'Whether a message of this time is a late redelivery from before a reset of its sender. client_since: when the client''s row was made, NULL without one.';

CREATE OR REPLACE FUNCTION novabot_internal.digests_held(
    addresses text[], held_since timestamptz[], held_until timestamptz[]
) RETURNS TABLE (digest bytea, since timestamptz, until timestamptz)
LANGUAGE sql STABLE
AS $$
    SELECT d.digest, min(coalesce(h.since, '-infinity')), max(coalesce(h.until, 'infinity'))
    FROM unnest(addresses, held_since, held_until) AS h (address, since, until)
    -- As address_digests says, which takes 15 microseconds a call: too long for thousands.
    CROSS JOIN LATERAL (
        SELECT h.address
        UNION ALL
        SELECT s.spelling
        FROM unnest(novabot_internal.spellings_of(h.address)) AS s (spelling)
        WHERE left(h.address, 2) IN ('52', '54', '55')
    ) AS w (spelling)
    CROSS JOIN public."DigestKey" AS k
    CROSS JOIN LATERAL sha256(k.key || convert_to('address:' || w.spelling, 'UTF8')) AS d (digest)
    GROUP BY d.digest, coalesce(h.until, 'infinity')
    ORDER BY d.digest, 3
$$;
COMMENT ON FUNCTION novabot_internal.digests_held(text[], timestamptz[], timestamptz[]) IS
'The digests of addresses, each with the sender''s times from and until which its owner had it: without them, always.';

CREATE OR REPLACE FUNCTION novabot_internal.set_watermarks(
    forgotten text[],
    held_since timestamptz[] DEFAULT NULL,
    held_until timestamptz[] DEFAULT NULL
) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO public."Forgotten" AS f (digest, at, since, until)
    SELECT d.digest, clock_timestamp(), d.since, d.until
    FROM novabot_internal.digests_held(forgotten, held_since, held_until) AS d
    ON CONFLICT (digest, until) DO UPDATE
    SET at = greatest(f.at, excluded.at), since = least(f.since, excluded.since)
$$;
COMMENT ON FUNCTION novabot_internal.set_watermarks(text[], timestamptz[], timestamptz[]) IS
'The owners whom these addresses had at these times are forgotten as of now: messages written before, and until then, are late redeliveries.';

CREATE OR REPLACE FUNCTION novabot_internal.forget_addresses(
    forgotten text[],
    held_since timestamptz[] DEFAULT NULL,
    held_until timestamptz[] DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM novabot_internal.set_watermarks(forgotten, held_since, held_until);
    PERFORM novabot_internal.drop_identity_events(NULL, forgotten, held_since, held_until);
END
$$;
COMMENT ON FUNCTION novabot_internal.forget_addresses(text[], timestamptz[], timestamptz[]) IS
'The owners whom these addresses had at these times (without times: always) are forgotten as of now, with the changes of addresses that are kept of them.';

CREATE OR REPLACE FUNCTION novabot_internal.set_bulk_watermark() RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO public."Forgotten" (digest, at)
    SELECT novabot_internal.bulk_watermark(now.at), now.at FROM (SELECT clock_timestamp() AS at) AS now
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION novabot_internal.set_bulk_watermark() IS
'Adds a watermark for all senders who have no client, or one created after it.';

CREATE OR REPLACE FUNCTION novabot_internal.note_delivery(message_id text, written_at timestamptz)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    -- A time in the future counts as now each time it is delivered, until it is no longer one.
    INSERT INTO public."Delivery" (digest, "seenAt")
    VALUES (
        novabot_internal.digest_of('message:' || message_id), greatest(clock_timestamp(), written_at)
    )
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'ST003',
            MESSAGE = 'another transaction has stored this message meanwhile';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.note_delivery(text, timestamptz) IS
'Records that this message was seen, as a digest that is kept for 8 days from now, or from the time it stated_at if that is later. Raises ST003 when another transaction has done so since this one looked: everything is undone, and the next try finds it seen.';

CREATE OR REPLACE FUNCTION novabot_internal.was_delivered(message_id text) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (
        SELECT
        FROM public."Delivery"
        WHERE digest = novabot_internal.digest_of('message:' || message_id)
    )
$$;
COMMENT ON FUNCTION novabot_internal.was_delivered(text) IS
'Whether this message was seen in the last 8 days.';

CREATE OR REPLACE FUNCTION novabot_internal.is_too_old(written_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT written_at < now() - interval '180 hours'
$$;
COMMENT ON FUNCTION novabot_internal.is_too_old(timestamptz) IS
'Whether a message or an event was written over 7.5 days ago, by the database''s clock: WhatsApp redelivers for 7 days, and what is kept to tell a redelivery, or one from before a reset, goes after 8.';

CREATE OR REPLACE FUNCTION novabot_internal.prune_digests() RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM public."Delivery"
    WHERE digest IN (
        SELECT d.digest
        FROM public."Delivery" AS d
        WHERE d."seenAt" < now() - interval '8 days'
        ORDER BY d."seenAt"
        LIMIT 5000
        FOR UPDATE SKIP LOCKED
    );
    DELETE FROM public."Forgotten" WHERE at < now() - interval '8 days';
    DELETE FROM public."IdentityEvent" WHERE "keptAt" < now() - interval '8 days';
    SELECT novabot_internal.prune_set_aside();
    SELECT novabot_internal.prune_account_events();
$$;
COMMENT ON FUNCTION novabot_internal.prune_digests() IS
'Deletes digests, kept changes of addresses and items set aside that are older than 8 days (WhatsApp redelivers for 7), and old account events. At most 5000 at a time; the bots call it every minute.';
