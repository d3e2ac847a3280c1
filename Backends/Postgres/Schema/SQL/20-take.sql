-- Giving publications their offsets: the one place where messages come to be.

-- Takes publications into channels that this transaction has locked. Element i of each array belongs to publication i;
-- one whose channel is NULL is passed over. They are taken in their order on each channel, each for itself. Answers for
-- each `EPOCH OFFSET`, `duplicate EPOCH OFFSET`, `unchanged` or why it was not taken. The flag m marks a change of a
-- task's state, see `changed_state`.
CREATE OR REPLACE FUNCTION @schema@.take(
    channels text[], events text[], datas bytea[], flags text[], keys text[], expects bigint[], fences bigint[],
    ids text[]
) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    now constant bigint := @schema@.milliseconds();
    clock constant timestamptz := to_timestamp(now / 1000.0);
    -- How long an idempotency key is remembered, in milliseconds.
    remembered constant bigint := 300000;
    generation constant text := @schema@.generation();
    message_bytes constant bigint := (SELECT s.message_bytes FROM @schema@.setting AS s);
    answers text[] := array_fill(NULL::text, ARRAY[cardinality(channels)]);
    -- What was taken.
    channel_ids bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(channels)]);
    offsets bigint[] := channel_ids;
    changed @schema@.channel[] := '{}';
    work record;
    c @schema@.channel;
    i integer;
    bytes bigint;
    -- The idempotency keys of the channel that were seen, also in this call, and what they brought.
    seen text[];
    seen_offsets bigint[];
    before bigint;
    -- The channel's task as this call has it: its retained `state`, and what a change makes of it. Without an offset it
    -- is not looked up yet.
    former bytea;
    former_offset bigint;
    former_time bigint;
    change record;
BEGIN
    FOR work IN
        SELECT stored AS channel, w.numbers, k.ids, k.offsets FROM (
            SELECT u.name, array_agg(u.number ORDER BY u.number) AS numbers, array_agg(u.id) AS ids
            FROM unnest(channels, ids) WITH ORDINALITY AS u(name, id, number) WHERE u.name IS NOT NULL GROUP BY u.name
        ) AS w JOIN @schema@.channel AS stored ON stored.name = w.name
        CROSS JOIN LATERAL (
            SELECT array_agg(r.key) AS ids, array_agg(r."offset") AS offsets FROM @schema@.idempotency AS r
            WHERE r.channel_id = stored.id AND r.key = ANY (w.ids) AND r.time > now - remembered
                AND stored.expires_at > clock
        ) AS k
    LOOP
        c := work.channel;
        seen := work.ids;
        seen_offsets := work.offsets;
        IF c.expires_at <= clock THEN c := @schema@.reborn(c); END IF;
        before := c.top;
        former := NULL;
        former_offset := NULL;
        former_time := NULL;
        FOREACH i IN ARRAY work.numbers LOOP
            bytes := octet_length(datas[i]);
            IF ids[i] = ANY (seen) THEN
                answers[i] := concat('duplicate ', c.epoch, ' ', seen_offsets[array_position(seen, ids[i])]);
                CONTINUE;
            END IF;
            IF c.closed OR fences[i] IS NOT NULL OR expects[i] IS NOT NULL OR bytes > message_bytes THEN
                answers[i] := @schema@.refusal(
                    c, fences[i], expects[i], keys[i], bytes, message_bytes, work.numbers, keys, offsets);
                CONTINUE WHEN answers[i] IS NOT NULL;
                IF position('m' IN flags[i]) > 0 THEN
                    IF former_offset IS NULL THEN
                        SELECT r.data, r."offset", r.time INTO former, former_offset, former_time
                        FROM @schema@.retained AS r
                        WHERE r.channel_id = c.id AND r.key = 'state' AND left(r.flags, 1) = 'j';
                    END IF;
                    SELECT * INTO change
                    FROM @schema@.changed_state(
                        former, former_offset, former_time, c.closed, datas[i], fences[i]);
                    bytes := octet_length(change.data);
                    answers[i] := coalesce(change.answer,
                        CASE WHEN bytes > message_bytes THEN concat('toolarge ', bytes, ' ', message_bytes) END);
                    CONTINUE WHEN answers[i] IS NOT NULL;
                    datas[i] := change.data;
                    flags[i] := CASE WHEN @schema@.is_final(change.state) THEN 'jx' ELSE 'j' END;
                END IF;
                c.fence := greatest(c.fence, fences[i]);
            END IF;
            IF c.generation <> generation THEN c := @schema@.renewed(c); END IF;
            c.top := c.top + 1;
            channel_ids[i] := c.id;
            offsets[i] := c.top;
            answers[i] := c.epoch || ' ' || c.top;
            IF ids[i] IS NOT NULL THEN
                seen := seen || ids[i];
                seen_offsets := seen_offsets || c.top;
            END IF;
            IF keys[i] = 'state' THEN
                former := CASE left(flags[i], 1) WHEN 'j' THEN datas[i] END;
                former_offset := c.top;
                former_time := now;
            END IF;
            c.closed := position('x' IN flags[i]) > 0;
            IF position('c' IN flags[i]) = 0 THEN
                c.log_count := c.log_count + 1;
                c.log_bytes := c.log_bytes + bytes;
            END IF;
        END LOOP;
        CONTINUE WHEN c.top = before;
        IF c.id <> (work.channel).id THEN
            INSERT INTO @schema@.rubbish (channel_id, through) VALUES ((work.channel).id, 9223372036854775807);
        END IF;
        changed := changed || c;
    END LOOP;
    IF changed <> '{}' THEN
        PERFORM @schema@.write(channel_ids, offsets, now, flags, events, keys, datas, ids);
        PERFORM @schema@.keep(changed, clock);
        PERFORM @schema@.announce(changed, now, channel_ids, offsets, flags, events, keys, datas);
    END IF;
    RETURN answers;
END
$$;

-- Why the channel does not take a publication; NULL if it does. `numbers`, `keys` and `offsets`: what the same call has
-- taken before, which is not written yet.
CREATE OR REPLACE FUNCTION @schema@.refusal(
    c @schema@.channel, fence bigint, expect bigint, key text, bytes bigint, message_bytes bigint,
    numbers bigint[], keys text[], offsets bigint[]
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    current bigint;
BEGIN
    IF c.closed AND (fence IS NULL OR fence <= c.fence) THEN RETURN 'closed ' || c.top; END IF;
    IF fence < c.fence THEN RETURN 'fenced ' || c.fence; END IF;
    IF expect IS NOT NULL THEN
        IF key IS NULL THEN RETURN 'expectwithoutkey'; END IF;
        SELECT max(offsets[n.number]) INTO current FROM unnest(numbers) AS n(number) WHERE keys[n.number] = key;
        IF current IS NULL THEN
            SELECT r."offset" INTO current FROM @schema@.retained AS r
            WHERE r.channel_id = c.id AND r.key = refusal.key;
        END IF;
        IF coalesce(current, 0) <> expect THEN RETURN 'conflict ' || coalesce(current, 0); END IF;
    END IF;
    IF bytes > message_bytes THEN RETURN 'toolarge ' || bytes || ' ' || message_bytes; END IF;
    RETURN NULL;
END
$$;
