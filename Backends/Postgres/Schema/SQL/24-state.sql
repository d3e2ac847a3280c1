-- The life of a task: what its retained `state` becomes when somebody changes it. A change is published as a `state`
-- with the flag m and holds only what is new; `take` makes the whole of it, when it has the channel's lock, so that
-- whatever was written between the call and the commit is in it.

-- The members of a task's state, as JSON values whose text is the writer's, and the two that the rules go by. NULLs
-- for a text that is no such object: someone has written it with publish().
-- A U+0000 that is escaped in a text is nothing that functions of json can read; it goes through as `mark`.
CREATE OR REPLACE FUNCTION @schema@.read_state(
    data bytea, OUT state text, OUT attempt bigint, OUT members json
) LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    states constant text[] := '{queued,started,finished,failed,cancelled,lost}';
BEGIN
    members := replace(convert_from(data, 'UTF8'), '\u0000', @schema@.mark());
    state := members ->> 'state';
    IF state = ANY (states) AND coalesce(members ->> 'attempt', '1') ~ '^[0-9]{1,15}$' THEN
        attempt := coalesce(members ->> 'attempt', '1');
        RETURN;
    END IF;
    state := NULL; attempt := NULL; members := NULL;
EXCEPTION WHEN data_exception OR statement_too_complex THEN
    state := NULL; attempt := NULL; members := NULL;
END
$$;

-- What stands for an escaped U+0000: by chance in no one's text. Its b is for a backslash that comes before.
CREATE OR REPLACE FUNCTION @schema@.mark() RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'b0d9a3c5e-5f6b-4c8e-9b7d-2f1e6a4d8c03'
$$;

-- Whether an attempt ends with this state, and the channel is closed.
CREATE OR REPLACE FUNCTION @schema@.is_final(state text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT $1 IN ('finished', 'failed', 'cancelled')
$$;

-- Whether an attempt in one state may go on to another, to NULL where it only says something of itself. A worker that
-- was given up was only slow, and comes back with whatever it says.
CREATE OR REPLACE FUNCTION @schema@.may_follow(former text, state text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE $1
        WHEN 'queued' THEN $2 IS NULL OR $2 IN ('queued', 'started', 'cancelled')
        WHEN 'started' THEN $2 IS NULL OR $2 IN ('started', 'finished', 'failed', 'cancelled')
        WHEN 'lost' THEN $2 IS NULL OR $2 IN ('started', 'finished', 'failed', 'cancelled')
        ELSE false
    END
$$;

-- The state that comes of a change, with `answer` NULL; or `answer` alone: `unchanged` where there is nothing new to
-- write, else why it can't be. `former` is the state that the channel has, with its offset and time; NULL: none. An
-- attempt is over, whatever its state, when its channel `is_closed`.
CREATE OR REPLACE FUNCTION @schema@.changed_state(
    former bytea, former_offset bigint, former_time bigint, is_closed boolean, change bytea, attempt bigint,
    OUT answer text, OUT state text, OUT data bytea
) LANGUAGE plpgsql IMMUTABLE AS $$
#variable_conflict use_variable
DECLARE
    f record;
    new constant json := convert_from(change, 'UTF8')::json;
    same boolean;
BEGIN
    state := new ->> 'state';
    SELECT * INTO f FROM @schema@.read_state(former);
    same := f.attempt = attempt;
    IF attempt < f.attempt THEN
        answer := 'fenced ' || f.attempt;
    ELSIF f.state IS NULL AND state IS NULL THEN
        answer := 'notask';
    ELSIF (CASE
        WHEN f.state IS NULL THEN state NOT IN ('queued', 'started')
        WHEN same THEN NOT @schema@.may_follow(f.state, state)
        ELSE state IS NULL OR state NOT IN ('queued', 'started') OR f.state IN ('queued', 'started') AND NOT is_closed
    END) THEN
        answer := concat_ws(' ', 'illegal', coalesce(f.state, 'unknown'), coalesce(f.attempt, attempt),
            coalesce(state, f.state));
    ELSIF same AND coalesce(state, f.state) = f.state AND f.state <> 'lost' AND NOT EXISTS (
        SELECT FROM json_each(new) AS n
        WHERE n.key <> 'state' AND (f.members -> n.key)::text IS DISTINCT FROM n.value::text)
    THEN
        answer := 'unchanged';
    END IF;
    IF answer IS NOT NULL THEN RETURN; END IF;
    state := coalesce(state, CASE f.state WHEN 'lost' THEN 'started' ELSE f.state END);
    data := (
        SELECT convert_to(replace('{' || string_agg(format('"%s":%s', m.name, m.value), ',' ORDER BY m.number) || '}',
            @schema@.mark(), '\u0000'), 'UTF8')
        FROM (VALUES
            (1, 'state', to_json(state)::text), (2, 'attempt', attempt::text),
            (3, 'title', coalesce(new -> 'title', f.members -> 'title')::text),
            (4, 'meta', coalesce(new -> 'meta', f.members -> 'meta')::text),
            (5, 'worker', coalesce(new -> 'worker', CASE WHEN same THEN f.members -> 'worker' END)::text),
            (6, 'lease', coalesce(new -> 'lease', CASE WHEN same THEN f.members -> 'lease' END)::text),
            (7, 'result', coalesce(new -> 'result', CASE WHEN same THEN f.members -> 'result' END)::text),
            (8, 'error', coalesce(new -> 'error', CASE WHEN same THEN f.members -> 'error' END)::text),
            (9, 'cancel_requested', CASE WHEN same THEN (f.members -> 'cancel_requested')::text END),
            -- What a message begins has the message's time and offset, which the next one copies.
            (10, 'created', coalesce((f.members -> 'created')::text, former_time::text)),
            (11, 'started', CASE WHEN same THEN
                coalesce((f.members -> 'started')::text, CASE f.state WHEN 'started' THEN former_time::text END) END),
            (12, 'began', CASE WHEN same THEN coalesce((f.members -> 'began')::text, former_offset::text) END)
        ) AS m(number, name, value) WHERE m.value IS NOT NULL);
END
$$;
