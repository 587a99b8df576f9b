-- Who there is: principals, groups, attributes, tokens, and what each may do.
SET LOCAL ROLE sluice_owner;

-- One number space for everything that has an id, so a grant's scope and a rule's subject are one bigint. 0 is the platform.
CREATE SEQUENCE sluice.object_id START 100;

-- The prefix of login roles: <name>_<principal id>.
CREATE TABLE sluice.installation (
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9]{0,20}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO sluice.installation (name) VALUES ('sluice');

CREATE TABLE sluice.principal (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    name text NOT NULL CONSTRAINT principal_name_key UNIQUE CHECK (octet_length(name) <= 63),
    kind text NOT NULL CHECK (kind IN ('user', 'service')),
    display_name text CHECK (length(display_name) <= 1000),
    email text CHECK (length(email) <= 1000),
    role_name name NOT NULL UNIQUE,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sluice.principal_attribute (
    principal_id bigint NOT NULL REFERENCES sluice.principal ON DELETE CASCADE,
    name text NOT NULL CHECK (octet_length(name) <= 63),
    "values" text[] NOT NULL CHECK (array_position("values", NULL) IS NULL),
    PRIMARY KEY (principal_id, name)
);

CREATE TABLE sluice.principal_group (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    name text NOT NULL CONSTRAINT principal_group_name_key UNIQUE CHECK (octet_length(name) <= 63),
    description text CHECK (length(description) <= 10000),
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sluice.membership (
    group_id bigint NOT NULL REFERENCES sluice.principal_group ON DELETE CASCADE,
    principal_id bigint NOT NULL REFERENCES sluice.principal ON DELETE CASCADE,
    PRIMARY KEY (group_id, principal_id)
);
CREATE INDEX membership_principal_idx ON sluice.membership (principal_id);

-- A token is kept as its SHA-256 alone.
CREATE TABLE sluice.token (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    principal_id bigint NOT NULL REFERENCES sluice.principal ON DELETE CASCADE,
    hash bytea NOT NULL CONSTRAINT token_hash_key UNIQUE CHECK (octet_length(hash) = 32),
    description text CHECK (length(description) <= 1000),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX token_principal_idx ON sluice.token (principal_id);

INSERT INTO sluice.principal_group (name, description) VALUES ('admins', 'May manage the platform.');
