-- compatible_with: 3
-- What operators set back. An older binary may serve this schema: a counter it makes anew begins with all that was used.

-- What is taken off the balance of a counter, for good: of the day it was made on, of that day's week and month, and ever.
-- `number` counts the resets of one counter, so that two at a time cannot both take off the same.
CREATE TABLE usage_resets (
  id uuid NOT NULL,
  counter text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  day bigint NOT NULL,
  requests_today bigint NOT NULL,
  tokens_today bigint NOT NULL,
  cost_today bigint NOT NULL,
  cost_this_week bigint NOT NULL,
  cost_this_month bigint NOT NULL,
  cost_total bigint NOT NULL,
  requests_of_minute boolean NOT NULL,
  tokens_of_minute boolean NOT NULL,
  -- The transaction that stored the row, to be compared with the snapshot a balance was read in.
  stamp bigint NOT NULL,
  confirmed boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  CONSTRAINT usage_resets_pkey PRIMARY KEY (id),
  CONSTRAINT usage_resets_counter_number_unique UNIQUE (counter, number)
);
CREATE INDEX usage_resets_unconfirmed_idx ON usage_resets (created_at) WHERE NOT confirmed;
