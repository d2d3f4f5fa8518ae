-- Joins the clients that 0.1 kept apart because their number has several national spellings.
-- `novabot migrate` applies this file when all functions and triggers exist, before grants.sql.

CREATE OR REPLACE FUNCTION novabot_internal.join_spellings() RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    apart record;
    owner text;
    joined bigint := 0;
BEGIN
    FOR apart IN
        SELECT a.alias, u.id, novabot_internal.canonical_address(a.alias) AS canonical
        FROM public."User" AS u
        JOIN public."Alias" AS a ON a."userId" = u.id
        -- What canonical_address leaves as it is in nearly all cases, said so that of many
        -- clients none but these are joined: others wait until this transaction ends.
        WHERE
            left(a.alias, 2) IN ('52', '54', '55')
            AND a.alias <> novabot_internal.canonical_address(a.alias)
        ORDER BY a.alias
    LOOP
        -- Another transaction, or a trigger, that keeps one pair keeps it for this time alone.
        BEGIN
            SELECT a."userId" INTO owner
            FROM public."User" AS u
            JOIN public."Alias" AS a ON a."userId" = u.id
            WHERE a.alias = apart.canonical;
            IF owner IS NULL THEN
                UPDATE public."Alias" AS a SET alias = apart.canonical, spelling = apart.alias
                WHERE a.alias = apart.alias;
            ELSE
                joined := joined + novabot_internal.merge_client(owner, apart.id)::integer;
                PERFORM set_config('novabot.renaming', 'on', true);
                DELETE FROM public."Alias" AS a WHERE a.alias = apart.alias;
                PERFORM set_config('novabot.renaming', '', true);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'two clients with one number stay apart: %', SQLERRM
            USING HINT = 'A reset takes both. Run novabot migrate --force to try again.';
        END;
    END LOOP;
    RETURN joined;
END
$$;
COMMENT ON FUNCTION novabot_internal.join_spellings() IS
'Brings addresses that 0.1 stored to their canonical form; clients whose numbers turn out to be the same become one. Returns how many did.';

DO $$
BEGIN
    PERFORM novabot_internal.join_spellings();
END
$$;
