// A second judge beside the checkers: the SDKs' own TypeScript declarations. Every object and event the echo provider and the
// gateway make is written down as a literal of the declared type and compiled: a missing field, a wrong type, an unknown
// value or an undeclared field is a compiler error.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { startGateway } from "./harness.mjs";
import { call } from "./raw.mjs";

const folder = path.dirname(fileURLToPath(import.meta.url));
let gateway, key;
before(async () => {
  gateway = await startGateway({ name: "types" });
  key = (await gateway.createKey("types")).secret;
});
after(() => gateway?.stop());

const imports = `
import type OpenAI from "openai";
import type { ChatCompletion, ChatCompletionChunk } from "openai/resources/chat/completions";
import type { Response, ResponseStreamEvent } from "openai/resources/responses/responses";
import type Anthropic from "@anthropic-ai/sdk";
`;

// Compiles `const sample: <type> = <literal>` for each sample, without writing anything to disk.
function problems(samples) {
  const source = imports + samples.map(([type, value], index) => `export const sample${index}: ${type} = ${JSON.stringify(value, null, 1)};\n`).join("");
  const file = path.join(folder, "samples.ts");
  const options = { strict: true, noEmit: true, skipLibCheck: true, module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16, target: ts.ScriptTarget.ES2022, types: [] };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? source : readFile(name));
  host.getSourceFile = (name, ...rest) => (name === file ? ts.createSourceFile(name, source, options.target) : getSourceFile(name, ...rest));
  return ts.getPreEmitDiagnostics(ts.createProgram([file], options, host)).map((diagnostic) => {
    const line = diagnostic.file && ts.getLineAndCharacterOfPosition(diagnostic.file, diagnostic.start).line;
    const near = line === undefined ? "" : source.split("\n")[line].trim().slice(0, 200);
    return `${ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n  ")}\n    at: ${near}`;
  });
}

const openaiTools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
const responseTools = [{ type: "function", name: "f", parameters: { type: "object" }, strict: false }];
const anthropicTools = [{ name: "f", input_schema: { type: "object" } }];
const messages = [{ role: "user", content: "one two" }];
const anthropic = { "anthropic-version": "2023-06-01" };
const calls = { "x-echo-tool-calls": "2" };

async function answer(route, body, headers = {}) {
  const got = await call(gateway, route, { key, body: body && { model: "echo", ...body }, headers });
  assert.equal(got.status, 200, got.text);
  return got;
}
const streamed = async (...args) => (await answer(...args)).events.map((event) => event.data).filter((data) => data !== "[DONE]" && data.type !== "ping");
// Where the declarations and the API's documented examples differ, the examples win: `output_text` is made by the SDK, and the API
// writes null for a response's absent user and its usage while in progress, and for finish_reason before a completion's end;
// max_tool_calls and store are in the reference only.
const asResponse = ({ user, usage, max_tool_calls, store, ...response }) => ({ ...response, output_text: "", ...(user === null ? {} : { user }), ...(usage === null ? {} : { usage }) });
const asResponseEvent = (event) => (event.response ? { ...event, response: asResponse(event.response) } : event);
const asCompletion = (chunk) => ({ ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, finish_reason: choice.finish_reason ?? "stop" })) });

test("the compiler itself notices damage", () => {
  const good = { id: "a", object: "model", created: 1, owned_by: "x" };
  assert.deepEqual(problems([["OpenAI.Model", good]]), []);
  const { created, ...missing } = good;
  for (const bad of [missing, { ...good, created: "1" }, { ...good, surprise: 1 }, { ...good, object: "thing" }]) {
    assert.equal(problems([["OpenAI.Model", bad]]).length, 1, JSON.stringify(bad));
  }
});

test("chat completions are what OpenAI's SDK declares", async () => {
  const body = { messages };
  assert.deepEqual(problems([
    ["ChatCompletion", (await answer("/v1/chat/completions", body)).json],
    ["ChatCompletion", (await answer("/v1/chat/completions", { ...body, tools: openaiTools }, calls)).json],
    ["ChatCompletionChunk[]", await streamed("/v1/chat/completions", { ...body, stream: true, stream_options: { include_usage: true } })],
    ["ChatCompletionChunk[]", await streamed("/v1/chat/completions", { ...body, stream: true, tools: openaiTools }, calls)],
  ]), []);
});

test("completions, embeddings and models are what OpenAI's SDK declares", async () => {
  assert.deepEqual(problems([
    ["OpenAI.Completion", (await answer("/v1/completions", { prompt: "one two" })).json],
    ["OpenAI.Completion[]", (await streamed("/v1/completions", { prompt: "one two", stream: true })).map(asCompletion)],
    ["OpenAI.CreateEmbeddingResponse", (await answer("/v1/embeddings", { input: "one" })).json],
    ["OpenAI.Model[]", (await answer("/v1/models")).json.data],
    ["OpenAI.Model", (await answer("/v1/models/echo")).json],
  ]), []);
});

test("responses are what OpenAI's SDK declares", async () => {
  const body = { input: "one two" };
  assert.deepEqual(problems([
    ["Response", asResponse((await answer("/v1/responses", body)).json)],
    ["Response", asResponse((await answer("/v1/responses", { ...body, tools: responseTools }, calls)).json)],
    ["ResponseStreamEvent[]", (await streamed("/v1/responses", { ...body, stream: true })).map(asResponseEvent)],
    ["ResponseStreamEvent[]", (await streamed("/v1/responses", { ...body, stream: true, tools: responseTools }, calls)).map(asResponseEvent)],
  ]), []);
});

test("messages, counted tokens and models are what Anthropic's SDK declares", async () => {
  const body = { max_tokens: 100, messages };
  assert.deepEqual(problems([
    ["Anthropic.Message", (await answer("/v1/messages", body, anthropic)).json],
    ["Anthropic.Message", (await answer("/v1/messages", { ...body, tools: anthropicTools }, { ...anthropic, ...calls })).json],
    ["Anthropic.RawMessageStreamEvent[]", await streamed("/v1/messages", { ...body, stream: true }, anthropic)],
    ["Anthropic.RawMessageStreamEvent[]", await streamed("/v1/messages", { ...body, stream: true, tools: anthropicTools }, { ...anthropic, ...calls })],
    ["Anthropic.MessageTokensCount", (await answer("/v1/messages/count_tokens", { messages }, anthropic)).json],
    ["Anthropic.ModelInfo[]", (await answer("/v1/models", undefined, anthropic)).json.data],
  ]), []);
});
