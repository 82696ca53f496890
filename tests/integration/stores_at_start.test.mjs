// PostgreSQL or Redis away at start: the process lives, says what it waits for, and becomes ready by itself.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";

const all = new Fixture("at-start");
let stores;
before(async () => { stores = await all.stores(); });
after(() => all.close());

async function startsWithout(server, check, urls) {
  await server.stop();
  const gateway = all.replica({ stores: urls });
  await gateway.start({ ready: false });
  const unready = await gateway.becomes(503, (body) => body.checks[check]?.startsWith("failed"));
  assert.equal(unready.json.status, "not_ready");
  assert.equal((await gateway.probe("healthz")).status, 200);
  return gateway;
}

async function servesOnce(server, gateway) {
  const { pid } = gateway;
  await server.start();
  await gateway.waitUntilReady();
  assert.equal(gateway.pid, pid, "without a restart");
  const { secret } = await gateway.createKey(`key of ${gateway.name}`);
  assert.equal((await gateway.ask(apis.chat, secret, { model: "echo" })).status, 200);
}

test("PostgreSQL away at start", async () => {
  const gateway = await startsWithout(stores.postgres, "database", stores.urls);
  assert.equal((await gateway.probe("startupz")).status, 503);
  const attempts = () => gateway.logs.filter(({ level, msg, message }) => level === "error" && /store|PostgreSQL|database/i.test(msg ?? message)).length;
  await until("it tries again", () => attempts() >= 3, patience);
  const soFar = attempts(), began = Date.now();
  await until("it tries further", () => attempts() > soFar, patience);
  assert.ok(Date.now() - began >= 400, "with more and more time in between");
  await servesOnce(stores.postgres, gateway);
  assert.equal((await gateway.probe("startupz")).status, 200);
  await gateway.stop();
});

test("PostgreSQL frozen at start: probes still answer, and SIGTERM still ends it", async () => {
  stores.postgres.pause();
  const gateway = all.replica({ stores: stores.urls });
  try {
    await gateway.start({ ready: false });
    const unready = await gateway.becomes(503, (body) => body.checks.database?.startsWith("failed"));
    assert.ok(unready.took < 1_500, `${unready.took} ms`);
    await gateway.stop();
  } finally {
    stores.postgres.resume();
  }
});

test("Redis away at start", async () => {
  const gateway = await startsWithout(stores.redis, "redis", stores.urls);
  await servesOnce(stores.redis, gateway);
  await gateway.stop();
});

test("Redis away at start hinders no request that needs no limits", async () => {
  const gateway = await startsWithout(stores.redis, "redis", stores.urls);
  await until("the proxy listener is open", async () => (await gateway.probe("startupz"))?.status === 200, patience);
  const { secret } = await gateway.createKey("without limits");
  assert.equal((await gateway.ask(apis.chat, secret, { model: "echo" })).status, 200);
  await servesOnce(stores.redis, gateway);
  await gateway.stop();
});

test("both away at start, and back in either order", async () => {
  for (const order of [["postgres", "redis"], ["redis", "postgres"]]) {
    await Promise.all([stores.postgres.stop(), stores.redis.stop()]);
    const gateway = all.replica({ stores: stores.urls });
    await gateway.start({ ready: false });
    await gateway.becomes(503, ({ checks }) => checks.database?.startsWith("failed") && checks.redis?.startsWith("failed"));
    await stores[order[0]].start();
    await gateway.becomes(503, ({ checks }) => checks[order[0] === "redis" ? "redis" : "database"] === "ok");
    await servesOnce(stores[order[1]], gateway);
    await gateway.stop();
  }
});
