// The documented shapes of the Anthropic API, and the order its streams keep; written from the API's reference.
import { any, byField, count, hold, jsonText, list, literal, map, matching, nothing, nullable, object, string, text, boolean } from "./shape.mjs";

const nullableCount = nullable(count);
const usageFields = {
  cache_creation: nullable(object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count })),
  cache_creation_input_tokens: nullableCount, cache_read_input_tokens: nullableCount, server_tool_use: nullable(any),
  service_tier: nullable(literal("standard", "priority", "batch")), inference_geo: nullable(string), output_tokens_details: nullable(any),
  speed: nullable(literal("standard", "fast")),
};
const usage = object({ input_tokens: count, output_tokens: count }, usageFields);
const deltaUsage = object({ output_tokens: count }, { input_tokens: nullableCount, ...usageFields });
const stopReason = literal("end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal");

const contentBlock = byField("type", {
  text: object({ type: any, text: string }, { citations: nullable(list(any)) }),
  tool_use: object({ type: any, id: matching(/^toolu_/), name: text, input: map(any) }, { caller: any }),
});
const messageShape = (stop) => object(
  {
    id: matching(/^msg_/), type: literal("message"), role: literal("assistant"), model: text, content: list(contentBlock),
    stop_reason: stop, stop_sequence: nullable(string), usage,
  },
  { container: nullable(any), stop_details: nullable(any), diagnostics: nullable(any) },
);

export function message(body) {
  const problems = messageShape(stopReason)(body, "message");
  const calls = body.content?.some((block) => block.type === "tool_use");
  if (!problems.length && calls !== (body.stop_reason === "tool_use")) problems.push(`stop_reason ${body.stop_reason} with tool calls: ${calls}`);
  hold(problems, body);
}

const eventShapes = {
  message_start: object({ type: any, message: messageShape(nothing) }),
  content_block_start: object({ type: any, index: count, content_block: contentBlock }),
  content_block_delta: object({
    type: any, index: count,
    delta: byField("type", {
      text_delta: object({ type: any, text: string }),
      input_json_delta: object({ type: any, partial_json: string }),
    }),
  }),
  content_block_stop: object({ type: any, index: count }),
  message_delta: object({ type: any, usage: deltaUsage, delta: object({ stop_reason: stopReason, stop_sequence: nullable(string) }, { stop_details: nullable(any), container: nullable(any) }) }),
  message_stop: object({ type: any }),
  ping: object({ type: any }),
};

// message_start, blocks one after the other, message_delta, message_stop; ping anywhere after the start.
export function messageStream(events) {
  const problems = [];
  for (const [index, { event, data }] of events.entries()) {
    if (event !== data.type) problems.push(`event[${index}] is named ${event} but its data says ${data.type}`);
    problems.push(...byField("type", eventShapes)(data, `event[${index}]`));
  }
  hold(problems, events);
  const all = events.map((event) => event.data);
  const order = all.filter((event) => event.type !== "ping").map((event) => event.type.replace("content_block_", "")).join(" ");
  if (all[0].type !== "message_start") problems.push("the first event is not message_start");
  if (!/^message_start( start( delta)* stop)* message_delta message_stop$/.test(order)) problems.push(`order of events: ${order}`);
  if (all[0].message?.content?.length) problems.push("message_start already has content");
  const blocks = all.filter((event) => event.type === "content_block_start");
  blocks.forEach((block, index) => problems.push(...blockOrder(all, block, index)));
  const calls = blocks.some((block) => block.content_block.type === "tool_use");
  const reason = all.find((event) => event.type === "message_delta")?.delta.stop_reason;
  if (calls !== (reason === "tool_use")) problems.push(`stop_reason ${reason} with tool calls: ${calls}`);
  hold(problems, events);
  return all;
}

function blockOrder(all, block, index) {
  const problems = block.index === index ? [] : [`block ${index} has index ${block.index}`];
  const mine = all.filter((event) => event.index === block.index);
  const kind = block.content_block.type === "text" ? "text_delta" : "input_json_delta";
  if (mine.slice(1, -1).some((event) => event.delta?.type !== kind)) problems.push(`block ${index} mixes kinds of deltas`);
  if (block.content_block.type === "text" && block.content_block.text !== "") problems.push(`block ${index} starts with text`);
  if (block.content_block.type === "tool_use") {
    if (JSON.stringify(block.content_block.input) !== "{}") problems.push(`block ${index} starts with input`);
    const json = mine.slice(1, -1).map((event) => event.delta.partial_json).join("");
    problems.push(...jsonText(json, `input of block ${index}`));
  }
  return problems;
}

export function countTokens(body) {
  hold(object({ input_tokens: count }, { context_management: nullable(any) })(body, "answer"), body);
}

const modelInfo = object(
  { type: literal("model"), id: text, display_name: text, created_at: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/) },
  {
    capabilities: nullable(any), deprecated_at: nullable(string), retires_at: nullable(string), lifecycle: literal("active", "deprecated", "retired"),
    line: nullable(any), max_input_tokens: nullableCount, max_tokens: nullableCount,
  },
);
export function models(body) {
  const problems = object({ data: list(modelInfo), has_more: boolean, first_id: nullable(string), last_id: nullable(string) })(body, "models");
  if (body.data?.length && (body.first_id !== body.data[0].id || body.last_id !== body.data.at(-1).id)) problems.push("first_id or last_id are wrong");
  hold(problems, body);
}
export function oneModel(body) {
  hold(modelInfo(body, "model"), body);
}

export function error(body, { code, type } = {}) {
  hold(object({
    type: literal("error"), request_id: text,
    error: object({ type: type ? literal(type) : text, message: text, code: code ? literal(code) : text },
      { retry_after_seconds: count, reason: text, reachable: any, param: nullable(string), scope: text, window: text }),
  })(body, "answer"), body);
}
