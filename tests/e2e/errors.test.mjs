// Every failure in the caller's own error shape, typed by the SDKs as their users expect.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import * as checkAnthropic from "./checkers/anthropic.mjs";
import * as checkOpenai from "./checkers/openai.mjs";
import { startGateway } from "./harness.mjs";
import { call, exchange, post } from "./raw.mjs";

const unknownKey = `rk_live_${"0".repeat(64)}`;
const limit = 65_536;
let gateway, key, narrow, openai, anthropic;
before(async () => {
  gateway = await startGateway({ name: "errors", env: { GATEWAY_MAX_REQUEST_BODY_BYTES: String(limit) } });
  key = (await gateway.createKey("plain")).secret;
  narrow = (await gateway.createKey("narrow", ["--preset", "external_partner"])).secret;
  openai = (apiKey, defaultHeaders) => new OpenAI({ apiKey, baseURL: `${gateway.url}/v1`, maxRetries: 0, defaultHeaders });
  anthropic = (apiKey, defaultHeaders) => new Anthropic({ apiKey, baseURL: gateway.url, maxRetries: 0, defaultHeaders });
});
after(() => gateway?.stop());

const chat = { model: "echo", messages: [{ role: "user", content: "hi" }] };
const message = { ...chat, max_tokens: 100 };
const rejection = (promise) => promise.then(() => assert.fail("the call succeeded"), (error) => error);

// The same refusal seen by both SDKs and by a raw caller.
async function refused({ callKey = key, headers = {}, body = chat, status, code, openaiClass, anthropicClass, anthropicType }) {
  const raw = await call(gateway, "/v1/chat/completions", { key: callKey, headers, body });
  assert.equal(raw.status, status, raw.text);
  checkOpenai.error(raw.json, { code });
  assert.equal(raw.headers.get("x-relayna-error"), code);
  assert.equal(raw.json.error.request_id, raw.headers.get("x-relayna-request-id"));

  const rawAnthropic = await call(gateway, "/v1/messages", { key: callKey, headers: { ...headers, "anthropic-version": "2023-06-01" }, body: { max_tokens: 100, ...body } });
  assert.equal(rawAnthropic.status, status, rawAnthropic.text);
  checkAnthropic.error(rawAnthropic.json, { code, type: anthropicType });

  const first = await rejection(openai(callKey, headers).chat.completions.create(body));
  assert.ok(first instanceof openaiClass, `${first.constructor.name}: ${first.message}`);
  assert.deepEqual([first.status, first.code], [status, code]);
  const second = await rejection(anthropic(callKey, headers).messages.create({ max_tokens: 100, ...body }));
  assert.ok(second instanceof anthropicClass, `${second.constructor.name}: ${second.message}`);
  assert.equal(second.status, status);
}

test("401 for an unknown key", () => refused({
  callKey: unknownKey, status: 401, code: "invalid_virtual_key",
  openaiClass: OpenAI.AuthenticationError, anthropicClass: Anthropic.AuthenticationError, anthropicType: "authentication_error",
}));

test("401 without any key, before anything about routes is told", async () => {
  for (const path of ["/v1/chat/completions", "/v1/no-such-route", "/anything"]) {
    const answer = await call(gateway, path, { body: chat });
    assert.equal(answer.status, 401, path);
    checkOpenai.error(answer.json, { code: "missing_authorization" });
  }
});

test("401 for two different keys in one request", async () => {
  const answer = await call(gateway, "/v1/chat/completions", { key, headers: { "x-api-key": unknownKey }, body: chat });
  assert.equal(answer.status, 401);
  checkOpenai.error(answer.json, { code: "conflicting_credentials" });
});

test("403 when policy forbids streaming, naming the rule", async () => {
  const body = { ...chat, stream: true };
  const answer = await call(gateway, "/v1/chat/completions", { key: narrow, body });
  assert.match(answer.text, /allow_streaming/);
  await refused({
    callKey: narrow, body, status: 403, code: "policy_denied",
    openaiClass: OpenAI.PermissionDeniedError, anthropicClass: Anthropic.PermissionDeniedError, anthropicType: "permission_error",
  });
});

test("403 when policy forbids tools", async () => {
  const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
  const error = await rejection(openai(narrow).chat.completions.create({ ...chat, tools }));
  assert.ok(error instanceof OpenAI.PermissionDeniedError);
  assert.match(error.message, /allow_tools/);
});

