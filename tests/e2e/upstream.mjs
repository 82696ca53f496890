// A scripted upstream: records every request byte for byte and answers as the test says, faults included.
import net from "node:net";
import { parseChunked, parseHead } from "./raw.mjs";
import { reset } from "./reset.mjs";

export class Upstream {
  requests = [];
  connections = 0;
  disconnects = 0;
  #server;
  #sockets = new Set();
  #answer = (request, reply) => reply.json(200, {});

  async start() {
    this.#server = net.createServer((socket) => this.#serve(socket));
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.port = this.#server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  // From now on every request is answered by `answer(request, reply)`; forgets what was recorded.
  script(answer) {
    this.#answer = answer;
    this.requests = [];
    this.disconnects = 0;
  }

  get last() { return this.requests.at(-1); }

  #serve(socket) {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    let received = Buffer.alloc(0), pieces = [], size = 0, needed = 0;
    socket.on("data", (data) => {
      pieces.push(data);
      size += data.length;
      if (size < needed) return;  // joined once, not with every piece of a large body
      received = Buffer.concat([received, ...pieces]);
      pieces = [];
      for (;;) {
        const request = readRequest(received);
        size = received.length;
        needed = request?.awaits ?? 0;
        if (!request || request.awaits) return;
        received = received.subarray(request.length);
        this.requests.push(request);
        this.#answer(request, new Reply(socket));
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => { this.disconnects += 1; this.#sockets.delete(socket); });
  }

  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();  // after nobody new is let in
    await closed;
  }
}

// The first request in the buffer; while it is incomplete nothing, or {awaits}: how many bytes it takes.
function readRequest(buffer) {
  const head = parseHead(buffer);
  if (!head) return undefined;
  const rest = buffer.subarray(head.bodyStart);
  const [method, target] = head.first.split(" ");
  const request = { method, target, fields: head.fields, headers: head.headers };
  if (head.headers["transfer-encoding"] !== undefined) {
    const chunked = parseChunked(rest);
    return chunked && { ...request, body: chunked.body, length: head.bodyStart + chunked.end };
  }
  const length = Number(head.headers["content-length"] ?? 0);
  if (rest.length < length) return { awaits: head.bodyStart + length };
  return { ...request, body: rest.subarray(0, length), length: head.bodyStart + length };
}

class Reply {
  constructor(socket) { this.socket = socket; }

  head(status, headers) {
    this.socket.write(`HTTP/1.1 ${status} Answer\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
  }
  // A whole answer; `body` may be text or bytes and is sent as it is.
  whole(status, body, headers = {}) {
    const data = Buffer.from(body);
    this.head(status, { "content-type": "application/json", ...headers, "content-length": data.length });
    this.socket.write(data);
  }
  json(status, value, headers) { this.whole(status, JSON.stringify(value), headers); }
  raw(bytes) { this.socket.write(bytes); }

  // A chunked stream. `pieces` are sent one by one, each in its own chunk and packet; `end: false` leaves it open.
  async stream(pieces, { status = 200, headers = {}, delay = 0, end = true } = {}) {
    this.head(status, { "content-type": "text/event-stream; charset=utf-8", ...headers, "transfer-encoding": "chunked" });
    for (const piece of pieces) {
      const data = Buffer.from(piece);
      if (this.socket.destroyed) return;
      this.socket.write(Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from("\r\n")]));
      await new Promise((resolve) => (delay ? setTimeout(resolve, delay) : setImmediate(resolve)));
    }
    if (end) this.socket.write("0\r\n\r\n");
  }

  reset() { reset(this.socket); }
  close() { this.socket.destroy(); }
  silent() {}
}

// Cuts bytes into pieces of one byte each.
export const bytewise = (text) => Array.from(Buffer.from(text), (byte) => Buffer.from([byte]));
