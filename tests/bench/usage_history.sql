-- {events} events over 90 days: thousands of keys in 120 projects and 12 teams, used unevenly; 40 models, 36,000 end users, tags,
-- tasks, and every way to fail. Placeholders in braces are filled in by analytics_bench.cpp.
INSERT INTO usage_events (
  request_id, created_at, key_id, project_id, team_id, route, model, provider, service_name, end_user, tags, error_code,
  status_code, stream, latency_ms, time_to_first_token_ms, input_tokens, output_tokens, total_tokens, cost_nanos, cost_source,
  usage_source, credential_source, upstream_attempts, fallback_count, http_method, endpoint_path, task_id, run_id, trace_id,
  correlation_id, accounted_at, charged, refused_count)
SELECT
  (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8'
    || substr(md5('b' || i), 1, 15))::uuid,
  at,
  ('00000000-0000-7000-8000-' || lpad(to_hex(k), 12, '0'))::uuid,
  ('00000000-0000-7000-9000-' || lpad(to_hex(k % 120), 12, '0'))::uuid,
  ('00000000-0000-7000-a000-' || lpad(to_hex(k % 12), 12, '0'))::uuid,
  CASE WHEN k % 7 = 0 THEN '/v1/messages' WHEN k % 11 = 0 THEN '/v1/embeddings' ELSE '/v1/chat/completions' END,
  'model-' || m,
  'provider-' || (m % 5),
  CASE WHEN k % 40 = 0 THEN 'service-' || (k % 12) END,
  'user-' || (k * 12 + (12 * r3 * r3)::integer),
  CASE WHEN r4 < 0.5 THEN 'env=prod,team=' || (k % 30) WHEN r4 < 0.6 THEN 'feature=' || (k % 200) END,
  CASE
    WHEN r5 < 0.01 THEN 'upstream_timeout'
    WHEN r5 < 0.02 THEN 'upstream_connection'
    WHEN r5 < 0.03 THEN 'rate_limit_exceeded'
    WHEN r5 < 0.034 THEN 'policy_denied'
  END,
  CASE WHEN r5 < 0.01 THEN 504 WHEN r5 < 0.02 THEN 502 WHEN r5 < 0.03 THEN 429 WHEN r5 < 0.034 THEN 403 ELSE 200 END,
  r2 < 0.4,
  (300 + 4000 * r3 * r3)::bigint,
  CASE WHEN r2 < 0.4 THEN (100 + 400 * r3)::bigint END,
  (50 + 3000 * r4)::bigint,
  (20 + 600 * r3)::bigint,
  (50 + 3000 * r4)::bigint + (20 + 600 * r3)::bigint,
  (100000 + 30000000 * r4 * r3)::bigint,
  'catalog',
  'reported',
  'provider',
  1,
  CASE WHEN r5 > 0.99 THEN 1 ELSE 0 END,
  'POST',
  '/v1/chat/completions',
  CASE WHEN r2 < 0.1 THEN 'task-' || (i / 40) END,
  CASE WHEN r2 < 0.1 THEN 'run-' || (i / 8) END,
  md5(i::text),
  CASE WHEN r2 > 0.8 THEN md5('c' || i) END,
  at,
  r5 < 0.02 OR r5 >= 0.034,
  CASE WHEN r5 >= 0.02 AND r5 < 0.034 THEN 1 ELSE 0 END
FROM
  (SELECT
    i,
    timestamptz '2026-08-20 00:00:00+00' + i * interval '90 days' / {events} AS at,
    (3000 * power(random(), 3))::integer AS k,
    random() AS r2, random() AS r3, random() AS r4, random() AS r5, random() AS r6
  FROM generate_series(1, {events}) AS i) AS requests,
  LATERAL (SELECT (k * 7 + (4 * r6 * r6)::integer) % 40 AS m) AS models;
