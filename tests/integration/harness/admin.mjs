// The admin API as an operator's script uses it. Every answer is checked against the API's own OpenAPI document: its status
// must be documented for the operation, its body must fit the schema.
import assert from "node:assert/strict";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

export const adminToken = `op_live_${"0123456789abcdef".repeat(4)}`;
export const adminEnv = { GATEWAY_ADMIN_TOKEN: adminToken };

class Document {
  #ajv;
  #compiled = new Map();

  constructor(document) {
    this.paths = document.paths;
    this.schemas = document.components.schemas;
    this.#ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats(this.#ajv);
    this.#ajv.addSchema({ ...document, $id: "admin" });
  }

  // Every operation: {method, path, object}.
  get operations() {
    return Object.entries(this.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, object]) => ({ method: method.toUpperCase(), path, object })));
  }

  // The operation a request means; fixed paths go before captures.
  find(method, path) {
    const fits = Object.keys(this.paths).filter((template) => new RegExp(`^${template.replace(/\{[^}]+\}/g, "[^/]+")}$`).test(path));
    fits.sort((a, b) => a.split("{").length - b.split("{").length);
    const template = fits.find((candidate) => this.paths[candidate][method.toLowerCase()]);
    return template && { path: template, object: this.paths[template][method.toLowerCase()] };
  }

  check({ path, object }, method, answer) {
    const what = `${method} ${path} answered ${answer.status} ${answer.text.slice(0, 500)}`;
    const documented = object.responses[answer.status];
    assert.ok(documented, `${what}: not a documented status (${Object.keys(object.responses)})`);
    const content = documented.content?.["application/json"];
    if (!content) return;
    const pointer = `admin#/paths/${path.replaceAll("~", "~0").replaceAll("/", "~1")}/${method.toLowerCase()}/responses/${answer.status}/content/application~1json/schema`;
    let validate = this.#compiled.get(pointer);
    if (!validate) this.#compiled.set(pointer, validate = this.#ajv.compile({ $ref: encodeURI(pointer) }));
    assert.ok(validate(answer.json), `${what}: ${this.#ajv.errorsText(validate.errors)}`);
  }
}

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
    if (response.headers.get("content-type")?.includes("json")) answer.json = JSON.parse(text);
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
