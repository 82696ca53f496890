// The life of a virtual key through the admin API, and the conventions every resource shares, shown on keys: pages, ETags,
// Idempotency-Key, audit rows, and that another replica follows within a second.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";

const all = new Fixture("admin-keys");
let a, b, admin, other;
before(async () => {
  const stores = await all.stores();
  [a, b] = await all.gateways(2, { stores: stores.urls, env: adminEnv });
  [admin, other] = [new Admin(a), new Admin(b)];
});
after(() => all.close());

const ask = (gateway, secret, extra = {}) => gateway.ask(apis.chat, secret, { model: "echo", ...extra });
let names = 0;
const make = (fields = {}) => admin.create("/admin/keys", { name: `key ${(names += 1)}`, ...fields });

// How long until a change made on `a` holds on `b`, in milliseconds.
async function holdsOnB(condition) {
  const began = performance.now();
  await until("the other replica follows", condition, { within: 5_000, every: 5 });
  const took = performance.now() - began;
  assert.ok(took < 1_000, `${took} ms`);
}

test("a key is shown once, works at once everywhere, and is listed without its secret", async () => {
  const made = await make({ policy: { rpm_limit: 100, daily_budget_usd: 0.25 } });
  assert.match(made.key, /^rk_live_[0-9a-f]{64}$/);
  assert.equal(made.key_prefix, made.key.slice(0, 16));
  assert.deepEqual([made.status, made.high_risk, made.policy.rpm_limit, made.policy.daily_budget_usd], ["active", true, 100, 0.25]);
  assert.equal((await ask(b, made.key)).status, 200);
  const { key, ...shown } = made;
  const read = await other.get(`/admin/keys/${made.id}`);
  assert.deepEqual({ ...read, last_used_at: null }, { ...shown, last_used_at: null });
  assert.ok(!JSON.stringify(await admin.get("/admin/keys")).includes(key));
});

test("presets are a start that the policy refines", async () => {
  const made = await make({ policy: { rpm_limit: 7 }, preset: "external_partner" });
  assert.deepEqual([made.policy.rpm_limit, made.policy.tpm_limit, made.policy.allow_streaming, made.policy.max_cost_per_request], [7, 10_000, false, 0.25]);
  await admin.refused(400, "invalid_request", "POST", "/admin/keys", { body: { name: "x", preset: "nobody" } }, ["preset"]);
});

test("keys are found by their status, which no column holds", async () => {
  const soon = new Date(Date.now() + 3_600_000).toISOString(), past = "2020-01-01T00:00:00Z";
  const mark = (status) => `status ${status}`;
  const keys = {
    active: await make({ name: mark("active"), expires_at: "2090-01-01T00:00:00Z" }), never: await make({ name: mark("never") }),
    expiring: await make({ name: mark("expiring"), expires_at: soon }), expired: await make({ name: mark("expired") }),
    disabled: await make({ name: mark("disabled"), disabled: true }), revoked: await make({ name: mark("revoked"), disabled: true }),
  };
  for (const over of [keys.expired, keys.disabled]) await admin.patch(`/admin/keys/${over.id}`, { expires_at: past });
  await admin.act(`/admin/keys/${keys.revoked.id}/revoke`);
  const found = async (query) => (await admin.get(`/admin/keys?q=status&sort=name&${query}`)).data.map(({ name }) => name.split(" ")[1]);
  assert.deepEqual(await found("status=active"), ["active", "expiring", "never"]);
  for (const status of ["expiring", "expired", "disabled", "revoked"]) assert.deepEqual(await found(`status=${status}`), [status]);
  assert.deepEqual(await found("high_risk=true"), ["never", "revoked"]);
  assert.deepEqual(await found("high_risk=false&status=active"), ["active", "expiring"]);
  await admin.refused(400, "invalid_request", "GET", "/admin/keys?status=lost&high_risk=maybe", {}, ["status", "high_risk"]);
});

