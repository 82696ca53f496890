// The documented shapes of the OpenAI API, and the order its streams keep. Written from the API's reference, independently
// of the gateway's code: a field the reference does not know is a problem, and so is one it promises and we lack.
import { any, boolean, byField, count, hold, jsonText, list, literal, map, matching, nothing, nullable, number, object, string, text, timestamp } from "./shape.mjs";

const usage = object(
  { prompt_tokens: count, completion_tokens: count, total_tokens: count },
  {
    prompt_tokens_details: object({}, { cached_tokens: count, audio_tokens: count, cache_write_tokens: count }),
    completion_tokens_details: object({}, { reasoning_tokens: count, audio_tokens: count, accepted_prediction_tokens: count, rejected_prediction_tokens: count }),
  },
);
const serviceTier = nullable(literal("auto", "default", "flex", "scale", "priority"));
const logprobs = nullable(object({ content: any, refusal: any }));
const chatFinish = literal("stop", "length", "tool_calls", "content_filter", "function_call");

const toolCall = object({ id: text, type: literal("function"), function: object({ name: text, arguments: jsonText }) });
const chatMessage = object(
  { role: literal("assistant"), content: nullable(string), refusal: nullable(string) },
  { annotations: list(any), tool_calls: list(toolCall, { min: 1 }), audio: any, function_call: any },
);
const chatShape = object(
  {
    id: matching(/^chatcmpl-/), object: literal("chat.completion"), created: timestamp, model: text, usage,
    choices: list(object({ index: count, message: chatMessage, logprobs, finish_reason: chatFinish }), { min: 1 }),
  },
  { service_tier: serviceTier, system_fingerprint: nullable(string) },
);

function sumsUp(value, prefix = ["prompt_tokens", "completion_tokens"]) {
  const [input, output] = prefix;
  return value.total_tokens === value[input] + value[output] ? [] : [`usage does not add up: ${JSON.stringify(value)}`];
}

export function chatCompletion(body) {
  const problems = chatShape(body, "completion");
  if (!problems.length) problems.push(...sumsUp(body.usage));
  for (const choice of body.choices ?? []) {
    const calls = choice.message?.tool_calls?.length > 0;
    if (calls !== (choice.finish_reason === "tool_calls")) problems.push(`finish_reason ${choice.finish_reason} with tool calls: ${calls}`);
  }
  hold(problems, body);
}

const toolCallDelta = object({ index: count }, { id: text, type: literal("function"), function: object({}, { name: text, arguments: string }) });
const chunkShape = object(
  {
    id: matching(/^chatcmpl-/), object: literal("chat.completion.chunk"), created: timestamp, model: text,
    choices: list(object(
      {
        index: count, finish_reason: nullable(chatFinish),
        delta: object({}, { role: literal("assistant"), content: nullable(string), refusal: nullable(string), tool_calls: list(toolCallDelta, { min: 1 }) }),
      },
      { logprobs },
    )),
  },
  { usage: nullable(usage), service_tier: serviceTier, system_fingerprint: nullable(string), obfuscation: string },
);

// The whole stream: role first, deltas, one finish_reason per choice, then (only when asked) one usage chunk, then [DONE].
export function chatStream(events, { includeUsage = false } = {}) {
  const problems = [];
  if (events.at(-1)?.data !== "[DONE]") problems.push("the last event is not [DONE]");
  const chunks = events.slice(0, -1).map((event) => event.data);
  if (events.some((event) => event.event !== undefined)) problems.push("chat streams name no events");
  chunks.forEach((chunk, index) => problems.push(...chunkShape(chunk, `chunk[${index}]`)));
  hold(problems, events);

  for (const field of ["id", "created", "model", "system_fingerprint"]) {
    if (new Set(chunks.map((chunk) => chunk[field])).size > 1) problems.push(`${field} changes within the stream`);
  }
  const withUsage = chunks.filter((chunk) => chunk.usage);
  if (includeUsage) {
    const last = chunks.at(-1);
    if (!last.usage || last.choices.length) problems.push("the chunk before [DONE] is not the usage chunk with empty choices");
    else problems.push(...sumsUp(last.usage));
    if (withUsage.length !== 1) problems.push(`${withUsage.length} chunks carry usage`);
    if (chunks.slice(0, -1).some((chunk) => chunk.usage !== null)) problems.push("chunks before the usage chunk lack `usage: null`");
  } else if (withUsage.length || chunks.some((chunk) => !chunk.choices.length)) {
    problems.push("usage was sent although it was not asked for");
  }
  problems.push(...choiceOrder(chunks.flatMap((chunk) => chunk.choices)));
  hold(problems, events);
  return chunks;
}

