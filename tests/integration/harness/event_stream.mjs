// An event stream of the admin API, followed until it is closed.
import assert from "node:assert/strict";
import { until } from "../../e2e/harness.mjs";
import { adminToken } from "./admin.mjs";

export class EventStream {
  events = [];  // {event, data, at}
  #leaving = new AbortController();

  constructor(gateway, target, token = adminToken) {
    this.gateway = gateway;
    this.target = target;
    this.token = token;
  }

  async open() {
    this.answer = await fetch(this.gateway.control + this.target, { headers: { authorization: `Bearer ${this.token}` }, signal: this.#leaving.signal });
    assert.equal(this.answer.status, 200);
    assert.equal(this.answer.headers.get("content-type"), "text/event-stream");
    this.ended = this.#read().catch((problem) => { if (problem.name !== "AbortError") throw problem; });
    await until(`${this.target} begins`, () => this.events.length > 0);
    return this;
  }

  async #read() {
    let rest = "";
    for await (const piece of this.answer.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + piece).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        if (block.startsWith(":")) continue;
        const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? assert.fail(`no event: ${block}`);
        this.events.push({ event, data: JSON.parse(data), at: performance.now() });
      }
    }
  }

  get requests() { return this.events.filter(({ event }) => event === "request").map(({ data }) => data); }
  async close() {
    this.#leaving.abort();
    await this.ended;
  }
}
