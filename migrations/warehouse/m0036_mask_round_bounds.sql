-- As in m0007, and right for a value that is itself outside: Postgres writes a double with 15 digits as numeric, so the greatest
-- double becomes more than a double can hold, and the error of casting it back would quote it.
SET LOCAL ROLE sluice_owner;
SET LOCAL search_path = pg_catalog;

CREATE OR REPLACE FUNCTION sluice.mask_round(value numeric, multiple numeric, lowest numeric, highest numeric)
    RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN value IN ('NaN', 'Infinity', '-Infinity') THEN value
        WHEN round(value / multiple) * multiple > highest THEN trunc(least(value, highest) / multiple) * multiple
        WHEN round(value / multiple) * multiple < lowest THEN trunc(greatest(value, lowest) / multiple) * multiple
        ELSE round(value / multiple) * multiple END;

RESET ROLE;
SELECT sluice.remember_base_functions();
