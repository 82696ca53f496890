// What upstreams do wrong, beside what tests/e2e shows with the SDKs: each with its answer, its usage event and what
// becomes of the connection to the upstream.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import net from "node:net";
import { availableParallelism } from "node:os";
import { after, before, beforeEach, test } from "node:test";
import { gzipSync } from "node:zlib";
import { until } from "../e2e/harness.mjs";
import { exchange, post } from "../e2e/raw.mjs";
import { bytewise } from "../e2e/upstream.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";

const all = new Fixture("upstream");
let stores, upstream, gateway, key, full;
before(async () => {
  stores = await all.stores();
  upstream = await all.upstream();
  full = await listenerThatIsFull();
  gateway = await all.gateway({
    stores: stores.urls,
    config: `
providers:
  - { name: up, kind: openai, base_url: "${upstream.url}", credential: sk-up, timeouts: { connect: 1s, first_byte: 1s, idle: 1s } }
  - { name: claude, kind: anthropic, base_url: "${upstream.url}", credential: sk-up, timeouts: { connect: 1s, first_byte: 1s, idle: 1s } }
  - { name: full, kind: openai, base_url: "http://127.0.0.1:${full.port}", credential: sk-up, timeouts: { connect: 1s, first_byte: 1s, idle: 1s } }
  - { name: nowhere, kind: openai, base_url: "http://no-such-host.invalid", credential: sk-up, timeouts: { connect: 1s } }
models:
  - { name: m, provider: up }
  - { name: c, provider: claude }
  - { name: strict, provider: up }
  - { name: stricter, provider: up }
  - { name: on-full, provider: full }
  - { name: on-nowhere, provider: nowhere }
`,
  });
  key = (await gateway.createKey("faults")).secret;
});
after(async () => {
  full?.end();
  await all.close();
});
beforeEach(() => upstream.script((request, reply) => reply.json(200, apis.chat.whole({ input: 3, output: 5 }))));

// A listener whose queue is full: the kernel lets further connections wait.
async function listenerThatIsFull() {
  const child = spawn("python3", ["-c", "import socket,sys\ns=socket.socket()\ns.bind(('127.0.0.1',0))\ns.listen(0)\nprint(s.getsockname()[1],flush=True)\nsys.stdin.read()"],
    { stdio: ["pipe", "pipe", "inherit"] });
  const port = Number(await new Promise((resolve) => child.stdout.once("data", resolve)));
  const fill = Array.from({ length: 4 }, () => net.connect(port, "127.0.0.1").on("error", () => {}));
  await until("its queue is full", () => fill.some((socket) => !socket.connecting));
  return { port, end: () => { fill.forEach((socket) => socket.destroy()); child.stdin.end(); } };
}

// Usage events are written every second: what they must say is collected, and looked at in one go at the end.
const booked = [];
const notReported = (source) => source === "estimated" || source === "interrupted";
function books(answer, expected, what = "") {
  const id = answer.headers["x-relayna-request-id"] ?? answer.headers.get("x-relayna-request-id");
  booked.push({ id, expected, what });
}

// Asserts the refusal, how long it took, and that it is in the usage events with its code.
// `source`: who says what it used, when the upstream may have worked for it.
async function fails({ api = apis.chat, extra = {}, status, code, source = null, within = 5_000 }) {
  const began = performance.now();
  const answer = await gateway.ask(api, key, extra);
  assert.ok(performance.now() - began < within, `${performance.now() - began} ms`);
  assert.deepEqual([answer.status, answer.json.error.code, answer.headers.get("x-relayna-error")], [status, code, code], answer.text);
  books(answer, { status_code: status, error_code: code, usage_source: source, input_tokens: (tokens) => (tokens > 0) === (source !== null) }, code);
}

// ---- before the answer

