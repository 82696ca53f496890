// Where alerts are sent to: checks what Standard Webhooks promises of every delivery, and answers as a test says.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

export class Receiver {
  taken = [];  // {id, type, data, at} of deliveries that were answered with 2xx
  attempts = [];

  // `upstream` is the fixture's; `secret` the webhook's, once it is known.
  constructor(upstream) {
    this.upstream = upstream;
    this.answer = () => 200;
    upstream.script((request, reply) => this.#receive(request, reply));
  }

  get url() { return `${this.upstream.url}/alerts`; }

  #receive(request, reply) {
    const body = request.body.toString("utf8");
    const attempt = { ...JSON.parse(body), headers: request.headers, body, target: request.target, at: Date.now() };
    this.attempts.push(attempt);
    const status = this.answer(attempt, this.attempts.length);
    if (status === undefined) return;  // it never answers
    if (status < 300) this.taken.push(attempt);
    reply.json(status, {});
  }

  // Whether `attempt` is signed with `secret`.
  static check(attempt, secret) {
    const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = attempt.headers;
    assert.equal(id, attempt.id);
    assert.ok(Math.abs(Number(at) - Date.now() / 1000) < 300, at);
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    assert.equal(signature, `v1,${createHmac("sha256", key).update(`${id}.${at}.${attempt.body}`).digest("base64")}`);
  }
}
