-- Masks whose values are stored: `sha256` and `token` (decision 16). A function in a view runs with the caller's right to
-- execute it, so one that computes a token would compute it of any value that the caller guesses. The values are columns
-- of the dataset's table, behind the view, written by a trigger with keys that only the tables' owner may read.
SET LOCAL ROLE sluice_owner;

-- What the values are keyed with: 32 random bytes each, made here and never changed. Sessions that load keep them in
-- their plans. At rest they lie in this database, in clear, as do the values that they hide.
CREATE TABLE sluice.mask_key (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    token_domain text CONSTRAINT mask_key_domain_key UNIQUE,
    key bytea NOT NULL CHECK (octet_length(key) = 32),
    CHECK ((id = 0) = (token_domain IS NULL))         -- 0: the platform's salt, of `sha256`
);

CREATE FUNCTION sluice.random_key() RETURNS bytea
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    -- 122 bits of pg_strong_random() each.
    SELECT sha256(string_agg(uuid_send(gen_random_uuid()), ''::bytea)) FROM generate_series(1, 4);
END;

INSERT INTO sluice.mask_key (id, key) VALUES (0, sluice.random_key());

-- The key of a token domain, made at its first use.
CREATE FUNCTION sluice.token_domain_key(name text) RETURNS bigint
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    INSERT INTO sluice.mask_key (token_domain, key) VALUES (name, sluice.random_key())
    ON CONFLICT ON CONSTRAINT mask_key_domain_key DO NOTHING;
    SELECT k.id FROM sluice.mask_key AS k WHERE k.token_domain = name;
END;

-- Two that only the triggers call. IMMUTABLE, since keys never change: a session reads each once, when it plans the
-- trigger's assignment, and not for every row.
CREATE FUNCTION sluice.mask_salt() RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    salt bytea;
BEGIN
    SELECT k.key INTO STRICT salt FROM sluice.mask_key AS k WHERE k.id = 0;
    RETURN salt;
END $$;

