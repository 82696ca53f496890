// Two replicas on one PostgreSQL and one Redis: what changes on one is seen by the other, and starting together is safe.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";

const all = new Fixture("replicas");
let stores, a, b, throughProxy, proxy;
before(async () => {
  stores = await all.stores();
  [a, b] = await all.gateways(2, { stores: stores.urls });
  proxy = await all.proxy(stores.postgres.port);
  throughProxy = { ...stores.urls, database: stores.database.url(proxy.port) };
});
after(() => all.close());

// Changes a key behind every replica's back: with the bookkeeping of a change, but without its notice.
const change = (key, assignment) =>
  stores.database.run(`UPDATE keys SET ${assignment} WHERE id = '${key.id}'; UPDATE catalog_revision SET revision = revision + 1`);
const ask = (gateway, key) => gateway.ask(apis.chat, key.secret, { model: "echo" });
const revoke = async (gateway, key) => {
  const { code, stderr } = await gateway.cli(["keys", "revoke", key.id]);
  assert.equal(code, 0, stderr);
};

// How long it took until `gateway` refused the key as revoked, in milliseconds from when the command had ended.
async function refusedAfter(gateway, key) {
  const began = performance.now();
  await until("the revoked key is refused", async () => {
    const answer = await ask(gateway, key);
    assert.ok(answer.status === 200 || answer.json.error.code === "revoked_virtual_key", answer.text);
    return answer.status === 401;
  }, patience);
  return performance.now() - began;
}

test("a key made on one replica works on the other at once", async () => {
  const key = await a.createKey("made on a");
  assert.equal((await ask(b, key)).status, 200);
  assert.equal((await ask(a, key)).status, 200);
});

test("a key that was unknown a moment ago works once it exists", async () => {
  const key = await a.createKey("known again");
  const [{ hash }] = await stores.database.rows(`SELECT encode(hash, 'hex') AS hash FROM keys WHERE id = '${key.id}'`);
  await change(key, "hash = decode(repeat('00', 32), 'hex')");
  assert.equal((await ask(b, key)).status, 401);
  await change(key, `hash = decode('${hash}', 'hex')`);
  await until("b knows it", async () => (await ask(b, key)).status === 200, { within: 3_000 });
});

test("a revoked key is refused by the other replica within a second", async () => {
  for (let round = 0; round < 3; round += 1) {
    const key = await a.createKey(`revoked ${round}`);
    assert.equal((await ask(b, key)).status, 200);
    await revoke(a, key);
    const took = await refusedAfter(b, key);
    assert.ok(took < 1_000, `${took} ms`);
  }
});

test("a disabled key, too, and it works again when it is enabled", async () => {
  const key = await a.createKey("disabled");
  assert.equal((await ask(b, key)).status, 200);
  await change(key, "disabled = true");
  await until("b refuses it", async () => (await ask(b, key)).status === 401, { within: 3_000 });
  assert.equal((await ask(b, key)).json.error.code, "disabled_virtual_key");
  await change(key, "disabled = false");
  await until("b takes it", async () => (await ask(b, key)).status === 200, { within: 3_000 });
});

test("a change whose notice was lost is found by the revision poll", async () => {
  const key = await a.createKey("no notice");
  assert.equal((await ask(b, key)).status, 200);
  await change(key, "revoked_at = now()");
  const took = await refusedAfter(b, key);
  assert.ok(took < 2_000, `${took} ms; the poll is every second`);
});

test("a revocation during which the listening session was cut is seen within a second", async () => {
  const key = await a.createKey("cut");
  assert.equal((await ask(b, key)).status, 200);
  assert.ok(await stores.database.cutSessions("listen|catalog_revision") >= 2, "both replicas listen");
  await revoke(a, key);
  const took = await refusedAfter(b, key);
  assert.ok(took < 1_500, `${took} ms`);
});

test("a network that falls silent and comes back loses no change", async () => {
  const c = await all.gateway({ stores: throughProxy });
  const key = await a.createKey("silent network");
  assert.equal((await ask(c, key)).status, 200);
  proxy.stall();
  await revoke(a, key);
  await c.becomes(503);
  await proxy.pass();
  const took = await refusedAfter(c, key);
  assert.ok(took < 10_000, `${took} ms`);
  await c.stop();
});

test("a listening session whose network stays silent is given up", async () => {
  const c = await all.gateway({ stores: throughProxy });
  const key = await a.createKey("silent session");
  assert.equal((await ask(c, key)).status, 200);
  // What is open stays silent for good, what is new works: a broken middlebox.
  proxy.forget();
  await revoke(a, key);
  const took = await refusedAfter(c, key);
  assert.ok(took < 10_000, `${took} ms; a statement that gets no answer is given up after 5.5 s`);
  await c.stop();
});

test("several replicas that start at once on an empty database migrate it once", async () => {
  const database = await stores.postgres.createDatabase();
  const starting = await all.gateways(3, { stores: { ...stores.urls, database: database.url() } });
  const applied = starting.flatMap((gateway) => gateway.logs.filter((line) => /applied migration/.test(line.msg ?? line.message)));
  const recorded = await database.rows("SELECT number, name, count(*) FROM schema_migrations GROUP BY 1, 2");
  assert.ok(recorded.length > 0);
  assert.equal(applied.length, recorded.length, starting.map((gateway) => gateway.logText).join("\n"));
  assert.ok(recorded.every(({ count }) => count === 1));
  // One installation: the secrets were generated once, so a key hashed by one is known to all.
  const key = await starting[0].createKey("common");
  for (const gateway of starting) assert.equal((await ask(gateway, key)).status, 200);
  await Promise.all(starting.map((gateway) => gateway.stop()));
});

test("replicas announce themselves, and one that stops is gone", async () => {
  const count = async () => (await stores.database.rows("SELECT id FROM replicas WHERE seen_at > now() - interval '15 seconds'")).length;
  await until("both are announced", async () => (await count()) >= 2, patience);
  const before = await count();
  const c = await all.gateway({ stores: stores.urls });
  await until("the third is, too", async () => (await count()) === before + 1, patience);
  await c.stop();
  assert.equal(await count(), before);
});

test("a replica that is killed comes back over its state directory", async () => {
  const key = await a.createKey("survivor");
  const c = await all.gateway({ stores: stores.urls });
  assert.equal((await ask(c, key)).status, 200);
  const { signal } = await c.kill();
  assert.equal(signal, "SIGKILL");
  assert.equal((await ask(b, key)).status, 200, "the others do not notice");
  await c.restart();
  assert.equal((await ask(c, key)).status, 200);
  await c.stop();
});
