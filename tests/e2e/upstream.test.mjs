// The gateway between a client and a scripted upstream: what may change on the way, and what every fault of the upstream
// looks like to the client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import * as canned from "./canned.mjs";
import * as checkAnthropic from "./checkers/anthropic.mjs";
import * as checkOpenai from "./checkers/openai.mjs";
import { startGateway, until } from "./harness.mjs";
import { call, exchange, post } from "./raw.mjs";
import { Upstream, bytewise } from "./upstream.mjs";

const serviceKey = "sk-upstream-service-credential";
let upstream, gateway, key, openai, anthropic;
before(async () => {
  upstream = await new Upstream().start();
  gateway = await startGateway({ name: "upstream", env: { LITELLM_BASE_URL: `${upstream.url}/base/path`, LITELLM_SERVICE_KEY: serviceKey } });
  key = (await gateway.createKey("e2e")).secret;
  openai = new OpenAI({ apiKey: key, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey: key, baseURL: gateway.url, maxRetries: 0 });
});
after(async () => {
  await gateway?.stop();
  await upstream?.stop();
});

const chat = { model: "gpt-4o-mini", messages: [{ role: "user", content: "hi" }] };
const rejection = (promise) => promise.then(() => assert.fail("the call succeeded"), (error) => error);
const whole = (body, headers) => (request, reply) => reply.whole(200, body, headers);

// Odd in every way JSON allows: spacing, key order, escapes, numbers no double holds, repeated keys deep inside.
const oddBody = '{ "stream" :false,\r\n\t"messages":[ {"content":"caf\\u00e9 \\ud83d\\ude80 \u2028 – 你好","role":"user"} ] , "big":123456789012345678901234567890.000000000000000001e+5, "a":{"x":1,"x":2},"model":"gpt-4o-mini", "temperature":1.0E0,"empty":{ } }  ';

test("an odd request body reaches the upstream byte for byte, and its answer the client", async () => {
  upstream.script(whole(canned.chatAnswer, { "x-upstream-header": "kept" }));
  const answer = await exchange(gateway.port, post("/v1/chat/completions", { Authorization: `Bearer ${key}`, "Content-Type": "application/json" }, oddBody));
  assert.equal(answer.status, 200);
  assert.ok(upstream.last.body.equals(Buffer.from(oddBody)), upstream.last.body.toString());
  assert.ok(answer.body.equals(Buffer.from(canned.chatAnswer)), answer.text);
  assert.equal(answer.headers["x-upstream-header"], "kept");
  assert.equal(upstream.last.headers["content-length"], String(Buffer.byteLength(oddBody)));
});

