-- compatible_with: 1
-- What the data path needs, as in PostgreSQL's file of the same number. Times are integer microseconds since 1970, hashes
-- blobs, ids lower-case text (blobs of 16 bytes in usage_events, which is the only large table).

CREATE TABLE schema_migrations (
  number INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  -- The lowest migration number a binary must know to serve this schema.
  compatible_with INTEGER NOT NULL,
  applied_at INTEGER NOT NULL DEFAULT (unixepoch() * 1000000)
) STRICT;

-- Counts every change the gateway's caches must hear of; bumped in the transaction of the change.
CREATE TABLE catalog_revision (
  only_row INTEGER NOT NULL DEFAULT 1 PRIMARY KEY CONSTRAINT catalog_revision_one_row CHECK (only_row = 1),
  revision INTEGER NOT NULL
) STRICT;
INSERT INTO catalog_revision (revision) VALUES (0);

-- The latest changes, so that another process learns which rows to look at. PostgreSQL has NOTIFY for this.
CREATE TABLE catalog_changes (
  revision INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  actor TEXT NOT NULL
) STRICT;

CREATE TABLE teams (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  managed_by TEXT NOT NULL DEFAULT '',
  disabled INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT teams_name_unique UNIQUE (name),
  CONSTRAINT teams_name_length CHECK (length(trim(name)) BETWEEN 1 AND 120)
) STRICT;

CREATE TABLE projects (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  team_id TEXT,
  managed_by TEXT NOT NULL DEFAULT '',
  disabled INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT projects_name_unique UNIQUE (name),
  CONSTRAINT projects_name_length CHECK (length(trim(name)) BETWEEN 1 AND 120),
  CONSTRAINT projects_team_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE RESTRICT
) STRICT;
CREATE INDEX projects_team_idx ON projects (team_id) WHERE team_id IS NOT NULL;

