-- Which tasks there are, and when to look after each. A row is a hint: what a task is says its channel, so a row may be
-- late, or of a channel that is gone; the gateways that meet one correct it.
CREATE TABLE @schema@.task (
    -- Byte order: rows are locked in this order, so that writers wait for one another but never in a circle.
    channel text COLLATE "C" PRIMARY KEY,
    -- As the gateway calls it; lists choose by it.
    state text COLLATE "C" NOT NULL,
    -- When the task was first written here, which is what lists are ordered by. Milliseconds since 1970, as all here.
    created bigint NOT NULL,
    -- When somebody has to look after it: its lease may have run out, or its channel's time may be over.
    due bigint NOT NULL,
    -- When a claim looks at the row: never after `due`, and seldom changed, because it is indexed: a worker that is
    -- heard from moves `due` alone, which makes no garbage in an index.
    look_at bigint NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
    autovacuum_vacuum_cost_delay = 0);
-- For claims.
CREATE INDEX task_look_at ON @schema@.task (look_at);
-- For lists: of all, and of those in a state.
CREATE INDEX task_newest ON @schema@.task (created, channel);
CREATE INDEX task_state ON @schema@.task (state, created, channel);
