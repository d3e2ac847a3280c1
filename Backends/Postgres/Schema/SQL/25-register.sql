-- The registry of tasks as transactions write it: with the offsets of what they have published.

-- Writes down what became of tasks whose channels this transaction has locked, as their retained `state` says; a lease
-- counts from now. Called once in a transaction, because it takes locks; they come after those of the channels.
CREATE OR REPLACE FUNCTION @schema@.register(channels text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- How long after a channel's time a gateway finds it gone, in milliseconds.
    margin constant bigint := 1000;
    t record;
BEGIN
    IF channels = '{}' THEN RETURN; END IF;
    SELECT array_agg(n.name) AS names, array_agg(n.state) AS states, array_agg(n.wait) AS waits INTO t FROM (
        SELECT c.name, s.state, CASE WHEN s.state = 'started' AND s.members ->> 'lease' ~ '^[0-9]{1,6}([.][0-9]{1,9})?$'
            THEN ceil((s.members ->> 'lease')::numeric * 1000)::bigint
            ELSE margin + CASE WHEN c.closed THEN coalesce(p.ttl_after_close, p.ttl) ELSE p.ttl END END AS wait
        FROM @schema@.channel AS c
        JOIN @schema@.retained AS r ON r.channel_id = c.id AND r.key = 'state' AND left(r.flags, 1) = 'j'
        CROSS JOIN LATERAL @schema@.read_state(r.data) AS s
        CROSS JOIN LATERAL (
            SELECT o.* FROM @schema@.policy AS o WHERE o.prefix IN ('', left(c.name, position(':' IN c.name)))
            ORDER BY o.prefix DESC LIMIT 1
        ) AS p
        WHERE c.name = ANY (channels) AND s.state IS NOT NULL
    ) AS n;
    IF t.names IS NOT NULL THEN PERFORM @schema@.write_tasks(t.names, t.states, t.waits); END IF;
END
$$;