CREATE TABLE keys (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  project_id TEXT,
  prefix TEXT NOT NULL,
  hash BLOB NOT NULL,
  previous_hash BLOB,
  previous_valid_until INTEGER,
  disabled INTEGER NOT NULL DEFAULT 0,
  revoked_at INTEGER,
  expires_at INTEGER,
  rotation_due_at INTEGER,
  last_used_at INTEGER,
  policy TEXT NOT NULL,
  managed_by TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT keys_hash_unique UNIQUE (hash),
  CONSTRAINT keys_name_length CHECK (length(trim(name)) BETWEEN 1 AND 120),
  CONSTRAINT keys_hash_length CHECK (length(hash) = 32),
  CONSTRAINT keys_previous_hash_length CHECK (length(previous_hash) = 32),
  -- An old secret without an end of its overlap would be accepted for ever.
  CONSTRAINT keys_previous_hash_ends CHECK (previous_hash IS NULL OR previous_valid_until IS NOT NULL),
  CONSTRAINT keys_policy_is_object CHECK (json_type(policy) = 'object'),
  CONSTRAINT keys_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE RESTRICT
) STRICT;
CREATE UNIQUE INDEX keys_name_unique ON keys (name) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX keys_previous_hash_unique ON keys (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX keys_project_idx ON keys (project_id) WHERE project_id IS NOT NULL;

-- scope_id is one column so that (kind, scope_id) is a layer's identity; the generated ones give it referential integrity.
CREATE TABLE policy_layers (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  scope_id TEXT NOT NULL DEFAULT '',
  policy TEXT NOT NULL,
  managed_by TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  project_id TEXT GENERATED ALWAYS AS (CASE WHEN kind = 'project' THEN scope_id END) STORED,
  team_id TEXT GENERATED ALWAYS AS (CASE WHEN kind = 'team' THEN scope_id END) STORED,
  key_id TEXT GENERATED ALWAYS AS (CASE WHEN kind = 'key' THEN scope_id END) STORED,
  CONSTRAINT policy_layers_scope_unique UNIQUE (kind, scope_id),
  CONSTRAINT policy_layers_kind_known CHECK (kind IN ('global', 'project', 'team', 'route', 'model', 'key')),
  CONSTRAINT policy_layers_scope_given CHECK ((kind = 'global') = (scope_id = '')),
  CONSTRAINT policy_layers_policy_is_object CHECK (json_type(policy) = 'object'),
  CONSTRAINT policy_layers_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
  CONSTRAINT policy_layers_team_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE,
  CONSTRAINT policy_layers_key_fkey FOREIGN KEY (key_id) REFERENCES keys (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE providers (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  base_url TEXT NOT NULL DEFAULT '',
  enabled INTEGER NOT NULL DEFAULT 1,
  sealed_credential TEXT NOT NULL DEFAULT '',
  header_mode TEXT NOT NULL DEFAULT 'authorization_bearer',
  header_name TEXT NOT NULL DEFAULT '',
  header_format TEXT NOT NULL DEFAULT 'raw',
  -- A provider's name; it may be one that only the environment configures, so it is no foreign key.
  fallback TEXT NOT NULL DEFAULT '',
  connect_timeout_ms INTEGER NOT NULL,
  first_byte_timeout_ms INTEGER NOT NULL,
  idle_timeout_ms INTEGER NOT NULL,
  managed_by TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT providers_name_unique UNIQUE (name),
  CONSTRAINT providers_name_length CHECK (length(trim(name)) BETWEEN 1 AND 120),
  CONSTRAINT providers_base_url_http
    CHECK (base_url = '' OR base_url LIKE 'http://%' OR base_url LIKE 'https://%'),
  CONSTRAINT providers_header_mode_known CHECK (header_mode IN ('authorization_bearer', 'custom_header')),
  CONSTRAINT providers_header_format_known CHECK (header_format IN ('raw', 'bearer')),
  CONSTRAINT providers_custom_header_named CHECK (header_mode <> 'custom_header' OR header_name <> ''),
  CONSTRAINT providers_timeouts_positive
    CHECK (connect_timeout_ms > 0 AND first_byte_timeout_ms > 0 AND idle_timeout_ms > 0)
) STRICT;

CREATE TABLE credential_mappings (
  id TEXT NOT NULL PRIMARY KEY,
  scope TEXT NOT NULL,
  target_id TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1,
  sealed_credential TEXT NOT NULL DEFAULT '',
  key_id TEXT GENERATED ALWAYS AS (CASE WHEN scope = 'key' THEN target_id END) STORED,
  project_id TEXT GENERATED ALWAYS AS (CASE WHEN scope = 'project' THEN target_id END) STORED,
  CONSTRAINT credential_mappings_target_unique UNIQUE (scope, target_id),
  CONSTRAINT credential_mappings_scope_known CHECK (scope IN ('key', 'project')),
  CONSTRAINT credential_mappings_key_fkey FOREIGN KEY (key_id) REFERENCES keys (id) ON DELETE CASCADE,
  CONSTRAINT credential_mappings_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE models (
  name TEXT NOT NULL PRIMARY KEY,
  -- A provider's name; no foreign key, for the reason given at providers.fallback.
  provider TEXT NOT NULL,
  upstream_model TEXT NOT NULL DEFAULT '',
  enabled INTEGER NOT NULL DEFAULT 1,
  managed_by TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT models_name_length CHECK (length(trim(name)) BETWEEN 1 AND 256),
  CONSTRAINT models_provider_given CHECK (provider <> '')
) STRICT;

-- Only routes that differ from their defaults have a row.
CREATE TABLE route_settings (
  route TEXT NOT NULL PRIMARY KEY,
  enabled INTEGER NOT NULL DEFAULT 1,
  timeout_ms INTEGER,
  max_request_body_bytes INTEGER,
  max_response_body_bytes INTEGER,
  drain_on_disconnect INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT route_settings_limits_positive
    CHECK (timeout_ms > 0 AND max_request_body_bytes > 0 AND max_response_body_bytes > 0)
) STRICT;

-- Written in batches off the request path. The key is a UUIDv7, so rows lie in the order of their creation and the newest
-- are at the end of the table itself; the one index ends in the same key, so it is ordered by time within a virtual key.
CREATE TABLE usage_events (
  request_id BLOB NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL,
  correlation_id TEXT,
  key_id BLOB,
  project_id BLOB,
  team_id BLOB,
  route TEXT NOT NULL,
  model TEXT,
  provider TEXT,
  service_name TEXT,
  end_user TEXT,
  tags TEXT,
  error_code TEXT,
  status_code INTEGER NOT NULL,
  stream INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL,
  time_to_first_token_ms INTEGER,
  input_tokens INTEGER,
  output_tokens INTEGER,
  total_tokens INTEGER,
  cache_read_tokens INTEGER,
  cache_write_tokens INTEGER,
  reasoning_tokens INTEGER,
  cost_nanos INTEGER,
  cost_source TEXT,
  usage_source TEXT,
  credential_source TEXT,
  upstream_attempts INTEGER NOT NULL,
  fallback_count INTEGER NOT NULL,
  http_method TEXT,
  endpoint_path TEXT,
  task_id TEXT,
  run_id TEXT,
  trace_id TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_events_key_idx ON usage_events (key_id);

CREATE TABLE secrets (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE replicas (
  id TEXT NOT NULL PRIMARY KEY,
  version TEXT NOT NULL,
  host TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
