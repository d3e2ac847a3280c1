-- When a transaction's publications are delivered: at its commit, before all else can see it.
CREATE CONSTRAINT TRIGGER deliver AFTER INSERT ON @schema@.pending
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION @schema@.deliver();
