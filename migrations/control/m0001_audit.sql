-- Who read what. Traffic: nothing here decides what the data says. Changes are audited in `warehouse`, where they commit.
DO $$ BEGIN EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()); END $$;
CREATE SCHEMA sluice;

-- Half of what an entry costs is its indexes: there is none that no reader of the audit needs.
CREATE TABLE sluice.read_audit (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    principal text COLLATE "C" NOT NULL,              -- compared bytewise: the index is written with each read
    surface text NOT NULL,                            -- rows, query, quarantine
    phase text NOT NULL CHECK (phase IN ('whole', 'begun', 'ended')),
    datasets text[] NOT NULL,
    columns text[] NOT NULL,                          -- domain.dataset.column
    row_count bigint,                                 -- NULL while a stream has not ended
    byte_count bigint,
    duration_us bigint NOT NULL,
    policy_version bigint NOT NULL,
    decision text NOT NULL CHECK (decision IN ('allowed', 'refused', 'failed')),
    code text,                                        -- of the problem, when not allowed
    statement text,                                   -- of ad-hoc SQL, as it was sent
    request_id text NOT NULL,
    PRIMARY KEY (at, id)
);
CREATE INDEX read_audit_principal_idx ON sluice.read_audit (principal, at);

-- The first answer to each idempotency key, for 24 hours. No answer yet: the first request is under way, or died.
CREATE TABLE sluice.idempotency (
    principal text NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    status int,
    fields json,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_created_idx ON sluice.idempotency (created_at);
