"""Statements of one who wants to read more than may be seen, and the marks that would show that it was.

`{t}` and `{v}` stand for the tables behind `shop.customers` and `hidden.vault`, `{r}` for the administrator's role.
"""

import base64


CANARY = "kanarienvogel"
CANARY_NUMBER = 86753091
VISIBLE = 2
# The canary in clear, reversed, in hexadecimal and in base64 at each of its three alignments.
TRACES = [CANARY, CANARY[::-1], CANARY.encode().hex(), str(CANARY_NUMBER)] + [
    base64.b64encode(b"\0" * shift + CANARY.encode()).decode()[4 if shift else 0:-4] for shift in range(3)]

CUSTOMERS = [
    {"id": 1, "region": "EU", "code": "11", "email": "a-" + CANARY + "@example.org", "ssn": CANARY + "-1",
        "salary": 100},
    {"id": 2, "region": "EU", "code": "12", "email": "b-" + CANARY + "@example.org", "ssn": CANARY + "-2",
        "salary": 200},
    *[{"id": number, "region": "US", "code": CANARY + str(number), "email": CANARY + "@example.com",
        "ssn": CANARY + "-9",
       "salary": CANARY_NUMBER} for number in (3, 4, 5)],
]


XML = ["query_to_xml('{q}', true, true, '')", "query_to_xmlschema('{q}', true, true, '')",
       "query_to_xml_and_xmlschema('{q}', true, true, '')", "table_to_xml('{t}', true, true, '')",
       "table_to_xmlschema('{t}', true, true, '')", "table_to_xml_and_xmlschema('{t}', true, true, '')",
       "schema_to_xml('store', true, true, '')", "schema_to_xmlschema('store', true, true, '')",
       "schema_to_xml_and_xmlschema('store', true, true, '')", "database_to_xml(true, true, '')",
       "database_to_xmlschema(true, true, '')", "database_to_xml_and_xmlschema(true, true, '')",
       "cursor_to_xml('c', 1, true, true, '')", "cursor_to_xmlschema('c', true, true, '')"]

