-- What happened to a client's addresses, written down for the operator.

CREATE OR REPLACE FUNCTION novabot_internal.note_identity(
    client text, kind text, at timestamptz, detail jsonb DEFAULT '{}'
) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO public."IdentityNote" ("userId", kind, at, detail)
    SELECT u.id, note_identity.kind, note_identity.at, note_identity.detail
    FROM public."User" AS u
    WHERE
        u.id = client
        AND NOT EXISTS (
            SELECT
            FROM public."IdentityNote" AS n
            WHERE
                n."userId" = u.id
                AND n.kind = note_identity.kind
                AND n.detail = note_identity.detail
                AND n.kind IN ('ids_disagree', 'ambiguous_change', 'move_failed', 'merge_failed')
        )
    -- A client that another transaction deletes gets none: nothing would delete it.
    FOR KEY SHARE SKIP LOCKED
$$;
COMMENT ON FUNCTION novabot_internal.note_identity(text, text, timestamptz, jsonb) IS
'Writes down for the operator what happened to a client''s addresses; what may come with every message, once.';

CREATE OR REPLACE FUNCTION novabot_internal.client_notes(client text)
RETURNS TABLE (kind text, at timestamptz, detail jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT n.kind, novabot_internal.shown_time(n.at), n.detail - 'conflict'
    FROM public."IdentityNote" AS n
    WHERE n."userId" = client
    ORDER BY n.id DESC
    LIMIT 100;
END
$$;
COMMENT ON FUNCTION novabot_internal.client_notes(text) IS
'What happened to a client''s addresses, the latest first. kind: number_changed and user_id_changed (detail: from, to), earlier_owner (it had this address before another client), merged, ids_disagree, ambiguous_change, move_failed, merge_failed, portfolio_moved; detail has address where one is meant.';

CREATE OR REPLACE FUNCTION novabot_internal.earlier_clients(address text)
RETURNS TABLE (id text, incarnation uuid, nama text, until timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
    SELECT u.id, u.incarnation, u.nama, novabot_internal.shown_time(max(f.until))
    FROM public."User" AS u
    JOIN public."FormerAlias" AS f ON f."userId" = u.id
    WHERE
        f.alias = novabot_internal.canonical_address(address)
        AND NOT EXISTS (
            SELECT FROM public."Alias" AS a WHERE a.alias = f.alias AND a."userId" = u.id
        )
    GROUP BY u.id
    ORDER BY max(f.until) DESC, u.id
$$;
COMMENT ON FUNCTION novabot_internal.earlier_clients(text) IS
'The clients who had an address before and do not have it now, the latest first; until: the sender''s time.';

CREATE OR REPLACE FUNCTION novabot_internal.note_failure(
    client text, kind text, at timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM novabot_internal.note_identity(client, kind, at);
EXCEPTION WHEN OTHERS THEN
    -- What kept the merge may keep the note too; the caller reports the failure.
    RETURN;
END
$$;
COMMENT ON FUNCTION novabot_internal.note_failure(text, text, timestamptz) IS
'note_identity, where even that may be kept by another transaction.';
