// A real LiteLLM proxy as upstream: the same calls, through software we did not write. Its models are LiteLLM's own mocks and,
// behind it, a second gateway's echo: client → gateway → LiteLLM → gateway.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { freePort, startGateway, temporaryFolder, until } from "./harness.mjs";
import { call } from "./raw.mjs";

const masterKey = "sk-litellm-master";
let litellm, origin, gateway, key, openai, anthropic;
before(async () => {
  const port = await freePort();
  const folder = temporaryFolder();
  origin = await startGateway({ name: "litellm-origin" });
  const originKey = (await origin.createKey("litellm")).secret;
  const config = fileURLToPath(new URL("litellm.yaml", import.meta.url));
  litellm = spawn(process.env.RELAYNA_LITELLM, ["--config", config, "--host", "127.0.0.1", "--port", String(port)], {
    cwd: folder, stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, HOME: folder, LITELLM_MASTER_KEY: masterKey, LITELLM_LOCAL_MODEL_COST_MAP: "True", LITELLM_TELEMETRY: "False", NO_DOCS: "True",
      ECHO_OPENAI_BASE: `${origin.url}/v1`, ECHO_ANTHROPIC_BASE: origin.url, ECHO_KEY: originKey },
  });
  const log = createWriteStream(path.join(process.env.RELAYNA_E2E_LOGS ?? folder, "litellm.log"));
  litellm.stdout.pipe(log);
  litellm.stderr.pipe(log);
  await until("LiteLLM is ready", async () => {
    if (litellm.exitCode !== null) throw new Error("LiteLLM ended while starting, see litellm.log");
    return (await fetch(`http://127.0.0.1:${port}/health/liveliness`).catch(() => undefined))?.ok;
  }, { within: 90_000, every: 250 });
  gateway = await startGateway({ name: "litellm-gateway", env: { LITELLM_BASE_URL: `http://127.0.0.1:${port}`, LITELLM_SERVICE_KEY: masterKey } });
  key = (await gateway.createKey("e2e")).secret;
  openai = new OpenAI({ apiKey: key, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey: key, baseURL: gateway.url, maxRetries: 0 });
});
after(async () => {
  await gateway?.stop();
  litellm?.kill("SIGKILL");
  await origin?.stop();
});

const messages = [{ role: "user", content: "hi" }];
const odd = "Grüß Gott – 你好 🚀";
const rejection = (promise) => promise.then(() => assert.fail("the call succeeded"), (error) => error);
const tools = [{ type: "function", function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } } }];

test("chat, whole and streamed", async () => {
  const answer = await openai.chat.completions.create({ model: "mock-chat", messages });
  assert.equal(answer.choices[0].message.content, "Mocked – Grüße 🚀");
  assert.equal(await openai.chat.completions.stream({ model: "mock-chat", messages }).finalContent(), "Mocked – Grüße 🚀");
  for (const model of ["echo-chat", "echo-messages"]) {
    const asked = { model, messages: [{ role: "user", content: odd }] };
    assert.equal((await openai.chat.completions.create(asked)).choices[0].message.content, odd, model);
    assert.equal(await openai.chat.completions.stream(asked).finalContent(), odd, model);
  }
});

test("a stream's usage is counted by the gateway although the client did not ask", async () => {
  for (const model of ["mock-chat", "echo-chat"]) {
    const answer = await call(gateway, "/v1/chat/completions", { key, body: { model, messages, stream: true } });
    assert.equal(answer.status, 200);
    assert.ok(answer.events.slice(0, -1).every((event) => !event.data.usage), answer.text);
    const line = await gateway.accessLine(answer.headers.get("x-relayna-request-id"));
    assert.ok(line.input_tokens > 0 && line.output_tokens > 0, JSON.stringify(line));
  }
});

test("tool calls", async () => {
  const answer = await openai.chat.completions.create({ model: "mock-tools", messages, tools });
  assert.deepEqual(answer.choices[0].message.tool_calls.map((tool) => tool.function.name), ["get_weather", "get_weather"]);
  for (const tool of answer.choices[0].message.tool_calls) JSON.parse(tool.function.arguments);
});

test("models that LiteLLM has can be listed", async () => {
  const ids = [];
  for await (const model of openai.models.list()) ids.push(model.id);
  assert.ok(ids.length > 0);
});

test("responses, whole and streamed", async () => {
  assert.equal((await openai.responses.create({ model: "mock-chat", input: "hi" })).output_text, "Mocked – Grüße 🚀");
  assert.equal((await openai.responses.create({ model: "echo-chat", input: odd })).output_text, odd);
  let text = "";
  for await (const event of await openai.responses.create({ model: "echo-chat", input: odd, stream: true })) if (event.type === "response.output_text.delta") text += event.delta;
  assert.equal(text, odd);
});

test("Anthropic messages, whole and streamed", async () => {
  const answer = await anthropic.messages.create({ model: "mock-chat", max_tokens: 50, messages });
  assert.equal(answer.content[0].text, "Mocked – Grüße 🚀");
  for (const model of ["echo-chat", "echo-messages"]) {
    const asked = { model, max_tokens: 50, messages: [{ role: "user", content: odd }] };
    assert.equal((await anthropic.messages.create(asked)).content[0].text, odd, model);
    assert.equal((await anthropic.messages.stream(asked).finalMessage()).content[0].text, odd, model);
  }
});

test("embeddings", async () => {
  const answer = await openai.embeddings.create({ model: "mock-embedding", input: ["a"], encoding_format: "float" });
  assert.ok(answer.data[0].embedding.length > 0);
});

test("LiteLLM's own errors keep their status and class", async () => {
  assert.ok((await rejection(openai.chat.completions.create({ model: "mock-rate-limited", messages }))) instanceof OpenAI.RateLimitError);
  const unknown = await rejection(openai.chat.completions.create({ model: "no-such-model", messages }));
  assert.ok([400, 404].includes(unknown.status), unknown.message);
});