test("404 for an unknown model is told with what is reachable", async () => {
  const answer = await call(gateway, "/v1/models/nope", { key });
  assert.equal(answer.status, 404);
  checkOpenai.error(answer.json, { code: "model_not_found" });
  const error = await rejection(openai(key).models.retrieve("nope"));
  assert.ok(error instanceof OpenAI.NotFoundError);
  assert.ok((await rejection(anthropic(key).models.retrieve("nope"))) instanceof Anthropic.NotFoundError);
});

test("404 for an unknown route", async () => {
  const answer = await call(gateway, "/v1/no-such-route", { key, body: chat });
  assert.equal(answer.status, 404);
  checkOpenai.error(answer.json, { code: "unsupported_route" });
});

test("405 for a wrong method", async () => {
  const answer = await call(gateway, "/v1/chat/completions", { key });
  assert.equal(answer.status, 405);
  checkOpenai.error(answer.json, { code: "method_not_allowed" });
});

const malformed = {
  "not JSON": ["{\"model\": \"echo\", ", "invalid_json"],
  "empty body": ["", undefined],
  "an array": ["[]", "invalid_request"],
  "no model": ['{"messages":[]}', "invalid_request"],
  "an empty model": ['{"model":"","messages":[]}', "invalid_request"],
  "a model that is a number": ['{"model":7,"messages":[]}', "invalid_request"],
  "stream that is text": ['{"model":"echo","messages":[],"stream":"yes"}', "invalid_request"],
  "two models": ['{"model":"echo","model":"other","messages":[]}', "invalid_request"],
  "bytes that are not UTF-8": [Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), undefined],
};
for (const [what, [body, code]] of Object.entries(malformed)) {
  test(`400 for ${what}`, async () => {
    const answer = await call(gateway, "/v1/chat/completions", { key, body });
    assert.equal(answer.status, 400, answer.text);
    checkOpenai.error(answer.json, { code });
  });
}

test("400 as the SDKs type it", () => refused({
  body: { messages: [] }, status: 400, code: "invalid_request",
  openaiClass: OpenAI.BadRequestError, anthropicClass: Anthropic.BadRequestError, anthropicType: "invalid_request_error",
}));

test("413 for a body over the cap, declared", () => refused({
  body: { ...chat, messages: [{ role: "user", content: "x".repeat(limit) }] }, status: 413, code: "request_body_too_large",
  openaiClass: OpenAI.APIError, anthropicClass: Anthropic.ContentTooLargeError, anthropicType: "request_too_large",
}));

test("413 for a chunked body that grows over the cap", async () => {
  const chunk = `1000\r\n${"x".repeat(4096)}\r\n`;
  const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const answer = await exchange(gateway.port, head + chunk.repeat(20) + "0\r\n\r\n");
  assert.equal(answer.status, 413);
  checkOpenai.error(JSON.parse(answer.text), { code: "request_body_too_large" });
});

for (const status of [500, 502, 503, 504]) {
  test(`${status} from upstream is InternalServerError`, async () => {
    const headers = { "x-echo-status": String(status) };
    const first = await rejection(openai(key, headers).chat.completions.create(chat));
    assert.ok(first instanceof OpenAI.InternalServerError, first.constructor.name);
    assert.equal(first.status, status);
    const second = await rejection(anthropic(key, headers).messages.create(message));
    assert.ok(second instanceof Anthropic.InternalServerError, second.constructor.name);
    assert.equal(second.status, status);
  });
}

test("429 from upstream is RateLimitError", async () => {
  const headers = { "x-echo-status": "429" };
  assert.ok((await rejection(openai(key, headers).chat.completions.create(chat))) instanceof OpenAI.RateLimitError);
  assert.ok((await rejection(anthropic(key, headers).messages.create(message))) instanceof Anthropic.RateLimitError);
});

test("a stream that breaks in the middle is an error, not an end", async () => {
  for (const fault of ["truncate", "error-event"]) {
    const stream = await openai(key, { "x-echo-fault": fault, "x-echo-output-tokens": "50" }).chat.completions.create({ ...chat, stream: true });
    await assert.rejects(async () => { for await (const chunk of stream) assert.ok(chunk); }, OpenAI.APIError, fault);
    const runner = anthropic(key, { "x-echo-fault": fault, "x-echo-output-tokens": "50" }).messages.stream(message);
    await assert.rejects(runner.finalMessage(), Anthropic.AnthropicError, fault);
  }
});

