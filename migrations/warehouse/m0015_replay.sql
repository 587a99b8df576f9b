-- Replay of quarantine: which step of which pipeline read a record and how, and what an attempt may read of the records.
-- A job's role still reads nothing by itself: the functions below give it the records of its dataset, while the attempt
-- of the fence replays them, and only those that it was started for. New columns and tables only; locks nobody for long.
SET LOCAL ROLE sluice_owner;

-- NULL: kept before this migration. The tables of the datasets inherit it.
ALTER TABLE sluice.quarantine ADD COLUMN step text;

-- How each source with records in quarantine was read, kept in the transaction of its records.
CREATE TABLE sluice.quarantine_source (
    dataset_id bigint NOT NULL REFERENCES sluice.dataset ON DELETE CASCADE,
    run_id bigint NOT NULL,
    step text NOT NULL,
    source text NOT NULL,
    pipeline_id bigint NOT NULL,
    pipeline text NOT NULL,                           -- domain.name of that moment
    reading jsonb,                                    -- Ingestion.RecordReading; NULL: not known any more
    PRIMARY KEY (dataset_id, run_id, step, source)
);

-- With the pipeline as it is now: itself or, when it has gone, the one that bears its name.
CREATE VIEW sluice.replayable_source AS
SELECT s.dataset_id, s.run_id, s.step, s.source, s.pipeline, s.reading, coalesce(p.id, n.id) AS pipeline_id
FROM sluice.quarantine_source AS s
LEFT JOIN sluice.pipeline AS p ON p.id = s.pipeline_id
LEFT JOIN sluice.domain AS d ON p.id IS NULL AND d.name = split_part(s.pipeline, '.', 1)
LEFT JOIN sluice.pipeline AS n ON n.domain_id = d.id AND n.name = split_part(s.pipeline, '.', 2);

-- What the attempt that replays a dataset's records may read: of one step, and of these the ones that were asked for.
CREATE TABLE sluice.replay (
    dataset_id bigint PRIMARY KEY REFERENCES sluice.dataset ON DELETE CASCADE,
    epoch bigint NOT NULL,
    pipeline_id bigint NOT NULL,
    step text NOT NULL,
    up_to bigint NOT NULL,                            -- the last record that there was when it was asked for
    of_run bigint,                                    -- NULL: of any, as the following
    rule text,
    ids bigint[]
);

-- The condition on `q`, a dataset's quarantine, for what `$1`, a row of sluice.replay, is about.
CREATE FUNCTION sluice.replayed_condition() RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN 'q.id <= ($1).up_to AND q.step = ($1).step AND (($1).of_run IS NULL OR q.run_id = ($1).of_run) '
        'AND (($1).rule IS NULL OR q.rule = ($1).rule) AND (($1).ids IS NULL OR q.id = ANY (($1).ids)) '
        'AND EXISTS (SELECT FROM sluice.replayable_source AS s WHERE s.dataset_id = q.dataset_id '
        'AND s.run_id = q.run_id AND s.step = q.step AND s.source = q.source AND s.pipeline_id = ($1).pipeline_id)';

