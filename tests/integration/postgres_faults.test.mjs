// PostgreSQL gone while requests are served: known keys keep working, unknown ones are told that the store is away and not
// that they are wrong, probes answer, and nothing that was used is forgotten.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";
import { asking } from "./harness/upstream_process.mjs";

const all = new Fixture("postgres");
let stores, upstream, gateway, warm, count = 0;
before(async () => {
  stores = await all.stores();
  upstream = await all.recordingUpstream();
  gateway = await all.gateway({ stores: stores.urls, upstream: upstream.url });
  warm = (await gateway.createKey("warm")).secret;
  assert.equal((await ask(warm)).status, 200);
});
after(() => all.close());

const unknownKey = () => `rk_live_${(count += 1).toString(16).padStart(64, "0")}`;
const ask = (key, tokens) => gateway.ask(apis.chat, key, {}, tokens ? asking(tokens) : {});

// Whether its session for changes is there again: until then a key may have changed, and its next use waits for the store.
const follows = async () => (await stores.database.rows("SELECT 1 FROM pg_stat_activity WHERE query ~ 'FROM catalog_revision'")).length > 0;

const ways = {
  "stopped": { take: () => stores.postgres.stop(), giveBack: () => stores.postgres.start() },
  "killed": { take: () => stores.postgres.stop("immediate"), giveBack: () => stores.postgres.start() },
  // A call waits for the statement timeout (5 s) and half a second before it gives up.
  "frozen": { take: () => stores.postgres.pause(), giveBack: () => stores.postgres.resume() },
};

for (const [way, { take, giveBack }] of Object.entries(ways)) {
  test(`PostgreSQL ${way} while serving`, async () => {
    const cold = (await gateway.createKey(`cold, ${way}`)).secret;
    await until("the gateway follows the changes", () => follows(), patience);
    assert.equal((await ask(warm)).status, 200);
    const asked = [];
    const record = async (answer) => { asked.push((await answer).headers.get("x-relayna-request-id")); return answer; };
    await take();
    try {
      await gateway.becomes(503, (body) => body.checks.database?.startsWith("failed"));
      for (let round = 0; round < 20; round += 1) {
        const began = performance.now();
        const answer = await record(ask(warm, { input: round, output: 1 }));
        assert.equal(answer.status, 200, answer.text);
        assert.ok(performance.now() - began < 2_000, `a warm key waited ${performance.now() - began} ms`);
      }
      for (const key of [unknownKey(), cold, unknownKey()]) {
        const began = performance.now();
        const answer = await ask(key);
        const took = performance.now() - began;
        assert.deepEqual([answer.status, answer.json.error.code, answer.headers.get("x-relayna-error")], [503, "store_unavailable", "store_unavailable"]);
        assert.ok(Number(answer.headers.get("retry-after")) >= 1);
        assert.ok(took < 10_000, `an unknown key waited ${took} ms`);
      }
      for (const [probe, status] of [["healthz", 200], ["readyz", 503]]) {
        const answer = await gateway.probe(probe);
        assert.equal(answer.status, status);
        assert.ok(answer.took < 1_500, `/${probe} took ${answer.took} ms`);
      }
    } finally {
      await giveBack();
    }
    await gateway.becomes(200);
    // Questions to a store that was away are asked a quarter of a second apart, so the first may still be refused.
    await until("a key nobody knew while the store was away works", async () => (await ask(cold)).status === 200, { within: 3_000 });
    assert.equal((await record(ask(cold))).status, 200);
    assert.equal((await ask(unknownKey())).json.error.code, "invalid_virtual_key");
    await until("every request of the outage is in the table, once", async () => {
      const rows = await stores.database.usageRows();
      return asked.every((id) => rows.filter((row) => row.request_id === id).length === 1);
    }, patience);
    const byInput = (await stores.database.usageRows()).filter((row) => asked.slice(0, 20).includes(row.request_id)).map((row) => row.input_tokens);
    assert.deepEqual(byInput.sort((a, b) => a - b), Array.from({ length: 20 }, (_, index) => index));
  });
}

test("a key that was revoked during an outage is refused once the store is back", async () => {
  const key = await gateway.createKey("revoked meanwhile");
  assert.equal((await ask(key.secret)).status, 200);
  // The gateway's own way to PostgreSQL breaks; the command line uses another one.
  const proxy = await all.proxy(stores.postgres.port);
  const other = await all.gateway({ stores: { ...stores.urls, database: stores.database.url(proxy.port) }, upstream: upstream.url });
  const askOther = () => other.ask(apis.chat, key.secret);
  assert.equal((await askOther()).status, 200);
  await proxy.refuse();
  await other.becomes(503);
  assert.equal((await gateway.cli(["keys", "revoke", key.id])).code, 0);
  assert.equal((await askOther()).status, 200, "nobody could have told it");
  await proxy.pass();
  await until("the revoked key is refused", async () => (await askOther()).status === 401, patience);
  assert.equal((await askOther()).json.error.code, "revoked_virtual_key");
  await other.stop();
});

test("stale service can be switched off", async () => {
  const proxy = await all.proxy(stores.postgres.port);
  const strict = await all.gateway({
    stores: { ...stores.urls, database: stores.database.url(proxy.port) }, upstream: upstream.url,
    env: { GATEWAY_AUTH_CACHE_TTL: "1s", GATEWAY_AUTH_CACHE_HARD_GRACE: "0" },
  });
  assert.equal((await strict.ask(apis.chat, warm)).status, 200);
  await proxy.refuse();
  await until("a key past its time is not served", async () => (await strict.ask(apis.chat, warm)).status === 503, patience);
  await proxy.pass();
  await until("and again once the store is back", async () => (await strict.ask(apis.chat, warm)).status === 200, patience);
  await strict.stop();
});

test("a slow PostgreSQL slows no warm key", async () => {
  const proxy = await all.proxy(stores.postgres.port);
  const slow = await all.gateway({ stores: { ...stores.urls, database: stores.database.url(proxy.port) }, upstream: upstream.url });
  assert.equal((await slow.ask(apis.chat, warm)).status, 200);
  proxy.delay(300);
  for (let round = 0; round < 10; round += 1) {
    const began = performance.now();
    assert.equal((await slow.ask(apis.chat, warm)).status, 200);
    assert.ok(performance.now() - began < 300, `${performance.now() - began} ms`);
  }
  proxy.delay(0);
  await slow.stop();
});

test("connections that PostgreSQL ended while idle are replaced without a failed request", async () => {
  const key = (await gateway.createKey("after idle")).secret;
  assert.ok(await stores.database.cutSessions(".") > 0);
  const answer = await ask(key);
  assert.equal(answer.status, 200, answer.text);
});
