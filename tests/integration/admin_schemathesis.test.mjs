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

function schemathesis(admin, ownOperator) {
  const folder = temporaryFolder();
  const args = ["--config-file", beside("schemathesis.toml"), "run", `${admin.gateway.control}/admin/openapi.json`, "--header", `Authorization: Bearer ${admin.token}`,
    "--checks", checks.join(","), ...excluded.flatMap((id) => ["--exclude-operation-id", id]),
    "--phases", "coverage,fuzzing,stateful", "--max-examples", process.env.RELAYNA_SCHEMATHESIS_EXAMPLES ?? "10", "--generation-deterministic",
    "--continue-on-failure", "--request-timeout", "20", "--no-color"];
  const env = { PATH: process.env.PATH, HOME: folder, LANG: "C.UTF-8", SCHEMATHESIS_HOOKS: beside("schemathesis_hooks.py"), RELAYNA_OWN_OPERATOR: ownOperator };
  return new Promise((resolve) => {
    execFile(program, args, { cwd: folder, env, timeout: 170_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) => resolve({ error, said: stdout + stderr }));
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
      const { operator_id: own } = await admin.get("/admin/session");
      const { error, said } = await schemathesis(admin, own);
      if (process.env.RELAYNA_E2E_LOGS) writeFileSync(path.join(process.env.RELAYNA_E2E_LOGS, `schemathesis-${backend}.txt`), said);
      assert.ok(!error, said.slice(0, 20_000));
      assert.ok(Number(/(\d+) generated/.exec(said)?.[1]) > 2_000, said.slice(-2_000));
      const errors = admin.gateway.logs.filter(({ level }) => level === "error" || level === "critical");
      assert.deepEqual(errors, []);
      await admin.get("/admin/session");  // the operator is still let in: what was tested was not 401
    });
  });
}