-- Notes whose records are replayed, for records of a time before this migration. Runs as the server's login.
CREATE FUNCTION sluice.adopt_source(dataset bigint, run bigint, source text, step text, pipeline bigint, address text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO sluice.quarantine_source (dataset_id, run_id, step, source, pipeline_id, pipeline)
    VALUES (dataset, run, adopt_source.step, adopt_source.source, adopt_source.pipeline, address)
    ON CONFLICT DO NOTHING;
    EXECUTE format(
        'UPDATE sluice.%I SET step = $1 WHERE run_id = $2 AND source = $3 AND step IS NULL', 'quarantine_d' || dataset)
    USING adopt_source.step, run, adopt_source.source;
END $$;

-- Opens a dataset's records to the attempt of the fence, and writes down who reads them, before any is read. Returns how
-- many there are; NULL: a later attempt has taken over. Runs as the server's login.
CREATE FUNCTION sluice.begin_replay(
    scope sluice.replay, run bigint, principal text, address text, asked jsonb, policy_version bigint, request_id text)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    records bigint;
BEGIN
    PERFORM FROM sluice.fence AS f WHERE f.dataset_id = scope.dataset_id AND f.epoch = scope.epoch FOR SHARE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM sluice.replay AS r WHERE r.dataset_id = scope.dataset_id;
    INSERT INTO sluice.replay SELECT scope.*;
    EXECUTE format(
        'SELECT count(*) FROM sluice.%I AS q WHERE %s', 'quarantine_d' || scope.dataset_id, sluice.replayed_condition())
    INTO records USING scope;
    INSERT INTO sluice.change_audit (principal, action, object, dataset_id, after, policy_version, request_id)
    VALUES (begin_replay.principal, 'replay', 'dataset ' || address, scope.dataset_id,
        jsonb_build_object('run', run::text, 'step', scope.step, 'filter', asked, 'records', records),
        begin_replay.policy_version, begin_replay.request_id);
    RETURN records;
END $$;

-- The rest is for jobs.

-- Keeps how a unit's source was read, beside its records. In the unit's transaction.
CREATE FUNCTION sluice.keep_source(
    epoch bigint, run bigint, step text, source text, pipeline bigint, address text, reading jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sluice.check_fence(epoch);
    INSERT INTO sluice.quarantine_source (dataset_id, run_id, step, source, pipeline_id, pipeline, reading)
    VALUES (sluice.ingest_dataset(), run, keep_source.step, keep_source.source, pipeline, address, keep_source.reading);
END $$;

-- What the attempt replays, or SL001. Callable by its owner alone, and so by the functions that follow.
CREATE FUNCTION sluice.replay_of(epoch bigint) RETURNS sluice.replay
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    scope sluice.replay;
BEGIN
    SELECT r.* INTO scope FROM sluice.replay AS r
    WHERE r.dataset_id = sluice.ingest_dataset() AND r.epoch = replay_of.epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'fenced: this attempt replays nothing' USING ERRCODE = 'SL001';
    END IF;
    RETURN scope;
END $$;

-- The next records after id `after`, in order: at most 1,000, and 4 MiB of bytes or one record.
CREATE FUNCTION sluice.replay_page(epoch bigint, after bigint)
    RETURNS TABLE (id bigint, run_id bigint, source text, line bigint, byte_offset bigint, bytes bytea)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    scope sluice.replay := sluice.replay_of(epoch);
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT p.id, p.run_id, p.source, p.line, p.byte_offset, p.bytes FROM ('
        '    SELECT f.*, row_number() OVER w AS place, sum(octet_length(f.bytes)) OVER w AS size FROM ('
        '        SELECT q.id, q.run_id, q.source, q.line, q.byte_offset, q.bytes FROM sluice.%I AS q '
        '        WHERE q.id > $2 AND %s ORDER BY q.id LIMIT 1000) AS f '
        '    WINDOW w AS (ORDER BY f.id)) AS p '
        'WHERE p.place = 1 OR p.size <= 4194304 ORDER BY p.id',
        'quarantine_d' || scope.dataset_id, sluice.replayed_condition())
    USING scope, after;
END $$;

-- How one of the sources was read; NULL when that is not known.
CREATE FUNCTION sluice.replay_reading(epoch bigint, run bigint, source text) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    scope sluice.replay := sluice.replay_of(epoch);
BEGIN
    RETURN (
        SELECT s.reading FROM sluice.quarantine_source AS s
        WHERE s.dataset_id = scope.dataset_id AND s.run_id = run AND s.step = scope.step
            AND s.source = replay_reading.source);
END $$;

-- Of records that stay: what is wrong with them now. All of them must be there.
CREATE FUNCTION sluice.keep_records(epoch bigint, ids bigint[], rules text[], columns text[], errors text[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    scope sluice.replay := sluice.replay_of(epoch);
    found bigint;
BEGIN
    EXECUTE format(
        'UPDATE sluice.%I AS q SET rule = n.rule, column_name = n.column_name, error = n.error '
        'FROM unnest($2, $3, $4, $5) AS n (id, rule, column_name, error) WHERE q.id = n.id AND q.id <= ($1).up_to',
        'quarantine_d' || scope.dataset_id)
    USING scope, ids, rules, columns, errors;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> cardinality(ids) THEN
        RAISE EXCEPTION 'fenced: records are gone' USING ERRCODE = 'SL001';
    END IF;
END $$;

-- Removes records that a check drops. All of them must be there.
CREATE FUNCTION sluice.drop_records(epoch bigint, ids bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    scope sluice.replay := sluice.replay_of(epoch);
    found bigint;
BEGIN
    EXECUTE format(
        'DELETE FROM sluice.%I AS q WHERE q.id = ANY ($2) AND q.id <= ($1).up_to', 'quarantine_d' || scope.dataset_id)
    USING scope, ids;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> cardinality(ids) THEN
        RAISE EXCEPTION 'fenced: records are gone' USING ERRCODE = 'SL001';
    END IF;
END $$;

-- Looks for staged rows whose values in `columns` an earlier staged row or a row of the dataset has; NULL equals nothing.
-- They stay in quarantine, for `rule`, or are dropped, as `outcome` says; with `warn` and `fail` nothing is changed.
-- Where the stage goes in by key, the row that it would replace does not count, but for a record that is in quarantine
-- for this very rule. Returns how many there are.
CREATE FUNCTION sluice.judge_repeats(
    epoch bigint, rule text, columns text[], by_key boolean, outcome text, column_name text, error text)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    scope sluice.replay := sluice.replay_of(epoch);
    dataset bigint := scope.dataset_id;
    same_values text;
    same_key text := 'false';
    found bigint;
BEGIN
    -- json has no equality: it is compared as it is written.
    SELECT string_agg(format('o.%1$I%2$s = s.%1$I%2$s', c.name,
        CASE WHEN c.type IN ('json', 'json[]') THEN '::text' ELSE '' END), ' AND ')
    INTO same_values
    FROM sluice.dataset_column AS c WHERE c.dataset_id = dataset AND c.name = ANY (columns);
    IF by_key THEN
        SELECT string_agg(format('o.%1$I = s.%1$I', k.name), ' AND ') INTO same_key
        FROM sluice.dataset AS d CROSS JOIN unnest(d.primary_key) AS k (name) WHERE d.id = dataset;
    END IF;
    EXECUTE format('ANALYZE sluice_stage.d%s_e%s', dataset, epoch);
    EXECUTE format(
        'WITH repeated AS MATERIALIZED ('
        '    SELECT s.sluice_ordinal AS id FROM sluice_stage.d%1$s_e%2$s AS s '
        '    JOIN sluice.quarantine_d%1$s AS q ON q.id = s.sluice_ordinal '
        '    WHERE EXISTS (SELECT FROM store.d%1$s AS o WHERE %3$s AND (q.rule = $1 OR (%4$s) IS NOT TRUE)) '
        '    UNION '
        '    SELECT s.sluice_ordinal FROM sluice_stage.d%1$s_e%2$s AS s WHERE EXISTS ('
        '        SELECT FROM sluice_stage.d%1$s_e%2$s AS o WHERE %3$s AND o.sluice_ordinal < s.sluice_ordinal)), '
        'unstaged AS (DELETE FROM sluice_stage.d%1$s_e%2$s AS s USING repeated AS r '
        '    WHERE s.sluice_ordinal = r.id AND $2 IN (''quarantine'', ''drop'')), '
        'kept AS (UPDATE sluice.quarantine_d%1$s AS q SET rule = $1, column_name = $3, error = $4 '
        '    FROM repeated AS r WHERE q.id = r.id AND $2 = ''quarantine''), '
        'dropped AS (DELETE FROM sluice.quarantine_d%1$s AS q USING repeated AS r '
        '    WHERE q.id = r.id AND $2 = ''drop'') '
        'SELECT count(*) FROM repeated',
        dataset, epoch, same_values, same_key)
    INTO found USING rule, outcome, column_name, error;
    RETURN found;
END $$;

-- Brings the stage into the dataset, by key or added to what is there, and takes its records out of quarantine. Returns
-- how many rows were inserted or updated.
CREATE FUNCTION sluice.apply_replay(epoch bigint, by_key boolean) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    scope sluice.replay := sluice.replay_of(epoch);
    dataset bigint := scope.dataset_id;
    columns text;
    staged bigint;
    found bigint;
    written bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM sluice_stage.d%s_e%s', dataset, epoch) INTO staged;
    EXECUTE format(
        'DELETE FROM sluice.quarantine_d%1$s AS q USING sluice_stage.d%1$s_e%2$s AS s '
        'WHERE q.id = s.sluice_ordinal AND q.id <= ($1).up_to', dataset, epoch)
    USING scope;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> staged THEN
        RAISE EXCEPTION 'fenced: records are gone' USING ERRCODE = 'SL001';
    END IF;
    EXECUTE format(
        'DELETE FROM sluice.quarantine_source AS s WHERE s.dataset_id = $1 AND s.step = $2 AND NOT EXISTS ('
        '    SELECT FROM sluice.quarantine_d%s AS q '
        '    WHERE q.run_id = s.run_id AND q.step = s.step AND q.source = s.source)', dataset)
    USING dataset, scope.step;
    IF by_key THEN
        RETURN sluice.apply_stage(epoch);
    END IF;
    SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.position) INTO columns
    FROM sluice.dataset_column AS c WHERE c.dataset_id = dataset;
    EXECUTE format(
        'INSERT INTO store.d%1$s (%3$s) SELECT %3$s FROM sluice_stage.d%1$s_e%2$s ORDER BY sluice_ordinal',
        dataset, epoch, columns);
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;

GRANT EXECUTE ON FUNCTION sluice.keep_source(bigint, bigint, text, text, bigint, text, jsonb),
    sluice.replay_page(bigint, bigint), sluice.replay_reading(bigint, bigint, text),
    sluice.keep_records(bigint, bigint[], text[], text[], text[]), sluice.drop_records(bigint, bigint[]),
    sluice.judge_repeats(bigint, text, text[], boolean, text, text, text), sluice.apply_replay(bigint, boolean)
    TO sluice_ingest;
RESET ROLE;

SELECT sluice.remember_base_functions();
