// A gateway set up by a declarative file: two providers, models with aliases, keys, policy layers, fallback and time limits.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import * as canned from "./canned.mjs";
import * as checkAnthropic from "./checkers/anthropic.mjs";
import * as checkOpenai from "./checkers/openai.mjs";
import { startGateway } from "./harness.mjs";
import { call } from "./raw.mjs";
import { Upstream } from "./upstream.mjs";

const newKey = () => `rk_live_${randomBytes(32).toString("hex")}`;
const keys = { open: newKey(), narrow: newKey(), search: newKey() };
let direct, claude, litellm, gateway;
before(async () => {
  [direct, claude, litellm] = await Promise.all([new Upstream().start(), new Upstream().start(), new Upstream().start()]);
  gateway = await startGateway({
    name: "declared",
    env: { DIRECT_CREDENTIAL: "sk-direct", CLAUDE_CREDENTIAL: "sk-ant", ...Object.fromEntries(Object.entries(keys).map(([name, key]) => [`KEY_${name}`, key])) },
    config: `
providers:
  - name: direct
    kind: openai
    base_url: ${direct.url}
    credential: env.DIRECT_CREDENTIAL
    fallback: spare
    timeouts: {connect: 1s, first_byte: 400ms, idle: 400ms}
  - name: claude
    kind: anthropic
    base_url: ${claude.url}
    credential: env.CLAUDE_CREDENTIAL
    timeouts: {first_byte: 400ms, idle: 400ms}
  - name: spare
    kind: openai
    base_url: ${litellm.url}/spare
    credential: \${SPARE_CREDENTIAL:-sk-spare}
    timeouts: {first_byte: 400ms}
models:
  - {name: fast, provider: direct, upstream_model: gpt-4o-mini-2024-07-18}
  - {name: secret-model, provider: direct}
  - {name: sonnet, provider: claude, upstream_model: claude-sonnet-4-5}
routes:
  /v1/completions: {enabled: false}
projects:
  - {name: search, team: platform}
keys:
  - {name: open, secret: env.KEY_open}
  - {name: narrow, secret: env.KEY_narrow, policy: {allowed_models: [gpt-4o-mini-*], max_output_tokens_per_request: 100, max_request_body_bytes: 2000}}
  - {name: search, secret: env.KEY_search, project: search}
policies:
  - {kind: global, max_tool_call_count: 2}
  - {kind: team, scope: platform, allow_streaming: false}
  - {kind: model, scope: secret-model, deny: true}
`,
  });
});
after(async () => {
  await gateway?.stop();
  await Promise.all([direct, claude, litellm].map((upstream) => upstream?.stop()));
});

const messages = [{ role: "user", content: "hi" }];
const chat = (key, body, headers) => call(gateway, "/v1/chat/completions", { key, headers, body: typeof body === "string" ? body : { messages, ...body } });
const answering = (request, reply) => reply.whole(200, canned.chatAnswer);
const anthropicVersion = { "anthropic-version": "2023-06-01" };

test("an alias changes the model's name and no other byte", async () => {
  direct.script(answering);
  const body = '{ "messages" : [ {"role":"user","content":"\\"model\\":\\"fast\\" caf\\u00e9"} ],\n "model" :  "fast" , "n": 1.0 }';
  const answer = await chat(keys.open, body);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(direct.last.body.toString(), body.replace('"fast" ,', '"gpt-4o-mini-2024-07-18" ,'));
  assert.equal(direct.last.headers.authorization, "Bearer sk-direct");
  assert.equal(answer.headers.get("x-relayna-provider"), "direct");
  assert.equal(answer.text, canned.chatAnswer);
});

test("an Anthropic provider gets its own credential header", async () => {
  claude.script((request, reply) => reply.whole(200, canned.messageAnswer));
  const answer = await call(gateway, "/v1/messages", { key: keys.open, headers: { ...anthropicVersion, "anthropic-beta": "some-beta" }, body: { model: "sonnet", max_tokens: 9, messages } });
  assert.equal(answer.text, canned.messageAnswer);
  assert.equal(claude.last.headers["x-api-key"], "sk-ant");
  assert.equal(claude.last.headers.authorization, undefined);
  assert.deepEqual([claude.last.headers["anthropic-version"], claude.last.headers["anthropic-beta"]], ["2023-06-01", "some-beta"]);
  assert.equal(JSON.parse(claude.last.body).model, "claude-sonnet-4-5");
});

test("a model may be named with its provider", async () => {
  direct.script(answering);
  assert.equal((await chat(keys.open, { model: "direct/whatever-model" })).status, 200);
  assert.equal(JSON.parse(direct.last.body).model, "whatever-model");
});

