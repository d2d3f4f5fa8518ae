-- Who may call what. `novabot migrate` applies this file last, when every function exists.
-- A SECURITY DEFINER function acts as its owner, so no other role may call one, or hang a trigger
-- function on a table of its own, unless it is granted. README.md has the grants for other roles.

-- A superuser may migrate for the owner of the tables: what it has just made becomes the owner's.
DO $$
DECLARE
    owner CONSTANT regrole := (
        SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'public."User"'::regclass
    );
    routine regprocedure;
    relation regclass;
BEGIN
    IF owner::oid <> (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = current_user) THEN
        EXECUTE format('ALTER SCHEMA novabot_internal OWNER TO %s', owner);
        FOR routine IN
            SELECT p.oid
            FROM pg_proc AS p
            WHERE
                p.proowner <> owner
                AND p.pronamespace IN ('public'::regnamespace, 'novabot_internal'::regnamespace)
                AND p.xmin = pg_current_xact_id()::xid
        LOOP
            EXECUTE format('ALTER ROUTINE %s OWNER TO %s', routine, owner);
        END LOOP;
        FOR relation IN
            SELECT c.oid
            FROM pg_class AS c
            WHERE
                -- "Migration" is locked by the migration's other connection.
                c.relowner <> owner
                AND c.relnamespace = 'public'::regnamespace
                AND c.relkind = 'r'
                AND c.relname IN (
                    'Session', 'Alias', 'FormerAlias', 'IdentityEvent', 'IdentityNote',
                    'Conversation', 'SetAside', 'Delivery', 'Forgotten', 'DigestKey',
                    'Reset', 'ResetAck', 'ResetIncarnations', 'Bot', 'AddressLock', 'Number', 'AccountEvent', 'OptOut',
                    'Operator', 'WebSession', 'LoginAttempt', 'ApiToken'
                )
        LOOP
            EXECUTE format('ALTER TABLE %s OWNER TO %s', relation, owner);
        END LOOP;
    END IF;
END
$$;

REVOKE ALL ON SCHEMA novabot_internal FROM PUBLIC;
REVOKE ALL ON ALL ROUTINES IN SCHEMA novabot_internal FROM PUBLIC;

DO $$
DECLARE
    routine regprocedure;
BEGIN
    FOR routine IN
        SELECT p.oid
        FROM pg_proc AS p
        WHERE
            p.pronamespace = 'public'::regnamespace
            AND p.proowner = (
                SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'public."User"'::regclass
            )
            AND p.prosecdef
            AND has_function_privilege('public', p.oid, 'EXECUTE')
        ORDER BY p.oid
    LOOP
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', routine);
    END LOOP;
END
$$;
