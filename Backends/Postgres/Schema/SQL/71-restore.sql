-- Writing a copied channel. It is written under a number that no channel has, a page a transaction, and is nowhere to
-- be seen until `restore_commit` gives the number to the channel, at once.

-- Copies under way: what a copier that died leaves behind is found by this.
CREATE TABLE @schema@.restoring (
    -- What the rows of the copy stand under; an id of `channel`.
    channel_id bigint PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    -- When the last page came: ten minutes after it the copy is given up, and its rows are rubbish.
    touched_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Begins a copy; returns its number.
CREATE OR REPLACE FUNCTION @schema@.restore_begin(channel text) RETURNS bigint LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms' AS $$
    INSERT INTO @schema@.restoring (channel_id, name)
    VALUES (nextval(pg_get_serial_sequence('@schema@.channel', 'id')), $1) RETURNING channel_id
$$;

-- Keeps a copy from being given up. One that was given up before is raised as 55000.
CREATE OR REPLACE FUNCTION @schema@.touch(copy bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    channel text;
BEGIN
    UPDATE @schema@.restoring AS r SET touched_at = clock_timestamp() WHERE r.channel_id = copy
    RETURNING r.name INTO channel;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the copy was given up: nothing came for ten minutes' USING ERRCODE = '55000';
    END IF;
    RETURN channel;
END
$$;

-- Adds messages, in whatever order: `logged` to the log, else as the newest of their keys.
CREATE OR REPLACE FUNCTION @schema@.restore_messages(
    copy bigint, logged boolean, offsets bigint[], times bigint[], flags text[], events text[], keys text[],
    datas bytea[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms' AS $$
BEGIN
    PERFORM @schema@.touch(copy);
    IF logged THEN
        INSERT INTO @schema@.message (channel_id, "offset", time, flags, event, key, data)
        SELECT copy, p.* FROM unnest(offsets, times, flags, events, keys, datas) AS p;
    ELSE
        INSERT INTO @schema@.retained (channel_id, "offset", time, flags, event, key, data)
        SELECT copy, p.* FROM unnest(offsets, times, flags, events, keys, datas) AS p;
    END IF;
END
$$;

-- Adds idempotency keys, with the offsets that they brought, and their ages in milliseconds.
CREATE OR REPLACE FUNCTION @schema@.restore_keys(copy bigint, keys text[], offsets bigint[], ages bigint[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms' AS $$
BEGIN
    PERFORM @schema@.touch(copy);
    INSERT INTO @schema@.idempotency (channel_id, key, "offset", time)
    SELECT copy, p.key, p."offset", @schema@.milliseconds() - p.age
    FROM unnest(keys, offsets, ages) AS p(key, "offset", age);
END
$$;

-- Gives a copy up; does nothing for one that is no more.
CREATE OR REPLACE FUNCTION @schema@.restore_abandon(copy bigint) RETURNS void LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms' AS $$
    WITH over AS (DELETE FROM @schema@.restoring AS r WHERE r.channel_id = $1 RETURNING r.channel_id)
    INSERT INTO @schema@.rubbish (channel_id, through) SELECT o.channel_id, 9223372036854775807 FROM over AS o
$$;

-- Puts the copy in the channel's place if the channel is where the copier saw it: at `replaced_epoch` and
-- `replaced_top`, or absent for NULLs. Else returns false and changes nothing. Whoever listens is pointed at the newest
-- message, and looks for what is missing. `life` is in ms. Waits for whoever holds the channel, at most `patience` ms:
-- then SQLSTATE 55P03.
CREATE OR REPLACE FUNCTION @schema@.restore_commit(
    copy bigint, epoch text, top bigint, trimmed bigint, closed boolean, fence bigint, predecessors text, life bigint,
    replaced_epoch text, replaced_top bigint, patience integer
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1500ms' AS $$
DECLARE
    new @schema@.channel;
    old @schema@.channel;
BEGIN
    PERFORM set_config('lock_timeout', greatest(patience, 1)::text, true);
    new.id := copy; new.name := @schema@.touch(copy); new.bucket := @schema@.bucket(new.name);
    new.epoch := epoch; new.top := top; new.trimmed := trimmed; new.trashed := trimmed; new.closed := closed;
    new.fence := fence; new.predecessors := predecessors; new.copied := top;
    new.generation := @schema@.generation();
    SELECT count(*), coalesce(sum(octet_length(m.data)), 0) INTO new.log_count, new.log_bytes
    FROM @schema@.message AS m WHERE m.channel_id = copy;
    LOOP
        old := @schema@.hold(new.name);
        IF old.expires_at > clock_timestamp() THEN
            IF (old.epoch, old.top) IS DISTINCT FROM (replaced_epoch, replaced_top) THEN RETURN false; END IF;
        ELSIF replaced_epoch IS NOT NULL THEN
            RETURN false;
        END IF;
        IF old.id IS NOT NULL THEN PERFORM @schema@.discard(old.id); END IF;
        new.expires_at := clock_timestamp() + life * interval '1 millisecond';
        new.sweep_at := new.expires_at;
        INSERT INTO @schema@.channel VALUES (new.*) ON CONFLICT (name) DO NOTHING;
        EXIT WHEN FOUND;
    END LOOP;
    DELETE FROM @schema@.restoring AS r WHERE r.channel_id = copy;
    IF (epoch, top) IS DISTINCT FROM (replaced_epoch, replaced_top) THEN
        PERFORM @schema@.notify(new.bucket, concat_ws(' ', '*' || epoch, new.name, top, top) || E'\n');
    END IF;
    RETURN true;
END
$$;
