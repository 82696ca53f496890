-- compatible_with: 3
-- What analytics answers from: sums of events by the hour or day (UTC) of created_at, written by the statement that stores the
-- events and never purged. An older binary may serve this schema, but what it writes meanwhile is in none of these sums. `period`
-- is the number of the hour or day since 1970; '' and the nil UUID stand for none. The measures are in no index, so an update
-- stays on its page while there is room.

CREATE TABLE usage_hourly_traffic (
  period bigint NOT NULL,
  model text NOT NULL,
  provider text NOT NULL,
  service text NOT NULL,
  route text NOT NULL,
  status_code integer NOT NULL,
  error_code text NOT NULL,
  requests bigint NOT NULL, refused bigint NOT NULL,
  input_tokens bigint NOT NULL, output_tokens bigint NOT NULL, cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL, reasoning_tokens bigint NOT NULL, audio_input_tokens bigint NOT NULL,
  audio_output_tokens bigint NOT NULL, total_tokens bigint NOT NULL,
  cost_nanos bigint NOT NULL, unpriced bigint NOT NULL,
  latency_ms bigint NOT NULL, first_tokens bigint NOT NULL, first_token_ms bigint NOT NULL,
  fallbacks bigint NOT NULL,
  CONSTRAINT usage_hourly_traffic_pkey PRIMARY KEY (period, model, provider, service, route, status_code, error_code)
) WITH (fillfactor = 80);

-- What is most asked for, whose requests they were, in fewer rows than with what they asked for.
CREATE TABLE usage_daily_scopes (
  period bigint NOT NULL,
  key_id uuid NOT NULL,
  project_id uuid NOT NULL,
  team_id uuid NOT NULL,
  status_code integer NOT NULL,
  error_code text NOT NULL,
  requests bigint NOT NULL, refused bigint NOT NULL,
  input_tokens bigint NOT NULL, output_tokens bigint NOT NULL, cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL, reasoning_tokens bigint NOT NULL, audio_input_tokens bigint NOT NULL,
  audio_output_tokens bigint NOT NULL, total_tokens bigint NOT NULL,
  cost_nanos bigint NOT NULL, unpriced bigint NOT NULL,
  latency_ms bigint NOT NULL, first_tokens bigint NOT NULL, first_token_ms bigint NOT NULL,
  fallbacks bigint NOT NULL,
  CONSTRAINT usage_daily_scopes_pkey PRIMARY KEY (period, key_id, project_id, team_id, status_code, error_code)
) WITH (fillfactor = 80);
CREATE INDEX usage_daily_scopes_key_idx ON usage_daily_scopes (key_id, period);
CREATE INDEX usage_daily_scopes_project_idx ON usage_daily_scopes (project_id, period) WHERE project_id <> '00000000-0000-0000-0000-000000000000';

CREATE TABLE usage_daily_keys (
  period bigint NOT NULL,
  key_id uuid NOT NULL,
  project_id uuid NOT NULL,
  team_id uuid NOT NULL,
  model text NOT NULL,
  provider text NOT NULL,
  service text NOT NULL,
  route text NOT NULL,
  status_code integer NOT NULL,
  error_code text NOT NULL,
  requests bigint NOT NULL, refused bigint NOT NULL,
  input_tokens bigint NOT NULL, output_tokens bigint NOT NULL, cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL, reasoning_tokens bigint NOT NULL, audio_input_tokens bigint NOT NULL,
  audio_output_tokens bigint NOT NULL, total_tokens bigint NOT NULL,
  cost_nanos bigint NOT NULL, unpriced bigint NOT NULL,
  latency_ms bigint NOT NULL, first_tokens bigint NOT NULL, first_token_ms bigint NOT NULL,
  fallbacks bigint NOT NULL,
  CONSTRAINT usage_daily_keys_pkey PRIMARY KEY (period, key_id, project_id, team_id, model, provider, service, route, status_code, error_code)
) WITH (fillfactor = 80);
CREATE INDEX usage_daily_keys_key_idx ON usage_daily_keys (key_id, period);
CREATE INDEX usage_daily_keys_project_idx ON usage_daily_keys (project_id, period) WHERE project_id <> '00000000-0000-0000-0000-000000000000';

