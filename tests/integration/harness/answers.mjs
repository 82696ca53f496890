// What an upstream answers in each API, with the token counts a test chose: whole, or as the frames of a stream.
const frame = (data, event) => `${event ? `event: ${event}\n` : ""}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
const words = ["Grüß", " Gott", " – 你好", " 🚀"];
const text = words.join("");
const spoken = (repeat) => Array.from({ length: repeat }, () => words).flat();

const chatUsage = (tokens) => ({ prompt_tokens: tokens.input, completion_tokens: tokens.output, total_tokens: tokens.input + tokens.output });
const messageUsage = (tokens) => ({ input_tokens: tokens.input, output_tokens: tokens.output });
const responseUsage = (tokens) => ({
  input_tokens: tokens.input, input_tokens_details: { cached_tokens: 0 }, output_tokens: tokens.output,
  output_tokens_details: { reasoning_tokens: 0 }, total_tokens: tokens.input + tokens.output,
});

const chat = {
  path: "/v1/chat/completions",
  body: (extra) => ({ model: "m", messages: [{ role: "user", content: "hi" }], ...extra }),
  whole: (tokens) => ({
    id: "chatcmpl-1", object: "chat.completion", created: 1795000000, model: "m",
    choices: [{ index: 0, message: { role: "assistant", content: text, refusal: null }, logprobs: null, finish_reason: "stop" }], usage: chatUsage(tokens),
  }),
  frames(tokens, { usage = true, repeat = 1 } = {}) {
    const chunk = (choices, of = null) => frame({ id: "chatcmpl-2", object: "chat.completion.chunk", created: 1795000001, model: "m", choices, ...(usage ? { usage: of } : {}) });
    const delta = (part, finish = null) => [{ index: 0, delta: part, logprobs: null, finish_reason: finish }];
    return [
      chunk(delta({ role: "assistant", content: "" })), ...spoken(repeat).map((content) => chunk(delta({ content }))), chunk(delta({}, "stop")),
      ...(usage ? [chunk([], chatUsage(tokens))] : []), frame("[DONE]"),
    ];
  },
};

const messages = {
  path: "/v1/messages",
  headers: { "anthropic-version": "2023-06-01" },
  body: (extra) => ({ model: "m", max_tokens: 64, messages: [{ role: "user", content: "hi" }], ...extra }),
  whole: (tokens) => ({
    id: "msg_1", type: "message", role: "assistant", model: "m", content: [{ type: "text", text }], stop_reason: "end_turn", stop_sequence: null,
    usage: messageUsage(tokens),
  }),
  frames: (tokens, { repeat = 1 } = {}) => [
    { type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: tokens.input, output_tokens: 1 } } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...spoken(repeat).map((word) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: word } })),
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: tokens.output } },
    { type: "message_stop" },
  ].map((event) => frame(event, event.type)),
};

const responses = {
  path: "/v1/responses",
  body: (extra) => ({ model: "m", input: "hi", ...extra }),
  whole: (tokens, status = "completed") => ({
    id: "resp_1", object: "response", created_at: 1795000000, status, error: null, incomplete_details: null, model: "m",
    output: [{ type: "message", id: "msg_1", status: "completed", role: "assistant", content: [{ type: "output_text", text, annotations: [] }] }],
    usage: tokens && responseUsage(tokens),
  }),
  frames(tokens, { repeat = 1 } = {}) {
    const events = [
      { type: "response.created", response: { ...this.whole(null, "in_progress"), output: [] } },
      { type: "response.output_item.added", output_index: 0, item: { type: "message", id: "msg_1", status: "in_progress", role: "assistant", content: [] } },
      { type: "response.content_part.added", item_id: "msg_1", output_index: 0, content_index: 0, part: { type: "output_text", text: "", annotations: [] } },
      ...spoken(repeat).map((delta) => ({ type: "response.output_text.delta", item_id: "msg_1", output_index: 0, content_index: 0, delta })),
      { type: "response.output_text.done", item_id: "msg_1", output_index: 0, content_index: 0, text },
      { type: "response.completed", response: this.whole(tokens) },
    ];
    return events.map((event, index) => frame({ ...event, sequence_number: index }, event.type));
  },
};

const embeddings = {
  path: "/v1/embeddings",
  body: (extra) => ({ model: "m", input: "hi", ...extra }),
  whole: (tokens) => ({
    object: "list", data: [{ object: "embedding", index: 0, embedding: [0.1, -0.5] }], model: "m",
    usage: { prompt_tokens: tokens.input, total_tokens: tokens.input },
  }),
};

export const apis = { chat, messages, responses, embeddings };
export const apiOfPath = (target) => Object.values(apis).find(({ path }) => target.split("?")[0].endsWith(path));
