// What is used of limits, as operators see it and set it back: spent through one replica, read and reset through another, and
// still reset when Redis has lost everything.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { apis } from "./harness/answers.mjs";
import { declared, keyNamed, pricedOutput, secretOf } from "./harness/declared.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";
import { asking } from "./harness/upstream_process.mjs";

const cent = 0.01;
const output = 100;  // costs one
const config = declared({
  pricing: pricedOutput,
  projects: [{ name: "search", team: "platform" }, { name: "portal", team: "platform" }],
  keys: [
    keyNamed("spender", { daily_budget_usd: 1, total_budget_usd: 50, rpm_limit: 100, max_concurrent_requests: 9 }, { project: "search" }),
    keyNamed("neighbour", {}, { project: "portal" }), keyNamed("alone", { daily_budget_usd: 0.02 }), keyNamed("minute", { rpm_limit: 2 }),
    keyNamed("lost", { daily_budget_usd: 0.03, total_budget_usd: 1 }), keyNamed("slow", { daily_budget_usd: 1 }),
  ],
  policies: [{ kind: "model", scope: "m*", tpm_limit: 1_000_000 }],
  limits: [
    { name: "of search", scope: "project", target: "search", model: "m", daily_budget_usd: 5, max_requests_per_day: 100 },
    { name: "each project", scope: "project", model: "scarce", max_requests_per_day: 2 },
    { name: "people", scope: "end_user", model: "of-people", max_requests_per_day: 3 },
    { name: "warning", scope: "team", soft: true, monthly_budget_usd: 0.001 },
  ],
});

const all = new Fixture("limits-use");
let stores, upstream, a, b, admin;
before(async () => {
  [stores, upstream] = await Promise.all([all.stores(), all.recordingUpstream()]);
  [a, b] = await all.gateways(2, { stores: stores.urls, upstream: upstream.url, config, env: adminEnv });
  admin = new Admin(b);
});
after(() => all.close());

const ask = (gateway, key, { model = "m", pace = 0, stream = false } = {}, headers = {}) =>
  gateway.ask(apis.chat, secretOf(key), { model, max_tokens: output, stream }, { ...asking({ input: 3, output, pace }), ...headers });
const byAda = [{ model: "of-people" }, { "x-relayna-end-user": "ada" }];
async function spend(gateway, key, times, ...what) {
  for (let round = 0; round < times; round += 1) {
    const answer = await ask(gateway, key, ...what);
    assert.equal(answer.status, 200, answer.text);
  }
}
const named = async (kind, name, as = admin) => (await as.get(`/admin/${kind}?name=${encodeURIComponent(name)}`)).data[0].id;
const window = (windows, name) => windows.find((entry) => entry.window === name);
const ofKey = async (key, as = admin) => (await as.get(`/admin/keys/${await named("keys", key, as)}/limits`)).data;
const ofLimit = async (name, query = "") => (await admin.get(`/admin/limits/${await named("limits", name)}/use${query}`)).windows;
const policyOf = async (key, as) => (await ofKey(key, as)).find(({ source }) => source.type === "key_policy").windows;
// Answers do not wait for their settlement.
const settled = (key, used, as) => until(`${key} has used ${used}`, async () => {
  const { used: now, reserved } = window(await policyOf(key, as), "usd_per_day");
  return now === used && reserved === 0;
}, patience);
const midnight = () => new Date(Math.ceil((Date.now() + 1) / 86_400_000) * 86_400_000).toISOString().replace(".000", "");
const stored = (key, count) => until(`${count} events of ${key} are stored`, async () => {
  const [{ n }] = await stores.database.rows(`SELECT count(*)::int AS n FROM usage_events e JOIN keys k ON k.id = e.key_id WHERE k.name = '${key}' AND e.charged`);
  return Number(n) === count;
}, patience);

