// A PostgreSQL of the test's own, made from nothing on a free port: databases at will; stopped, killed, frozen, back again.
import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { freePort, until } from "../../e2e/harness.mjs";
import { ServerProcess, childrenOf, program, run, serverFolder, tailOf } from "./processes.mjs";

const user = "postgres";  // the server refuses to run as root; Debian's package brings this user
const home = "/usr/lib/postgresql";
const newestFirst = (a, b) => Number(b) - Number(a);
const folders = () => (existsSync(home) ? readdirSync(home).sort(newestFirst).map((version) => path.join(home, version, "bin")) : []);
const postgresProgram = (name) => program(name, "postgresql", [...folders(), ...process.env.PATH.split(":")]);

export class Postgres {
  #folder = serverFolder("postgres", user);
  #process;
  #frozen = false;
  #databases = 0;

  async start() {
    if (!this.port) {
      await run([postgresProgram("initdb"), `--pgdata=${this.#folder}/data`, "--auth=trust", "--username=postgres", "--encoding=UTF8",
        "--locale=C.UTF-8", "--no-sync"], { user });
    }
    // Another program may take a free port first; once this one has been used, clients know it.
    const fixed = this.port !== undefined;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (!fixed) this.port = await freePort();
      if (await this.#tryStart()) return this;
    }
    throw new Error(`PostgreSQL does not start:\n${tailOf(`${this.#folder}/log`)}`);
  }

  async #tryStart() {
    this.#process = new ServerProcess([postgresProgram("postgres"), "-D", `${this.#folder}/data`, "-p", this.port, "-k", this.#folder,
      "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB",
      "-c", "max_connections=200", "-c", "log_min_messages=warning"], { user, deathSignal: "QUIT", log: `${this.#folder}/log` });
    const probe = [postgresProgram("pg_isready"), "--host=127.0.0.1", `--port=${this.port}`, "--quiet"];
    await until("PostgreSQL answers", () => !this.#process.running || run(probe).then(() => true, () => false), { within: 60_000, every: 50 });
    return this.#process.running;
  }

  get running() { return this.#process?.running ?? false; }

  // How it goes: "fast" ends its sessions properly, "immediate" breaks them off.
  async stop(how = "fast") {
    if (!this.running) return;
    if (this.#frozen) this.resume();
    await this.#process.end(how === "fast" ? "SIGINT" : "SIGQUIT");
  }

  pause() {
    this.#process.signal("SIGSTOP");  // first: it would start new children
    for (const child of childrenOf(this.#process.pid)) process.kill(child, "SIGSTOP");
    this.#frozen = true;
  }

  resume() {
    for (const child of childrenOf(this.#process.pid)) process.kill(child, "SIGCONT");
    this.#process.signal("SIGCONT");
    this.#frozen = false;
  }

  // `port` is another one where a proxy stands in between.
  url(database = "postgres", port = this.port) { return `postgres://postgres:correct-horse@127.0.0.1:${port}/${database}`; }

  async createDatabase() {
    this.#databases += 1;
    const name = `gateway_${this.#databases}`;
    await this.query(`CREATE DATABASE ${name}`);
    return new Database(this, name);
  }

  query(sql, database = "postgres") {
    return run([postgresProgram("psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1",
      `--dbname=${this.url(database)}`, "--command", sql]);
  }

  async close() {
    await this.stop("immediate");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

// One database of a server, as a test looks at it.
export class Database {
  constructor(server, name) {
    this.server = server;
    this.name = name;
  }

  url(port) { return this.server.url(this.name, port); }
  async run(sql) { return (await this.server.query(sql, this.name)).trim(); }
  // The rows of a SELECT as objects.
  async rows(select) { return JSON.parse(await this.run(`SELECT coalesce(json_agg(found), '[]') FROM (${select}) AS found`)); }
  usageRows() { return this.rows("SELECT * FROM usage_events ORDER BY request_id"); }

  // Everything that is in it, to see that nothing was touched.
  dump() {
    return run([postgresProgram("pg_dump"), "--no-owner", "--inserts", `--dbname=${this.url()}`])
      .then((text) => text.replace(/^\\(un)?restrict .*$/gm, ""));  // a random word in newer versions
  }

  // Ends the sessions whose last statement matches, as a broken network would. Returns how many there were.
  async cutSessions(pattern) {
    return Number(await this.run(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND query ~* '${pattern}'`));
  }
}
