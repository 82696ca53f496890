// Every operation of the admin API, whatever it does, keeps the same rules: who may ask, what is refused, in what form. The
// operations are those of the OpenAPI document, so a new one is tested without being named here.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { Fixture } from "./harness/fixture.mjs";

const nobody = "00000000-0000-7000-8000-000000000000";  // an id of nothing

for (const backend of ["sqlite", "postgres"]) {
  describe(`on ${backend}`, () => {
    const all = new Fixture(`admin-${backend}`);
    let admin, operations, powerless;
    before(async () => {
      const stores = backend === "postgres" ? (await all.stores()).urls : undefined;
      admin = new Admin(await all.gateway({ stores, env: adminEnv }));
      ({ operations } = await admin.document());
      powerless = admin.as((await admin.create("/admin/operators", { name: "powerless", scopes: ["guardrails:read"] })).token);
    });
    after(() => all.close());

    const at = (path) => path.replace(/\{[^}]+\}/g, nobody);
    const guarded = () => operations.filter(({ object }) => !object.security || object.security.length > 0);
    const scoped = () => operations.filter(({ object }) => object["x-required-scope"]);
    const streams = ({ object }) => Object.values(object.responses).some(({ content }) => content?.["text/event-stream"]);

    test("nobody is let in without a token, or with a wrong one", async () => {
      assert.ok(guarded().length > 25, `${guarded().length} operations`);
      for (const { method, path } of guarded()) {
        await admin.as(null).refused(401, "missing_authorization", method, at(path));
      }
      await admin.as("sk-not-ours").refused(401, "invalid_operator_token", "GET", "/admin/keys");
      await admin.as(`op_live_${"f".repeat(64)}`).refused(401, "invalid_operator_token", "GET", "/admin/keys");
    });

    test("an operator without the scope is told which one it is", async () => {
      for (const { method, path, object } of scoped()) {
        const error = await powerless.refused(403, "insufficient_operator_scope", method, at(path));
        assert.ok(error.message.includes(`\`${object["x-required-scope"]}\``), `${method} ${path}: ${error.message}`);
      }
    });

    test("a body that is no JSON, no object, of another type, or has unknown fields is refused before anything happens", async () => {
      const taking = operations.filter(({ object }) => object.requestBody && guarded().some((known) => known.object === object));
      assert.ok(taking.length > 8);
      for (const { method, path } of taking) {
        await admin.refused(400, "invalid_json", method, at(path), { body: "{" });
        await admin.refused(400, "invalid_request", method, at(path), { body: [] });
        await admin.refused(415, "unsupported_media_type", method, at(path), { body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } });
        const unknown = await admin.request(method, at(path), { body: { no_such_field: 1 } });
        assert.ok([400, 404].includes(unknown.status), `${method} ${path}: ${unknown.status}`);
        if (unknown.status === 400) assert.ok(unknown.json.error.fields.some(({ path: field }) => field === "no_such_field"), unknown.text);
      }
    });

    test("what does not exist is 404, a parameter nobody knows is 400, a method nobody has is 405", async () => {
      for (const { method, path, object } of operations.filter((operation) => operation.path.includes("{id}") && !operation.object.requestBody?.required)) {
        const answer = await admin.request(method, at(path));
        assert.ok(answer.status === 404 || answer.status === 409, `${method} ${path}: ${answer.status} ${answer.text}`);
        assert.ok(object.responses[answer.status]);
      }
      for (const { path } of operations.filter(({ method, path, object }) => method === "GET" && !path.includes("{") && object.parameters)) {
        await admin.refused(400, "invalid_request", "GET", `${path}?no_such_parameter=1`, {}, ["no_such_parameter"]);
      }
      const answer = await admin.request("PUT", "/admin/keys", { check: false });
      assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "GET, POST"]);
      const fixed = await admin.request("DELETE", "/admin/keys/bulk", { check: false });
      assert.deepEqual([fixed.status, fixed.headers.get("allow")], [405, "POST"], "it is no key");
      assert.equal((await admin.request("GET", "/admin/nothing", { check: false })).status, 404);
    });

    test("every list and every reading answers in its documented form", async () => {
      for (const operation of operations.filter(({ method, path }) => method === "GET" && !path.includes("{"))) {
        if (streams(operation)) continue;  // endless
        const answer = await admin.request("GET", operation.path);
        assert.ok(answer.status < 500, `${operation.path}: ${answer.status} ${answer.text}`);
      }
    });
  });
}

test("docs/openapi.json is the document the gateway serves", async () => {
  const all = new Fixture("admin-document");
  try {
    const served = await (await fetch(`${(await all.gateway({ env: adminEnv })).control}/admin/openapi.json`)).text();
    const kept = new URL("../../docs/openapi.json", import.meta.url);
    const text = `${JSON.stringify(JSON.parse(served), null, 1)}\n`;
    if (process.env.RELAYNA_UPDATE_DOCS) writeFileSync(kept, text);
    assert.ok(readFileSync(kept, "utf8") === text, "it is not; run this test with RELAYNA_UPDATE_DOCS=1");
  } finally {
    await all.close();
  }
});
