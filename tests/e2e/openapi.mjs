// An OpenAPI 3.1 document as a judge: which operation a request means, and whether an answer is one it documents.
import assert from "node:assert/strict";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

export class Document {
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

  // The operation a request means; a fixed path goes before captures, whatever its methods.
  find(method, path) {
    const fits = Object.keys(this.paths).filter((template) => new RegExp(`^${template.replace(/\{[^}]+\}/g, "[^/]+")}$`).test(path));
    const captures = (template) => template.split("{").length;
    const fewest = Math.min(...fits.map(captures));
    const template = fits.find((candidate) => captures(candidate) === fewest && this.paths[candidate][method.toLowerCase()]);
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
