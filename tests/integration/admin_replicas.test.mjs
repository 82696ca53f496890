// What an operator changes on one replica holds on the other within a second; a database that goes away in the middle of a change
// leaves it done or not done, never half, and the audit log tells the same story as the rows.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";

describe("two replicas", () => {
  const all = new Fixture("admin-replicas");
  let admin, b, first, second, provider, key;
  before(async () => {
    const { urls } = await all.stores();
    const [one, other] = await all.gateways(2, { stores: urls, env: { ...adminEnv, GATEWAY_ECHO: "true" } });
    [admin, b] = [new Admin(one), other];
    [first, second] = [await all.upstream(), await all.upstream()];
    for (const upstream of [first, second]) upstream.script((request, reply) => reply.json(200, apis.chat.whole({ input: 3, output: 5 })));
    provider = await admin.create("/admin/providers", { name: "theirs", kind: "openai", base_url: first.url, credential: "sk-one" });
    await admin.create("/admin/models", { name: "m", provider: "theirs", upstream_model: "m-1" });
    key = await makeKey("caller");
    await until("the other replica serves", async () => (await ask(key)).status === 200);
  });
  after(() => all.close());

  const makeKey = (name) => admin.create("/admin/keys", { name });
  const ask = (who, extra = {}) => b.ask(apis.chat, who.key, { model: "m", ...extra });
  const refused = (who, code) => async () => (await ask(who)).json?.error?.code === code;
  const serves = (who) => async () => (await ask(who)).status === 200;

  // Makes the change on one replica and waits until the other does as it says.
  async function holdsElsewhere(what, change, condition) {
    await change();
    const answered = performance.now();
    await until(`${what} holds on the other replica`, condition, { within: 5_000, every: 2 });
    const took = performance.now() - answered;
    console.log(`${what}: held on the other replica ${took.toFixed(0)} ms after the answer`);
    assert.ok(took < 1_000, `${what}: ${took} ms`);
  }

  test("a revoked key", async () => {
    const made = await makeKey("revoked");
    assert.equal((await ask(made)).status, 200);
    await holdsElsewhere("a revoked key", () => admin.act(`/admin/keys/${made.id}/revoke`), refused(made, "revoked_virtual_key"));
  });

  test("a policy layer, added and taken away", async () => {
    let layer;
    await holdsElsewhere("a policy layer", async () => {
      layer = await admin.create("/admin/policy-layers", { kind: "key", scope_id: key.id, policy: { allowed_models: ["nothing"] } });
    }, refused(key, "policy_denied"));
    await holdsElsewhere("a removed policy layer", () => admin.remove(`/admin/policy-layers/${layer.id}`), serves(key));
  });

  test("a route, switched off and on", async () => {
    await holdsElsewhere("a route switched off", () => admin.act("/admin/routes/chat-completions/disable"), refused(key, "disabled_route"));
    await holdsElsewhere("a route switched on", () => admin.act("/admin/routes/chat-completions/enable"), serves(key));
  });

  test("a provider's address and its credential", async () => {
    const reaches = (upstream, credential) => async () => {
      upstream.script((request, reply) => reply.json(200, apis.chat.whole({ input: 3, output: 5 })));
      await ask(key);
      return upstream.last?.headers.authorization === `Bearer ${credential}`;
    };
    await holdsElsewhere("a provider's base_url", () => admin.patch(`/admin/providers/${provider.id}`, { base_url: second.url }), reaches(second, "sk-one"));
    await holdsElsewhere("a provider's credential", () => admin.patch(`/admin/providers/${provider.id}`, { credential: "sk-two" }), reaches(second, "sk-two"));
  });

  test("what a model's name stands for", async () => {
    const asked = async () => (await ask(key)) && JSON.parse(second.last.body).model === "m-2";
    await holdsElsewhere("a model's alias", () => admin.patch("/admin/models/m", { upstream_model: "m-2" }), asked);
  });

  test("a limit", async () => {
    const made = await makeKey("limited");
    await holdsElsewhere("a limit", () => admin.create("/admin/limits", { name: "few", scope: "key", target: made.id, requests_per_minute: 1 }),
      async () => (await ask(made)).status === 429);
  });
});

