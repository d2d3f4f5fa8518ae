-- The fence: revisions that change at every write of what is remembered, whoever writes.
-- A turn renews both revisions itself, so its writes fire none of these triggers.

CREATE OR REPLACE FUNCTION signal_change(changed uuid) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    most CONSTANT integer := 150;
    told integer := coalesce(nullif(current_setting('novabot.changes_told', true), ''), '0');
BEGIN
    -- The server sends equal notifications of a transaction once: "*" is not repeated.
    PERFORM pg_notify(
        'session_changed',
        jsonb_build_object(
            'clients',
            CASE WHEN told < most THEN to_jsonb(ARRAY[changed]) ELSE '"*"' END
        )::text
    );
    IF told < most THEN
        PERFORM set_config('novabot.changes_told', (told + 1)::text, true);
    END IF;
END
$$;
COMMENT ON FUNCTION signal_change(uuid) IS
'Tells the bots, at commit, that what they remember of a client was edited; past 150 in a transaction, that anything was.';

CREATE OR REPLACE FUNCTION renew_user_revision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    NEW.revision := gen_random_uuid();
    PERFORM signal_change(OLD.incarnation);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION renew_user_revision() IS
'Somebody other than a turn edited what is remembered of a client: no turn begun before may commit.';

CREATE OR REPLACE TRIGGER renew_revision
BEFORE UPDATE ON "User"
FOR EACH ROW WHEN (
    OLD.revision = NEW.revision
    AND (OLD.id, OLD.incarnation, OLD.nama, OLD."pausedAt")
    IS DISTINCT FROM (NEW.id, NEW.incarnation, NEW.nama, NEW."pausedAt")
)
EXECUTE FUNCTION renew_user_revision();
ALTER TABLE "User" ENABLE ALWAYS TRIGGER renew_revision;

CREATE OR REPLACE FUNCTION renew_session_revision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    client uuid;
BEGIN
    NEW.revision := gen_random_uuid();
    FOR client IN
        SELECT u.incarnation FROM "User" AS u WHERE u.id IN (OLD."userId", NEW."userId")
    LOOP
        PERFORM signal_change(client);
    END LOOP;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION renew_session_revision() IS
'Somebody other than a turn edited a session: no turn begun before may commit.';

CREATE OR REPLACE TRIGGER renew_revision
BEFORE UPDATE ON "Session"
FOR EACH ROW WHEN (OLD.revision = NEW.revision)
EXECUTE FUNCTION renew_session_revision();
ALTER TABLE "Session" ENABLE ALWAYS TRIGGER renew_revision;

CREATE OR REPLACE FUNCTION signal_sessions_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    client uuid;
BEGIN
    -- In a reset the clients are gone by now, and nothing is said.
    FOR client IN
        SELECT u.incarnation FROM "User" AS u JOIN gone AS g ON g."userId" = u.id LIMIT 151
    LOOP
        PERFORM signal_change(client);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION signal_sessions_deleted() IS
'DELETE FROM "Session": the bots drop those sessions. The clients stay; it is no reset.';

CREATE OR REPLACE TRIGGER signal_deleted
AFTER DELETE ON "Session"
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION signal_sessions_deleted();
ALTER TABLE "Session" ENABLE ALWAYS TRIGGER signal_deleted;

CREATE OR REPLACE FUNCTION signal_sessions_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('session_changed', '{"clients": "*"}');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION signal_sessions_truncated() IS
'TRUNCATE "Session": the bots drop every session. It is no reset.';

CREATE OR REPLACE TRIGGER signal_truncated
AFTER TRUNCATE ON "Session"
FOR EACH STATEMENT EXECUTE FUNCTION signal_sessions_truncated();
ALTER TABLE "Session" ENABLE ALWAYS TRIGGER signal_truncated;
