-- What there is: domains, datasets, columns, tags.
SET LOCAL ROLE sluice_owner;

CREATE TABLE sluice.domain (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    name text NOT NULL CONSTRAINT domain_name_key UNIQUE CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    title text CHECK (length(title) <= 1000),
    description text CHECK (length(description) <= 10000),
    owner_id bigint REFERENCES sluice.principal,
    reader_role name NOT NULL UNIQUE,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- The table of dataset 1042 is store.d1042, its view <domain>.<name>.
CREATE TABLE sluice.dataset (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    domain_id bigint NOT NULL REFERENCES sluice.domain,
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    description text CHECK (length(description) <= 10000),
    owner_id bigint REFERENCES sluice.principal,
    history text NOT NULL DEFAULT 'none' CHECK (history IN ('none', 'scd2')),
    primary_key text[] NOT NULL DEFAULT '{}',
    next_column_id int NOT NULL DEFAULT 1,
    loaded_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dataset_name_key UNIQUE (domain_id, name)
);

CREATE TABLE sluice.dataset_column (
    dataset_id bigint NOT NULL REFERENCES sluice.dataset ON DELETE CASCADE,
    id int NOT NULL,
    name text NOT NULL CHECK (octet_length(name) <= 63),
    type text NOT NULL,
    nullable boolean NOT NULL,
    description text CHECK (length(description) <= 10000),
    position int NOT NULL,
    -- Under a rule, now or once: the view reads it through a function (a view changes only with the first rule).
    governed boolean NOT NULL DEFAULT false,
    tags_version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (dataset_id, id),
    CONSTRAINT dataset_column_name_key UNIQUE (dataset_id, name)
);

CREATE TABLE sluice.tag (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    name text NOT NULL CONSTRAINT tag_name_key UNIQUE CHECK (octet_length(name) <= 200),
    description text CHECK (length(description) <= 10000),
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sluice.column_tag (
    dataset_id bigint NOT NULL,
    column_id int NOT NULL,
    tag_id bigint NOT NULL REFERENCES sluice.tag,
    PRIMARY KEY (dataset_id, column_id, tag_id),
    FOREIGN KEY (dataset_id, column_id) REFERENCES sluice.dataset_column ON DELETE CASCADE
);
CREATE INDEX column_tag_tag_idx ON sluice.column_tag (tag_id);

CREATE INDEX dataset_search_idx ON sluice.dataset
    USING gin ((name || ' ' || coalesce(description, '')) sluice_search.gin_trgm_ops);
