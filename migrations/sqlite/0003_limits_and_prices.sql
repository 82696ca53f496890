-- compatible_with: 3
-- Limits and prices, as in PostgreSQL's file of the same number, where it says why older binaries may not serve this.

-- NULL is no limit; usd_* are nano-USD; the generated columns give ids referential integrity.
CREATE TABLE limits (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  target TEXT NOT NULL DEFAULT '',
  model TEXT NOT NULL DEFAULT '',
  requests_per_minute INTEGER,
  requests_per_day INTEGER,
  tokens_per_minute INTEGER,
  tokens_per_day INTEGER,
  concurrent_requests INTEGER,
  usd_per_day INTEGER,
  usd_per_week INTEGER,
  usd_per_month INTEGER,
  usd_total INTEGER,
  soft INTEGER NOT NULL DEFAULT 0,
  enabled INTEGER NOT NULL DEFAULT 1,
  managed_by TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  key_id TEXT GENERATED ALWAYS AS (CASE WHEN scope = 'key' THEN nullif(target, '') END) STORED,
  project_id TEXT GENERATED ALWAYS AS (CASE WHEN scope = 'project' THEN nullif(target, '') END) STORED,
  team_id TEXT GENERATED ALWAYS AS (CASE WHEN scope = 'team' THEN nullif(target, '') END) STORED,
  CONSTRAINT limits_name_unique UNIQUE (name),
  CONSTRAINT limits_name_length CHECK (length(trim(name)) BETWEEN 1 AND 120),
  CONSTRAINT limits_target_of_global CHECK (scope <> 'global' OR target = ''),
  CONSTRAINT limits_some_number CHECK (
    coalesce(requests_per_minute, requests_per_day, tokens_per_minute, tokens_per_day, concurrent_requests, usd_per_day,
             usd_per_week, usd_per_month, usd_total) IS NOT NULL),
  CONSTRAINT limits_not_negative CHECK (
    requests_per_minute >= 0 AND requests_per_day >= 0 AND tokens_per_minute >= 0 AND tokens_per_day >= 0
    AND concurrent_requests >= 0 AND usd_per_day >= 0 AND usd_per_week >= 0 AND usd_per_month >= 0 AND usd_total >= 0),
  CONSTRAINT limits_soft_is_money CHECK (
    NOT soft OR coalesce(requests_per_minute, requests_per_day, tokens_per_minute, tokens_per_day, concurrent_requests) IS NULL),
  CONSTRAINT limits_key_fkey FOREIGN KEY (key_id) REFERENCES keys (id) ON DELETE CASCADE,
  CONSTRAINT limits_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
  CONSTRAINT limits_team_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE
) STRICT;

-- Nano-USD per million tokens. A price that has always held is from 1970.
CREATE TABLE price_overrides (
  id TEXT NOT NULL PRIMARY KEY,
  -- A provider's name; it may be one that only the environment configures, so it is no foreign key.
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  effective_from INTEGER NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1,
  input_nanos INTEGER,
  output_nanos INTEGER,
  cache_read_nanos INTEGER,
  cache_write_nanos INTEGER,
  cache_write_1h_nanos INTEGER,
  reasoning_nanos INTEGER,
  audio_input_nanos INTEGER,
  audio_output_nanos INTEGER,
  image_input_nanos INTEGER,
  image_output_nanos INTEGER,
  request_nanos INTEGER,
  long_above_tokens INTEGER,
  long_input_nanos INTEGER,
  long_output_nanos INTEGER,
  long_cache_read_nanos INTEGER,
  long_cache_write_nanos INTEGER,
  long_cache_write_1h_nanos INTEGER,
  long_reasoning_nanos INTEGER,
  long_audio_input_nanos INTEGER,
  long_audio_output_nanos INTEGER,
  long_image_input_nanos INTEGER,
  long_image_output_nanos INTEGER,
  managed_by TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT price_overrides_unique UNIQUE (provider, model, effective_from),
  CONSTRAINT price_overrides_named CHECK (provider <> '' AND model <> ''),
  CONSTRAINT price_overrides_threshold CHECK (long_above_tokens >= 1)
) STRICT;