# {t} is the table of customers, {v} that of the vault, {r} the administrator's role. Refused, whatever the reason.
REFUSED = {
    "set-role": "SET ROLE {r}",
    "set-session-authorization": "SET SESSION AUTHORIZATION {r}",
    "reset-role": "RESET ROLE",
    "do": "DO $$ BEGIN EXECUTE 'SET ROLE {r}'; END $$",
    "commit-then-select": "COMMIT; SELECT * FROM hidden.vault",
    "second-after-comment": "SELECT 1 /* ; */ ; SELECT * FROM hidden.vault",
    "second-after-dollar-quote": "SELECT $a$;$a$; SELECT * FROM {v}",
    "second-after-line-comment": "SELECT 1 -- '\n; SET ROLE {r}",
    "prepare": "PREPARE p AS SELECT * FROM {v}",
    "execute": "EXECUTE p",
    "declare-cursor": "DECLARE c CURSOR WITH HOLD FOR SELECT * FROM {v}",
    "alter-role": "ALTER ROLE CURRENT_USER SET role = '{r}'",
    "alter-role-password": "ALTER ROLE CURRENT_USER PASSWORD 'x'",
    "set-statement-timeout": "SET statement_timeout = 0",
    "explain": "EXPLAIN (ANALYZE) SELECT * FROM shop.customers",
    "copy-to-program": "COPY {t} TO PROGRAM 'cat'",
    "copy-to-stdout": "COPY {t} TO STDOUT",
    "load": "LOAD '/var/lib/x.so'",
    "listen": "LISTEN x",
    "create-temp": "CREATE TEMP TABLE x AS SELECT 1",
    "create-function": "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "table-itself": "SELECT * FROM {t}",
    "table-command": "TABLE {t}",
    "table-row-type": "SELECT * FROM json_populate_recordset(NULL::{t}, '[]'), {t}",
    "vault": "SELECT * FROM hidden.vault",
    "vault-table": "SELECT * FROM {v}",
    "vault-in-a-sub-select": "SELECT id, (SELECT max(word) FROM hidden.vault) FROM shop.customers",
    "vault-exists": "SELECT EXISTS (SELECT FROM hidden.vault)",
    "vault-in-a-dead-branch": "SELECT 1 WHERE false AND EXISTS (SELECT FROM hidden.vault)",
    "ctid": "SELECT ctid FROM shop.customers",
    "xmin": "SELECT xmin FROM shop.customers",
    "tableoid": "SELECT tableoid FROM shop.customers",
    "tablesample": "SELECT * FROM shop.customers TABLESAMPLE SYSTEM (100)",
    "for-update": "SELECT * FROM shop.customers FOR UPDATE",
    "read-file": "SELECT pg_read_file('/etc/passwd')",
    "read-binary-file": "SELECT pg_read_binary_file('postgresql.conf')",
    "list-folder": "SELECT * FROM pg_ls_dir('.')",
    "stat-file": "SELECT * FROM pg_stat_file('PG_VERSION')",
    "large-object-import": "SELECT lo_import('/etc/passwd')",
    "large-object-put": "SELECT lo_put(1, 0, 'x')",
    "large-object-create": "SELECT lo_create(0)",
    "logical-message": "SELECT pg_logical_emit_message(false, 'a', 'b')",
    "replication-slot": "SELECT pg_create_logical_replication_slot('s', 'test_decoding')",
    "dblink": "SELECT * FROM dblink('host=/tmp', 'SELECT 1') AS t(a int)",
    "notify": "SELECT pg_notify('a', 'b')",
    "advisory-lock": "SELECT pg_advisory_lock(1)",
    "terminate": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
    "cancel": "SELECT pg_cancel_backend(1)",
    "reload": "SELECT pg_reload_conf()",
    "export-snapshot": "SELECT pg_export_snapshot()",
    "sleep": "SELECT pg_sleep(1)",
    "passwords": "SELECT * FROM pg_authid",
    "shadow": "SELECT * FROM pg_shadow",
    "statistic": "SELECT * FROM pg_statistic",
    "large-objects": "SELECT * FROM pg_largeobject",
    "user-mapping": "SELECT * FROM pg_user_mapping",
    "hba": "SELECT * FROM pg_hba_file_rules",
    "file-settings": "SELECT * FROM pg_file_settings",
    "relation-size": "SELECT pg_relation_size('{t}')",
    "total-size": "SELECT pg_total_relation_size('{t}')",
    "table-size": "SELECT pg_table_size('{v}')",
    "database-size": "SELECT pg_database_size('warehouse')",
    "tokens": "SELECT * FROM sluice.token",
    "policy-tables": "SELECT * FROM sluice.row_filter",
    "decisions": "SELECT * FROM sluice.decision",
    "ts-stat": "SELECT * FROM ts_stat('SELECT to_tsvector(word) FROM hidden.vault')",
    "ts-rewrite": "SELECT ts_rewrite('a'::tsquery, 'SELECT to_tsquery(word), to_tsquery(word) FROM {v}')",
    **{call.split("(")[0].replace("_", "-"): "SELECT " + call.replace("{q}", "SELECT * FROM {t}") for call in XML},
}

