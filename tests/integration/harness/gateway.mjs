// A replica: the built gateway on PostgreSQL and Redis, with a state directory that survives kill -9 and a restart.
import assert from "node:assert/strict";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Gateway, until } from "../../e2e/harness.mjs";
import { call } from "../../e2e/raw.mjs";
import { memoryOf } from "./processes.mjs";

const suppressions = fileURLToPath(new URL("leaks.txt", import.meta.url));
// For the sanitizers of the binary under test: what is freed may be used again soon, so that memory can be measured.
const sanitizers = {
  ASAN_OPTIONS: "detect_leaks=1:strict_string_checks=1:quarantine_size_mb=4",
  LSAN_OPTIONS: `suppressions=${suppressions}:print_suppressions=0`,
  UBSAN_OPTIONS: "print_stacktrace=1",
};
export const patience = { within: 30_000 };  // the binary under test may be an instrumented one

export class Replica extends Gateway {
  #killed = false;

  // `stores` is {database, redis}: their URLs; without, it is embedded. `upstream` is the base URL of what it forwards to.
  constructor({ stores, upstream, env = {}, ...rest }) {
    super(rest);
    this.embedded = stores === undefined;
    this.env = {
      ...sanitizers, ...(stores ? { DATABASE_URL: stores.database, REDIS_URL: stores.redis, GATEWAY_STATE_DIR: this.dataDir } : {}),
      GATEWAY_GRACEFUL_SECONDS: "1",  // as long as a drain waits for clients that keep their idle connections
      ...(upstream ? { LITELLM_BASE_URL: upstream, LITELLM_SERVICE_KEY: "sk-upstream" } : { GATEWAY_ECHO: "true" }), ...env,
    };
  }

  get storage() { return this.embedded ? super.storage : this.configFile ? ["--file", this.configFile] : []; }
  get memory() { return memoryOf(this.pid); }

  async start(options) {
    this.#killed = false;
    return super.start(options);
  }

  waitUntilReady() {
    return until(`${this.name} is ready; it says:\n${this.logText.slice(-2000)}`, async () => {
      if (!this.running) throw new Error(`${this.name} ended while starting:\n${this.logText.slice(-2000)}`);
      return (await this.probe("readyz"))?.status === 200;
    }, patience);
  }

  // kill -9: nothing is written, nothing is said.
  kill() {
    this.signal("SIGKILL");
    return this.endsBadly();
  }

  // Waits until it has ended, which need not be a clean end: {code, signal}.
  endsBadly() {
    this.#killed = true;
    return this.ended();
  }

  // Again, over the same state directory. The ports are new.
  async restart() {
    if (this.running) await this.stopKeepingData();
    return this.start();
  }

  async stopKeepingData() {
    if (this.#killed) return;
    try {
      await super.stopKeepingData();
    } catch (problem) {
      this.#killed = !this.running;  // told once, not again by whoever closes the fixture
      throw problem;
    }
  }

  // A probe of the control listener: {status, json, took} in milliseconds; undefined while nothing listens.
  async probe(name, { timeout = 5_000 } = {}) {
    const began = performance.now();
    const answer = await fetch(`${this.control}/${name}`, { signal: AbortSignal.timeout(timeout) }).catch((error) => {
      if (error.name === "TimeoutError") throw new Error(`/${name} did not answer in ${timeout} ms`);
    });
    if (!answer) return undefined;
    return { status: answer.status, json: await answer.json(), took: performance.now() - began };
  }

  // Asserts that a probe gets to `status`, with a body that `matches`.
  async becomes(status, matches = () => true, name = "readyz") {
    let last;
    await until(`/${name} of ${this.name} says ${status}`, async () => {
      last = await this.probe(name);
      return last?.status === status && matches(last.json);
    }, patience).catch((error) => assert.fail(`${error.message}; it said ${JSON.stringify(last)}`));
    return last;
  }

  // One request of an API: {status, headers, text, json, events}.
  ask(api, key, extra = {}, headers = {}) {
    return call(this, api.path, { key, body: api.body(extra), headers: { ...api.headers, ...headers } });
  }
}
