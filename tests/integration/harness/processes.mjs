// Programs that a fixture runs beside the gateway: found where Debian puts them, ended with the test process whatever
// happens to it, stopped, killed and frozen at will.
import { execFile, spawn } from "node:child_process";
import { accessSync, chownSync, constants, existsSync, mkdtempSync, openSync, closeSync, readFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
const isRoot = process.geteuid() === 0;

// Where `name` is, or an error that says which package brings it.
export function program(name, debianPackage, folders = process.env.PATH.split(":")) {
  for (const folder of folders) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch { /* the next one */ }
  }
  throw new Error(`${name} is not installed (Debian package ${debianPackage})`);
}

// A folder of its own for one server; owned by `user` where the server cannot run as root.
export function serverFolder(name, user) {
  const folder = mkdtempSync(path.join(tmpdir(), `relayna-${name}-`));
  if (isRoot && user) {
    const entry = readFileSync("/etc/passwd", "utf8").split("\n").find((line) => line.startsWith(`${user}:`));
    if (!entry) throw new Error(`${name} cannot run as root, and there is no user ${user} to run it as`);
    const [, , uid, gid] = entry.split(":");
    chownSync(folder, Number(uid), Number(gid));
  }
  return folder;
}

// setpriv becomes the other user where that is needed, arranges for the signal at this process's end, and then becomes
// the command under the same process id.
function wrapped(command, { user, deathSignal = "KILL" }) {
  const other = isRoot && user ? [`--reuid=${user}`, `--regid=${user}`, "--clear-groups"] : [];
  return ["setpriv", ["--pdeathsig", deathSignal, ...other, "--", ...command.map(String)]];
}

// Runs a command to its end and returns what it printed; throws with its words when it fails.
export async function run(command, options = {}) {
  const { stdout } = await execute(...wrapped(command, options), { cwd: "/", maxBuffer: 64 << 20, timeout: options.timeout ?? 60_000 });
  return stdout;
}

// A server as a child process; `log` is the file for what it says.
export class ServerProcess {
  #child;
  #exit;

  constructor(command, { log, ...options }) {
    const out = openSync(log, "a", 0o600);
    this.#child = spawn(...wrapped(command, options), { cwd: "/", stdio: ["ignore", out, out] });
    closeSync(out);
    this.#exit = new Promise((resolve) => {
      this.#child.on("error", resolve);
      this.#child.on("exit", resolve);
    });
  }

  get pid() { return this.#child.pid; }
  get running() { return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null; }
  signal(name) { if (this.running) process.kill(this.pid, name); }

  async end(name) {
    this.signal(name);
    const timer = setTimeout(() => this.signal("SIGKILL"), 20_000);
    await this.#exit;
    clearTimeout(timer);
  }
}

export function childrenOf(parent) {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");  // "pid (name) state ppid …"; the name may hold anything
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent;
    } catch {
      return false;  // it has just ended
    }
  });
}

// Resident memory in bytes, now and at its highest.
export function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  const value = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)[1]) * 1024;
  return { resident: value("VmRSS"), peak: value("VmHWM") };
}

export const tailOf = (file) => (existsSync(file) ? readFileSync(file, "utf8").slice(-2000) : "");
