-- A dataset as the API shows it, like the objects of m0009.
SET LOCAL ROLE sluice_owner;

CREATE VIEW sluice.dataset_document AS
SELECT ds.id, d.name || '.' || ds.name AS address, ds.id AS scope_id, ds.version, json_build_object(
    'id', ds.id::text, 'domain', d.name, 'name', ds.name, 'address', d.name || '.' || ds.name,
    'description', ds.description,
    'owner', (SELECT p.name FROM sluice.principal AS p WHERE p.id = ds.owner_id),
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
            SELECT FROM sluice.column_tag AS ct JOIN sluice.tag AS t ON t.id = ct.tag_id
            WHERE ct.dataset_id = ds.id AND (t.name = ft.name OR starts_with(t.name, ft.name || '.')))
    ) THEN (SELECT nullif(c.reltuples, -1)::bigint FROM pg_catalog.pg_class AS c
            WHERE c.oid = to_regclass('store.d' || ds.id)) END,
    'loadedAt', sluice.rfc3339(ds.loaded_at),
    -- Which run, not how many rows: see above. Uses unit_result_dataset_idx.
    'lastRun', (SELECT json_build_object('id', u.run_id::text, 'at', sluice.rfc3339(u.at))
                FROM sluice.unit_result AS u WHERE u.dataset_id = ds.id ORDER BY u.at DESC LIMIT 1),
    'createdAt', sluice.rfc3339(ds.created_at), 'updatedAt', sluice.rfc3339(ds.updated_at)) AS body
FROM sluice.dataset AS ds JOIN sluice.domain AS d ON d.id = ds.domain_id;
