// One process without PostgreSQL and Redis keeps its limits in memory and its balances in SQLite: a crowd does not pass a budget,
// and neither does a restart, clean or not.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { apis } from "./harness/answers.mjs";
import { declared, keyNamed, pricedOutput, secretOf } from "./harness/declared.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";
import { SqliteFile } from "./harness/sqlite.mjs";
import { asking } from "./harness/upstream_process.mjs";

const output = 100;  // a cent

const all = new Fixture("embedded");
let upstream, gateway, database;
before(async () => {
  upstream = await all.recordingUpstream();
  const config = declared({
    pricing: [...pricedOutput, { ...pricedOutput[0], model: "shared" }],
    keys: [
      keyNamed("crowd", { total_budget_usd: 1 }), keyNamed("rate", { rpm_limit: 40 }), keyNamed("tokens", { max_tokens_per_day: 1_000 }),
      keyNamed("total", { total_budget_usd: 0.1 }), keyNamed("daily", { daily_budget_usd: 0.1 }), keyNamed("requests", { max_requests_per_day: 10 }),
      keyNamed("one"), keyNamed("other"),
    ],
    limits: [{ name: "all", scope: "global", model: "shared", total_budget_usd: 0.1 }],
  });
  gateway = await all.gateway({ upstream: upstream.url, config });
  database = new SqliteFile(gateway.dataDir);
});
after(() => all.close());

const ask = (key, extra = {}, pace = 0) => gateway.ask(apis.chat, secretOf(key), { stream: true, max_tokens: output, ...extra }, asking({ input: 3, output, pace }));
const codeOf = (answer) => answer.json.error.code;

test("300 requests at once: a budget of a hundred is spent and not passed, a rate of forty not either", async () => {
  const crowd = (key) => Promise.all(Array.from({ length: 300 }, () => ask(key, {}, 20)));
  const answers = await crowd("crowd");
  const served = answers.filter(({ status }) => status === 200);
  assert.ok(served.length >= 95 && served.length <= 100, `${served.length} were served`);
  for (const answer of answers) if (answer.status !== 200) assert.deepEqual([answer.status, codeOf(answer), answer.headers.get("retry-after")], [402, "budget_exceeded", null]);
  const requests = await crowd("rate");
  assert.equal(requests.filter(({ status }) => status === 200).length, 40);

  const ids = new Set(served.map(({ headers }) => headers.get("x-relayna-request-id")));
  let rows;
  await until("every answer has its event", async () => {
    rows = (await database.usageRows()).filter((row) => ids.has(row.request_id));
    return rows.length === served.length;
  }, patience);
  assert.ok(rows.every((row) => row.cost_nanos === 10_000_000));
  assert.equal(upstream.records.filter(({ state, request }) => state === "asked" && ids.has(request)).length, served.length);
});

// What is left of each limit after so many requests; the same whatever happens to the process.
const durable = { total: ["budget_exceeded", "usd_total"], daily: ["budget_exceeded", "usd_per_day"], requests: ["rate_limit_exceeded", "requests_per_day"] };

async function spend(times) {
  for (let round = 0; round < times; round += 1) {
    for (const key of Object.keys(durable)) {
      const answer = await ask(key);
      assert.equal(answer.status, 200, `${key}: ${answer.text}`);
    }
    assert.equal((await ask(round % 2 ? "one" : "other", { model: "shared" })).status, 200);
  }
}

test("what was used of a day, or ever, is known after a restart and after kill -9", async () => {
  await spend(4);
  await gateway.restart();
  await spend(3);
  // Killed at once: what was settled last is in the spool, not in the database. It is before anybody is served again.
  await gateway.kill();
  await gateway.start({ ready: false });
  await until("it serves", () => fetch(`${gateway.control}/startupz`).then(({ status }) => status === 200, () => false), { every: 1 });
  await spend(3);
  for (const [key, [code, window]] of Object.entries(durable)) {
    const answer = await ask(key);
    assert.deepEqual([codeOf(answer), answer.json.error.window], [code, window], key);
  }
  const answer = await ask("one", { model: "shared" });
  assert.deepEqual([codeOf(answer), answer.json.error.scope, answer.json.error.window], ["budget_exceeded", "global", "usd_total"]);
});

test("requests that were under way when the process was killed are charged what they had reserved", async () => {
  const before = upstream.records.length;
  const under = ask("tokens", { max_tokens: 900 }, 2_000).catch(() => "broken");
  await until("it is under way", () => upstream.records.length > before, patience);
  await gateway.kill();
  assert.equal(await under, "broken");
  await gateway.restart();
  let row;
  await until("it has its event", async () => (row = (await database.usageRows()).find(({ usage_source: source, total_tokens: tokens }) => source === "interrupted" && tokens > 900)), patience);
  assert.deepEqual([row.status_code, row.error_code, row.cost_nanos], [0, "interrupted", 90_000_000]);
  const answer = await ask("tokens");
  assert.deepEqual([codeOf(answer), answer.json.error.window], ["token_rate_limit_exceeded", "tokens_per_day"]);
});
