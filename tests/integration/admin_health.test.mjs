// What a replica says of itself and of what it depends on, also while that is away.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";

// The answer, which must be there within a second, whatever is away.
async function healthOf(admin) {
  const began = performance.now();
  const answer = await admin.request("GET", "/admin/health");
  const took = performance.now() - began;
  assert.equal(answer.status, 200, answer.text);
  assert.ok(took < 1_300, `it took ${took} ms`);
  return answer.json;
}
const becomes = (admin, what, condition) => {
  let last;
  return until(what, async () => { last = await healthOf(admin); return condition(last) && last; }, patience)
    .catch((error) => assert.fail(`${error.message}; it said ${JSON.stringify(last)}`));
};

test("an embedded gateway has a file and counters of its own", async () => {
  const all = new Fixture("health-embedded");
  try {
    const gateway = await all.gateway({ env: adminEnv });
    const admin = new Admin(gateway);
    await admin.document();
    const key = await gateway.createKey("caller");
    const echo = ({ upstreams }) => upstreams.find(({ kind }) => kind === "echo");
    assert.equal((await gateway.ask(apis.chat, key.secret, { model: "echo" })).status, 200);
    const health = await becomes(admin, "the request is counted", (said) => said.status === "ok" && echo(said)?.attempts === 1);
    assert.deepEqual(health.stores.map(({ name, kind, reachable }) => [name, kind, reachable]), [["database", "sqlite", true], ["counters", "memory", true]]);
    assert.ok(health.stores[0].latency_ms > 0 && health.stores[0].schema_version >= 5);
    assert.ok(echo(health).last_success_at);
    assert.deepEqual([echo(health).failures, echo(health).failure_rate], [0, 0]);
    assert.ok(health.shards[0].loop_lag_ms >= 0);
    assert.deepEqual(health.replicas.data.map(({ id, alive, this: own }) => [id, alive, own]), [[health.replica.id, true, true]]);
    assert.deepEqual(health.breakers, []);
  } finally {
    await all.close();
  }
});

describe("two replicas", () => {
  const all = new Fixture("health");
  let stores, upstream, gateway, other, admin, key;
  before(async () => {
    stores = await all.stores();
    upstream = await all.upstream();
    [gateway, other] = await all.gateways(2, { stores: stores.urls, upstream: upstream.url, env: adminEnv });
    admin = new Admin(gateway);
    key = await gateway.createKey("caller");
    await admin.document();
  });
  after(() => all.close());

  test("see each other, and notice who was killed", async () => {
    const health = await becomes(admin, "both are seen", ({ status, replicas }) => status === "ok" && replicas.data.length === 2);
    assert.deepEqual(health.stores.map(({ kind, reachable }) => [kind, reachable]), [["postgres", true], ["redis", true]]);
    assert.ok(health.replicas.data.every(({ alive, host, version }) => alive && host && version));
    await other.kill();
    const id = health.replicas.data.find((replica) => !replica.this).id;
    await until("it is missed", async () => (await healthOf(admin)).degraded.includes(`replica ${id}`), { within: 60_000 });
  });

  test("tell how an upstream does", async () => {
    upstream.script((request, reply) => reply.json(500, { error: { message: "no" } }));
    for (let i = 0; i < 10; i += 1) await gateway.ask(apis.chat, key.secret);
    const litellm = ({ upstreams }) => upstreams.find(({ name }) => name === "litellm");
    const failing = await becomes(admin, "it fails", ({ degraded }) => degraded.includes("upstream litellm"));
    assert.deepEqual([litellm(failing).failures, litellm(failing).failure_rate, litellm(failing).last_error], [10, 1, "status_500"]);
    upstream.script((request, reply) => reply.json(200, apis.chat.whole({ input: 1, output: 1 })));
    await gateway.ask(apis.chat, key.secret);
    const back = await becomes(admin, "it is back", ({ degraded }) => !degraded.includes("upstream litellm"));
    assert.deepEqual([litellm(back).attempts, litellm(back).failures_in_a_row], [11, 0]);
  });

  test("tell that Redis is away", async () => {
    await stores.redis.stop();
    const health = await becomes(admin, "it is missed", ({ degraded }) => degraded.includes("redis"));
    assert.deepEqual(health.stores.map(({ name, reachable }) => [name, reachable]), [["database", true], ["counters", false]]);
    await stores.redis.start();
    await becomes(admin, "it is back", ({ degraded }) => !degraded.includes("redis"));
  });

  const ways = {
    stopped: { take: () => stores.postgres.stop(), giveBack: () => stores.postgres.start() },
    frozen: { take: () => stores.postgres.pause(), giveBack: () => stores.postgres.resume() },
  };
  for (const [way, { take, giveBack }] of Object.entries(ways)) {
    test(`tell that PostgreSQL is ${way}, to who was known before`, async () => {
      await healthOf(admin);
      await take();
      try {
        const health = await becomes(admin, "it is missed", ({ degraded }) => degraded.includes("database"));
        assert.equal(health.stores[0].reachable, false);
        assert.match(health.stores[0].problem, /^failed: /);
        const stranger = await admin.as(`op_live_${"e".repeat(64)}`).request("GET", "/admin/health");
        assert.deepEqual([stranger.status, stranger.json.error.code], [503, "store_unavailable"]);
        await admin.refused(503, "store_unavailable", "GET", "/admin/keys");
      } finally {
        await giveBack();
      }
      await becomes(admin, "it is back", ({ degraded }) => !degraded.includes("database"));
    });
  }

  test("tell only who may know", async () => {
    const { token } = await admin.create("/admin/operators", { name: "no health", scopes: ["keys:read"] });
    await admin.as(token).refused(403, "insufficient_operator_scope", "GET", "/admin/health");
  });
});