-- The block that HMAC-SHA-256 puts before its inner (54) or outer (92) message: the key, padded to 64 bytes, each XORed
-- (RFC 2104).
CREATE FUNCTION sluice.mask_pad(id bigint, with_byte int) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    pad bytea;
BEGIN
    SELECT k.key || decode(repeat('00', 32), 'hex') INTO STRICT pad FROM sluice.mask_key AS k WHERE k.id = mask_pad.id;
    FOR i IN 0..63 LOOP
        pad := set_byte(pad, i, get_byte(pad, i) # with_byte);
    END LOOP;
    RETURN pad;
END $$;

-- The columns there are, each of store.d<dataset>, and how far they are filled in.
CREATE TABLE sluice.stored_mask (
    dataset_id bigint NOT NULL REFERENCES sluice.dataset ON DELETE CASCADE,
    name text NOT NULL,
    source text NOT NULL,                             -- the column whose values it hides
    next_block bigint,                                -- where the filling goes on; NULL: every row has its value
    filled bigint NOT NULL DEFAULT 0,                 -- rows so far
    filenode oid,                                     -- of the file whose blocks were counted
    PRIMARY KEY (dataset_id, name)
);
CREATE INDEX stored_mask_due_idx ON sluice.stored_mask (dataset_id) WHERE next_block IS NOT NULL;

ALTER TABLE sluice.enforcement DROP CONSTRAINT enforcement_kind_check;
ALTER TABLE sluice.enforcement ADD CONSTRAINT enforcement_kind_check
    CHECK (kind IN ('function', 'view', 'policy', 'table', 'role', 'settings', 'trigger'));

-- As in m0010, with the triggers of a table.
CREATE OR REPLACE FUNCTION sluice.described(kind text, object text) RETURNS text
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
    WHEN 'trigger' THEN
        RETURN (SELECT string_agg(concat_ws(' ', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled), E'\n' ORDER BY t.tgname)
                FROM pg_trigger AS t WHERE t.tgrelid = to_regclass(object) AND NOT t.tgisinternal);
    WHEN 'role' THEN
        RETURN (SELECT 'limit ' || r.rolconnlimit FROM pg_roles AS r WHERE r.rolname = object);
    WHEN 'settings' THEN
        RETURN (SELECT string_agg(concat_ws(' ', s.setdatabase, c.setting), E'\n' ORDER BY s.setdatabase, c.setting)
                FROM pg_roles AS r JOIN pg_db_role_setting AS s ON s.setrole = r.oid
                CROSS JOIN unnest(s.setconfig) AS c (setting) WHERE r.rolname = object);
    END CASE;
END $$;
-- As in m0010, with the triggers that write stored masks.
CREATE OR REPLACE FUNCTION sluice.reading_drift() RETURNS TABLE (object text, problem text)
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
        -- Those that write stored masks are compared by themselves.
        AND NOT (d.classid = to_regclass('pg_trigger') AND p.proname ~ '^store_masks_[0-9]+$')
    UNION ALL
    SELECT 'function sluice.epoch()', 'does not return the epoch'
    FROM sluice.policy_epoch AS e WHERE e.epoch <> sluice.epoch();
END;
RESET ROLE;

-- Fills the next blocks of a column that is not filled yet. What it writes, the trigger computes. `idle`: nothing to do,
-- or another server does it; `more`: call again; `later`: rows or the table are in use, wait a while. Runs as the
-- server's login, each call a transaction, so what is interrupted goes on where it was.
--
-- It waits for nobody: not for the table, whose changers lock it before the rows of stored_mask, nor for rows that a load
-- writes. A load may wait for it, for as long as so many blocks take.
CREATE FUNCTION sluice.fill_stored_mask(blocks bigint) RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    due sluice.stored_mask;
    relation regclass;
    stop bigint;
    node oid;
    written bigint;
    is_left boolean;
    is_more boolean;
BEGIN
    -- One server at a time. Nothing else locks this row.
    PERFORM FROM sluice.mask_key AS k WHERE k.id = 0 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 'idle';
    END IF;
    -- One in use must not hold up the others.
    SELECT m.* INTO due FROM sluice.stored_mask AS m WHERE m.next_block IS NOT NULL ORDER BY random() LIMIT 1;
    IF NOT FOUND THEN
        RETURN 'idle';
    END IF;
    BEGIN
        EXECUTE format('LOCK TABLE store.d%s IN ROW EXCLUSIVE MODE NOWAIT', due.dataset_id);
    EXCEPTION WHEN lock_not_available OR undefined_table THEN
        RETURN 'later';
    END;
    -- Again: it may have gone before the lock was had.
    SELECT m.* INTO due FROM sluice.stored_mask AS m
    WHERE m.dataset_id = due.dataset_id AND m.name = due.name AND m.next_block IS NOT NULL;
    IF NOT FOUND THEN
        RETURN 'more';
    END IF;
    relation := format('store.d%s', due.dataset_id)::regclass;
    node := (SELECT c.relfilenode FROM pg_class AS c WHERE c.oid = relation);
    IF due.filenode IS DISTINCT FROM node THEN
        due.next_block := 0;                          -- Rewritten meanwhile: its rows lie elsewhere.
    END IF;
    stop := due.next_block + blocks;
    SET LOCAL ROLE sluice_owner;
    EXECUTE format(
        'WITH due AS MATERIALIZED ('
        '    SELECT ctid FROM %1$s WHERE ctid >= $1 AND ctid < $2 AND %2$I IS NULL AND %3$I IS NOT NULL'
        '    FOR NO KEY UPDATE SKIP LOCKED) '
        'UPDATE %1$s AS t SET %2$I = NULL FROM due WHERE t.ctid = due.ctid', relation, due.name, due.source)
        USING format('(%s,0)', due.next_block)::tid, format('(%s,0)', stop)::tid;
    GET DIAGNOSTICS written = ROW_COUNT;
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM %1$s WHERE ctid >= $1 AND ctid < $2 AND %2$I IS NULL AND %3$I IS NOT NULL), '
        'EXISTS (SELECT FROM %1$s WHERE ctid >= $2)', relation, due.name, due.source)
        INTO is_left, is_more USING format('(%s,0)', due.next_block)::tid, format('(%s,0)', stop)::tid;
    RESET ROLE;
    UPDATE sluice.stored_mask AS m SET
        next_block = CASE WHEN is_left THEN due.next_block WHEN is_more THEN stop END,
        filled = m.filled + written, filenode = node
    WHERE m.dataset_id = due.dataset_id AND m.name = due.name;
    RETURN CASE WHEN is_left THEN 'later' ELSE 'more' END;
END $$;

SELECT sluice.remember_base_functions();
