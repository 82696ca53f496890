// Secrets that a test plants, and where they are found again: as they are, and as JSON, URLs, hex and base64 spell them.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { Admin } from "./admin.mjs";

// Base64 of the text wherever it begins in what was encoded: without the characters it shares with its neighbours.
const base64s = (bytes) => [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64").slice(4, -4));

function spellings(text) {
  const bytes = Buffer.from(text);
  return [...new Set([text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), bytes.toString("hex"), ...base64s(bytes),
    ...base64s(bytes).map((encoded) => encoded.replaceAll("+", "-").replaceAll("/", "_"))])];
}

export class Secrets {
  #planted = [];

  // Remembers a secret; it is made up unless `text` says it. Tokens show their first 16 characters on purpose.
  plant(name, text = `planted-${name.replaceAll(" ", "-")}-${randomBytes(16).toString("hex")}`) {
    const hidden = /^(rk|op)_live_/.test(text) ? text.slice(16) : text;
    this.#planted.push({ name, spellings: spellings(hidden) });
    return text;
  }
  token(kind, name) { return this.plant(name, `${kind}_live_${createHash("sha256").update(randomBytes(32)).digest("hex")}`); }
  get count() { return this.#planted.length; }

  // The names of those that `text` (a text or bytes) contains.
  in(text) {
    return this.#planted.filter(({ spellings: forms }) => forms.some((form) => text.includes(form))).map(({ name }) => name);
  }

  // `file: name` for every file below `folder` that contains one.
  inFiles(folder) {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).flatMap((entry) => {
      const file = path.join(entry.parentPath ?? entry.path, entry.name);
      return this.in(readFileSync(file)).map((name) => `${file}: ${name}`);
    });
  }
}

// An operator's script that remembers every answer, so that all of them can be searched.
export class RememberingAdmin extends Admin {
  heard = [];

  as(token) {
    const other = new RememberingAdmin(this.gateway, token);
    other.heard = this.heard;
    return other;
  }

  async request(method, target, options) {
    const answer = await super.request(method, target, options);
    this.remember(`${method} ${target}`, answer);
    return answer;
  }

  remember(what, { status, headers, text }) {
    this.heard.push({ what: `${what} (${status})`, said: `${JSON.stringify([...headers])}\n${text}`, shows: [] });
  }
  // The last answer is the one that shows this secret.
  shows(name) { this.heard.at(-1).shows.push(name); }
}
