// The official OpenAI SDK against the built-in echo provider, every answer and event judged by the checkers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import * as check from "./checkers/openai.mjs";
import { startGateway, until } from "./harness.mjs";
import { call } from "./raw.mjs";

let gateway, key, client;
before(async () => {
  gateway = await startGateway({ name: "echo-openai" });
  key = (await gateway.createKey("e2e")).secret;
  client = new OpenAI({ apiKey: key, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});
after(() => gateway?.stop());

const ask = (content) => [{ role: "system", content: "Answer kindly." }, { role: "user", content: "earlier" }, { role: "assistant", content: "yes" }, { role: "user", content }];
const tools = ["get_weather", "get_time"].map((name) => ({
  type: "function",
  function: { name, description: name, parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } },
}));
const odd = "Grüß Gott – 你好 🚀\n\"quoted\" \\ tab\t end";

test("models are listed and retrieved", async () => {
  const { json } = await call(gateway, "/v1/models", { key });
  check.models(json);
  assert.deepEqual(json.data.map((model) => model.id), ["echo"]);
  const listed = [];
  for await (const model of client.models.list()) listed.push(model.id);
  assert.deepEqual(listed, ["echo"]);
  check.oneModel((await call(gateway, "/v1/models/echo", { key })).json);
  assert.equal((await client.models.retrieve("echo")).id, "echo");
});

test("a chat completion answers with the last user message", async () => {
  const { json } = await call(gateway, "/v1/chat/completions", { key, body: { model: "echo", messages: ask(odd) } });
  check.chatCompletion(json);
  const answer = await client.chat.completions.create({ model: "echo", messages: ask(odd) });
  assert.equal(answer.choices[0].message.content, odd);
  assert.equal(answer.model, "echo");
});

test("a chat completion reads multi-part content", async () => {
  const answer = await client.chat.completions.create({
    model: "echo",
    messages: [{ role: "user", content: [{ type: "text", text: "first " }, { type: "image_url", image_url: { url: "https://example.com/x.png" } }, { type: "text", text: "second" }] }],
  });
  assert.match(answer.choices[0].message.content, /first[\s\S]*second/);
});

test("token counts are deterministic", async () => {
  const usages = [];
  for (let round = 0; round < 2; round += 1) usages.push((await client.chat.completions.create({ model: "echo", messages: ask("same") })).usage);
  assert.deepEqual(usages[0], usages[1]);
  const longer = await client.chat.completions.create({ model: "echo", messages: ask("same ".repeat(100)) });
  assert.ok(longer.usage.prompt_tokens > usages[0].prompt_tokens && longer.usage.completion_tokens > usages[0].completion_tokens);
});

test("a chat stream keeps the documented order, without usage unless asked", async () => {
  for (const includeUsage of [false, true]) {
    const body = { model: "echo", stream: true, messages: ask(odd), ...(includeUsage ? { stream_options: { include_usage: true } } : {}) };
    const answer = await call(gateway, "/v1/chat/completions", { key, body });
    assert.match(answer.headers.get("content-type"), /^text\/event-stream/);
    const chunks = check.chatStream(answer.events, { includeUsage });
    assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), odd);
  }
});

test("the SDK iterates over a chat stream", async () => {
  let text = "", usage;
  const stream = await client.chat.completions.create({ model: "echo", messages: ask(odd), stream: true, stream_options: { include_usage: true } });
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, odd);
  assert.ok(usage.total_tokens > 0);
});

test("the SDK's stream helper accumulates the same completion", async () => {
  const runner = client.chat.completions.stream({ model: "echo", messages: ask(odd), stream_options: { include_usage: true } });
  const final = await runner.finalChatCompletion();
  assert.equal(final.choices[0].message.content, odd);
  const whole = await client.chat.completions.create({ model: "echo", messages: ask(odd) });
  assert.deepEqual(final.usage, whole.usage);
  assert.equal(final.choices[0].finish_reason, "stop");
});

test("chunk size and delay are the caller's choice", async () => {
  const headers = { "x-echo-chunk-bytes": "1", "x-echo-chunk-delay-ms": "1" };
  const answer = await call(gateway, "/v1/chat/completions", { key, headers, body: { model: "echo", stream: true, messages: ask("abc🚀") } });
  const deltas = check.chatStream(answer.events).map((chunk) => chunk.choices[0].delta.content).filter(Boolean);
  assert.deepEqual(deltas, ["a", "b", "c", "🚀"]);
});

test("output tokens can be asked for", async () => {
  const answer = await client.chat.completions.create({ model: "echo", messages: ask("x") }, { headers: { "x-echo-output-tokens": "64" } });
  assert.equal(answer.usage.completion_tokens, 64);
});

