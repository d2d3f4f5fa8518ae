-- Near misses: the addresses that resemble a handle that leads to no client.

CREATE OR REPLACE FUNCTION novabot_internal.known_addresses()
RETURNS TABLE (address text, client text, is_former boolean)
LANGUAGE sql STABLE
AS $$
    SELECT a.alias, a."userId", false FROM public."Alias" AS a
    UNION ALL
    SELECT f.alias, f."userId", true FROM public."FormerAlias" AS f
$$;
COMMENT ON FUNCTION novabot_internal.known_addresses() IS
'Every address of a client: those that lead to it now, and former ones.';

CREATE OR REPLACE FUNCTION novabot_internal.one_digit_off(digits text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    WITH places AS (
        SELECT
            left(digits, place) AS before, substr(digits, place + 1, 1) AS here,
            substr(digits, place + 2, 1) AS following, substr(digits, place + 1) AS rest
        FROM generate_series(0, length(digits)) AS place
    ),
    ten AS (
        SELECT digit::text FROM generate_series(0, 9) AS digit
    )
    SELECT array_remove(array_agg(near.digits), one_digit_off.digits)
    FROM (
        SELECT p.before || t.digit || substr(p.rest, 2) AS digits FROM places AS p, ten AS t
        UNION
        SELECT p.before || t.digit || p.rest FROM places AS p, ten AS t
        UNION
        SELECT p.before || substr(p.rest, 2) FROM places AS p
        UNION
        SELECT p.before || p.following || p.here || substr(p.rest, 3) FROM places AS p
    ) AS near
$$;
COMMENT ON FUNCTION novabot_internal.one_digit_off(text) IS
'What a number is after one slip of a finger: another digit, one too many, one missing, or two neighbours swapped.';

CREATE OR REPLACE FUNCTION novabot_internal.near_misses(handle text, most integer)
RETURNS TABLE (address text, likeness text, is_former boolean)
LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
#variable_conflict use_column
DECLARE
    sought CONSTANT text := novabot_internal.canonical_address(novabot_internal.read_handle(handle));
    is_number CONSTANT boolean := novabot_internal.is_phone(sought);
    -- Without and with the country code that read_handle gives to a national number.
    spellings CONSTANT text[] := CASE
        WHEN is_number THEN ARRAY['62' || sought, regexp_replace(sought, '^62', '')]
    END;
    slips CONSTANT text[] := CASE WHEN is_number THEN novabot_internal.one_digit_off(sought) END;
    ending CONSTANT text := CASE WHEN is_number AND length(sought) > 7 THEN right(sought, 7) END;
BEGIN
    RETURN QUERY
    SELECT nearest.address, nearest.likeness, nearest.is_former
    FROM (
        SELECT DISTINCT ON (u.id) k.address, near.likeness, k.is_former, near.distance
        FROM public."User" AS u
        JOIN novabot_internal.known_addresses() AS k ON k.client = u.id
        CROSS JOIN LATERAL (
            SELECT
                CASE
                    WHEN k.address = sought THEN 'same'
                    WHEN k.address = ANY (spellings) THEN 'spelling'
                    WHEN k.address = ANY (slips) THEN 'slip'
                    WHEN right(k.address, 7) = ending THEN 'ending'
                    WHEN NOT is_number AND lower(k.address) = lower(sought) THEN 'letter_case'
                END
        ) AS compared (likeness)
        CROSS JOIN LATERAL (
            SELECT
                compared.likeness,
                array_position(
                    ARRAY['same', 'spelling', 'letter_case', 'slip', 'ending'], compared.likeness
                ) AS distance
        ) AS near
        WHERE near.likeness IS NOT NULL
        ORDER BY u.id, near.distance, k.is_former, k.address
    ) AS nearest
    ORDER BY nearest.distance, nearest.is_former, nearest.address
    LIMIT most;
END
$$;
COMMENT ON FUNCTION novabot_internal.near_misses(text, integer) IS
'Of the clients whose addresses resemble a handle, the nearest address each, at most so many, the nearest first; likeness is same (a former address), spelling (another country code), letter_case (of a BSUID), slip (one digit) or ending (the last 7 digits). Raises ST001 as find_client does.';
