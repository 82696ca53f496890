// The database of an embedded gateway, read beside it.
import path from "node:path";
import { program, run } from "./processes.mjs";

const script = `
import json, sqlite3, sys, uuid
database = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True, timeout=10)
database.row_factory = sqlite3.Row
show = lambda value: str(uuid.UUID(bytes=value)) if isinstance(value, bytes) and len(value) == 16 else value
print(json.dumps([{name: show(row[name]) for name in row.keys()} for row in database.execute(sys.argv[2])]))
`;

const change = `
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=10) as database: database.executescript(sys.argv[2])
`;

export class SqliteFile {
  constructor(dataDir) { this.file = path.join(dataDir, "gateway.db"); }
  // The rows of a SELECT as objects; blobs of 16 bytes are ids.
  async rows(select) { return JSON.parse(await run([program("python3", "python3"), "-c", script, this.file, select])); }
  // Changes it behind the gateway's back.
  run(statements) { return run([program("python3", "python3"), "-c", change, this.file, statements]); }
  usageRows() { return this.rows("SELECT * FROM usage_events ORDER BY request_id"); }
}
