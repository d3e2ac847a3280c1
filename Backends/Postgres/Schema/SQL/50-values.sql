-- A message as it is in answers: `OFFSET TIME FLAGS EVENT KEY BYTES`, a line feed, the data.
-- One expression without settings of its own, so that the planner puts it in the place of the call.
CREATE OR REPLACE FUNCTION @schema@.encoded(
    "offset" bigint, "time" bigint, flags text, event text, key text, data bytea
) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT convert_to(concat_ws(' ', $1, $2, $3, $4, coalesce($5, ''), octet_length($6)) || E'\n', 'UTF8') || $6
$$;
