-- Columns classified for personal data (decision 17): what the server found, what a steward decided, and when a dataset is
-- to be looked at again. Evidence is shares and words of rules, never values. New tables, views and functions only.
SET LOCAL ROLE sluice_owner;

-- A column's verdict. What a steward has decided is never changed but by a steward.
CREATE TABLE sluice.column_classification (
    dataset_id bigint NOT NULL,
    column_id int NOT NULL,
    entity text NOT NULL CHECK (length(entity) BETWEEN 1 AND 127),   -- the name of the tag
    confidence float8 NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    share float8 NOT NULL CHECK (share BETWEEN 0 AND 1),
    value_count int NOT NULL,
    recogniser text,
    name_rule text,
    state text NOT NULL DEFAULT 'suggested' CHECK (state IN ('suggested', 'applied', 'accepted', 'rejected')),
    decided_by text,
    decided_at timestamptz,
    classified_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (dataset_id, column_id),
    FOREIGN KEY (dataset_id, column_id) REFERENCES sluice.dataset_column ON DELETE CASCADE,
    CHECK ((state = 'suggested') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL))
);
CREATE INDEX column_classification_suggested_idx ON sluice.column_classification (confidence) WHERE state = 'suggested';

-- What was looked at of a dataset, and when it may be looked at next.
CREATE TABLE sluice.dataset_classification (
    dataset_id bigint PRIMARY KEY REFERENCES sluice.dataset ON DELETE CASCADE,
    dataset_version bigint,                           -- of the dataset that was looked at; NULL: none yet
    columns text,                                     -- its columns then, as sluice.column_state has them
    row_count int,                                    -- rows in the sample
    classified_at timestamptz,
    wanted_at timestamptz,                            -- somebody has asked for it; NULL: nobody since it was looked at
    failure text,                                     -- of the last try; NULL: it went well
    failures int NOT NULL DEFAULT 0,                  -- in a row
    next_at timestamptz NOT NULL DEFAULT now()        -- not before: a server is at it, or waits after a failure
);

-- The platform's settings of it: one row.
CREATE TABLE sluice.classification_settings (
    id bigint PRIMARY KEY DEFAULT 0 CHECK (id = 0),
    auto_tag_above float8 CHECK (auto_tag_above BETWEEN 0 AND 1),    -- NULL: never
    version bigint NOT NULL DEFAULT 1
);
INSERT INTO sluice.classification_settings DEFAULT VALUES;

CREATE VIEW sluice.classification_settings_document AS
SELECT s.id, 'classification' AS address, 0::bigint AS scope_id, s.version,
    json_build_object('autoTagAbove', s.auto_tag_above) AS body
FROM sluice.classification_settings AS s;

CREATE VIEW sluice.column_classification_document AS
SELECT k.dataset_id AS id, sluice.dataset_address(k.dataset_id) || '.' || c.name AS address, k.dataset_id AS scope_id, k.version,
    json_build_object(
        'column', c.name, 'entity', k.entity, 'confidence', k.confidence,
        'evidence', json_build_object('share', k.share, 'values', k.value_count, 'recogniser', k.recogniser, 'nameRule', k.name_rule),
        'state', k.state, 'decidedBy', k.decided_by, 'decidedAt', sluice.rfc3339(k.decided_at),
        'classifiedAt', sluice.rfc3339(k.classified_at)) AS body,
    c.position
FROM sluice.column_classification AS k
JOIN sluice.dataset_column AS c ON c.dataset_id = k.dataset_id AND c.id = k.column_id;

-- Names and types of a dataset's columns, as one text to compare.
CREATE FUNCTION sluice.column_state(dataset bigint) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT md5(coalesce(string_agg(c.id || ' ' || c.name || ' ' || c.type, E'\n' ORDER BY c.id), ''))
    FROM sluice.dataset_column AS c WHERE c.dataset_id = dataset;
END;

-- The classification of a dataset as the API shows it.
CREATE FUNCTION sluice.classification_body(dataset bigint) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT json_build_object(
        'dataset', sluice.dataset_address(dataset),
        'state', CASE
            WHEN k.failure IS NOT NULL THEN 'failed'
            WHEN k.classified_at IS NULL THEN 'pending'
            WHEN k.wanted_at IS NOT NULL OR k.columns <> sluice.column_state(dataset) THEN 'stale'
            ELSE 'current' END,
        'classifiedAt', sluice.rfc3339(k.classified_at), 'rows', k.row_count, 'failure', k.failure,
        'columns', coalesce((SELECT json_agg(c.body ORDER BY c.position)
                             FROM sluice.column_classification_document AS c WHERE c.id = dataset), '[]'))
    FROM (SELECT dataset AS id) AS d LEFT JOIN sluice.dataset_classification AS k ON k.dataset_id = d.id;
END;

-- What is to be looked at: new or other columns, rows where there were none, a wish, what failed and has waited.
CREATE VIEW sluice.due_classification AS
SELECT d.id AS dataset_id, k.next_at
FROM sluice.dataset AS d LEFT JOIN sluice.dataset_classification AS k ON k.dataset_id = d.id
WHERE k.dataset_id IS NULL
    OR k.next_at <= clock_timestamp()
        AND (k.wanted_at IS NOT NULL OR k.failure IS NOT NULL OR k.classified_at IS NULL
            OR k.row_count = 0 AND d.loaded_at > k.classified_at
            -- Comparing columns takes longer than comparing versions.
            OR k.dataset_version <> d.version AND k.columns <> sluice.column_state(d.id));

-- Takes one that is due, for 30 s: when the server that has it dies, another takes it then. NULL: none. Writes nothing when
-- there is nothing to do.
CREATE FUNCTION sluice.claim_classification() RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    due bigint;
BEGIN
    -- Versions that rose for something else are compared once.
    UPDATE sluice.dataset_classification AS k SET dataset_version = d.version
    FROM sluice.dataset AS d
    WHERE d.id = k.dataset_id AND k.dataset_version <> d.version AND k.columns = sluice.column_state(d.id);
    IF NOT EXISTS (SELECT FROM sluice.due_classification) THEN
        RETURN NULL;
    END IF;
    -- One server at a time chooses.
    PERFORM FROM sluice.classification_settings AS s WHERE s.id = 0 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT d.dataset_id INTO due FROM sluice.due_classification AS d ORDER BY d.next_at NULLS FIRST, d.dataset_id LIMIT 1;
    IF due IS NOT NULL THEN
        INSERT INTO sluice.dataset_classification (dataset_id, next_at) VALUES (due, clock_timestamp() + interval '30 seconds')
        ON CONFLICT (dataset_id) DO UPDATE SET next_at = excluded.next_at;
    END IF;
    RETURN due;
END $$;

RESET ROLE;
SELECT sluice.remember_base_functions();