function choiceOrder(parts) {
  const problems = [];
  for (const index of new Set(parts.map((part) => part.index))) {
    const mine = parts.filter((part) => part.index === index);
    if (mine[0].delta.role !== "assistant") problems.push(`choice ${index} does not start with the role`);
    if (mine.slice(1).some((part) => part.delta.role !== undefined)) problems.push(`choice ${index} repeats the role`);
    if (mine.filter((part) => part.finish_reason !== null).length !== 1 || mine.at(-1).finish_reason === null) {
      problems.push(`choice ${index} does not end with its one finish_reason`);
    }
    problems.push(...toolCallOrder(mine.flatMap((part) => part.delta.tool_calls ?? []), mine.at(-1).finish_reason));
  }
  return problems;
}

function toolCallOrder(deltas, finish) {
  const problems = [];
  const indexes = [...new Set(deltas.map((delta) => delta.index))];
  if ((indexes.length > 0) !== (finish === "tool_calls")) problems.push(`finish_reason ${finish} with ${indexes.length} tool calls`);
  if (indexes.some((index, position) => index !== position)) problems.push(`tool call indexes ${indexes} do not count up from 0`);
  const ids = new Set();
  for (const index of indexes) {
    const mine = deltas.filter((delta) => delta.index === index);
    if (!mine[0].id || !mine[0].type || !mine[0].function?.name) problems.push(`tool call ${index} does not start with id, type and name`);
    if (mine.slice(1).some((delta) => delta.id || delta.function?.name)) problems.push(`tool call ${index} repeats its id or name`);
    problems.push(...jsonText(mine.map((delta) => delta.function?.arguments ?? "").join(""), `arguments of tool call ${index}`));
    ids.add(mine[0].id);
  }
  if (ids.size !== indexes.length) problems.push("tool call ids repeat");
  return problems;
}

const completionChoice = (finish) => object({ text: string, index: count, logprobs: nullable(any), finish_reason: finish });
const completionShape = (finish, extra) => object(
  { id: matching(/^cmpl-/), object: literal("text_completion"), created: timestamp, model: text, choices: list(completionChoice(finish)), ...extra },
  { system_fingerprint: nullable(string), usage: nullable(usage) },
);
const completionFinish = literal("stop", "length", "content_filter");

export function completion(body) {
  const problems = completionShape(completionFinish, { usage })(body, "completion");
  if (!problems.length) problems.push(...sumsUp(body.usage));
  hold(problems, body);
}

export function completionStream(events) {
  const problems = [];
  if (events.at(-1)?.data !== "[DONE]") problems.push("the last event is not [DONE]");
  const chunks = events.slice(0, -1).map((event) => event.data);
  chunks.forEach((chunk, index) => problems.push(...completionShape(nullable(completionFinish), {})(chunk, `chunk[${index}]`)));
  hold(problems, events);
  const finishes = chunks.flatMap((chunk) => chunk.choices).map((choice) => choice.finish_reason);
  if (finishes.filter(Boolean).length !== 1 || !finishes.at(-1)) problems.push("the stream does not end with its one finish_reason");
  hold(problems, events);
  return chunks;
}

// ---- Responses

const outputText = object({ type: literal("output_text"), text: string, annotations: list(any) }, { logprobs: list(any) });
const outputItem = byField("type", {
  message: object({ id: matching(/^msg_/), type: any, role: literal("assistant"), status: literal("in_progress", "completed", "incomplete"), content: list(outputText) }, { phase: any }),
  function_call: object({ type: any, call_id: text, name: text, arguments: string }, { id: text, status: literal("in_progress", "completed", "incomplete") }),
});
const responseUsage = object({
  input_tokens: count, output_tokens: count, total_tokens: count,
  input_tokens_details: object({ cached_tokens: count }, { cache_write_tokens: count }),
  output_tokens_details: object({ reasoning_tokens: count }),
});
const responseShape = object(
  {
    id: matching(/^resp_/), object: literal("response"), created_at: timestamp, model: text,
    status: literal("completed", "failed", "in_progress", "cancelled", "queued", "incomplete"),
    error: nullable(object({ code: text, message: string })), incomplete_details: nullable(object({ reason: text })),
    instructions: nullable(any), metadata: nullable(map(string)), output: list(outputItem), parallel_tool_calls: boolean,
    temperature: nullable(number), tool_choice: any, tools: list(any), top_p: nullable(number),
  },
  {
    background: nullable(boolean), completed_at: nullable(timestamp), conversation: any, max_output_tokens: nullable(count),
    max_tool_calls: nullable(count), previous_response_id: nullable(string), prompt: any, prompt_cache_key: nullable(string),
    prompt_cache_retention: any, reasoning: nullable(object({ effort: any, summary: any }, { generate_summary: any })),
    safety_identifier: nullable(string), service_tier: serviceTier, store: boolean, moderation: any, frequency_penalty: any, presence_penalty: any,
    text: object({ format: any }, { verbosity: any }), top_logprobs: nullable(count), truncation: nullable(literal("auto", "disabled")),
    usage: nullable(responseUsage), user: nullable(string),
  },
);

export function response(body) {
  const problems = responseShape(body, "response");
  if (!problems.length) {
    if (!body.usage) problems.push("response.usage is missing");
    else problems.push(...sumsUp(body.usage, ["input_tokens", "output_tokens"]));
    if (body.status !== "completed") problems.push(`status is ${body.status}`);
  }
  hold(problems, body);
}

