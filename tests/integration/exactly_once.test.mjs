// Every request that reached the upstream is in the books once, whatever fails: gateways are killed, PostgreSQL is stopped,
// Redis comes back empty and a third of the clients leave, all under load. Afterwards the upstream's own record, the usage
// events, the days' sums and the counters must agree. RELAYNA_EXACTLY_ONCE_REQUESTS says how many requests at least.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { apis } from "./harness/answers.mjs";
import { countersIn, reservationsIn } from "./harness/counters.mjs";
import { declared, keyNamed, pricedOutput, secretOf } from "./harness/declared.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { asking } from "./harness/upstream_process.mjs";

const wanted = Number(process.env.RELAYNA_EXACTLY_ONCE_REQUESTS ?? 5_000);
const outage = Number(process.env.RELAYNA_EXACTLY_ONCE_OUTAGE_MS ?? 30_000);
const clients = 12;
const kills = 6;  // in `faults`
const keys = ["red", "green", "blue"];
const endUsers = ["ada", "grace", "barbara|model:x"];
const wide = { max_requests_per_day: 1_000_000, max_tokens_per_day: 1_000_000_000, daily_budget_usd: 9_000, total_budget_usd: 9_000_000 };

const all = new Fixture("exactly-once");
let stores, upstream, gateways;
before(async () => {
  [stores, upstream] = await Promise.all([all.stores(), all.recordingUpstream()]);
  const config = declared({
    pricing: pricedOutput,
    projects: [{ name: "search", team: "platform" }, { name: "portal", team: "platform" }],
    keys: [
      keyNamed("red", { ...wide, rpm_limit: 1_000_000, max_concurrent_requests: 1_000 }, { project: "search" }),
      keyNamed("green", { ...wide, tpm_limit: 1_000_000_000 }, { project: "search" }),
      keyNamed("blue", { max_concurrent_requests: 1_000 }, { project: "portal" }),
    ],
    limits: [
      { name: "all", scope: "global", ...wide }, { name: "all of m", scope: "global", model: "m*", ...wide, tpm_limit: 1_000_000_000 },
      { name: "projects", scope: "project", ...wide }, { name: "teams", scope: "team", ...wide }, { name: "people", scope: "end_user", ...wide },
    ],
  });
  const options = { stores: stores.urls, upstream: upstream.url, config };
  gateways = await Promise.all([all.gateway(options), all.gateway(options), all.gateway({ ...options, env: { GATEWAY_THREADS: "2" } })]);
});
after(() => all.close());

const seen = { answered: new Map(), left: new Set(), broken: 0, refused: new Map() };  // by request id
const served = () => seen.answered.size + seen.left.size + seen.broken;
let number = 0, enough = false;

async function client(random) {
  while (!enough) {
    const index = (number += 1);
    // More than was reserved now and then, and a total nobody else has.
    const tokens = { input: index, output: 1 + index % 97 };
    const gateway = gateways[Math.floor(random() * gateways.length)];
    if (!gateway.running) { await sleep(50); continue; }
    const outcome = await ask(gateway, index, tokens).catch((error) => {
      if (error instanceof assert.AssertionError) throw error;
      return "broken";  // killed under the request, or it does not listen yet
    });
    if (outcome === "broken") seen.broken += 1;
    if (outcome !== "served") await sleep(50);
  }
}

async function ask(gateway, index, tokens) {
  const leaves = index % 3 === 0;
  const stream = leaves || index % 3 === 1;
  const leaving = new AbortController();
  const answer = await fetch(gateway.url + apis.chat.path, {
    method: "POST", signal: leaving.signal,
    headers: {
      authorization: `Bearer ${secretOf(keys[index % keys.length])}`, "content-type": "application/json", ...asking({ ...tokens, pace: 15 }),
      ...(index % 4 ? { "x-relayna-end-user": endUsers[index % endUsers.length] } : {}),
    },
    body: JSON.stringify(apis.chat.body({ stream, max_tokens: index % 5 ? 40 : 2 })),  // 2 are too few: the reservation has to grow
  });
  const id = answer.headers.get("x-relayna-request-id");
  if (answer.status !== 200) {
    const { error } = await answer.json();
    seen.refused.set(error.code, (seen.refused.get(error.code) ?? 0) + 1);
    return "refused";
  }
  if (leaves) {
    await answer.body.getReader().read();
    leaving.abort();
    seen.left.add(id);
    return "served";
  }
  const text = await answer.text();
  if (!stream) JSON.parse(text);
  else if (/"code":"(shutting_down|control_state_unavailable)"/.test(text)) return "broken";
  else assert.ok(text.endsWith("data: [DONE]\n\n") && !text.includes('"error"'), text);
  seen.answered.set(id, tokens);
  return "served";
}

