-- The schema of everything that is not for DBAs, and the release that this schema belongs to.
-- `novabot migrate` applies this file first and grants.sql last; between them the order is free.
--
-- Every name in sql/ is qualified, and a function that a statement or a trigger calls pins
-- search_path: no setting of a role, a database or a pooler, and no schema named like the role,
-- changes what a name means. The functions called by those have no settings of their own, so that
-- PostgreSQL can inline them. pg_temp stands last because it is searched first where it is not
-- named, and any role may create types in it.

DO $$
BEGIN
    IF to_regnamespace('novabot_internal') IS NULL THEN
        CREATE SCHEMA novabot_internal;
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
