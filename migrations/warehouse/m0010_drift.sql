-- Drift: what enforces, as Postgres describes it now, against what was made. Differences keep the SQL surfaces shut.
SET LOCAL ROLE sluice_owner;

-- One enforcing object in Postgres's own words; NULL when it is gone.
CREATE FUNCTION sluice.described(kind text, object text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE kind
    WHEN 'function' THEN
        RETURN (SELECT concat_ws(E'\n', pg_get_functiondef(p.oid), 'owner ' || p.proowner::regrole::text,
                                 'acl ' || coalesce(p.proacl::text, 'default'))
                FROM pg_proc AS p WHERE p.oid = to_regprocedure(object));
    WHEN 'view' THEN
        RETURN (SELECT concat_ws(E'\n', pg_get_viewdef(c.oid), 'owner ' || c.relowner::regrole::text,
                                 'acl ' || coalesce(c.relacl::text, 'default'), 'options ' || c.reloptions::text)
                FROM pg_class AS c WHERE c.oid = to_regclass(object) AND c.relkind = 'v');
    WHEN 'table' THEN
        RETURN (SELECT concat_ws(E'\n', 'owner ' || c.relowner::regrole::text, 'acl ' || coalesce(c.relacl::text, 'default'),
                                 'row security ' || c.relrowsecurity || ' ' || c.relforcerowsecurity)
                FROM pg_class AS c WHERE c.oid = to_regclass(object) AND c.relkind IN ('r', 'p'));
    WHEN 'policy' THEN
        RETURN (SELECT string_agg(concat_ws(' ', p.polname, p.polcmd, p.polpermissive, p.polroles::regrole[]::text,
                                            pg_get_expr(p.polqual, p.polrelid)), E'\n' ORDER BY p.polname)
                FROM pg_policy AS p WHERE p.polrelid = to_regclass(object));
    WHEN 'role' THEN
        RETURN (SELECT 'limit ' || r.rolconnlimit FROM pg_roles AS r WHERE r.rolname = object);
    WHEN 'settings' THEN
        RETURN (SELECT string_agg(concat_ws(' ', s.setdatabase, c.setting), E'\n' ORDER BY s.setdatabase, c.setting)
                FROM pg_roles AS r JOIN pg_db_role_setting AS s ON s.setrole = r.oid
                CROSS JOIN unnest(s.setconfig) AS c (setting) WHERE r.rolname = object);
    END CASE;
END $$;

-- Login roles whose settings are not as they were made, and the databases for which they have some. A role may change
-- its own, so this is no drift, by which one principal would shut the surfaces for all; the server sets them back.
CREATE FUNCTION sluice.altered_logins() RETURNS TABLE (role text, databases text[])
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT e.object, coalesce(n.databases, '{}')
    FROM sluice.enforcement AS e
    JOIN pg_roles AS r ON r.rolname = e.object
    LEFT JOIN (
        SELECT s.setrole, string_agg(concat_ws(' ', s.setdatabase, c.setting), E'\n' ORDER BY s.setdatabase, c.setting)
            AS settings, array_agg(DISTINCT d.datname::text) FILTER (WHERE d.oid IS NOT NULL) AS databases
        FROM pg_db_role_setting AS s
        CROSS JOIN unnest(s.setconfig) AS c (setting)
        LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
        GROUP BY s.setrole
    ) AS n ON n.setrole = r.oid
    WHERE e.kind = 'settings' AND n.settings IS DISTINCT FROM e.definition;
END;

-- The functions that are the same for every dataset, as the migrations made them.
CREATE FUNCTION sluice.remember_base_functions() RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    INSERT INTO sluice.enforcement (kind, object, definition)
    SELECT 'function', p.oid::regprocedure::text, sluice.described('function', p.oid::regprocedure::text)
    FROM pg_proc AS p
    WHERE p.pronamespace = to_regnamespace('sluice') AND p.proname <> 'epoch'
        AND NOT EXISTS (SELECT FROM sluice.enforcement AS e WHERE e.object = p.oid::regprocedure::text
            AND e.dataset_id IS NOT NULL)
    ON CONFLICT (kind, object) DO UPDATE SET definition = excluded.definition;
END;

-- Every role through which a principal may do something.
CREATE VIEW sluice.reader_oid AS
SELECT r.oid AS reader FROM pg_roles AS r
WHERE r.rolname = 'sluice_reader' OR EXISTS (SELECT FROM sluice.domain AS d WHERE d.reader_role = r.rolname)
    OR EXISTS (SELECT FROM sluice.subject AS s WHERE s.role_name = r.rolname);

-- What is not as it was made of all that enforces against readers; `sluice.drift()` (m0013) adds what binds the jobs.
CREATE FUNCTION sluice.reading_drift() RETURNS TABLE (object text, problem text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT e.kind || ' ' || e.object, CASE WHEN d.now IS NULL THEN 'is gone' ELSE 'was altered' END
    FROM sluice.enforcement AS e
    CROSS JOIN LATERAL (SELECT sluice.described(e.kind, e.object) AS now) AS d
    WHERE e.kind <> 'settings' AND d.now IS DISTINCT FROM e.definition
    UNION ALL
    SELECT 'function ' || r.object, 'may be executed again'
    FROM sluice.revocation AS r JOIN pg_proc AS p ON p.oid = to_regprocedure(r.object)
    WHERE r.kind = 'function' AND (p.proacl IS NULL OR EXISTS (
        SELECT FROM aclexplode(p.proacl) AS a WHERE a.grantee = 0 OR a.grantee IN (SELECT reader FROM sluice.reader_oid)))
    UNION ALL
    SELECT 'column ' || r.object, 'may be read by PUBLIC again'
    FROM sluice.revocation AS r
    WHERE r.kind = 'column' AND has_column_privilege(
        'sluice_reader', to_regclass(split_part(r.object, '.', 1) || '.' || split_part(r.object, '.', 2)),
        split_part(r.object, '.', 3), 'SELECT')
    UNION ALL
    SELECT 'language plpgsql', 'may be used by PUBLIC again'
    FROM pg_language AS l WHERE l.lanname = 'plpgsql' AND has_language_privilege('sluice_reader', l.oid, 'USAGE')
    UNION ALL
    SELECT 'database ' || d.datname, 'lets principals create or make temporary objects'
    FROM pg_database AS d CROSS JOIN aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a
    WHERE d.datname = current_database() AND a.privilege_type <> 'CONNECT'
        AND (a.grantee = 0 OR a.grantee IN (SELECT reader FROM sluice.reader_oid))
    UNION ALL
    -- sluice_reader may: installations of one cluster share it, and each gives it its own warehouse.
    SELECT 'database ' || d.datname, 'lets principals connect'
    FROM pg_database AS d CROSS JOIN aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a
    WHERE d.datname <> current_database() AND d.datallowconn AND a.privilege_type = 'CONNECT'
        AND (a.grantee = 0 OR a.grantee IN (
            SELECT o.reader FROM sluice.reader_oid AS o WHERE o.reader <> to_regrole('sluice_reader')))
    UNION ALL
    SELECT 'schema ' || n.nspname, 'lets principals ' || lower(a.privilege_type)
    FROM pg_namespace AS n CROSS JOIN aclexplode(n.nspacl) AS a
    WHERE (a.grantee = 0 OR a.grantee IN (SELECT reader FROM sluice.reader_oid))
        AND (a.privilege_type = 'CREATE' OR n.nspname IN ('store', 'sluice_stage', 'sluice_migration'))
    UNION ALL
    SELECT 'role ' || s.role_name, 'holds more than a principal may'
    FROM sluice.subject AS s
    LEFT JOIN pg_roles AS r ON r.rolname = s.role_name
    WHERE r.oid IS NULL OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
        OR EXISTS (
            SELECT FROM pg_auth_members AS m JOIN pg_roles AS g ON g.oid = m.roleid
            WHERE m.member = r.oid AND (m.admin_option OR (g.rolname <> 'sluice_reader'
                AND NOT EXISTS (SELECT FROM sluice.domain AS d WHERE d.reader_role = g.rolname))))
    UNION ALL
    SELECT 'role ' || r.rolname, 'holds more than it may'
    FROM pg_roles AS r
    WHERE (r.rolname IN ('sluice_owner', 'sluice_view', 'sluice_reader')
            OR EXISTS (SELECT FROM sluice.domain AS d WHERE d.reader_role = r.rolname))
        AND (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls OR r.rolcanlogin)
    UNION ALL
    SELECT 'role ' || r.rolname, 'is a member of ' || g.rolname
    FROM pg_auth_members AS m
    JOIN pg_roles AS r ON r.oid = m.member
    JOIN pg_roles AS g ON g.oid = m.roleid
    WHERE (r.rolname IN ('sluice_reader', 'sluice_view')
            OR EXISTS (SELECT FROM sluice.domain AS d WHERE d.reader_role = r.rolname))
        AND NOT (g.rolname = 'sluice_reader' AND r.rolname <> 'sluice_reader')
    UNION ALL
    SELECT 'table ' || c.oid::regclass::text, 'may be used without the policy'
    FROM pg_class AS c
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        AND c.relnamespace = ANY ('{store,sluice,sluice_stage,sluice_migration}'::regnamespace[])
        AND EXISTS (
            SELECT FROM aclexplode(c.relacl) AS a
            WHERE a.grantee = 0 OR a.grantee IN (SELECT reader FROM sluice.reader_oid)
            UNION ALL
            SELECT FROM pg_attribute AS t CROSS JOIN aclexplode(t.attacl) AS a
            WHERE t.attrelid = c.oid AND (a.grantee = 0 OR a.grantee IN (SELECT reader FROM sluice.reader_oid)))
    UNION ALL
    SELECT 'table ' || c.oid::regclass::text, 'has no row security'
    FROM pg_class AS c
    WHERE c.relnamespace = 'store'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'f') AND NOT c.relrowsecurity
    UNION ALL
    SELECT 'view ' || c.oid::regclass::text, 'is read by principals, but governs nothing'
    FROM pg_class AS c
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace = ANY (
            SELECT n.oid FROM pg_namespace AS n JOIN sluice.domain AS d ON d.name = n.nspname)
        AND NOT EXISTS (SELECT FROM sluice.enforcement AS e WHERE e.kind = 'view' AND to_regclass(e.object) = c.oid)
        AND EXISTS (SELECT FROM aclexplode(c.relacl) AS a
                    WHERE a.grantee = 0 OR a.grantee IN (SELECT reader FROM sluice.reader_oid))
    UNION ALL
    -- A value of a policy function kept by an index, a check, a generated column, statistics or a materialised view
    -- is the policy of the day it was written.
    SELECT 'object ' || pg_describe_object(d.classid, d.objid, d.objsubid), 'keeps values of a policy function'
    FROM pg_depend AS d
    JOIN pg_proc AS p ON d.refclassid = to_regclass('pg_proc') AND d.refobjid = p.oid
    WHERE p.pronamespace = to_regnamespace('sluice') AND d.deptype = 'n'
        AND d.classid NOT IN (to_regclass('pg_proc'), to_regclass('pg_policy'), to_regclass('pg_rewrite'))
    UNION ALL
    SELECT 'function sluice.epoch()', 'does not return the epoch'
    FROM sluice.policy_epoch AS e WHERE e.epoch <> sluice.epoch();
END;

SELECT sluice.remember_base_functions();