test("404 for a model nothing leads to, naming what is reachable", async () => {
  const answer = await chat(keys.open, { model: "no-such-model" });
  assert.equal(answer.status, 404, answer.text);
  checkOpenai.error(answer.json, { code: "model_not_found" });
  assert.match(answer.text, /fast/);
  const client = new OpenAI({ apiKey: keys.open, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  await assert.rejects(client.chat.completions.create({ model: "no-such-model", messages }), OpenAI.NotFoundError);
  // /v1/messages has one provider that speaks it, so there every name leads to that one.
  claude.script((request, reply) => reply.whole(200, canned.messageAnswer));
  assert.equal((await call(gateway, "/v1/messages", { key: keys.open, headers: anthropicVersion, body: { model: "any-name", max_tokens: 9, messages } })).status, 200);
});

test("a key lists the models it may call, and only those", async () => {
  const ids = async (key) => (await call(gateway, "/v1/models", { key })).json.data.map((model) => model.id);
  const all = await ids(keys.open), few = await ids(keys.narrow);
  assert.ok(all.includes("fast") && all.includes("sonnet"), all.join());
  assert.ok(!all.includes("secret-model"), "a denied model is listed");
  assert.deepEqual(few, ["fast"]);
});

// Policy looks at what a name resolves to, so that an alias cannot bypass it.
test("policy of the key: models, output tokens, body size", async () => {
  direct.script(answering);
  assert.equal((await chat(keys.narrow, { model: "fast", max_tokens: 50 })).status, 200);
  const cases = [
    [{ model: "direct/gpt-4o" }, 403, /allowed_models/],
    [{ model: "fast", max_tokens: 101 }, undefined, /max_output_tokens/],
    [{ model: "fast", messages: [{ role: "user", content: "x".repeat(3000) }] }, 413, /./],
  ];
  direct.requests = [];
  for (const [body, status, pattern] of cases) {
    const answer = await chat(keys.narrow, body);
    if (status) assert.equal(answer.status, status, answer.text);
    assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
    assert.match(answer.text, pattern);
  }
  assert.equal(direct.requests.length, 0, "a refused request reached the upstream");
});

test("policy of layers: global, team through the project, model", async () => {
  const tool = { type: "function", function: { name: "f" } };
  for (const [key, body, pattern] of [
    [keys.open, { model: "fast", tools: [tool, tool, tool] }, /max_tool_call_count/],
    [keys.search, { model: "fast", stream: true }, /allow_streaming/],
    [keys.open, { model: "secret-model" }, /deny|denied/],
  ]) {
    const answer = await chat(key, body);
    assert.ok([403, 413].includes(answer.status), answer.text);
    assert.match(answer.text, pattern);
  }
});

test("a route that is switched off says so", async () => {
  const answer = await call(gateway, "/v1/completions", { key: keys.open, body: { model: "fast", prompt: "x" } });
  assert.equal(answer.status, 403);
  checkOpenai.error(answer.json, { code: "disabled_route" });
});

for (const [what, script] of Object.entries({
  "refused with 503": (request, reply) => reply.json(503, {}),
  "reset": (request, reply) => reply.reset(),
  "silent": (request, reply) => reply.silent(),
  "asked to slow down": (request, reply) => reply.json(429, {}, { "retry-after": "1" }),
})) {
  test(`fallback when the provider ${what} before its first byte`, async () => {
    direct.script(script);
    litellm.script(answering);
    const answer = await chat(keys.open, { model: "fast" });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(litellm.last.target, "/spare/v1/chat/completions");
    assert.equal(JSON.parse(litellm.last.body).model, "fast", "the fallback gets the name the client wrote");
    assert.equal(litellm.last.headers.authorization, "Bearer sk-spare");
    assert.deepEqual([answer.headers.get("x-relayna-provider"), answer.headers.get("x-relayna-fallback-count")], ["spare", "1"]);
  });
}

test("no fallback for the caller's own mistakes", async () => {
  litellm.script(answering);
  const body = JSON.stringify(canned.openaiError("bad", "invalid_request_error", "x"));
  direct.script((request, reply) => reply.whole(400, body));
  const answer = await chat(keys.open, { model: "fast" });
  assert.deepEqual([answer.status, answer.text, litellm.requests.length], [400, body, 0]);
});

test("no fallback after the first byte", async () => {
  litellm.script(answering);
  direct.script(async (request, reply) => {
    await reply.stream(canned.chatStreamFrames().slice(0, 2), { end: false });
    reply.reset();
  });
  const answer = await chat(keys.open, { model: "fast", stream: true });
  assert.ok(answer.events.at(-1).data.error, answer.text);
  assert.equal(litellm.requests.length, 0);
});

test("an upstream that is silent is 504 after its first-byte time", async () => {
  claude.script((request, reply) => reply.silent());
  const began = Date.now();
  const answer = await call(gateway, "/v1/messages", { key: keys.open, headers: anthropicVersion, body: { model: "sonnet", max_tokens: 9, messages } });
  assert.equal(answer.status, 504, answer.text);
  checkAnthropic.error(answer.json, { code: "upstream_timeout" });
  assert.ok(Date.now() - began < 3000);
});

test("a stream that falls silent ends with an error event after its idle time", async () => {
  claude.script((request, reply) => reply.stream(canned.messageStreamFrames.slice(0, 3), { end: false }));
  const answer = await call(gateway, "/v1/messages", { key: keys.open, headers: anthropicVersion, body: { model: "sonnet", max_tokens: 9, stream: true, messages } });
  const last = answer.events.at(-1);
  assert.equal(last.event, "error");
  assert.equal(last.data.error.code ?? last.data.error.type, "upstream_timeout");
});

test("the header x-relayna-provider chooses, and an unknown one is refused", async () => {
  litellm.script(answering);
  assert.equal((await chat(keys.open, { model: "fast" }, { "x-relayna-provider": "spare" })).headers.get("x-relayna-provider"), "spare");
  const answer = await chat(keys.open, { model: "fast" }, { "x-relayna-provider": "nobody" });
  checkOpenai.error(answer.json, { code: "missing_provider_config" });
});

test("what the file manages survives a restart with the same file", async () => {
  await gateway.stopKeepingData();
  await gateway.start();
  direct.script(answering);
  assert.equal((await chat(keys.open, { model: "fast" })).status, 200);
});
