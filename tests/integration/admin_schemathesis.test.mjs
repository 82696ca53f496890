// Thousands of generated requests, good and bad, against every operation of the admin API: none is a server error, every answer
// has a documented status and fits its schema, and what a schema forbids is refused. scripts/test installs the program.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../e2e/harness.mjs";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { Fixture } from "./harness/fixture.mjs";

const program = process.env.RELAYNA_SCHEMATHESIS;
const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const checks = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
  "response_schema_conformance", "negative_data_rejection", "unsupported_method", "allow_header_conformance"];
// A stream that does not end, and one whose answer is somebody else's.
const excluded = ["requests.tail", "playground.use"];

// Each store is held to half of what there is, so that both together take at most three minutes: every boundary of every schema,
// and requests made up at random, alone and in sequences, for as long as `seconds` says. To look longer:
// RELAYNA_SCHEMATHESIS_PHASES=coverage,fuzzing,stateful RELAYNA_SCHEMATHESIS_SECONDS=3600.
const plans = { postgres: { phases: "coverage", seconds: 100 }, sqlite: { phases: "fuzzing,stateful", seconds: 60 } };

// A few rows of each kind by the path of their collection, for the operations on one.
async function makeRows(admin) {
  const known = {};
  const make = async (path, body, collection = path) => {
    const row = await admin.create(path, body);
    (known[collection] ??= []).push(path === "/admin/models" ? row.name : row.id);
    return row.id;
  };
  for (let i = 0; i < 5; i += 1) {
    const team = await make("/admin/teams", { name: `team ${i}` });
    const project = await make("/admin/projects", { name: `project ${i}`, team_id: i === 0 ? team : null });
    const key = await make("/admin/keys", { name: `key ${i}`, project_id: i === 0 ? project : null });
    await make("/admin/operators", { name: `operator ${i}`, scopes: ["keys:read"] });
    await make("/admin/policy-layers", { kind: "key", scope_id: key, policy: {} });
    await make("/admin/limits", { name: `limit ${i}`, scope: "key", target: key, requests_per_day: 1_000 });
    await make("/admin/models", { name: `model/${i}`, provider: "echo" });
    await make("/admin/prices", { provider: "echo", model: `model-${i}`, request_usd: "0.1" });
    const provider = await make("/admin/providers", { name: `provider-${i}`, kind: "openai", base_url: "http://127.0.0.1:1/v1", credential: "sk-x" });
    await make(`/admin/providers/${provider}/credentials`, { name: "spare", secret: "sk-x" }, "/admin/providers/{provider_id}/credentials");
    await make("/admin/providers/litellm-credentials", { scope: "key", target_id: key, credential: "sk-x" });
  }
  known["/admin/routes"] = (await admin.get("/admin/routes")).data.map(({ id }) => id);
  known["/admin/audit-events"] = (await admin.get("/admin/audit-events")).data.map(({ id }) => id);
  return known;
}

function schemathesis(admin, backend, { ownOperator, known }) {
  const folder = temporaryFolder();
  const args = ["--config-file", beside("schemathesis.toml"), "run", `${admin.gateway.control}/admin/openapi.json`, "--header", `Authorization: Bearer ${admin.token}`,
    "--checks", checks.join(","), ...excluded.flatMap((id) => ["--exclude-operation-id", id]),
    "--phases", process.env.RELAYNA_SCHEMATHESIS_PHASES ?? plans[backend].phases,
    "--max-time", process.env.RELAYNA_SCHEMATHESIS_SECONDS ?? String(plans[backend].seconds), "--max-examples", "10", "--generation-deterministic",
    "--continue-on-failure", "--request-timeout", "20", "--no-color"];
  const env = { PATH: process.env.PATH, HOME: folder, LANG: "C.UTF-8", SCHEMATHESIS_HOOKS: beside("schemathesis_hooks.py"), RELAYNA_OWN_OPERATOR: ownOperator, RELAYNA_KNOWN_IDS: JSON.stringify(known) };
  return new Promise((resolve) => {
    execFile(program, args, { cwd: folder, env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => resolve({ error, said: stdout + stderr }));
  });
}

for (const backend of ["sqlite", "postgres"]) {
  describe(`on ${backend}`, () => {
    const all = new Fixture(`schemathesis-${backend}`);
    let admin;
    before(async () => {
      assert.ok(program, "RELAYNA_SCHEMATHESIS names no program; scripts/test integration installs it");
      const stores = backend === "postgres" ? (await all.stores()).urls : undefined;
      admin = new Admin(await all.gateway({ stores, env: { ...adminEnv, GATEWAY_ECHO: "true" } }));
    });
    after(() => all.close());

    test("generated requests find nothing", async () => {
      const { operator_id: ownOperator } = await admin.get("/admin/session");
      const { error, said } = await schemathesis(admin, backend, { ownOperator, known: await makeRows(admin) });
      if (process.env.RELAYNA_E2E_LOGS) writeFileSync(path.join(process.env.RELAYNA_E2E_LOGS, `schemathesis-${backend}.txt`), said);
      assert.ok(!error, said.slice(0, 20_000));
      assert.ok(Number(/(\d+) generated/.exec(said)?.[1]) > 100, said.slice(-2_000));
      console.log(`${backend}: ${/Selected: .*\n *Tested: .*/.exec(said)[0].replace(/\s+/g, " ")}, ${/\d+ generated/.exec(said)[0]}`);
      const errors = admin.gateway.logs.filter(({ level }) => level === "error" || level === "critical");
      assert.deepEqual(errors, []);
      await admin.get("/admin/session");  // the operator is still let in: what was tested was not 401
    });
  });
}
