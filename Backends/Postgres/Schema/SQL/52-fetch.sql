-- Reading what an announcement only points at.

-- The records of `first` to `last` that are there, in offset order, at most 8 MiB of data but one record at least; NULL
-- if the channel is gone or in another epoch. Messages that are trimmed but not yet cleaned away still count: they
-- were announced, and their readers wait for them.
CREATE OR REPLACE FUNCTION @schema@.fetch(channel text, epoch text, first bigint, last bigint)
RETURNS bytea LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms'
SET plan_cache_mode = force_generic_plan SET enable_bitmapscan = off SET enable_seqscan = off SET jit = off AS $$
DECLARE
    maximum_bytes constant bigint := 8388608;
    id bigint;
    ending bigint := 0;
    bytes bigint := 0;
    next record;
BEGIN
    SELECT ch.id INTO id FROM @schema@.channel AS ch
    WHERE ch.name = channel AND ch.epoch = "fetch".epoch AND ch.expires_at > clock_timestamp();
    IF NOT FOUND THEN RETURN NULL; END IF;
    FOR next IN
        (SELECT m."offset", octet_length(m.data) AS size FROM @schema@.message AS m
         WHERE m.channel_id = id AND m."offset" BETWEEN first AND last ORDER BY m.channel_id, m."offset")
        UNION ALL
        (SELECT r."offset", octet_length(r.data) FROM @schema@.retained AS r
         WHERE r.channel_id = id AND r."offset" BETWEEN first AND last AND r.flags LIKE '_c%' ORDER BY r."offset")
        ORDER BY "offset"
    LOOP
        bytes := bytes + next.size;
        EXIT WHEN bytes > maximum_bytes AND ending > 0;
        ending := next."offset";
    END LOOP;
    RETURN coalesce((
        SELECT string_agg(@schema@.encoded(p."offset", p.time, p.flags, p.event, p.key, p.data), '')
        FROM (
            (SELECT m."offset", m.time, m.flags, m.event, m.key, m.data FROM @schema@.message AS m
             WHERE m.channel_id = id AND m."offset" BETWEEN first AND ending ORDER BY m.channel_id, m."offset")
            UNION ALL
            (SELECT r."offset", r.time, r.flags, r.event, r.key, r.data FROM @schema@.retained AS r
             WHERE r.channel_id = id AND r."offset" BETWEEN first AND ending AND r.flags LIKE '_c%'
             ORDER BY r."offset")
            ORDER BY "offset"
        ) AS p), '');
END
$$;