test("an upstream that takes no connection is 504 after the connect timeout", () => fails({ extra: { model: "on-full" }, status: 504, code: "upstream_timeout" }));
test("an upstream whose name does not resolve is 502", () => fails({ extra: { model: "on-nowhere" }, status: 502, code: "upstream_connection", within: 15_000 }));
test("an upstream that is silent is 504, and its connection is closed", async () => {
  upstream.script((request, reply) => reply.silent());
  await fails({ status: 504, code: "upstream_timeout", source: "estimated" });
  await until("the upstream sees the end", () => upstream.disconnects >= 1);
});
test("half a head and then silence is 504", async () => {
  upstream.script((request, reply) => reply.raw("HTTP/1.1 200 OK\r\ncontent-ty"));
  await fails({ status: 504, code: "upstream_timeout", source: "estimated" });
});
test("half a head and then a reset is 502", async () => {
  upstream.script((request, reply) => { reply.raw("HTTP/1.1 200 OK\r\ncontent-ty"); setTimeout(() => reply.reset(), 50); });
  await fails({ status: 502, code: "upstream_protocol" });
});
for (const [what, bytes] of Object.entries({
  "two lengths": "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
  "a length that is no number": "HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\n{}",
  "a head without end": `HTTP/1.1 200 OK\r\n${`x-filler: ${"y".repeat(1000)}\r\n`.repeat(100)}`,
  "an endless row of interim answers": "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(500),
  "another protocol switched to": "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
})) {
  test(`${what} in the answer is 502`, async () => {
    upstream.script((request, reply) => reply.raw(bytes));
    await fails({ status: 502, code: "upstream_protocol" });
  });
}
test("interim answers are skipped", async () => {
  upstream.script((request, reply) => { reply.raw("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"); reply.json(200, apis.chat.whole({ input: 3, output: 5 })); });
  assert.equal((await gateway.ask(apis.chat, key)).json.usage.prompt_tokens, 3);
});
test("a kept connection that the upstream has closed meanwhile costs no request", async () => {
  upstream.script((request, reply) => { reply.json(200, apis.chat.whole({ input: 3, output: 5 })); setImmediate(() => reply.close()); });
  for (let round = 0; round < 20; round += 1) {
    const answer = await gateway.ask(apis.chat, key);
    assert.equal(answer.status, 200, answer.text);
  }
});
test("a kept connection that is reset when it is used again is replaced, once", async () => {
  await gateway.ask(apis.chat, key);
  let resets = 1;
  upstream.script((request, reply) => (resets-- > 0 ? reply.reset() : reply.json(200, apis.chat.whole({ input: 3, output: 5 }))));
  assert.equal((await gateway.ask(apis.chat, key)).status, 200);
  assert.equal(upstream.requests.length, 2);
});
test("an answer of 429 passes with its Retry-After, for Anthropic, too", async () => {
  const body = JSON.stringify({ type: "error", error: { type: "rate_limit_error", message: "slow down" } });
  upstream.script((request, reply) => reply.whole(429, body, { "retry-after": "17", "anthropic-ratelimit-requests-remaining": "0" }));
  const answer = await gateway.ask(apis.messages, key, { model: "c" });
  assert.deepEqual([answer.status, answer.text, answer.headers.get("retry-after"), answer.headers.get("x-relayna-error")], [429, body, "17", null]);
  assert.equal(answer.headers.get("anthropic-ratelimit-requests-remaining"), "0");
  books(answer, { status_code: 429 });
});

// Without `stream_options` it tells usage all the same, in the last chunk that has a choice, as Mistral does.
function strict(request, reply) {
  const body = JSON.parse(request.body);
  if (body.stream_options) return reply.json(422, { detail: [{ type: "extra_forbidden", loc: ["body", "stream_options"], msg: "Extra inputs are not permitted" }] });
  const usage = JSON.stringify({ prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 });
  reply.stream(apis.chat.frames({}, { usage: false }).map((frame) => (frame.includes('"stop"') ? frame.replace(/}\n\n$/, `,"usage":${usage}}\n\n`) : frame)));
}
const optionsSent = () => upstream.requests.map(({ body }) => JSON.parse(body).stream_options ?? null);

test("an upstream that takes no stream_options is asked again without, which each shard learns once", async () => {
  upstream.script(strict);
  const selections = await gateway.metric("gateway_provider_selections_total");
  const shards = availableParallelism();
  for (let round = 0; round < shards + 4; round += 1) {
    const answer = await gateway.ask(apis.chat, key, { model: "strict", stream: true });
    assert.equal(answer.status, 200, answer.text);
    assert.ok(answer.text.endsWith("data: [DONE]\n\n"));
    books(answer, { status_code: 200, usage_source: "reported", input_tokens: 3, output_tokens: 5, upstream_attempts: (n) => n === 1 || n === 2 }, "no stream_options");
  }
  const refused = optionsSent().filter((options) => options !== null);
  assert.ok(refused.length >= 1 && refused.length <= shards, `${refused.length}`);
  assert.deepEqual(refused[0], { include_usage: true });
  assert.equal(await gateway.metric("gateway_provider_selections_total") - selections, upstream.requests.length, "every try counts");
});
test("what the client itself sends as stream_options is its own affair", async () => {
  upstream.script(strict);
  const answer = await gateway.ask(apis.chat, key, { model: "stricter", stream: true, stream_options: { strange: 1 } });
  assert.equal(answer.status, 422, answer.text);
  assert.deepEqual(optionsSent(), [{ strange: 1, include_usage: true }, { strange: 1 }]);
  const again = await gateway.ask(apis.chat, key, { model: "stricter", stream: true });
  assert.deepEqual([again.status, optionsSent().at(-2)], [200, { include_usage: true }], "nothing was remembered of it");
});

