-- A task: a channel with a life.

-- Tells what became of a task on the channel TASKS:ID, as `publish` does: a `state`, which is retained and, if it is
-- final, closes the channel; a `progress`, which is conflated; a `log` of one or more lines; any of them, in this
-- order: log, progress, state. `attempt` is the fence: an earlier attempt is refused once a later one has begun.
CREATE OR REPLACE FUNCTION @schema@.task(
    id text, state text DEFAULT NULL, attempt integer DEFAULT 1, progress jsonb DEFAULT NULL, log text DEFAULT NULL,
    title text DEFAULT NULL, meta jsonb DEFAULT NULL, result jsonb DEFAULT NULL, error jsonb DEFAULT NULL,
    worker text DEFAULT NULL
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    states constant text[] := '{queued,started,finished,failed,cancelled,lost}';
    final constant text[] := '{finished,failed,cancelled}';
    channel constant text := (SELECT s.task_namespace FROM @schema@.setting AS s) || ':' || id;
BEGIN
    IF state <> ALL (states) THEN
        PERFORM @schema@.fail('TT001', @schema@.shown(state) || ' is no state of a task',
            'The states are ' || array_to_string(states, ', ') || '.');
    ELSIF attempt IS NULL OR attempt < 1 THEN
        PERFORM @schema@.fail('TT001', 'an attempt is a whole number from 1 on', 'The first attempt is 1.');
    ELSIF progress IS NOT NULL AND jsonb_typeof(progress) <> 'object' THEN
        PERFORM @schema@.fail('TT001', 'the progress is no JSON object',
            'Give any of current, total, percent and note.');
    END IF;
    IF log IS NOT NULL THEN
        PERFORM @schema@.publish(channel, log, event => 'log', fence => attempt);
    END IF;
    IF progress IS NOT NULL THEN
        PERFORM @schema@.publish(channel, progress::text, event => 'progress', format => 'json', retain => 'progress',
            conflate => true, fence => attempt);
    END IF;
    IF state IS NOT NULL THEN
        PERFORM @schema@.publish(channel, (
                SELECT jsonb_object_agg(f.name, f.value)::text
                FROM (VALUES ('state', to_jsonb(state)), ('attempt', to_jsonb(attempt)), ('title', to_jsonb(title)),
                    ('meta', meta), ('result', result), ('error', error), ('worker', to_jsonb(worker))
                ) AS f(name, value) WHERE f.value IS NOT NULL),
            event => 'state', format => 'json', retain => 'state', fence => attempt, close => state = ANY (final));
    END IF;
END
$$;
