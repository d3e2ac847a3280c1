-- What `take` answers, in the words of an SQL error.

-- `code` is NULL for what was taken.
CREATE OR REPLACE FUNCTION @schema@.explained(answer text, OUT code text, OUT message text, OUT hint text)
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    words constant text[] := string_to_array(answer, ' ');
BEGIN
    IF answer IS NULL THEN RAISE EXCEPTION 'the row of a locked channel is gone'; END IF;
    CASE words[1]
    WHEN 'toolarge' THEN
        code := 'TT002';
        message := format('the data has %s bytes; at most %s are allowed', words[2], words[3]);
        hint := 'Publish where the data is to be found, or raise limits.message_bytes of the gateway.';
    WHEN 'closed' THEN
        code := 'TT003';
        message := format('the channel is closed; its last message has offset %s', words[2]);
        hint := 'Only a fence that is higher than any before opens it again.';
    WHEN 'fenced' THEN
        code := 'TT004';
        message := format('a later producer has written here, with fence %s', words[2]);
        hint := format('Stop, or begin anew with a fence of at least %s.', words[2]);
    WHEN 'conflict' THEN
        code := 'TT005';
        message := format('the retained message of this key has offset %s (0: there is none)', words[2]);
        hint := 'Read it, and decide again what to publish.';
    WHEN 'illegal' THEN
        code := 'TT006';
        message := format('the task is %s in attempt %s, and can''t be %s', words[2], words[3], words[4]);
        hint := 'A task is queued, started, then finished, failed or cancelled; then a higher attempt may begin.';
    WHEN 'notask' THEN
        code := 'TT006';
        message := 'there is no such task';
        hint := 'Begin with the state queued or started.';
    WHEN 'expectwithoutkey' THEN
        code := 'TT001';
        message := 'expect compares with the retained message of a key';
        hint := 'Give retain => KEY as well.';
    ELSE
        NULL;
    END CASE;
END
$$;

CREATE OR REPLACE FUNCTION @schema@.refuse(channel text, answer text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    e record;
BEGIN
    SELECT * INTO e FROM @schema@.explained(answer);
    IF e.code IS NOT NULL THEN PERFORM @schema@.fail(e.code, e.message, e.hint, 'Channel ' || channel || '.'); END IF;
END
$$;
