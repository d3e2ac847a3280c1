-- Removing what is over: rows that no reader can see any more. Every part takes only what nobody else holds, and as
-- little at once as its caller says. The channels come last, since a publisher may ask for their locks.

-- Removes or looks at about `max` rows. Returns how many; at least `max` where there is more to do, 0 where there is
-- nothing. To be called again and again, each in its own transaction. A plan made while a table was small must not read
-- all of it when it is large; and what forbids that looks so dear to the planner that it would compile the rest.
CREATE OR REPLACE FUNCTION @schema@.clean(max integer) RETURNS integer LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms'
SET enable_bitmapscan = off SET enable_seqscan = off SET jit = off AS $$
DECLARE
    -- Channels that one transaction locks, at most.
    maximum_channels constant integer := 128;
    done integer := 0;
    channels integer;
BEGIN
    -- What a crash brings back is cleaned again; so nobody has to wait until the disk has it.
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM @schema@.generation();
    done := done + @schema@.clean_idempotency(max);
    IF done < max THEN done := done + @schema@.clean_rubbish(max - done); END IF;
    IF done < max THEN done := done + @schema@.clean_refused(max - done); END IF;
    done := done + @schema@.clean_restoring(maximum_channels);
    channels := @schema@.clean_channels(maximum_channels);
    RETURN CASE WHEN channels < maximum_channels THEN done + channels ELSE greatest(done + channels, max) END;
END
$$;

-- Idempotency keys that are older than the five minutes for which they are remembered.
CREATE OR REPLACE FUNCTION @schema@.clean_idempotency(max integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    -- A value, so that the index can be asked for it.
    oldest constant bigint := @schema@.milliseconds() - 300000;
    done integer;
BEGIN
    DELETE FROM @schema@.idempotency AS i WHERE i.ctid = ANY (ARRAY(
        SELECT o.ctid FROM @schema@.idempotency AS o
        WHERE o.time <= oldest
        ORDER BY o.time LIMIT max FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;

-- What was trimmed, and all that channels without a row have left behind.
CREATE OR REPLACE FUNCTION @schema@.clean_rubbish(max integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    r record;
    done integer := 0;
BEGIN
    FOR r IN
        SELECT b.ctid, b.channel_id, b.through FROM @schema@.rubbish AS b
        ORDER BY b.channel_id, b.through LIMIT max FOR UPDATE SKIP LOCKED
    LOOP
        done := done + @schema@.clean_messages(r.channel_id, r.through, max - done);
        IF r.through = 9223372036854775807 THEN
            done := done + @schema@.clean_rest(r.channel_id, max - done);
        END IF;
        -- There may be more of it.
        EXIT WHEN done >= max;
        DELETE FROM @schema@.rubbish AS b WHERE b.ctid = r.ctid;
        done := done + 1;
    END LOOP;
    RETURN done;
END
$$;

CREATE OR REPLACE FUNCTION @schema@.clean_messages(id bigint, through bigint, max integer)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    done integer;
BEGIN
    DELETE FROM @schema@.message AS m WHERE m.ctid = ANY (ARRAY(
        SELECT o.ctid FROM @schema@.message AS o
        WHERE o.channel_id = id AND o."offset" <= through ORDER BY o.channel_id, o."offset" LIMIT max));
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;

-- What a channel that is gone has beside its messages.
CREATE OR REPLACE FUNCTION @schema@.clean_rest(id bigint, max integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    kept integer;
    seen integer;
BEGIN
    DELETE FROM @schema@.retained AS r WHERE r.ctid = ANY (ARRAY(
        SELECT o.ctid FROM @schema@.retained AS o WHERE o.channel_id = id LIMIT max));
    GET DIAGNOSTICS kept = ROW_COUNT;
    DELETE FROM @schema@.idempotency AS i WHERE i.ctid = ANY (ARRAY(
        SELECT o.ctid FROM @schema@.idempotency AS o WHERE o.channel_id = id LIMIT max - kept));
    GET DIAGNOSTICS seen = ROW_COUNT;
    RETURN kept + seen;
END
$$;

-- Refused publications beyond the newest 10,000.
CREATE OR REPLACE FUNCTION @schema@.clean_refused(max integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    maximum_refused constant bigint := 10000;
    newest bigint := (SELECT max(f.seq) FROM @schema@.refused AS f);
    done integer;
BEGIN
    DELETE FROM @schema@.refused AS f WHERE f.ctid = ANY (ARRAY(
        SELECT o.ctid FROM @schema@.refused AS o
        WHERE o.seq <= newest - maximum_refused ORDER BY o.seq LIMIT clean_refused.max FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;

-- Restorations that their copier has given up without a word: after ten minutes all that they wrote is rubbish.
CREATE OR REPLACE FUNCTION @schema@.clean_restoring(max integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    done integer;
BEGIN
    WITH over AS (
        DELETE FROM @schema@.restoring AS r WHERE r.ctid = ANY (ARRAY(
            SELECT o.ctid FROM @schema@.restoring AS o
            WHERE o.touched_at < clock_timestamp() - interval '10 minutes' LIMIT max FOR UPDATE SKIP LOCKED))
        RETURNING r.channel_id)
    INSERT INTO @schema@.rubbish (channel_id, through) SELECT o.channel_id, 9223372036854775807 FROM over AS o;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;

-- Channels whose time may be over. One that lives on is looked at again when its time, as it is now, is over.
CREATE OR REPLACE FUNCTION @schema@.clean_channels(max integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    now constant timestamptz := clock_timestamp();
    ids constant bigint[] := ARRAY(
        SELECT c.id FROM @schema@.channel AS c
        WHERE c.sweep_at <= now ORDER BY c.sweep_at LIMIT max FOR UPDATE SKIP LOCKED);
BEGIN
    IF ids = '{}' THEN RETURN 0; END IF;
    WITH over AS (
        DELETE FROM @schema@.channel AS c WHERE c.id = ANY (ids) AND c.expires_at <= now RETURNING c.id)
    INSERT INTO @schema@.rubbish (channel_id, through) SELECT o.id, 9223372036854775807 FROM over AS o;
    UPDATE @schema@.channel AS c SET sweep_at = c.expires_at WHERE c.id = ANY (ids);
    RETURN cardinality(ids);
END
$$;
