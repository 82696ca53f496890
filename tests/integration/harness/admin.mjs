// The admin API as an operator's script uses it. Every answer is checked against the API's own OpenAPI document: its status
// must be documented for the operation, its body must fit the schema.
import assert from "node:assert/strict";
import { Document } from "../../e2e/openapi.mjs";

export const adminToken = `op_live_${"0123456789abcdef".repeat(4)}`;
export const adminEnv = { GATEWAY_ADMIN_TOKEN: adminToken };

export class Admin {
  #document;

  // `gateway` is a running Replica; `token` an operator's.
  constructor(gateway, token = adminToken) {
    this.gateway = gateway;
    this.token = token;
  }

  as(token) {
    const other = new Admin(this.gateway, token);
    other.#document = this.#document;
    return other;
  }

  async document() {
    if (!this.#document) {
      const answer = await fetch(`${this.gateway.control}/admin/openapi.json`);
      assert.equal(answer.status, 200);
      this.#document = new Document(await answer.json());
    }
    return this.#document;
  }

  // {status, headers, text, json}. `body` is sent as JSON unless it is a string.
  async request(method, target, { body, headers = {}, check = true } = {}) {
    const document = await this.document();
    const sent = { ...(this.token ? { authorization: `Bearer ${this.token}` } : {}), ...headers };
    if (body !== undefined && !Object.keys(sent).some((name) => name.toLowerCase() === "content-type")) sent["content-type"] = "application/json";
    const response = await fetch(this.gateway.control + target, { method, headers: sent, body: body === undefined || typeof body === "string" ? body : JSON.stringify(body) });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, text };
    if (response.headers.get("content-type")?.match(/\bjson\b/)) answer.json = JSON.parse(text);
    const operation = document.find(method, target.split("?")[0]);
    if (check && operation) document.check(operation, method, answer);
    return answer;
  }

  // The body of an answer that must have `status`.
  async expect(status, method, target, options) {
    const answer = await this.request(method, target, options);
    assert.equal(answer.status, status, `${method} ${target}: ${answer.text}`);
    return answer.json;
  }

  get = (target) => this.expect(200, "GET", target);
  create = (target, body) => this.expect(201, "POST", target, { body });
  patch = (target, body) => this.expect(200, "PATCH", target, { body });
  act = (target, body) => this.expect(200, "POST", target, { body });
  remove = (target) => this.expect(204, "DELETE", target);

  // Asserts an error: its status, its code, and that it names these fields.
  async refused(status, code, method, target, options, fields = []) {
    const answer = await this.request(method, target, options);
    assert.deepEqual([answer.status, answer.json?.error.code], [status, code], `${method} ${target}: ${answer.text}`);
    assert.equal(answer.headers.get("x-relayna-error"), code);
    assert.equal(answer.json.error.request_id, answer.headers.get("x-relayna-request-id"));
    for (const field of fields) assert.ok(answer.json.error.fields?.some(({ path }) => path === field), `${field} is not named: ${answer.text}`);
    return answer.json.error;
  }
}
