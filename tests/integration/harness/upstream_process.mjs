// Starts the recording upstream and reads its records.
import { fork } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { serverFolder } from "./processes.mjs";

const script = fileURLToPath(new URL("recording_upstream.mjs", import.meta.url));

export class UpstreamProcess {
  #folder = serverFolder("upstream");
  #child;

  async start() {
    this.#child = fork(script, [path.join(this.#folder, "records")], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const { port } = await new Promise((resolve, reject) => {
      this.#child.once("message", resolve);
      this.#child.once("error", reject);
      this.#child.once("exit", (code) => reject(new Error(`the upstream ended with ${code}`)));
    });
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    return this;
  }

  // What happened so far, in order: {request, target, input, output, stream, state: asked|done|cut|left, at: ms}.
  get records() {
    const file = path.join(this.#folder, "records");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));
  }
  recordsOf(request) { return this.records.filter((entry) => entry.request === request); }

  async close() {
    const exit = new Promise((resolve) => this.#child.once("exit", resolve));
    if (this.#child.exitCode === null && this.#child.kill()) await exit;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

// The headers that tell it how to answer one request.
export const asking = (plan) => ({ "x-answer": JSON.stringify(plan) });