-- Only requests that name an end user; the same goes for tags, of which each of a request counts, and for tasks.
CREATE TABLE usage_daily_end_users (
  period bigint NOT NULL,
  end_user text NOT NULL,
  key_id uuid NOT NULL,
  project_id uuid NOT NULL,
  team_id uuid NOT NULL,
  status_code integer NOT NULL,
  error_code text NOT NULL,
  requests bigint NOT NULL, refused bigint NOT NULL,
  input_tokens bigint NOT NULL, output_tokens bigint NOT NULL, cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL, reasoning_tokens bigint NOT NULL, audio_input_tokens bigint NOT NULL,
  audio_output_tokens bigint NOT NULL, total_tokens bigint NOT NULL,
  cost_nanos bigint NOT NULL, unpriced bigint NOT NULL,
  latency_ms bigint NOT NULL, first_tokens bigint NOT NULL, first_token_ms bigint NOT NULL,
  fallbacks bigint NOT NULL,
  CONSTRAINT usage_daily_end_users_pkey PRIMARY KEY (period, end_user, key_id, project_id, team_id, status_code, error_code)
) WITH (fillfactor = 80);
CREATE INDEX usage_daily_end_users_name_idx ON usage_daily_end_users (end_user, period);

-- The same by seven days counted from 1970: there are many end users, and whoever looks at all of them looks at weeks.
CREATE TABLE usage_weekly_end_users (
  period bigint NOT NULL,
  end_user text NOT NULL,
  key_id uuid NOT NULL,
  project_id uuid NOT NULL,
  team_id uuid NOT NULL,
  status_code integer NOT NULL,
  error_code text NOT NULL,
  requests bigint NOT NULL, refused bigint NOT NULL,
  input_tokens bigint NOT NULL, output_tokens bigint NOT NULL, cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL, reasoning_tokens bigint NOT NULL, audio_input_tokens bigint NOT NULL,
  audio_output_tokens bigint NOT NULL, total_tokens bigint NOT NULL,
  cost_nanos bigint NOT NULL, unpriced bigint NOT NULL,
  latency_ms bigint NOT NULL, first_tokens bigint NOT NULL, first_token_ms bigint NOT NULL,
  fallbacks bigint NOT NULL,
  CONSTRAINT usage_weekly_end_users_pkey PRIMARY KEY (period, end_user, key_id, project_id, team_id, status_code, error_code)
) WITH (fillfactor = 80);
CREATE INDEX usage_weekly_end_users_name_idx ON usage_weekly_end_users (end_user, period);

CREATE TABLE usage_daily_tags (
  period bigint NOT NULL,
  tag text NOT NULL,
  project_id uuid NOT NULL,
  team_id uuid NOT NULL,
  status_code integer NOT NULL,
  error_code text NOT NULL,
  requests bigint NOT NULL, refused bigint NOT NULL,
  input_tokens bigint NOT NULL, output_tokens bigint NOT NULL, cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL, reasoning_tokens bigint NOT NULL, audio_input_tokens bigint NOT NULL,
  audio_output_tokens bigint NOT NULL, total_tokens bigint NOT NULL,
  cost_nanos bigint NOT NULL, unpriced bigint NOT NULL,
  latency_ms bigint NOT NULL, first_tokens bigint NOT NULL, first_token_ms bigint NOT NULL,
  fallbacks bigint NOT NULL,
  CONSTRAINT usage_daily_tags_pkey PRIMARY KEY (period, tag, project_id, team_id, status_code, error_code)
) WITH (fillfactor = 80);

