-- compatible_with: 3
-- What analytics answers from, as in PostgreSQL's file of the same number. Ids are blobs of 16 bytes, '' and sixteen zero bytes
-- stand for none. A period is read whole, in the order of the primary key: no other index is worth its upkeep here.

CREATE TABLE usage_hourly_traffic (
  period INTEGER NOT NULL,
  model TEXT NOT NULL,
  provider TEXT NOT NULL,
  service TEXT NOT NULL,
  route TEXT NOT NULL,
  status_code INTEGER NOT NULL,
  error_code TEXT NOT NULL,
  requests INTEGER NOT NULL, refused INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL, audio_input_tokens INTEGER NOT NULL,
  audio_output_tokens INTEGER NOT NULL, total_tokens INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL, unpriced INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL, first_tokens INTEGER NOT NULL, first_token_ms INTEGER NOT NULL,
  fallbacks INTEGER NOT NULL,
  PRIMARY KEY (period, model, provider, service, route, status_code, error_code)
) STRICT, WITHOUT ROWID;

-- What is most asked for, whose requests they were, in fewer rows than with what they asked for.
CREATE TABLE usage_daily_scopes (
  period INTEGER NOT NULL,
  key_id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  team_id BLOB NOT NULL,
  status_code INTEGER NOT NULL,
  error_code TEXT NOT NULL,
  requests INTEGER NOT NULL, refused INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL, audio_input_tokens INTEGER NOT NULL,
  audio_output_tokens INTEGER NOT NULL, total_tokens INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL, unpriced INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL, first_tokens INTEGER NOT NULL, first_token_ms INTEGER NOT NULL,
  fallbacks INTEGER NOT NULL,
  PRIMARY KEY (period, key_id, project_id, team_id, status_code, error_code)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_daily_keys (
  period INTEGER NOT NULL,
  key_id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  team_id BLOB NOT NULL,
  model TEXT NOT NULL,
  provider TEXT NOT NULL,
  service TEXT NOT NULL,
  route TEXT NOT NULL,
  status_code INTEGER NOT NULL,
  error_code TEXT NOT NULL,
  requests INTEGER NOT NULL, refused INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL, audio_input_tokens INTEGER NOT NULL,
  audio_output_tokens INTEGER NOT NULL, total_tokens INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL, unpriced INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL, first_tokens INTEGER NOT NULL, first_token_ms INTEGER NOT NULL,
  fallbacks INTEGER NOT NULL,
  PRIMARY KEY (period, key_id, project_id, team_id, model, provider, service, route, status_code, error_code)
) STRICT, WITHOUT ROWID;

-- Only requests that name an end user; the same goes for tags, of which each of a request counts, and for tasks.
CREATE TABLE usage_daily_end_users (
  period INTEGER NOT NULL,
  end_user TEXT NOT NULL,
  key_id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  team_id BLOB NOT NULL,
  status_code INTEGER NOT NULL,
  error_code TEXT NOT NULL,
  requests INTEGER NOT NULL, refused INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL, audio_input_tokens INTEGER NOT NULL,
  audio_output_tokens INTEGER NOT NULL, total_tokens INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL, unpriced INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL, first_tokens INTEGER NOT NULL, first_token_ms INTEGER NOT NULL,
  fallbacks INTEGER NOT NULL,
  PRIMARY KEY (period, end_user, key_id, project_id, team_id, status_code, error_code)
) STRICT, WITHOUT ROWID;

-- The same by seven days counted from 1970: there are many end users, and whoever looks at all of them looks at weeks.
CREATE TABLE usage_weekly_end_users (
  period INTEGER NOT NULL,
  end_user TEXT NOT NULL,
  key_id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  team_id BLOB NOT NULL,
  status_code INTEGER NOT NULL,
  error_code TEXT NOT NULL,
  requests INTEGER NOT NULL, refused INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL, audio_input_tokens INTEGER NOT NULL,
  audio_output_tokens INTEGER NOT NULL, total_tokens INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL, unpriced INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL, first_tokens INTEGER NOT NULL, first_token_ms INTEGER NOT NULL,
  fallbacks INTEGER NOT NULL,
  PRIMARY KEY (period, end_user, key_id, project_id, team_id, status_code, error_code)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_daily_tags (
  period INTEGER NOT NULL,
  tag TEXT NOT NULL,
  project_id BLOB NOT NULL,
  team_id BLOB NOT NULL,
  status_code INTEGER NOT NULL,
  error_code TEXT NOT NULL,
  requests INTEGER NOT NULL, refused INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL, audio_input_tokens INTEGER NOT NULL,
  audio_output_tokens INTEGER NOT NULL, total_tokens INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL, unpriced INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL, first_tokens INTEGER NOT NULL, first_token_ms INTEGER NOT NULL,
  fallbacks INTEGER NOT NULL,
  PRIMARY KEY (period, tag, project_id, team_id, status_code, error_code)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_daily_tasks (
  period INTEGER NOT NULL,
  task_id TEXT NOT NULL,
  key_id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  team_id BLOB NOT NULL,
  status_code INTEGER NOT NULL,
  error_code TEXT NOT NULL,
  requests INTEGER NOT NULL, refused INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL, audio_input_tokens INTEGER NOT NULL,
  audio_output_tokens INTEGER NOT NULL, total_tokens INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL, unpriced INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL, first_tokens INTEGER NOT NULL, first_token_ms INTEGER NOT NULL,
  fallbacks INTEGER NOT NULL,
  PRIMARY KEY (period, task_id, key_id, project_id, team_id, status_code, error_code)
) STRICT, WITHOUT ROWID;

-- Events come in the order of their time, so this index only grows at its end.
CREATE INDEX usage_events_created_idx ON usage_events (created_at);

-- Events from before this moment (microseconds since 1970) may have been deleted; what they add up to has not.
CREATE TABLE usage_retention (
  only_row INTEGER NOT NULL DEFAULT 1 PRIMARY KEY CONSTRAINT usage_retention_one_row CHECK (only_row = 1),
  purged_before INTEGER
) STRICT;
INSERT INTO usage_retention (purged_before) VALUES (NULL);

CREATE TEMPORARY VIEW measured AS
SELECT
  created_at / 3600000000 AS hour,
  created_at / 86400000000 AS day,
  request_id,
  coalesce(key_id, zeroblob(16)) AS key_id,
  coalesce(project_id, zeroblob(16)) AS project_id,
  coalesce(team_id, zeroblob(16)) AS team_id,
  substr(coalesce(model, ''), 1, 256) AS model,
  substr(coalesce(provider, ''), 1, 256) AS provider,
  substr(coalesce(service_name, ''), 1, 256) AS service,
  substr(route, 1, 256) AS route,
  substr(coalesce(error_code, ''), 1, 256) AS error_code,
  substr(coalesce(end_user, ''), 1, 256) AS end_user,
  substr(coalesce(task_id, ''), 1, 256) AS task_id,
  status_code,
  tags,
  CASE WHEN refused_count > 0 THEN refused_count ELSE 1 END AS requests,
  CASE WHEN refused_count > 0 THEN refused_count ELSE 0 END AS refused,
  min(max(coalesce(input_tokens, 0), 0), 1000000000000) AS input_tokens,
  min(max(coalesce(output_tokens, 0), 0), 1000000000000) AS output_tokens,
  min(max(coalesce(cache_read_tokens, 0), 0), 1000000000000) AS cache_read_tokens,
  min(max(coalesce(cache_write_tokens, 0), 0), 1000000000000) AS cache_write_tokens,
  min(max(coalesce(reasoning_tokens, 0), 0), 1000000000000) AS reasoning_tokens,
  min(max(coalesce(audio_input_tokens, 0), 0), 1000000000000) AS audio_input_tokens,
  min(max(coalesce(audio_output_tokens, 0), 0), 1000000000000) AS audio_output_tokens,
  min(max(coalesce(total_tokens, 0), 0), 1000000000000) AS total_tokens,
  min(max(coalesce(cost_nanos, 0), 0), 1000000000000000) AS cost_nanos,
  CASE WHEN charged AND cost_nanos IS NULL AND total_tokens > 0 THEN 1 ELSE 0 END AS unpriced,
  CASE WHEN refused_count > 0 THEN 0 ELSE min(max(coalesce(latency_ms, 0), 0), 1000000000000) END AS latency_ms,
  CASE WHEN refused_count <= 0 AND time_to_first_token_ms IS NOT NULL THEN 1 ELSE 0 END AS first_tokens,
  CASE WHEN refused_count > 0 THEN 0 ELSE min(max(coalesce(time_to_first_token_ms, 0), 0), 1000000000000) END AS first_token_ms,
  CASE WHEN fallback_count > 0 THEN 1 ELSE 0 END AS fallbacks
FROM usage_events;

INSERT INTO usage_hourly_traffic
SELECT hour, model, provider, service, route, status_code, error_code,
  min(sum(requests), 100000000000000000),
  min(sum(refused), 100000000000000000),
  min(sum(input_tokens), 100000000000000000),
  min(sum(output_tokens), 100000000000000000),
  min(sum(cache_read_tokens), 100000000000000000),
  min(sum(cache_write_tokens), 100000000000000000),
  min(sum(reasoning_tokens), 100000000000000000),
  min(sum(audio_input_tokens), 100000000000000000),
  min(sum(audio_output_tokens), 100000000000000000),
  min(sum(total_tokens), 100000000000000000),
  min(sum(cost_nanos), 100000000000000000),
  min(sum(unpriced), 100000000000000000),
  min(sum(latency_ms), 100000000000000000),
  min(sum(first_tokens), 100000000000000000),
  min(sum(first_token_ms), 100000000000000000),
  min(sum(fallbacks), 100000000000000000)
FROM measured
GROUP BY 1, 2, 3, 4, 5, 6, 7;

INSERT INTO usage_daily_scopes
SELECT day, key_id, project_id, team_id, status_code, error_code,
  min(sum(requests), 100000000000000000),
  min(sum(refused), 100000000000000000),
  min(sum(input_tokens), 100000000000000000),
  min(sum(output_tokens), 100000000000000000),
  min(sum(cache_read_tokens), 100000000000000000),
  min(sum(cache_write_tokens), 100000000000000000),
  min(sum(reasoning_tokens), 100000000000000000),
  min(sum(audio_input_tokens), 100000000000000000),
  min(sum(audio_output_tokens), 100000000000000000),
  min(sum(total_tokens), 100000000000000000),
  min(sum(cost_nanos), 100000000000000000),
  min(sum(unpriced), 100000000000000000),
  min(sum(latency_ms), 100000000000000000),
  min(sum(first_tokens), 100000000000000000),
  min(sum(first_token_ms), 100000000000000000),
  min(sum(fallbacks), 100000000000000000)
FROM measured
GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO usage_daily_keys
SELECT day, key_id, project_id, team_id, model, provider, service, route, status_code, error_code,
  min(sum(requests), 100000000000000000),
  min(sum(refused), 100000000000000000),
  min(sum(input_tokens), 100000000000000000),
  min(sum(output_tokens), 100000000000000000),
  min(sum(cache_read_tokens), 100000000000000000),
  min(sum(cache_write_tokens), 100000000000000000),
  min(sum(reasoning_tokens), 100000000000000000),
  min(sum(audio_input_tokens), 100000000000000000),
  min(sum(audio_output_tokens), 100000000000000000),
  min(sum(total_tokens), 100000000000000000),
  min(sum(cost_nanos), 100000000000000000),
  min(sum(unpriced), 100000000000000000),
  min(sum(latency_ms), 100000000000000000),
  min(sum(first_tokens), 100000000000000000),
  min(sum(first_token_ms), 100000000000000000),
  min(sum(fallbacks), 100000000000000000)
FROM measured
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;

INSERT INTO usage_daily_end_users
SELECT day, end_user, key_id, project_id, team_id, status_code, error_code,
  min(sum(requests), 100000000000000000),
  min(sum(refused), 100000000000000000),
  min(sum(input_tokens), 100000000000000000),
  min(sum(output_tokens), 100000000000000000),
  min(sum(cache_read_tokens), 100000000000000000),
  min(sum(cache_write_tokens), 100000000000000000),
  min(sum(reasoning_tokens), 100000000000000000),
  min(sum(audio_input_tokens), 100000000000000000),
  min(sum(audio_output_tokens), 100000000000000000),
  min(sum(total_tokens), 100000000000000000),
  min(sum(cost_nanos), 100000000000000000),
  min(sum(unpriced), 100000000000000000),
  min(sum(latency_ms), 100000000000000000),
  min(sum(first_tokens), 100000000000000000),
  min(sum(first_token_ms), 100000000000000000),
  min(sum(fallbacks), 100000000000000000)
FROM measured
WHERE end_user <> ''
GROUP BY 1, 2, 3, 4, 5, 6, 7;

INSERT INTO usage_weekly_end_users
SELECT period / 7, end_user, key_id, project_id, team_id, status_code, error_code,
  min(sum(requests), 100000000000000000),
  min(sum(refused), 100000000000000000),
  min(sum(input_tokens), 100000000000000000),
  min(sum(output_tokens), 100000000000000000),
  min(sum(cache_read_tokens), 100000000000000000),
  min(sum(cache_write_tokens), 100000000000000000),
  min(sum(reasoning_tokens), 100000000000000000),
  min(sum(audio_input_tokens), 100000000000000000),
  min(sum(audio_output_tokens), 100000000000000000),
  min(sum(total_tokens), 100000000000000000),
  min(sum(cost_nanos), 100000000000000000),
  min(sum(unpriced), 100000000000000000),
  min(sum(latency_ms), 100000000000000000),
  min(sum(first_tokens), 100000000000000000),
  min(sum(first_token_ms), 100000000000000000),
  min(sum(fallbacks), 100000000000000000)
FROM usage_daily_end_users
GROUP BY 1, 2, 3, 4, 5, 6, 7;

-- A row per tag: what is in front of each comma, trimmed.
CREATE TEMPORARY VIEW tag_list AS
WITH RECURSIVE split (request_id, place, part, rest) AS (
  SELECT request_id, 0, '', tags || ',' FROM usage_events WHERE tags IS NOT NULL
  UNION ALL
  SELECT request_id, place + 1, trim(substr(rest, 1, instr(rest, ',') - 1), ' ' || char(9)), substr(rest, instr(rest, ',') + 1)
  FROM split
  WHERE rest <> ''
)
SELECT request_id, tag
FROM (
  SELECT request_id, substr(part, 1, 256) AS tag, row_number() OVER (PARTITION BY request_id ORDER BY min(place)) AS nth
  FROM split
  WHERE part <> ''
  GROUP BY 1, 2
)
WHERE nth <= 16;

INSERT INTO usage_daily_tags
SELECT day, tag, project_id, team_id, status_code, error_code,
  min(sum(requests), 100000000000000000),
  min(sum(refused), 100000000000000000),
  min(sum(input_tokens), 100000000000000000),
  min(sum(output_tokens), 100000000000000000),
  min(sum(cache_read_tokens), 100000000000000000),
  min(sum(cache_write_tokens), 100000000000000000),
  min(sum(reasoning_tokens), 100000000000000000),
  min(sum(audio_input_tokens), 100000000000000000),
  min(sum(audio_output_tokens), 100000000000000000),
  min(sum(total_tokens), 100000000000000000),
  min(sum(cost_nanos), 100000000000000000),
  min(sum(unpriced), 100000000000000000),
  min(sum(latency_ms), 100000000000000000),
  min(sum(first_tokens), 100000000000000000),
  min(sum(first_token_ms), 100000000000000000),
  min(sum(fallbacks), 100000000000000000)
FROM measured
JOIN tag_list USING (request_id)
GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO usage_daily_tasks
SELECT day, task_id, key_id, project_id, team_id, status_code, error_code,
  min(sum(requests), 100000000000000000),
  min(sum(refused), 100000000000000000),
  min(sum(input_tokens), 100000000000000000),
  min(sum(output_tokens), 100000000000000000),
  min(sum(cache_read_tokens), 100000000000000000),
  min(sum(cache_write_tokens), 100000000000000000),
  min(sum(reasoning_tokens), 100000000000000000),
  min(sum(audio_input_tokens), 100000000000000000),
  min(sum(audio_output_tokens), 100000000000000000),
  min(sum(total_tokens), 100000000000000000),
  min(sum(cost_nanos), 100000000000000000),
  min(sum(unpriced), 100000000000000000),
  min(sum(latency_ms), 100000000000000000),
  min(sum(first_tokens), 100000000000000000),
  min(sum(first_token_ms), 100000000000000000),
  min(sum(fallbacks), 100000000000000000)
FROM measured
WHERE task_id <> ''
GROUP BY 1, 2, 3, 4, 5, 6, 7;

DROP VIEW tag_list;
DROP VIEW measured;