test("parallel tool calls arrive whole and in order", async () => {
  const headers = { "x-echo-tool-calls": "3" };
  const whole = await call(gateway, "/v1/chat/completions", { key, headers, body: { model: "echo", tools, messages: ask("weather?") } });
  check.chatCompletion(whole.json);
  const calls = whole.json.choices[0].message.tool_calls;
  assert.deepEqual(calls.map((c) => c.function.name), ["get_weather", "get_time", "get_weather"]);
  assert.equal(new Set(calls.map((c) => c.id)).size, 3);

  const streamed = await call(gateway, "/v1/chat/completions", { key, headers, body: { model: "echo", tools, stream: true, messages: ask("weather?") } });
  check.chatStream(streamed.events);

  const runner = client.chat.completions.stream({ model: "echo", tools, messages: ask("weather?") }, { headers });
  const done = [];
  runner.on("tool_calls.function.arguments.done", (event) => done.push([event.index, event.name]));
  const final = await runner.finalChatCompletion();
  assert.deepEqual(done, [[0, "get_weather"], [1, "get_time"], [2, "get_weather"]]);
  for (const tool of final.choices[0].message.tool_calls) assert.equal(typeof JSON.parse(tool.function.arguments), "object");
});

test("legacy completions, whole and streamed", async () => {
  check.completion((await call(gateway, "/v1/completions", { key, body: { model: "echo", prompt: odd } })).json);
  assert.equal((await client.completions.create({ model: "echo", prompt: odd })).choices[0].text, odd);
  const streamed = await call(gateway, "/v1/completions", { key, body: { model: "echo", prompt: odd, stream: true } });
  check.completionStream(streamed.events);
  let text = "";
  for await (const chunk of await client.completions.create({ model: "echo", prompt: odd, stream: true })) text += chunk.choices[0]?.text ?? "";
  assert.equal(text, odd);
});

test("responses, whole and streamed", async () => {
  check.response((await call(gateway, "/v1/responses", { key, body: { model: "echo", input: odd } })).json);
  const answer = await client.responses.create({ model: "echo", instructions: "Kindly.", input: [{ role: "user", content: [{ type: "input_text", text: odd }] }] });
  assert.equal(answer.output_text, odd);
  assert.equal(answer.instructions, "Kindly.");

  const streamed = await call(gateway, "/v1/responses", { key, body: { model: "echo", input: odd, stream: true } });
  check.responseStream(streamed.events);
  const runner = client.responses.stream({ model: "echo", input: odd });
  let text = "";
  runner.on("response.output_text.delta", (event) => (text += event.delta));
  const final = await runner.finalResponse();
  assert.equal(final.output_text, odd);
  assert.equal(text, odd);
});

test("responses call tools in parallel", async () => {
  const headers = { "x-echo-tool-calls": "2" };
  const flat = tools.map(({ function: { name, parameters } }) => ({ type: "function", name, parameters, strict: false }));
  const whole = (await call(gateway, "/v1/responses", { key, headers, body: { model: "echo", input: "x", tools: flat } })).json;
  check.response(whole);
  assert.deepEqual(whole.output.map((item) => item.name), ["get_weather", "get_time"]);
  check.responseStream((await call(gateway, "/v1/responses", { key, headers, body: { model: "echo", input: "x", tools: flat, stream: true } })).events);
  const final = await client.responses.stream({ model: "echo", input: "x", tools: flat }, { headers }).finalResponse();
  assert.deepEqual(final.output.map((item) => [item.type, item.name]), [["function_call", "get_weather"], ["function_call", "get_time"]]);
});

test("embeddings as numbers and as base64 are the same vectors", async () => {
  const input = ["one", "two"];
  const floats = (await call(gateway, "/v1/embeddings", { key, body: { model: "echo", input } })).json;
  check.embeddings(floats);
  assert.equal(floats.data.length, 2);
  const encoded = (await call(gateway, "/v1/embeddings", { key, body: { model: "echo", input, encoding_format: "base64" } })).json;
  check.embeddings(encoded, { base64: true });
  const decoded = await client.embeddings.create({ model: "echo", input });
  decoded.data.forEach((entry, index) => {
    assert.equal(entry.embedding.length, floats.data[index].embedding.length);
    entry.embedding.forEach((value, position) => assert.ok(Math.abs(value - floats.data[index].embedding[position]) < 1e-6));
  });
  assert.notDeepEqual(floats.data[0].embedding, floats.data[1].embedding);
});

test("an aborted stream is noticed by the gateway", async () => {
  const headers = { "x-echo-output-tokens": "2000", "x-echo-chunk-delay-ms": "50" };
  const stopped = new AbortController();
  const { data: stream, response } = await client.chat.completions
    .create({ model: "echo", messages: ask("x"), stream: true }, { headers, signal: stopped.signal }).withResponse();
  await assert.rejects(async () => {
    for await (const chunk of stream) if (chunk.choices[0].delta.content) { stopped.abort(); }
    throw new Error(stopped.signal.aborted ? "aborted" : "the stream ended by itself");
  }, /abort/i);
  const line = await gateway.accessLine(response.headers.get("x-relayna-request-id"));
  assert.equal(line.client_gone, true, JSON.stringify(line));
  await until("no stream is active", async () => (await gateway.metric("gateway_active_streams")) === 0);
});

test("many calls at once do not mix their answers", async () => {
  const texts = Array.from({ length: 64 }, (_, index) => `message ${index}`);
  const answers = await Promise.all(texts.map((content, index) => index % 2
    ? client.chat.completions.create({ model: "echo", messages: [{ role: "user", content }] }).then((answer) => answer.choices[0].message.content)
    : client.chat.completions.stream({ model: "echo", messages: [{ role: "user", content }] }).finalContent()));
  assert.deepEqual(answers, texts);
});
