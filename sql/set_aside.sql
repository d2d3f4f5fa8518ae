-- Items of webhooks that could not be read: kept 8 days for the operator, deleted with the client
-- they mention.

CREATE OR REPLACE FUNCTION novabot_internal.set_aside(
    sender text, what text, why text, written_at timestamptz, key text DEFAULT NULL
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
AS $$
DECLARE
    client public."User";
BEGIN
    -- This waits for a reset under way; or the reset waits for this, and deletes the item.
    client := novabot_internal.lock_client(ARRAY[sender]);
    IF
        novabot_internal.is_too_old(written_at)
        OR novabot_internal.is_forgotten(
            ARRAY[sender], coalesce(written_at, clock_timestamp()), client."createdAt"
        )
    THEN
        RETURN false;
    END IF;
    INSERT INTO public."Delivery" (digest, "seenAt")
    VALUES (
        novabot_internal.digest_of('aside:' || coalesce(key, what)), greatest(clock_timestamp(), written_at)
    )
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO public."SetAside" (address, item, reason) VALUES (sender, what, why);
    END IF;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION novabot_internal.set_aside(text, text, text, timestamptz, text) IS
'Keeps an item that could not be read, once for its key (NULL: the item itself): delivered again, also after a reset, or written over 7.5 days ago or before a reset of its sender, it is not kept. written_at: NULL if that could not be read either. Raises lock_not_available after 50 ms behind another transaction''s lock.';

CREATE OR REPLACE FUNCTION novabot_internal.set_aside_of(forgotten text[]) RETURNS SETOF bigint
LANGUAGE sql STABLE
AS $$
    -- A message id holds the number in base64, aligned to its groups of three bytes. So many
    -- characters do not depend on what follows; where that loses the last digit, items of similar
    -- numbers are deleted too.
    WITH sought AS MATERIALIZED (
        SELECT
            f.alias,
            left(encode(convert_to(f.alias, 'UTF8'), 'base64'), length(f.alias) * 8 / 6) AS in_id
        FROM unnest(forgotten) AS g (address)
        CROSS JOIN unnest(novabot_internal.spellings_of(g.address)) AS f (alias)
    )
    SELECT s.id
    FROM public."SetAside" AS s
    WHERE EXISTS (
        SELECT
        FROM sought AS f
        WHERE
            s.address = f.alias
            OR position(f.alias IN s.item) > 0
            OR position(f.in_id IN s.item) > 0
    )
    OR (
        NOT EXISTS (
            SELECT
            FROM public."Alias" AS a
            WHERE a.alias = novabot_internal.canonical_address(s.address)
        )
        AND EXISTS (
            SELECT
            FROM public."Forgotten" AS f
            WHERE
                f.digest = ANY (novabot_internal.address_digests(ARRAY[s.address]))
                AND f.at >= s.at
        )
    )
$$;
COMMENT ON FUNCTION novabot_internal.set_aside_of(text[]) IS
'The items set aside that mention one of these addresses, also inside a message id, and those of addresses forgotten since that lead to no client.';

CREATE OR REPLACE FUNCTION novabot_internal.drop_set_aside(forgotten text[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    most CONSTANT bigint := 200000000;
BEGIN
    -- Nearly always there is none.
    IF NOT EXISTS (SELECT FROM public."SetAside") THEN
        RETURN;
    END IF;
    IF
        cardinality(forgotten)
        * (SELECT sum(octet_length(s.item) + 1000) FROM public."SetAside" AS s)
        > most
    THEN
        -- Looking for each address in each item would take minutes. A thousand bytes stand for what
        -- each look costs beside the reading.
        PERFORM novabot_internal.drop_all_set_aside();
        RETURN;
    END IF;
    DELETE FROM public."SetAside" AS s
    USING novabot_internal.set_aside_of(forgotten) AS f (id)
    WHERE s.id = f.id;
    IF
        novabot_internal.can_be_kept()
        AND EXISTS (SELECT FROM novabot_internal.set_aside_of(forgotten))
    THEN
        PERFORM novabot_internal.raise_kept(ARRAY['SetAside']);
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.drop_set_aside(text[]) IS
'Deletes the items of set_aside_of(), or all items where that is too much to look for; raises ST004 when one of them is kept.';

CREATE OR REPLACE FUNCTION novabot_internal.drop_all_set_aside() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM public."SetAside";
    -- Another transaction may have set an item aside since.
    IF
        novabot_internal.can_be_kept()
        AND EXISTS (SELECT FROM public."SetAside" AS s WHERE s.at <= now())
    THEN
        PERFORM novabot_internal.raise_kept(ARRAY['SetAside']);
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.drop_all_set_aside() IS
'Deletes all items set aside; raises ST004 when one of them is kept.';

CREATE OR REPLACE FUNCTION novabot_internal.items_set_aside(
    client text, most integer
) RETURNS SETOF public."SetAside"
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
BEGIN
    RETURN QUERY
    SELECT s.*
    FROM public."SetAside" AS s
    WHERE
        client IS NULL
        OR EXISTS (
            SELECT
            FROM public."User" AS u
            JOIN public."Alias" AS a ON a."userId" = u.id
            CROSS JOIN unnest(novabot_internal.spellings_of(a.alias)) AS f (spelling)
            WHERE
                u.id = client
                AND (s.address = f.spelling OR position(f.spelling IN s.item) > 0)
        )
    ORDER BY s.id DESC
    LIMIT most;
END
$$;
COMMENT ON FUNCTION novabot_internal.items_set_aside(text, integer) IS
'Webhook items that could not be read and mention this client, the latest first; client NULL: those of all.';

CREATE OR REPLACE FUNCTION novabot_internal.prune_set_aside() RETURNS void
LANGUAGE sql
AS $$
    DELETE FROM public."SetAside" WHERE at < now() - interval '8 days'
$$;
COMMENT ON FUNCTION novabot_internal.prune_set_aside() IS
'Deletes the items set aside that are older than 8 days.';
