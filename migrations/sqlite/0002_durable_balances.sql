-- compatible_with: 1
-- Balances that outlive both the counters and the events, as in PostgreSQL's file of the same number. Days are counted from
-- 1970; ids are blobs of 16 bytes, '' and sixteen zero bytes stand for none.

ALTER TABLE usage_events ADD COLUMN accounted_at INTEGER;
ALTER TABLE usage_events ADD COLUMN audio_input_tokens INTEGER;
ALTER TABLE usage_events ADD COLUMN audio_output_tokens INTEGER;
ALTER TABLE usage_events ADD COLUMN charged INTEGER NOT NULL DEFAULT 1;
ALTER TABLE usage_events ADD COLUMN refused_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN stamp INTEGER;

-- Numbers the transactions that store events, to compare a row's stamp with the moment a balance was read.
CREATE TABLE usage_stamps (
  only_row INTEGER NOT NULL DEFAULT 1 PRIMARY KEY CONSTRAINT usage_stamps_one_row CHECK (only_row = 1),
  next INTEGER NOT NULL
) STRICT;
INSERT INTO usage_stamps (next) VALUES (1);

CREATE TABLE usage_daily (
  day INTEGER NOT NULL,
  key_id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  team_id BLOB NOT NULL,
  end_user TEXT NOT NULL,
  model TEXT NOT NULL,
  route TEXT NOT NULL,
  requests INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  audio_input_tokens INTEGER NOT NULL,
  audio_output_tokens INTEGER NOT NULL,
  total_tokens INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL,
  unpriced_requests INTEGER NOT NULL,
  PRIMARY KEY (day, key_id, project_id, team_id, end_user, model, route)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_daily_key_idx ON usage_daily (key_id, day);

INSERT INTO usage_daily
SELECT
  created_at / 86400000000,
  coalesce(key_id, zeroblob(16)),
  coalesce(project_id, zeroblob(16)),
  coalesce(team_id, zeroblob(16)),
  substr(coalesce(end_user, ''), 1, 256),
  substr(coalesce(model, ''), 1, 256),
  substr(route, 1, 256),
  count(*),
  0,
  count(*) FILTER (WHERE status_code >= 400 OR error_code IS NOT NULL),
  min(sum(min(max(coalesce(input_tokens, 0), 0), 1000000000000)), 100000000000000000),
  min(sum(min(max(coalesce(output_tokens, 0), 0), 1000000000000)), 100000000000000000),
  min(sum(min(max(coalesce(cache_read_tokens, 0), 0), 1000000000000)), 100000000000000000),
  min(sum(min(max(coalesce(cache_write_tokens, 0), 0), 1000000000000)), 100000000000000000),
  min(sum(min(max(coalesce(reasoning_tokens, 0), 0), 1000000000000)), 100000000000000000),
  0,
  0,
  min(sum(min(max(coalesce(total_tokens, 0), 0), 1000000000000)), 100000000000000000),
  min(sum(min(max(coalesce(cost_nanos, 0), 0), 1000000000000000)), 100000000000000000),
  count(*) FILTER (WHERE cost_nanos IS NULL AND total_tokens > 0)
FROM usage_events
GROUP BY 1, 2, 3, 4, 5, 6, 7;
