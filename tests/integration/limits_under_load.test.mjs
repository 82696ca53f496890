// Limits hold for all replicas together, however many requests come at once: three replicas, 300 streams at the same moment.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { apis } from "./harness/answers.mjs";
import { reservationsIn } from "./harness/counters.mjs";
import { declared, keyNamed, pricedOutput, secretOf } from "./harness/declared.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";
import { asking } from "./harness/upstream_process.mjs";

const most = 10;  // at once
const perMinute = 40;
const output = 100;  // a cent
const room = 100;  // answers that fit into a limit of their tokens or their price

const all = new Fixture("limits-load");
let stores, upstream, gateways, reservedTokens;
before(async () => {
  [stores, upstream] = await Promise.all([all.stores(), all.recordingUpstream()]);
  const config = (tokens) => declared({
    pricing: pricedOutput,
    keys: [
      keyNamed("probe", { tpm_limit: 1_000_000 }), keyNamed("total", { total_budget_usd: 1 }), keyNamed("daily", { daily_budget_usd: 1 }),
      keyNamed("tokens", { tpm_limit: tokens }), keyNamed("requests", { rpm_limit: perMinute }),
      keyNamed("concurrent", { max_concurrent_requests: most }), keyNamed("quick", { total_budget_usd: 2 }), keyNamed("slow", { total_budget_usd: 2 }),
    ],
  });
  const options = { stores: stores.urls, upstream: upstream.url };
  // What one of these requests reserves is the gateway's estimate, which it tells.
  const first = await all.gateway({ ...options, config: config(1_000_000) });
  const { headers } = await ask(first, "probe", { input: 10_000 });
  reservedTokens = Number(headers.get("x-ratelimit-limit-tokens")) - Number(headers.get("x-ratelimit-remaining-tokens"));
  assert.ok(reservedTokens > output && reservedTokens < output + 100, `${reservedTokens} tokens`);
  await first.stop();
  gateways = await all.gateways(3, { ...options, config: config(room * reservedTokens) });
});
after(() => all.close());

// A stream that ends up with exactly what it reserved.
const ask = (gateway, name, { input = reservedTokens - output, pace = 30 } = {}) =>
  gateway.ask(apis.chat, secretOf(name), { stream: true, max_tokens: output }, asking({ input, output, pace }));

// The answer to one request. On a machine that is busy enough the counters are late, which is no refusal: asked again.
async function decided(gateway, name) {
  for (;;) {
    const answer = await ask(gateway, name);
    if (answer.status !== 503) return answer;
    assert.equal(answer.json.error.code, "control_state_unavailable", answer.text);
    await sleep(100);
  }
}

async function crowd(name, size = 300) {
  const answers = await Promise.all(Array.from({ length: size }, (_, index) => decided(gateways[index % gateways.length], name)));
  return { served: answers.filter(({ status }) => status === 200), refused: answers.filter(({ status }) => status !== 200) };
}

const idOf = (answer) => answer.headers.get("x-relayna-request-id");
const errorOf = ({ status, json: { error } }) => ({ status, code: error.code, scope: error.scope, window: error.window });

function allRefusedAs(refused, expected) {
  for (const answer of refused) assert.deepEqual(errorOf(answer), expected, answer.text);
}

// What became of the key's requests: {upstream: those it was asked for, rows: their usage events}.
async function accountOf(name, { served, refused }) {
  let rows = [];
  await until("every answer has its event", async () => {
    rows = await stores.database.rows(`SELECT u.* FROM usage_events u JOIN keys k ON k.id = u.key_id WHERE k.name = '${name}' AND u.error_code IS NULL`);
    return rows.length >= served.length;
  }, patience);
  const ids = new Set(served.map(idOf));
  assert.deepEqual(new Set(rows.map((row) => row.request_id)), ids);
  const asked = upstream.records.filter(({ state, request }) => state === "asked" && ids.has(request));
  assert.equal(asked.length, served.length);
  const refusedIds = new Set(refused.map(idOf));
  assert.deepEqual(upstream.records.filter(({ request }) => refusedIds.has(request)), [], "a refused request reached the upstream");
  return { asked, rows };
}

