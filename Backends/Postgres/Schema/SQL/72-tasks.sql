-- Copying the registry of tasks.

-- A page of it in the byte order of the channels, those after `after`: how many milliseconds ago each was first
-- written, and how many are left until it is due, 0 when it is.
CREATE OR REPLACE FUNCTION @schema@.export_tasks(after text, max integer)
RETURNS TABLE (channel text, state text, created bigint, wait bigint) LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms'
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY SELECT t.channel, t.state, t.created, greatest(t.due - @schema@.milliseconds(), 0)
        FROM @schema@.task AS t WHERE t.channel > coalesce(after, '') ORDER BY t.channel LIMIT greatest(max, 0);
END
$$;

-- Writes rows of another registry, with the times at which they were first written there. Where the state is the same,
-- the later due counts: a worker may have been heard from here.
CREATE OR REPLACE FUNCTION @schema@.import_tasks(channels text[], states text[], times bigint[], waits bigint[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms'
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    now constant bigint := @schema@.milliseconds();
BEGIN
    INSERT INTO @schema@.task AS t (channel, state, created, due, look_at)
    SELECT n.channel, n.state, n.time, now + n.wait, now + n.wait
    FROM unnest(channels, states, times, waits) AS n(channel, state, time, wait) ORDER BY n.channel COLLATE "C"
    ON CONFLICT (channel) DO UPDATE
    SET state = excluded.state, created = excluded.created,
        due = CASE WHEN t.state = excluded.state THEN greatest(t.due, excluded.due) ELSE excluded.due END,
        look_at = least(t.look_at, excluded.due);
END
$$;
