-- What PUBLIC may do in a fresh Postgres and a principal must not. Needs a superuser once. Each group has its reason.
-- sluice.drift() (m0007) compares the live privileges with the table written here.
CREATE TABLE sluice.revocation (
    kind text NOT NULL CHECK (kind IN ('function', 'column')),
    object text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (kind, object)
);
ALTER TABLE sluice.revocation OWNER TO sluice_owner;

REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;          -- DO blocks
GRANT USAGE ON LANGUAGE plpgsql TO sluice_owner;       -- the decision functions
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- A principal has business in one database. In another one nothing of all this holds, and what PUBLIC may do there is not
-- Sluice's to say: these two are every cluster's; any other that lets everybody in is left alone, and named by drift.
DO $$
DECLARE
    name name;
BEGIN
    FOR name IN SELECT datname FROM pg_catalog.pg_database WHERE datname IN ('postgres', 'template1') LOOP
        EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', name);
    END LOOP;
END $$;

DO $$
DECLARE
    target record;
BEGIN
    FOR target IN
        SELECT p.oid::regprocedure AS signature, r.reason
        FROM pg_catalog.pg_proc AS p
        JOIN (VALUES
            ('^lo(_.*|read|write)$', 'large objects are written even in READ ONLY transactions'),
            ('^pg_sleep', 'holds a backend for nothing'),
            ('^pg_logical_emit_message$', 'writes WAL that consumers of changes would read'),
            ('^(query|table|cursor|schema|database)_to_xml', 'runs SQL hidden in a string'),
            ('^ts_(stat|rewrite)$', 'runs SQL hidden in a string'),
            ('^pg_notify$', 'floods the notification queue of the cluster'),
            ('^pg_(try_)?advisory_', 'exhausts the lock table of the cluster'),
            ('^pg_export_snapshot$', 'hands a snapshot from before a change of policy to a later session'),
            ('^pg_(relation|table|total_relation|indexes|database|tablespace)_size$', 'tells the size of hidden data'),
            ('^pg_(relation_filenode|relation_filepath|filenode_relation)$', 'tells of hidden tables'),
            ('^pg_stat_get_', 'counts hidden rows and shows other principals'' sessions'),
            ('^pg_lock_status$', 'shows what other principals read'),
            ('^pg_get_(functiondef|function_sqlbody)$', 'shows the text of policies'),
            ('^pg_(cancel|terminate)_backend$', 'ends sessions that Sluice keeps for the principal')
        ) AS r (pattern, reason) ON p.proname ~ r.pattern
        WHERE p.pronamespace = 'pg_catalog'::regnamespace
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', target.signature);
        INSERT INTO sluice.revocation VALUES ('function', target.signature::text, target.reason);
    END LOOP;

    -- A column of a catalog is hidden by granting all the others: PUBLIC holds SELECT on the whole table.
    FOR target IN
        SELECT h.relation, array_agg(h.hidden) AS hidden, min(h.reason) AS reason
        FROM (VALUES
            ('pg_class', 'reltuples', 'counts hidden rows'),
            ('pg_class', 'relpages', 'counts hidden rows'),
            ('pg_class', 'relallvisible', 'counts hidden rows'),
            ('pg_proc', 'prosrc', 'shows the text of policies'),
            ('pg_proc', 'prosqlbody', 'shows the text of policies')
        ) AS h (relation, hidden, reason)
        GROUP BY h.relation
    LOOP
        EXECUTE format('REVOKE SELECT ON pg_catalog.%I FROM PUBLIC', target.relation);
        EXECUTE format('GRANT SELECT (%s) ON pg_catalog.%I TO PUBLIC', (
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum)
            FROM pg_catalog.pg_attribute
            WHERE attrelid = ('pg_catalog.' || target.relation)::regclass AND attname <> ALL (target.hidden)
                AND NOT attisdropped
        ), target.relation);
        INSERT INTO sluice.revocation
        SELECT 'column', format('pg_catalog.%I.%I', target.relation, c), target.reason FROM unnest(target.hidden) AS c;
    END LOOP;
END $$;

GRANT EXECUTE ON FUNCTION pg_catalog.pg_get_functiondef(oid) TO sluice_owner;  -- the drift check reads what it made
GRANT SELECT (reltuples) ON pg_catalog.pg_class TO sluice_owner;              -- the catalog tells how large a dataset is
