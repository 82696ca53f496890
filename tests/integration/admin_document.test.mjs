// docs/admin-api.md is followed as it stands, from top to bottom on a fresh gateway: every command in it works, and everything
// the admin API does is in it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { temporaryFolder } from "../e2e/harness.mjs";
import { Admin, adminEnv, adminToken } from "./harness/admin.mjs";
import { Fixture } from "./harness/fixture.mjs";

const text = readFileSync(new URL("../../docs/admin-api.md", import.meta.url), "utf8");
const commands = text.split("\n").filter((line) => line === "" || line.startsWith("    ")).map((line) => line.slice(4)).join("\n");
// What a command says of its answer where that is no success, in their order: `# 409: …`.
const failures = [...commands.matchAll(/# (\d{3})\b/g)].map(([, status]) => Number(status));
// Operations that need no example: [path, why].
const withoutExample = new Map([
  ["/admin/usage/events", "the same as /admin/usage/requests, under the name that Relayna's control plane had for it"],
  ["/admin/usage/filter-values", "the same as /admin/usage/filters, likewise"],
]);

const all = new Fixture("admin-document");
let gateway, addresses, asked, said;
before(async () => {
  const [provider, studio, hooks] = [await all.upstream(), await all.upstream(), await all.upstream()];
  provider.script((request, reply) => reply.json(200, { object: "list", data: [{ id: "gpt-4o", owned_by: "openai" }] }));
  studio.script((request, reply) => reply.json(200, { services: [{ studio_service_id: "s-1", name: "ocr", base_url: "https://ocr.example/api" }] }));
  hooks.script((request, reply) => reply.json(500, {}));  // nobody listens there yet
  gateway = await all.gateway({ env: adminEnv });
  addresses = new Map([
    ["http://127.0.0.1:8081", gateway.control], ["https://api.openai.com", provider.url], ["https://eu.api.openai.com", provider.url],
    ["https://studio.example.com", studio.url], ["https://hooks.example.com", hooks.url],
  ]);
});
after(() => all.close());

// Notes what each curl was answered; what never ends is followed for a moment.
const prelude = `
set -euo pipefail
curl() {
  local limit=()
  if [[ " $* " == *" -N "* ]]; then limit=(--max-time 2); fi
  command curl --silent --show-error --write-out '%{stderr}%{http_code} %{method} %{url}\\n' "\${limit[@]}" "$@" 2>> calls | tee -a bodies || (( \${#limit[@]} ))
}
`;

test("every command works", async () => {
  const hosts = [...new Set(commands.match(/https?:\/\/[^/"\s]+/g))].sort();
  assert.deepEqual(hosts, [...addresses.keys()].sort(), "an address that is not of this test");
  const script = commands.replace(/https?:\/\/[^/"\s]+/g, (host) => addresses.get(host)).replaceAll("op_live_…", adminToken);
  const cwd = temporaryFolder();
  const outcome = await new Promise((resolve) => execFile("bash", ["-c", prelude + script], { cwd, maxBuffer: 64 << 20, timeout: 120_000 }, (error, stdout, stderr) => resolve({ error, stderr })));
  asked = readFileSync(path.join(cwd, "calls"), "utf8").split("\n").filter((line) => line && !line.startsWith("curl: (28)")).map((line) => {
    const [, status, method, url] = /^(\d{3}) ([A-Z]+) (\S+)$/.exec(line) ?? assert.fail(`curl says: ${line}`);
    return { status: Number(status), method, url };
  });
  said = () => `${outcome.stderr}\n${asked.slice(-3).map(({ status, method, url }) => `${status} ${method} ${url}`).join("\n")}\n${readFileSync(path.join(cwd, "bodies"), "utf8").slice(-2_000)}`;
  const refused = asked.filter(({ status }) => status < 200 || status > 299);
  assert.deepEqual(refused.map(({ status }) => status), failures, `${JSON.stringify(refused, null, 1)}\n${said()}`);
  assert.equal(outcome.error, null, said());
});

test("everything that can be done is shown", async () => {
  const document = await new Admin(gateway).document();
  const shown = new Set(asked.map(({ method, url }) => `${method} ${document.find(method, new URL(url).pathname)?.path}`));
  const readsOne = ({ method, path: of }) => method === "GET" && of.endsWith("}");
  const missing = document.operations.filter((operation) => !readsOne(operation) && !withoutExample.has(operation.path) && !shown.has(`${operation.method} ${operation.path}`));
  assert.deepEqual(missing.map(({ method, path: of }) => `${method} ${of}`), []);
  for (const of of withoutExample.keys()) assert.ok(document.paths[of], `${of} is gone`);
});
