-- Access requests: somebody asks for a grant on a dataset, whoever manages it decides.
SET LOCAL ROLE sluice_owner;

CREATE TABLE sluice.access_request (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    principal_id bigint NOT NULL REFERENCES sluice.principal ON DELETE CASCADE,
    dataset_id bigint NOT NULL REFERENCES sluice.dataset ON DELETE CASCADE,
    privilege text NOT NULL CHECK (privilege IN ('describe', 'select', 'write', 'manage')),
    column_ids int[],                                 -- NULL: every column
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    duration_seconds bigint NOT NULL CHECK (duration_seconds > 0),
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'denied', 'withdrawn')),
    comment text CHECK (length(comment) <= 1000),
    decided_by text,
    decided_at timestamptz,
    grant_id bigint REFERENCES sluice.access_grant ON DELETE SET NULL,   -- NULL again once the grant was taken back
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT access_request_decided_check CHECK ((state = 'pending') = (decided_at IS NULL))
);
CREATE INDEX access_request_principal_idx ON sluice.access_request (principal_id, state);
CREATE INDEX access_request_dataset_idx ON sluice.access_request (dataset_id);
CREATE INDEX access_request_grant_idx ON sluice.access_request (grant_id);

CREATE VIEW sluice.access_request_document AS
SELECT r.id, r.id::text AS address, r.dataset_id AS scope_id, r.version, json_strip_nulls(json_build_object(
    'id', r.id::text, 'by', p.name, 'dataset', sluice.dataset_address(r.dataset_id), 'privilege', r.privilege,
    'columns', (SELECT json_agg(c.name ORDER BY c.position) FROM sluice.dataset_column AS c
                WHERE c.dataset_id = r.dataset_id AND c.id = ANY (r.column_ids)),
    'reason', r.reason, 'durationSeconds', r.duration_seconds, 'state', r.state, 'comment', r.comment,
    'decidedBy', r.decided_by, 'decidedAt', sluice.rfc3339(r.decided_at), 'grant', r.grant_id::text,
    'createdAt', sluice.rfc3339(r.created_at), 'updatedAt', sluice.rfc3339(r.updated_at))) AS body
FROM sluice.access_request AS r
JOIN sluice.principal AS p ON p.id = r.principal_id;
