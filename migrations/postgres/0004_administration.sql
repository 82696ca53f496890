-- compatible_with: 3
-- What operators administer, who they are and what they did. An older binary may serve this schema beside newer ones while they
-- are exchanged: it uses a provider's first credential and a model's first target, and no settings but its environment's.

-- Places a model is served besides its provider, tried by priority and weight.
ALTER TABLE models ADD COLUMN targets jsonb NOT NULL DEFAULT '[]';
ALTER TABLE models ADD CONSTRAINT models_targets_are_list CHECK (jsonb_typeof(targets) = 'array');

CREATE TABLE provider_credentials (
  id uuid NOT NULL,
  provider_id uuid NOT NULL,
  name text NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  sealed_credential text NOT NULL,
  weight bigint NOT NULL DEFAULT 1,
  requests_per_minute bigint,
  max_concurrent_requests bigint,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT provider_credentials_pkey PRIMARY KEY (id),
  CONSTRAINT provider_credentials_name_unique UNIQUE (provider_id, name),
  CONSTRAINT provider_credentials_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 120),
  CONSTRAINT provider_credentials_weight_range CHECK (weight BETWEEN 1 AND 1000),
  CONSTRAINT provider_credentials_caps_positive CHECK (requests_per_minute > 0 AND max_concurrent_requests > 0),
  CONSTRAINT provider_credentials_provider_fkey FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE CASCADE
);

-- value is the text of a JSON object, kept as it was written.
CREATE TABLE settings (
  name text NOT NULL,
  value text NOT NULL,
  sealed_secret text NOT NULL DEFAULT '',
  updated_at timestamptz NOT NULL,
  CONSTRAINT settings_pkey PRIMARY KEY (name)
);

CREATE TABLE operators (
  id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  hash bytea NOT NULL,
  previous_hash bytea,
  previous_valid_until timestamptz,
  scopes jsonb NOT NULL,
  email text,
  password_hash text,
  password_expired boolean NOT NULL DEFAULT false,
  bootstrap boolean NOT NULL DEFAULT false,
  disabled boolean NOT NULL DEFAULT false,
  revoked_at timestamptz,
  expires_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT operators_pkey PRIMARY KEY (id),
  CONSTRAINT operators_hash_unique UNIQUE (hash),
  CONSTRAINT operators_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 120),
  CONSTRAINT operators_hash_length CHECK (octet_length(hash) = 32),
  CONSTRAINT operators_previous_hash_length CHECK (octet_length(previous_hash) = 32),
  -- An old token without an end of its overlap would be accepted for ever.
  CONSTRAINT operators_previous_hash_ends CHECK (previous_hash IS NULL OR previous_valid_until IS NOT NULL),
  CONSTRAINT operators_scopes_are_list CHECK (jsonb_typeof(scopes) = 'array')
);
CREATE UNIQUE INDEX operators_previous_hash_unique ON operators (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE UNIQUE INDEX operators_name_unique ON operators (name) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX operators_email_unique ON operators (email) WHERE revoked_at IS NULL AND email IS NOT NULL;

CREATE TABLE sessions (
  id uuid NOT NULL,
  operator_id uuid NOT NULL,
  hash bytea NOT NULL,
  ip text NOT NULL DEFAULT '',
  user_agent text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_hash_unique UNIQUE (hash),
  CONSTRAINT sessions_hash_length CHECK (octet_length(hash) = 32),
  CONSTRAINT sessions_operator_fkey FOREIGN KEY (operator_id) REFERENCES operators (id) ON DELETE CASCADE
);
CREATE INDEX sessions_operator_idx ON sessions (operator_id);
CREATE INDEX sessions_expires_idx ON sessions (expires_at);

-- No foreign keys: what was done stays on record when who did it, or what it was done to, has gone.
CREATE TABLE audit_events (
  id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  actor_id uuid,
  actor_name text NOT NULL,
  action text NOT NULL,
  target_type text NOT NULL,
  target_id text NOT NULL,
  before text,
  after text,
  request_id text,
  ip text NOT NULL DEFAULT '',
  user_agent text NOT NULL DEFAULT '',
  CONSTRAINT audit_events_pkey PRIMARY KEY (id),
  CONSTRAINT audit_events_action_given CHECK (action <> '')
);
CREATE INDEX audit_events_created_idx ON audit_events (created_at, id);
CREATE INDEX audit_events_actor_idx ON audit_events (actor_id, created_at) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_events_target_idx ON audit_events (target_type, target_id, created_at);

-- The answer's columns are empty from the claim of a key until its transaction ends.
CREATE TABLE idempotency_keys (
  operator_id text NOT NULL,
  key text NOT NULL,
  request bytea,
  status bigint,
  location text,
  body text,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (operator_id, key)
);
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);

CREATE TABLE alert_webhooks (
  id uuid NOT NULL,
  name text NOT NULL,
  url text NOT NULL,
  events jsonb NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  sealed_secret text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT alert_webhooks_pkey PRIMARY KEY (id),
  CONSTRAINT alert_webhooks_name_unique UNIQUE (name),
  CONSTRAINT alert_webhooks_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 120),
  CONSTRAINT alert_webhooks_url_http CHECK (url ~* '^https?://'),
  CONSTRAINT alert_webhooks_events_are_list CHECK (jsonb_typeof(events) = 'array')
);

CREATE TABLE alert_deliveries (
  id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  event text NOT NULL,
  occasion text NOT NULL,
  payload text NOT NULL,
  attempts bigint NOT NULL DEFAULT 0,
  -- NULL: it has ended.
  next_attempt_at timestamptz,
  delivered_at timestamptz,
  last_error text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  CONSTRAINT alert_deliveries_pkey PRIMARY KEY (id),
  CONSTRAINT alert_deliveries_occasion_unique UNIQUE (webhook_id, occasion),
  CONSTRAINT alert_deliveries_webhook_fkey FOREIGN KEY (webhook_id) REFERENCES alert_webhooks (id) ON DELETE CASCADE
);
CREATE INDEX alert_deliveries_due_idx ON alert_deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX alert_deliveries_created_idx ON alert_deliveries (created_at);