const at = { sequence_number: count };
const inItem = { ...at, item_id: text, output_index: count };
const inPart = { ...inItem, content_index: count };
const eventShapes = {
  "response.created": object({ type: any, ...at, response: responseShape }),
  "response.in_progress": object({ type: any, ...at, response: responseShape }),
  "response.completed": object({ type: any, ...at, response: responseShape }),
  "response.output_item.added": object({ type: any, ...at, output_index: count, item: outputItem }),
  "response.output_item.done": object({ type: any, ...at, output_index: count, item: outputItem }),
  "response.content_part.added": object({ type: any, ...inPart, part: outputText }),
  "response.content_part.done": object({ type: any, ...inPart, part: outputText }),
  "response.output_text.delta": object({ type: any, ...inPart, delta: string, logprobs: list(any) }, { obfuscation: string }),
  "response.output_text.done": object({ type: any, ...inPart, text: string, logprobs: list(any) }),
  "response.function_call_arguments.delta": object({ type: any, ...inItem, delta: string }, { obfuscation: string }),
  "response.function_call_arguments.done": object({ type: any, ...inItem, arguments: jsonText, name: text }),
};

export function responseStream(events) {
  const problems = [];
  for (const [index, { event, data }] of events.entries()) {
    if (event !== data.type) problems.push(`event[${index}] is named ${event} but its data says ${data.type}`);
    if (data.sequence_number !== index) problems.push(`event[${index}] has sequence_number ${data.sequence_number}`);
    problems.push(...byField("type", eventShapes)(data, `event[${index}]`));
  }
  hold(problems, events);
  const all = events.map((event) => event.data);
  const types = all.map((event) => event.type);
  if (types[0] !== "response.created" || types[1] !== "response.in_progress") problems.push(`starts with ${types.slice(0, 2)}`);
  if (types.at(-1) !== "response.completed") problems.push(`ends with ${types.at(-1)}`);
  if (all[0].response.status !== "in_progress" || all[0].response.output.length) problems.push("response.created is not an empty response in progress");
  const final = all.at(-1).response;
  if (final.status !== "completed" || !final.usage) problems.push("response.completed lacks its status or usage");
  final.output.forEach((item, index) => problems.push(...itemOrder(all.filter((event) => event.output_index === index), item, index)));
  if (new Set(all.slice(2, -1).map((event) => event.output_index)).size !== final.output.length) problems.push("items were streamed that are not in the output");
  hold(problems, events);
  return all;
}

function itemOrder(events, item, index) {
  const types = events.map((event) => event.type.replace("response.", ""));
  const inner = item.type === "message"
    ? /^output_item.added content_part.added( output_text.delta)* output_text.done content_part.done output_item.done$/
    : /^output_item.added( function_call_arguments.delta)* function_call_arguments.done output_item.done$/;
  if (!inner.test(types.join(" "))) return [`events of item ${index}: ${types.join(" ")}`];
  const joined = events.filter((event) => event.type.endsWith(".delta")).map((event) => event.delta).join("");
  const whole = item.type === "message" ? item.content.map((part) => part.text).join("") : item.arguments;
  const done = events.at(-1).item;
  const problems = joined === whole ? [] : [`the deltas of item ${index} make ${JSON.stringify(joined)}, its end says ${JSON.stringify(whole)}`];
  if (JSON.stringify(done) !== JSON.stringify(item)) problems.push(`output_item.done of item ${index} differs from the output`);
  if (events.some((event) => event.item_id !== undefined && event.item_id !== item.id)) problems.push(`item_id changes within item ${index}`);
  if (events[0].item.status !== "in_progress" || done.status !== "completed") problems.push(`item ${index} does not go from in_progress to completed`);
  return problems;
}

// ---- the rest

export function embeddings(body, { base64 = false } = {}) {
  const vector = base64 ? matching(/^[A-Za-z0-9+/]+={0,2}$/) : list(number, { min: 1 });
  const problems = object({
    object: literal("list"), model: text, usage: object({ prompt_tokens: count, total_tokens: count }),
    data: list(object({ object: literal("embedding"), index: count, embedding: vector }), { min: 1 }),
  })(body, "embeddings");
  body.data?.forEach((entry, index) => entry.index === index || problems.push(`data[${index}].index is ${entry.index}`));
  hold(problems, body);
}

const model = object({ id: text, object: literal("model"), created: count, owned_by: text });
export function models(body) {
  hold(object({ object: literal("list"), data: list(model) })(body, "models"), body);
}
export function oneModel(body) {
  hold(model(body, "model"), body);
}

// Contract section 9: OpenAI's error object with our stable code and the request id.
export function error(body, { code } = {}) {
  const problems = object({
    error: object(
      { message: text, type: text, param: nullable(string), code: code ? literal(code) : text, request_id: text },
      { retry_after_seconds: count, reason: text, reachable: any, scope: text, window: text },
    ),
  })(body, "answer");
  hold(problems, body);
}
