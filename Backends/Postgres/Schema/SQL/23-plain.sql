-- The plainest case in one statement: one publication for a living channel that has nothing against it. It is what most
-- transactions bring, and the lists of `take` would be most of what it costs. All else is left to `take`.

-- Takes a publication without `expect` and idempotency key into a channel that is open, of this generation, and has
-- nothing waiting for the relay. Waits for the channel's lock. Returns `EPOCH OFFSET`; NULL if the case is not so
-- plain, and then nothing has happened.
CREATE OR REPLACE FUNCTION @schema@.take_plain(
    channel text, event text, data bytea, flags text, key text, fence bigint
) RETURNS text LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    bytes constant integer := octet_length(data);
    logged constant integer := CASE WHEN flags LIKE '%c%' THEN 0 ELSE 1 END;
    new record;
BEGIN
    WITH taken AS (
        UPDATE @schema@.channel AS c
        SET top = c.top + 1, closed = flags LIKE '%x%', fence = greatest(c.fence, fence),
            log_count = c.log_count + logged, log_bytes = c.log_bytes + logged * bytes,
            expires_at = clock_timestamp() + p.life
        FROM @schema@.setting AS s, @schema@.life AS l, (
            SELECT o.messages, o.bytes, interval '1 millisecond'
                * CASE WHEN flags LIKE '%x%' THEN coalesce(o.ttl_after_close, o.ttl) ELSE o.ttl END AS life
            FROM @schema@.policy AS o WHERE o.prefix IN ('', left(channel, position(':' IN channel)))
            ORDER BY o.prefix DESC LIMIT 1
        ) AS p
        WHERE c.name = channel AND c.expires_at > clock_timestamp() AND NOT c.closed
            AND (c.fence > fence) IS NOT TRUE AND bytes <= s.message_bytes
            AND c.generation = @schema@.generation(l.word)
            -- It is indexed, so it stays as it is; and it is never after `expires_at`.
            AND c.sweep_at <= clock_timestamp() + p.life
            AND NOT EXISTS (SELECT FROM @schema@.outbox AS o WHERE o.channel = channel)
        RETURNING c.id, c.bucket, c.epoch, c.top, @schema@.milliseconds() AS now, p.messages, p.bytes,
            c.log_count > p.messages OR c.log_bytes > p.bytes AS is_full
    ), logging AS (
        INSERT INTO @schema@.message (channel_id, "offset", time, flags, event, key, data)
        SELECT t.id, t.top, t.now, flags, event, key, data FROM taken AS t WHERE logged = 1
    )
    SELECT *, concat(t.top, ' ', t.now, ' ', flags, ' ', event, ' ', key, ' ', bytes, E'\n') AS line INTO new
    FROM taken AS t;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF key IS NOT NULL THEN
        PERFORM @schema@.write_retained(ARRAY[new.id], ARRAY[new.top], new.now, ARRAY[flags], ARRAY[event], ARRAY[key],
            ARRAY[data]);
    END IF;
    IF new.is_full THEN PERFORM @schema@.trim_now(new.id, new.messages, new.bytes); END IF;
    RETURN @schema@.announce_plain(new.bucket, new.epoch, channel, new.top, new.line, data);
END
$$;

-- Announces one message; `line` is its record's. Returns its position.
CREATE OR REPLACE FUNCTION @schema@.announce_plain(
    bucket smallint, epoch text, channel text, "offset" bigint, line text, data bytea
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    -- Bytes of a notification, at most: what NOTIFY takes.
    most constant integer := 7999;
    payload text;
BEGIN
    IF octet_length(data) < most AND position(decode('00', 'hex') IN data) = 0 THEN
        payload := @schema@.section(epoch, channel, "offset", "offset", line || convert_from(data, 'UTF8'));
    END IF;
    IF payload IS NULL OR octet_length(payload) > most THEN
        payload := @schema@.section(epoch, channel, "offset", "offset", NULL);
    END IF;
    payload := @schema@.notify(bucket, payload);
    RETURN epoch || ' ' || "offset";
END
$$;
