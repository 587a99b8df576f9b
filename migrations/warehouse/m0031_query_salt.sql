-- The salt of a statement, for the mask `sha256-query` (decision 16): at least 16 bytes that no other statement has. No
-- secret: what is hashed with it is keyed, and shown to nobody. The same in the statement's parallel workers.
SET LOCAL ROLE sluice_owner;
SET LOCAL search_path = pg_catalog;

CREATE FUNCTION sluice.query_salt() RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN timestamptz_send(statement_timestamp()) || timestamptz_send(transaction_timestamp())
        || convert_to(session_user, 'UTF8');
GRANT EXECUTE ON FUNCTION sluice.query_salt() TO sluice_reader;

RESET ROLE;
SELECT sluice.remember_base_functions();
