-- compatible_with: 3
-- What operators set back, as in PostgreSQL's file of the same number.

CREATE TABLE usage_resets (
  id TEXT NOT NULL PRIMARY KEY,
  counter TEXT NOT NULL,
  number INTEGER NOT NULL,
  day INTEGER NOT NULL,
  requests_today INTEGER NOT NULL,
  tokens_today INTEGER NOT NULL,
  cost_today INTEGER NOT NULL,
  cost_this_week INTEGER NOT NULL,
  cost_this_month INTEGER NOT NULL,
  cost_total INTEGER NOT NULL,
  requests_of_minute INTEGER NOT NULL,
  tokens_of_minute INTEGER NOT NULL,
  stamp INTEGER NOT NULL,
  confirmed INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  CONSTRAINT usage_resets_counter_number_unique UNIQUE (counter, number)
) STRICT;
CREATE INDEX usage_resets_unconfirmed_idx ON usage_resets (created_at) WHERE confirmed = 0;
