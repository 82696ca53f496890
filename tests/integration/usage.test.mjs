// Every request of a known key is in the usage events once, with what the upstream said it used; in PostgreSQL and in SQLite.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";
import { SqliteFile } from "./harness/sqlite.mjs";
import { asking } from "./harness/upstream_process.mjs";

const all = new Fixture("usage");
let upstream;
before(async () => { upstream = await all.recordingUpstream(); });
after(() => all.close());

const idOf = (answer) => answer.headers.get("x-relayna-request-id");
const config = `
keys:
  - name: narrow
    secret: rk_live_${"5".repeat(64)}
    policy: { allow_streaming: false, allowed_models: [m] }
`;
const narrow = `rk_live_${"5".repeat(64)}`;

const notReported = (source) => source === "estimated" || source === "interrupted";

// SQLite has no booleans.
function agrees(stored, expected) {
  if (typeof expected === "function") return expected(stored);
  return (typeof expected === "boolean" ? Boolean(stored) : stored) === expected;
}

async function on(gateway, key, database) {
  let next = 1;
  const expected = new Map();  // request id → what its row must say
  const expect = (answer, row) => expected.set(idOf(answer), row);

  async function succeeds(name, stream, plan = {}) {
    const tokens = { input: next++, output: name === "embeddings" ? 0 : next++ };
    const answer = await gateway.ask(apis[name], key, stream ? { stream: true } : {}, asking({ ...tokens, ...plan }));
    assert.equal(answer.status, 200, answer.text);
    expect(answer, {
      route: apis[name].path, status_code: 200, error_code: null, stream, input_tokens: tokens.input, usage_source: "reported", model: "m", provider: "litellm",
      ...(name === "embeddings" ? {} : { output_tokens: tokens.output, total_tokens: tokens.input + tokens.output }),
    });
  }
  async function refused(status, code, keyUsed, api, extra, headers) {
    const answer = await gateway.ask(api, keyUsed, extra, headers);
    assert.equal(answer.status, status, answer.text);
    expect(answer, { route: api.path, status_code: status, error_code: code, input_tokens: null, output_tokens: null });
  }
  async function leaves() {
    const leaving = new AbortController();
    const answer = await fetch(gateway.url + apis.chat.path, {
      method: "POST", signal: leaving.signal, headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...asking({ pace: 200 }) },
      body: JSON.stringify(apis.chat.body({ stream: true })),
    });
    await answer.body.getReader().read();
    leaving.abort();
    expect(answer, { route: apis.chat.path, status_code: 200, error_code: "client_closed", usage_source: notReported, stream: true });
  }
  async function breaks() {
    const answer = await gateway.ask(apis.chat, key, { stream: true }, asking({ cut: "middle" }));
    expect(answer, { route: apis.chat.path, status_code: 200, error_code: "upstream_connection", usage_source: notReported, stream: true });
  }

  for (let round = 0; round < 3; round += 1) {
    await Promise.all([
      ...Object.keys(apis).flatMap((name) => [succeeds(name, false), ...(apis[name].frames ? [succeeds(name, true), succeeds(name, true, { bytewise: true })] : [])]),
      refused(403, "policy_denied", narrow, apis.chat, { stream: true }),
      refused(403, "policy_denied", narrow, apis.messages, { model: "other" }),
      refused(400, "invalid_request", key, { ...apis.chat, body: () => '{"model": 7}' }),
      refused(400, "invalid_json", key, { ...apis.chat, body: () => '{"model": "m"' }),
      refused(502, "upstream_connection", key, apis.chat, {}, asking({ cut: "before" })),
      refused(500, null, key, apis.chat, {}, asking({ status: 500 })),
      refused(429, null, key, apis.messages, {}, asking({ status: 429 })),
      leaves(), breaks(),
    ]);
  }

  let rows = [];
  await until("every request is in a row", async () => {
    rows = await database.usageRows();
    return requestsIn(rows) >= expected.size;
  }, patience);
  const wrong = rows.flatMap((row) => {
    const fields = expected.get(row.request_id) ?? { request_id: "none: nobody sent this" };
    return Object.entries(fields).filter(([name, value]) => !agrees(row[name], value))
      .map(([name, value]) => `${row.route} ${row.status_code}: ${name} is ${row[name]}, not ${value?.name ?? value}`);
  });
  assert.deepEqual(wrong, []);
  assert.equal(requestsIn(rows), expected.size);
  return rows.length;
}

