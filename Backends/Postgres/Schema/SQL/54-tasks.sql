-- The registry of tasks, as gateways write and read it. They write after what they write into the channels, and hold no
-- lock there meanwhile.

-- Adds or replaces rows: element i of each array is of task i, each task once; `waits` are milliseconds from now until
-- it is due. The first time of a task stays. A row that somebody else is writing for longer than a moment is left to
-- them: they have newer word, because a transaction that registers a task holds its channel too.
CREATE OR REPLACE FUNCTION @schema@.record_tasks(channels text[], states text[], waits bigint[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms' SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    free text[];
BEGIN
    -- Who is heard from again needs no disk: a crash makes the row due a little early, and the channel is looked at.
    IF NOT EXISTS (
        SELECT FROM unnest(channels, states) AS n(channel, state) WHERE NOT EXISTS (
            SELECT FROM @schema@.task AS t WHERE t.channel = n.channel AND t.state = n.state))
    THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    BEGIN
        PERFORM @schema@.write_tasks(channels, states, waits);
        RETURN;
    EXCEPTION WHEN lock_not_available THEN
        -- The error does not tell which row it is, and one that is only about to come to be can't be passed over.
        PERFORM set_config('lock_timeout', '10ms', true);
    END;
    free := ARRAY(
        SELECT t.channel FROM @schema@.task AS t WHERE t.channel = ANY (channels) FOR NO KEY UPDATE SKIP LOCKED);
    FOR i IN 1 .. cardinality(channels) LOOP
        CONTINUE WHEN channels[i] <> ALL (free)
            AND EXISTS (SELECT FROM @schema@.task AS t WHERE t.channel = channels[i]);
        BEGIN
            PERFORM @schema@.write_tasks(channels[i:i], states[i:i], waits[i:i]);
        EXCEPTION WHEN lock_not_available THEN
            NULL;
        END;
    END LOOP;
END
$$;

-- Writes rows in the order of their locks, which are held until the transaction's end.
CREATE OR REPLACE FUNCTION @schema@.write_tasks(channels text[], states text[], waits bigint[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    now constant bigint := @schema@.milliseconds();
BEGIN
    INSERT INTO @schema@.task AS t (channel, state, created, due, look_at)
    SELECT n.channel, n.state, now, now + n.wait, now + n.wait
    FROM unnest(channels, states, waits) AS n(channel, state, wait) ORDER BY n.channel COLLATE "C"
    ON CONFLICT (channel) DO UPDATE
    SET state = excluded.state, due = excluded.due, look_at = least(t.look_at, excluded.due);
END
$$;

-- Removes rows; one that somebody is writing at this moment stays.
CREATE OR REPLACE FUNCTION @schema@.remove_tasks(channels text[]) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
BEGIN
    DELETE FROM @schema@.task AS t WHERE t.channel = ANY (ARRAY(
        SELECT o.channel FROM @schema@.task AS o WHERE o.channel = ANY (channels) FOR UPDATE SKIP LOCKED));
END
$$;

-- The tasks that are due, the longest due first, at most `max`, one a line; nobody else gets them for `claim`
-- milliseconds, and then they are due again. Rows that somebody is writing are left to a later call, so it waits for
-- no one. When nothing is due it is one look into an index.
CREATE OR REPLACE FUNCTION @schema@.claim_tasks(max integer, claim bigint, OUT now bigint, OUT channels text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
    -- Rows whose due has moved on, and which are looked at again then, of one call.
    most_moved constant integer := 2000;
BEGIN
    now := @schema@.milliseconds();
    channels := '';
    IF NOT EXISTS (SELECT FROM @schema@.task AS t WHERE t.look_at <= now) THEN RETURN; END IF;
    -- What a crash takes back is claimed again.
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE @schema@.task AS t SET look_at = t.due WHERE t.channel = ANY (ARRAY(
        SELECT o.channel FROM @schema@.task AS o WHERE o.look_at <= now AND o.due > o.look_at
        ORDER BY o.look_at LIMIT most_moved FOR UPDATE SKIP LOCKED));
    WITH claimed AS (
        SELECT o.channel, o.due FROM @schema@.task AS o WHERE o.look_at <= now AND o.due <= now
        ORDER BY o.look_at LIMIT greatest(max, 0) FOR UPDATE SKIP LOCKED
    ), moved AS (
        UPDATE @schema@.task AS t SET due = now + claim, look_at = now + claim
        WHERE t.channel = ANY (ARRAY(SELECT c.channel FROM claimed AS c))
    )
    SELECT coalesce(string_agg(c.channel, E'\n' ORDER BY c.due, c.channel), '') INTO channels FROM claimed AS c;
END
$$;

-- A page of tasks, the newest first, those of one millisecond by falling names: the ones behind `after_created` and
-- `after_channel`, unless these are NULL. `states`: of which; NULL: of all.
CREATE OR REPLACE FUNCTION @schema@.list_tasks(
    states text[], after_created bigint, after_channel text, max integer
) RETURNS TABLE (channel text, state text, created bigint) LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms'
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    -- Behind every row.
    newest constant bigint := coalesce(after_created, 9223372036854775807);
    name constant text := coalesce(after_channel, '');
BEGIN
    IF states IS NULL THEN
        RETURN QUERY SELECT t.channel, t.state, t.created FROM @schema@.task AS t
            WHERE (t.created, t.channel) < (newest, name)
            ORDER BY t.created DESC, t.channel DESC LIMIT greatest(max, 0);
        RETURN;
    END IF;
    RETURN QUERY SELECT p.* FROM (SELECT DISTINCT u.state FROM unnest(states) AS u(state)) AS s CROSS JOIN LATERAL (
            SELECT t.channel, t.state, t.created FROM @schema@.task AS t
            WHERE t.state = s.state AND (t.created, t.channel) < (newest, name)
            ORDER BY t.created DESC, t.channel DESC LIMIT greatest(max, 0)
        ) AS p ORDER BY p.created DESC, p.channel DESC LIMIT greatest(max, 0);
END
$$;
