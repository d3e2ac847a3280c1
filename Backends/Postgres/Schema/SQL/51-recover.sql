-- Reading a channel from a position on. All of it is STABLE: what one call reads is of one moment.

-- The last offset that an epoch shares with the channel's; NULL if it is none of its predecessors.
CREATE OR REPLACE FUNCTION @schema@.shared(c @schema@.channel, epoch text) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF epoch = c.epoch THEN RETURN c.top; END IF;
    IF c.predecessors = '' THEN RETURN NULL; END IF;
    RETURN (
        SELECT split_part(p.position, ':', 2)::bigint
        FROM unnest(string_to_array(c.predecessors, ' ')) WITH ORDINALITY AS p(position, n)
        WHERE split_part(p.position, ':', 1) = epoch ORDER BY p.n LIMIT 1);
END
$$;

-- Where a reader starts: the offset that its messages follow, and why it misses something ('' if it does not).
-- A known position is the offset of this epoch, or of a predecessor up to what they share, or 0:0.
-- What does not stand in this epoch reads all that is kept, from the offset before the oldest of it.
CREATE OR REPLACE FUNCTION @schema@.resolve(
    c @schema@.channel, kind text, count bigint, after_epoch text, after_offset bigint,
    OUT start bigint, OUT reason text
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    -- The last offset up to which the position's epoch is this one; NULL if it is unknown here.
    shared bigint;
BEGIN
    reason := '';
    IF kind = 'latest' THEN
        start := c.top;
    ELSIF kind = 'after' THEN
        shared := CASE WHEN after_epoch = '0' AND after_offset = 0 THEN c.top ELSE @schema@.shared(c, after_epoch) END;
        IF after_offset <= shared THEN
            start := after_offset;
            reason := CASE WHEN start < c.trimmed THEN 'trimmed' ELSE '' END;
        ELSE
            reason := CASE WHEN shared IS NULL THEN 'epoch' ELSE 'future' END;
        END IF;
    ELSIF kind = 'last' AND greatest(count, 1) <= c.log_count THEN
        SELECT m."offset" - 1 INTO start FROM @schema@.message AS m
        WHERE m.channel_id = c.id AND m."offset" > c.trimmed
        ORDER BY m.channel_id DESC, m."offset" DESC OFFSET greatest(count, 1) - 1 LIMIT 1;
    END IF;
    IF start IS NULL THEN start := @schema@.earliest(c); END IF;
END
$$;

-- The offset before all that is kept: retained messages may be older than the log.
CREATE OR REPLACE FUNCTION @schema@.earliest(c @schema@.channel) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    oldest bigint := (SELECT min(r."offset") FROM @schema@.retained AS r WHERE r.channel_id = c.id);
BEGIN
    RETURN CASE WHEN c.log_count = 0 AND oldest IS NULL THEN c.top ELSE least(c.trimmed, oldest - 1) END;
END
$$;

-- The last offset of the page of the messages after `start`; NULL if the page reaches the top. It ends with the bound
-- that is reached first, but has one message at least, and never ends below `trimmed`: the next page would begin at a
-- position that, by itself, is a gap. Reads sizes only, no further than the page, and none where all there is fits.
CREATE OR REPLACE FUNCTION @schema@.page_end(
    c @schema@.channel, start bigint, max_messages bigint, max_bytes bigint
) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    count bigint := 0;
    bytes bigint := 0;
    last bigint := -1;
    next record;
BEGIN
    IF c.top - start <= max_messages AND c.log_bytes + (
        SELECT coalesce(sum(octet_length(r.data)), 0) FROM @schema@.retained AS r WHERE r.channel_id = c.id
    ) <= max_bytes THEN
        RETURN NULL;
    END IF;
    FOR next IN
        (SELECT m."offset", octet_length(m.data) AS size FROM @schema@.message AS m
         WHERE m.channel_id = c.id AND m."offset" > greatest(start, c.trimmed)
         ORDER BY m.channel_id, m."offset")
        UNION ALL
        (SELECT r."offset", octet_length(r.data) FROM @schema@.retained AS r
         WHERE r.channel_id = c.id AND r."offset" > start AND (r."offset" <= c.trimmed OR r.flags LIKE '_c%')
         ORDER BY r."offset")
        ORDER BY "offset"
    LOOP
        bytes := bytes + next.size;
        IF (count >= max_messages OR bytes > max_bytes) AND last >= c.trimmed THEN RETURN last; END IF;
        count := count + 1;
        last := next."offset";
    END LOOP;
    RETURN NULL;
END
$$;

-- The records after `start` up to `last`, in offset order: the log's, and those that only a retain key keeps.
CREATE OR REPLACE FUNCTION @schema@.page(c @schema@.channel, start bigint, last bigint)
RETURNS bytea LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT string_agg(@schema@.encoded(p."offset", p.time, p.flags, p.event, p.key, p.data), '')
        FROM (
            (SELECT m."offset", m.time, m.flags, m.event, m.key, m.data FROM @schema@.message AS m
             WHERE m.channel_id = c.id AND m."offset" > greatest(start, c.trimmed) AND m."offset" <= last
             ORDER BY m.channel_id, m."offset")
            UNION ALL
            (SELECT r."offset", r.time, r.flags, r.event, r.key, r.data FROM @schema@.retained AS r
             WHERE r.channel_id = c.id AND r."offset" > start AND r."offset" <= last
                 AND (r."offset" <= c.trimmed OR r.flags LIKE '_c%')
             ORDER BY r."offset")
            ORDER BY "offset"
        ) AS p);
END
$$;

-- What a channel holds after a start: `earliest`, `latest`, `last` with `count`, `after` with a position. No row if
-- there is no such channel. `reason` says what a position misses: '' nothing, 'trimmed', 'epoch' or 'future'.
-- `predecessors` are positions, newest first; `records` follow one another.
-- A plan made once, for whatever channel: along the index, and no further than it is read. The planner knows nothing of
-- the page that ends early, and would read and sort all of a large log.
CREATE OR REPLACE FUNCTION @schema@.recover(
    channel text, kind text, count bigint, after_epoch text, after_offset bigint, max_messages bigint, max_bytes bigint,
    OUT epoch text, OUT top bigint, OUT trimmed bigint, OUT closed boolean, OUT reason text, OUT start bigint,
    OUT reaches_top boolean, OUT predecessors text, OUT records bytea
) RETURNS SETOF record LANGUAGE plpgsql STABLE ROWS 1
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms'
SET plan_cache_mode = force_generic_plan SET enable_bitmapscan = off SET enable_seqscan = off SET jit = off AS $$
DECLARE
    c @schema@.channel;
    last bigint;
BEGIN
    SELECT * INTO c FROM @schema@.channel AS ch WHERE ch.name = channel AND ch.expires_at > clock_timestamp();
    IF NOT FOUND THEN RETURN; END IF;
    SELECT r.start, r.reason INTO start, reason
    FROM @schema@.resolve(c, kind, count, after_epoch, after_offset) AS r;
    IF start < c.top THEN
        last := @schema@.page_end(c, start, max_messages, max_bytes);
        records := @schema@.page(c, start, coalesce(last, c.top));
    END IF;
    epoch := c.epoch; top := c.top; trimmed := c.trimmed; closed := c.closed; predecessors := c.predecessors;
    reaches_top := last IS NULL;
    records := coalesce(records, '');
    RETURN NEXT;
END
$$;
