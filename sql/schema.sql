-- The schema of everything that is not for DBAs, and the release that this schema belongs to.
-- `novabot migrate` applies this file first and grants.sql last; between them the order is free.
--
-- Every name in sql/ is qualified, and a function that a statement or a trigger calls pins
-- search_path: no setting of a role, a database or a pooler, and no schema named like the role,
-- changes what a name means. The functions called by those have no settings of their own, so that
-- PostgreSQL can inline them. pg_temp stands last because it is searched first where it is not
-- named, and any role may create types in it.

DO $$
DECLARE
    owner regrole;
BEGIN
    SELECT n.nspowner INTO owner FROM pg_namespace AS n WHERE n.nspname = 'novabot_internal';
    IF owner IS NULL THEN
        CREATE SCHEMA novabot_internal;
    ELSIF NOT pg_has_role(owner, 'USAGE') THEN
        RAISE EXCEPTION 'the schema novabot_internal belongs to the role %', owner
        USING
            ERRCODE = 'insufficient_privilege',
            HINT = 'DROP SCHEMA novabot_internal, or migrate as that role.';
    END IF;
END
$$;
COMMENT ON SCHEMA novabot_internal IS
'The functions of novabot that only its own services and triggers call; closed to other roles. DBAs use reset_client, reset_receipt and wait_for_acks in public.';

CREATE OR REPLACE FUNCTION novabot_internal.schema_release(
    OUT release text, OUT oldest_working text
) RETURNS record
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT '0.2.0', '0.2.0'
$$;
COMMENT ON FUNCTION novabot_internal.schema_release() IS
'The release of novabot that this schema belongs to, and the oldest one whose services work rightly on it: those stay ready while the newer ones replace them.';
