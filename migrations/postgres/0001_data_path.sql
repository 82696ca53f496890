-- compatible_with: 1
-- What the data path needs: who may call (keys, policies, projects, teams), where requests go (providers, credentials,
-- models, routes), what was used, and the installation's own secrets and replicas.

CREATE TABLE schema_migrations (
  number integer NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  -- The lowest migration number a binary must know to serve this schema.
  compatible_with integer NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT schema_migrations_pkey PRIMARY KEY (number)
);

-- Counts every change the gateway's caches must hear of; bumped in the transaction of the change.
CREATE TABLE catalog_revision (
  only_row boolean NOT NULL DEFAULT true,
  revision bigint NOT NULL,
  CONSTRAINT catalog_revision_pkey PRIMARY KEY (only_row),
  CONSTRAINT catalog_revision_one_row CHECK (only_row)
);
INSERT INTO catalog_revision (revision) VALUES (0);

CREATE TABLE teams (
  id uuid NOT NULL,
  name text NOT NULL,
  managed_by text NOT NULL DEFAULT '',
  disabled boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT teams_pkey PRIMARY KEY (id),
  CONSTRAINT teams_name_unique UNIQUE (name),
  CONSTRAINT teams_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 120)
);

CREATE TABLE projects (
  id uuid NOT NULL,
  name text NOT NULL,
  team_id uuid,
  managed_by text NOT NULL DEFAULT '',
  disabled boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT projects_pkey PRIMARY KEY (id),
  CONSTRAINT projects_name_unique UNIQUE (name),
  CONSTRAINT projects_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 120),
  CONSTRAINT projects_team_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE RESTRICT
);
CREATE INDEX projects_team_idx ON projects (team_id) WHERE team_id IS NOT NULL;

CREATE TABLE keys (
  id uuid NOT NULL,
  name text NOT NULL,
  project_id uuid,
  prefix text NOT NULL,
  hash bytea NOT NULL,
  previous_hash bytea,
  previous_valid_until timestamptz,
  disabled boolean NOT NULL DEFAULT false,
  revoked_at timestamptz,
  expires_at timestamptz,
  rotation_due_at timestamptz,
  last_used_at timestamptz,
  policy jsonb NOT NULL,
  managed_by text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT keys_pkey PRIMARY KEY (id),
  CONSTRAINT keys_hash_unique UNIQUE (hash),
  CONSTRAINT keys_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 120),
  CONSTRAINT keys_hash_length CHECK (octet_length(hash) = 32),
  CONSTRAINT keys_previous_hash_length CHECK (octet_length(previous_hash) = 32),
  -- An old secret without an end of its overlap would be accepted for ever.
  CONSTRAINT keys_previous_hash_ends CHECK (previous_hash IS NULL OR previous_valid_until IS NOT NULL),
  CONSTRAINT keys_policy_is_object CHECK (jsonb_typeof(policy) = 'object'),
  CONSTRAINT keys_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX keys_name_unique ON keys (name) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX keys_previous_hash_unique ON keys (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX keys_project_idx ON keys (project_id) WHERE project_id IS NOT NULL;

-- scope_id is one column so that (kind, scope_id) is a layer's identity; the generated ones give it referential integrity.
CREATE TABLE policy_layers (
  id uuid NOT NULL,
  kind text NOT NULL,
  scope_id text NOT NULL DEFAULT '',
  policy jsonb NOT NULL,
  managed_by text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  project_id uuid GENERATED ALWAYS AS (CASE WHEN kind = 'project' THEN scope_id::uuid END) STORED,
  team_id uuid GENERATED ALWAYS AS (CASE WHEN kind = 'team' THEN scope_id::uuid END) STORED,
  key_id uuid GENERATED ALWAYS AS (CASE WHEN kind = 'key' THEN scope_id::uuid END) STORED,
  CONSTRAINT policy_layers_pkey PRIMARY KEY (id),
  CONSTRAINT policy_layers_scope_unique UNIQUE (kind, scope_id),
  CONSTRAINT policy_layers_kind_known CHECK (kind IN ('global', 'project', 'team', 'route', 'model', 'key')),
  CONSTRAINT policy_layers_scope_given CHECK ((kind = 'global') = (scope_id = '')),
  CONSTRAINT policy_layers_policy_is_object CHECK (jsonb_typeof(policy) = 'object'),
  CONSTRAINT policy_layers_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
  CONSTRAINT policy_layers_team_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE,
  CONSTRAINT policy_layers_key_fkey FOREIGN KEY (key_id) REFERENCES keys (id) ON DELETE CASCADE
);

CREATE TABLE providers (
  id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  base_url text NOT NULL DEFAULT '',
  enabled boolean NOT NULL DEFAULT true,
  sealed_credential text NOT NULL DEFAULT '',
  header_mode text NOT NULL DEFAULT 'authorization_bearer',
  header_name text NOT NULL DEFAULT '',
  header_format text NOT NULL DEFAULT 'raw',
  -- A provider's name; it may be one that only the environment configures, so it is no foreign key.
  fallback text NOT NULL DEFAULT '',
  connect_timeout_ms bigint NOT NULL,
  first_byte_timeout_ms bigint NOT NULL,
  idle_timeout_ms bigint NOT NULL,
  managed_by text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT providers_pkey PRIMARY KEY (id),
  CONSTRAINT providers_name_unique UNIQUE (name),
  CONSTRAINT providers_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 120),
  CONSTRAINT providers_base_url_http CHECK (base_url = '' OR base_url ~* '^https?://'),
  CONSTRAINT providers_header_mode_known CHECK (header_mode IN ('authorization_bearer', 'custom_header')),
  CONSTRAINT providers_header_format_known CHECK (header_format IN ('raw', 'bearer')),
  CONSTRAINT providers_custom_header_named CHECK (header_mode <> 'custom_header' OR header_name <> ''),
  CONSTRAINT providers_timeouts_positive
    CHECK (connect_timeout_ms > 0 AND first_byte_timeout_ms > 0 AND idle_timeout_ms > 0)
);

