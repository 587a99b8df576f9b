-- The read audit is sealed, batch by batch, and rolled up into the last use of each column (docs/decisions/0018).
ALTER TABLE sluice.read_audit ADD COLUMN fingerprint text;     -- of the statement's form (libpg_query), 16 hex digits

-- A batch is a range of ids; this index costs a read's entry about 5 %.
CREATE INDEX read_audit_id_idx ON sluice.read_audit (id);
CREATE INDEX read_audit_fingerprint_idx ON sluice.read_audit (fingerprint, at) WHERE fingerprint IS NOT NULL;

-- One row a batch: the entries with after_id < id <= last_id. `digest` is an HMAC under a key outside the database, over all
-- before it and `previous`. Batches follow one another without a gap in ids; the first begins below all.
CREATE TABLE sluice.audit_seal (
    number bigint PRIMARY KEY,                        -- 1, 2, 3, …
    format smallint NOT NULL,                         -- of what rows_digest is made: Access/Audit/Seal/SealedBatch.swift
    after_id bigint NOT NULL,
    last_id bigint NOT NULL CONSTRAINT audit_seal_last_key UNIQUE CHECK (last_id > after_id),
    entries bigint NOT NULL,
    from_at timestamptz,                              -- of the earliest entry; NULL where there is none
    to_at timestamptz,
    rows_digest bytea NOT NULL,
    sealed_at timestamptz NOT NULL,
    previous bytea NOT NULL,
    digest bytea NOT NULL,
    erased_at timestamptz,                            -- when retention deleted the entries; NULL: they are there
    erased_digest bytea,                              -- an HMAC over `digest` and `erased_at`
    CHECK (num_nulls(erased_at, erased_digest) <> 1)
);
CREATE INDEX audit_seal_kept_idx ON sluice.audit_seal (number) WHERE erased_at IS NULL;

-- Up to where ids have been given, and who may still commit entries with ids up to there. Writers lock the table before
-- their ids are made, so once these have ended, the entries up to there are all there will ever be. The order of the two
-- statements matters. A writer is a virtual transaction id.
CREATE FUNCTION sluice.audit_mark(OUT last_id bigint, OUT writers text[])
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT CASE WHEN s.is_called THEN s.last_value ELSE s.last_value - 1 END INTO last_id FROM sluice.read_audit_id_seq AS s;
    SELECT coalesce(array_agg(l.virtualtransaction), '{}') INTO writers FROM pg_locks AS l
    WHERE l.relation = 'sluice.read_audit'::regclass AND l.granted
        AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
        AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database());
END $$;

-- Whether all of `writers` have ended.
CREATE FUNCTION sluice.audit_has_settled(writers text[]) RETURNS boolean
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT NOT EXISTS (SELECT FROM pg_locks AS l
        WHERE l.relation = 'sluice.read_audit'::regclass AND l.virtualtransaction = ANY (writers));
END;

-- Lets new ids begin above `sealed`, after somebody has set them back.
CREATE FUNCTION sluice.audit_resume(sealed bigint) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT setval('sluice.read_audit_id_seq'::regclass, sealed)
    FROM sluice.read_audit_id_seq AS s WHERE s.last_value < sealed;
END;

-- Deletes the entries of a sealed batch; its seal stays. Returns how many there were; NULL: another server did it.
CREATE FUNCTION sluice.erase_audit(seal bigint, at timestamptz, digest bytea) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    erased bigint;
    batch sluice.audit_seal;
BEGIN
    UPDATE sluice.audit_seal AS s SET erased_at = at, erased_digest = erase_audit.digest
    WHERE s.number = seal AND s.erased_at IS NULL RETURNING s.* INTO batch;
    IF NOT FOUND THEN RETURN NULL; END IF;
    DELETE FROM sluice.read_audit AS r WHERE r.id > batch.after_id AND r.id <= batch.last_id;
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END $$;

