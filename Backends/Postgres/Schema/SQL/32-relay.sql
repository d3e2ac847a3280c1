-- The relay gives offsets to what transactions have only written.

-- Takes relayed publications, at most `most` of them and 8 MiB of data, about as many of each channel, into channels
-- that this transaction has locked: at least one. Those that are refused are written down. `tasks`: the channels of
-- tasks that have changed, which the caller registers.
CREATE OR REPLACE FUNCTION @schema@.drain(
    names text[], most integer, OUT taken integer, OUT refused integer, OUT tasks text[]
) LANGUAGE plpgsql AS $$
DECLARE
    most_bytes constant bigint := 8388608;
    b record;
    answers text[];
BEGIN
    WITH gone AS (
        DELETE FROM @schema@.outbox AS o WHERE o.ctid = ANY (ARRAY(
            SELECT p.place FROM (
                SELECT f.place, sum(f.bytes) OVER (ORDER BY f.rank, n.name) - f.bytes AS before
                FROM unnest(names) AS n(name) CROSS JOIN LATERAL (
                    SELECT o.ctid AS place, octet_length(o.data) AS bytes, row_number() OVER (ORDER BY o.seq) AS rank
                    FROM @schema@.outbox AS o WHERE o.channel = n.name
                    ORDER BY o.seq LIMIT greatest(most / cardinality(names), 1)
                ) AS f
            ) AS p WHERE p.before < most_bytes
        )) RETURNING o.*
    )
    SELECT array_agg(g.channel ORDER BY g.seq) AS channels, array_agg(g.event ORDER BY g.seq) AS events,
        array_agg(g.data ORDER BY g.seq) AS datas, array_agg(g.flags ORDER BY g.seq) AS flags,
        array_agg(g.key ORDER BY g.seq) AS keys, array_agg(g.expect ORDER BY g.seq) AS expects,
        array_agg(g.fence ORDER BY g.seq) AS fences, array_agg(g.id ORDER BY g.seq) AS ids,
        array_agg(g.written_at ORDER BY g.seq) AS times, count(*) AS count
    INTO b FROM gone AS g;
    taken := 0;
    refused := 0;
    tasks := '{}';
    IF b.count = 0 THEN RETURN; END IF;
    answers := @schema@.take(b.channels, b.events, b.datas, b.flags, b.keys, b.expects, b.fences, b.ids);
    INSERT INTO @schema@.refused (channel, event, id, code, reason, written_at)
    SELECT u.channel, u.event, u.id, e.code, e.message, u.written_at
    FROM unnest(b.channels, b.events, b.ids, b.times, answers) AS u(channel, event, id, written_at, answer)
    CROSS JOIN LATERAL @schema@.explained(u.answer) AS e WHERE e.code IS NOT NULL;
    GET DIAGNOSTICS refused = ROW_COUNT;
    taken := b.count - refused;
    tasks := ARRAY(
        SELECT DISTINCT u.channel FROM unnest(b.channels, b.flags) AS u(channel, flags)
        WHERE position('m' IN u.flags) > 0);
END
$$;

-- Gives committed relayed publications their offsets, at most about `max` of them, beginning with the first channel
-- after `after` in byte order; channels that others hold are left for another time. `next`: where to go on; '' when
-- there is nothing behind it.
CREATE OR REPLACE FUNCTION @schema@.relay(
    after text, max integer, OUT taken integer, OUT refused integer, OUT next text
) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1500ms' SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    -- Channels that one transaction locks, at most.
    maximum_channels constant integer := 256;
    names text[] := '{}';
    held text[];
    drained record;
BEGIN
    -- There is a word before somebody needs it.
    IF after = '' THEN PERFORM @schema@.generation(); END IF;
    next := after;
    WHILE cardinality(names) < least(maximum_channels, max) LOOP
        next := (SELECT o.channel FROM @schema@.outbox AS o WHERE o.channel > next
            ORDER BY o.channel LIMIT 1);
        EXIT WHEN next IS NULL;
        names := names || next;
    END LOOP;
    next := coalesce(next, '');
    taken := 0;
    refused := 0;
    IF names = '{}' THEN RETURN; END IF;
    held := @schema@.lock_at_once(names);
    IF held = '{}' THEN RETURN; END IF;
    SELECT * INTO drained FROM @schema@.drain(held, max);
    taken := drained.taken;
    refused := drained.refused;
    PERFORM @schema@.register(drained.tasks);
END
$$;
