// Redis accepts connections and never answers: who needs no limits does not notice, who does is told within 100 ms or served
// from counters of the process, and afterwards the counters know what was used meanwhile.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { apis } from "./harness/answers.mjs";
import { countersIn, reservationsIn } from "./harness/counters.mjs";
import { declared, keyNamed, pricedOutput, secretOf } from "./harness/declared.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";
import { asking } from "./harness/upstream_process.mjs";

const patient = 250;  // milliseconds an affected request may take here, with sanitizers on a busy machine; 100 are promised

const all = new Fixture("without-redis");
let stores, upstream, proxy, closed, told, counting;
before(async () => {
  [stores, upstream] = await Promise.all([all.stores(), all.recordingUpstream()]);
  proxy = await all.proxy(stores.redis.port);
  const config = declared({
    pricing: pricedOutput,
    keys: [
      keyNamed("free"), keyNamed("limited", { max_concurrent_requests: 100, max_requests_per_day: 1_000_000 }), keyNamed("rate", { rpm_limit: 30 }),
      keyNamed("money", { daily_budget_usd: 0.3 }), keyNamed("stream", { max_tokens_per_day: 1_000_000 }),
      keyNamed("outgrows", { max_tokens_per_day: 1_000_000, default_output_tokens: 50 }),
    ],
  });
  const options = { stores: { ...stores.urls, redis: stores.redis.url(proxy.port) }, upstream: upstream.url, config };
  closed = await all.gateway({ ...options, name: "closed" });
  told = await all.gateway({ ...options, name: "told", env: { GATEWAY_LIMITER_FAILURE: "local", GATEWAY_REPLICAS: "10" } });
  // Started last, it finds the others' heartbeats at once: three live replicas.
  counting = await all.gateway({ ...options, name: "counting", env: { GATEWAY_LIMITER_FAILURE: "local" } });
  for (const gateway of [closed, told, counting]) for (const key of ["free", "limited"]) assert.equal((await ask(gateway, key)).status, 200);
});
after(() => all.close());

const ask = (gateway, key, extra = {}, plan = {}) => gateway.ask(apis.chat, secretOf(key), extra, asking(plan));
const cent = (gateway, key) => ask(gateway, key, { max_tokens: 100 }, { input: 3, output: 100 });

async function timed(action) {
  const began = performance.now();
  const answer = await action();
  return { took: performance.now() - began, answer };
}
const quantile = (times, part) => times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))];

