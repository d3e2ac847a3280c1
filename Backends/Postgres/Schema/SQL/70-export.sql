-- Reading all of a channel, for a copy to another broker.

-- What stands about the channel as a whole, and a page of one part of it, of one moment; no row if there is no such
-- channel. Whatever changes a channel moves its top: pages with the same epoch and top are of one state.
--   part     `log`, `retained` or `keys`, each in the order of offsets. A key's is the one that it brought.
--   after    the offset that the page follows.
--   size     where the page ends: about so many bytes, each item counted with 64 beside its data or key; one at least.
--   copied   the top to which a copy has brought the channel; NULL if none has.
--   life     how long the channel has to live, in ms. `newest`, `newest_time`: of the log; NULL if that is empty.
--   last     the offset of the page's last item; NULL if there is none.
--   items    records; of keys lines of `OFFSET AGE KEY`, the age in ms.
CREATE OR REPLACE FUNCTION @schema@.export(
    channel text, part text, after bigint, size bigint,
    OUT epoch text, OUT top bigint, OUT trimmed bigint, OUT closed boolean, OUT fence bigint, OUT predecessors text,
    OUT copied bigint, OUT life bigint, OUT newest bigint, OUT newest_time bigint, OUT last bigint,
    OUT items bytea
) RETURNS SETOF record LANGUAGE plpgsql STABLE ROWS 1
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms'
SET plan_cache_mode = force_generic_plan SET enable_bitmapscan = off SET enable_seqscan = off SET jit = off AS $$
DECLARE
    c @schema@.channel;
BEGIN
    SELECT * INTO c FROM @schema@.channel AS ch WHERE ch.name = channel AND ch.expires_at > clock_timestamp();
    IF NOT FOUND THEN RETURN; END IF;
    epoch := c.epoch; top := c.top; trimmed := c.trimmed; closed := c.closed; fence := c.fence;
    predecessors := c.predecessors; copied := c.copied;
    life := greatest(extract(epoch FROM c.expires_at - clock_timestamp()) * 1000, 1);
    SELECT m."offset", m.time INTO newest, newest_time FROM @schema@.message AS m
    WHERE m.channel_id = c.id AND m."offset" > c.trimmed ORDER BY m.channel_id DESC, m."offset" DESC LIMIT 1;
    IF part = 'keys' THEN
        SELECT p.last, p.items INTO last, items FROM @schema@.export_keys(c.id, after, size) AS p;
    ELSIF part = 'retained' THEN
        SELECT p.last, p.items INTO last, items FROM @schema@.export_retained(c.id, after, size) AS p;
    ELSE
        SELECT p.last, p.items INTO last, items FROM @schema@.export_log(c.id, greatest(after, c.trimmed), size) AS p;
    END IF;
    items := coalesce(items, '');
    RETURN NEXT;
END
$$;

CREATE OR REPLACE FUNCTION @schema@.export_log(id bigint, after bigint, size bigint, OUT last bigint, OUT items bytea)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    bytes bigint := 0;
    next record;
BEGIN
    FOR next IN
        SELECT m."offset", octet_length(m.data) + 64 AS size FROM @schema@.message AS m
        WHERE m.channel_id = id AND m."offset" > after ORDER BY m.channel_id, m."offset"
    LOOP
        bytes := bytes + next.size;
        EXIT WHEN bytes > size AND last IS NOT NULL;
        last := next."offset";
    END LOOP;
    items := (
        SELECT string_agg(@schema@.encoded(p."offset", p.time, p.flags, p.event, p.key, p.data), '')
        FROM (
            SELECT * FROM @schema@.message AS m WHERE m.channel_id = id AND m."offset" > after AND m."offset" <= last
            ORDER BY m.channel_id, m."offset"
        ) AS p);
END
$$;

-- Every item counts as so many bytes, so there are no more in a page.
CREATE OR REPLACE FUNCTION @schema@.most_items(size bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT greatest($1 / 64, 1)
$$;

CREATE OR REPLACE FUNCTION @schema@.export_retained(
    id bigint, after bigint, size bigint, OUT last bigint, OUT items bytea
) LANGUAGE sql STABLE AS $$
    SELECT max(p."offset"), string_agg(@schema@.encoded(p."offset", p.time, p.flags, p.event, p.key, p.data), '')
    FROM (
        SELECT r.*, sum(octet_length(r.data) + 64) OVER w AS bytes, row_number() OVER w AS n FROM (
            SELECT * FROM @schema@.retained AS r WHERE r.channel_id = $1 AND r."offset" > $2
            ORDER BY r."offset" LIMIT @schema@.most_items($3)
        ) AS r WINDOW w AS (ORDER BY r."offset" ROWS UNBOUNDED PRECEDING)
    ) AS p WHERE p.bytes <= $3 OR p.n = 1
$$;

-- Those that are still remembered.
CREATE OR REPLACE FUNCTION @schema@.export_keys(id bigint, after bigint, size bigint, OUT last bigint, OUT items bytea)
LANGUAGE sql STABLE AS $$
    SELECT max(p."offset"), string_agg(convert_to(concat_ws(' ', p."offset", p.age, p.key) || E'\n', 'UTF8'), '')
    FROM (
        SELECT i.*, sum(octet_length(i.key) + 64) OVER w AS bytes, row_number() OVER w AS n FROM (
            SELECT i."offset", i.key, greatest(@schema@.milliseconds() - i.time, 0) AS age
            FROM @schema@.idempotency AS i
            WHERE i.channel_id = $1 AND i."offset" > $2 AND i.time > @schema@.milliseconds() - 300000
            ORDER BY i."offset" LIMIT @schema@.most_items($3)
        ) AS i WINDOW w AS (ORDER BY i."offset" ROWS UNBOUNDED PRECEDING)
    ) AS p WHERE p.bytes <= $3 OR p.n = 1
$$;
