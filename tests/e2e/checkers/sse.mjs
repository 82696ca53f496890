// Server-sent events as the gateway must write them: one frame per blank line, UTF-8, nothing cut off at the end.

// Frames of a whole stream: {event, data, comment}. Throws when the text does not end with a complete frame.
export function parse(text) {
  if (text !== "" && !/(\r\n|\n)(\r\n|\n)$/.test(text)) throw new Error(`the stream ends inside a frame: ${JSON.stringify(text.slice(-80))}`);
  return text.split(/\r\n\r\n|\n\n/).filter((frame) => frame !== "").map(parseFrame);
}

function parseFrame(frame) {
  const parsed = { event: undefined, data: undefined, comment: undefined };
  for (const line of frame.split(/\r\n|\n/)) {
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (name === "") parsed.comment = value;
    else if (name === "data") parsed.data = parsed.data === undefined ? value : `${parsed.data}\n${value}`;
    else if (name === "event") parsed.event = value;
    else if (name !== "id" && name !== "retry") throw new Error(`unknown SSE field in ${JSON.stringify(line)}`);
  }
  return parsed;
}

// Frames that carry data, with the JSON parsed; `[DONE]` stays text.
export function events(text) {
  return parse(text).filter((frame) => frame.data !== undefined)
    .map(({ event, data }) => ({ event, data: data === "[DONE]" ? data : JSON.parse(data) }));
}
