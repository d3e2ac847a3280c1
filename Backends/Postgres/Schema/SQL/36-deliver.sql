-- The end of a transaction that has published.

-- Delivers all that the transaction has published, at the first row whose turn it is; a refusal raises an error, and
-- the commit fails. The channels' locks are taken here, as late as can be, all of them and in one order, so that
-- transactions wait for one another but never in a circle.
CREATE OR REPLACE FUNCTION @schema@.deliver() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    -- Publications that are taken at once, at most.
    most constant integer := 1000;
    mine constant xid8 := pg_current_xact_id();
    names text[];
    newest bigint;
    part record;
BEGIN
    IF new.seq <= coalesce(nullif(current_setting('@name@.delivered', true), ''), '0')::bigint THEN RETURN NULL; END IF;
    SELECT array_agg(DISTINCT o.channel ORDER BY o.channel), max(o.seq) INTO names, newest
    FROM @schema@.outbox AS o WHERE o.xid = mine AND NOT o.relayed;
    IF names IS NULL THEN RETURN NULL; END IF;
    PERFORM @schema@.lock_all(names);
    WHILE EXISTS (SELECT FROM @schema@.outbox AS o WHERE o.relayed AND o.channel = ANY (names)) LOOP
        PERFORM @schema@.drain(names, most);
    END LOOP;
    FOR part IN
        SELECT array_agg(o.channel ORDER BY o.seq) AS channels, array_agg(o.event ORDER BY o.seq) AS events,
            array_agg(o.data ORDER BY o.seq) AS datas, array_agg(o.flags ORDER BY o.seq) AS flags,
            array_agg(o.key ORDER BY o.seq) AS keys, array_agg(o.expect ORDER BY o.seq) AS expects,
            array_agg(o.fence ORDER BY o.seq) AS fences, array_agg(o.id ORDER BY o.seq) AS ids
        FROM (
            SELECT p.*, (row_number() OVER (ORDER BY p.seq) - 1) / most AS part
            FROM @schema@.outbox AS p WHERE p.xid = mine AND NOT p.relayed
        ) AS o GROUP BY o.part ORDER BY o.part
    LOOP
        PERFORM @schema@.refuse(a.channel, a.answer) FROM unnest(part.channels, @schema@.take(part.channels,
            part.events, part.datas, part.flags, part.keys, part.expects, part.fences, part.ids)) AS a(channel, answer);
    END LOOP;
    DELETE FROM @schema@.outbox AS o WHERE o.xid = mine AND NOT o.relayed;
    PERFORM set_config('@name@.delivered', newest::text, true);
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER deliver AFTER INSERT ON @schema@.outbox
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT new.relayed) EXECUTE FUNCTION @schema@.deliver();
