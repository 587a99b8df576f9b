-- What is allowed: grants and rules as declared, and the compiled tables from which the decision functions answer.
SET LOCAL ROLE sluice_owner;

CREATE TABLE sluice.access_grant (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    subject_id bigint NOT NULL,                       -- a principal or a group
    privilege text NOT NULL CHECK (privilege IN ('describe', 'select', 'write', 'manage')),
    scope_id bigint NOT NULL,                         -- 0: the platform; else a domain or a dataset
    column_ids int[],                                 -- NULL: every column
    ungranted text NOT NULL DEFAULT 'null' CHECK (ungranted IN ('null', 'error')),
    expires_at timestamptz,
    reason text CHECK (length(reason) <= 1000),
    granted_by text NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX access_grant_scope_idx ON sluice.access_grant (scope_id);
CREATE INDEX access_grant_subject_idx ON sluice.access_grant (subject_id, scope_id);

CREATE TABLE sluice.mask (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    name text NOT NULL CONSTRAINT mask_name_key UNIQUE CHECK (octet_length(name) <= 63),
    tag_id bigint REFERENCES sluice.tag,
    dataset_id bigint,
    column_id int,
    spec jsonb NOT NULL,                              -- {"kind": …} and its parameters
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT mask_on_check CHECK ((tag_id IS NULL) = (dataset_id IS NOT NULL AND column_id IS NOT NULL)),
    FOREIGN KEY (dataset_id, column_id) REFERENCES sluice.dataset_column
);
CREATE INDEX mask_tag_idx ON sluice.mask (tag_id);
CREATE INDEX mask_column_idx ON sluice.mask (dataset_id, column_id);

CREATE TABLE sluice.row_filter (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    name text NOT NULL CONSTRAINT row_filter_name_key UNIQUE CHECK (octet_length(name) <= 63),
    tag_id bigint REFERENCES sluice.tag,
    dataset_id bigint REFERENCES sluice.dataset,
    expression text NOT NULL CHECK (octet_length(expression) <= 4096),
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT row_filter_on_check CHECK ((tag_id IS NULL) = (dataset_id IS NOT NULL))
);
CREATE INDEX row_filter_tag_idx ON sluice.row_filter (tag_id);
CREATE INDEX row_filter_dataset_idx ON sluice.row_filter (dataset_id);

-- Compiled: a login role's principal, and every id under which rules may name it (its own, its groups').
CREATE TABLE sluice.subject (
    role_name name PRIMARY KEY,
    principal_id bigint NOT NULL REFERENCES sluice.principal ON DELETE CASCADE,
    ids bigint[] NOT NULL
);
CREATE INDEX subject_principal_idx ON sluice.subject (principal_id);

-- Compiled: grants in force, those that come with ownership included; until = infinity when they do not expire.
CREATE TABLE sluice.held_grant (
    subject_id bigint NOT NULL,
    scope_id bigint NOT NULL,
    privilege text NOT NULL,
    column_ids int[],
    raises boolean NOT NULL DEFAULT false,            -- a column that is not granted raises instead of reading NULL
    until timestamptz NOT NULL DEFAULT 'infinity',
    grant_id bigint REFERENCES sluice.access_grant ON DELETE CASCADE   -- NULL: by ownership
);
CREATE INDEX held_grant_idx ON sluice.held_grant (scope_id, subject_id);
CREATE INDEX held_grant_subject_idx ON sluice.held_grant (subject_id);
CREATE INDEX held_grant_grant_idx ON sluice.held_grant (grant_id);

-- Compiled: whom a mask or a row filter does not bind.
CREATE TABLE sluice.rule_exemption (
    rule_id bigint NOT NULL,
    subject_id bigint NOT NULL,
    PRIMARY KEY (rule_id, subject_id)
);
CREATE INDEX rule_exemption_subject_idx ON sluice.rule_exemption (subject_id);

-- Compiled: where a dataset hangs, and whether its gate is shut while its view waits to be rebuilt.
CREATE TABLE sluice.dataset_gate (
    dataset_id bigint PRIMARY KEY REFERENCES sluice.dataset ON DELETE CASCADE,
    domain_id bigint NOT NULL,
    shut boolean NOT NULL DEFAULT false
);
CREATE INDEX dataset_gate_shut_idx ON sluice.dataset_gate (dataset_id) WHERE shut;

-- Compiled: where a tag's rule cannot do what it says and fails closed. No column: the whole dataset is closed.
CREATE TABLE sluice.rule_gap (
    rule_id bigint NOT NULL,
    dataset_id bigint NOT NULL REFERENCES sluice.dataset ON DELETE CASCADE,
    column_id int
);
CREATE INDEX rule_gap_dataset_idx ON sluice.rule_gap (dataset_id);
CREATE INDEX rule_gap_rule_idx ON sluice.rule_gap (rule_id);

-- What was made for enforcement, as Postgres prints it: the drift check compares it with what is there.
CREATE TABLE sluice.enforcement (
    kind text NOT NULL CHECK (kind IN ('function', 'view', 'policy', 'table', 'role', 'settings')),
    object text NOT NULL,
    dataset_id bigint REFERENCES sluice.dataset ON DELETE CASCADE,
    source text,                                      -- the statement that made it; NULL when that never changes
    definition text NOT NULL,
    -- Made anew with every text of a generated function, and written in it: a statement that finds another one in its
    -- snapshot was planned with a text of another policy version than its tables, and fails.
    text_id bigint CONSTRAINT enforcement_text_key UNIQUE,
    PRIMARY KEY (kind, object)
);
CREATE INDEX enforcement_dataset_idx ON sluice.enforcement (dataset_id);

-- The epoch is the policy version. Its row serialises changes; its sequence fences statements that began before one.
CREATE TABLE sluice.policy_epoch (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO sluice.policy_epoch (epoch) VALUES (1);
CREATE SEQUENCE sluice.epoch_seq;
GRANT SELECT ON sluice.epoch_seq TO sluice_view;

-- Every change, in its own transaction.
CREATE TABLE sluice.change_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    principal text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    dataset_id bigint,
    before jsonb,
    after jsonb,
    policy_version bigint NOT NULL,
    request_id text NOT NULL
);
CREATE INDEX change_audit_principal_idx ON sluice.change_audit (principal, id);
CREATE INDEX change_audit_dataset_idx ON sluice.change_audit (dataset_id, id);
