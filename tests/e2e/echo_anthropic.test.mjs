// The official Anthropic SDK against the built-in echo provider.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import * as check from "./checkers/anthropic.mjs";
import { startGateway } from "./harness.mjs";
import { call } from "./raw.mjs";

let gateway, key, client;
before(async () => {
  gateway = await startGateway({ name: "echo-anthropic" });
  key = (await gateway.createKey("e2e")).secret;
  client = new Anthropic({ apiKey: key, baseURL: gateway.url, maxRetries: 0 });
});
after(() => gateway?.stop());

const odd = "Grüß Gott – 你好 🚀 \"quoted\"";
const request = { model: "echo", max_tokens: 4096, system: "Kindly.", messages: [{ role: "user", content: odd }] };
const headers = { "anthropic-version": "2023-06-01" };
const tools = ["get_weather", "get_time"].map((name) => ({ name, description: name, input_schema: { type: "object", properties: { city: { type: "string" } } } }));

test("a message answers with the last user message", async () => {
  check.message((await call(gateway, "/v1/messages", { key, headers, body: request })).json);
  const answer = await client.messages.create(request);
  assert.equal(answer.content[0].text, odd);
  assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
});

test("a message reads blocks of content", async () => {
  const answer = await client.messages.create({ ...request, messages: [{ role: "user", content: [{ type: "text", text: odd }] }] });
  assert.equal(answer.content[0].text, odd);
});

test("a message stream keeps the documented order", async () => {
  const answer = await call(gateway, "/v1/messages", { key, headers, body: { ...request, stream: true } });
  assert.match(answer.headers.get("content-type"), /^text\/event-stream/);
  const events = check.messageStream(answer.events);
  assert.equal(events.map((event) => event.delta?.text ?? "").join(""), odd);
  assert.ok(events.find((event) => event.type === "message_start").message.usage.input_tokens > 0);
});

test("the SDK's stream helper accumulates the same message", async () => {
  const stream = client.messages.stream(request);
  const final = await stream.finalMessage();
  assert.equal(final.content[0].text, odd);
  assert.equal(final.stop_reason, "end_turn");
  const whole = await client.messages.create(request);
  assert.equal(final.usage.output_tokens, whole.usage.output_tokens);
  assert.equal(final.usage.input_tokens, whole.usage.input_tokens);
});

test("parallel tool calls, whole and streamed", async () => {
  const echo = { ...headers, "x-echo-tool-calls": "2" };
  const whole = (await call(gateway, "/v1/messages", { key, headers: echo, body: { ...request, tools } })).json;
  check.message(whole);
  check.messageStream((await call(gateway, "/v1/messages", { key, headers: echo, body: { ...request, tools, stream: true } })).events);
  const final = await client.messages.stream({ ...request, tools }, { headers: { "x-echo-tool-calls": "2" } }).finalMessage();
  const calls = final.content.filter((block) => block.type === "tool_use");
  assert.deepEqual(calls.map((block) => block.name), ["get_weather", "get_time"]);
  assert.equal(final.stop_reason, "tool_use");
  assert.equal(new Set(calls.map((block) => block.id)).size, 2);
  for (const block of calls) assert.equal(typeof block.input, "object");
});

test("tokens are counted", async () => {
  const { max_tokens, ...counted } = request;
  check.countTokens((await call(gateway, "/v1/messages/count_tokens", { key, headers, body: counted })).json);
  const { input_tokens } = await client.messages.countTokens(counted);
  assert.equal(input_tokens, (await client.messages.create(request)).usage.input_tokens);
});

test("models have Anthropic's shape when the caller speaks Anthropic", async () => {
  check.models((await call(gateway, "/v1/models", { key, headers })).json);
  const listed = [];
  for await (const model of client.models.list()) listed.push([model.id, model.type]);
  assert.deepEqual(listed, [["echo", "model"]]);
  check.oneModel((await call(gateway, "/v1/models/echo", { key, headers })).json);
  assert.equal((await client.models.retrieve("echo")).id, "echo");
});

test("an aborted stream is noticed by the gateway", async () => {
  const stream = client.messages.stream(request, { headers: { "x-echo-output-tokens": "2000", "x-echo-chunk-delay-ms": "50" } });
  const { response } = await stream.withResponse();
  stream.on("text", () => stream.abort());
  await assert.rejects(stream.finalMessage(), Anthropic.APIUserAbortError);
  const line = await gateway.accessLine(response.headers.get("x-relayna-request-id"));
  assert.equal(line.client_gone, true, JSON.stringify(line));
});

test("the key is read from x-api-key and from the bearer", async () => {
  const bearer = new Anthropic({ authToken: key, apiKey: null, baseURL: gateway.url, maxRetries: 0 });
  assert.equal((await bearer.messages.create(request)).content[0].text, odd);
});
