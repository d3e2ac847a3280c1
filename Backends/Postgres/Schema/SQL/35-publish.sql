-- Publishing in one's own transaction.

-- Whether this transaction leaves its publications to the relay, whatever the setting. One that takes channels' locks
-- twice could take them in two orders, and one that has an old picture of them cannot give offsets.
CREATE OR REPLACE FUNCTION @schema@.must_relay() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT current_setting('@name@.delivered', true) <> ''
        OR current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted')
        -- Without triggers nothing would deliver it.
        OR current_setting('session_replication_role') = 'replica'
$$;

-- Publishes a message on `channel` when the transaction commits, and not if it rolls back; what was published is in
-- the order of commits. What is wrong with it is raised at once where it can be known: TT001 a bad argument, TT002
-- too large, TT003 closed, TT004 fenced; and finally, with TT005 conflict, at the commit. `retain`: the key of which
-- this becomes the newest; `conflate`: it is kept as that only, and is not in the log; `expect`: only if the retained
-- message of this key has this offset (0: if there is none); `fence`: the producer's generation, refused below the
-- highest seen; `close`: nothing comes after it; `id`: an idempotency key, publishing nothing if it was seen within 5
-- minutes.
CREATE OR REPLACE FUNCTION @schema@.publish(
    channel text, data text, event text DEFAULT 'message', format text DEFAULT 'text', retain text DEFAULT NULL,
    conflate boolean DEFAULT false, expect bigint DEFAULT NULL, fence bigint DEFAULT NULL, close boolean DEFAULT false,
    id text DEFAULT NULL
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    must_relay constant boolean := @schema@.must_relay();
    flags constant text := concat(CASE format WHEN 'json' THEN 'j' ELSE 't' END, CASE WHEN conflate THEN 'c' END,
        CASE WHEN close THEN 'x' END);
    is_foreseen boolean := false;
    is_relayed boolean;
BEGIN
    -- The plainest are told at a glance.
    IF (@schema@.is_channel(channel) AND event = 'message' AND format = 'text'
        AND NOT conflate AND data IS NOT NULL AND num_nonnulls(retain, expect, fence, id) = 0) IS NOT TRUE
    THEN
        PERFORM @schema@.check_publication(channel, data, event, format, retain, conflate, expect, fence, id);
    END IF;
    LOOP
        -- One statement for most: what nothing speaks against, as far as can be seen.
        WITH s AS (
            SELECT o.publish = 'relay' OR must_relay IS TRUE AS is_relayed FROM @schema@.setting AS o
            WHERE is_foreseen OR format = 'text' AND octet_length(data) <= o.message_bytes AND NOT EXISTS (
                SELECT FROM @schema@.channel AS c WHERE c.name = channel AND (c.closed OR c.fence > fence))
        ), leaving AS (
            INSERT INTO @schema@.outbox (channel, event, data, flags, key, expect, fence, id)
            SELECT channel, event, convert_to(data, 'UTF8'), flags, retain, expect, fence, id
            FROM s WHERE s.is_relayed
        ), keeping AS (
            INSERT INTO @schema@.pending (channel, event, data, flags, key, expect, fence, id)
            SELECT channel, event, convert_to(data, 'UTF8'), flags, retain, expect, fence, id
            FROM s WHERE NOT s.is_relayed
        )
        SELECT s.is_relayed INTO is_relayed FROM s;
        EXIT WHEN FOUND;
        IF is_foreseen THEN
            RAISE 'the table "@name@".setting is empty'
                USING HINT = 'Start a gateway with this schema, or restore the table.';
        END IF;
        PERFORM @schema@.foresee(channel, data, format, fence, id);
        is_foreseen := true;
    END LOOP;
    IF must_relay THEN
        PERFORM pg_notify('@name@_relay', '') FROM @schema@.setting AS s WHERE s.publish <> 'relay';
    END IF;
END
$$;

-- Raises what is already sure to be refused: the data, or that the channel is closed or fenced. The channel may look
-- otherwise at the commit, where it counts.
CREATE OR REPLACE FUNCTION @schema@.foresee(
    channel text, data text, format text, fence bigint, id text
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    message_bytes constant bigint := (SELECT s.message_bytes FROM @schema@.setting AS s);
    c record;
BEGIN
    IF octet_length(data) > message_bytes THEN
        PERFORM @schema@.refuse(channel, concat('toolarge ', octet_length(data), ' ', message_bytes));
    ELSIF format = 'json' THEN
        PERFORM @schema@.check_json(data);
    END IF;
    SELECT o.id, o.closed, o.fence, o.top INTO c FROM @schema@.channel AS o
    WHERE o.name = channel AND (o.closed OR o.fence > fence) AND o.expires_at > clock_timestamp();
    IF NOT FOUND OR c.closed AND (fence > c.fence OR fence IS NOT NULL AND c.fence IS NULL)
        -- A repetition is taken, whatever the channel is.
        OR EXISTS (SELECT FROM @schema@.idempotency AS k WHERE k.channel_id = c.id AND k.key = id)
    THEN RETURN; END IF;
    IF NOT c.closed THEN PERFORM @schema@.refuse(channel, 'fenced ' || c.fence); END IF;
    -- Something on its way may open it again.
    IF EXISTS (SELECT FROM @schema@.outbox AS o WHERE o.channel = channel AND o.fence IS NOT NULL)
        OR EXISTS (SELECT FROM @schema@.pending AS p WHERE p.xid = pg_current_xact_id_if_assigned()
            AND p.channel = channel AND p.fence IS NOT NULL)
    THEN RETURN; END IF;
    PERFORM @schema@.refuse(channel, 'closed ' || c.top);
END
$$;
