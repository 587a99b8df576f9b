-- Stages that outlive their attempt: the next one of the same (run, step, unit) takes the stage over and goes on where
-- it ended. New tables and functions; those of m0013 that know a stage's name are replaced. Locks nothing in use.

SET LOCAL ROLE sluice_owner;

-- take_stage makes them.
DROP FUNCTION sluice.make_stage(bigint, bigint);
DELETE FROM sluice.enforcement AS e WHERE e.kind = 'function' AND e.object = 'sluice.make_stage(bigint,bigint)';

-- Whose a stage is: sluice_stage.d<dataset>_e<epoch> with the rows, and …_quarantine with the records that are none.
CREATE TABLE sluice.stage (
    run_id bigint NOT NULL,
    step text NOT NULL,
    unit text NOT NULL,
    dataset_id bigint NOT NULL REFERENCES sluice.dataset ON DELETE CASCADE,
    epoch bigint NOT NULL,                            -- of the attempt that may write it
    columns text NOT NULL,                            -- the dataset's, when it was made
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, step, unit),
    UNIQUE (dataset_id, epoch)
);

-- How far a stage has come, written in the transaction of its rows. Unlogged as the stages are: a crash of Postgres
-- empties both, so what stands here is true of its stage, and a stage without a row here has lost its rows.
CREATE UNLOGGED TABLE sluice.stage_progress (
    dataset_id bigint NOT NULL,
    epoch bigint NOT NULL,
    source text,                                      -- which file it was; NULL: one that cannot be gone on with
    plan text,                                        -- a digest of what decides how records become rows
    state jsonb CHECK (octet_length(state::text) <= 4 << 20),  -- where reading goes on; NULL: nothing is staged
    saved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (dataset_id, epoch),
    FOREIGN KEY (dataset_id, epoch) REFERENCES sluice.stage (dataset_id, epoch) ON UPDATE CASCADE ON DELETE CASCADE
);

-- The dataset's columns as a stage has them.
CREATE FUNCTION sluice.stage_columns(dataset bigint) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT string_agg(format('%I %s', c.name, c.type), ', ' ORDER BY c.position)
    FROM sluice.dataset_column AS c WHERE c.dataset_id = dataset;
END;
RESET ROLE;

