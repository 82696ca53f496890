// SIGTERM: what is in flight finishes, what cannot finish is told so, what was used is stored, and the process ends.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import * as sse from "../e2e/checkers/sse.mjs";
import { call, exchange } from "../e2e/raw.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";
import { asking } from "./harness/upstream_process.mjs";

const all = new Fixture("drain");
let stores, upstream, key;
before(async () => {
  stores = await all.stores();
  upstream = await all.recordingUpstream();
  const first = await started();
  key = (await first.createKey("drain")).secret;
  await first.stop();
});
after(() => all.close());

const started = (env = {}) => all.gateway({ stores: stores.urls, upstream: upstream.url, env });
// Sends a request and returns once the upstream has it: {answer} is still to come.
async function underWay(gateway, api, extra, plan) {
  const before = upstream.records.length;
  const answer = gateway.ask(api, key, extra, asking(plan));
  answer.catch(() => {});
  await until("the upstream was asked", () => upstream.records.slice(before).some(({ state }) => state === "asked"), patience);
  return { answer };
}
const usageOf = async (answer) => (await stores.database.usageRows()).filter((row) => row.request_id === answer.headers.get("x-relayna-request-id"));

test("requests in flight finish, answers ask to close, usage is stored, exit 0", async () => {
  const gateway = await started({ GATEWAY_DRAIN_DELAY_SECONDS: "1", GATEWAY_GRACEFUL_SECONDS: "20" });
  const whole = await underWay(gateway, apis.chat, {}, { wait: 2_000, input: 11, output: 7 });
  const stream = await underWay(gateway, apis.messages, { stream: true }, { pace: 200, input: 13, output: 9 });
  gateway.signal("SIGTERM");
  const began = performance.now();
  const unready = await gateway.becomes(503, ({ status, checks }) => status === "not_ready" && checks.draining);
  assert.ok(performance.now() - began < 900, "readiness fails before anything else happens");
  assert.equal(unready.json.checks.database, "ok");
  assert.equal((await gateway.probe("healthz")).status, 200);

  // Load balancers have not noticed yet: new requests are still served, and told to go elsewhere next time.
  const late = await exchange(gateway.port, `GET /health HTTP/1.1\r\nHost: a\r\n\r\n`);
  assert.deepEqual([late.status, late.headers.connection], [200, "close"]);

  const [first, second] = [await whole.answer, await stream.answer];
  assert.deepEqual([first.status, first.headers.get("connection")], [200, "close"]);
  assert.equal(first.json.usage.prompt_tokens, 11);
  assert.equal(second.events.at(-1).event, "message_stop");
  await gateway.stop();
  for (const [answer, input, output] of [[first, 11, 7], [second, 13, 9]]) {
    const rows = await usageOf(answer);
    assert.deepEqual(rows.map((row) => [row.input_tokens, row.output_tokens, row.status_code]), [[input, output, 200]]);
  }
});

