// Starts the built gateway on free ports with a data directory of its own, and runs its command line. A test file starts
// what it needs in `before` and stops it in `after`; stopping asserts a clean exit.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const binary = process.env.RELAYNA_BINARY ?? path.join(root, "build/release/relayna-gateway");
const logFolder = process.env.RELAYNA_E2E_LOGS;

// Nothing of the developer's own environment may reach the gateway under test.
const cleanEnvironment = () => ({ PATH: process.env.PATH, HOME: process.env.HOME ?? "/tmp", LANG: "C.UTF-8" });

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

const temporaryFolders = [];
process.on("exit", () => temporaryFolders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

export function temporaryFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), "relayna-e2e-"));
  temporaryFolders.push(folder);
  return folder;
}

export async function until(what, condition, { within = 10_000, every = 20 } = {}) {
  const end = Date.now() + within;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

// Runs the binary to its end: {code, signal, stdout, stderr}. `timeout` kills it.
export function cli(args, { env = {}, cwd, timeout = 30_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { cwd, env: { ...cleanEnvironment(), ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const out = { stdout: "", stderr: "" };
    child.stdout.on("data", (data) => (out.stdout += data));
    child.stderr.on("data", (data) => (out.stderr += data));
    const timer = setTimeout(() => child.kill("SIGKILL"), timeout);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...out });
    });
  });
}

export class Gateway {
  #child;
  #exit;
  #asked = false;
  #lines = [];
  #rest = "";

  constructor({ name = "gateway", env = {}, args = [], dataDir, config } = {}) {
    this.name = name;
    this.ownsDataDir = dataDir === undefined;
    this.dataDir = dataDir ?? temporaryFolder();
    this.env = env;
    this.args = args;
    if (config !== undefined) {
      this.configFile = path.join(this.dataDir, "relayna-gateway.yaml");
      mkdirSync(this.dataDir, { recursive: true });
      writeFileSync(this.configFile, config);
    }
  }

  get url() { return `http://127.0.0.1:${this.port}`; }
  get control() { return `http://127.0.0.1:${this.controlPort}`; }
  get pid() { return this.#child.pid; }
  get running() { return this.#child && this.#child.exitCode === null && this.#child.signalCode === null; }

  // Options that every command of this installation shares.
  get storage() {
    return ["--embedded", "--data-dir", this.dataDir, ...(this.configFile ? ["--file", this.configFile] : [])];
  }

  async start({ ready = true } = {}) {
    this.#asked = false;
    this.port = await freePort();
    this.controlPort = await freePort();
    const args = ["start", ...this.storage, "--port", this.port, "--control-port", this.controlPort,
      "--pid-file", path.join(this.dataDir, "gateway.pid"), ...this.args].map(String);
    // setpriv becomes the gateway under the same process id, and takes it down when the tests are killed.
    this.#child = spawn("setpriv", ["--pdeathsig", "KILL", "--", binary, ...args], {
      cwd: this.dataDir, stdio: ["ignore", "pipe", "pipe"],
      env: { ...cleanEnvironment(), GATEWAY_DRAIN_DELAY_SECONDS: "0", GATEWAY_GRACEFUL_SECONDS: "5", ...this.env },
    });
    const file = logFolder && createWriteStream(path.join(logFolder, `${this.name}.log`), { flags: "a" });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (data) => { this.#collect(data); file?.write(data); });
    }
    this.#exit = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code, signal) => { file?.end(); resolve({ code, signal }); });
    });
    await Promise.race([this.#exit, new Promise((resolve) => this.#child.on("spawn", resolve))]);
    if (ready) await this.waitUntilReady();
    return this;
  }

  #collect(data) {
    const lines = (this.#rest + data).split("\n");
    this.#rest = lines.pop();
    this.#lines.push(...lines);
  }

  async waitUntilReady() {
    await until(`${this.name} is ready; it says:\n${this.#lines.slice(-20).join("\n")}`, async () => {
      if (!this.running) throw new Error(`${this.name} ended while starting:\n${this.#lines.slice(-20).join("\n")}`);
      return (await fetch(`${this.control}/readyz`).catch(() => undefined))?.status === 200;
    });
  }

  // What it wrote so far, as lines and (where they are JSON) as objects.
  get logText() { return this.#lines.join("\n"); }
  get logs() {
    return this.#lines.flatMap((line) => { try { return [JSON.parse(line)]; } catch { return []; } });
  }

  // The access line of a request, which is written after the answer.
  accessLine(requestId) {
    return until(`an access line for ${requestId}`, () => this.logs.find((line) => line.request_id === requestId && line.status !== undefined));
  }

  cli(args, options = {}) {
    return cli([...args, ...this.storage], { cwd: this.dataDir, ...options, env: { ...this.env, ...options.env } });
  }

  // Creates a virtual key through the command line and returns {id, secret, …} as printed.
  async createKey(name, options = []) {
    const { code, stdout, stderr } = await this.cli(["keys", "create", "--name", name, "--json", ...options]);
    assert.equal(code, 0, stderr);
    return { ...JSON.parse(stdout), secret: /rk_live_[0-9a-f]{64}/.exec(stdout)[0] };
  }

  // One value of /metrics: the sum over the series of `name` whose labels contain `labels`.
  async metric(name, labels = {}) {
    const text = await (await fetch(`${this.control}/metrics`)).text();
    let sum;
    for (const line of text.split("\n")) {
      const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (match?.[1] !== name) continue;
      if (Object.entries(labels).every(([label, value]) => match[2]?.includes(`${label}="${value}"`))) sum = (sum ?? 0) + Number(match[3]);
    }
    return sum;
  }

  signal(name) {
    this.#asked ||= name === "SIGTERM";
    this.#child.kill(name);
  }
  ended() { return this.#exit; }

  // Asks it to end and asserts that it does so cleanly.
  async stop() {
    await this.stopKeepingData();
    if (this.ownsDataDir) rmSync(this.dataDir, { recursive: true, force: true });
  }

  async stopKeepingData() {
    if (!this.#child) return;
    if (this.running && !this.#asked) this.signal("SIGTERM");  // a second one would mean: at once
    const timer = setTimeout(() => this.signal("SIGKILL"), 20_000);
    const { code, signal } = await this.ended();
    clearTimeout(timer);
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `${this.name} did not end cleanly:\n${this.#lines.slice(-30).join("\n")}`);
    for (const report of ["AddressSanitizer", "ThreadSanitizer", "runtime error:"]) assert.ok(!this.logText.includes(report), this.logText);
  }
}

export const startGateway = (options) => new Gateway(options).start();

if (!existsSync(binary)) throw new Error(`${binary} is missing: build it, or name it with RELAYNA_BINARY`);
export const version = /VERSION (\d+\.\d+\.\d+)/.exec(readFileSync(path.join(root, "CMakeLists.txt"), "utf8"))[1];
