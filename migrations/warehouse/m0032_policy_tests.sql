-- Policy tests: what a principal's statement must come to, run when asked for, before an apply commits and on a schedule.
SET LOCAL ROLE sluice_owner;

CREATE TABLE sluice.policy_test (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    name text NOT NULL CONSTRAINT policy_test_name_key UNIQUE CHECK (octet_length(name) <= 63),
    description text CHECK (length(description) <= 10000),
    principal_id bigint NOT NULL REFERENCES sluice.principal,
    purpose_id bigint REFERENCES sluice.purpose,
    query text NOT NULL CHECK (octet_length(query) <= 65536),
    expect jsonb NOT NULL,
    not_before_apply text,                            -- why it cannot run before a commit; NULL: it can
    schedule json,
    due_at timestamptz,                               -- when it runs by itself next; NULL: never
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX policy_test_principal_idx ON sluice.policy_test (principal_id);
CREATE INDEX policy_test_purpose_idx ON sluice.policy_test (purpose_id);
CREATE INDEX policy_test_due_idx ON sluice.policy_test (due_at);

-- The last run of each.
CREATE TABLE sluice.policy_test_run (
    test_id bigint PRIMARY KEY REFERENCES sluice.policy_test ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    cause text NOT NULL CHECK (cause IN ('request', 'apply', 'schedule')),
    outcome text NOT NULL CHECK (outcome IN ('passed', 'failed', 'error')),
    found text NOT NULL,                              -- in words and counts, without a value
    policy_version bigint NOT NULL,
    duration_us bigint NOT NULL
);
CREATE INDEX policy_test_run_failing_idx ON sluice.policy_test_run (test_id) WHERE outcome <> 'passed';

CREATE VIEW sluice.policy_test_document AS
SELECT t.id, t.name AS address, 0::bigint AS scope_id, t.version, json_strip_nulls(json_build_object(
    'id', t.id::text, 'name', t.name, 'description', t.description, 'as', 'user:' || p.name, 'purpose', u.name,
    'query', t.query, 'expect', t.expect, 'schedule', t.schedule,
    'beforeApply', t.not_before_apply IS NULL, 'notBeforeApplyBecause', t.not_before_apply,
    'lastRun', CASE WHEN r.test_id IS NOT NULL THEN json_build_object(
        'at', sluice.rfc3339(r.at), 'cause', r.cause, 'outcome', r.outcome, 'found', r.found,
        'policyVersion', r.policy_version, 'durationMicroseconds', r.duration_us) END,
    'createdAt', sluice.rfc3339(t.created_at), 'updatedAt', sluice.rfc3339(t.updated_at))) AS body
FROM sluice.policy_test AS t
JOIN sluice.principal AS p ON p.id = t.principal_id
LEFT JOIN sluice.purpose AS u ON u.id = t.purpose_id
LEFT JOIN sluice.policy_test_run AS r ON r.test_id = t.id;
RESET ROLE;
