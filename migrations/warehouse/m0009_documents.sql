-- Every object as the API shows it: one view per kind with the same five columns, so reading, listing, comparing and
-- auditing are one piece of code. `scope_id` is where the object hangs (0: the platform), for what the caller may see.
-- Datasets follow in m0014, since they tell of their loads.
SET LOCAL ROLE sluice_owner;

CREATE FUNCTION sluice.rfc3339(moment timestamptz) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN isfinite(moment) THEN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END;

CREATE FUNCTION sluice.subject_address(subject bigint) RETURNS text
    LANGUAGE sql STABLE
    RETURN (SELECT 'user:' || p.name FROM sluice.principal AS p WHERE p.id = subject
            UNION ALL SELECT 'group:' || g.name FROM sluice.principal_group AS g WHERE g.id = subject);

CREATE FUNCTION sluice.dataset_address(dataset bigint) RETURNS text
    LANGUAGE sql STABLE
    RETURN (SELECT d.name || '.' || ds.name
            FROM sluice.dataset AS ds JOIN sluice.domain AS d ON d.id = ds.domain_id WHERE ds.id = dataset);

CREATE FUNCTION sluice.scope_address(scope bigint) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN scope = 0 THEN 'platform' ELSE coalesce(
        (SELECT 'domain:' || d.name FROM sluice.domain AS d WHERE d.id = scope),
        'dataset:' || sluice.dataset_address(scope)) END;

CREATE FUNCTION sluice.rule_exceptions(rule bigint) RETURNS json
    LANGUAGE sql STABLE
    RETURN json_build_object(
        'groups', coalesce((SELECT json_agg(g.name ORDER BY g.name) FROM sluice.rule_exemption AS x
                            JOIN sluice.principal_group AS g ON g.id = x.subject_id WHERE x.rule_id = rule), '[]'),
        'principals', coalesce((SELECT json_agg(p.name ORDER BY p.name) FROM sluice.rule_exemption AS x
                                JOIN sluice.principal AS p ON p.id = x.subject_id WHERE x.rule_id = rule), '[]'));

CREATE VIEW sluice.principal_document AS
SELECT p.id, p.name AS address, 0::bigint AS scope_id, p.version, json_build_object(
    'id', p.id::text, 'name', p.name, 'kind', p.kind, 'displayName', p.display_name, 'email', p.email,
    'attributes', coalesce((SELECT json_object_agg(a.name, to_json(a."values") ORDER BY a.name)
                            FROM sluice.principal_attribute AS a WHERE a.principal_id = p.id), '{}'),
    'groups', coalesce((SELECT json_agg(g.name ORDER BY g.name) FROM sluice.membership AS m
                        JOIN sluice.principal_group AS g ON g.id = m.group_id WHERE m.principal_id = p.id), '[]'),
    'role', p.role_name,
    'createdAt', sluice.rfc3339(p.created_at), 'updatedAt', sluice.rfc3339(p.updated_at)) AS body
FROM sluice.principal AS p;

CREATE VIEW sluice.group_document AS
SELECT g.id, g.name AS address, 0::bigint AS scope_id, g.version, json_build_object(
    'id', g.id::text, 'name', g.name, 'description', g.description,
    'members', coalesce((SELECT json_agg(p.name ORDER BY p.name) FROM sluice.membership AS m
                         JOIN sluice.principal AS p ON p.id = m.principal_id WHERE m.group_id = g.id), '[]'),
    'createdAt', sluice.rfc3339(g.created_at), 'updatedAt', sluice.rfc3339(g.updated_at)) AS body
FROM sluice.principal_group AS g;

CREATE VIEW sluice.token_document AS
SELECT t.id, t.id::text AS address, t.principal_id AS scope_id, 1::bigint AS version, json_build_object(
    'id', t.id::text, 'principal', p.name, 'description', t.description,
    'createdAt', sluice.rfc3339(t.created_at), 'expiresAt', sluice.rfc3339(t.expires_at)) AS body
FROM sluice.token AS t JOIN sluice.principal AS p ON p.id = t.principal_id;

CREATE VIEW sluice.domain_document AS
SELECT d.id, d.name AS address, d.id AS scope_id, d.version, json_build_object(
    'id', d.id::text, 'name', d.name, 'title', d.title, 'description', d.description,
    'owner', (SELECT p.name FROM sluice.principal AS p WHERE p.id = d.owner_id),
    'createdAt', sluice.rfc3339(d.created_at), 'updatedAt', sluice.rfc3339(d.updated_at)) AS body
FROM sluice.domain AS d;

CREATE VIEW sluice.tag_document AS
SELECT t.id, t.name AS address, 0::bigint AS scope_id, t.version, json_build_object(
    'id', t.id::text, 'name', t.name, 'description', t.description,
    'createdAt', sluice.rfc3339(t.created_at), 'updatedAt', sluice.rfc3339(t.updated_at)) AS body
FROM sluice.tag AS t;

