-- The gateway publishes.
--
-- The functions that write plan once, and for tables whose sizes they don't believe: a queue or a list of channels that
-- was empty when a session planned may be long a minute later, and a plan that reads all of it would stay.

-- Publishes what the gateway has checked: element i of each array belongs to publication i. `flags` as a record's: t
-- or j, then c if conflated, then x if it closes the channel. `patience`: how many milliseconds to wait for a channel
-- that another transaction holds; 0: not at all. A channel that is still held then is `busy`, and the others are not
-- delayed. Returns a line for each: `EPOCH OFFSET`, `duplicate EPOCH OFFSET`, `closed N`, `fenced N`, `conflict N`,
-- `toolarge N M`, `expectwithoutkey` or `busy`.
CREATE OR REPLACE FUNCTION @schema@.append(
    channels text[], events text[], datas bytea[], flags text[], keys text[], expects bigint[], fences bigint[],
    ids text[], patience integer
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1500ms' SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    -- Relayed publications that one call takes before its own, at most; a channel with more is `busy`.
    most constant integer := 1000;
    answer text;
    names text[];
    held text[];
BEGIN
    IF cardinality(channels) = 1 AND patience = 0 AND expects[1] IS NULL AND ids[1] IS NULL THEN
        PERFORM FROM @schema@.channel AS c WHERE c.name = channels[1] FOR NO KEY UPDATE SKIP LOCKED;
        IF FOUND THEN
            answer := @schema@.take_plain(channels[1], events[1], datas[1], flags[1], keys[1], fences[1]);
            IF answer IS NOT NULL THEN RETURN answer; END IF;
        END IF;
    END IF;
    names := ARRAY(SELECT DISTINCT u.name COLLATE "C" FROM unnest(channels) AS u(name) ORDER BY 1);
    IF patience = 0 THEN
        held := @schema@.lock_at_once(names);
    ELSE
        held := @schema@.lock_patiently(names, patience);
    END IF;
    IF EXISTS (SELECT FROM @schema@.outbox AS o WHERE o.channel = ANY (held)) THEN
        PERFORM @schema@.register(d.tasks) FROM @schema@.drain(held, most) AS d;
        held := ARRAY(
            SELECT h.name FROM unnest(held) AS h(name)
            WHERE NOT EXISTS (SELECT FROM @schema@.outbox AS o WHERE o.channel = h.name));
    END IF;
    IF cardinality(held) < cardinality(names) THEN
        channels := ARRAY(
            SELECT CASE WHEN u.name = ANY (held) THEN u.name END
            FROM unnest(channels) WITH ORDINALITY AS u(name, number) ORDER BY u.number);
    END IF;
    RETURN array_to_string(
        @schema@.take(channels, events, datas, flags, keys, expects, fences, ids), E'\n', 'busy');
END
$$;
