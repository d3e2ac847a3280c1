-- A channel's row: what is put in it, and how it is locked.

-- The clock, in milliseconds since 1970.
CREATE OR REPLACE FUNCTION @schema@.milliseconds() RETURNS bigint LANGUAGE sql AS $$
    SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
$$;

CREATE OR REPLACE FUNCTION @schema@.bucket(channel text) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
    SELECT (get_byte(sha256(convert_to($1, 'UTF8')), 0) & 63)::smallint
$$;

-- Ten digits of base 36 by chance, about 51 bits. (Bytes 6 and 8 of a UUID are not all chance.)
CREATE OR REPLACE FUNCTION @schema@.new_epoch() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT string_agg(substr('0123456789abcdefghijklmnopqrstuvwxyz', get_byte(u.chance, n.byte) % 36 + 1, 1), '')
    FROM (SELECT uuid_send(gen_random_uuid()) AS chance) AS u, unnest('{0,1,2,3,4,5,10,11,12,13}'::integer[]) AS n(byte)
$$;

-- What changes wherever acknowledged messages may have been lost: the word of this life of the server, and when the
-- server was started and the word's table was made, because a dump that is restored brings the word along.
--
-- Whoever finds no word writes one, and nobody waits for that: a transaction that meets another one at it goes by a word
-- of its own, and its channels get one more epoch than they need.
CREATE OR REPLACE FUNCTION @schema@.generation() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    word text := (SELECT l.word FROM @schema@.life AS l);
BEGIN
    IF word IS NULL AND pg_try_advisory_xact_lock('@schema@.life'::regclass::oid::integer, 0) THEN
        INSERT INTO @schema@.life (word) VALUES (@schema@.new_epoch()) ON CONFLICT DO NOTHING;
        word := (SELECT l.word FROM @schema@.life AS l);
    END IF;
    RETURN @schema@.generation(coalesce(word, pg_current_xact_id()::text));
END
$$;
CREATE OR REPLACE FUNCTION @schema@.generation(word text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat((extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint, '.',
        '@schema@.life'::regclass::oid, '.', $1)
$$;

INSERT INTO @schema@.life (word) VALUES (@schema@.new_epoch());

-- The channel in a new life. Its row keeps the name and gets another number, so that what the old life has left behind
-- does not belong to it; a row that has had no message yet keeps its number.
CREATE OR REPLACE FUNCTION @schema@.reborn(c @schema@.channel) RETURNS @schema@.channel LANGUAGE plpgsql AS $$
BEGIN
    IF c.top > 0 THEN
        c.id := nextval('@schema@.channel_id_seq');
        c.epoch := @schema@.new_epoch();
    END IF;
    c.top := 0; c.trimmed := 0; c.trashed := 0; c.log_bytes := 0; c.log_count := 0;
    c.closed := false; c.fence := NULL; c.copied := NULL;
    c.generation := @schema@.generation(); c.predecessors := '';
    RETURN c;
END
$$;

-- The channel as another generation goes on with it: offsets above `top` may have been given to messages that
-- are lost. It remembers up to where the old epoch agrees with the new one.
CREATE OR REPLACE FUNCTION @schema@.renewed(c @schema@.channel) RETURNS @schema@.channel LANGUAGE plpgsql AS $$
DECLARE
    -- Epochs that a channel remembers.
    most constant integer := 8;
    before constant text[] := string_to_array(rtrim(concat(c.epoch, ':', c.top, ' ', c.predecessors)), ' ');
BEGIN
    c.predecessors := array_to_string(before[1:most], ' ');
    c.epoch := @schema@.new_epoch();
    c.generation := @schema@.generation();
    RETURN c;
END
$$;

-- Makes rows for channels that have none, as channels whose time is over: their first message makes them live. Returns
-- those it made; they are locked. It waits for others that make the same.
CREATE OR REPLACE FUNCTION @schema@.create_channels(names text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    made text[];
BEGIN
    WITH new AS (
        INSERT INTO @schema@.channel AS c (name, bucket, epoch, expires_at, sweep_at, generation)
        SELECT n.name, @schema@.bucket(n.name), @schema@.new_epoch(), '-infinity', '-infinity', @schema@.generation()
        FROM unnest(names) AS n(name) ORDER BY n.name COLLATE "C"
        ON CONFLICT (name) DO NOTHING RETURNING c.name
    ) SELECT array_agg(new.name) INTO made FROM new;
    RETURN coalesce(made, '{}');
END
$$;

-- The same, except those that others are making just now and don't finish with at once.
CREATE OR REPLACE FUNCTION @schema@.create_at_once(names text[])
RETURNS text[] LANGUAGE plpgsql SET lock_timeout = '100ms' AS $$
DECLARE
    name text;
    made text[] := '{}';
BEGIN
    BEGIN
        RETURN @schema@.create_channels(names);
    EXCEPTION WHEN lock_not_available THEN
        IF cardinality(names) = 1 THEN RETURN made; END IF;
    END;
    -- Which of them it is the error does not tell.
    PERFORM set_config('lock_timeout', '10ms', true);
    FOREACH name IN ARRAY names LOOP
        BEGIN
            made := made || @schema@.create_channels(ARRAY[name]);
        EXCEPTION WHEN lock_not_available THEN
            NULL;
        END;
    END LOOP;
    RETURN made;
END
$$;

-- Locks those of the channels that nobody else holds. `names`: each once.
CREATE OR REPLACE FUNCTION @schema@.lock_at_once(names text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    held text[] := ARRAY(
        SELECT c.name FROM @schema@.channel AS c WHERE c.name = ANY (names)
        ORDER BY c.name FOR NO KEY UPDATE SKIP LOCKED);
    missing text[];
BEGIN
    IF cardinality(held) = cardinality(names) THEN RETURN held; END IF;
    missing := ARRAY(
        SELECT n.name FROM unnest(names) AS n(name)
        WHERE NOT EXISTS (SELECT FROM @schema@.channel AS c WHERE c.name = n.name));
    IF missing <> '{}' THEN held := held || @schema@.create_at_once(missing); END IF;
    RETURN held;
END
$$;

-- Locks one channel, however long it takes.
CREATE OR REPLACE FUNCTION @schema@.lock_channel(name text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
    LOOP
        PERFORM FROM @schema@.channel AS c WHERE c.name = name FOR NO KEY UPDATE;
        EXIT WHEN FOUND OR @schema@.create_channels(ARRAY[name]) <> '{}';
    END LOOP;
END
$$;

-- Locks them all, however long it takes. `names`: each once, in byte order, which is the order of everyone who waits.
CREATE OR REPLACE FUNCTION @schema@.lock_all(names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY names LOOP PERFORM @schema@.lock_channel(name); END LOOP;
END
$$;

-- Locks those of the channels that can be had within `patience` milliseconds each. `names`: each once, in byte order.
CREATE OR REPLACE FUNCTION @schema@.lock_patiently(names text[], patience integer) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    before constant text := current_setting('lock_timeout');
    name text;
    held text[] := '{}';
BEGIN
    PERFORM set_config('lock_timeout', patience::text, true);
    FOREACH name IN ARRAY names LOOP
        BEGIN
            PERFORM @schema@.lock_channel(name);
            held := held || name;
        EXCEPTION WHEN lock_not_available THEN
            NULL;
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', before, true);
    RETURN held;
END
$$;