// Refusals of a key that repeat within half a second share a row.
const requestsIn = (rows) => rows.reduce((sum, { refused_count: refused }) => sum + Math.max(1, Number(refused)), 0);

// What reached the upstream and what was written down are the same requests.
function agreesWithUpstream(rows) {
  const ids = new Set(rows.map(({ request_id: id }) => id));
  for (const { request, state, input, output, target } of upstream.records) {
    if (!ids.has(request)) continue;
    const row = rows.find(({ request_id: id }) => id === request);
    if (state === "done" && row.error_code === null && row.status_code === 200) {
      assert.deepEqual([row.input_tokens, target.endsWith("embeddings") ? 0 : row.output_tokens], [input, output], row.route);
    }
  }
}

const backends = {
  PostgreSQL: async () => {
    const stores = await all.stores();
    return { options: { stores: stores.urls }, database: () => stores.database };
  },
  SQLite: async () => ({ options: {}, database: (gateway) => new SqliteFile(gateway.dataDir) }),
};

for (const [backend, prepare] of Object.entries(backends)) {
  describe(`usage events in ${backend}`, () => {
    let gateway, key, database;
    before(async () => {
      const { options, database: find } = await prepare();
      gateway = await all.gateway({ ...options, upstream: upstream.url, config });
      database = find(gateway);
      key = (await gateway.createKey("mixed")).secret;
    });

    test("one row per request, one for refusals that repeat, with the tokens the upstream reported", async () => {
      const written = await on(gateway, key, database);
      agreesWithUpstream(await database.usageRows());
      await sleep(1_500);  // more than a flush interval: nothing comes twice
      assert.equal((await database.usageRows()).length, written);
    });

    test("a row says who asked, what for, and how long it took", async () => {
      const answer = await gateway.ask(apis.chat, key, { user: "from the body" }, {
        ...asking({ input: 1, output: 2, wait: 100 }), "x-request-id": "mine-1", "x-relayna-tags": "a,b", "x-relayna-end-user": "end-user-1",
      });
      let row;
      await until("the row is there", async () => (row = (await database.usageRows()).find(({ request_id: id }) => id === idOf(answer))), patience);
      const { correlation_id: correlation, tags, end_user: user, trace_id: trace, http_method: method, endpoint_path: path, upstream_attempts: attempts, credential_source: source } = row;
      assert.deepEqual({ correlation, tags, user, method, path, attempts },
        { correlation: "mine-1", tags: "a,b", user: "end-user-1", method: "POST", path: apis.chat.path, attempts: 1 });
      assert.equal(trace, answer.headers.get("x-relayna-trace-id"));
      assert.match(source, /env/);
      assert.ok(row.latency_ms >= 100 && row.latency_ms < 10_000, row.latency_ms);
      const [owner] = await database.rows(`SELECT name FROM keys WHERE id = '${row.key_id}'`);
      assert.equal(owner.name, "mixed");
    });

    test("a client's own request id may come twice: both count", async () => {
      const before = (await database.usageRows()).length;
      for (let round = 0; round < 2; round += 1) await gateway.ask(apis.chat, key, {}, { "x-request-id": "the same" });
      await until("two rows", async () => (await database.usageRows()).length === before + 2, patience);
    });

    test("a burst is written completely, and what is left when it stops, too", async () => {
      const before = (await database.usageRows()).length;
      const burst = 1_500;  // several batches
      const ask = async () => { for (let index = 0; index < burst / 30; index += 1) assert.equal((await gateway.ask(apis.chat, key)).status, 200); };
      await Promise.all(Array.from({ length: 30 }, ask));
      await gateway.stopKeepingData();
      assert.equal((await database.usageRows()).length, before + burst);
    });
  });
}
