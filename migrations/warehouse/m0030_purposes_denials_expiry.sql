-- Purposes, for which a principal acts through a login of their own; deny rules; exceptions that end.
SET LOCAL ROLE sluice_owner;

CREATE TABLE sluice.purpose (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    name text NOT NULL CONSTRAINT purpose_name_key UNIQUE CHECK (octet_length(name) <= 63),
    description text CHECK (length(description) <= 10000),
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE sluice.access_grant DROP CONSTRAINT access_grant_privilege_check;
ALTER TABLE sluice.access_grant ADD CONSTRAINT access_grant_privilege_check
    CHECK (privilege IN ('describe', 'select', 'write', 'manage', 'act'));

-- A login of a principal for a purpose is a subject of its own, made when first needed: its ids are the principal's and the
-- purpose's, and it ends with the grant to act for it. -infinity: that grant was taken back.
ALTER TABLE sluice.subject ADD COLUMN purpose_id bigint REFERENCES sluice.purpose,
    ADD COLUMN until timestamptz NOT NULL DEFAULT 'infinity';
CREATE UNIQUE INDEX subject_purpose_key ON sluice.subject (principal_id, purpose_id) NULLS NOT DISTINCT;

CREATE TABLE sluice.deny_rule (
    id bigint PRIMARY KEY DEFAULT nextval('sluice.object_id'),
    name text NOT NULL CONSTRAINT deny_rule_name_key UNIQUE CHECK (octet_length(name) <= 63),
    description text CHECK (length(description) <= 10000),
    tag_id bigint REFERENCES sluice.tag,
    domain_id bigint REFERENCES sluice.domain,
    dataset_id bigint REFERENCES sluice.dataset,
    column_id int,                                    -- NULL: the whole dataset
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT deny_rule_on_check CHECK (num_nonnulls(tag_id, domain_id, dataset_id) = 1
        AND (column_id IS NULL OR dataset_id IS NOT NULL)),
    FOREIGN KEY (dataset_id, column_id) REFERENCES sluice.dataset_column
);
CREATE INDEX deny_rule_tag_idx ON sluice.deny_rule (tag_id);
CREATE INDEX deny_rule_domain_idx ON sluice.deny_rule (domain_id);
CREATE INDEX deny_rule_dataset_idx ON sluice.deny_rule (dataset_id);

-- Compiled: whom a deny rule binds; 0 is everybody.
CREATE TABLE sluice.rule_subject (
    rule_id bigint NOT NULL,
    subject_id bigint NOT NULL,
    PRIMARY KEY (rule_id, subject_id)
);
CREATE INDEX rule_subject_subject_idx ON sluice.rule_subject (subject_id);

-- Compiled: the deny rules that close a dataset as a whole, because they hang on it, on its domain or on a tag of these.
CREATE TABLE sluice.dataset_denial (
    dataset_id bigint NOT NULL REFERENCES sluice.dataset ON DELETE CASCADE,
    rule_id bigint NOT NULL,
    PRIMARY KEY (dataset_id, rule_id)
);
CREATE INDEX dataset_denial_rule_idx ON sluice.dataset_denial (rule_id);

ALTER TABLE sluice.rule_exemption ADD COLUMN until timestamptz NOT NULL DEFAULT 'infinity';

-- Until when may the session's principal read the dataset? Refuses, at plan time, who may not: without a grant, closed by
-- a deny rule, or acting for a purpose that is no longer granted.
CREATE FUNCTION sluice.granted_until_2(dataset bigint, epoch bigint) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen bigint;
    principal bigint;
    gate_shut boolean;
    held_until timestamptz;
    ends timestamptz;
BEGIN
    SELECT e.epoch, s.principal_id, g.shut, (
        SELECT max(h.until) FROM sluice.held_grant AS h
        WHERE h.scope_id = ANY (ARRAY[0, g.domain_id, g.dataset_id]) AND h.subject_id = ANY (s.ids)
            AND h.privilege IN ('select', 'manage')
    ), least(s.until, (
        SELECT min(coalesce((
            SELECT max(x.until) FROM sluice.rule_exemption AS x
            WHERE x.rule_id = d.rule_id AND x.subject_id = ANY (s.ids)), '-infinity'))
        FROM sluice.dataset_denial AS d
        WHERE d.dataset_id = g.dataset_id AND EXISTS (
            SELECT FROM sluice.rule_subject AS r
            WHERE r.rule_id = d.rule_id AND (r.subject_id = 0 OR r.subject_id = ANY (s.ids)))
    ))
    INTO seen, principal, gate_shut, held_until, ends
    FROM sluice.policy_epoch AS e
    LEFT JOIN sluice.subject AS s ON s.role_name = session_user
    LEFT JOIN sluice.dataset_gate AS g ON g.dataset_id = granted_until_2.dataset
    -- There is one row, which the planner else does not know: it would take the whole for dear enough to compile (jit).
    WHERE e.only_row;
    IF seen <> epoch OR principal IS NULL THEN
        PERFORM sluice.refuse(seen, epoch);
    END IF;
    IF held_until IS NULL OR ends = '-infinity' THEN
        RAISE EXCEPTION 'permission denied for this dataset' USING ERRCODE = '42501';
    END IF;
    IF gate_shut THEN
        RAISE EXCEPTION 'the policy of this dataset is changing'
            USING ERRCODE = '40001', DETAIL = 'policy_changing', HINT = 'Run the statement again.';
    END IF;
    RETURN least(held_until, ends);
END $$;

CREATE OR REPLACE FUNCTION sluice.granted_until(dataset bigint, epoch bigint) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN sluice.granted_until_2(dataset, epoch); END $$;

CREATE FUNCTION sluice.allowed_2(dataset bigint, epoch bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sluice.granted_until_2(dataset, epoch);
    RETURN epoch;
END $$;

CREATE OR REPLACE FUNCTION sluice.allowed(dataset bigint, epoch bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN sluice.allowed_2(dataset, epoch); END $$;

-- Is the session's principal excepted from the rule for good?
CREATE FUNCTION sluice.exempt_2(rule bigint, text_id bigint, epoch bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen bigint;
    principal bigint;
    exempt boolean;
BEGIN
    SELECT CASE WHEN t.text_id IS NOT NULL THEN e.epoch END, s.principal_id, EXISTS (
        SELECT FROM sluice.rule_exemption AS x
        WHERE x.rule_id = exempt_2.rule AND x.subject_id = ANY (s.ids) AND x.until = 'infinity'
    )
    INTO seen, principal, exempt
    FROM sluice.policy_epoch AS e
    LEFT JOIN sluice.subject AS s ON s.role_name = session_user
    LEFT JOIN sluice.enforcement AS t ON t.text_id = exempt_2.text_id
    WHERE e.only_row;
    IF seen IS DISTINCT FROM epoch OR principal IS NULL THEN
        PERFORM sluice.refuse(seen, epoch);
    END IF;
    RETURN exempt;
END $$;

CREATE OR REPLACE FUNCTION sluice.exempt(rule bigint, text_id bigint, epoch bigint) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN sluice.exempt_2(rule, text_id, epoch); END $$;

-- Until when is the session's principal excepted from the rule? -infinity: it is not. Only asked of rules with an
-- exception that ends: the answer costs a plan more than exempt().
CREATE FUNCTION sluice.exempt_until_1(rule bigint, text_id bigint, epoch bigint) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen bigint;
    principal bigint;
    until timestamptz;
BEGIN
    SELECT CASE WHEN t.text_id IS NOT NULL THEN e.epoch END, s.principal_id, (
        SELECT max(x.until) FROM sluice.rule_exemption AS x
        WHERE x.rule_id = exempt_until_1.rule AND x.subject_id = ANY (s.ids)
    )
    INTO seen, principal, until
    FROM sluice.policy_epoch AS e
    LEFT JOIN sluice.subject AS s ON s.role_name = session_user
    LEFT JOIN sluice.enforcement AS t ON t.text_id = exempt_until_1.text_id
    WHERE e.only_row;
    IF seen IS DISTINCT FROM epoch OR principal IS NULL THEN
        PERFORM sluice.refuse(seen, epoch);
    END IF;
    RETURN coalesce(until, '-infinity');
END $$;

CREATE FUNCTION sluice.exempt_until(rule bigint, text_id bigint, epoch bigint) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN sluice.exempt_until_1(rule, text_id, epoch); END $$;

-- Is the session's principal among those whom a deny rule is for, whoever is excepted?
CREATE FUNCTION sluice.denied_1(rule bigint, text_id bigint, epoch bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen bigint;
    principal bigint;
    denied boolean;
BEGIN
    SELECT CASE WHEN t.text_id IS NOT NULL THEN e.epoch END, s.principal_id, EXISTS (
        SELECT FROM sluice.rule_subject AS r
        WHERE r.rule_id = denied_1.rule AND (r.subject_id = 0 OR r.subject_id = ANY (s.ids))
    )
    INTO seen, principal, denied
    FROM sluice.policy_epoch AS e
    LEFT JOIN sluice.subject AS s ON s.role_name = session_user
    LEFT JOIN sluice.enforcement AS t ON t.text_id = denied_1.text_id
    WHERE e.only_row;
    IF seen IS DISTINCT FROM epoch OR principal IS NULL THEN
        PERFORM sluice.refuse(seen, epoch);
    END IF;
    RETURN denied;
END $$;

CREATE FUNCTION sluice.denied(rule bigint, text_id bigint, epoch bigint) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN sluice.denied_1(rule, text_id, epoch); END $$;

GRANT EXECUTE ON FUNCTION sluice.granted_until_2(bigint, bigint), sluice.allowed_2(bigint, bigint),
    sluice.exempt_2(bigint, bigint, bigint), sluice.exempt_until_1(bigint, bigint, bigint),
    sluice.exempt_until(bigint, bigint, bigint), sluice.denied_1(bigint, bigint, bigint),
    sluice.denied(bigint, bigint, bigint) TO sluice_reader;

-- As m0008 made it, and the logins for purposes: with the purpose's id, until the last grant to act for it ends.
CREATE OR REPLACE FUNCTION sluice.compile_subjects(principals bigint[]) RETURNS void
    LANGUAGE sql VOLATILE BEGIN ATOMIC
    INSERT INTO sluice.subject (role_name, principal_id, ids)
    SELECT p.role_name, p.id, ARRAY[p.id] || ARRAY(
        SELECT m.group_id FROM sluice.membership AS m WHERE m.principal_id = p.id ORDER BY 1)
    FROM sluice.principal AS p
    WHERE p.id = ANY (principals)
    ON CONFLICT (role_name) DO UPDATE SET ids = excluded.ids
    WHERE subject.ids <> excluded.ids;
    UPDATE sluice.subject AS s SET ids = w.ids, until = w.until
    FROM (
        SELECT a.role_name, b.ids || a.purpose_id AS ids, coalesce((
            SELECT max(h.until) FROM sluice.held_grant AS h
            WHERE h.scope_id = a.purpose_id AND h.privilege = 'act' AND h.subject_id = ANY (b.ids)), '-infinity') AS until
        FROM sluice.subject AS a
        JOIN sluice.subject AS b ON b.principal_id = a.principal_id AND b.purpose_id IS NULL
        WHERE a.principal_id = ANY (principals) AND a.purpose_id IS NOT NULL
    ) AS w
    WHERE w.role_name = s.role_name AND (s.ids, s.until) IS DISTINCT FROM (w.ids, w.until);
END;

-- Documents.
CREATE OR REPLACE FUNCTION sluice.subject_address(subject bigint) RETURNS text
    LANGUAGE sql STABLE
    RETURN (SELECT 'user:' || p.name FROM sluice.principal AS p WHERE p.id = subject
            UNION ALL SELECT 'group:' || g.name FROM sluice.principal_group AS g WHERE g.id = subject
            UNION ALL SELECT 'purpose:' || u.name FROM sluice.purpose AS u WHERE u.id = subject);

CREATE OR REPLACE FUNCTION sluice.scope_address(scope bigint) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN scope = 0 THEN 'platform' ELSE coalesce(
        (SELECT 'domain:' || d.name FROM sluice.domain AS d WHERE d.id = scope),
        'dataset:' || sluice.dataset_address(scope),
        (SELECT 'purpose:' || u.name FROM sluice.purpose AS u WHERE u.id = scope)) END;

-- Who is meant, sorted by name: a name, or with an end {"name", "expiresAt"}.
CREATE FUNCTION sluice.named_subjects(kind text, subjects bigint[], ends timestamptz[]) RETURNS json
    LANGUAGE sql STABLE
    RETURN coalesce((
        SELECT json_agg(CASE WHEN s.until = 'infinity' THEN to_json(n.name)
            ELSE json_build_object('name', n.name, 'expiresAt', sluice.rfc3339(s.until)) END ORDER BY n.name)
        FROM unnest(subjects, ends) AS s (id, until)
        JOIN (
            SELECT 'group' AS kind, g.id, g.name FROM sluice.principal_group AS g
            UNION ALL SELECT 'principal', p.id, p.name FROM sluice.principal AS p
            UNION ALL SELECT 'purpose', u.id, u.name FROM sluice.purpose AS u
        ) AS n ON n.id = s.id AND n.kind = named_subjects.kind), '[]');

CREATE OR REPLACE FUNCTION sluice.rule_exceptions(rule bigint) RETURNS json
    LANGUAGE sql STABLE
    RETURN (
        SELECT json_build_object('groups', sluice.named_subjects('group', x.ids, x.ends),
            'principals', sluice.named_subjects('principal', x.ids, x.ends),
            'purposes', sluice.named_subjects('purpose', x.ids, x.ends))
        FROM (SELECT array_agg(e.subject_id) AS ids, array_agg(e.until) AS ends
              FROM sluice.rule_exemption AS e WHERE e.rule_id = rule) AS x);

CREATE VIEW sluice.purpose_document AS
SELECT u.id, u.name AS address, 0::bigint AS scope_id, u.version, json_build_object(
    'id', u.id::text, 'name', u.name, 'description', u.description,
    'createdAt', sluice.rfc3339(u.created_at), 'updatedAt', sluice.rfc3339(u.updated_at)) AS body
FROM sluice.purpose AS u;

CREATE VIEW sluice.deny_rule_document AS
SELECT r.id, r.name AS address, coalesce(r.dataset_id, r.domain_id, 0) AS scope_id, r.version, json_build_object(
    'id', r.id::text, 'name', r.name, 'description', r.description,
    'on', CASE WHEN r.column_id IS NOT NULL
        THEN 'column:' || sluice.dataset_address(r.dataset_id) || '.' || c.name
        ELSE coalesce('tag:' || t.name, sluice.scope_address(coalesce(r.domain_id, r.dataset_id))) END,
    -- null: everybody.
    'to', CASE WHEN 0 <> ALL (s.ids) THEN json_build_object(
        'groups', sluice.named_subjects('group', s.ids, s.ends),
        'principals', sluice.named_subjects('principal', s.ids, s.ends),
        'purposes', sluice.named_subjects('purpose', s.ids, s.ends)) END,
    'except', sluice.rule_exceptions(r.id),
    'createdAt', sluice.rfc3339(r.created_at), 'updatedAt', sluice.rfc3339(r.updated_at)) AS body
FROM sluice.deny_rule AS r
LEFT JOIN sluice.tag AS t ON t.id = r.tag_id
LEFT JOIN sluice.dataset_column AS c ON c.dataset_id = r.dataset_id AND c.id = r.column_id
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(b.subject_id), '{}') AS ids, array_agg('infinity'::timestamptz) AS ends
    FROM sluice.rule_subject AS b WHERE b.rule_id = r.id
) AS s;

-- Changes that may take something away, until what began before them has ended: written with the change, so that a server
-- that dies after its commit leaves them to the next one.
CREATE TABLE sluice.narrowing (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    principals bigint[] NOT NULL,                     -- whoever reads as one of these,
    datasets bigint[] NOT NULL                        -- or reads one of these
);

-- Transactions of principals that began before this moment and may read by a policy older than a narrowing. The fence
-- stops what comes to its start after the change; it does not reach a statement or a cursor that runs.
CREATE FUNCTION sluice.narrowed_sessions() RETURNS TABLE (pid int, since timestamptz)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    SELECT a.pid, a.xact_start
    FROM pg_stat_activity AS a
    WHERE a.datname = current_database() AND a.xact_start < clock_timestamp()
        AND EXISTS (
            SELECT FROM sluice.narrowing AS n
            WHERE EXISTS (
                    SELECT FROM sluice.subject AS s
                    WHERE s.role_name = a.usename AND s.principal_id = ANY (n.principals))
                OR EXISTS (
                    SELECT FROM sluice.subject AS s, pg_locks AS l
                    WHERE s.role_name = a.usename AND l.pid = a.pid
                        AND l.relation = ANY (SELECT to_regclass('store.d' || d)::oid FROM unnest(n.datasets) AS d))
                -- The role of a principal that was deleted has no name any more.
                OR a.usename IS NULL AND a.usesysid IS NOT NULL);
END;

SELECT sluice.remember_base_functions();