test("everything that limits a key, spent through one replica and read through the other", async () => {
  await spend(a, "spender", 3);
  await settled("spender", 3 * cent);
  const entries = await ofKey("spender");
  assert.deepEqual(entries.map(({ source, scope, model, counter }) => [source.type, source.name, scope, model, counter.split(":")[0]]).sort(), [
    ["key_policy", null, "key", null, "key"], ["policy_layer", "model m*", "key", "m*", "key"],
    ["limit", "of search", "project", "m", "project"], ["limit", "each project", "project", "scarce", "project"],
    ["limit", "people", "end_user", "of-people", "end_user"], ["limit", "warning", "team", null, "team"],
  ].sort());
  const own = entries.find(({ source }) => source.type === "key_policy").windows;
  assert.deepEqual(window(own, "usd_per_day"), { window: "usd_per_day", soft: false, limit: 1, used: 0.03, reserved: 0, remaining: 0.97, resets_at: midnight(), refuses: false });
  assert.deepEqual([window(own, "usd_total").used, window(own, "usd_total").resets_at], [0.03, null]);
  const minute = window(own, "requests_per_minute");
  assert.deepEqual([minute.used, minute.remaining], [3, 97]);
  assert.ok(Date.parse(minute.resets_at) - Date.now() < 62_000);
  assert.equal(window(own, "concurrent_requests").used, 0);
  const of = (name) => entries.find(({ source }) => source.name === name);
  assert.equal(window(of("model m*").windows, "tokens_per_minute").used, 3 * 103);
  assert.equal(window(of("of search").windows, "requests_per_day").used, 3);
  assert.equal(window(of("each project").windows, "requests_per_day").used, 0);
  const soft = window(of("warning").windows, "usd_per_month");
  assert.deepEqual([soft.soft, soft.used, soft.remaining, soft.refuses], [true, 0.03, 0, false]);
  await admin.refused(404, "not_found", "GET", "/admin/keys/00000000-0000-7000-8000-000000000000/limits");
});

test("what a request under way has reserved is shown, kept by a reset, and becomes what it really uses", async () => {
  await spend(a, "slow", 2);
  await settled("slow", 2 * cent);
  const streaming = ask(a, "slow", { stream: true, pace: 300 });
  await until("a request is under way", async () => window(await policyOf("slow"), "usd_per_day").reserved > 0, patience);
  const { used, reserved } = window(await policyOf("slow"), "usd_per_day");
  assert.ok(reserved >= cent && Math.abs(used - reserved - 2 * cent) < 1e-9, `${used} and ${reserved}`);
  const { counters } = await admin.act(`/admin/keys/${await named("keys", "slow")}/limits/reset`);
  const money = window(counters.flatMap(({ windows }) => windows), "usd_per_day");
  assert.deepEqual([money.used, money.kept], [used, reserved]);
  assert.equal(window(await policyOf("slow"), "usd_per_day").used, reserved);
  assert.equal((await streaming).status, 200);
  await settled("slow", cent);
});

test("a limit that each one has by itself needs to be told whose use is meant", async () => {
  const [search, portal] = [await named("projects", "search"), await named("projects", "portal")];
  const limit = `/admin/limits/${await named("limits", "each project")}`;
  await admin.refused(400, "invalid_request", "GET", `${limit}/use`, {}, ["project_id"]);
  await admin.refused(400, "invalid_request", "GET", `${limit}/use?project_id=${search}&team_id=${search}`, {}, ["team_id"]);
  await admin.refused(400, "invalid_request", "GET", `${limit}/use?project_id=00000000-0000-7000-8000-000000000000`, {}, ["project_id"]);
  assert.equal((await ofLimit("each project", `?project_id=${portal}`))[0].used, 0);
  await spend(a, "neighbour", 2, ...byAda);
  const people = `/admin/limits/${await named("limits", "people")}`;
  assert.deepEqual((await ofLimit("people", `?end_user=ada&project_id=${portal}`)).map(({ used, remaining, refuses }) => [used, remaining, refuses]), [[2, 1, false]]);
  assert.equal((await ofLimit("people", `?end_user=ada&project_id=${search}`))[0].used, 0);
  await admin.refused(400, "invalid_request", "GET", `${people}/use?end_user=ada`, {}, ["project_id"]);
  await admin.refused(400, "invalid_request", "GET", `${people}/use?end_user=ada&key_id=${await named("keys", "neighbour")}`, {}, ["key_id"]);
  const seen = (await admin.get(`/admin/keys/${await named("keys", "neighbour")}/limits?end_user=ada`)).data.find(({ source }) => source.name === "people");
  assert.deepEqual([seen.end_user, seen.windows[0].used], ["ada", 2]);
});

