-- What the functions go by, as the gateway's configuration says.

-- Puts settings in force: {"message_bytes": N, "publish": "notify" | "relay", "task_namespace": TEXT, "policies":
-- {"": {"messages": N, "bytes": N, "ttl_ms": N, "ttl_after_close_ms": N | null}, "NAMESPACE:": …}}. What is absent stays
-- as it is; "policies" replaces them all. Returns whether that has changed anything; where not, nothing is written.
CREATE OR REPLACE FUNCTION @schema@.configure(settings jsonb) RETURNS boolean LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms' AS $$
DECLARE
    done integer;
    changes integer;
BEGIN
    -- Gateways that start together agree one after the other.
    PERFORM pg_advisory_xact_lock(hashtextextended('@name@ configure', 0));
    UPDATE @schema@.setting AS s
    SET message_bytes = n.message_bytes, publish = n.publish, task_namespace = n.task_namespace
    FROM (
        SELECT coalesce((settings ->> 'message_bytes')::bigint, o.message_bytes) AS message_bytes,
            coalesce(settings ->> 'publish', o.publish) AS publish,
            coalesce(settings ->> 'task_namespace', o.task_namespace) AS task_namespace
        FROM @schema@.setting AS o
    ) AS n
    WHERE (s.message_bytes, s.publish, s.task_namespace) <> (n.message_bytes, n.publish, n.task_namespace);
    GET DIAGNOSTICS changes = ROW_COUNT;
    IF NOT settings ? 'policies' THEN RETURN changes > 0; END IF;
    -- The default policy is never absent.
    DELETE FROM @schema@.policy AS p WHERE p.prefix <> '' AND NOT settings -> 'policies' ? p.prefix;
    GET DIAGNOSTICS done = ROW_COUNT;
    changes := changes + done;
    INSERT INTO @schema@.policy AS p (prefix, messages, bytes, ttl, ttl_after_close)
    SELECT n.key, (n.value ->> 'messages')::bigint, (n.value ->> 'bytes')::bigint, (n.value ->> 'ttl_ms')::bigint,
        (n.value ->> 'ttl_after_close_ms')::bigint
    FROM jsonb_each(settings -> 'policies') AS n
    ON CONFLICT (prefix) DO UPDATE
    SET messages = excluded.messages, bytes = excluded.bytes, ttl = excluded.ttl,
        ttl_after_close = excluded.ttl_after_close
    WHERE (p.messages, p.bytes, p.ttl, p.ttl_after_close)
        IS DISTINCT FROM (excluded.messages, excluded.bytes, excluded.ttl, excluded.ttl_after_close);
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN changes + done > 0;
END
$$;
