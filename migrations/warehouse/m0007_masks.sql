-- The mask functions, in standard bodies: parsed once, here, never with a caller's search_path. NULL stays NULL.
SET LOCAL ROLE sluice_owner;
SET LOCAL search_path = pg_catalog;

-- Characters, not bytes; a text no longer than `shown` shows nothing.
CREATE FUNCTION sluice.mask_show_first(value text, shown int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN length(value) <= shown THEN repeat('*', length(value))
        ELSE left(value, shown) || repeat('*', length(value) - shown) END;

CREATE FUNCTION sluice.mask_show_last(value text, shown int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN length(value) <= shown THEN repeat('*', length(value))
        ELSE repeat('*', length(value) - shown) || right(value, shown) END;

-- The domain begins at the last @: a quoted local part may hold others. Each call in it costs every plan and every row:
-- overlay() writes the stars over all between the first character and the domain.
CREATE FUNCTION sluice.mask_email(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN strpos(value, '@') = 0 THEN repeat('*', length(value))
        ELSE overlay(value PLACING repeat('*', length(value) - strpos(reverse(value), '@') - 1) FROM 2) END;

CREATE FUNCTION sluice.mask_alphanum(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(regexp_replace(value, '[^[:digit:](),.@-]', 'x', 'g'), '[[:digit:]]', 'n', 'g');

-- Not by date_trunc: dates reach further than timestamps. What begins before the first date of a type is -infinity.
CREATE FUNCTION sluice.mask_truncate(value date, unit text) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN NOT isfinite(value) THEN value
        WHEN value < '4713-01-01 BC'::date THEN '-infinity'::date
        ELSE make_date(extract(year FROM value)::int,
            CASE unit WHEN 'year' THEN 1 ELSE extract(month FROM value)::int END, 1) END;

CREATE FUNCTION sluice.mask_truncate(value timestamp, unit text) RETURNS timestamp
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN value < '4713-01-01 BC'::timestamp THEN '-infinity'::timestamp ELSE date_trunc(unit, value) END;

CREATE FUNCTION sluice.mask_truncate(value timestamptz, unit text) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN value < '4713-01-01 00:00:00+00 BC'::timestamptz THEN '-infinity'::timestamptz
        ELSE date_trunc(unit, value, 'UTC') END;

-- To the nearest multiple that the column's type still holds (`lowest` to `highest`): reading never overflows.
CREATE FUNCTION sluice.mask_round(value numeric, multiple numeric, lowest numeric, highest numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN value IN ('NaN', 'Infinity', '-Infinity') THEN value
        WHEN round(value / multiple) * multiple > highest THEN trunc(value / multiple) * multiple
        WHEN round(value / multiple) * multiple < lowest THEN trunc(value / multiple) * multiple
        ELSE round(value / multiple) * multiple END;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sluice TO sluice_reader;