// ---- answers that are not what they should be

test("a 200 that is not JSON passes as it is, without usage", async () => {
  for (const body of ["<html>hello</html>", '{"id": "chatcmpl-1", "usage": {"prompt_tokens": ', ""]) {
    upstream.script((request, reply) => reply.whole(200, body, { "content-type": "text/html" }));
    const answer = await gateway.ask(apis.chat, key);
    assert.deepEqual([answer.status, answer.text], [200, body]);
    books(answer, { status_code: 200, usage_source: notReported }, body);
  }
});
test("usage of the wrong types is not believed", async () => {
  for (const usage of ['{"prompt_tokens": "many", "completion_tokens": 1}', '{"prompt_tokens": -5, "completion_tokens": 1e40}', "[]", "7"]) {
    const body = `{"object":"chat.completion","choices":[],"usage":${usage}}`;
    upstream.script((request, reply) => reply.whole(200, body));
    const answer = await gateway.ask(apis.chat, key);
    assert.deepEqual([answer.status, answer.text], [200, body]);
    books(answer, { input_tokens: (count) => count === null || (count >= 0 && count < 1_000) }, usage);
  }
});
test("gzip although it was not asked for: readable for the client", async () => {
  upstream.script((request, reply) => {
    assert.equal(request.headers["accept-encoding"], "identity");
    reply.whole(200, gzipSync(JSON.stringify(apis.chat.whole({ input: 21, output: 8 }))), { "content-encoding": "gzip" });
  });
  const answer = await gateway.ask(apis.chat, key);
  assert.equal(answer.json.usage.prompt_tokens, 21);
  books(answer, { status_code: 200 });
});
test("our credential refused is 502, and the words of the upstream do not reach the client", async () => {
  for (const status of [401, 403]) {
    upstream.script((request, reply) => reply.json(status, { error: { message: "Incorrect API key provided: sk-up", type: "invalid_request_error", code: "invalid_api_key" } }));
    await fails({ status: 502, code: "upstream_auth_failed" });
    await fails({ api: apis.messages, extra: { model: "c" }, status: 502, code: "upstream_auth_failed" });
    assert.ok(!(await gateway.ask(apis.chat, key)).text.includes("sk-up"));
  }
});

// ---- inside the answer

test("a JSON body that stalls breaks the connection after the idle timeout, and is no success in the books", async () => {
  upstream.script((request, reply) => {
    reply.head(200, { "content-type": "application/json", "content-length": 5000 });
    reply.raw('{"id":"chatcmpl-1"');
  });
  const began = performance.now();
  const answer = await exchange(gateway.port, post(apis.chat.path, { Authorization: `Bearer ${key}`, "Content-Type": "application/json" }, JSON.stringify(apis.chat.body())));
  assert.ok(answer.status === 504 || !answer.complete, `${answer.status} ${answer.text}`);
  assert.ok(performance.now() - began < 5_000);
  books(answer, { error_code: "upstream_timeout" });
});
const streamed = { chat: {}, messages: { model: "c" }, responses: {} };
for (const [name, extra] of Object.entries(streamed)) {
  const api = apis[name], tokens = { input: 23, output: 29 };
  const ask = () => gateway.ask(api, key, { stream: true, ...extra });
  const lastIsError = (answer, code) => {
    const { event, data } = answer.events.at(-1);
    assert.ok(data.error?.code === code || data.code === code || data.error?.type === code || data.response?.error?.code === code, `${event} ${JSON.stringify(data)}`);
  };

  test(`${name}: a stream that stalls ends with an error event after the idle timeout`, async () => {
    upstream.script((request, reply) => reply.stream(api.frames(tokens).slice(0, 3), { end: false }));
    const answer = await ask();
    lastIsError(answer, "upstream_timeout");
    books(answer, { error_code: "upstream_timeout", usage_source: notReported });
  });
  test(`${name}: a stream cut at every frame ends with an error event and is not taken as reported`, async () => {
    const frames = api.frames(tokens);
    const last = name === "chat" ? frames.length - 2 : frames.length - 1;  // with its usage it may count as reported
    for (let kept = 1; kept < last; kept += 2) {
      upstream.script(async (request, reply) => {
        await reply.stream(frames.slice(0, kept), { end: false });
        setTimeout(() => reply.reset(), 20);
      });
      const answer = await ask();
      lastIsError(answer, "upstream_connection");
      books(answer, { error_code: "upstream_connection", usage_source: notReported }, `${name}, after ${kept} frames`);
    }
  });
  test(`${name}: usage is read from a stream split at every byte, CRLF or LF, with or without the space after data:`, async () => {
    const text = api.frames(tokens).join("");
    const forms = { as: text, crlf: text.replaceAll("\n", "\r\n"), tight: text.replaceAll("data: ", "data:") };
    for (const [form, written] of Object.entries(forms)) {
      for (const pieces of [bytewise(written), [written]]) {
        upstream.script((request, reply) => reply.stream(pieces));
        const answer = await ask();
        assert.equal(answer.status, 200);
        books(answer, { input_tokens: 23, output_tokens: 29, usage_source: "reported", error_code: null, stream: true }, `${name}, ${form}`);
      }
    }
  });
  test(`${name}: a client that leaves cancels the upstream, and the event says so`, async () => {
    upstream.script((request, reply) => reply.stream(api.frames(tokens).slice(0, 4), { delay: 10, end: false }));
    const leaving = new AbortController();
    const answer = await fetch(gateway.url + api.path, {
      method: "POST", signal: leaving.signal, headers: { "content-type": "application/json", authorization: `Bearer ${key}`, ...api.headers },
      body: JSON.stringify(api.body({ stream: true, ...extra })),
    });
    await answer.body.getReader().read();
    const began = performance.now();
    leaving.abort();
    await until("the upstream sees the end", () => upstream.disconnects === 1, { within: 900 });
    assert.ok(performance.now() - began < 900);
    books(answer, { error_code: "client_closed", usage_source: notReported }, `${name}, client gone`);
  });
}