CREATE TABLE credential_mappings (
  id uuid NOT NULL,
  scope text NOT NULL,
  target_id uuid NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  sealed_credential text NOT NULL DEFAULT '',
  key_id uuid GENERATED ALWAYS AS (CASE WHEN scope = 'key' THEN target_id END) STORED,
  project_id uuid GENERATED ALWAYS AS (CASE WHEN scope = 'project' THEN target_id END) STORED,
  CONSTRAINT credential_mappings_pkey PRIMARY KEY (id),
  CONSTRAINT credential_mappings_target_unique UNIQUE (scope, target_id),
  CONSTRAINT credential_mappings_scope_known CHECK (scope IN ('key', 'project')),
  CONSTRAINT credential_mappings_key_fkey FOREIGN KEY (key_id) REFERENCES keys (id) ON DELETE CASCADE,
  CONSTRAINT credential_mappings_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE
);

CREATE TABLE models (
  name text NOT NULL,
  -- A provider's name; no foreign key, for the reason given at providers.fallback.
  provider text NOT NULL,
  upstream_model text NOT NULL DEFAULT '',
  enabled boolean NOT NULL DEFAULT true,
  managed_by text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT models_pkey PRIMARY KEY (name),
  CONSTRAINT models_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 256),
  CONSTRAINT models_provider_given CHECK (provider <> '')
);

-- Only routes that differ from their defaults have a row.
CREATE TABLE route_settings (
  route text NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  timeout_ms bigint,
  max_request_body_bytes bigint,
  max_response_body_bytes bigint,
  drain_on_disconnect boolean NOT NULL DEFAULT false,
  CONSTRAINT route_settings_pkey PRIMARY KEY (route),
  CONSTRAINT route_settings_limits_positive
    CHECK (timeout_ms > 0 AND max_request_body_bytes > 0 AND max_response_body_bytes > 0)
);

-- Written in batches off the request path. No foreign keys: an event is never refused because something else has gone.
CREATE TABLE usage_events (
  request_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  correlation_id text,
  key_id uuid,
  project_id uuid,
  team_id uuid,
  route text NOT NULL,
  model text,
  provider text,
  service_name text,
  end_user text,
  tags text,
  error_code text,
  status_code integer NOT NULL,
  stream boolean NOT NULL,
  latency_ms bigint NOT NULL,
  time_to_first_token_ms bigint,
  input_tokens bigint,
  output_tokens bigint,
  total_tokens bigint,
  cache_read_tokens bigint,
  cache_write_tokens bigint,
  reasoning_tokens bigint,
  cost_nanos bigint,
  cost_source text,
  usage_source text,
  credential_source text,
  upstream_attempts integer NOT NULL,
  fallback_count integer NOT NULL,
  http_method text,
  endpoint_path text,
  task_id text,
  run_id text,
  trace_id text,
  CONSTRAINT usage_events_pkey PRIMARY KEY (request_id)
);
CREATE INDEX usage_events_key_created_idx ON usage_events (key_id, created_at DESC);
CREATE INDEX usage_events_created_idx ON usage_events (created_at DESC);

CREATE TABLE secrets (
  name text NOT NULL,
  value text NOT NULL,
  CONSTRAINT secrets_pkey PRIMARY KEY (name)
);

CREATE TABLE replicas (
  id text NOT NULL,
  version text NOT NULL,
  host text NOT NULL,
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  CONSTRAINT replicas_pkey PRIMARY KEY (id)
);