test("a chunked request body reaches the upstream whole, with its length", async () => {
  upstream.script(whole(canned.chatAnswer));
  const bytes = Buffer.from(oddBody);
  const chunks = Array.from(bytes, (byte) => Buffer.concat([Buffer.from("1\r\n"), Buffer.from([byte]), Buffer.from("\r\n")]));
  const answer = await exchange(gateway.port, Buffer.concat([
    Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`),
    ...chunks, Buffer.from("0\r\nX-Trailer: dropped\r\n\r\n"),
  ]));
  assert.equal(answer.status, 200);
  assert.ok(upstream.last.body.equals(bytes));
  assert.equal(upstream.last.headers["x-trailer"], undefined);
  assert.equal(upstream.last.headers["content-length"], String(bytes.length));
});

test("a compressed request body is decoded for the upstream", async () => {
  upstream.script(whole(canned.chatAnswer));
  const answer = await exchange(gateway.port, post("/v1/chat/completions", { Authorization: `Bearer ${key}`, "Content-Type": "application/json", "Content-Encoding": "gzip" }, gzipSync(oddBody)));
  assert.equal(answer.status, 200, answer.text);
  assert.ok(upstream.last.body.equals(Buffer.from(oddBody)));
  assert.equal(upstream.last.headers["content-encoding"], undefined);
});

test("the upstream sees its own credential and nothing of the caller's", async () => {
  upstream.script(whole(canned.chatAnswer));
  await call(gateway, "/v1/chat/completions?api-version=1&x=%20y", {
    body: chat,
    headers: {
      "x-api-key": key, "x-relayna-provider": "litellm", "x-relayna-tags": "a,b", "x-relayna-anything": "1", "x-request-id": "mine",
      "openai-organization": "org-1", cookie: "session=1", te: "trailers", "proxy-authorization": "Basic eA==",
    },
  });
  const { headers, target, method } = upstream.last;
  assert.deepEqual([method, target], ["POST", "/base/path/v1/chat/completions?api-version=1&x=%20y"]);
  assert.equal(headers.authorization, `Bearer ${serviceKey}`);
  assert.equal(headers.host, `127.0.0.1:${upstream.port}`);
  assert.match(headers["x-relayna-request-id"], /^[0-9a-f-]{36}$/);
  assert.match(headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
  assert.equal(headers["accept-encoding"], "identity");
  assert.equal(headers["openai-organization"], "org-1");
  for (const gone of ["x-api-key", "x-relayna-provider", "x-relayna-tags", "x-relayna-anything", "te", "proxy-authorization"]) {
    assert.equal(headers[gone], undefined, gone);
  }
  assert.ok(!JSON.stringify(upstream.last.fields).includes(key));
});

test("hop-by-hop headers end at the gateway, in both directions", async () => {
  upstream.script(whole(canned.chatAnswer, { connection: "x-private", "x-private": "1", "keep-alive": "timeout=5", "x-public": "1" }));
  const answer = await exchange(gateway.port, post("/v1/chat/completions", {
    Authorization: `Bearer ${key}`, "Content-Type": "application/json", Connection: "keep-alive, x-hop", "x-hop": "1", "Keep-Alive": "timeout=1", "x-kept": "1",
  }, JSON.stringify(chat)));
  for (const gone of ["x-hop", "keep-alive"]) assert.equal(upstream.last.headers[gone], undefined, gone);
  assert.equal(upstream.last.headers["x-kept"], "1");
  for (const gone of ["x-private", "keep-alive"]) assert.equal(answer.headers[gone], undefined, gone);
  assert.equal(answer.headers["x-public"], "1");
});

test("an upstream cannot set the gateway's own headers", async () => {
  upstream.script(whole(canned.chatAnswer, { "x-relayna-request-id": "forged", "x-relayna-error": "forged" }));
  const answer = await call(gateway, "/v1/chat/completions", { key, body: chat });
  assert.notEqual(answer.headers.get("x-relayna-request-id"), "forged");
  assert.equal(answer.headers.get("x-relayna-error"), null);
});

test("upstream connections are kept and used again", async () => {
  upstream.script(whole(canned.chatAnswer));
  await call(gateway, "/v1/chat/completions", { key, body: chat });
  const before = upstream.connections;
  for (let round = 0; round < 5; round += 1) await call(gateway, "/v1/chat/completions", { key, body: chat });
  assert.equal(upstream.connections, before);
});

// ---- streams

test("a stream is relayed byte for byte, however it was cut", async () => {
  const text = canned.messageStreamFrames.join("");
  for (const pieces of [[text], canned.messageStreamFrames, bytewise(text)]) {
    upstream.script((request, reply) => reply.stream(pieces));
    const answer = await call(gateway, "/v1/messages", { key, headers: { "anthropic-version": "2023-06-01" }, body: { ...chat, stream: true, max_tokens: 9 } });
    assert.equal(answer.text, text);
  }
});

test("usage that the client did not ask for is asked for, counted and hidden", async () => {
  const shown = canned.chatStreamFrames({ usage: true }).filter((frame) => !frame.includes('"choices":[]')).join("");
  for (const cut of [(frames) => frames, (frames) => bytewise(frames.join(""))]) {
    upstream.script((request, reply) => reply.stream(cut(canned.chatStreamFrames({ usage: true }))));
    const answer = await call(gateway, "/v1/chat/completions", { key, body: { ...chat, stream: true } });
    assert.equal(JSON.parse(upstream.last.body).stream_options.include_usage, true);
    assert.equal(answer.text, shown);
    const line = await gateway.accessLine(answer.headers.get("x-relayna-request-id"));
    assert.deepEqual([line.input_tokens, line.output_tokens], [canned.chatUsage.prompt_tokens, canned.chatUsage.completion_tokens]);
  }
});

test("usage that the client asked for stays, and the request stays as it was", async () => {
  const body = '{"model":"gpt-4o-mini","stream":true , "stream_options":{"include_usage":true},"messages":[]}';
  const frames = canned.chatStreamFrames({ usage: true });
  upstream.script((request, reply) => reply.stream(frames));
  const answer = await call(gateway, "/v1/chat/completions", { key, body });
  assert.equal(upstream.last.body.toString(), body);
  assert.equal(answer.text, frames.join(""));
});

test("the SDKs read relayed streams split at every byte", async () => {
  upstream.script((request, reply) => reply.stream(bytewise(canned.chatStreamFrames({ usage: true }).join(""))));
  assert.equal(await openai.chat.completions.stream(chat).finalContent(), canned.chatStreamText);
  upstream.script((request, reply) => reply.stream(bytewise(canned.messageStreamFrames.join(""))));
  const final = await anthropic.messages.stream({ ...chat, max_tokens: 9 }).finalMessage();
  assert.equal(final.content[0].text, canned.messageStreamText);
});

test("CRLF frames and comments pass unchanged", async () => {
  const text = canned.chatStreamFrames({ usage: true }).join("").replaceAll("\n", "\r\n");
  const frames = [": upstream comment\r\n\r\n", text];
  upstream.script((request, reply) => reply.stream(frames));
  const answer = await call(gateway, "/v1/chat/completions", { key, body: { ...chat, stream: true, stream_options: { include_usage: true } } });
  assert.equal(answer.text, frames.join(""));
});

test("the first event arrives while the upstream still thinks", async () => {
  const frames = canned.chatStreamFrames();
  upstream.script(async (request, reply) => {
    await reply.stream(frames.slice(0, 1), { end: false });
    held = reply;
  });
  let held;
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify({ ...chat, stream: true }),
  });
  const reader = answer.body.getReader();
  const { value } = await reader.read();
  assert.equal(Buffer.from(value).toString(), frames[0]);
  for (const frame of frames.slice(1)) held.raw(`${Buffer.byteLength(frame).toString(16)}\r\n${frame}\r\n`);
  held.raw("0\r\n\r\n");
  let rest = "";
  for (;;) {
    const part = await reader.read();
    if (part.done) break;
    rest += Buffer.from(part.value).toString();
  }
  assert.equal(rest, frames.slice(1).join(""));
});

test("a client that leaves ends the upstream call", async () => {
  upstream.script((request, reply) => reply.stream(canned.chatStreamFrames().slice(0, 2), { end: false }));
  const stopped = new AbortController();
  const stream = await openai.chat.completions.create({ ...chat, stream: true }, { signal: stopped.signal });
  for await (const chunk of stream) { assert.ok(chunk); stopped.abort(); }
  await until("the upstream connection is closed", () => upstream.disconnects === 1, { within: 3000 });
});

test("a client that leaves before the answer ends the upstream call", async () => {
  upstream.script((request, reply) => reply.silent());
  const stopped = new AbortController();
  const asked = openai.chat.completions.create(chat, { signal: stopped.signal });
  await until("the upstream was asked", () => upstream.requests.length === 1);
  stopped.abort();
  assert.ok((await rejection(asked)) instanceof OpenAI.APIUserAbortError);
  await until("the upstream connection is closed", () => upstream.disconnects === 1, { within: 3000 });
});

// ---- faults

async function fails(script, { status, code }) {
  upstream.script(script);
  const raw = await call(gateway, "/v1/chat/completions", { key, body: chat });
  assert.equal(raw.status, status, raw.text);
  checkOpenai.error(raw.json, { code });
  assert.equal(raw.headers.get("x-relayna-error"), code);
  const messages = await call(gateway, "/v1/messages", { key, headers: { "anthropic-version": "2023-06-01" }, body: { ...chat, max_tokens: 9 } });
  assert.equal(messages.status, status, messages.text);
  checkAnthropic.error(messages.json, { code });
  assert.ok((await rejection(openai.chat.completions.create(chat))) instanceof OpenAI.InternalServerError);
}

test("an upstream that resets before its answer is 502", () =>
  fails((request, reply) => reply.reset(), { status: 502, code: "upstream_connection" }));
test("an upstream that closes before its answer is 502", () =>
  fails((request, reply) => reply.close(), { status: 502, code: "upstream_connection" }));
test("an upstream that does not speak HTTP is 502", () =>
  fails((request, reply) => { reply.raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"); reply.close(); }, { status: 502, code: "upstream_protocol" }));
for (const status of [401, 403]) {
  test(`an upstream that refuses our credential with ${status} is 502, not ${status}`, () =>
    fails((request, reply) => reply.json(status, canned.openaiError("bad key sk-upstream", "invalid_request_error", "invalid_api_key")), { status: 502, code: "upstream_auth_failed" }));
}

test("an upstream that breaks off inside a JSON body never looks complete", async () => {
  upstream.script((request, reply) => {
    reply.head(200, { "content-type": "application/json", "content-length": 500 });
    reply.raw('{"id":"chatcmpl-1","choices":[');
    setTimeout(() => reply.reset(), 50);
  });
  const raw = await exchange(gateway.port, post("/v1/chat/completions", { Authorization: `Bearer ${key}`, "Content-Type": "application/json" }, JSON.stringify(chat)));
  assert.ok(raw.status === 502 || !raw.complete, `${raw.status} ${raw.text}`);
  await rejection(openai.chat.completions.create(chat));
});

test("a stream that breaks off ends with an error event in the caller's protocol", async () => {
  for (const end of ["reset", "close"]) {
    upstream.script(async (request, reply) => {
      await reply.stream(canned.chatStreamFrames().slice(0, 3), { end: false });
      setTimeout(() => reply[end](), 50);
    });
    const answer = await call(gateway, "/v1/chat/completions", { key, body: { ...chat, stream: true } });
    const last = answer.events.at(-1).data;
    assert.ok(last.error?.code, answer.text);
    const stream = await openai.chat.completions.create({ ...chat, stream: true });
    await assert.rejects(async () => { for await (const chunk of stream) assert.ok(chunk); }, OpenAI.APIError);
  }
});

test("a stream that ends properly framed but without its last event is an error too", async () => {
  upstream.script((request, reply) => reply.stream(canned.messageStreamFrames.slice(0, 4)));
  const runner = anthropic.messages.stream({ ...chat, max_tokens: 9 });
  await assert.rejects(runner.finalMessage(), Anthropic.AnthropicError);
  upstream.script((request, reply) => reply.stream(canned.chatStreamFrames().slice(0, 3)));
  const stream = await openai.chat.completions.create({ ...chat, stream: true });
  await assert.rejects(async () => { for await (const chunk of stream) assert.ok(chunk); }, OpenAI.APIError);
});

test("a stream cut inside a frame does not merge the error with the frame's rest", async () => {
  const frames = canned.chatStreamFrames();
  upstream.script(async (request, reply) => {
    await reply.stream([frames[0], frames[1].slice(0, 25)], { end: false });
    setTimeout(() => reply.reset(), 50);
  });
  const answer = await call(gateway, "/v1/chat/completions", { key, body: { ...chat, stream: true } });
  assert.ok(answer.events.at(-1).data.error, answer.text);
});

test("an error event of the upstream passes as it is", async () => {
  const frames = [...canned.messageStreamFrames.slice(0, 4), 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'];
  upstream.script((request, reply) => reply.stream(frames));
  const answer = await call(gateway, "/v1/messages", { key, headers: { "anthropic-version": "2023-06-01" }, body: { ...chat, stream: true, max_tokens: 9 } });
  assert.equal(answer.text, frames.join(""));
});

test("errors of the upstream pass unchanged, Retry-After included", async () => {
  const body = JSON.stringify(canned.openaiError("slow down", "requests", "rate_limit_exceeded"));
  upstream.script((request, reply) => reply.whole(429, body, { "retry-after": "7" }));
  const raw = await call(gateway, "/v1/chat/completions", { key, body: chat });
  assert.deepEqual([raw.status, raw.text, raw.headers.get("retry-after"), raw.headers.get("x-relayna-error")], [429, body, "7", null]);
  const first = await rejection(openai.chat.completions.create(chat));
  assert.ok(first instanceof OpenAI.RateLimitError);
  assert.deepEqual([first.headers.get("retry-after"), first.code], ["7", "rate_limit_exceeded"]);

  upstream.script((request, reply) => reply.json(529, canned.anthropicError("Overloaded", "overloaded_error")));
  assert.equal((await rejection(anthropic.messages.create({ ...chat, max_tokens: 9 }))).status, 529);
  upstream.script((request, reply) => reply.json(404, canned.openaiError("no such model", "invalid_request_error", "model_not_found")));
  assert.ok((await rejection(openai.chat.completions.create(chat))) instanceof OpenAI.NotFoundError);
});

test("an error page that is not JSON keeps its status", async () => {
  upstream.script((request, reply) => reply.whole(503, "<html>Service Unavailable</html>", { "content-type": "text/html" }));
  const error = await rejection(openai.chat.completions.create(chat));
  assert.ok(error instanceof OpenAI.InternalServerError);
  assert.equal(error.status, 503);
});

test("gzip although it was not asked for still reaches the client readable", async () => {
  upstream.script((request, reply) => reply.whole(200, gzipSync(canned.chatAnswer), { "content-encoding": "gzip" }));
  const answer = await call(gateway, "/v1/chat/completions", { key, body: chat });
  assert.deepEqual(answer.json, JSON.parse(canned.chatAnswer));
});

test("an upstream that is away is 502, and is used again once it is back", async () => {
  const away = await new Upstream().start();
  const other = await startGateway({ name: "away", env: { LITELLM_BASE_URL: away.url, LITELLM_SERVICE_KEY: serviceKey } });
  try {
    const otherKey = (await other.createKey("e2e")).secret;
    away.script(whole(canned.chatAnswer));
    assert.equal((await call(other, "/v1/chat/completions", { key: otherKey, body: chat })).status, 200);
    await away.stop();
    const answer = await call(other, "/v1/chat/completions", { key: otherKey, body: chat });
    assert.equal(answer.status, 502, answer.text);
    checkOpenai.error(answer.json, { code: "upstream_connection" });
  } finally {
    await other.stop();
  }
});

test("embeddings and counted tokens pass unchanged", async () => {
  upstream.script(whole(canned.embeddingsAnswer));
  const embeddings = await call(gateway, "/v1/embeddings", { key, body: { model: "text-embedding-3-small", input: "x" } });
  assert.equal(embeddings.text, canned.embeddingsAnswer);
  upstream.script(whole('{"input_tokens": 42}'));
  assert.equal((await anthropic.messages.countTokens(chat)).input_tokens, 42);
  assert.equal(upstream.last.target, "/base/path/v1/messages/count_tokens");
});

test("a raw call to a named provider keeps method, path and body", async () => {
  upstream.script(whole('{"ok": true}'));
  const answer = await call(gateway, "/providers/litellm/v1/anything?x=1", { key, method: "PUT", body: oddBody });
  assert.equal(answer.text, '{"ok": true}');
  assert.deepEqual([upstream.last.method, upstream.last.target], ["PUT", "/base/path/v1/anything?x=1"]);
  assert.ok(upstream.last.body.equals(Buffer.from(oddBody)));
  assert.equal(upstream.last.headers.authorization, `Bearer ${serviceKey}`);
});

test("a raw call counts the tokens of what it can read", async () => {
  const counted = async () => Number(/^gateway_tokens_total (\S+)$/m.exec(await (await fetch(`${gateway.control}/metrics`)).text())[1]);
  upstream.script(whole(canned.chatAnswer));
  const before = await counted();
  const body = { model: "gpt-4o-mini", messages: [{ role: "user", content: "hi" }] };
  const answer = await call(gateway, "/providers/litellm/v1/chat/completions", { key, body });
  assert.equal(answer.status, 200, answer.text);
  await until("its tokens are counted", async () => await counted() > before);
});
