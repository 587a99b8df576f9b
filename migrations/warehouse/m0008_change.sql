-- How policy changes: one transaction, serialised by the epoch row.
SET LOCAL ROLE sluice_owner;

-- Takes the lock that serialises changes; everything that compiles policy begins here.
CREATE FUNCTION sluice.begin_change() RETURNS bigint
    LANGUAGE sql VOLATILE BEGIN ATOMIC SELECT epoch FROM sluice.policy_epoch FOR UPDATE; END;

-- Raises the epoch: the row for the inner functions, epoch() and a no-op grant so that every cached plan is made anew.
-- Returns the new policy version. The caller does setval('sluice.epoch_seq', …) after its commit (sluice.fence).
CREATE FUNCTION sluice.finish_change() RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    raised bigint;
BEGIN
    UPDATE sluice.policy_epoch SET epoch = epoch + 1 RETURNING epoch INTO raised;
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION sluice.epoch() RETURNS bigint '
        'LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$ BEGIN RETURN %s; END $body$', raised);
    GRANT USAGE ON SCHEMA sluice_invalidation TO sluice_owner;
    RETURN raised;
END $$;

-- Whether a text is a value of a type, as Postgres says it. `type` is a spelling that Sluice checked.
CREATE FUNCTION sluice.casts(value text, type text) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $$
BEGIN
    EXECUTE format('SELECT %L::%s', value, type);
    RETURN true;
EXCEPTION WHEN data_exception THEN
    RETURN false;
END $$;

-- Orders concurrent fences of several servers: the sequence must not step back.
CREATE TABLE sluice.fence_lock ();

-- After the commit of a change: statements planned under an older epoch fail from here on. Never goes back.
CREATE FUNCTION sluice.fence(epoch bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    LOCK TABLE sluice.fence_lock IN EXCLUSIVE MODE;
    IF epoch > (SELECT last_value FROM sluice.epoch_seq) THEN
        PERFORM setval('sluice.epoch_seq', epoch);
    END IF;
END $$;

-- A principal's ids and, from its grants and ownerships, the reader roles its login role must hold.
CREATE FUNCTION sluice.compile_subjects(principals bigint[]) RETURNS void
    LANGUAGE sql VOLATILE BEGIN ATOMIC
    INSERT INTO sluice.subject (role_name, principal_id, ids)
    SELECT p.role_name, p.id, ARRAY[p.id] || ARRAY(
        SELECT m.group_id FROM sluice.membership AS m WHERE m.principal_id = p.id ORDER BY 1)
    FROM sluice.principal AS p
    WHERE p.id = ANY (principals)
    ON CONFLICT (role_name) DO UPDATE SET ids = excluded.ids
    WHERE subject.ids <> excluded.ids;
END;

-- The reader roles each principal should hold now: of every domain in which it may read something.
-- Begins at the subjects and follows indexes: the view is asked for a few principals among thousands of grants.
CREATE VIEW sluice.wanted_reader AS
SELECT DISTINCT s.role_name AS member, d.reader_role AS role
FROM sluice.subject AS s
CROSS JOIN LATERAL unnest(s.ids) AS i (id)
JOIN sluice.held_grant AS h ON h.subject_id = i.id
LEFT JOIN sluice.dataset AS ds ON ds.id = h.scope_id
JOIN sluice.domain AS d ON h.scope_id = 0 OR d.id = coalesce(ds.domain_id, h.scope_id)
WHERE h.privilege IN ('select', 'manage') AND h.until > statement_timestamp();

-- Gives and takes reader roles so that each of `principals` holds exactly what it should. Runs as the server's login.
CREATE FUNCTION sluice.sync_readers(principals bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    step record;
BEGIN
    FOR step IN
        WITH wanted AS (
            SELECT w.member, w.role FROM sluice.wanted_reader AS w
            JOIN sluice.subject AS s ON s.role_name = w.member
            WHERE s.principal_id = ANY (principals)
        ), held AS (
            SELECT s.role_name AS member, d.reader_role AS role
            FROM sluice.subject AS s
            JOIN pg_roles AS m ON m.rolname = s.role_name
            JOIN pg_auth_members AS am ON am.member = m.oid
            JOIN pg_roles AS r ON r.oid = am.roleid
            JOIN sluice.domain AS d ON d.reader_role = r.rolname
            WHERE s.principal_id = ANY (principals)
        )
        SELECT coalesce(w.role, h.role) AS role, w.role IS NOT NULL AS gives,
            string_agg(quote_ident(coalesce(w.member, h.member)), ', ') AS members
        FROM wanted AS w FULL JOIN held AS h ON h.member = w.member AND h.role = w.role
        WHERE w.role IS NULL OR h.role IS NULL
        GROUP BY 1, 2
    LOOP
        IF step.gives THEN
            EXECUTE format('GRANT %I TO %s', step.role, step.members);
        ELSE
            EXECUTE format('REVOKE %I FROM %s', step.role, step.members);
        END IF;
    END LOOP;
END $$;
