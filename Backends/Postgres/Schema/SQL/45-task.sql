-- A task: a channel with a life.

-- Tells what became of a task on the channel TASKS:ID when the transaction commits, and not if it rolls back: a new
-- `state`, or its `title`, `meta`, `worker`, `result` or `error`; a `progress`, of which the newest is kept; a `log` of
-- one or more lines. A task begins queued or started; started it may be finished, failed or cancelled, which closes the
-- channel until a higher `attempt` is queued or started. `lease`: the worker is heard from every so many seconds, or is
-- given up as lost; every call is a word of it, also one with an id alone.
--
-- What is wrong is raised at once where it can be known: TT001 a bad argument, TT002 too large, TT003 after the end,
-- TT004 a later attempt has begun, TT006 a transition that is none. But nothing is held before the commit, so it counts
-- what the task is then: what others have written meanwhile stays, whatever this call does not name; what can't follow
-- on it fails the commit, or, behind the relay, is found in the table `refused`.
CREATE OR REPLACE FUNCTION @schema@.task(
    id text, state text DEFAULT NULL, attempt integer DEFAULT 1, progress jsonb DEFAULT NULL, log text DEFAULT NULL,
    title text DEFAULT NULL, meta jsonb DEFAULT NULL, result jsonb DEFAULT NULL, error jsonb DEFAULT NULL,
    worker text DEFAULT NULL, lease integer DEFAULT NULL
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    channel constant text := (SELECT s.task_namespace FROM @schema@.setting AS s) || ':' || nullif(id, '');
    is_final constant boolean := coalesce(@schema@.is_final(state), false);
    change constant text := (
        SELECT coalesce(jsonb_object_agg(f.name, f.value), '{}')::text
        FROM (VALUES ('state', to_jsonb(state)), ('title', to_jsonb(title)), ('meta', meta),
            ('worker', to_jsonb(worker)), ('lease', to_jsonb(lease)), ('result', result), ('error', error)
        ) AS f(name, value) WHERE f.value IS NOT NULL);
    is_lost boolean;
BEGIN
    PERFORM @schema@.check_task(channel, state, attempt, progress, title, worker, lease);
    PERFORM @schema@.foresee(channel, change, 'json', attempt, NULL);
    is_lost := @schema@.foresee_change(channel, change, attempt) = 'lost';
    IF is_lost AND is_final THEN
        -- It was only slow, and readers see it come back before they see it end.
        PERFORM @schema@.leave_change(channel, '{"state": "started"}', attempt);
    ELSIF NOT is_final AND (is_lost OR change <> '{}' OR num_nonnulls(progress, log) = 0) THEN
        PERFORM @schema@.leave_change(channel, change, attempt);
    END IF;
    IF progress IS NOT NULL THEN
        PERFORM @schema@.publish(channel, progress::text, event => 'progress', format => 'json', retain => 'progress',
            conflate => true, fence => attempt);
    END IF;
    IF log IS NOT NULL THEN
        PERFORM @schema@.publish(channel, log, event => 'log', fence => attempt);
    END IF;
    IF is_final THEN PERFORM @schema@.leave_change(channel, change, attempt); END IF;
END
$$;

-- Raises what is wrong with the arguments.
CREATE OR REPLACE FUNCTION @schema@.check_task(
    channel text, state text, attempt integer, progress jsonb, title text, worker text, lease integer
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    states constant text[] := '{queued,started,finished,failed,cancelled}';
BEGIN
    IF (@schema@.is_channel(channel || ':control') AND channel NOT LIKE '%:control') IS NOT TRUE THEN
        PERFORM @schema@.fail('TT001', @schema@.shown(channel) || ' is no channel of a task',
            'With its namespace and :control it has 200 bytes of letters, digits and _ - = @ , . ; : / ~ + at most.');
    ELSIF state <> ALL (states) THEN
        PERFORM @schema@.fail('TT001', @schema@.shown(state) || ' is no state to set',
            'The states are ' || array_to_string(states, ', ') || '.');
    ELSIF attempt IS NULL OR attempt < 1 THEN
        PERFORM @schema@.fail('TT001', 'an attempt is a whole number from 1 on', 'The first attempt is 1.');
    ELSIF octet_length(title) > 512 OR octet_length(worker) > 256 THEN
        PERFORM @schema@.fail('TT001', 'the title or the worker is too long',
            'A title is at most 512 bytes, a worker 256.');
    ELSIF lease NOT BETWEEN 1 AND 86400 THEN
        PERFORM @schema@.fail('TT001', 'a lease is 1 to 86400 seconds', 'Give seconds between two words of a worker.');
    ELSIF NOT @schema@.is_progress(progress) THEN
        PERFORM @schema@.fail('TT001', 'the progress is no JSON object of a progress',
            'Give some of current and total (0 or more, current at most total), percent (0 to 100) and note (a text).');
    END IF;
END
$$;

-- Whether it is a JSON object of what a progress has, with numbers as they may be; so is NULL.
CREATE OR REPLACE FUNCTION @schema@.is_progress(value jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    -- The largest number that every reader of JSON has.
    most constant numeric := 1.7e308;
    m record;
BEGIN
    IF value IS NULL THEN RETURN true; END IF;
    IF jsonb_typeof(value) <> 'object' OR value = '{}' THEN RETURN false; END IF;
    FOR m IN SELECT e.key, e.value, jsonb_typeof(e.value) AS kind FROM jsonb_each(value) AS e LOOP
        IF m.key = 'note' AND m.kind = 'string' THEN CONTINUE; END IF;
        IF m.key <> ALL ('{current,total,percent}') OR m.kind <> 'number' THEN RETURN false; END IF;
        IF m.value::numeric < 0 OR m.value::numeric > (CASE m.key WHEN 'percent' THEN 100 ELSE most END) THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN ((value -> 'current')::numeric > (value -> 'total')::numeric) IS NOT TRUE;
END
$$;

-- The state in which a task is, as far as can be seen, with what is on its way. A change that can't follow on it is
-- raised.
CREATE OR REPLACE FUNCTION @schema@.foresee_change(channel text, change text, attempt bigint)
RETURNS text LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    state text;
    former bytea;
    is_closed boolean := false;
    n record;
    c record;
BEGIN
    FOR n IN
        SELECT r.data, r.flags, NULL::bigint AS fence, o.closed, 1 AS part, 0::bigint AS seq
        FROM @schema@.channel AS o JOIN @schema@.retained AS r ON r.channel_id = o.id AND r.key = 'state'
        WHERE o.name = channel AND o.expires_at > clock_timestamp()
        UNION ALL SELECT o.data, o.flags, o.fence, false, 2, o.seq FROM @schema@.outbox AS o
        WHERE o.channel = channel AND o.key = 'state'
        UNION ALL SELECT p.data, p.flags, p.fence, false, 3, p.seq FROM @schema@.pending AS p
        WHERE p.xid = pg_current_xact_id_if_assigned() AND p.channel = channel AND p.key = 'state'
        ORDER BY part, seq
    LOOP
        IF position('m' IN n.flags) = 0 THEN
            former := CASE left(n.flags, 1) WHEN 'j' THEN n.data END;
            is_closed := n.closed;
        ELSE
            SELECT * INTO c FROM @schema@.changed_state(former, 0, 0, is_closed, n.data, n.fence);
            former := coalesce(c.data, former);
            is_closed := false;
        END IF;
    END LOOP;
    state := (SELECT s.state FROM @schema@.read_state(former) AS s);
    SELECT * INTO c FROM @schema@.changed_state(former, 0, 0, is_closed, convert_to(change, 'UTF8'), attempt);
    PERFORM @schema@.refuse(channel, c.answer) WHERE c.answer IS NOT NULL;
    RETURN state;
END
$$;

-- Publishes a change of a task's state, of which `take` makes the whole state.
CREATE OR REPLACE FUNCTION @schema@.leave_change(channel text, change text, attempt bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    must_relay constant boolean := coalesce(@schema@.must_relay(), false);
    relays constant boolean := (SELECT s.publish = 'relay' FROM @schema@.setting AS s);
    data constant bytea := convert_to(change, 'UTF8');
BEGIN
    IF relays OR must_relay THEN
        INSERT INTO @schema@.outbox (channel, event, data, flags, key, fence)
        VALUES (channel, 'state', data, 'jm', 'state', attempt);
    ELSE
        INSERT INTO @schema@.pending (channel, event, data, flags, key, fence)
        VALUES (channel, 'state', data, 'jm', 'state', attempt);
    END IF;
    IF must_relay AND NOT relays THEN PERFORM pg_notify('@name@_relay', ''); END IF;
END
$$;