# Answered, as if there were nothing to hide: the count of rows that come back, or None where it does not matter.
ANSWERED = {
    "count": ("SELECT count(*) FROM shop.customers", [(VISIBLE,)]),
    "count-of-hidden": ("SELECT count(*) FROM shop.customers WHERE region = 'US'", [(0,)]),
    "hidden-by-key": ("SELECT * FROM shop.customers WHERE id = 3", []),
    "exists-by-masked": (f"SELECT count(*) FROM shop.customers WHERE email LIKE '%{CANARY}%'", [(0,)]),
    "ungranted-column": ("SELECT DISTINCT ssn FROM shop.customers", [(None,)]),
    "ungranted-in-where": (f"SELECT count(*) FROM shop.customers WHERE ssn LIKE '{CANARY}%'", [(0,)]),
    "ungranted-not-null": ("SELECT count(*) FROM shop.customers WHERE ssn IS NOT NULL", [(0,)]),
    "ungranted-whole-row": ("SELECT to_jsonb(c)->>'ssn' FROM shop.customers c LIMIT 1", [(None,)]),
    "whole-row-as-text": ("SELECT count(*) FROM shop.customers c WHERE c::text LIKE '%" + CANARY + "%'", [(0,)]),
    "masked-by-group": ("SELECT right(email, 3), length(email) > 5 FROM shop.customers GROUP BY email, id ORDER BY id",
                        [("org", True)] * VISIBLE),
    "masked-min-max": ("SELECT min(left(email, 4)), max(left(email, 4)) FROM shop.customers", [("****", "****")]),
    "masked-self-join": (f"SELECT count(*) FROM shop.customers a JOIN shop.customers b ON a.email = b.email", [(4,)]),
    "masked-regex": (f"SELECT count(*) FROM shop.customers WHERE email ~ '^[a-z]'", [(0,)]),
    "masked-encoded": ("SELECT encode(email::bytea, 'hex') LIKE '2a2a%' FROM shop.customers", [(True,)] * VISIBLE),
    "cast-in-where-before-the-filter": ("SELECT count(*) FROM shop.customers WHERE code::int > 0", [(VISIBLE,)]),
    "division-before-the-filter": (f"SELECT count(*) FROM shop.customers WHERE 1 / (salary - {CANARY_NUMBER}) < 9",
        [(VISIBLE,)]),
    "cast-in-a-join-before-the-filter": (
        "SELECT count(*) FROM shop.customers a JOIN (VALUES (11), (12)) v(n) ON a.code::int = v.n", [(VISIBLE,)]),
    "case-before-the-filter": (
        f"SELECT sum(CASE WHEN salary = {CANARY_NUMBER} THEN 1 / (id - id) ELSE 1 END) FROM shop.customers",
            [(VISIBLE,)]),
    "window-count": ("SELECT DISTINCT count(*) OVER () FROM shop.customers", [(VISIBLE,)]),
    "lateral": ("SELECT count(*) FROM shop.customers a, LATERAL (SELECT FROM shop.customers b WHERE b.id > a.id) x",
        [(1,)]),
    "estimates": ("SELECT count(*) FROM pg_class WHERE oid = '{t}'::regclass AND reltuples > 0", None),
    "statistics": ("SELECT * FROM pg_stats WHERE schemaname IN ('store', 'shop', 'hidden')", None),
    "extended-statistics": ("SELECT * FROM pg_stats_ext", None),
    "table-statistics": (
        "SELECT n_live_tup, seq_scan FROM pg_stat_all_tables WHERE schemaname = 'store' AND n_live_tup > 0",
        None),
    "io-statistics": ("SELECT * FROM pg_statio_user_tables WHERE heap_blks_read > 0", None),
    "view-text": ("SELECT pg_get_viewdef('shop.customers')", None),
    "vault-view-text": ("SELECT pg_get_viewdef('hidden.vault')", None),
    "policy-text": ("SELECT * FROM pg_policies", None),
    "function-text": ("SELECT prosrc FROM pg_proc WHERE pronamespace = 'sluice'::regnamespace", None),
    "other-sessions": ("SELECT query FROM pg_stat_activity", None),
    "prepared-statements": ("SELECT * FROM pg_prepared_statements", None),
    "cursors": ("SELECT * FROM pg_cursors", None),
    "settings": ("SELECT name, setting FROM pg_settings", None),
    "comments": ("SELECT description FROM pg_description WHERE objoid >= 16384", None),
    "defaults": ("SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef", None),
    "set-config-role": ("SELECT set_config('role', '{r}', false)", None),
    "set-config-in-a-with": (
        "WITH x AS MATERIALIZED (SELECT set_config('role', '{r}', true)) SELECT c.ssn FROM x, shop.customers c",
        None),
    "set-config-in-order-by": (
        "SELECT ssn FROM shop.customers ORDER BY set_config('session_authorization', '{r}', true)", None),
    "set-config-debug": (
        "SELECT set_config('client_min_messages', 'log', false), set_config('debug_print_plan', 'on', false)", None),
    "set-config-search-path": ("SELECT set_config('search_path', 'store', false)", None),
    "set-config-row-security": ("SELECT set_config('row_security', 'off', false)", None),
}

# Fails on a value: the error must not quote it.
QUOTING = {
    "cast-of-masked": "SELECT email::int FROM shop.customers",
    "cast-of-ungranted": "SELECT ssn::int + 1 FROM shop.customers",
    "cast-of-masked-to-date": "SELECT email::date FROM shop.customers",
    "cast-of-masked-to-json": "SELECT email::json FROM shop.customers",
    "cast-of-row": "SELECT c::text::int FROM shop.customers c",
    "regex-of-masked": "SELECT 'x' ~ ('(' || email) FROM shop.customers",
    "enum-of-masked": "SELECT email::regclass FROM shop.customers",
    "division": f"SELECT 1 / (salary - salary) FROM shop.customers",
    "setting-from-a-value": "SELECT current_setting(email) FROM shop.customers",
}


STATEMENTS = REFUSED | {name: sql for name, (sql, _) in ANSWERED.items()} | QUOTING
