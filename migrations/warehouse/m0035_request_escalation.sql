-- Access requests that nobody answers go up, and end; and those that ask for more time for what was granted. All by the
-- clock: nothing has to be awake for it.
SET LOCAL ROLE sluice_owner;

ALTER TABLE sluice.access_request
    ADD COLUMN answer_within_seconds bigint NOT NULL DEFAULT 259200
        CHECK (answer_within_seconds BETWEEN 3600 AND 7776000),
    -- The request whose grant is to last longer.
    ADD COLUMN extends_id bigint REFERENCES sluice.access_request ON DELETE SET NULL;
CREATE INDEX access_request_extends_idx ON sluice.access_request (extends_id);

-- When a request that waits ends unanswered: as long after it went up to the platform as it took to get there, 30 days
-- at least.
CREATE FUNCTION sluice.request_expiry(created timestamptz, within bigint) RETURNS timestamptz
    LANGUAGE sql STABLE
    RETURN created + greatest(interval '30 days', 4 * make_interval(secs => within));

CREATE FUNCTION sluice.request_state(state text, created timestamptz, within bigint) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN state = 'pending' AND statement_timestamp() >= sluice.request_expiry(created, within) THEN 'expired'
        ELSE state END;

-- How often a request went up: 0, with those who manage the dataset; 1, its domain; 2, the platform.
CREATE FUNCTION sluice.request_escalations(created timestamptz, within bigint) RETURNS int
    LANGUAGE sql STABLE
    RETURN least(2, floor(extract(epoch FROM statement_timestamp() - created) / within))::int;

-- Those who hold `manage` just there, the first 100 by name; never who asks. NULL: nobody.
CREATE FUNCTION sluice.request_answerers(asker bigint, scope bigint) RETURNS json
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT json_agg(a.name ORDER BY a.name)
    FROM (
        SELECT DISTINCT coalesce('user:' || p.name, 'group:' || g.name) AS name
        FROM sluice.held_grant AS h
        LEFT JOIN sluice.principal AS p ON p.id = h.subject_id
        LEFT JOIN sluice.principal_group AS g ON g.id = h.subject_id
        WHERE h.scope_id = scope AND h.privilege = 'manage' AND h.until > statement_timestamp()
            AND h.subject_id <> asker
        ORDER BY 1 LIMIT 100
    ) AS a
    WHERE a.name IS NOT NULL;
END;

CREATE OR REPLACE VIEW sluice.access_request_document AS
SELECT r.id, r.id::text AS address, r.dataset_id AS scope_id, r.version, json_strip_nulls(json_build_object(
    'id', r.id::text, 'by', p.name, 'dataset', sluice.dataset_address(r.dataset_id), 'privilege', r.privilege,
    'columns', (SELECT json_agg(c.name ORDER BY c.position) FROM sluice.dataset_column AS c
                WHERE c.dataset_id = r.dataset_id AND c.id = ANY (r.column_ids)),
    'reason', r.reason, 'durationSeconds', r.duration_seconds, 'answerWithinSeconds', r.answer_within_seconds,
    'extends', r.extends_id::text, 'state', s.state,
    'waitsFor', w.names, 'escalations', w.escalations,
    'escalatesAt', CASE WHEN w.escalations < 2 THEN
        sluice.rfc3339(r.created_at + (w.escalations + 1) * make_interval(secs => r.answer_within_seconds)) END,
    'expiresAt', CASE WHEN s.state = 'pending' THEN
        sluice.rfc3339(sluice.request_expiry(r.created_at, r.answer_within_seconds)) END,
    'comment', r.comment, 'decidedBy', r.decided_by, 'decidedAt', sluice.rfc3339(r.decided_at),
    'grant', r.grant_id::text, 'createdAt', sluice.rfc3339(r.created_at),
    'updatedAt', sluice.rfc3339(r.updated_at))) AS body
FROM sluice.access_request AS r
JOIN sluice.principal AS p ON p.id = r.principal_id
JOIN sluice.dataset AS ds ON ds.id = r.dataset_id
CROSS JOIN LATERAL (SELECT sluice.request_state(r.state, r.created_at, r.answer_within_seconds) AS state) AS s
-- The first step from there on that somebody stands on.
LEFT JOIN LATERAL (
    SELECT a.names, e.escalations
    FROM (SELECT sluice.request_escalations(r.created_at, r.answer_within_seconds) AS escalations) AS e
    CROSS JOIN (VALUES (0, r.dataset_id), (1, ds.domain_id), (2, 0)) AS step (number, scope)
    CROSS JOIN LATERAL (SELECT sluice.request_answerers(r.principal_id, step.scope) AS names) AS a
    WHERE step.number >= e.escalations AND a.names IS NOT NULL
    ORDER BY step.number LIMIT 1
) AS w ON s.state = 'pending';
RESET ROLE;
SELECT sluice.remember_base_functions();