describe("a database that goes away in the middle of a change", () => {
  const all = new Fixture("admin-without-store");
  let stores, proxy, admin;
  before(async () => {
    stores = await all.stores();
    proxy = await all.proxy(stores.postgres.port);
    admin = new Admin(await all.gateway({ stores: { ...stores.urls, database: stores.database.url(proxy.port) }, env: adminEnv }));
  });
  after(() => all.close());

  const audited = async (id, action) => (await admin.get(`/admin/audit-events?target_id=${id}&action=${action}&sort=created_at&limit=500`)).data;
  const back = () => until("the store is back", async () => (await admin.request("GET", "/admin/teams")).status === 200, { within: 30_000 });

  test("while the change waits for a lock: one clear error, and nothing is left of it", async () => {
    const team = await admin.create("/admin/teams", { name: "before" });
    const lock = stores.database.run(`BEGIN; SELECT 1 FROM teams WHERE id = '${team.id}' FOR UPDATE; SELECT pg_sleep(30)`).catch(() => {});
    const waiting = () => stores.database.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'").then((rows) => rows.length > 0);
    await until("the lock is held", async () => (await stores.database.rows("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND wait_event = 'PgSleep'")).length > 0);
    const refused = admin.refused(503, "store_unavailable", "PATCH", `/admin/teams/${team.id}`, { body: { name: "after" } });
    await until("the change waits", waiting);
    await stores.postgres.stop("immediate");
    await refused;
    await lock;
    await stores.postgres.start();
    await back();
    assert.equal((await admin.get(`/admin/teams/${team.id}`)).name, "before");
    assert.equal((await audited(team.id, "teams.update")).length, 0);
    assert.equal((await admin.patch(`/admin/teams/${team.id}`, { name: "after" })).name, "after");
  });

  test("at any moment: row and audit log agree, whatever was answered", async () => {
    const team = await admin.create("/admin/teams", { name: "n0" });
    const outcomes = { 200: 0, 503: 0 };
    const answered = [];
    for (let i = 1; i <= 40; i += 1) {
      const change = admin.request("PATCH", `/admin/teams/${team.id}`, { body: { name: `n${i}` } });
      await sleep(i % 20);  // the moments of one change, as far as a clock can choose them
      proxy.cut();
      const { status, json } = await change;
      outcomes[status] += 1;
      if (status === 200) answered.push(`n${i}`);
      else assert.equal(json.error.code, "store_unavailable");
    }
    await back();
    const rows = await audited(team.id, "teams.update");
    console.log(`changes cut off: ${outcomes[200]} answered 200, ${outcomes[503]} answered 503, ${rows.length} done`);
    assert.equal((await admin.get(`/admin/teams/${team.id}`)).name, rows.at(-1)?.after.name ?? "n0", "the last audit row is the row");
    rows.forEach((row, i) => assert.equal(row.before.name, i === 0 ? "n0" : rows[i - 1].after.name, "each continues the one before"));
    const done = new Set(rows.map((row) => row.after.name));
    for (const name of answered) assert.ok(done.has(name), `${name} was answered 200 and is not in the audit log`);
    assert.equal(done.size, rows.length, "nothing was done twice");
  });

  test("a creation that is repeated with its Idempotency-Key happens once", async () => {
    for (let i = 0; i < 20; i += 1) {
      const create = () => admin.request("POST", "/admin/projects", { body: { name: `project ${i}` }, headers: { "idempotency-key": `create-${i}` } });
      const interrupted = create();
      await sleep(i);
      proxy.cut();
      await interrupted;
      const answer = await until("it is answered", async () => { const again = await create(); return again.status === 503 ? undefined : again; });
      assert.equal(answer.status, 201, answer.text);
    }
    const { data } = await admin.get("/admin/projects?limit=500&sort=name");
    assert.equal(data.length, 20);
    for (const project of data) assert.equal((await audited(project.id, "projects.create")).length, 1);
  });
});
