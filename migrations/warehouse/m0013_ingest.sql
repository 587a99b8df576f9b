-- What pipelines load with: a login role per loaded dataset, the fence that keeps zombies out, results, quarantine.
-- A job process holds one session as its dataset's ingest role and nothing else: it may add rows to that dataset's
-- table, stage and quarantine, and call the functions below, which take the dataset from `session_user`.

SET LOCAL ROLE sluice_owner;
GRANT USAGE ON SCHEMA sluice, store, sluice_stage TO sluice_ingest;

CREATE TABLE sluice.ingest_role (
    role_name name PRIMARY KEY,
    dataset_id bigint NOT NULL UNIQUE REFERENCES sluice.dataset ON DELETE CASCADE
);

-- The attempt that may write: the highest epoch that was ever let in. Epochs come from the queue (database control).
CREATE TABLE sluice.fence (
    dataset_id bigint PRIMARY KEY REFERENCES sluice.dataset ON DELETE CASCADE,
    epoch bigint NOT NULL,
    run_id bigint NOT NULL,
    raised_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The truth about each unit of a run: written in the transaction of its rows.
CREATE TABLE sluice.unit_result (
    run_id bigint NOT NULL,
    step text NOT NULL,
    unit text NOT NULL,                               -- a file's path, a table's name
    dataset_id bigint NOT NULL,
    epoch bigint NOT NULL,
    counts jsonb NOT NULL,                            -- read, written, unchanged, quarantined, dropped, warned
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, step, unit)
);
CREATE INDEX unit_result_dataset_idx ON sluice.unit_result (dataset_id, at);