async function killed(gateway) {
  await gateway.kill();
  return gateway.restart();
}

// Everything that goes wrong, one thing at a time and several together.
async function faults() {
  const [a, b, c] = gateways;
  await sleep(2_000);
  await killed(a);
  await sleep(1_000);
  await stores.redis.restart();
  await sleep(2_000);
  await Promise.all([killed(b), killed(c)]);
  await a.restart();  // in an orderly way, for once
  await sleep(1_000);
  // What the gateways owe the database grows; one of them is killed with it and comes back to a database that is away.
  await stores.postgres.stop("immediate");
  const back = sleep(outage);
  await sleep(outage / 3);
  await a.kill();
  await sleep(outage / 3);
  await back;
  await stores.postgres.start();
  await a.restart();
  await sleep(1_000);
  await stores.redis.restart();
  await killed(c);
  // Nobody knows any balance for a while: neither the counters nor the database.
  await Promise.all([stores.postgres.stop(), stores.redis.stop()]);
  await sleep(2_000);
  await b.kill();
  await stores.redis.start();
  await sleep(1_000);
  await stores.postgres.start();
  await b.restart();
  await sleep(2_000);
}

// The same sequence each time, whatever the machine makes of it.
function randomFrom(seed) {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
}

const eventually = { within: 60_000, every: 250 };
let rows, asked;

describe("when everything fails under load", () => {
  test("requests are served between the faults", { timeout: 170_000 }, async () => {
    const load = Promise.all(Array.from({ length: clients }, (_, index) => client(randomFrom(index + 1))));
    load.catch(() => { enough = true; });
    try {
      await faults();
      await until(`${wanted} requests were served`, () => served() >= wanted, { within: 90_000 });
    } finally {
      enough = true;
      await load;
    }
    // The counters that nobody asked for since they were emptied come back with the next request.
    for (const [index] of [...keys, ...endUsers].entries()) {
      for (const key of keys) {
        const headers = index < endUsers.length ? { "x-relayna-end-user": endUsers[index] } : {};
        await until("a last request is served", async () => (await gateways[index % 3].ask(apis.chat, secretOf(key), {}, headers)).status === 200, eventually);
      }
    }
    assert.ok(seen.left.size > wanted / 6 && seen.answered.size > wanted / 3, `${seen.answered.size} whole answers, ${seen.left.size} clients left`);
  });

  test("every request the upstream saw has one event, and no event is invented", { timeout: 90_000 }, async () => {
    asked = new Map(upstream.records.filter(({ state }) => state === "asked").map((record) => [record.request, record]));
    let missing;
    await until("the events are there", async () => {
      rows = new Map((await stores.database.usageRows()).map((row) => [row.request_id, row]));
      missing = [...asked.keys()].filter((id) => !rows.has(id));
      return missing.length === 0;
    }, eventually).catch(() => assert.fail(`${missing.length} of ${asked.size} requests have no event: ${missing.slice(0, 5)}`));
    const unasked = [...rows.values()].filter((row) => !asked.has(row.request_id));
    assert.deepEqual(unasked.filter((row) => row.usage_source === "reported" || row.usage_source === "estimated" || row.status_code === 200), []);
    const count = {};
    for (const { usage_source: source } of rows.values()) count[source ?? "none"] = (count[source ?? "none"] ?? 0) + 1;
    console.log(`${asked.size} requests reached the upstream, events ${JSON.stringify(count)}, refused ${JSON.stringify(Object.fromEntries(seen.refused))}, broken ${seen.broken}`);
  });

  test("what is marked as reported is what the upstream produced", () => {
    for (const row of rows.values()) {
      if (row.usage_source !== "reported") continue;
      const { input, output } = asked.get(row.request_id);
      assert.deepEqual([row.input_tokens, row.output_tokens, row.total_tokens, row.cost_nanos], [input, output, input + output, output * 100_000], row.request_id);
    }
    for (const [id, { input, output }] of seen.answered) {
      const row = rows.get(id);
      // Killed between the last byte and the note of it: then nobody claims to know.
      if (row.usage_source === "interrupted") continue;
      assert.deepEqual([row.usage_source, row.input_tokens, row.output_tokens], ["reported", input, output], id);
    }
    for (const id of seen.left) assert.ok(["estimated", "interrupted", "reported"].includes(rows.get(id).usage_source), id);
    const interrupted = [...rows.values()].filter((row) => row.usage_source === "interrupted");
    assert.ok(interrupted.length > 0 && interrupted.length <= kills * clients, `${interrupted.length} were interrupted`);
  });

  test("nothing is reserved any more, and the counters say what the database says", { timeout: 90_000 }, async () => {
    let held, wrong;
    await until("the books agree", async () => {
      held = await reservationsIn(stores.redis);
      wrong = held.length === 0 ? await differences() : ["reservations"];
      return wrong.length === 0;
    }, eventually).catch(() => assert.fail(`held: ${held.length}\n${wrong.join("\n")}`));
  });

  test("the days' sums are those of the events", async () => {
    const sums = "sum(requests) requests, sum(refused) refused, sum(total_tokens) tokens, sum(cost_nanos) cost";
    const events = "count(*) FILTER (WHERE charged) requests, sum(refused_count) refused, sum(total_tokens) tokens, sum(cost_nanos) cost";
    assert.deepEqual(await stores.database.rows(`SELECT ${sums} FROM usage_daily`), await stores.database.rows(`SELECT ${events} FROM usage_events`));
  });
});

