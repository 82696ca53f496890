// Clients that are slow, on purpose or not: each is cut off in time or holds next to nothing, and the others do not notice.
import assert from "node:assert/strict";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { parseHead } from "../e2e/raw.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";

const all = new Fixture("slow");
let stores, upstream, gateway, key;
before(async () => {
  stores = await all.stores();
  upstream = await all.upstream();
  upstream.script(answerAsAsked);
  gateway = await all.gateway({ stores: stores.urls, upstream: upstream.url });
  key = (await gateway.createKey("slow")).secret;
});
after(() => all.close());

const MiB = 1 << 20;
// An endless answer, written as fast as it is taken: `written` counts what the upstream got rid of.
let written = 0;
function flood(reply, asStream) {
  const piece = asStream ? Buffer.from(`data: ${JSON.stringify({ filler: "x".repeat(64 * 1024) })}\n\n`) : Buffer.alloc(64 * 1024, "x");
  const chunk = Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);
  reply.head(200, { "content-type": asStream ? "text/event-stream" : "application/json", "transfer-encoding": "chunked" });
  const more = () => {
    while (!reply.socket.destroyed) {
      written += chunk.length;
      if (!reply.socket.write(chunk)) return reply.socket.once("drain", more);
    }
  };
  more();
}
function answerAsAsked(request, reply) {
  const { flooding, stream } = JSON.parse(request.body);
  if (flooding) return flood(reply, stream);
  reply.json(200, apis.chat.whole({ input: 3, output: 5 }));
}

const head = (length, extra = "") =>
  `POST ${apis.chat.path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${extra}\r\n`;

// A connection by hand: what came back, and how long it lived.
class Client {
  received = "";
  constructor() {
    this.began = performance.now();
    this.socket = net.connect(gateway.port, "127.0.0.1");
    this.socket.setEncoding("latin1").on("data", (data) => (this.received += data)).on("error", () => {});
    this.closed = new Promise((resolve) => this.socket.on("close", () => { this.lived = performance.now() - this.began; resolve(); }));
  }
  get status() { return Number(parseHead(Buffer.from(this.received))?.first.split(" ")[1]); }
  // Sends the bytes one by one until the connection ends.
  async drip(bytes, every) {
    for (const byte of bytes) {
      if (this.socket.destroyed || this.socket.writableEnded || this.received) return;
      this.socket.write(byte);
      await sleep(every);
    }
  }
}

// Small requests of somebody else while `during` runs: the times they took, sorted.
async function meanwhile(during) {
  let running = true;
  const times = [];
  const others = (async () => {
    while (running) {
      const began = performance.now();
      const answer = await gateway.ask(apis.chat, key);
      assert.equal(answer.status, 200, answer.text);
      times.push(performance.now() - began);
      await sleep(5);
    }
  })();
  await during().finally(() => { running = false; });
  await others;
  return times.sort((a, b) => a - b);
}
const bound = 1_500;  // an instrumented binary on a busy machine; a loop that is blocked takes far longer

describe("slow senders", { concurrency: true }, () => {
  test("a head that never ends is cut off after 15 s, with 408", async () => {
    const client = new Client();
    client.drip(`${head(2, `X-Slow: ${"x".repeat(4000)}\r\n`)}{}`, 100);
    await client.closed;
    assert.equal(client.status, 408);
    assert.ok(client.lived > 14_000 && client.lived < 25_000, `${client.lived} ms`);
  });

  test("a body that never comes is cut off after 30 s, with 408", async () => {
    const client = new Client();
    client.socket.write(`${head(1000)}{"model"`);
    await client.closed;
    assert.equal(client.status, 408);
    assert.ok(client.lived > 29_000 && client.lived < 45_000, `${client.lived} ms`);
  });

  test("a body that drips below 512 bytes a second is cut off, too", async () => {
    const client = new Client();
    client.socket.write(head(100_000));
    client.drip("x".repeat(100_000), 50);
    await client.closed;
    assert.equal(client.status, 408);
    assert.ok(client.lived > 29_000 && client.lived < 50_000, `${client.lived} ms`);
  });

  test("two hundred of them hinder nobody else and hold next to nothing", async () => {
    const before = gateway.memory.resident;
    const clients = Array.from({ length: 200 }, () => new Client());
    for (const [index, client] of clients.entries()) client.drip(index % 2 ? `${head(1000)}${"x".repeat(900)}` : "POST / HTTP/1.1\r\nX-A: b", 200);
    await until("all are connected", async () => (await gateway.metric("gateway_proxy_connections")) >= clients.length, patience);
    await sleep(1_000);  // of dripping
    const grown = gateway.memory.resident - before;
    assert.ok(grown < 200 * 64 * 1024, `${grown / MiB} MiB for 200 clients`);
    const times = await meanwhile(() => sleep(4_000));
    assert.ok(times.length > 20);
    assert.ok(times.at(-1) < bound, `${times.at(-1)} ms`);
    for (const client of clients) client.socket.destroy();
  });
});