test("a reset lets requests through again, is in the audit log once, and leaves what was not named", async () => {
  const portal = await named("projects", "portal");
  await spend(a, "neighbour", 1, ...byAda);
  assert.equal((await ask(a, "neighbour", ...byAda)).status, 429);
  const id = await named("limits", "people");
  const body = { end_user: "ada", project_id: portal, windows: ["requests_per_day"] };
  const headers = { "Idempotency-Key": "once" };
  const { json } = await admin.request("POST", `/admin/limits/${id}/reset`, { body, headers });
  assert.deepEqual(json.counters[0].windows, [{ window: "requests_per_day", used: 3, kept: 0 }]);
  await until("it is admitted again", async () => (await ask(b, "neighbour", ...byAda)).status === 200, patience);
  const again = await admin.request("POST", `/admin/limits/${id}/reset`, { body, headers });
  assert.deepEqual([again.json, again.headers.get("idempotent-replayed")], [json, "true"]);
  assert.equal((await ofLimit("people", `?end_user=ada&project_id=${portal}`))[0].used, 1);
  const rows = (await admin.get(`/admin/audit-events?action=limits.reset&target_id=${id}`)).data;
  assert.equal(rows.length, 1);
  assert.equal(rows[0].before.counters[0].windows[0].used, 3);

  const search = await named("limits", "of search");
  const used = window(await ofLimit("of search"), "usd_per_day").used;
  await admin.act(`/admin/limits/${search}/reset`, { windows: ["requests_per_day"] });
  const left = await ofLimit("of search");
  assert.deepEqual([window(left, "requests_per_day").used, window(left, "usd_per_day").used], [0, used]);
  await admin.refused(400, "invalid_request", "POST", `/admin/limits/${search}/reset`, { body: { windows: ["usd_total", "concurrent_requests"] } }, ["windows[0]", "windows[1]"]);
  await admin.refused(400, "invalid_request", "POST", `/admin/limits/${search}/reset`, { body: { windows: [], everything: true } }, ["windows", "everything"]);
});

test("minutes begin afresh", async () => {
  await spend(a, "minute", 2);
  assert.equal((await ask(a, "minute")).status, 429);
  await admin.act(`/admin/keys/${await named("keys", "minute")}/limits/reset`, { windows: ["requests_per_minute"] });
  assert.equal(window(await policyOf("minute"), "requests_per_minute").used, 0);
  await spend(b, "minute", 2);
});

test("two resets at a time take off what was used once", async () => {
  await spend(a, "alone", 2);
  await settled("alone", 2 * cent);
  const target = `/admin/keys/${await named("keys", "alone")}/limits/reset`;
  const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => new Admin(i % 2 ? a : b).request("POST", target, { check: false })));
  assert.ok(answers.every(({ status }) => status === 200 || status === 409), answers.map(({ status }) => status).join());
  await spend(b, "alone", 2);
  await settled("alone", 2 * cent);
  assert.equal((await ask(b, "alone")).status, 402);
});

test("a reset survives a Redis that lost everything", async () => {
  await spend(a, "lost", 3);
  await settled("lost", 3 * cent);
  assert.equal((await ask(a, "lost")).status, 402);
  await admin.act(`/admin/keys/${await named("keys", "lost")}/limits/reset`, { windows: ["usd_per_day"] });
  await spend(b, "lost", 1);
  await settled("lost", cent);
  await stored("lost", 4);
  await stores.redis.command("FLUSHALL");
  const own = await policyOf("lost");  // nobody counts: what the database says
  assert.deepEqual([window(own, "usd_per_day").used, window(own, "usd_total").used], [cent, 4 * cent]);
  await until("it is admitted again", async () => (await ask(a, "lost")).status === 200, patience);
  await settled("lost", 2 * cent);
  assert.equal(window(await policyOf("lost"), "usd_total").used, 5 * cent);
  await spend(b, "lost", 1);
  await until("the day is used up", async () => (await ask(b, "lost")).status === 402, patience);
  const [{ open }] = await stores.database.rows("SELECT count(*)::int AS open FROM usage_resets WHERE NOT confirmed");
  assert.equal(Number(open), 0);
});

test("without Redis there is a clear error, no old figures, and no reset", async () => {
  const key = await named("keys", "spender");
  await stores.redis.pause();
  try {
    for (const [method, path] of [["GET", "limits"], ["POST", "limits/reset"]]) {
      const began = performance.now();
      const error = await admin.refused(503, "control_state_unavailable", method, `/admin/keys/${key}/${path}`);
      assert.match(error.message, /Redis/);
      assert.ok(performance.now() - began < 1_500);
    }
  } finally {
    await stores.redis.resume();
  }
  await until("Redis is back", async () => (await admin.request("GET", `/admin/keys/${key}/limits`)).status === 200, patience);
  assert.ok(window(await policyOf("spender"), "usd_total").used > 0);
});

describe("embedded", () => {
  test("a reset survives a restart", async () => {
    const gateway = await all.gateway({ upstream: upstream.url, config, env: adminEnv });
    await spend(gateway, "alone", 2);
    await settled("alone", 2 * cent, new Admin(gateway));
    assert.equal((await ask(gateway, "alone")).status, 402);
    const id = await named("keys", "alone", new Admin(gateway));
    await new Admin(gateway).act(`/admin/keys/${id}/limits/reset`);
    await spend(gateway, "alone", 1);
    await settled("alone", cent, new Admin(gateway));
    await gateway.restart();
    assert.equal(window(await policyOf("alone", new Admin(gateway)), "usd_per_day").used, cent);
    await spend(gateway, "alone", 1);
    assert.equal((await ask(gateway, "alone")).status, 402);
  });
});