// What the events add up to for every counter there must be, compared with the counters.
async function differences() {
  const events = await stores.database.rows(`SELECT key_id, project_id, team_id, coalesce(end_user, '') AS end_user, total_tokens, cost_nanos, charged,
    floor(extract(epoch FROM coalesce(accounted_at, created_at)) / 86400) AS day FROM usage_events WHERE charged`);
  const named = Object.fromEntries((await stores.database.rows("SELECT id, name FROM keys")).map(({ id, name }) => [id, name]));
  const expected = new Map();
  const add = (scope, event) => { if (expected.has(scope)) expected.get(scope).push(event); else expected.set(scope, [event]); };
  for (const event of events) {
    add("global", event);
    add("global|model:m*", event);
    add(`project:${event.project_id}`, event);
    add(`team:${event.team_id}`, event);
    add(`end_user:${event.project_id}/${event.end_user.replaceAll("|", "||")}`, event);
    if (named[event.key_id] !== "blue") add(`key:${event.key_id}`, event);
  }
  assert.equal(expected.size, 2 + 2 + 1 + 2 * (endUsers.length + 1) + 2, [...expected.keys()].join(" "));
  const counters = await countersIn(stores.redis);
  const wrong = [];
  for (const [scope, { concurrent }] of counters) if (concurrent !== 0) wrong.push(`${scope}: ${concurrent} at once`);
  for (const [scope, of] of expected) {
    const counter = counters.get(scope);
    if (!counter?.seeded) { wrong.push(`${scope}: ${counter ? "not seeded" : "missing"}`); continue; }
    const today = of.filter(({ day }) => day === counter.day);
    const sum = (list, field) => list.reduce((total, event) => total + (event[field] ?? 0), 0);
    const pairs = { requests: [counter.requests, today.length], tokens: [counter.tokens, sum(today, "total_tokens")],
      costToday: [counter.costToday, sum(today, "cost_nanos")], costEver: [counter.costEver, sum(of, "cost_nanos")] };
    for (const [what, [counted, stored]] of Object.entries(pairs)) if (counted !== stored) wrong.push(`${scope}: ${what} ${counted}, stored ${stored}`);
  }
  return wrong;
}