CREATE VIEW sluice.grant_document AS
SELECT g.id, g.id::text AS address, g.scope_id, g.version, json_strip_nulls(json_build_object(
    'id', g.id::text, 'to', sluice.subject_address(g.subject_id), 'privilege', g.privilege,
    'on', sluice.scope_address(g.scope_id),
    'columns', (SELECT json_agg(c.name ORDER BY c.position) FROM sluice.dataset_column AS c
                WHERE c.dataset_id = g.scope_id AND c.id = ANY (g.column_ids)),
    'ungranted', CASE WHEN g.column_ids IS NOT NULL THEN g.ungranted END,
    'expiresAt', sluice.rfc3339(g.expires_at), 'reason', g.reason, 'grantedBy', g.granted_by,
    'createdAt', sluice.rfc3339(g.created_at))) AS body
FROM sluice.access_grant AS g;

CREATE VIEW sluice.mask_document AS
SELECT m.id, m.name AS address, coalesce(m.dataset_id, 0) AS scope_id, m.version, json_build_object(
    'id', m.id::text, 'name', m.name,
    'on', coalesce('tag:' || t.name, 'column:' || sluice.dataset_address(m.dataset_id) || '.' || c.name),
    'mask', m.spec::json, 'except', sluice.rule_exceptions(m.id),
    'nullified', coalesce((
        SELECT json_agg(sluice.dataset_address(g.dataset_id) || '.' || gc.name ORDER BY g.dataset_id, gc.position)
        FROM sluice.rule_gap AS g
        JOIN sluice.dataset_column AS gc ON gc.dataset_id = g.dataset_id AND gc.id = g.column_id
        WHERE g.rule_id = m.id), '[]'),
    'createdAt', sluice.rfc3339(m.created_at), 'updatedAt', sluice.rfc3339(m.updated_at)) AS body
FROM sluice.mask AS m
LEFT JOIN sluice.tag AS t ON t.id = m.tag_id
LEFT JOIN sluice.dataset_column AS c ON c.dataset_id = m.dataset_id AND c.id = m.column_id;

CREATE VIEW sluice.row_filter_document AS
SELECT f.id, f.name AS address, coalesce(f.dataset_id, 0) AS scope_id, f.version, json_build_object(
    'id', f.id::text, 'name', f.name,
    'on', coalesce('tag:' || t.name, 'dataset:' || sluice.dataset_address(f.dataset_id)),
    'expression', f.expression, 'except', sluice.rule_exceptions(f.id),
    'closed', coalesce((SELECT json_agg(sluice.dataset_address(g.dataset_id) ORDER BY g.dataset_id)
                        FROM sluice.rule_gap AS g WHERE g.rule_id = f.id), '[]'),
    'createdAt', sluice.rfc3339(f.created_at), 'updatedAt', sluice.rfc3339(f.updated_at)) AS body
FROM sluice.row_filter AS f
LEFT JOIN sluice.tag AS t ON t.id = f.tag_id;

CREATE VIEW sluice.column_tags_document AS
SELECT c.dataset_id AS id, sluice.dataset_address(c.dataset_id) || '.' || c.name AS address,
    c.dataset_id AS scope_id, c.tags_version AS version,
    coalesce((SELECT json_agg(t.name ORDER BY t.name) FROM sluice.column_tag AS ct
              JOIN sluice.tag AS t ON t.id = ct.tag_id
              WHERE ct.dataset_id = c.dataset_id AND ct.column_id = c.id), '[]') AS body
FROM sluice.dataset_column AS c;

-- What search looks through. `scope_id` NULL: everybody may see it.
CREATE VIEW sluice.search_entry AS
SELECT 'domain' AS type, d.name AS address, d.name, d.name AS domain, coalesce(d.title, d.name) AS title,
    coalesce(d.description, '') AS snippet, '{}'::text[] AS tags, d.id AS scope_id
FROM sluice.domain AS d
UNION ALL
SELECT 'dataset', d.name || '.' || ds.name, ds.name, d.name, ds.name, coalesce(ds.description, ''),
    ARRAY(SELECT DISTINCT t.name FROM sluice.column_tag AS ct JOIN sluice.tag AS t ON t.id = ct.tag_id
          WHERE ct.dataset_id = ds.id), ds.id
FROM sluice.dataset AS ds JOIN sluice.domain AS d ON d.id = ds.domain_id
UNION ALL
SELECT 'column', d.name || '.' || ds.name || '.' || c.name, c.name, d.name, c.name, coalesce(c.description, ''),
    ARRAY(SELECT t.name FROM sluice.column_tag AS ct JOIN sluice.tag AS t ON t.id = ct.tag_id
          WHERE ct.dataset_id = c.dataset_id AND ct.column_id = c.id), ds.id
FROM sluice.dataset_column AS c
JOIN sluice.dataset AS ds ON ds.id = c.dataset_id
JOIN sluice.domain AS d ON d.id = ds.domain_id
UNION ALL
SELECT 'tag', t.name, t.name, NULL, t.name, coalesce(t.description, ''), ARRAY[t.name], NULL
FROM sluice.tag AS t;
