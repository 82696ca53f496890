-- compatible_with: 1
-- Balances that outlive both the counters and the events. An older binary may serve this schema, but what it writes meanwhile
-- is in no balance.

ALTER TABLE usage_events
  ADD COLUMN accounted_at timestamptz,
  ADD COLUMN audio_input_tokens bigint,
  ADD COLUMN audio_output_tokens bigint,
  ADD COLUMN charged boolean NOT NULL DEFAULT true,
  ADD COLUMN refused_count integer NOT NULL DEFAULT 0,
  -- The transaction that stored the row, to be compared with the snapshot a balance was read in.
  ADD COLUMN stamp bigint;
-- Apart from the column, so that rows already there are not rewritten.
ALTER TABLE usage_events ALTER COLUMN stamp SET DEFAULT pg_current_xact_id()::text::bigint;

-- What the events of a UTC day add up to; written by the statement that stores them, never purged. '' and the nil UUID stand
-- for none. The counts change and are in no index, so an update stays on its page while there is room.
CREATE TABLE usage_daily (
  day date NOT NULL,
  key_id uuid NOT NULL,
  project_id uuid NOT NULL,
  team_id uuid NOT NULL,
  end_user text NOT NULL,
  model text NOT NULL,
  route text NOT NULL,
  requests bigint NOT NULL,
  refused bigint NOT NULL,
  errors bigint NOT NULL,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  audio_input_tokens bigint NOT NULL,
  audio_output_tokens bigint NOT NULL,
  total_tokens bigint NOT NULL,
  cost_nanos bigint NOT NULL,
  unpriced_requests bigint NOT NULL,
  CONSTRAINT usage_daily_pkey PRIMARY KEY (day, key_id, project_id, team_id, end_user, model, route)
) WITH (fillfactor = 80);
CREATE INDEX usage_daily_key_idx ON usage_daily (key_id, day);
CREATE INDEX usage_daily_project_idx ON usage_daily (project_id, day)
  WHERE project_id <> '00000000-0000-0000-0000-000000000000';
CREATE INDEX usage_daily_team_idx ON usage_daily (team_id, day)
  WHERE team_id <> '00000000-0000-0000-0000-000000000000';
CREATE INDEX usage_daily_end_user_idx ON usage_daily (end_user, day) WHERE end_user <> '';

INSERT INTO usage_daily
SELECT
  (created_at AT TIME ZONE 'UTC')::date,
  coalesce(key_id, '00000000-0000-0000-0000-000000000000'),
  coalesce(project_id, '00000000-0000-0000-0000-000000000000'),
  coalesce(team_id, '00000000-0000-0000-0000-000000000000'),
  left(coalesce(end_user, ''), 256),
  left(coalesce(model, ''), 256),
  left(route, 256),
  count(*),
  0,
  count(*) FILTER (WHERE status_code >= 400 OR error_code IS NOT NULL),
  least(coalesce(sum(greatest(input_tokens, 0)), 0), 100000000000000000),
  least(coalesce(sum(greatest(output_tokens, 0)), 0), 100000000000000000),
  least(coalesce(sum(greatest(cache_read_tokens, 0)), 0), 100000000000000000),
  least(coalesce(sum(greatest(cache_write_tokens, 0)), 0), 100000000000000000),
  least(coalesce(sum(greatest(reasoning_tokens, 0)), 0), 100000000000000000),
  0,
  0,
  least(coalesce(sum(greatest(total_tokens, 0)), 0), 100000000000000000),
  least(coalesce(sum(greatest(cost_nanos, 0)), 0), 100000000000000000),
  count(*) FILTER (WHERE cost_nanos IS NULL AND total_tokens > 0)
FROM usage_events
GROUP BY 1, 2, 3, 4, 5, 6, 7;
