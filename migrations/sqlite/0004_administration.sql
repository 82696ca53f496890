-- compatible_with: 3
-- Operators and what they administer, as in PostgreSQL's file of the same number, where it says why older binaries may serve
-- this. Lists are the text of JSON arrays.

-- Places a model is served besides its provider, tried by priority and weight.
ALTER TABLE models ADD COLUMN targets TEXT NOT NULL DEFAULT '[]'
  CONSTRAINT models_targets_are_list CHECK (json_type(targets) = 'array');

CREATE TABLE provider_credentials (
  id TEXT NOT NULL PRIMARY KEY,
  provider_id TEXT NOT NULL,
  name TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1,
  sealed_credential TEXT NOT NULL,
  weight INTEGER NOT NULL DEFAULT 1,
  requests_per_minute INTEGER,
  max_concurrent_requests INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT provider_credentials_name_unique UNIQUE (provider_id, name),
  CONSTRAINT provider_credentials_name_length CHECK (length(trim(name)) BETWEEN 1 AND 120),
  CONSTRAINT provider_credentials_weight_range CHECK (weight BETWEEN 1 AND 1000),
  CONSTRAINT provider_credentials_caps_positive CHECK (requests_per_minute > 0 AND max_concurrent_requests > 0),
  CONSTRAINT provider_credentials_provider_fkey FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE CASCADE
) STRICT;

-- value is the text of a JSON object, kept as it was written.
CREATE TABLE settings (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  sealed_secret TEXT NOT NULL DEFAULT '',
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE operators (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  hash BLOB NOT NULL,
  previous_hash BLOB,
  previous_valid_until INTEGER,
  scopes TEXT NOT NULL,
  email TEXT,
  password_hash TEXT,
  password_expired INTEGER NOT NULL DEFAULT 0,
  bootstrap INTEGER NOT NULL DEFAULT 0,
  disabled INTEGER NOT NULL DEFAULT 0,
  revoked_at INTEGER,
  expires_at INTEGER,
  last_used_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT operators_hash_unique UNIQUE (hash),
  CONSTRAINT operators_name_length CHECK (length(trim(name)) BETWEEN 1 AND 120),
  CONSTRAINT operators_hash_length CHECK (length(hash) = 32),
  CONSTRAINT operators_previous_hash_length CHECK (length(previous_hash) = 32),
  -- An old token without an end of its overlap would be accepted for ever.
  CONSTRAINT operators_previous_hash_ends CHECK (previous_hash IS NULL OR previous_valid_until IS NOT NULL),
  CONSTRAINT operators_scopes_are_list CHECK (json_type(scopes) = 'array')
) STRICT;
CREATE UNIQUE INDEX operators_previous_hash_unique ON operators (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE UNIQUE INDEX operators_name_unique ON operators (name) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX operators_email_unique ON operators (email) WHERE revoked_at IS NULL AND email IS NOT NULL;

CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  operator_id TEXT NOT NULL,
  hash BLOB NOT NULL,
  ip TEXT NOT NULL DEFAULT '',
  user_agent TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  CONSTRAINT sessions_hash_unique UNIQUE (hash),
  CONSTRAINT sessions_hash_length CHECK (length(hash) = 32),
  CONSTRAINT sessions_operator_fkey FOREIGN KEY (operator_id) REFERENCES operators (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX sessions_operator_idx ON sessions (operator_id);
CREATE INDEX sessions_expires_idx ON sessions (expires_at);

-- No foreign keys: what was done stays on record when who did it, or what it was done to, has gone.
CREATE TABLE audit_events (
  id TEXT NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL,
  actor_id TEXT,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  target_type TEXT NOT NULL,
  target_id TEXT NOT NULL,
  before TEXT,
  after TEXT,
  request_id TEXT,
  ip TEXT NOT NULL DEFAULT '',
  user_agent TEXT NOT NULL DEFAULT '',
  CONSTRAINT audit_events_action_given CHECK (action <> '')
) STRICT;
CREATE INDEX audit_events_created_idx ON audit_events (created_at, id);
CREATE INDEX audit_events_actor_idx ON audit_events (actor_id, created_at) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_events_target_idx ON audit_events (target_type, target_id, created_at);

-- The answer's columns are empty from the claim of a key until its transaction ends.
CREATE TABLE idempotency_keys (
  operator_id TEXT NOT NULL,
  key TEXT NOT NULL,
  request BLOB,
  status INTEGER,
  location TEXT,
  body TEXT,
  created_at INTEGER NOT NULL DEFAULT (unixepoch() * 1000000),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (operator_id, key)
) STRICT;
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);

CREATE TABLE alert_webhooks (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  events TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1,
  sealed_secret TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT alert_webhooks_name_unique UNIQUE (name),
  CONSTRAINT alert_webhooks_name_length CHECK (length(trim(name)) BETWEEN 1 AND 120),
  CONSTRAINT alert_webhooks_url_http CHECK (url LIKE 'http://%' OR url LIKE 'https://%'),
  CONSTRAINT alert_webhooks_events_are_list CHECK (json_type(events) = 'array')
) STRICT;

CREATE TABLE alert_deliveries (
  id TEXT NOT NULL PRIMARY KEY,
  webhook_id TEXT NOT NULL,
  event TEXT NOT NULL,
  occasion TEXT NOT NULL,
  payload TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- NULL: it has ended.
  next_attempt_at INTEGER,
  delivered_at INTEGER,
  last_error TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  CONSTRAINT alert_deliveries_occasion_unique UNIQUE (webhook_id, occasion),
  CONSTRAINT alert_deliveries_webhook_fkey FOREIGN KEY (webhook_id) REFERENCES alert_webhooks (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX alert_deliveries_due_idx ON alert_deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX alert_deliveries_created_idx ON alert_deliveries (created_at);
