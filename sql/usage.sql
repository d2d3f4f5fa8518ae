-- Who may call what. The last file on purpose: it finds the functions of all the others.
-- A SECURITY DEFINER function acts as its owner, so nobody else gets one unasked: not those
-- that show or write, nor the trigger functions, which anybody could hang on a table of his own.
-- README.md has the grants for roles beside the owner.

DO $$
DECLARE
    routine regprocedure;
BEGIN
    FOR routine IN
        SELECT p.oid
        FROM pg_proc AS p
        WHERE
            p.pronamespace = 'public'::regnamespace
            AND p.proowner = (SELECT c.relowner FROM pg_class AS c WHERE c.oid = '"User"'::regclass)
            AND p.prosecdef
            AND has_function_privilege('public', p.oid, 'EXECUTE')
        ORDER BY p.oid
    LOOP
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', routine);
    END LOOP;
END
$$;
