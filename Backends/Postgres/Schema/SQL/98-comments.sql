-- What a person sees who looks at the schema with a client.
COMMENT ON TABLE @schema@.setting IS 'What the functions go by; written by the gateway from its configuration.';
COMMENT ON TABLE @schema@.policy IS 'How much of a channel is kept, and how long, by namespace; from the configuration.';
COMMENT ON TABLE @schema@.life IS 'A word that is lost where commits may have been: a server''s crash, a promotion.';
COMMENT ON TABLE @schema@.channel IS 'One row a channel, and the lock of all that belongs to it.';
COMMENT ON TABLE @schema@.message IS 'The channels'' logs. See the view log.';
COMMENT ON TABLE @schema@.retained IS 'The newest message of each retain key.';
COMMENT ON TABLE @schema@.idempotency IS 'The idempotency keys of the last five minutes.';
COMMENT ON TABLE @schema@.pending IS 'Published by transactions that are still to commit.';
COMMENT ON TABLE @schema@.outbox IS 'Published, but without an offset until the relay has come.';
COMMENT ON TABLE @schema@.rubbish IS 'What clean() has to delete.';
COMMENT ON TABLE @schema@.refused IS 'Relayed publications that their channel did not take; the newest 10,000.';
COMMENT ON TABLE @schema@.restoring IS 'Copies from another broker that are being written.';
COMMENT ON TABLE @schema@.task IS 'Which tasks there are, and when a gateway looks after each.';
COMMENT ON VIEW @schema@.log IS 'The logs of the living channels, as text.';
COMMENT ON FUNCTION @schema@.publish IS 'Publishes a message on a channel when this transaction commits.';
COMMENT ON FUNCTION @schema@.task IS 'Publishes a task''s state, progress or log, and keeps its lease, when this transaction commits.';
