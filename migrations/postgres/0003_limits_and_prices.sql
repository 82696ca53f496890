-- compatible_with: 3
-- What scopes may use together, and what operators say that models cost. An older binary would serve this schema without
-- looking at either: limits would not hold, and what it spends would be in no balance. So none may start on it any more.

-- NULL is no limit. usd_* are nano-USD. target is what the limit is for: an id, or an end user; '' gives each of the scope a
-- counter of its own. The generated columns give ids referential integrity. A scope that is not known fails every load, so
-- that a binary never leaves out what it cannot enforce; hence no constraint on it here, which a new one would have to replace.
CREATE TABLE limits (
  id uuid NOT NULL,
  name text NOT NULL,
  scope text NOT NULL,
  target text NOT NULL DEFAULT '',
  model text NOT NULL DEFAULT '',
  requests_per_minute bigint,
  requests_per_day bigint,
  tokens_per_minute bigint,
  tokens_per_day bigint,
  concurrent_requests bigint,
  usd_per_day bigint,
  usd_per_week bigint,
  usd_per_month bigint,
  usd_total bigint,
  soft boolean NOT NULL DEFAULT false,
  enabled boolean NOT NULL DEFAULT true,
  managed_by text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  key_id uuid GENERATED ALWAYS AS (CASE WHEN scope = 'key' THEN nullif(target, '')::uuid END) STORED,
  project_id uuid GENERATED ALWAYS AS (CASE WHEN scope = 'project' THEN nullif(target, '')::uuid END) STORED,
  team_id uuid GENERATED ALWAYS AS (CASE WHEN scope = 'team' THEN nullif(target, '')::uuid END) STORED,
  CONSTRAINT limits_pkey PRIMARY KEY (id),
  CONSTRAINT limits_name_unique UNIQUE (name),
  CONSTRAINT limits_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 120),
  CONSTRAINT limits_target_of_global CHECK (scope <> 'global' OR target = ''),
  CONSTRAINT limits_some_number CHECK (
    coalesce(requests_per_minute, requests_per_day, tokens_per_minute, tokens_per_day, concurrent_requests, usd_per_day,
             usd_per_week, usd_per_month, usd_total) IS NOT NULL),
  CONSTRAINT limits_not_negative CHECK (
    requests_per_minute >= 0 AND requests_per_day >= 0 AND tokens_per_minute >= 0 AND tokens_per_day >= 0
    AND concurrent_requests >= 0 AND usd_per_day >= 0 AND usd_per_week >= 0 AND usd_per_month >= 0 AND usd_total >= 0),
  -- A soft limit warns while money is left; a rate has nothing to warn of.
  CONSTRAINT limits_soft_is_money CHECK (
    NOT soft OR coalesce(requests_per_minute, requests_per_day, tokens_per_minute, tokens_per_day, concurrent_requests) IS NULL),
  CONSTRAINT limits_key_fkey FOREIGN KEY (key_id) REFERENCES keys (id) ON DELETE CASCADE,
  CONSTRAINT limits_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
  CONSTRAINT limits_team_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE
);

-- Nano-USD per million tokens (request_nanos: per request); NULL is a rate that falls back, or is not known. long_*: for requests
-- whose input is above long_above_tokens. A price that has always held is from 1970, so that one row has one identity.
CREATE TABLE price_overrides (
  id uuid NOT NULL,
  -- A provider's name; it may be one that only the environment configures, so it is no foreign key.
  provider text NOT NULL,
  model text NOT NULL,
  effective_from timestamptz NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  input_nanos bigint,
  output_nanos bigint,
  cache_read_nanos bigint,
  cache_write_nanos bigint,
  cache_write_1h_nanos bigint,
  reasoning_nanos bigint,
  audio_input_nanos bigint,
  audio_output_nanos bigint,
  image_input_nanos bigint,
  image_output_nanos bigint,
  request_nanos bigint,
  long_above_tokens bigint,
  long_input_nanos bigint,
  long_output_nanos bigint,
  long_cache_read_nanos bigint,
  long_cache_write_nanos bigint,
  long_cache_write_1h_nanos bigint,
  long_reasoning_nanos bigint,
  long_audio_input_nanos bigint,
  long_audio_output_nanos bigint,
  long_image_input_nanos bigint,
  long_image_output_nanos bigint,
  managed_by text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT price_overrides_pkey PRIMARY KEY (id),
  CONSTRAINT price_overrides_unique UNIQUE (provider, model, effective_from),
  CONSTRAINT price_overrides_named CHECK (provider <> '' AND model <> ''),
  CONSTRAINT price_overrides_threshold CHECK (long_above_tokens >= 1)
);