test("a client that leaves while its request is still being answered cancels the upstream", async () => {
  upstream.script((request, reply) => reply.silent());
  const leaving = new AbortController();
  const asked = fetch(gateway.url + apis.chat.path, {
    method: "POST", signal: leaving.signal, headers: { "content-type": "application/json", authorization: `Bearer ${key}` }, body: JSON.stringify(apis.chat.body()),
  }).catch((error) => error.name);
  await until("the upstream was asked", () => upstream.requests.length === 1);
  leaving.abort();
  assert.equal(await asked, "AbortError");
  await until("the upstream sees the end", () => upstream.disconnects === 1, { within: 900 });
});

test("an upstream that refuses a large body before it has read it all is heard", async () => {
  const picky = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.pause();
      socket.write("HTTP/1.1 413 Too Large\r\ncontent-type: application/json\r\ncontent-length: 16\r\nconnection: close\r\n\r\n{\"too\": \"large\"}");
    });
  });
  await new Promise((resolve) => picky.listen(0, "127.0.0.1", resolve));
  const other = await all.gateway({ stores: stores.urls, upstream: `http://127.0.0.1:${picky.address().port}` });
  try {
    const large = { model: "any", messages: [{ role: "user", content: "x".repeat(16 << 20) }] };
    const answer = await other.ask(apis.chat, key, large, { "x-relayna-provider": "litellm" });
    assert.deepEqual([answer.status, answer.text], [413, '{"too": "large"}']);
  } finally {
    picky.close();
    await other.stop();
  }
});

test("each of these has one usage event that says what happened", async () => {
  const events = new Map();
  await until("all are written", async () => {
    for (const row of await stores.database.usageRows()) events.set(row.request_id, row);
    return booked.every(({ id }) => events.has(id));
  }, patience);
  const wrong = booked.flatMap(({ id, expected, what }) => {
    const row = events.get(id);
    const said = Object.fromEntries(Object.keys(expected).map((name) => [name, row[name]]));
    const right = Object.entries(expected).every(([name, value]) => (typeof value === "function" ? value(row[name]) : row[name] === value));
    return right ? [] : [`${row.route} ${what}: ${JSON.stringify(said)}, not ${JSON.stringify(expected, (name, value) => value?.name ?? value)}`];
  });
  assert.deepEqual(wrong, []);
  assert.ok(booked.length > 30);
});

test("after all of this the gateway holds no connection of a request", async () => {
  await until("nothing is active", async () => (await gateway.metric("gateway_upstream_pool_active")) === 0 && (await gateway.metric("gateway_proxy_in_flight")) === 0, patience);
  assert.equal(await gateway.metric("gateway_active_streams"), 0);
  assert.equal(await gateway.metric("gateway_bugs_total"), 0);
});
