-- Tags of domains and datasets, which all columns below them bear.
SET LOCAL ROLE sluice_owner;

CREATE TABLE sluice.scope_tag (
    scope_id bigint NOT NULL,                         -- a domain or a dataset
    tag_id bigint NOT NULL REFERENCES sluice.tag,
    PRIMARY KEY (scope_id, tag_id)
);
CREATE INDEX scope_tag_tag_idx ON sluice.scope_tag (tag_id);

ALTER TABLE sluice.domain ADD COLUMN tags_version bigint NOT NULL DEFAULT 0;
ALTER TABLE sluice.dataset ADD COLUMN tags_version bigint NOT NULL DEFAULT 0;

-- Every tag that a column bears, and through what: itself, its dataset or its domain.
CREATE VIEW sluice.borne_tag AS
SELECT ct.dataset_id, ct.column_id, ct.tag_id, 'column' AS bearer FROM sluice.column_tag AS ct
UNION ALL
SELECT c.dataset_id, c.id, st.tag_id, 'dataset'
FROM sluice.scope_tag AS st JOIN sluice.dataset_column AS c ON c.dataset_id = st.scope_id
UNION ALL
SELECT c.dataset_id, c.id, st.tag_id, 'domain'
FROM sluice.scope_tag AS st
JOIN sluice.dataset AS ds ON ds.domain_id = st.scope_id
JOIN sluice.dataset_column AS c ON c.dataset_id = ds.id;

CREATE FUNCTION sluice.scope_tags(scope bigint) RETURNS json
    LANGUAGE sql STABLE
    RETURN coalesce((SELECT json_agg(t.name ORDER BY t.name) FROM sluice.scope_tag AS st
                     JOIN sluice.tag AS t ON t.id = st.tag_id WHERE st.scope_id = scope), '[]');

CREATE OR REPLACE VIEW sluice.domain_document AS
SELECT d.id, d.name AS address, d.id AS scope_id, d.version, json_build_object(
    'id', d.id::text, 'name', d.name, 'title', d.title, 'description', d.description,
    'owner', (SELECT p.name FROM sluice.principal AS p WHERE p.id = d.owner_id),
    'tags', sluice.scope_tags(d.id),
    'createdAt', sluice.rfc3339(d.created_at), 'updatedAt', sluice.rfc3339(d.updated_at)) AS body
FROM sluice.domain AS d;

CREATE OR REPLACE VIEW sluice.dataset_document AS
SELECT ds.id, d.name || '.' || ds.name AS address, ds.id AS scope_id, ds.version, json_build_object(
    'id', ds.id::text, 'domain', d.name, 'name', ds.name, 'address', d.name || '.' || ds.name,
    'description', ds.description,
    'owner', (SELECT p.name FROM sluice.principal AS p WHERE p.id = ds.owner_id),
    'tags', sluice.scope_tags(ds.id), 'inheritedTags', sluice.scope_tags(d.id),
    'columns', coalesce((
        SELECT json_agg(json_build_object(
            'name', c.name, 'type', c.type, 'nullable', c.nullable, 'description', c.description,
            'tags', coalesce((SELECT json_agg(t.name ORDER BY t.name) FROM sluice.column_tag AS ct
                              JOIN sluice.tag AS t ON t.id = ct.tag_id
                              WHERE ct.dataset_id = c.dataset_id AND ct.column_id = c.id), '[]')
            ) ORDER BY c.position)
        FROM sluice.dataset_column AS c WHERE c.dataset_id = ds.id), '[]'),
    'primaryKey', to_json(ds.primary_key), 'history', ds.history,
    -- How many rows there are is itself protected where a row filter hides some of them.
    'estimatedRows', CASE WHEN NOT EXISTS (
        SELECT FROM sluice.row_filter AS f LEFT JOIN sluice.tag AS ft ON ft.id = f.tag_id
        WHERE f.dataset_id = ds.id OR EXISTS (
            SELECT FROM sluice.borne_tag AS b JOIN sluice.tag AS t ON t.id = b.tag_id
            WHERE b.dataset_id = ds.id AND (t.name = ft.name OR starts_with(t.name, ft.name || '.')))
    ) THEN (SELECT nullif(c.reltuples, -1)::bigint FROM pg_catalog.pg_class AS c
            WHERE c.oid = to_regclass('store.d' || ds.id)) END,
    'loadedAt', sluice.rfc3339(ds.loaded_at),
    -- Which run, not how many rows: see above. Uses unit_result_dataset_idx.
    'lastRun', (SELECT json_build_object('id', u.run_id::text, 'at', sluice.rfc3339(u.at))
                FROM sluice.unit_result AS u WHERE u.dataset_id = ds.id ORDER BY u.at DESC LIMIT 1),
    'createdAt', sluice.rfc3339(ds.created_at), 'updatedAt', sluice.rfc3339(ds.updated_at)) AS body
FROM sluice.dataset AS ds JOIN sluice.domain AS d ON d.id = ds.domain_id;

CREATE VIEW sluice.domain_tags_document AS
SELECT d.id, d.name AS address, d.id AS scope_id, d.tags_version AS version, sluice.scope_tags(d.id) AS body
FROM sluice.domain AS d;

CREATE VIEW sluice.dataset_tags_document AS
SELECT ds.id, d.name || '.' || ds.name AS address, ds.id AS scope_id, ds.tags_version AS version,
    sluice.scope_tags(ds.id) AS body
FROM sluice.dataset AS ds JOIN sluice.domain AS d ON d.id = ds.domain_id;

-- What search looks through. `scope_id` NULL: everybody may see it.
CREATE OR REPLACE VIEW sluice.search_entry AS
SELECT 'domain' AS type, d.name AS address, d.name, d.name AS domain, coalesce(d.title, d.name) AS title,
    coalesce(d.description, '') AS snippet,
    ARRAY(SELECT t.name FROM sluice.scope_tag AS st JOIN sluice.tag AS t ON t.id = st.tag_id
          WHERE st.scope_id = d.id) AS tags, d.id AS scope_id
FROM sluice.domain AS d
UNION ALL
SELECT 'dataset', d.name || '.' || ds.name, ds.name, d.name, ds.name, coalesce(ds.description, ''),
    ARRAY(SELECT DISTINCT t.name FROM sluice.borne_tag AS b JOIN sluice.tag AS t ON t.id = b.tag_id
          WHERE b.dataset_id = ds.id), ds.id
FROM sluice.dataset AS ds JOIN sluice.domain AS d ON d.id = ds.domain_id
UNION ALL
SELECT 'column', d.name || '.' || ds.name || '.' || c.name, c.name, d.name, c.name, coalesce(c.description, ''),
    ARRAY(SELECT DISTINCT t.name FROM sluice.borne_tag AS b JOIN sluice.tag AS t ON t.id = b.tag_id
          WHERE b.dataset_id = c.dataset_id AND b.column_id = c.id), ds.id
FROM sluice.dataset_column AS c
JOIN sluice.dataset AS ds ON ds.id = c.dataset_id
JOIN sluice.domain AS d ON d.id = ds.domain_id
UNION ALL
SELECT 'tag', t.name, t.name, NULL, t.name, coalesce(t.description, ''), ARRAY[t.name], NULL
FROM sluice.tag AS t;

SELECT sluice.remember_base_functions();
