-- Telling every gateway: few notifications, each as full as it may be.

-- Announces the messages that have an offset. A notification holds sections, one after another: `+EPOCH CHANNEL
-- COUNT` and a line feed, then COUNT records; or `*EPOCH CHANNEL FROM TO` and a line feed, which points to messages
-- that do not fit or that text cannot hold.
CREATE OR REPLACE FUNCTION @schema@.announce(
    changed @schema@.channel[], now bigint, channel_ids bigint[], offsets bigint[], flags text[], events text[],
    keys text[], datas bytea[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- Bytes of a notification, at most: what NOTIFY takes.
    most constant integer := 7999;
    -- Bytes of a section without its records and names, at most.
    opening constant integer := 8;
    pointing constant integer := 37;
    payload text := '';
    bucket smallint;
    -- The section that is being filled: its name, epoch, first and last offset; records, unless it points.
    name text := '';
    epoch text;
    first bigint;
    last bigint;
    records text;
    -- Of the payload with the open section.
    size integer := 0;
    bytes integer;
    m record;
BEGIN
    FOR m IN
        SELECT c.bucket, c.name, c.epoch, u."offset", octet_length(c.name) + octet_length(c.epoch) AS names,
            CASE WHEN octet_length(u.data) < most AND position(decode('00', 'hex') IN u.data) = 0 THEN
                concat(u."offset", ' ', now, ' ', u.flags, ' ', u.event, ' ', u.key, ' ', octet_length(u.data), E'\n',
                    convert_from(u.data, 'UTF8'))
            END AS record
        FROM unnest(changed) AS c JOIN
            unnest(channel_ids, offsets, flags, events, keys, datas) AS u(channel_id, "offset", flags, event, key, data)
            ON u.channel_id = c.id
        ORDER BY c.bucket, c.name, u."offset"
    LOOP
        bytes := octet_length(m.record);
        IF bytes + m.names + opening > most THEN
            bytes := NULL;
            m.record := NULL;
        END IF;
        IF m.name = name AND (records IS NULL) = (bytes IS NULL) AND (bytes IS NULL OR size + bytes <= most) THEN
            last := m."offset";
            records := records || m.record;
            size := size + bytes;
            CONTINUE;
        END IF;
        payload := payload || @schema@.section(epoch, name, first, last, records);
        size := octet_length(payload) + m.names + coalesce(opening + bytes, pointing);
        IF m.bucket <> bucket OR size > most THEN
            size := size - octet_length(payload);
            payload := @schema@.notify(bucket, payload);
        END IF;
        bucket := m.bucket;
        name := m.name;
        epoch := m.epoch;
        first := m."offset";
        last := first;
        records := m.record;
    END LOOP;
    payload := payload || @schema@.section(epoch, name, first, last, records);
    payload := @schema@.notify(bucket, payload);
END
$$;

-- One section; '' before the first.
CREATE OR REPLACE FUNCTION @schema@.section(epoch text, name text, first bigint, last bigint, records text)
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN $1 IS NULL THEN ''
        WHEN $5 IS NULL THEN concat('*', $1, ' ', $2, ' ', $3, ' ', $4, E'\n')
        ELSE concat('+', $1, ' ', $2, ' ', $4 - $3 + 1, E'\n', $5)
    END
$$;

-- Tells those who listen to a bucket. Returns '', so that it can be assigned, which is cheaper than a statement.
CREATE OR REPLACE FUNCTION @schema@.notify(bucket smallint, payload text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    nothing constant text := pg_notify('@name@_' || to_char(bucket, 'FM00'), payload);
BEGIN
    RETURN nothing;
END
$$;
