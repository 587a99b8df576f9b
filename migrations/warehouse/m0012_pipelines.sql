-- How data comes in: connections and pipelines, each of a domain, and the principals that pipelines run as.
SET LOCAL ROLE sluice_owner;

CREATE TABLE sluice.connection (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    domain_id bigint NOT NULL REFERENCES sluice.domain,
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    kind text NOT NULL CHECK (kind IN ('file', 'postgres')),
    description text CHECK (length(description) <= 10000),
    -- json, not jsonb: it is shown as it was normalised.
    config json NOT NULL,
    -- Sealed by the server (AES-256-GCM under a key that is not in the database, bound to this id): no statement opens it.
    secret bytea,
    -- A keyed digest of the secret: tells whether one that is given again is the same, without opening it.
    secret_mark bytea,
    secret_names text[] NOT NULL DEFAULT '{}',
    -- Rises with each other secret.
    secret_version bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT connection_name_key UNIQUE (domain_id, name),
    CHECK ((secret IS NULL) = (secret_mark IS NULL) AND (secret IS NULL) = (secret_names = '{}'))
);

CREATE TABLE sluice.pipeline (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    domain_id bigint NOT NULL REFERENCES sluice.domain,
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    -- As Catalog.PipelineSpec writes it, every default said.
    spec json NOT NULL,
    run_as_id bigint NOT NULL REFERENCES sluice.principal,
    paused boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pipeline_name_key UNIQUE (domain_id, name)
);
CREATE INDEX pipeline_run_as_idx ON sluice.pipeline (run_as_id);

-- What the steps read and write, for those who must not vanish under them.
CREATE TABLE sluice.pipeline_connection (
    pipeline_id bigint NOT NULL REFERENCES sluice.pipeline ON DELETE CASCADE,
    connection_id bigint NOT NULL REFERENCES sluice.connection,
    PRIMARY KEY (pipeline_id, connection_id)
);
CREATE INDEX pipeline_connection_connection_idx ON sluice.pipeline_connection (connection_id);

-- The service principal as which a domain's pipelines run unless they say otherwise. Only what Sluice made itself is one:
-- a principal that happens to bear the name may hold more than a writer of the domain should get by it.
CREATE TABLE sluice.domain_service (
    domain_id bigint PRIMARY KEY REFERENCES sluice.domain,
    principal_id bigint NOT NULL UNIQUE REFERENCES sluice.principal
);

CREATE VIEW sluice.connection_document AS
SELECT c.id, d.name || '.' || c.name AS address, c.domain_id AS scope_id, c.version, json_build_object(
    'id', c.id::text, 'domain', d.name, 'name', c.name, 'address', d.name || '.' || c.name,
    'description', c.description, 'kind', c.kind, 'config', c.config,
    'secret', to_json(c.secret_names), 'secretVersion', c.secret_version,
    'createdAt', sluice.rfc3339(c.created_at), 'updatedAt', sluice.rfc3339(c.updated_at)) AS body
FROM sluice.connection AS c JOIN sluice.domain AS d ON d.id = c.domain_id;

CREATE VIEW sluice.pipeline_document AS
SELECT p.id, d.name || '.' || p.name AS address, p.domain_id AS scope_id, p.version, json_build_object(
    'id', p.id::text, 'domain', d.name, 'name', p.name, 'address', d.name || '.' || p.name,
    'description', p.spec -> 'description', 'runAs', r.name, 'paused', p.paused,
    'schedule', p.spec -> 'schedule', 'retry', p.spec -> 'retry', 'timeoutSeconds', p.spec -> 'timeoutSeconds',
    'pool', p.spec -> 'pool', 'steps', p.spec -> 'steps',
    'createdAt', sluice.rfc3339(p.created_at), 'updatedAt', sluice.rfc3339(p.updated_at)) AS body
FROM sluice.pipeline AS p
JOIN sluice.domain AS d ON d.id = p.domain_id
JOIN sluice.principal AS r ON r.id = p.run_as_id;