test("after the drain delay nothing new is accepted, but idle connections are served until the grace ends", async () => {
  const gateway = await started({ GATEWAY_DRAIN_DELAY_SECONDS: "0", GATEWAY_GRACEFUL_SECONDS: "20" });
  const idle = net.connect(gateway.port, "127.0.0.1");
  idle.setEncoding("latin1");
  let received = "";
  idle.on("data", (data) => (received += data));
  idle.write("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
  await until("it is answered", () => received.includes('"status"'));
  gateway.signal("SIGTERM");
  await until("the listener is closed", () => new Promise((resolve) => {
    const probe = net.connect(gateway.port, "127.0.0.1");
    probe.on("connect", () => { probe.destroy(); resolve(false); });
    probe.on("error", (error) => resolve(error.code === "ECONNREFUSED"));
  }), patience);
  received = "";
  const closed = new Promise((resolve) => idle.on("close", resolve));
  idle.write("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
  await closed;
  assert.match(received, /^HTTP\/1\.1 200 /);
  assert.match(received, /^connection: close\r$/im);
  await gateway.stop();
});

test("clients that connected just before the listener closed are served", async () => {
  const gateway = await started({ GATEWAY_DRAIN_DELAY_SECONDS: "1", GATEWAY_GRACEFUL_SECONDS: "20" });
  gateway.signal("SIGTERM");
  const answers = [];
  const end = Date.now() + 3_000;
  while (Date.now() < end) {
    const answer = await exchange(gateway.port, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n").catch((error) => error.code ?? error.message);
    answers.push(answer.status ?? answer);
    if (answer === "ECONNREFUSED") break;
  }
  assert.ok(answers.length > 2);
  assert.deepEqual([...new Set(answers)], [200, "ECONNREFUSED"], "no client that got a connection was let down");
  await gateway.stop();
});

test("streams that are open when the grace ends get an error event in their protocol", async () => {
  const gateway = await started({ GATEWAY_DRAIN_DELAY_SECONDS: "0", GATEWAY_GRACEFUL_SECONDS: "1" });
  const streams = {};
  for (const name of ["chat", "messages", "responses"]) streams[name] = await underWay(gateway, apis[name], { stream: true }, { pace: 60_000, input: 5, output: 5 });
  await until("all three have begun", async () => (await gateway.metric("gateway_active_streams")) === 3, patience);
  gateway.signal("SIGTERM");
  const answers = Object.fromEntries(await Promise.all(Object.entries(streams).map(async ([name, { answer }]) => [name, await answer])));
  assert.equal(sse.events(answers.chat.text).at(-1).data.error?.code, "shutting_down", answers.chat.text);
  assert.equal(answers.messages.events.at(-1).event, "error");
  assert.equal(answers.responses.events.at(-1).event, "error");
  await gateway.stop();
  for (const answer of Object.values(answers)) {
    const [row, ...more] = await usageOf(answer);
    assert.equal(more.length, 0);
    assert.equal(row.error_code, "shutting_down");
    assert.notEqual(row.usage_source, "reported", row.route);
  }
});

test("a request whose answer has not begun when the grace ends is told that the gateway goes", async () => {
  const gateway = await started({ GATEWAY_DRAIN_DELAY_SECONDS: "0", GATEWAY_GRACEFUL_SECONDS: "1" });
  const { answer } = await underWay(gateway, apis.chat, {}, { wait: 60_000 });
  gateway.signal("SIGTERM");
  const refused = await answer;
  assert.deepEqual([refused.status, refused.json.error.code], [503, "shutting_down"], refused.text);
  await gateway.stop();
  assert.deepEqual((await usageOf(refused)).map((row) => [row.status_code, row.error_code]), [[503, "shutting_down"]]);
});

// What a client may do that has nothing to do with the upstream, and that no grace time waits for.
const head = (length) => `POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
const holding = {
  "that has sent half a head": { bytes: () => "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n", held: "gateway_proxy_connections" },
  "that has sent half a body": { bytes: () => `${head(1000)}{"model"`, held: "gateway_proxy_in_flight" },
  "that drips its body": { bytes: () => `${head(100_000)}{"model"`, held: "gateway_proxy_in_flight", drip: true },
};
for (const [what, { bytes, held, drip }] of Object.entries(holding)) {
  test(`a client ${what} does not hold the process beyond the grace`, async () => {
    const gateway = await started({ GATEWAY_DRAIN_DELAY_SECONDS: "0", GATEWAY_GRACEFUL_SECONDS: "1" });
    const socket = net.connect(gateway.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    socket.write(bytes());
    const dripping = setInterval(() => drip && socket.write(" "), 50);
    try {
      await until("it is there", async () => (await gateway.metric(held)) === 1, patience);
      const began = performance.now();
      gateway.signal("SIGTERM");
      await gateway.stop();
      assert.ok(performance.now() - began < 8_000, `${performance.now() - began} ms`);
    } finally {
      clearInterval(dripping);
      socket.destroy();
    }
  });
}

test("a client that reads nothing does not hold the process beyond the grace", async () => {
  const flood = await all.upstream();
  flood.script((request, reply) => reply.whole(200, Buffer.alloc(64 << 20, "x"), { "content-type": "application/octet-stream" }));
  const gateway = await all.gateway({ stores: stores.urls, upstream: flood.url, env: { GATEWAY_DRAIN_DELAY_SECONDS: "0", GATEWAY_GRACEFUL_SECONDS: "1" } });
  const socket = net.connect(gateway.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.pause();
  const body = JSON.stringify(apis.chat.body());
  socket.write(head(body.length) + body);
  try {
    await until("it is being answered", () => flood.requests.length === 1, patience);
    await until("the answer is stuck", async () => (await gateway.metric("gateway_proxy_in_flight")) === 1, patience);
    const began = performance.now();
    gateway.signal("SIGTERM");
    await gateway.stop();
    assert.ok(performance.now() - began < 8_000, `${performance.now() - began} ms`);
  } finally {
    socket.destroy();
  }
});

test("a second signal ends it at once", async () => {
  const gateway = await started({ GATEWAY_DRAIN_DELAY_SECONDS: "30", GATEWAY_GRACEFUL_SECONDS: "30" });
  gateway.signal("SIGTERM");
  await gateway.becomes(503);
  const began = performance.now();
  gateway.signal("SIGTERM");
  const { code } = await gateway.endsBadly();
  assert.notEqual(code, 0);
  assert.ok(performance.now() - began < 2_000, `${performance.now() - began} ms`);
});

test("usage is stored at the end even when PostgreSQL comes back only then", async () => {
  const gateway = await started({ GATEWAY_DRAIN_DELAY_SECONDS: "0", GATEWAY_GRACEFUL_SECONDS: "1" });
  assert.equal((await gateway.ask(apis.chat, key)).status, 200);
  await stores.postgres.stop();
  const answers = [];
  try {
    for (let round = 0; round < 5; round += 1) answers.push(await gateway.ask(apis.chat, key, {}, asking({ input: 100 + round, output: 1 })));
    await gateway.becomes(503);
    gateway.signal("SIGTERM");
  } finally {
    await stores.postgres.start();
  }
  await gateway.stop();
  for (const [round, answer] of answers.entries()) {
    assert.equal(answer.status, 200);
    assert.deepEqual((await usageOf(answer)).map((row) => row.input_tokens), [100 + round]);
  }
});

test("SIGTERM while it waits for PostgreSQL ends it cleanly", async () => {
  const gateway = all.replica({ stores: { ...stores.urls, database: "postgres://nobody@127.0.0.1:1/none" } });
  await gateway.start({ ready: false });
  await gateway.becomes(503);
  const began = performance.now();
  await gateway.stop();
  assert.ok(performance.now() - began < 5_000);
});
