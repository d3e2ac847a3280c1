-- What producers may write: the same as the gateway takes.

-- Raises an error of ours: TT001 a bad argument, TT002 too large, TT003 closed, TT004 fenced, TT005 conflict,
-- TT006 an illegal transition of a task.
CREATE OR REPLACE FUNCTION @schema@.fail(code text, message text, hint text, detail text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF detail IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message, HINT = hint;
    END IF;
    RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message, HINT = hint, DETAIL = detail;
END
$$;

-- Anyone's text, fit for an error message.
CREATE OR REPLACE FUNCTION @schema@.shown(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce('"' || regexp_replace(left($1, 64), '[^ -~]', '?', 'g') || '"', 'NULL')
$$;

-- The rules of the names.
CREATE OR REPLACE FUNCTION @schema@.is_channel(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT octet_length($1) <= 200 AND $1 ~ '^[A-Za-z0-9_=@,.;:/~+-]+$'
$$;
CREATE OR REPLACE FUNCTION @schema@.is_key(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT octet_length($1) <= 64 AND $1 ~ '^[A-Za-z0-9_.:-]+$'
$$;
CREATE OR REPLACE FUNCTION @schema@.is_event(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT octet_length($1) <= 64 AND $1 ~ '^[A-Za-z0-9_.:-]+$' AND left($1, 7) <> 'stream-'
$$;
CREATE OR REPLACE FUNCTION @schema@.is_id(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT octet_length($1) <= 255 AND $1 ~ '^[!-~]+$'
$$;
-- What a fence and an expect may be.
CREATE OR REPLACE FUNCTION @schema@.is_offset(value bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT $1 BETWEEN 0 AND 9007199254740991
$$;

-- Raises in words what is wrong with a publication.
CREATE OR REPLACE FUNCTION @schema@.check_publication(
    channel text, data text, event text, format text, retain text, conflate boolean, expect bigint, fence bigint,
    id text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    key_rule constant text := '1 to 64 bytes of letters, digits and _ - . :';
BEGIN
    IF @schema@.is_channel(channel) IS NOT TRUE THEN
        PERFORM @schema@.fail('TT001', @schema@.shown(channel) || ' is no valid channel',
            'A channel is 1 to 200 bytes of letters, digits and _ - = @ , . ; : / ~ +');
    ELSIF data IS NULL THEN
        PERFORM @schema@.fail('TT001', 'the data is NULL', 'Give a text; it may be empty.');
    ELSIF @schema@.is_event(event) IS NOT TRUE THEN
        PERFORM @schema@.fail('TT001', @schema@.shown(event) || ' is no valid event',
            'An event is ' || key_rule || ' (names that begin with stream- are the gateway''s).');
    ELSIF @schema@.is_key(retain) IS FALSE THEN
        PERFORM @schema@.fail('TT001', @schema@.shown(retain) || ' is no valid retain key',
            'A retain key is ' || key_rule);
    ELSIF @schema@.is_id(id) IS FALSE THEN
        PERFORM @schema@.fail('TT001', @schema@.shown(id) || ' is no valid id',
            'An id is 1 to 255 visible ASCII characters.');
    ELSIF retain IS NULL AND conflate THEN
        PERFORM @schema@.fail('TT001', 'conflate keeps the newest of a key', 'Give retain => KEY as well.');
    ELSIF retain IS NULL AND expect IS NOT NULL THEN
        PERFORM @schema@.fail('TT001', 'expect compares with the retained message of a key',
            'Give retain => KEY as well.');
    ELSIF @schema@.is_offset(expect) IS FALSE OR @schema@.is_offset(fence) IS FALSE THEN
        PERFORM @schema@.fail('TT001', 'expect and fence are whole numbers from 0 to 9007199254740991',
            'An expect is the offset of a retained message (0: there is none).');
    ELSIF format IS NULL OR format NOT IN ('text', 'json') THEN
        PERFORM @schema@.fail('TT001', @schema@.shown(format) || ' is no format', 'A format is text or json.');
    END IF;
END
$$;

-- Whether arrays and objects are nested deeper than the 512 that the gateway takes; of valid JSON.
CREATE OR REPLACE FUNCTION @schema@.is_too_deep(value text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    deepest constant integer := 512;
BEGIN
    -- Most have not even so many brackets.
    IF length(value) - length(translate(value, '[{', '')) <= deepest THEN RETURN false; END IF;
    RETURN (
        SELECT coalesce(max(b.level) > deepest, false) FROM (
            SELECT sum(CASE WHEN m.bracket[1] IN ('[', '{') THEN 1 ELSE -1 END) OVER (ORDER BY m.place) AS level
            FROM regexp_matches(regexp_replace(value, E'"([^"\\\\]|\\\\.)*"', '', 'g'), '[][{}]', 'g')
                WITH ORDINALITY AS m(bracket, place)
        ) AS b
    );
END
$$;

-- What is not one JSON value that the gateway would take is raised as TT001.
CREATE OR REPLACE FUNCTION @schema@.check_json(value text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    reason text;
BEGIN
    BEGIN
        PERFORM value::json;
        IF NOT @schema@.is_too_deep(value) THEN RETURN; END IF;
        reason := 'It is nested more deeply.';
    EXCEPTION WHEN invalid_text_representation OR statement_too_complex OR untranslatable_character THEN
        GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
    END;
    PERFORM @schema@.fail('TT001', 'the data is not one valid JSON value',
        'Give one JSON value, at most 512 arrays and objects deep, or format => ''text''.', reason);
END
$$;
