// The checkers judge the gateway; here they are judged: good answers pass, and each kind of damage is noticed.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as canned from "./canned.mjs";
import * as anthropic from "./checkers/anthropic.mjs";
import * as openai from "./checkers/openai.mjs";
import * as sse from "./checkers/sse.mjs";
import { CheckFailed } from "./checkers/shape.mjs";

const notices = (check, pattern) => assert.throws(check, (error) => error instanceof CheckFailed && pattern.test(error.message));
const changed = (value, change) => { const copy = structuredClone(value); change(copy); return copy; };

test("a documented chat completion passes, a damaged one does not", () => {
  const good = JSON.parse(canned.chatAnswer);
  openai.chatCompletion(good);
  notices(() => openai.chatCompletion(changed(good, (c) => delete c.choices[0].message.refusal)), /refusal is missing/);
  notices(() => openai.chatCompletion(changed(good, (c) => (c.usage.total_tokens += 1))), /does not add up/);
  notices(() => openai.chatCompletion(changed(good, (c) => (c.surprise = 1))), /surprise is not documented/);
  notices(() => openai.chatCompletion(changed(good, (c) => (c.choices[0].finish_reason = "tool_calls"))), /finish_reason tool_calls/);
});

test("a documented chat stream passes, with and without usage", () => {
  const plain = sse.events(canned.chatStreamFrames().join(""));
  const withUsage = sse.events(canned.chatStreamFrames({ usage: true }).join(""));
  openai.chatStream(plain);
  openai.chatStream(withUsage, { includeUsage: true });
  notices(() => openai.chatStream(withUsage), /not asked for/);
  notices(() => openai.chatStream(plain, { includeUsage: true }), /usage chunk/);
  notices(() => openai.chatStream(plain.slice(1)), /does not start with the role/);
  notices(() => openai.chatStream(plain.toSpliced(-2, 1)), /one finish_reason/);
  notices(() => openai.chatStream(plain.slice(0, -1)), /not \[DONE\]/);
  notices(() => openai.chatStream(changed(plain, (e) => (e[2].data.id = "chatcmpl-other"))), /id changes/);
});

test("parallel tool calls must count up, open with id and name, and make JSON", () => {
  const call = (index, part) => ({ index, ...part });
  const chunks = (deltas) => [
    { role: "assistant", content: null },
    ...deltas.map((tool) => ({ tool_calls: [tool] })),
  ].map((delta) => ({ data: { id: "chatcmpl-x", object: "chat.completion.chunk", created: 1795000000, model: "m", choices: [{ index: 0, delta, finish_reason: null }] } }))
    .concat([{ data: { id: "chatcmpl-x", object: "chat.completion.chunk", created: 1795000000, model: "m", choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] } }, { data: "[DONE]" }]);
  const open = (index, id) => call(index, { id, type: "function", function: { name: "f", arguments: "" } });
  const more = (index, text) => call(index, { function: { arguments: text } });
  openai.chatStream(chunks([open(0, "a"), more(0, "{}"), open(1, "b"), more(1, '{"x"'), more(1, ":1}")]));
  notices(() => openai.chatStream(chunks([open(0, "a"), more(0, "{}"), open(0, "b"), more(0, "{}")])), /repeats its id/);
  notices(() => openai.chatStream(chunks([open(0, "a"), more(0, '{"x"')])), /not JSON text/);
  notices(() => openai.chatStream(chunks([more(0, "{}")])), /does not start with id/);
});

test("a documented Anthropic message and stream pass, damaged ones do not", () => {
  anthropic.message(JSON.parse(canned.messageAnswer));
  const events = sse.events(canned.messageStreamFrames.join(""));
  anthropic.messageStream(events);
  notices(() => anthropic.messageStream(events.toSpliced(5, 1)), /order of events/);
  notices(() => anthropic.messageStream([events[0], ...events]), /order of events/);
  notices(() => anthropic.messageStream(changed(events, (e) => (e[3].event = "other"))), /is named other/);
  notices(() => anthropic.messageStream(changed(events, (e) => (e[3].data.delta = { type: "input_json_delta", partial_json: "" }))), /mixes kinds/);
});

test("frames must be whole", () => {
  assert.throws(() => sse.parse("data: {}"), /ends inside a frame/);
  assert.throws(() => sse.parse("datum: {}\n\n"), /unknown SSE field/);
  assert.equal(sse.parse(": keep-alive\n\ndata: 1\n\n").length, 2);
});

test("errors carry our code and the request id", () => {
  openai.error({ error: { message: "no", type: "invalid_request_error", param: null, code: "model_not_found", request_id: "r" } }, { code: "model_not_found" });
  notices(() => openai.error({ error: { message: "no", type: "t", param: null, code: "x" } }), /request_id is missing/);
  notices(() => anthropic.error({ type: "error", error: { type: "api_error", message: "m", code: "x" } }), /request_id is missing/);
});
