-- What a channel is, which there are, and a channel's end.

-- The channel as it is now; no row if there is none. `records` are the newest messages of the retain keys, in offset
-- order.
CREATE OR REPLACE FUNCTION @schema@.inspect(
    channel text,
    OUT epoch text, OUT top bigint, OUT trimmed bigint, OUT closed boolean, OUT fence bigint, OUT records bytea
) RETURNS SETOF record LANGUAGE plpgsql STABLE ROWS 1
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms'
SET plan_cache_mode = force_generic_plan SET enable_bitmapscan = off SET enable_seqscan = off SET jit = off AS $$
DECLARE
    c @schema@.channel;
BEGIN
    SELECT * INTO c FROM @schema@.channel AS ch WHERE ch.name = channel AND ch.expires_at > clock_timestamp();
    IF NOT FOUND THEN RETURN; END IF;
    epoch := c.epoch; top := c.top; trimmed := c.trimmed; closed := c.closed; fence := c.fence;
    records := coalesce((
        SELECT string_agg(@schema@.encoded(r."offset", r.time, r.flags, r.event, r.key, r.data), '')
        FROM (SELECT * FROM @schema@.retained AS k WHERE k.channel_id = c.id ORDER BY k."offset") AS r), '');
    RETURN NEXT;
END
$$;

-- A page of the living channels whose names begin with `prefix`, those after `after`, in the byte order of their names.
-- No byte of a name is as high as 0x7F, so it ends the range of a prefix. The planner knows neither prefix nor page
-- when it plans, and must not sort what the index has in order.
CREATE OR REPLACE FUNCTION @schema@.list(prefix text, after text, max integer)
RETURNS TABLE (channel text, epoch text, top bigint, closed boolean) LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms'
SET plan_cache_mode = force_generic_plan SET enable_sort = off SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY
        SELECT c.name, c.epoch, c.top, c.closed FROM @schema@.channel AS c
        WHERE c.name >= prefix AND c.name < prefix || chr(127) AND c.name > coalesce(after, '')
            AND c.expires_at > clock_timestamp()
        ORDER BY c.name LIMIT greatest(max, 0);
END
$$;

-- Removes a channel and everything of it, what waits for a relay included, and announces it. Returns false if there was
-- none. Waits for whoever holds the channel, at most `patience` milliseconds: then SQLSTATE 55P03.
CREATE OR REPLACE FUNCTION @schema@.remove(channel text, patience integer)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1500ms' AS $$
DECLARE
    c @schema@.channel;
BEGIN
    -- 0 would be for ever.
    PERFORM set_config('lock_timeout', greatest(patience, 1)::text, true);
    c := @schema@.hold(channel);
    IF c.id IS NULL THEN
        DELETE FROM @schema@.outbox AS o WHERE o.channel = remove.channel;
        RETURN FOUND;
    END IF;
    PERFORM @schema@.discard(c.id);
    DELETE FROM @schema@.outbox AS o WHERE o.channel = c.name;
    IF c.expires_at <= clock_timestamp() THEN RETURN false; END IF;
    PERFORM @schema@.notify(c.bucket, '-' || c.epoch || ' ' || c.name || E'\n');
    RETURN true;
END
$$;

-- Locks a channel's row and returns it, whether or not its time is over; NULLs if there is none.
CREATE OR REPLACE FUNCTION @schema@.hold(channel text) RETURNS @schema@.channel LANGUAGE plpgsql AS $$
DECLARE
    c @schema@.channel;
BEGIN
    LOOP
        SELECT * INTO c FROM @schema@.channel AS ch WHERE ch.name = channel FOR UPDATE;
        -- Whoever held it may have put another in its place.
        IF FOUND OR NOT EXISTS (SELECT FROM @schema@.channel AS ch WHERE ch.name = channel) THEN RETURN c; END IF;
    END LOOP;
END
$$;

-- Takes a channel's row away; all else of it is rubbish from then on. The row is locked by the caller.
CREATE OR REPLACE FUNCTION @schema@.discard(id bigint) RETURNS void LANGUAGE sql AS $$
    DELETE FROM @schema@.channel AS c WHERE c.id = $1;
    INSERT INTO @schema@.rubbish (channel_id, through) VALUES ($1, 9223372036854775807);
$$;
