// The master key is changed while replicas serve: they restart one after the other, and those with the old key and those with
// the new one work side by side.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";

const all = new Fixture("master-key");
after(() => all.close());

const masterKey = (byte) => Buffer.alloc(32, byte).toString("base64");
const old = { GATEWAY_MASTER_KEY: masterKey(1) };
const changing = { GATEWAY_MASTER_KEY: masterKey(2), GATEWAY_MASTER_KEY_PREVIOUS: masterKey(1) };
const changed = { GATEWAY_MASTER_KEY: masterKey(2) };

let a, b, upstream;
const made = [];  // {model, credential, key}: what every replica knows
before(async () => {
  const { urls } = await all.stores();
  upstream = await all.upstream();
  upstream.script((request, reply) => reply.json(200, apis.chat.whole({ input: 1, output: 1 })));
  [a, b] = await all.gateways(2, { stores: urls, env: { ...adminEnv, ...old } });
});

// What is wrong with an answer to this key for a model whose provider is called with a sealed credential; empty: nothing.
async function problemOf(replica, { model, credential, key }) {
  const answer = await replica.ask(apis.chat, key, { model });
  const sent = upstream.requests.findLast(({ body }) => JSON.parse(body).model === model)?.headers.authorization;
  return answer.status === 200 && sent === `Bearer ${credential}` ? "" : `${replica.name}, ${model}: ${answer.status} ${sent} ${answer.text}`;
}
const serves = (replica, one) => until(`${replica.name} serves ${one.model}`, async () => (await problemOf(replica, one)) === "");

// Makes such a model through one replica and waits until both serve it.
async function make(replica, name) {
  const admin = new Admin(replica);
  const one = { model: `m-${name}`, credential: `sk-of-${name}` };
  await admin.create("/admin/providers", { name, kind: "openai", base_url: upstream.url, credential: one.credential });
  await admin.create("/admin/models", { name: one.model, provider: name });
  one.key = (await admin.create("/admin/keys", { name })).key;
  await Promise.all([a, b].map((each) => serves(each, one)));
  made.push(one);
}

// Requests to all replicas that a load balancer would send some to, until `stop` returns what went wrong.
function traffic() {
  const serving = new Set([a, b]);
  const problems = [];
  let stopped = false;
  const turns = new Map();
  const done = (async () => {
    while (!stopped) {
      for (const replica of serving) {
        for (const one of made) problems.push(await problemOf(replica, one));
        turns.set(replica, (turns.get(replica) ?? 0) + 1);
      }
    }
  })();
  const turnOf = (replica, from = turns.get(replica) ?? 0) => until(`${replica.name} has a turn`, () => (turns.get(replica) ?? 0) > from + 1);
  return {
    turnOf,
    // Restarts it with another environment while the other one serves.
    async restart(replica, env) {
      serving.delete(replica);
      await turnOf(replica === a ? b : a);  // by then no request is under way here
      for (const name of ["GATEWAY_MASTER_KEY", "GATEWAY_MASTER_KEY_PREVIOUS"]) delete replica.env[name];
      Object.assign(replica.env, env);
      await replica.restart();
      for (const one of made) await serves(replica, one);
      serving.add(replica);
      await turnOf(replica);
    },
    async stop() {
      stopped = true;
      await done;
      return problems.filter((problem) => problem !== "");
    },
  };
}

const wrappings = async (replica) => (await new Admin(replica).get("/admin/data-key")).stored_secrets;

test("nothing is left under the old key, and nobody has noticed", async () => {
  await make(a, "before");
  assert.ok((await wrappings(a)).every(({ current }) => current));
  const [{ master_key_id: oldId }] = await wrappings(a);
  const load = traffic();

  await load.restart(b, changing);
  assert.match(JSON.stringify(b.logs), /the stored pepper was wrapped under GATEWAY_MASTER_KEY_PREVIOUS and is now under GATEWAY_MASTER_KEY/);
  assert.ok((await wrappings(b)).every(({ current, master_key_id: id }) => current && id !== oldId));
  assert.ok((await wrappings(a)).every(({ current, under }) => !current && under === null), "the old replica does not have the new key, and says so");
  await make(a, "by-old");
  await make(b, "by-new");
  await Promise.all([a, b].map((replica) => load.turnOf(replica)));

  await load.restart(a, changing);
  await load.restart(b, changed);
  await load.restart(a, changed);
  const begun = await new Admin(b).act("/admin/data-key/rotate");
  assert.equal(begun.total, 3);
  await until("every credential is under the new data key", async () => (await new Admin(a).get("/admin/data-key")).done === 3, { within: 60_000 });
  await Promise.all([a, b].map((replica) => load.turnOf(replica)));
  for (const replica of [a, b]) {
    for (const { secret, current, under, master_key_id: id } of await wrappings(replica)) {
      assert.deepEqual([current, under, id === oldId], [true, "GATEWAY_MASTER_KEY", false], secret);
    }
  }
  assert.deepEqual(await load.stop(), []);
});