for (const stream of [false, true]) {
  test(`a client that does not read ${stream ? "a stream" : "a large answer"} holds back the upstream, not the gateway's memory`, async () => {
    const body = JSON.stringify(apis.chat.body({ flooding: true, stream }));
    written = 0;
    const clients = Array.from({ length: 8 }, () => new Client());
    for (const { socket } of clients) { socket.pause(); socket.write(head(body.length) + body); }
    await until("the upstream writes", () => written > 0, patience);
    const before = gateway.memory.resident;
    let last;
    await until("the upstream is held back", async () => {
      last = written;
      await sleep(500);
      return written === last;
    }, patience);
    assert.ok(written < clients.length * 16 * MiB, `the sockets' buffers take no more: ${written / MiB} MiB`);
    const times = await meanwhile(() => sleep(1_000));
    assert.ok(times.at(-1) < bound, `${times.at(-1)} ms`);
    const grown = gateway.memory.resident - before;
    assert.ok(grown < 16 * MiB, `${grown / MiB} MiB`);

    // One of them wakes up: it gets what was held, and the upstream goes on.
    last = written;
    clients[0].socket.on("data", () => { clients[0].received = ""; });
    clients[0].socket.resume();
    await until("the stream goes on", () => written > last + 8 * MiB, patience);
    assert.ok(gateway.memory.resident - before < 32 * MiB);
    for (const { socket } of clients) socket.destroy();
    await until("every upstream call is cancelled", async () => (await gateway.metric("gateway_upstream_pool_active")) === 0, patience);
  });
}

test("a body of 30 MB hinders nobody else", async () => {
  // Text full of escapes, so that scanning it is work.
  const content = "\\u00e9 \\\"quoted\\\" ".repeat(1_900_000).slice(0, 30_000_000).replace(/\\[^\\]*$/, "");
  const body = JSON.stringify({ model: "m", messages: [] }).replace("[]", `[{"role":"user","content":"${content}"}]`);
  const sent = Array.from({ length: 3 }, () => undefined);
  const times = await meanwhile(async () => {
    for (const index of sent.keys()) sent[index] = await gateway.ask({ ...apis.chat, body: () => body }, key);
  });
  assert.deepEqual(sent.map(({ status, text }) => (status === 200 ? 200 : text)), [200, 200, 200]);
  assert.equal(upstream.requests.filter((request) => request.body.length === Buffer.byteLength(body)).length, 3);
  assert.ok(times.length > 10);
  assert.ok(times.at(-1) < bound, `${times.at(-1)} ms`);
  await until("its memory is free again", async () => (await gateway.metric("gateway_buffered_body_bytes")) === 0, patience);
});

test("more bodies than are admitted are refused with Retry-After, and the rest is served", async () => {
  const narrow = await all.gateway({ stores: stores.urls, upstream: upstream.url, env: { GATEWAY_MAX_BUFFERED_REQUESTS: "4", GATEWAY_MAX_INFLIGHT_BUFFER_BYTES: String(8 * MiB) } });
  const holders = Array.from({ length: 4 }, () => net.connect(narrow.port, "127.0.0.1").on("error", () => {}));
  for (const socket of holders) socket.write(`${head(1000)}{"model"`);
  await until("they are being received", async () => (await narrow.metric("gateway_buffered_requests")) === 4, patience);
  const refused = await narrow.ask(apis.chat, key);
  assert.deepEqual([refused.status, refused.json.error.code, refused.headers.get("retry-after")], [503, "gateway_overloaded", "1"]);
  for (const socket of holders) socket.destroy();
  await until("there is room again", async () => (await narrow.ask(apis.chat, key)).status === 200, patience);
  const large = await narrow.ask(apis.chat, key, { messages: [{ role: "user", content: "x".repeat(9 * MiB) }] });
  assert.deepEqual([large.status, large.json.error.code], [503, "gateway_overloaded"]);
  assert.equal((await narrow.ask(apis.chat, key)).status, 200);
  await narrow.stop();
});