CREATE TABLE usage_daily_tasks (
  period bigint NOT NULL,
  task_id text NOT NULL,
  key_id uuid NOT NULL,
  project_id uuid NOT NULL,
  team_id uuid NOT NULL,
  status_code integer NOT NULL,
  error_code text NOT NULL,
  requests bigint NOT NULL, refused bigint NOT NULL,
  input_tokens bigint NOT NULL, output_tokens bigint NOT NULL, cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL, reasoning_tokens bigint NOT NULL, audio_input_tokens bigint NOT NULL,
  audio_output_tokens bigint NOT NULL, total_tokens bigint NOT NULL,
  cost_nanos bigint NOT NULL, unpriced bigint NOT NULL,
  latency_ms bigint NOT NULL, first_tokens bigint NOT NULL, first_token_ms bigint NOT NULL,
  fallbacks bigint NOT NULL,
  CONSTRAINT usage_daily_tasks_pkey PRIMARY KEY (period, task_id, key_id, project_id, team_id, status_code, error_code)
) WITH (fillfactor = 80);
CREATE INDEX usage_daily_tasks_name_idx ON usage_daily_tasks (task_id, period);

-- What single requests are looked for by. Equality is all that is asked of the hashes, which are small and cheap to keep.
CREATE INDEX usage_events_end_user_created_idx ON usage_events (end_user, created_at DESC) WHERE end_user IS NOT NULL;
CREATE INDEX usage_events_trace_idx ON usage_events USING hash (trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX usage_events_correlation_idx ON usage_events USING hash (correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX usage_events_task_idx ON usage_events USING hash (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX usage_events_run_idx ON usage_events USING hash (run_id) WHERE run_id IS NOT NULL;

-- Events from before this moment (microseconds since 1970) may have been deleted; what they add up to has not.
CREATE TABLE usage_retention (
  only_row boolean NOT NULL DEFAULT true,
  purged_before bigint,
  CONSTRAINT usage_retention_pkey PRIMARY KEY (only_row),
  CONSTRAINT usage_retention_one_row CHECK (only_row)
);
INSERT INTO usage_retention (purged_before) VALUES (NULL);

CREATE TEMPORARY VIEW measured AS
SELECT
  floor(extract(epoch FROM created_at) / 3600)::bigint AS hour,
  floor(extract(epoch FROM created_at) / 86400)::bigint AS day,
  request_id,
  coalesce(key_id, '00000000-0000-0000-0000-000000000000') AS key_id,
  coalesce(project_id, '00000000-0000-0000-0000-000000000000') AS project_id,
  coalesce(team_id, '00000000-0000-0000-0000-000000000000') AS team_id,
  left(coalesce(model, ''), 256) AS model,
  left(coalesce(provider, ''), 256) AS provider,
  left(coalesce(service_name, ''), 256) AS service,
  left(route, 256) AS route,
  left(coalesce(error_code, ''), 256) AS error_code,
  left(coalesce(end_user, ''), 256) AS end_user,
  left(coalesce(task_id, ''), 256) AS task_id,
  status_code,
  tags,
  CASE WHEN refused_count > 0 THEN refused_count ELSE 1 END AS requests,
  CASE WHEN refused_count > 0 THEN refused_count ELSE 0 END AS refused,
  greatest(input_tokens, 0) AS input_tokens,
  greatest(output_tokens, 0) AS output_tokens,
  greatest(cache_read_tokens, 0) AS cache_read_tokens,
  greatest(cache_write_tokens, 0) AS cache_write_tokens,
  greatest(reasoning_tokens, 0) AS reasoning_tokens,
  greatest(audio_input_tokens, 0) AS audio_input_tokens,
  greatest(audio_output_tokens, 0) AS audio_output_tokens,
  greatest(total_tokens, 0) AS total_tokens,
  greatest(cost_nanos, 0) AS cost_nanos,
  CASE WHEN charged AND cost_nanos IS NULL AND total_tokens > 0 THEN 1 ELSE 0 END AS unpriced,
  CASE WHEN refused_count > 0 THEN 0 ELSE greatest(latency_ms, 0) END AS latency_ms,
  CASE WHEN refused_count <= 0 AND time_to_first_token_ms IS NOT NULL THEN 1 ELSE 0 END AS first_tokens,
  CASE WHEN refused_count > 0 THEN 0 ELSE greatest(time_to_first_token_ms, 0) END AS first_token_ms,
  CASE WHEN fallback_count > 0 THEN 1 ELSE 0 END AS fallbacks
FROM usage_events;

INSERT INTO usage_hourly_traffic
SELECT hour, model, provider, service, route, status_code, error_code,
  least(coalesce(sum(requests), 0), 100000000000000000),
  least(coalesce(sum(refused), 0), 100000000000000000),
  least(coalesce(sum(input_tokens), 0), 100000000000000000),
  least(coalesce(sum(output_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_read_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_write_tokens), 0), 100000000000000000),
  least(coalesce(sum(reasoning_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_input_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_output_tokens), 0), 100000000000000000),
  least(coalesce(sum(total_tokens), 0), 100000000000000000),
  least(coalesce(sum(cost_nanos), 0), 100000000000000000),
  least(coalesce(sum(unpriced), 0), 100000000000000000),
  least(coalesce(sum(latency_ms), 0), 100000000000000000),
  least(coalesce(sum(first_tokens), 0), 100000000000000000),
  least(coalesce(sum(first_token_ms), 0), 100000000000000000),
  least(coalesce(sum(fallbacks), 0), 100000000000000000)
FROM measured
GROUP BY 1, 2, 3, 4, 5, 6, 7;

INSERT INTO usage_daily_scopes
SELECT day, key_id, project_id, team_id, status_code, error_code,
  least(coalesce(sum(requests), 0), 100000000000000000),
  least(coalesce(sum(refused), 0), 100000000000000000),
  least(coalesce(sum(input_tokens), 0), 100000000000000000),
  least(coalesce(sum(output_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_read_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_write_tokens), 0), 100000000000000000),
  least(coalesce(sum(reasoning_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_input_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_output_tokens), 0), 100000000000000000),
  least(coalesce(sum(total_tokens), 0), 100000000000000000),
  least(coalesce(sum(cost_nanos), 0), 100000000000000000),
  least(coalesce(sum(unpriced), 0), 100000000000000000),
  least(coalesce(sum(latency_ms), 0), 100000000000000000),
  least(coalesce(sum(first_tokens), 0), 100000000000000000),
  least(coalesce(sum(first_token_ms), 0), 100000000000000000),
  least(coalesce(sum(fallbacks), 0), 100000000000000000)
FROM measured
GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO usage_daily_keys
SELECT day, key_id, project_id, team_id, model, provider, service, route, status_code, error_code,
  least(coalesce(sum(requests), 0), 100000000000000000),
  least(coalesce(sum(refused), 0), 100000000000000000),
  least(coalesce(sum(input_tokens), 0), 100000000000000000),
  least(coalesce(sum(output_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_read_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_write_tokens), 0), 100000000000000000),
  least(coalesce(sum(reasoning_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_input_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_output_tokens), 0), 100000000000000000),
  least(coalesce(sum(total_tokens), 0), 100000000000000000),
  least(coalesce(sum(cost_nanos), 0), 100000000000000000),
  least(coalesce(sum(unpriced), 0), 100000000000000000),
  least(coalesce(sum(latency_ms), 0), 100000000000000000),
  least(coalesce(sum(first_tokens), 0), 100000000000000000),
  least(coalesce(sum(first_token_ms), 0), 100000000000000000),
  least(coalesce(sum(fallbacks), 0), 100000000000000000)
FROM measured
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;

INSERT INTO usage_daily_end_users
SELECT day, end_user, key_id, project_id, team_id, status_code, error_code,
  least(coalesce(sum(requests), 0), 100000000000000000),
  least(coalesce(sum(refused), 0), 100000000000000000),
  least(coalesce(sum(input_tokens), 0), 100000000000000000),
  least(coalesce(sum(output_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_read_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_write_tokens), 0), 100000000000000000),
  least(coalesce(sum(reasoning_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_input_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_output_tokens), 0), 100000000000000000),
  least(coalesce(sum(total_tokens), 0), 100000000000000000),
  least(coalesce(sum(cost_nanos), 0), 100000000000000000),
  least(coalesce(sum(unpriced), 0), 100000000000000000),
  least(coalesce(sum(latency_ms), 0), 100000000000000000),
  least(coalesce(sum(first_tokens), 0), 100000000000000000),
  least(coalesce(sum(first_token_ms), 0), 100000000000000000),
  least(coalesce(sum(fallbacks), 0), 100000000000000000)
FROM measured
WHERE end_user <> ''
GROUP BY 1, 2, 3, 4, 5, 6, 7;

INSERT INTO usage_weekly_end_users
SELECT period / 7, end_user, key_id, project_id, team_id, status_code, error_code,
  least(coalesce(sum(requests), 0), 100000000000000000),
  least(coalesce(sum(refused), 0), 100000000000000000),
  least(coalesce(sum(input_tokens), 0), 100000000000000000),
  least(coalesce(sum(output_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_read_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_write_tokens), 0), 100000000000000000),
  least(coalesce(sum(reasoning_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_input_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_output_tokens), 0), 100000000000000000),
  least(coalesce(sum(total_tokens), 0), 100000000000000000),
  least(coalesce(sum(cost_nanos), 0), 100000000000000000),
  least(coalesce(sum(unpriced), 0), 100000000000000000),
  least(coalesce(sum(latency_ms), 0), 100000000000000000),
  least(coalesce(sum(first_tokens), 0), 100000000000000000),
  least(coalesce(sum(first_token_ms), 0), 100000000000000000),
  least(coalesce(sum(fallbacks), 0), 100000000000000000)
FROM usage_daily_end_users
GROUP BY 1, 2, 3, 4, 5, 6, 7;

INSERT INTO usage_daily_tags
SELECT day, tag, project_id, team_id, status_code, error_code,
  least(coalesce(sum(requests), 0), 100000000000000000),
  least(coalesce(sum(refused), 0), 100000000000000000),
  least(coalesce(sum(input_tokens), 0), 100000000000000000),
  least(coalesce(sum(output_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_read_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_write_tokens), 0), 100000000000000000),
  least(coalesce(sum(reasoning_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_input_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_output_tokens), 0), 100000000000000000),
  least(coalesce(sum(total_tokens), 0), 100000000000000000),
  least(coalesce(sum(cost_nanos), 0), 100000000000000000),
  least(coalesce(sum(unpriced), 0), 100000000000000000),
  least(coalesce(sum(latency_ms), 0), 100000000000000000),
  least(coalesce(sum(first_tokens), 0), 100000000000000000),
  least(coalesce(sum(first_token_ms), 0), 100000000000000000),
  least(coalesce(sum(fallbacks), 0), 100000000000000000)
FROM measured
CROSS JOIN LATERAL (
  SELECT left(btrim(part, E' \t'), 256) AS tag
  FROM unnest(string_to_array(tags, ',')) WITH ORDINALITY AS split (part, place)
  WHERE btrim(part, E' \t') <> ''
  GROUP BY 1
  ORDER BY min(place)
  LIMIT 16
) AS tag_list
GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO usage_daily_tasks
SELECT day, task_id, key_id, project_id, team_id, status_code, error_code,
  least(coalesce(sum(requests), 0), 100000000000000000),
  least(coalesce(sum(refused), 0), 100000000000000000),
  least(coalesce(sum(input_tokens), 0), 100000000000000000),
  least(coalesce(sum(output_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_read_tokens), 0), 100000000000000000),
  least(coalesce(sum(cache_write_tokens), 0), 100000000000000000),
  least(coalesce(sum(reasoning_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_input_tokens), 0), 100000000000000000),
  least(coalesce(sum(audio_output_tokens), 0), 100000000000000000),
  least(coalesce(sum(total_tokens), 0), 100000000000000000),
  least(coalesce(sum(cost_nanos), 0), 100000000000000000),
  least(coalesce(sum(unpriced), 0), 100000000000000000),
  least(coalesce(sum(latency_ms), 0), 100000000000000000),
  least(coalesce(sum(first_tokens), 0), 100000000000000000),
  least(coalesce(sum(first_token_ms), 0), 100000000000000000),
  least(coalesce(sum(fallbacks), 0), 100000000000000000)
FROM measured
WHERE task_id <> ''
GROUP BY 1, 2, 3, 4, 5, 6, 7;

DROP VIEW measured;
