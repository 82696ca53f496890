// HTTP by hand: requests as exact bytes, answers with everything that was on the wire. For what SDKs and fetch smooth over.
import net from "node:net";
import * as sse from "./checkers/sse.mjs";

// Reads HTTP/1.1 messages from a growing buffer.
export function parseHead(buffer) {
  const end = buffer.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first, ...lines] = buffer.subarray(0, end).toString("latin1").split("\r\n");
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const headers = {};
  for (const [name, value] of fields) headers[name.toLowerCase()] = name.toLowerCase() in headers ? `${headers[name.toLowerCase()]}, ${value}` : value;
  return { first, fields, headers, bodyStart: end + 4 };
}

// The decoded body of a chunked message and where it ends, or undefined while incomplete.
export function parseChunked(buffer) {
  const parts = [];
  let at = 0;
  for (;;) {
    const lineEnd = buffer.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = parseInt(buffer.subarray(at, lineEnd).toString("latin1"), 16);
    const next = lineEnd + 2 + size + 2;
    if (size === 0) return buffer.length >= next ? { body: Buffer.concat(parts), end: next } : undefined;
    if (buffer.length < next) return undefined;
    parts.push(buffer.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}

function parseAnswer(buffer, closed) {
  const head = parseHead(buffer);
  if (!head) return undefined;
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head.first) ?? [];
  const rest = buffer.subarray(head.bodyStart);
  const answer = { status: Number(status), head: head.first, fields: head.fields, headers: head.headers, complete: true };
  if (head.headers["transfer-encoding"] === "chunked") {
    const chunked = parseChunked(rest);
    if (chunked) return { ...answer, body: chunked.body, rest: rest.subarray(chunked.end) };
  } else if (head.headers["content-length"] !== undefined) {
    const length = Number(head.headers["content-length"]);
    if (rest.length >= length) return { ...answer, body: rest.subarray(0, length), rest: rest.subarray(length) };
  } else if (closed) {
    return { ...answer, body: rest, rest: Buffer.alloc(0) };
  }
  return closed ? { ...answer, body: rest, rest: Buffer.alloc(0), complete: false } : undefined;
}

// Sends `bytes` to 127.0.0.1:port and returns the (final) answer: {status, headers, fields, body, complete, closed}.
export function exchange(port, bytes, { timeout = 10_000 } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1");
    let received = Buffer.alloc(0);
    const timer = setTimeout(() => { socket.destroy(); reject(new Error(`no answer in ${timeout} ms; got ${JSON.stringify(received.toString("latin1").slice(0, 300))}`)); }, timeout);
    const finish = (closed) => {
      let answer = parseAnswer(received, closed);
      while (answer && answer.status >= 100 && answer.status < 200) {
        received = received.subarray(parseHead(received).bodyStart);
        answer = parseAnswer(received, closed);
      }
      if (!answer && !closed) return;
      clearTimeout(timer);
      socket.destroy();
      if (answer) resolve({ ...answer, closed, text: answer.body.toString("utf8") });
      else reject(new Error(`the connection closed without an answer; got ${received.length} bytes`));
    };
    socket.on("data", (data) => { received = Buffer.concat([received, data]); finish(false); });
    socket.on("end", () => finish(true));
    socket.on("error", (error) => { if (received.length) finish(true); else { clearTimeout(timer); reject(error); } });
    socket.write(bytes);
  });
}

// A POST as bytes, with the given header lines in the given order and spelling.
export function post(path, headers, body) {
  const data = Buffer.isBuffer(body) ? body : Buffer.from(body);
  const lines = [`POST ${path} HTTP/1.1`, ...Object.entries({ Host: "gateway.test", ...headers }).map(([name, value]) => `${name}: ${value}`)];
  if (!("Content-Length" in headers) && !("Transfer-Encoding" in headers)) lines.push(`Content-Length: ${data.length}`);
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), data]);
}

// A call with fetch that keeps the text: {status, headers, text, json, events}. `events` parses SSE strictly.
export async function call(gateway, path, { key, body, headers = {}, method } = {}) {
  const answer = await fetch(gateway.url + path, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers },
    body: body === undefined ? undefined : typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return {
    status: answer.status, headers: answer.headers, text,
    get json() { return JSON.parse(text); },
    get events() { return sse.events(text); },
  };
}
