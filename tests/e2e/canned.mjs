// Answers as the real APIs write them, for the scripted upstream. Spacing, order and unicode are odd on purpose: what the
// gateway relays must be these very bytes.

const frame = (data, event) => `${event ? `event: ${event}\n` : ""}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;

export const chatAnswer = `{ "id":"chatcmpl-CANNED1", "object":"chat.completion","created":1795000000,"model":"gpt-4o-mini-2024-07-18",
  "choices":[{"index":0,"message":{"role":"assistant","content":"caf\\u00e9 – naïve 🚀","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],
  "usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},
  "service_tier":"default","system_fingerprint":"fp_0123456789" }`;

const chunk = (choices, usage) => ({
  id: "chatcmpl-CANNED2", object: "chat.completion.chunk", created: 1795000001, model: "gpt-4o-mini-2024-07-18", service_tier: "default",
  system_fingerprint: "fp_0123456789", choices, ...(usage === undefined ? {} : { usage }),
});
const delta = (part, finish = null) => [{ index: 0, delta: part, logprobs: null, finish_reason: finish }];
export const chatUsage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };

// `usage: true` is what an upstream sends when stream_options.include_usage was set.
export function chatStreamFrames({ usage = false } = {}) {
  const none = usage ? null : undefined;
  const frames = [
    frame(chunk(delta({ role: "assistant", content: "", refusal: null }), none)),
    ...["Grüß", " Gott", " – 你好", " 🚀"].map((content) => frame(chunk(delta({ content }), none))),
    frame(chunk(delta({}, "stop"), none)),
  ];
  if (usage) frames.push(frame(chunk([], chatUsage)));
  return [...frames, frame("[DONE]")];
}
export const chatStreamText = "Grüß Gott – 你好 🚀";

export const messageAnswer = JSON.stringify({
  id: "msg_01CANNED", type: "message", role: "assistant", model: "claude-sonnet-4-5", content: [{ type: "text", text: "Grüß Gott 🚀" }],
  stop_reason: "end_turn", stop_sequence: null, usage: { input_tokens: 11, output_tokens: 6, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
});

export const messageStreamFrames = [
  { type: "message_start", message: { id: "msg_01CANNED", type: "message", role: "assistant", model: "claude-sonnet-4-5", content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 11, output_tokens: 1 } } },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "ping" },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Grüß" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: " Gott 🚀" } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 6 } },
  { type: "message_stop" },
].map((event) => frame(event, event.type));
export const messageStreamText = "Grüß Gott 🚀";

export const openaiError = (message, type, code) => ({ error: { message, type, param: null, code } });
export const anthropicError = (message, type) => ({ type: "error", error: { type, message }, request_id: "req_upstream1" });

export const embeddingsAnswer = '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2.5e-3,1e2]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":3,"total_tokens":3}}';