test("everything wrong with a key is told at once, field by field", async () => {
  await admin.refused(400, "invalid_request", "POST", "/admin/keys",
    { body: { project_id: "none", expires_at: "tomorrow", policy: { rpm_limit: -1, allowed_hours_utc: [24], nonsense: 1 }, status: "active", typo: 1 } },
    ["name", "project_id", "expires_at", "policy.rpm_limit", "policy.nonsense", "status", "typo"]);
  await admin.refused(400, "invalid_request", "POST", "/admin/keys", { body: { name: "dangling", project_id: "00000000-0000-7000-8000-000000000000" } }, ["project_id"]);
  const taken = await make();
  await admin.refused(409, "conflict", "POST", "/admin/keys", { body: { name: taken.name } }, ["name"]);
});

test("a patch merges, null clears, and the other replica enforces it within a second", async () => {
  const made = await make({ policy: { allowed_models: ["echo"], rpm_limit: 50 }, expires_at: "2030-01-01T00:00:00Z" });
  assert.equal((await ask(b, made.key)).status, 200);
  const patched = await admin.patch(`/admin/keys/${made.id}`, { expires_at: null, policy: { allowed_models: ["nothing"], rpm_limit: null } });
  assert.deepEqual([patched.expires_at, patched.policy.allowed_models, patched.policy.rpm_limit, patched.policy.policy_version], [null, ["nothing"], null, 2]);
  await holdsOnB(async () => (await ask(b, made.key)).status === 403);
});

test("disable, enable and revoke hold on the other replica within a second; revoked is for good", async () => {
  const made = await make();
  const says = (code) => async () => (await ask(b, made.key)).json?.error?.code === code;
  assert.equal((await ask(b, made.key)).status, 200);
  assert.equal((await admin.act(`/admin/keys/${made.id}/disable`)).status, "disabled");
  await holdsOnB(says("disabled_virtual_key"));
  assert.equal((await admin.act(`/admin/keys/${made.id}/enable`)).status, "active");
  await holdsOnB(async () => (await ask(b, made.key)).status === 200);
  assert.equal((await admin.act(`/admin/keys/${made.id}/revoke`)).status, "revoked");
  await holdsOnB(says("revoked_virtual_key"));
  await admin.refused(409, "conflict", "POST", `/admin/keys/${made.id}/enable`);
  await admin.refused(409, "conflict", "PATCH", `/admin/keys/${made.id}`, { body: { name: "again" } });
  await make({ name: made.name });  // its name is free again
});

test("a rotation keeps the id and lets the old secret go on for the chosen overlap", async () => {
  const made = await make();
  const rotated = await admin.act(`/admin/keys/${made.id}/rotate`);
  assert.equal(rotated.id, made.id);
  assert.notEqual(rotated.key, made.key);
  assert.equal((await ask(b, made.key)).status, 200);
  assert.equal((await ask(b, rotated.key)).status, 200);
  const final = await admin.act(`/admin/keys/${made.id}/rotate`, { overlap_seconds: 0 });
  await holdsOnB(async () => (await ask(b, rotated.key)).status === 401);
  assert.equal((await ask(b, final.key)).status, 200);
  await admin.refused(400, "invalid_request", "POST", `/admin/keys/${made.id}/rotate`, { body: { overlap_seconds: -1, overlap: 1 } }, ["overlap_seconds", "overlap"]);
});

test("a stale ETag is refused and changes nothing; using a key does not make one stale", async () => {
  const made = await make();
  const first = (await admin.request("GET", `/admin/keys/${made.id}`)).headers.get("etag");
  await ask(a, made.key);
  await admin.expect(200, "PATCH", `/admin/keys/${made.id}`, { body: { name: `${made.name} renamed` }, headers: { "if-match": first } });
  const error = await admin.refused(412, "precondition_failed", "PATCH", `/admin/keys/${made.id}`, { body: { name: "lost" }, headers: { "if-match": first } });
  const now = await admin.request("GET", `/admin/keys/${made.id}`);
  assert.equal(now.json.name, `${made.name} renamed`);
  assert.ok(error.message.includes(now.headers.get("etag")));
  const again = await admin.request("GET", `/admin/keys/${made.id}`, { headers: { "if-none-match": now.headers.get("etag") } });
  assert.equal(again.status, 304);
});

