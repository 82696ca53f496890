// A Redis of the test's own on a free port, without persistence: a restart comes back empty.
import { rmSync } from "node:fs";
import { freePort, until } from "../../e2e/harness.mjs";
import { ServerProcess, program, run, serverFolder, tailOf } from "./processes.mjs";

export class Redis {
  #folder = serverFolder("redis");
  #process;
  #password;

  // With a password, clients must give it.
  constructor({ password } = {}) { this.#password = password; }

  async start() {
    const server = program("redis-server", "redis-server");
    const fixed = this.port !== undefined;  // once it has been used, clients know it
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (!fixed) this.port = await freePort();
      this.#process = new ServerProcess([server, "--port", this.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
        "--dir", this.#folder, "--daemonize", "no", ...(this.#password ? ["--requirepass", this.#password] : [])], { log: `${this.#folder}/log` });
      await until("Redis answers", () => !this.#process.running || this.command("PING").then(() => true, () => false), { within: 30_000 });
      if (this.#process.running) return this;
    }
    throw new Error(`Redis does not start:\n${tailOf(`${this.#folder}/log`)}`);
  }

  get running() { return this.#process?.running ?? false; }
  url(port = this.port) { return `redis://${this.#password ? `:${this.#password}@` : ""}127.0.0.1:${port}/0`; }
  // One command through redis-cli; the answer's text.
  async command(...words) {
    const password = this.#password ? ["-a", this.#password, "--no-auth-warning"] : [];
    return (await run([program("redis-cli", "redis-tools"), "-h", "127.0.0.1", "-p", this.port, "-e", ...password, ...words])).trim();
  }

  async stop() { if (this.running) await this.#process.end("SIGKILL"); }
  async restart() {
    await this.stop();
    await this.start();
  }
  pause() { this.#process.signal("SIGSTOP"); }
  resume() { this.#process.signal("SIGCONT"); }

  async close() {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
