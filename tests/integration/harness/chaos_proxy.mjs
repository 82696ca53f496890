// A TCP proxy between the gateway and something it depends on, for the faults a network has: nothing answers, connections
// are reset or refused, bytes take their time. A change of mode holds for open connections and for new ones.
import net from "node:net";
import { reset } from "../../e2e/reset.mjs";

export class ChaosProxy {
  accepted = 0;  // connections so far, whatever became of them
  #target;
  #server;
  #pairs = new Set();
  #forgotten = new WeakSet();
  #mode = "pass";
  #delay = 0;

  // `target` is a port of this machine.
  constructor(target) { this.#target = target; }

  async start() {
    await this.#listen();
    return this;
  }

  async #listen() {
    this.#server = net.createServer((socket) => this.#serve(socket));
    await new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.port ?? 0, "127.0.0.1", resolve);
    });
    this.port = this.#server.address().port;
  }

  // Everything goes through; what was held back while it stalled follows.
  async pass() {
    this.#mode = "pass";
    this.#delay = 0;
    if (!this.#server) await this.#listen();
    for (const pair of this.#pairs) if (!this.#forgotten.has(pair)) pair.flow();
  }
  // Connections are accepted, and then nothing comes back and nothing is passed on.
  stall() {
    this.#mode = "stall";
    for (const pair of this.#pairs) pair.hold();
  }
  // What is open now stays silent for good, as when a middlebox forgot it; what is new goes through.
  forget() {
    for (const pair of this.#pairs) {
      pair.hold();
      this.#forgotten.add(pair);
    }
  }
  // Every piece takes so long in each direction.
  delay(milliseconds) {
    this.#mode = "pass";
    this.#delay = milliseconds;
  }
  // Connections end with a reset, new ones as soon as they are made.
  reset() {
    this.#mode = "reset";
    this.cut();
  }
  // Nobody listens here any more.
  async refuse() {
    this.#mode = "refuse";
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server = undefined;
    this.cut();
    await closed;
  }
  // Resets what is open now.
  cut() {
    for (const pair of this.#pairs) pair.reset();
  }

  get open() { return this.#pairs.size; }

  #serve(client) {
    this.accepted += 1;
    client.on("error", () => {});
    if (this.#mode === "reset") return reset(client);
    const pair = new Pair(client, this.#target, () => this.#delay, () => this.#pairs.delete(pair));
    this.#pairs.add(pair);
    if (this.#mode !== "stall") pair.flow();
  }

  async close() {
    const closed = this.#server && new Promise((resolve) => this.#server.close(resolve));
    this.cut();  // after nobody new is let in
    await closed;
  }
}

// Two sockets and what flows between them. The target is only connected once something may flow.
class Pair {
  #client;
  #server;
  #connect;
  #held = true;
  #resetting = false;  // each of the two then ends by itself

  constructor(client, target, delay, gone) {
    this.#client = client;
    client.pause();
    client.setNoDelay(true);
    client.on("close", () => {
      if (!this.#resetting) this.#server?.destroy();
      gone();
    });
    this.#connect = () => {
      const server = net.connect(target, "127.0.0.1");
      server.setNoDelay(true);
      server.on("error", () => this.reset());
      server.on("close", () => { if (!this.#resetting) client.destroy(); });
      const held = () => this.#held;
      forward(client, server, delay, held);
      forward(server, client, delay, held);
      return server;
    };
  }

  flow() {
    this.#held = false;
    this.#server ??= this.#connect();
    this.#server.resume();
    this.#client.resume();
  }
  hold() {
    this.#held = true;
    this.#client.pause();
    this.#server?.pause();
  }
  reset() {
    if (this.#resetting) return;
    this.#resetting = true;
    if (this.#server) reset(this.#server);
    reset(this.#client);
  }
}

function forward(from, to, delay, held) {
  const pass = (action) => (delay() ? setTimeout(action, delay()) : action());
  from.on("data", (data) => pass(() => {
    if (to.destroyed || to.write(data)) return;
    from.pause();
    to.once("drain", () => { if (!held()) from.resume(); });
  }));
  from.on("end", () => pass(() => to.end()));
}
