-- compatible_with: 3
-- What a request on a route costs when nobody else knows. An older binary may serve this schema: to it such requests have no price.

ALTER TABLE route_settings ADD COLUMN request_nanos bigint;