test("two operators changing one key at the same time: one of them is told", async () => {
  const made = await make();
  const etag = (await admin.request("GET", `/admin/keys/${made.id}`)).headers.get("etag");
  const answers = await Promise.all([admin, other].map((who, i) =>
    who.request("PATCH", `/admin/keys/${made.id}`, { body: { name: `${made.name} by ${i}` }, headers: { "if-match": etag } })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412]);
});

test("a repeated creation with one Idempotency-Key makes one key, also at the same time, and never shows the secret twice", async () => {
  const headers = { "idempotency-key": "once" };
  const body = { name: "idempotent" };
  const answers = await Promise.all([admin, other, admin, other].map((who) => who.request("POST", "/admin/keys", { body, headers })));
  assert.deepEqual(answers.map(({ status }) => status), [201, 201, 201, 201], answers.map(({ text }) => text).join("\n"));
  assert.equal(new Set(answers.map(({ json }) => json.id)).size, 1);
  assert.equal(answers.filter(({ json }) => json.key).length, 1);
  assert.equal(answers.filter((answer) => answer.headers.get("idempotent-replayed") === "true").length, 3);
  await admin.refused(409, "idempotency_conflict", "POST", "/admin/keys", { body: { name: "another" }, headers });
});

test("pages neither repeat nor lose keys, in either direction, and filters hold", async () => {
  const project = await admin.create("/admin/projects", { name: "paged" });
  const ids = [];
  for (let i = 0; i < 7; i += 1) ids.push((await make({ project_id: project.id })).id);
  for (const sort of ["created_at", "-created_at", "name", "-expires_at"]) {
    const seen = [];
    let cursor = "";
    do {
      const page = await admin.get(`/admin/keys?project_id=${project.id}&limit=3&sort=${sort}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    } while (cursor);
    assert.deepEqual([...seen].sort(), [...ids].sort(), sort);
  }
  assert.equal((await admin.get(`/admin/keys?project_id=${project.id}&expires_at=null&q=KEY`)).data.length, 7);
  assert.equal((await admin.get(`/admin/keys?project_id=${project.id}&expires_at_from=2020-01-01T00:00:00Z`)).data.length, 0);
  await admin.refused(400, "invalid_request", "GET", "/admin/keys?sort=secret&limit=0&cursor=%00", {}, ["sort", "limit"]);
  await admin.refused(400, "invalid_request", "GET", "/admin/keys?cursor=nonsense", {}, ["cursor"]);
});

test("every change is in the audit log with who, what, before and after, and without secrets", async () => {
  const made = await make();
  await admin.patch(`/admin/keys/${made.id}`, { policy: { rpm_limit: 5 } });
  await admin.act(`/admin/keys/${made.id}/rotate`);
  await admin.remove(`/admin/keys/${made.id}`);
  const { data } = await admin.get(`/admin/audit-events?target_id=${made.id}&sort=created_at`);
  assert.deepEqual(data.map(({ action }) => action), ["keys.create", "keys.update", "keys.rotate", "keys.delete"]);
  assert.deepEqual([data[0].before, data[0].after.name, data[1].before.policy.rpm_limit, data[1].after.policy.rpm_limit, data[3].after], [null, made.name, null, 5, null]);
  for (const row of data) {
    assert.deepEqual([row.actor_name, row.target_type, row.ip], ["bootstrap", "keys", "127.0.0.1"]);
    assert.ok(row.request_id && row.user_agent);
  }
  assert.ok(!JSON.stringify(data).includes(made.key.slice(20)));
  const nothing = await make();
  await admin.patch(`/admin/keys/${nothing.id}`, { name: nothing.name });
  assert.equal((await admin.get(`/admin/audit-events?target_id=${nothing.id}`)).data.length, 1, "a change that changes nothing leaves no row");
});
