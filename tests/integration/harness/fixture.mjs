// Everything a test file starts, ended in the reverse order whatever happened: one Fixture per file, closed in `after`.
import { Upstream } from "../../e2e/upstream.mjs";
import { ChaosProxy } from "./chaos_proxy.mjs";
import { Replica } from "./gateway.mjs";
import { Postgres } from "./postgres.mjs";
import { Redis } from "./redis.mjs";
import { UpstreamProcess } from "./upstream_process.mjs";

export class Fixture {
  #closing = [];
  #names = 0;

  constructor(name) { this.name = name; }

  async #start(thing, close) {
    this.#closing.push(close);  // before: what failed to start may have left something behind
    await thing.start();
    return thing;
  }

  async postgres() {
    const server = new Postgres();
    return this.#start(server, () => server.close());
  }
  async redis(options) {
    const server = new Redis(options);
    return this.#start(server, () => server.close());
  }
  async proxy(port) {
    const proxy = new ChaosProxy(port);
    return this.#start(proxy, () => proxy.close());
  }
  // In this process, for answers scripted byte by byte.
  async upstream() {
    const upstream = new Upstream();
    return this.#start(upstream, () => upstream.stop());
  }
  // In a process of its own, for records that outlive the gateways.
  async recordingUpstream() {
    const upstream = new UpstreamProcess();
    return this.#start(upstream, () => upstream.close());
  }

  // A replica that is not started yet; it is stopped, cleanly or the file fails, at the end.
  replica(options) {
    this.#names += 1;
    const replica = new Replica({ name: `${this.name}-${options.name ?? this.#names}`, ...options });
    this.#closing.push(() => replica.stop());
    return replica;
  }
  async gateway(options) { return this.replica(options).start(); }
  // Several replicas of one installation, started together.
  gateways(count, options) { return Promise.all(Array.from({ length: count }, () => this.gateway(options))); }

  // PostgreSQL with a database in it and Redis, ready for replicas: {postgres, redis, database, urls}.
  async stores({ redisPassword } = {}) {
    const [postgres, redis] = await Promise.all([this.postgres(), this.redis({ password: redisPassword })]);
    const database = await postgres.createDatabase();
    return { postgres, redis, database, urls: { database: database.url(), redis: redis.url() } };
  }

  async close() {
    const problems = [];
    for (const close of this.#closing.reverse()) await Promise.resolve().then(close).catch((problem) => problems.push(problem));
    if (problems.length) throw problems[0];
  }
}