test("every answer names its request, its trace and its latency", async () => {
  const answers = [];
  for (const [path, options] of [
    ["/v1/chat/completions", { key, body: chat }], ["/v1/chat/completions", { key, body: { ...chat, stream: true } }], ["/v1/models", { key }],
    ["/health", {}], ["/v1/chat/completions", { key: unknownKey, body: chat }], ["/v1/chat/completions", { key, body: "{" }],
    ["/v1/no-such-route", { key }],
  ]) {
    const answer = await call(gateway, path, options);
    answers.push(answer);
    const { headers } = answer, status = `${answer.status} of ${path}: ${JSON.stringify([...headers])}`;
    assert.match(headers.get("x-relayna-request-id") ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, status);
    assert.match(headers.get("x-relayna-trace-id") ?? "", /^[0-9a-f]{32}$/, status);
    assert.match(headers.get("x-relayna-latency") ?? "", /^\d+(\.\d+)?$/, status);
  }
  assert.equal(new Set(answers.map(({ headers }) => headers.get("x-relayna-request-id"))).size, answers.length);
  assert.deepEqual([answers[0].headers.get("x-relayna-provider"), answers[0].headers.get("x-relayna-model")], ["echo", "echo"]);
});

test("even a request that is not HTTP is answered in shape", async () => {
  const answer = await exchange(gateway.port, "GARBAGE\r\n\r\n");
  assert.equal(answer.status, 400);
  checkOpenai.error(JSON.parse(answer.text), { code: "malformed_http" });
  assert.ok(answer.headers["x-relayna-request-id"]);
  assert.ok(answer.closed || answer.headers.connection === "close");
});

test("a client's request id is echoed and is not the gateway's", async () => {
  const mine = "client-id-42";
  const answer = await call(gateway, "/v1/chat/completions", { key, body: chat, headers: { "x-request-id": mine } });
  assert.equal(answer.headers.get("x-request-id"), mine);
  assert.notEqual(answer.headers.get("x-relayna-request-id"), mine);
  const line = await gateway.accessLine(answer.headers.get("x-relayna-request-id"));
  assert.equal(line.correlation_id, mine);
  const bad = await call(gateway, "/v1/chat/completions", { key, body: chat, headers: { "x-request-id": "x".repeat(200) } });
  assert.equal(bad.headers.get("x-request-id"), null);
});

test("traces continue the caller's", async () => {
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const answer = await call(gateway, "/v1/chat/completions", { key, body: chat, headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } });
  assert.equal(answer.headers.get("x-relayna-trace-id"), trace);
});

test("no key and no prompt reaches the log", async () => {
  const secretText = "the prompt nobody may log";
  const answer = await call(gateway, "/v1/chat/completions", { key, body: { model: "echo", messages: [{ role: "user", content: secretText }] } });
  await gateway.accessLine(answer.headers.get("x-relayna-request-id"));
  for (const hidden of [key, narrow, unknownKey, secretText]) assert.ok(!gateway.logText.includes(hidden));
});

for (const [what, request] of Object.entries({
  "two Content-Lengths": "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
  "Content-Length and chunked": "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "Transfer-Encoding that is not chunked": "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
  "no Host": "POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
  "two Hosts": "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 2\r\n\r\n{}",
  "a folded header": "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\n{}",
  "chunked in HTTP/1.0": "POST /v1/chat/completions HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
})) {
  test(`smuggling shape refused: ${what}`, async () => {
    const answer = await exchange(gateway.port, request);
    assert.equal(answer.status, 400);
    assert.ok(answer.closed || answer.headers.connection === "close", "the connection must not be used again");
  });
}

test("paths that change when normalised are refused", async () => {
  for (const path of ["/v1/../v1/models", "/v1/%2e%2e/models", "/v1%2Fmodels", "//v1/models", "/v1/./models"]) {
    const answer = await exchange(gateway.port, post(path, { Authorization: `Bearer ${key}` }, "{}"));
    assert.ok([400, 404].includes(answer.status), `${path}: ${answer.status}`);
    assert.notEqual(answer.status, 200);
  }
});

test("an Upgrade is refused", async () => {
  const answer = await exchange(gateway.port, `GET /v1/realtime HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  assert.equal(answer.status, 501);
  checkOpenai.error(JSON.parse(answer.text), { code: "upgrade_unsupported" });
});
