-- Writing what was taken, and what retention makes of it.

-- Writes the messages that have an offset: to the log unless they are conflated, the newest of each key, and their
-- idempotency keys.
CREATE OR REPLACE FUNCTION @schema@.write(
    channel_ids bigint[], offsets bigint[], now bigint, flags text[], events text[], keys text[], datas bytea[],
    ids text[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO @schema@.message (channel_id, "offset", time, flags, event, key, data)
    SELECT u.channel_id, u."offset", now, u.flags, u.event, u.key, u.data
    FROM unnest(channel_ids, offsets, flags, events, keys, datas) AS u(channel_id, "offset", flags, event, key, data)
    WHERE u."offset" IS NOT NULL AND position('c' IN u.flags) = 0;
    IF array_remove(keys, NULL) <> '{}' THEN
        PERFORM @schema@.write_retained(channel_ids, offsets, now, flags, events, keys, datas);
    END IF;
    IF array_remove(ids, NULL) <> '{}' THEN
        INSERT INTO @schema@.idempotency (channel_id, key, "offset", time)
        SELECT u.channel_id, u.id, u."offset", now FROM unnest(channel_ids, offsets, ids) AS u(channel_id, "offset", id)
        WHERE u."offset" IS NOT NULL AND u.id IS NOT NULL
        ON CONFLICT (channel_id, key) DO UPDATE SET "offset" = excluded."offset", time = excluded.time;
    END IF;
END
$$;

-- Writes the newest of each key.
CREATE OR REPLACE FUNCTION @schema@.write_retained(
    channel_ids bigint[], offsets bigint[], now bigint, flags text[], events text[], keys text[], datas bytea[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO @schema@.retained AS r (channel_id, "offset", time, flags, event, key, data)
    SELECT DISTINCT ON (u.channel_id, u.key) u.channel_id, u."offset", now, u.flags, u.event, u.key, u.data
    FROM unnest(channel_ids, offsets, flags, events, keys, datas)
        AS u(channel_id, "offset", flags, event, key, data)
    WHERE u."offset" IS NOT NULL AND u.key IS NOT NULL
    ORDER BY u.channel_id, u.key, u."offset" DESC
    ON CONFLICT (channel_id, key) DO UPDATE
    SET "offset" = excluded."offset", time = excluded.time, flags = excluded.flags, event = excluded.event,
        data = excluded.data;
END
$$;

-- Trims channels as their policy says, prolongs their lives, and writes their rows.
CREATE OR REPLACE FUNCTION @schema@.keep(changed @schema@.channel[], clock timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    work record;
    c @schema@.channel;
    p @schema@.policy;
    kept @schema@.channel[] := '{}';
BEGIN
    FOR work IN
        SELECT u AS channel, coalesce(own, general) AS policy FROM unnest(changed) AS u
        JOIN @schema@.policy AS general ON general.prefix = ''
        LEFT JOIN @schema@.policy AS own ON own.prefix = left(u.name, position(':' IN u.name))
    LOOP
        c := work.channel;
        p := work.policy;
        IF c.log_count > p.messages OR c.log_bytes > p.bytes THEN c := @schema@.trim(c, p.messages, p.bytes); END IF;
        c.expires_at := clock + interval '1 millisecond'
            * CASE WHEN c.closed THEN coalesce(p.ttl_after_close, p.ttl) ELSE p.ttl END;
        IF c.sweep_at > c.expires_at OR c.sweep_at = '-infinity' THEN c.sweep_at := c.expires_at; END IF;
        kept := kept || c;
    END LOOP;
    UPDATE @schema@.channel AS stored
    SET id = u.id, epoch = u.epoch, top = u.top, trimmed = u.trimmed, closed = u.closed, fence = u.fence,
        log_bytes = u.log_bytes, log_count = u.log_count, expires_at = u.expires_at, sweep_at = u.sweep_at,
        generation = u.generation, predecessors = u.predecessors, copied = u.copied,
        trashed = u.trashed
    FROM unnest(kept) AS u WHERE stored.name = u.name;
END
$$;

-- Takes the oldest messages out of a log until it is within its bounds. The newest is kept whatever its size.
CREATE OR REPLACE FUNCTION @schema@.trim(c @schema@.channel, messages bigint, bytes bigint)
RETURNS @schema@.channel LANGUAGE plpgsql AS $$
DECLARE
    -- Rows that go together.
    batch constant bigint := 128;
    oldest record;
BEGIN
    FOR oldest IN
        SELECT m."offset", octet_length(m.data) AS bytes FROM @schema@.message AS m
        WHERE m.channel_id = c.id AND m."offset" > c.trimmed ORDER BY m."offset"
    LOOP
        EXIT WHEN c.log_count <= messages AND (c.log_bytes <= bytes OR c.log_count <= 1);
        c.trimmed := oldest."offset";
        c.log_count := c.log_count - 1;
        c.log_bytes := c.log_bytes - oldest.bytes;
    END LOOP;
    IF c.trimmed >= c.trashed + batch THEN
        INSERT INTO @schema@.rubbish (channel_id, through) VALUES (c.id, c.trimmed);
        c.trashed := c.trimmed;
    END IF;
    RETURN c;
END
$$;

-- The same, of a channel whose row is written.
CREATE OR REPLACE FUNCTION @schema@.trim_now(id bigint, messages bigint, bytes bigint)
RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    c @schema@.channel;
BEGIN
    SELECT * INTO c FROM @schema@.channel AS o WHERE o.id = id;
    c := @schema@.trim(c, messages, bytes);
    UPDATE @schema@.channel AS o
    SET trimmed = c.trimmed, log_bytes = c.log_bytes, log_count = c.log_count, trashed = c.trashed WHERE o.id = id;
END
$$;