-- Rows that were not loaded, as they came. One table per dataset, sluice.quarantine_d<dataset>, to which alone the
-- dataset's ingest role may add, and which goes with the dataset. Heirs and not partitions: to make or drop a partition
-- waits for whoever reads or loads any other.
CREATE SEQUENCE sluice.quarantine_id;
GRANT USAGE ON SEQUENCE sluice.quarantine_id TO sluice_ingest;
CREATE TABLE sluice.quarantine (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.quarantine_id'),  -- in the order of the source within a unit
    dataset_id bigint NOT NULL,
    run_id bigint NOT NULL,
    source text NOT NULL,
    line bigint NOT NULL,                             -- from 1
    byte_offset bigint NOT NULL,                      -- of the first of `bytes` in the (decompressed) source, from 0
    bytes bytea NOT NULL,
    rule text NOT NULL,                               -- the name of a check, or the code of a fault
    column_name text,
    error text NOT NULL,                              -- in words that quote no value
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX quarantine_run_idx ON sluice.quarantine (run_id, id);

RESET ROLE;

-- Makes the dataset's ingest role and quarantine at the first load. Runs as the server's login.
-- BYPASSRLS: COPY FROM refuses tables with row security; the role may read nothing, so there is nothing to bypass.
CREATE FUNCTION sluice.prepare_ingest(dataset bigint) RETURNS name
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role name := (SELECT i.name || '_i' || dataset FROM sluice.installation AS i);
BEGIN
    IF EXISTS (SELECT FROM sluice.ingest_role AS r WHERE r.dataset_id = dataset) THEN
        RETURN role;
    END IF;
    -- What enforcement is made of changes one at a time, so that the drift check can look at it in between.
    PERFORM sluice.begin_change();
    PERFORM FROM sluice.dataset AS d WHERE d.id = dataset FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the dataset is gone' USING ERRCODE = 'SL002';
    END IF;
    IF EXISTS (SELECT FROM sluice.ingest_role AS r WHERE r.dataset_id = dataset) THEN
        RETURN role;
    END IF;
    EXECUTE format(
        'CREATE ROLE %I LOGIN BYPASSRLS NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 16 '
        'IN ROLE sluice_ingest', role);
    EXECUTE format('ALTER ROLE %I SET timezone = %L', role, 'UTC');
    EXECUTE format('ALTER ROLE %I SET datestyle = %L', role, 'ISO, YMD');
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', role, '10min');
    INSERT INTO sluice.ingest_role (role_name, dataset_id) VALUES (role, dataset);
    SET LOCAL ROLE sluice_owner;
    EXECUTE format(
        'CREATE TABLE sluice.%I (LIKE sluice.quarantine INCLUDING ALL, CHECK (dataset_id = %s))',
        'quarantine_d' || dataset, dataset);
    EXECUTE format('ALTER TABLE sluice.%I INHERIT sluice.quarantine', 'quarantine_d' || dataset);
    EXECUTE format('GRANT INSERT ON sluice.%I, store.%I TO %I', 'quarantine_d' || dataset, 'd' || dataset, role);
    RESET ROLE;
    UPDATE sluice.enforcement AS e SET definition = sluice.described('table', e.object)
    WHERE e.kind = 'table' AND e.dataset_id = dataset;
    INSERT INTO sluice.enforcement (kind, object, dataset_id, definition)
    VALUES ('role', role, dataset, sluice.described('role', role));
    RETURN role;
END $$;

-- Takes back what prepare_ingest made, when the dataset goes. Runs as the server's login.
CREATE FUNCTION sluice.drop_ingest(dataset bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role name := (SELECT r.role_name FROM sluice.ingest_role AS r WHERE r.dataset_id = dataset);
    stage text;
BEGIN
    IF role IS NULL THEN
        RETURN;
    END IF;
    FOR stage IN SELECT c.oid::regclass::text FROM pg_class AS c
        WHERE c.relnamespace = 'sluice_stage'::regnamespace AND c.relname ~ format('^d%s_e[0-9]+$', dataset)
    LOOP
        EXECUTE format('DROP TABLE %s', stage);
    END LOOP;
    EXECUTE format('DROP TABLE sluice.%I', 'quarantine_d' || dataset);
    DELETE FROM sluice.enforcement WHERE kind = 'role' AND object = role;
    DELETE FROM sluice.ingest_role WHERE dataset_id = dataset;
    EXECUTE format('REVOKE ALL ON store.%I FROM %I', 'd' || dataset, role);
    EXECUTE format('DROP ROLE %I', role);
END $$;

SET LOCAL ROLE sluice_owner;

-- Lets the attempt with this epoch in and every earlier one out, whose commit fails from here on. False: a later one
-- is in already. Runs as the server's login, in its own transaction, before the attempt reads anything.
CREATE FUNCTION sluice.raise_fence(dataset bigint, epoch bigint, run bigint) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO sluice.fence AS f (dataset_id, epoch, run_id) VALUES (dataset, raise_fence.epoch, run)
    ON CONFLICT (dataset_id) DO UPDATE SET epoch = excluded.epoch, run_id = excluded.run_id, raised_at = clock_timestamp()
    WHERE f.epoch < excluded.epoch;
    RETURN EXISTS (SELECT FROM sluice.fence AS f WHERE f.dataset_id = dataset AND f.epoch = raise_fence.epoch);
END $$;

-- An attempt's stage: the dataset's columns behind the rows' order. Unlogged: a crash of Postgres ends the attempt, too.
-- Those of earlier attempts go, unless somebody holds them. Runs as the server's login, after raise_fence.
CREATE FUNCTION sluice.make_stage(dataset bigint, epoch bigint) RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
    stage text := format('sluice_stage.d%s_e%s', dataset, epoch);
    old text;
BEGIN
    FOR old IN SELECT c.oid::regclass::text FROM pg_class AS c
        WHERE c.relnamespace = 'sluice_stage'::regnamespace
            AND substring(c.relname FROM format('^d%s_e([0-9]+)$', dataset))::bigint < epoch
    LOOP
        BEGIN
            EXECUTE format('DROP TABLE %s', old);
        EXCEPTION WHEN lock_not_available THEN
            NULL;  -- A zombie's. The next attempt tries again.
        END;
    END LOOP;
    SET LOCAL ROLE sluice_owner;
    EXECUTE format('CREATE UNLOGGED TABLE %s (sluice_ordinal bigint NOT NULL)', stage);
    EXECUTE (
        SELECT format('ALTER TABLE %s ', stage) || string_agg(format('ADD %I %s', c.name, c.type), ', ' ORDER BY c.position)
        FROM sluice.dataset_column AS c WHERE c.dataset_id = dataset);
    EXECUTE format(
        'GRANT INSERT ON %s TO %I', stage,
        (SELECT r.role_name FROM sluice.ingest_role AS r WHERE r.dataset_id = dataset));
    RESET ROLE;
    RETURN stage;
END $$;

-- The dataset of the session's ingest role.
CREATE FUNCTION sluice.ingest_dataset() RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dataset bigint := (SELECT r.dataset_id FROM sluice.ingest_role AS r WHERE r.role_name = session_user);
BEGIN
    IF dataset IS NULL THEN
        RAISE EXCEPTION 'this login loads no dataset' USING ERRCODE = '42501';
    END IF;
    RETURN dataset;
END $$;

-- Begins a unit: raises SL001 unless the attempt may still write. Without a lock on the fence: finish_unit decides.
-- The table is locked before anything else is, in each mode, as by who deletes the dataset: so these two cannot deadlock.
CREATE FUNCTION sluice.check_fence(epoch bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('LOCK TABLE store.d%s IN ROW EXCLUSIVE MODE', sluice.ingest_dataset());
    IF NOT EXISTS (
        SELECT FROM sluice.fence AS f
        WHERE f.dataset_id = sluice.ingest_dataset() AND f.epoch = check_fence.epoch)
    THEN
        RAISE EXCEPTION 'fenced: a later attempt has taken over'
            USING ERRCODE = 'SL001', HINT = 'Nothing of this attempt is kept; the later one loads the rows.';
    END IF;
END $$;

-- Whether the dataset has no row at all.
CREATE FUNCTION sluice.dataset_is_empty() RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found boolean;
BEGIN
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM store.d%s)', sluice.ingest_dataset()) INTO found;
    RETURN found;
END $$;

-- Removes every row, for a `replace` that writes its own in the same transaction. Readers keep what they see and are
-- not locked out, as TRUNCATE would do. Returns how many there were.
CREATE FUNCTION sluice.clear_dataset() RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    removed bigint;
BEGIN
    EXECUTE format('DELETE FROM store.d%s', sluice.ingest_dataset());
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;

-- Brings an attempt's stage into the dataset by primary key: of equal keys the last row counts, and a row that is there
-- as it came is left alone. Returns how many rows were inserted or updated.
CREATE FUNCTION sluice.apply_stage(epoch bigint) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dataset bigint := sluice.ingest_dataset();
    key text[] := (SELECT d.primary_key FROM sluice.dataset AS d WHERE d.id = dataset);
    columns text;
    keys text;
    assignments text;
    olds text;
    news text;
    written bigint;
BEGIN
    -- json has no equality: it is compared as it is written.
    SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.position),
        string_agg(format('%1$I = excluded.%1$I', c.name), ', ' ORDER BY c.position) FILTER (WHERE c.name <> ALL (key)),
        string_agg(format('t.%I', c.name) || x.cast, ', ' ORDER BY c.position) FILTER (WHERE c.name <> ALL (key)),
        string_agg(format('excluded.%I', c.name) || x.cast, ', ' ORDER BY c.position) FILTER (WHERE c.name <> ALL (key))
    INTO columns, assignments, olds, news
    FROM sluice.dataset_column AS c
    CROSS JOIN LATERAL (SELECT CASE WHEN c.type IN ('json', 'json[]') THEN '::text' ELSE '' END AS cast) AS x
    WHERE c.dataset_id = dataset;
    SELECT string_agg(quote_ident(k.name), ', ' ORDER BY k.position) INTO keys
    FROM unnest(key) WITH ORDINALITY AS k (name, position);
    EXECUTE format('ANALYZE sluice_stage.d%s_e%s', dataset, epoch);
    EXECUTE format(
        'INSERT INTO store.d%1$s AS t (%3$s) SELECT DISTINCT ON (%4$s) %3$s FROM sluice_stage.d%1$s_e%2$s '
        'ORDER BY %4$s, sluice_ordinal DESC ON CONFLICT (%4$s) %5$s',
        dataset, epoch, columns, keys,
        CASE WHEN assignments IS NULL THEN 'DO NOTHING'
             ELSE format('DO UPDATE SET %s WHERE (%s) IS DISTINCT FROM (%s)', assignments, olds, news) END);
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;

-- The last statement of a unit's transaction: holds the fence until the commit, so nobody passes in between, and says
-- what became of the rows. SL001 when a later attempt has taken over.
CREATE FUNCTION sluice.finish_unit(
    epoch bigint, run bigint, step text, unit text, counts jsonb, principal text, address text, policy_version bigint)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dataset bigint := sluice.ingest_dataset();
    held bigint;
BEGIN
    SELECT f.epoch INTO held FROM sluice.fence AS f WHERE f.dataset_id = dataset FOR SHARE;
    IF held IS DISTINCT FROM finish_unit.epoch THEN
        PERFORM sluice.check_fence(finish_unit.epoch);
    END IF;
    INSERT INTO sluice.unit_result (run_id, step, unit, dataset_id, epoch, counts)
    VALUES (run, finish_unit.step, finish_unit.unit, dataset, finish_unit.epoch, finish_unit.counts);
    UPDATE sluice.dataset AS d SET loaded_at = clock_timestamp() WHERE d.id = sluice.ingest_dataset();
    INSERT INTO sluice.change_audit (principal, action, object, dataset_id, after, policy_version, request_id)
    VALUES (finish_unit.principal, 'load', 'dataset ' || address, dataset,
        jsonb_build_object('run', run::text, 'step', finish_unit.step, 'unit', finish_unit.unit, 'rows', finish_unit.counts),
        policy_version, 'run-' || run);
END $$;

GRANT EXECUTE ON FUNCTION sluice.check_fence(bigint), sluice.dataset_is_empty(), sluice.clear_dataset(),
    sluice.apply_stage(bigint), sluice.ingest_dataset(),
    sluice.finish_unit(bigint, bigint, text, text, jsonb, text, text, bigint) TO sluice_ingest;

-- The roles of jobs: `dataset_id` is NULL for sluice_ingest, what they have in common.
CREATE VIEW sluice.loader_oid AS
SELECT r.oid AS loader, r.rolname::text AS name, i.dataset_id
FROM pg_roles AS r LEFT JOIN sluice.ingest_role AS i ON i.role_name = r.rolname
WHERE r.rolname = 'sluice_ingest' OR i.role_name IS NOT NULL;

-- What a job's role holds beyond adding to its dataset's table, stages and quarantine.
CREATE FUNCTION sluice.ingest_drift() RETURNS TABLE (object text, problem text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT 'role ' || i.role_name, 'holds more than an ingest role may'
    FROM sluice.ingest_role AS i
    LEFT JOIN pg_roles AS r ON r.rolname = i.role_name
    WHERE r.oid IS NULL OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
        OR EXISTS (
            SELECT FROM pg_auth_members AS m JOIN pg_roles AS g ON g.oid = m.roleid
            WHERE m.member = r.oid AND (m.admin_option OR g.rolname <> 'sluice_ingest'))
    UNION ALL
    SELECT 'role sluice_ingest', 'holds more than it may'
    FROM pg_roles AS r
    WHERE r.rolname = 'sluice_ingest' AND (
        r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls OR r.rolcanlogin
        OR EXISTS (SELECT FROM pg_auth_members AS m WHERE m.member = r.oid))
    UNION ALL
    SELECT DISTINCT 'role ' || l.name, 'owns something'
    FROM sluice.loader_oid AS l JOIN pg_shdepend AS d ON d.refobjid = l.loader
    WHERE d.refclassid = to_regclass('pg_authid') AND d.deptype = 'o'
    UNION ALL
    SELECT 'table ' || c.oid::regclass::text, 'lets ' || l.name || ' ' || lower(a.privilege_type)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT x.grantee, x.privilege_type, x.is_grantable FROM aclexplode(c.relacl) AS x
        UNION ALL
        SELECT x.grantee, x.privilege_type, true FROM pg_attribute AS t CROSS JOIN aclexplode(t.attacl) AS x
        WHERE t.attrelid = c.oid) AS a
    JOIN sluice.loader_oid AS l ON l.loader = a.grantee
    WHERE a.is_grantable OR NOT CASE
        WHEN l.dataset_id IS NULL
            THEN a.privilege_type = 'USAGE' AND n.nspname = 'sluice' AND c.relname = 'quarantine_id'
        ELSE a.privilege_type = 'INSERT' AND (
            (n.nspname = 'store' AND c.relname = 'd' || l.dataset_id)
            OR (n.nspname = 'sluice' AND c.relname = 'quarantine_d' || l.dataset_id)
            OR (n.nspname = 'sluice_stage' AND c.relname ~ format('^d%s_e[0-9]+$', l.dataset_id))) END
    UNION ALL
    SELECT 'schema ' || n.nspname, 'lets ' || l.name || ' ' || lower(a.privilege_type)
    FROM pg_namespace AS n CROSS JOIN aclexplode(n.nspacl) AS a JOIN sluice.loader_oid AS l ON l.loader = a.grantee
    WHERE a.is_grantable OR a.privilege_type <> 'USAGE' OR l.dataset_id IS NOT NULL
        OR n.nspname NOT IN ('sluice', 'store', 'sluice_stage')
    UNION ALL
    -- Those of schema sluice are compared with how they were made, grants included.
    SELECT 'function ' || p.oid::regprocedure::text, 'may be executed by ' || l.name
    FROM pg_proc AS p CROSS JOIN aclexplode(p.proacl) AS a JOIN sluice.loader_oid AS l ON l.loader = a.grantee
    WHERE p.pronamespace <> to_regnamespace('sluice')
    UNION ALL
    -- sluice_ingest may connect elsewhere: installations of one cluster share it.
    SELECT 'database ' || d.datname, 'lets ' || l.name || ' ' || lower(a.privilege_type)
    FROM pg_database AS d CROSS JOIN aclexplode(d.datacl) AS a JOIN sluice.loader_oid AS l ON l.loader = a.grantee
    WHERE a.is_grantable OR a.privilege_type <> 'CONNECT' OR l.dataset_id IS NOT NULL;
END;

-- Everything that is not as it was made; no row: intact.
CREATE FUNCTION sluice.drift() RETURNS TABLE (object text, problem text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT d.object, d.problem FROM sluice.reading_drift() AS d
    UNION ALL
    SELECT d.object, d.problem FROM sluice.ingest_drift() AS d;
END;
RESET ROLE;

SELECT sluice.remember_base_functions();