async function timesOf(gateway, key, rounds) {
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const { took, answer } = await timed(() => ask(gateway, key));
    assert.equal(answer.status, 200, answer.text);
    times.push(took);
  }
  return { median: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

test("Redis stalled: who needs no limits does not notice, others are told at once", async () => {
  await timesOf(closed, "free", 100);
  const usual = await timesOf(closed, "free", 300);
  proxy.stall();
  const slow = [];
  let stop = false;
  // Those that need the counters all the while, at first on a connection that is silent, then on none.
  const affected = Promise.all(Array.from({ length: 4 }, async () => {
    while (!stop) {
      const { took, answer } = await timed(() => ask(closed, "limited"));
      assert.deepEqual([answer.status, answer.json.error.code], [503, "control_state_unavailable"], answer.text);
      assert.equal(answer.headers.get("retry-after"), "1");
      slow.push(took);
      await sleep(50);
    }
  }));
  let stalled;
  try {
    stalled = await timesOf(closed, "free", 300);
    await sleep(3_000);  // beyond the patience of the connection itself
  } finally {
    stop = true;
    await affected;
    await proxy.pass();
  }
  const show = ({ median, p99 }) => `median ${median.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
  const told503 = { median: quantile(slow, 0.5), p99: quantile(slow, 0.99), most: Math.max(...slow) };
  console.log(`without limits: ${show(usual)}; Redis stalled: ${show(stalled)}; ${slow.length} refused: ${show(told503)}, at most ${told503.most.toFixed(2)} ms`);
  assert.ok(told503.most < patient, `${told503.most} ms until 503`);
  assert.ok(stalled.median < usual.median * 1.5 + 5, `${show(usual)} before, ${show(stalled)} while Redis was stalled`);

  // What was admitted too late to be told is given back.
  await until("it serves again", async () => (await ask(closed, "limited")).status === 200, patience);
  const day = async () => (await countersIn(stores.redis)).get(`key:${await idOfKey("limited")}`);
  await until("only what was served is counted", async () => {
    const counter = await day();
    const [{ served }] = await stores.database.rows(`SELECT count(*) AS served FROM usage_events WHERE charged AND key_id = '${await idOfKey("limited")}'`);
    return (await reservationsIn(stores.redis)).length === 0 && counter?.concurrent === 0 && counter.requests === served;
  }, patience);
});

const ids = new Map();
async function idOfKey(name) {
  if (!ids.has(name)) ids.set(name, (await stores.database.rows(`SELECT id FROM keys WHERE name = '${name}'`))[0].id);
  return ids.get(name);
}

test("limits in the process: the limit divided by the replicas that live, told or counted", async () => {
  proxy.stall();
  try {
    for (const [gateway, share] of [[told, 3], [counting, 10]]) {
      for (const key of ["rate", "money"]) {
        const answers = [];
        for (let round = 0; round < 15; round += 1) {
          const { took, answer } = await timed(() => cent(gateway, key));
          answers.push(answer);
          assert.ok(took < patient + 100, `${took} ms`);
        }
        assert.equal(answers.filter(({ status }) => status === 200).length, share, `${gateway.name}, ${key}`);
        const code = key === "rate" ? "rate_limit_exceeded" : "budget_exceeded";
        for (const answer of answers.slice(share)) assert.equal(answer.json.error.code, code);
      }
    }
    assert.equal((await cent(closed, "money")).json.error.code, "control_state_unavailable");
    assert.ok(await counting.metric("gateway_admissions_local_total") >= 20);
  } finally {
    await proxy.pass();
  }
  // 13 cents were spent while nobody could count them together.
  await until("the replicas reach Redis", async () => {
    const readiness = await Promise.all([closed, told, counting].map((gateway) => gateway.probe("readyz")));
    return readiness.every(({ status }) => status === 200);
  }, patience);
  await until("the counters know", async () => {
    const answer = await ask(closed, "money", { max_tokens: 1 }, { input: 3, output: 0 });  // whoever asks first has the balance read
    return answer.status === 200 && (await countersIn(stores.redis)).get(`key:${await idOfKey("money")}`)?.costEver === 130_000_000;
  }, { within: 30_000, every: 500 });
  let served = 0, refused;
  for (const gateway of [closed, told, counting, closed, told, counting]) {
    for (let round = 0; round < 5; round += 1) {
      const answer = await cent(gateway, "money");
      if (answer.status === 200) served += 1;
      else refused = answer;
    }
  }
  assert.equal(served, 17, "30 cents in all");
  assert.equal(refused.json.error.code, "budget_exceeded");
});

test("a stream that began before Redis stalled is served to its end, and counted once", async () => {
  const answer = ask(closed, "stream", { stream: true, max_tokens: 500 }, { input: 3, output: 250, pace: 150 });
  await until("it is under way", () => upstream.records.some(({ output, state }) => output === 250 && state === "asked"), patience);
  proxy.stall();
  try {
    const { status, text } = await answer;
    assert.ok(status === 200 && text.endsWith("data: [DONE]\n\n"), text);
    await sleep(500);
  } finally {
    await proxy.pass();
  }
  await until("the counters know", async () => {
    const counter = (await countersIn(stores.redis)).get(`key:${await idOfKey("stream")}`);
    return counter?.tokens === 253 && counter.requests === 1 && counter.concurrent === 0 && (await reservationsIn(stores.redis)).length === 0;
  }, patience);
});

test("a stream that needs more of its limit while Redis is stalled stands still, and goes on", async () => {
  const answer = ask(closed, "outgrows", { stream: true }, { input: 3, output: 9_001, repeat: 400, pace: 2 });
  await until("it is under way", () => upstream.records.some(({ output, state }) => output === 9_001 && state === "asked"), patience);
  proxy.stall();
  try {
    await sleep(2_000);
  } finally {
    await proxy.pass();
  }
  const { status, text } = await answer;
  assert.ok(status === 200 && text.endsWith("data: [DONE]\n\n"), text.slice(-300));
  await until("the counters know", async () => {
    const counter = (await countersIn(stores.redis)).get(`key:${await idOfKey("outgrows")}`);
    return counter?.tokens === 9_004 && counter.concurrent === 0 && (await reservationsIn(stores.redis)).length === 0;
  }, patience);
});