describe("300 requests at once on three replicas", () => {
  for (const [name, window] of [["total", "usd_total"], ["daily", "usd_per_day"]]) {
    test(`a budget of a hundred answers (${window}) is spent and not passed`, async () => {
      const answers = await crowd(name);
      const { rows } = await accountOf(name, answers);
      const spent = rows.reduce((sum, row) => sum + row.cost_nanos, 0);
      assert.ok(spent <= 1_000_000_000, `${spent} nano-USD of 1 USD`);
      assert.ok(answers.served.length >= 95 && answers.served.length <= room, `${answers.served.length} were served`);
      assert.ok(rows.every((row) => row.cost_nanos === 10_000_000 && row.usage_source === "reported"));
      allRefusedAs(answers.refused, { status: 402, code: "budget_exceeded", scope: "key", window });
      const untilMidnight = 86_400 - Math.floor(Date.now() / 1000) % 86_400;
      for (const { headers } of answers.refused) {
        const wait = headers.get("retry-after");
        if (window === "usd_total") assert.equal(wait, null);
        else assert.ok(Math.abs(Number(wait) - untilMidnight) < 30, `Retry-After: ${wait}, midnight is in ${untilMidnight} s`);
      }
    });
  }

  test("tokens per minute", async () => {
    const answers = await crowd("tokens");
    const { rows } = await accountOf("tokens", answers);
    assert.ok(rows.every((row) => row.total_tokens === reservedTokens));
    // A busy machine may take longer than a minute for all of it, which makes room for more.
    const times = rows.map((row) => Date.parse(row.accounted_at)).sort((a, b) => a - b);
    noMinuteHasMoreThan(times, room);
    assert.ok(answers.served.length >= 95, `${answers.served.length} were served`);
    allRefusedAs(answers.refused, { status: 429, code: "token_rate_limit_exceeded", scope: "key", window: "tokens_per_minute" });
    for (const { headers } of answers.refused) assert.ok(Number(headers.get("retry-after")) >= 1 && Number(headers.get("retry-after")) <= 61);
  });

  test("requests at the same time", async () => {
    const answers = await crowd("concurrent");
    await accountOf("concurrent", answers);
    const ids = new Set(answers.served.map(idOf));
    let now = 0, highest = 0;
    for (const { request, state } of upstream.records) {
      if (!ids.has(request)) continue;
      now += state === "asked" ? 1 : -1;
      highest = Math.max(highest, now);
    }
    assert.equal(highest, most);
    allRefusedAs(answers.refused, { status: 429, code: "concurrency_limit_exceeded", scope: "key", window: "concurrent_requests" });
    for (const { headers } of answers.refused) assert.equal(headers.get("retry-after"), "1");
  });
});

// `times` in milliseconds, in order. The window is any sixty seconds.
function noMinuteHasMoreThan(times, limit) {
  for (let first = 0; first + limit < times.length; first += 1) {
    assert.ok(times[first + limit] - times[first] >= 60_000, `${limit + 1} within ${times[first + limit] - times[first]} ms`);
  }
}

describe("Redis comes back empty while a budget is being spent", () => {
  // Answers that have just ended and are on their way to the database, and answers that are still under way.
  for (const [name, pace] of [["quick", 2], ["slow", 100]]) {
    test(`by ${name} answers: what nobody has written down yet is not spent again`, async () => {
      let served = 0, stop = false;
      const client = async (index) => {
        while (!stop) {
          const { status } = await ask(gateways[index % gateways.length], name, { pace });
          if (status === 200) served += 1;
          else await sleep(50);
        }
      };
      const load = Promise.all(Array.from({ length: 24 }, (_, index) => client(index)));
      load.catch(() => { stop = true; });
      await until("half of it is spent", () => served >= room, patience);
      await stores.redis.restart();
      await until("the other half is spent", async () => served >= 2 * room - 5 && (await ask(gateways[0], name)).status === 402, patience);
      await sleep(500);
      stop = true;
      await load;
      assert.ok(served <= 2 * room, `${served} of ${2 * room} were served`);
    });
  }
});

test("requests per minute: a crowd, and then whoever comes in the minute after", async () => {
  const first = await crowd("requests");
  assert.equal(first.served.length, perMinute);
  allRefusedAs(first.refused, { status: 429, code: "rate_limit_exceeded", scope: "key", window: "requests_per_minute" });
  const told = Math.max(...first.refused.map(({ headers }) => Number(headers.get("retry-after"))));
  assert.ok(told >= 1 && told <= 61, `Retry-After: ${told}`);
  // One who keeps asking is let in when he was told to come back, and not before.
  const began = Date.now();
  const wait = Number((await decided(gateways[0], "requests")).headers.get("retry-after"));
  let waited;
  await until("the minute is over", async () => {
    const answer = await decided(gateways[1], "requests");
    waited = (Date.now() - began) / 1000;
    if (answer.status === 200) first.served.push(answer);
    return answer.status === 200;
  }, { within: 90_000, every: 200 });
  assert.ok(waited >= wait - 1.5 && waited < wait + 5, `told to wait ${wait} s, let in after ${waited} s`);
  const second = await crowd("requests", 2 * perMinute);
  second.served.push(...first.served);
  const { asked, rows } = await accountOf("requests", second);
  noMinuteHasMoreThan(rows.map((row) => Date.parse(row.accounted_at)).sort((a, b) => a - b), perMinute);
  // The upstream sees them a moment after they were admitted, the first ones later than the last perhaps.
  const seen = asked.map(({ at }) => at).sort((a, b) => a - b);
  for (let at = 0; at + perMinute < seen.length; at += 1) assert.ok(seen[at + perMinute] - seen[at] > 55_000);
});

test("afterwards nothing is held", async () => {
  await until("no reservation is left", async () => (await reservationsIn(stores.redis)).length === 0, patience);
});
