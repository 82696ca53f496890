// Redis gone, frozen or behind a bad network while requests are served: what needs no limits is unaffected, and readiness
// says what is wrong.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";

const all = new Fixture("redis");
let stores, proxy, strict, serving, key;
before(async () => {
  stores = await all.stores();
  proxy = await all.proxy(stores.redis.port);
  const urls = { ...stores.urls, redis: stores.redis.url(proxy.port) };
  [strict, serving] = await Promise.all([
    all.gateway({ name: "strict", stores: urls }),
    all.gateway({ name: "serving", stores: urls, env: { GATEWAY_READINESS: "serving" } }),
  ]);
  key = (await strict.createKey("unlimited")).secret;
});
after(() => all.close());

const ways = {
  "stopped": { take: () => stores.redis.stop(), giveBack: () => stores.redis.start() },
  "frozen": { take: () => stores.redis.pause(), giveBack: () => stores.redis.resume() },
  "silent behind the network": { take: () => proxy.stall(), giveBack: () => proxy.pass() },
  "refusing connections": { take: () => proxy.refuse(), giveBack: () => proxy.pass() },
  "resetting connections": { take: () => proxy.reset(), giveBack: () => proxy.pass() },
};

for (const [way, { take, giveBack }] of Object.entries(ways)) {
  test(`Redis ${way} while serving`, async () => {
    await take();
    try {
      const unready = await strict.becomes(503, (body) => body.checks.redis?.startsWith("failed"));
      assert.deepEqual([unready.json.status, unready.json.checks.database], ["not_ready", "ok"]);
      const degraded = await serving.becomes(200, (body) => body.status === "degraded" && body.checks.redis?.startsWith("failed"));
      assert.ok(degraded.took < 1_500, `/readyz took ${degraded.took} ms`);
      for (const gateway of [strict, serving]) {
        assert.equal((await gateway.probe("healthz")).status, 200);
        for (let round = 0; round < 10; round += 1) {
          const began = performance.now();
          const answer = await gateway.ask(apis.chat, key, { model: "echo" });
          assert.equal(answer.status, 200, answer.text);
          assert.ok(performance.now() - began < 1_000, `a request without limits took ${performance.now() - began} ms`);
        }
      }
    } finally {
      await giveBack();
    }
    await Promise.all([strict, serving].map((gateway) => gateway.becomes(200, (body) => body.status === "ready")));
  });
}

test("PostgreSQL gone: a replica that serves from its cache stays ready when asked to", async () => {
  assert.equal((await serving.ask(apis.chat, key, { model: "echo" })).status, 200);
  await stores.postgres.stop();
  try {
    await strict.becomes(503, ({ checks }) => checks.database.startsWith("failed"));
    await serving.becomes(200, ({ status, checks }) => status === "degraded" && checks.database.startsWith("failed"));
    assert.equal((await serving.ask(apis.chat, key, { model: "echo" })).status, 200);
  } finally {
    await stores.postgres.start();
  }
  await Promise.all([strict, serving].map((gateway) => gateway.becomes(200, (body) => body.status === "ready")));
});
