// A history of requests that nobody has to make: rows written beside the gateway, for what takes many of them.
import path from "node:path";
import { program, run } from "./processes.mjs";

const onPostgres = (count, start) => `
  INSERT INTO usage_events (request_id, created_at, route, model, provider, tags, status_code, stream, latency_ms, input_tokens, output_tokens,
    total_tokens, cost_nanos, usage_source, upstream_attempts, fallback_count)
  SELECT ('0190' || lpad(to_hex(i), 4, '0') || '-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid,
    timestamptz '${start}' + i * interval '1 millisecond', '/v1/chat/completions', 'history', 'made-up', repeat('t', 400), 200, false, i % 1000, i, 1, i + 1,
    i * 7, 'reported', 1, 0
  FROM generate_series(0, ${count - 1}) AS i`;

const onSqlite = `
import datetime, sqlite3, sys
file, count, start = sys.argv[1], int(sys.argv[2]), datetime.datetime.fromisoformat(sys.argv[3].replace("Z", "+00:00"))
first = int(start.timestamp() * 1_000_000)
database = sqlite3.connect(file, timeout=30)
row = lambda i: (bytes.fromhex("0190%04x000070008000%012x" % (i, i)), first + i * 1000, "/v1/chat/completions", "history", "made-up", "t" * 400, 200, 0, i % 1000, i, 1,
                 i + 1, i * 7, "reported", 1, 0)
with database:
    database.executemany("""INSERT INTO usage_events (request_id, created_at, route, model, provider, tags, status_code, stream, latency_ms, input_tokens,
      output_tokens, total_tokens, cost_nanos, usage_source, upstream_attempts, fallback_count) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)""", map(row, range(count)))
`;

// `count` (at most 65,536) requests of the model `history` from `start` (RFC 3339) on, one each millisecond; the i-th used i + 1 tokens.
export function writeHistory({ database, dataDir }, count, start) {
  if (database) return database.run(onPostgres(count, start));
  return run([program("python3", "python3"), "-c", onSqlite, path.join(dataDir, "gateway.db"), count, start]);
}
