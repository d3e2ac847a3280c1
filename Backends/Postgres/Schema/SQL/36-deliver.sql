-- The end of a transaction that has published.

-- Delivers all that the transaction has published, at the first row whose turn it is; a refusal raises an error, and
-- the commit fails. The channels' locks are taken here, as late as can be, all of them and in one order, so that
-- transactions wait for one another but never in a circle.
CREATE OR REPLACE FUNCTION @schema@.deliver() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    mine constant xid8 := pg_current_xact_id();
    newest bigint := new.seq;
    answer text;
BEGIN
    IF new.seq <= coalesce(nullif(current_setting('@name@.delivered', true), ''), '0')::bigint THEN RETURN NULL; END IF;
    IF new.expect IS NULL AND new.id IS NULL AND position('m' IN new.flags) = 0
        AND NOT EXISTS (SELECT FROM @schema@.pending AS p WHERE p.xid = mine AND p.seq <> new.seq)
    THEN
        answer := @schema@.take_plain(new.channel, new.event, new.data, new.flags, new.key, new.fence);
    END IF;
    IF answer IS NULL THEN newest := @schema@.deliver_all(mine); END IF;
    DELETE FROM @schema@.pending AS p WHERE p.xid = mine;
    answer := set_config('@name@.delivered', newest::text, true);
    RETURN NULL;
END
$$;

-- Takes all that the transaction has published; returns the last of it.
CREATE OR REPLACE FUNCTION @schema@.deliver_all(mine xid8) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    -- Publications, and bytes of their data, that are taken at once, at most.
    most constant integer := 1000;
    most_bytes constant bigint := 8388608;
    names text[];
    newest bigint;
    part record;
    -- Channels of tasks that have changed.
    tasks text[] := '{}';
BEGIN
    SELECT array_agg(DISTINCT p.channel ORDER BY p.channel), max(p.seq) INTO names, newest
    FROM @schema@.pending AS p WHERE p.xid = mine;
    PERFORM @schema@.lock_all(names);
    IF EXISTS (SELECT FROM @schema@.outbox AS o WHERE o.channel = ANY (names)) THEN
        tasks := (SELECT d.tasks FROM @schema@.drain(names, most) AS d);
        IF EXISTS (SELECT FROM @schema@.outbox AS o WHERE o.channel = ANY (names)) THEN
            -- A commit is no place for all that waits for the relay: these go behind it.
            INSERT INTO @schema@.outbox (channel, event, data, flags, key, expect, fence, id)
            SELECT p.channel, p.event, p.data, p.flags, p.key, p.expect, p.fence, p.id
            FROM @schema@.pending AS p WHERE p.xid = mine ORDER BY p.seq;
            PERFORM pg_notify('@name@_relay', '');
            PERFORM @schema@.register(tasks);
            RETURN newest;
        END IF;
    END IF;
    FOR part IN
        SELECT array_agg(o.channel ORDER BY o.seq) AS channels, array_agg(o.event ORDER BY o.seq) AS events,
            array_agg(o.data ORDER BY o.seq) AS datas, array_agg(o.flags ORDER BY o.seq) AS flags,
            array_agg(o.key ORDER BY o.seq) AS keys, array_agg(o.expect ORDER BY o.seq) AS expects,
            array_agg(o.fence ORDER BY o.seq) AS fences, array_agg(o.id ORDER BY o.seq) AS ids
        FROM (
            SELECT p.*, (row_number() OVER (ORDER BY p.seq) - 1) / most
                + sum(octet_length(p.data)) OVER (ORDER BY p.seq) / most_bytes AS part
            FROM @schema@.pending AS p WHERE p.xid = mine
        ) AS o GROUP BY o.part ORDER BY o.part
    LOOP
        PERFORM @schema@.refuse(a.channel, a.answer) FROM unnest(part.channels, @schema@.take(part.channels,
            part.events, part.datas, part.flags, part.keys, part.expects, part.fences, part.ids)) AS a(channel, answer);
    END LOOP;
    tasks := tasks || ARRAY(
        SELECT p.channel FROM @schema@.pending AS p WHERE p.xid = mine AND position('m' IN p.flags) > 0);
    PERFORM @schema@.register(tasks);
    RETURN newest;
END
$$;