-- Append-only: the triggers bind whoever does not alter the tables, superusers too.
CREATE FUNCTION sluice.refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the audit can only be appended to' USING ERRCODE = '42501', HINT = 'Retention deletes what is old enough.';
END $$;

CREATE FUNCTION sluice.check_audit_erasure() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT min(g.id) AS first, max(g.id) AS last FROM gone AS g) AS g
        WHERE g.first IS NOT NULL AND NOT EXISTS (
            SELECT FROM sluice.audit_seal AS s
            WHERE s.after_id < g.first AND s.last_id >= g.last AND s.erased_at IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'the audit can only be appended to' USING ERRCODE = '42501', HINT = 'Retention deletes what is old enough.';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION sluice.check_seal_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kept sluice.audit_seal := new;
BEGIN
    kept.erased_at := NULL;
    kept.erased_digest := NULL;
    IF old.erased_at IS NOT NULL OR new.erased_at IS NULL OR kept IS DISTINCT FROM old THEN
        RAISE EXCEPTION 'a seal stays as it is' USING ERRCODE = '42501';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON sluice.read_audit
    FOR EACH STATEMENT EXECUTE FUNCTION sluice.refuse_audit_change();
CREATE TRIGGER erased_only AFTER DELETE ON sluice.read_audit REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION sluice.check_audit_erasure();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON sluice.audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION sluice.refuse_audit_change();
CREATE TRIGGER erasure_only BEFORE UPDATE ON sluice.audit_seal
    FOR EACH ROW EXECUTE FUNCTION sluice.check_seal_change();

-- The last use of each column, for good: kept up with the seals, in their transactions, so each read counts once.
CREATE TABLE sluice.read_usage (
    principal text COLLATE "C" NOT NULL,
    dataset text COLLATE "C" NOT NULL,                -- domain.dataset
    column_name text COLLATE "C" NOT NULL,            -- '': the dataset, whatever was read of it
    purpose text COLLATE "C" NOT NULL,                -- '': for none
    last_read_at timestamptz NOT NULL,
    reads bigint NOT NULL,
    PRIMARY KEY (principal, dataset, column_name, purpose)
) WITH (fillfactor = 70);                             -- room for the next count beside the last: no index is touched
CREATE INDEX read_usage_dataset_idx ON sluice.read_usage (dataset, column_name, principal);

-- Counts the answered reads of a batch. Few subjects read alike by the thousand: grouped before they are taken apart.
CREATE FUNCTION sluice.roll_up_reads(after_id bigint, last_id bigint) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    INSERT INTO sluice.read_usage AS u (principal, dataset, column_name, purpose, last_read_at, reads)
    SELECT g.principal, p.dataset, p.column_name, g.purpose, max(g.last_read_at), sum(g.reads)
    FROM (
        SELECT r.principal, coalesce(r.purpose, '') AS purpose, r.datasets, r.columns, max(r.at) AS last_read_at,
            count(*) AS reads
        FROM sluice.read_audit AS r
        WHERE r.id > roll_up_reads.after_id AND r.id <= roll_up_reads.last_id
            AND r.decision = 'allowed' AND r.phase <> 'ended' AND r.surface NOT IN ('quarantine', 'policy-test')
        GROUP BY r.principal, r.purpose, r.datasets, r.columns
    ) AS g
    CROSS JOIN LATERAL (
        SELECT d.dataset, '' AS column_name FROM unnest(g.datasets) AS d (dataset)
        UNION
        SELECT d.dataset, substr(c.name, length(d.dataset) + 2)
        FROM unnest(g.columns) AS c (name) JOIN unnest(g.datasets) AS d (dataset) ON starts_with(c.name, d.dataset || '.')
    ) AS p
    GROUP BY g.principal, p.dataset, p.column_name, g.purpose
    ON CONFLICT (principal, dataset, column_name, purpose) DO UPDATE
    SET last_read_at = greatest(u.last_read_at, excluded.last_read_at), reads = u.reads + excluded.reads;
END;