-- Removes an attempt's stage; nothing if there is none. Runs as the server's login.
CREATE FUNCTION sluice.drop_stage(dataset bigint, epoch bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS sluice_stage.d%1$s_e%2$s, sluice_stage.d%1$s_e%2$s_quarantine', dataset, epoch);
    DELETE FROM sluice.stage AS s WHERE s.dataset_id = dataset AND s.epoch = drop_stage.epoch;
END $$;

-- Gives the attempt the stage of its unit: the one an earlier attempt has left (`resumed`), or an empty one (`new`;
-- `lost` when a crash of Postgres has emptied what was left; `changed` when the dataset's columns are others by now).
-- Stages of earlier runs of the step's unit go. 55P03: an earlier attempt writes still, and its session must end first.
-- Runs as the server's login, after raise_fence: whoever had the stage can commit nothing any more.
CREATE FUNCTION sluice.take_stage(dataset bigint, epoch bigint, run bigint, step text, unit text) RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    stage_name text := format('d%s_e%s', dataset, epoch);
    wanted text := sluice.stage_columns(dataset);
    ingester name := (SELECT r.role_name FROM sluice.ingest_role AS r WHERE r.dataset_id = dataset);
    old sluice.stage;
    answer text := 'new';
    part text;
BEGIN
    FOR old IN SELECT s.* FROM sluice.stage AS s
        WHERE s.dataset_id = dataset AND s.step = take_stage.step AND s.unit = take_stage.unit AND s.run_id < run
    LOOP
        PERFORM sluice.drop_stage(dataset, old.epoch);
    END LOOP;
    SELECT s.* INTO old FROM sluice.stage AS s
    WHERE s.run_id = run AND s.step = take_stage.step AND s.unit = take_stage.unit FOR UPDATE;
    IF FOUND THEN
        answer := CASE
            WHEN old.dataset_id <> dataset OR old.columns <> wanted THEN 'changed'
            WHEN to_regclass(format('sluice_stage.d%s_e%s', dataset, old.epoch)) IS NULL OR NOT EXISTS (
                SELECT FROM sluice.stage_progress AS p WHERE p.dataset_id = dataset AND p.epoch = old.epoch) THEN 'lost'
            ELSE 'resumed' END;
        IF answer <> 'resumed' THEN PERFORM sluice.drop_stage(old.dataset_id, old.epoch); END IF;
    END IF;
    SET LOCAL ROLE sluice_owner;
    IF answer = 'resumed' THEN
        -- The new name waits for whoever writes under the old one, and shuts him out.
        IF old.epoch <> epoch THEN
            EXECUTE format('ALTER TABLE sluice_stage.d%s_e%s RENAME TO %I', dataset, old.epoch, stage_name);
            EXECUTE format(
                'ALTER TABLE sluice_stage.d%s_e%s_quarantine RENAME TO %I', dataset, old.epoch,
                stage_name || '_quarantine');
        END IF;
        UPDATE sluice.stage AS s SET epoch = take_stage.epoch, taken_at = clock_timestamp()
        WHERE s.dataset_id = dataset AND s.epoch = old.epoch;
    ELSE
        EXECUTE format('CREATE UNLOGGED TABLE sluice_stage.%I (sluice_ordinal bigint NOT NULL, %s)', stage_name, wanted);
        EXECUTE format(
            'CREATE UNLOGGED TABLE sluice_stage.%I AS SELECT dataset_id, run_id, source, line, byte_offset, bytes, rule, '
            'column_name, error, step FROM sluice.quarantine WITH NO DATA', stage_name || '_quarantine');
        FOREACH part IN ARRAY ARRAY[stage_name, stage_name || '_quarantine'] LOOP
            EXECUTE format('GRANT INSERT ON sluice_stage.%I TO %I', part, ingester);
        END LOOP;
        INSERT INTO sluice.stage (run_id, step, unit, dataset_id, epoch, columns)
        VALUES (run, take_stage.step, take_stage.unit, dataset, take_stage.epoch, wanted);
        INSERT INTO sluice.stage_progress (dataset_id, epoch) VALUES (dataset, take_stage.epoch);
    END IF;
    RESET ROLE;
    RETURN answer;
END $$;

-- Drops stages that nobody has written for a day, whose runs have failed or were cancelled while nobody could clear up,
-- and those that are applied already; at most ten, and none that is in use. Runs as the server's login. Returns how many
-- went.
CREATE FUNCTION sluice.drop_idle_stages() RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old sluice.stage;
    dropped bigint := 0;
BEGIN
    FOR old IN SELECT s.* FROM sluice.stage AS s LEFT JOIN sluice.stage_progress AS p USING (dataset_id, epoch)
        WHERE greatest(s.taken_at, p.saved_at) < clock_timestamp() - interval '1 day' OR EXISTS (
            SELECT FROM sluice.unit_result AS u WHERE (u.run_id, u.step, u.unit) = (s.run_id, s.step, s.unit))
        ORDER BY s.taken_at LIMIT 10
    LOOP
        BEGIN
            PERFORM sluice.drop_stage(old.dataset_id, old.epoch);
            dropped := dropped + 1;
        EXCEPTION WHEN lock_not_available THEN
            NULL;  -- Somebody works with it after all.
        END;
    END LOOP;
    RETURN dropped;
END $$;

-- As in m0013, with the second table of a stage.
CREATE OR REPLACE FUNCTION sluice.drop_ingest(dataset bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role name := (SELECT r.role_name FROM sluice.ingest_role AS r WHERE r.dataset_id = dataset);
    stage text;
BEGIN
    IF role IS NULL THEN
        RETURN;
    END IF;
    FOR stage IN SELECT c.oid::regclass::text FROM pg_class AS c
        WHERE c.relnamespace = 'sluice_stage'::regnamespace
            AND c.relname ~ format('^d%s_e[0-9]+(_quarantine)?$', dataset)
    LOOP
        EXECUTE format('DROP TABLE %s', stage);
    END LOOP;
    EXECUTE format('DROP TABLE sluice.%I', 'quarantine_d' || dataset);
    DELETE FROM sluice.enforcement WHERE kind = 'role' AND object = role;
    DELETE FROM sluice.ingest_role WHERE dataset_id = dataset;
    EXECUTE format('REVOKE ALL ON store.%I FROM %I', 'd' || dataset, role);
    EXECUTE format('DROP ROLE %I', role);
END $$;

-- The run whose attempt loads the dataset by its stage at this moment, between two of its transactions as well, when it
-- locks nothing. Runs as the server's login.
CREATE FUNCTION sluice.run_staging(dataset bigint) RETURNS bigint
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT s.run_id FROM sluice.stage AS s
    JOIN sluice.fence AS f ON f.dataset_id = s.dataset_id AND f.epoch = s.epoch
    JOIN sluice.ingest_role AS i ON i.dataset_id = s.dataset_id
    WHERE s.dataset_id = dataset AND EXISTS (
        SELECT FROM pg_stat_activity AS a
        WHERE a.usename = i.role_name AND a.application_name = 'sluice job ' || s.epoch);
END;

SET LOCAL ROLE sluice_owner;

-- How far the attempt's stage has come.
CREATE FUNCTION sluice.read_stage(epoch bigint, OUT source text, OUT plan text, OUT state jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT p.source, p.plan, p.state FROM sluice.stage_progress AS p
    WHERE p.dataset_id = sluice.ingest_dataset() AND p.epoch = read_stage.epoch;
END;

-- Begins a transaction that writes the attempt's stage. SL001: a later attempt has taken over; SL003: the dataset's
-- columns are others by now.
CREATE FUNCTION sluice.begin_chunk(epoch bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dataset bigint := sluice.ingest_dataset();
BEGIN
    PERFORM sluice.check_fence(begin_chunk.epoch);
    BEGIN
        EXECUTE format(
            'LOCK TABLE sluice_stage.d%1$s_e%2$s, sluice_stage.d%1$s_e%2$s_quarantine IN ROW EXCLUSIVE MODE', dataset, epoch);
    EXCEPTION WHEN undefined_table THEN
        RAISE EXCEPTION 'fenced: a later attempt has the stage' USING ERRCODE = 'SL001';
    END;
    IF NOT EXISTS (
        SELECT FROM sluice.stage AS s
        WHERE s.dataset_id = dataset AND s.epoch = begin_chunk.epoch AND s.columns = sluice.stage_columns(dataset))
    THEN
        RAISE EXCEPTION 'the columns of the dataset have changed' USING ERRCODE = 'SL003';
    END IF;
END $$;

-- The last statement of such a transaction: what it has staged counts only if the fence is the attempt's still.
CREATE FUNCTION sluice.end_chunk(epoch bigint, source text, plan text, state jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dataset bigint := sluice.ingest_dataset();
    held bigint;
BEGIN
    SELECT f.epoch INTO held FROM sluice.fence AS f WHERE f.dataset_id = dataset FOR SHARE;
    UPDATE sluice.stage_progress AS p SET
        source = end_chunk.source, plan = end_chunk.plan, state = end_chunk.state, saved_at = clock_timestamp()
    WHERE p.dataset_id = dataset AND p.epoch = end_chunk.epoch AND p.epoch = held;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'fenced: a later attempt has taken over' USING ERRCODE = 'SL001';
    END IF;
END $$;

-- Empties the attempt's stage, which it cannot go on with.
CREATE FUNCTION sluice.restart_stage(epoch bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sluice.begin_chunk(restart_stage.epoch);
    EXECUTE format(
        'TRUNCATE sluice_stage.d%1$s_e%2$s, sluice_stage.d%1$s_e%2$s_quarantine', sluice.ingest_dataset(), epoch);
    PERFORM sluice.end_chunk(restart_stage.epoch, NULL, NULL, NULL);
END $$;

-- Brings the records that are no rows from the attempt's stage into the dataset's quarantine, in the source's order.
CREATE FUNCTION sluice.apply_quarantine(epoch bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO sluice.quarantine_d%1$s '
        '(dataset_id, run_id, source, line, byte_offset, bytes, rule, column_name, error, step) '
        'SELECT dataset_id, run_id, source, line, byte_offset, bytes, rule, column_name, error, step '
        'FROM sluice_stage.d%1$s_e%2$s_quarantine ORDER BY byte_offset', sluice.ingest_dataset(), epoch);
END $$;

GRANT EXECUTE ON FUNCTION sluice.read_stage(bigint), sluice.begin_chunk(bigint),
    sluice.end_chunk(bigint, text, text, jsonb), sluice.restart_stage(bigint), sluice.apply_quarantine(bigint)
    TO sluice_ingest;

-- As in m0013: a stage has a second table.
CREATE OR REPLACE FUNCTION sluice.ingest_drift() RETURNS TABLE (object text, problem text)
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
            OR (n.nspname = 'sluice_stage' AND c.relname ~ format('^d%s_e[0-9]+(_quarantine)?$', l.dataset_id))) END
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
RESET ROLE;

SELECT sluice.remember_base_functions();
