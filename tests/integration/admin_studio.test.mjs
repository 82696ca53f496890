// The connection to Relayna Studio: which one is in force, what Studio's list becomes, and what is said when it cannot be had.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { Fixture } from "./harness/fixture.mjs";

const connection = "/admin/studio/connection";

for (const backend of ["sqlite", "postgres"]) {
  describe(`Studio with ${backend}`, () => {
    const all = new Fixture(`studio-${backend}`);
    let admin, studio, fromEnvironment, otherStudio;
    before(async () => {
      const stores = backend === "postgres" ? (await all.stores()).urls : undefined;
      [studio, otherStudio] = [await all.upstream(), await all.upstream()];
      admin = new Admin(await all.gateway({ stores, env: adminEnv }));
      fromEnvironment = new Admin(await all.gateway({ stores, env: { ...adminEnv, RELAYNA_STUDIO_BASE_URL: otherStudio.url, RELAYNA_STUDIO_TOKEN: "from-env" } }));
    });
    after(() => all.close());

    const answers = (...services) => studio.script((request, reply) => reply.json(200, { services }));
    const unavailable = async (says) => {
      for (const [method, target] of [["GET", "/admin/studio/services"], ["POST", `${connection}/test`]]) {
        const error = await admin.refused(502, "studio_unavailable", method, target);
        assert.match(error.message, says);
      }
    };

    test("without a connection there is nothing to ask", async () => {
      const { base_url: url, token_configured: token, source } = await admin.get(connection);
      assert.deepEqual([url, token, source], [null, false, "default"]);
      await admin.refused(409, "studio_not_configured", "GET", "/admin/studio/services");
      await admin.refused(409, "studio_not_configured", "POST", `${connection}/test`);
      await admin.refused(400, "invalid_request", "PATCH", connection, { body: { token: "t" } }, ["token"]);
      await admin.refused(400, "invalid_request", "PATCH", connection, { body: { base_url: "ftp://studio" } }, ["base_url"]);
      await admin.refused(400, "invalid_request", "PATCH", connection, { body: { base_url: "http://169.254.169.254/" } }, ["base_url"]);
    });

    test("what is saved goes before the environment until it is cleared, token and all", async () => {
      assert.deepEqual((({ base_url, token_configured, source }) => [base_url, token_configured, source])(await fromEnvironment.get(connection)), [otherStudio.url, true, "environment"]);
      otherStudio.script((request, reply) => reply.json(200, []));
      assert.deepEqual(await fromEnvironment.act(`${connection}/test`), { ok: true, service_count: 0, invalid_count: 0 });
      assert.equal(otherStudio.last.headers.authorization, "Bearer from-env");

      const saved = await fromEnvironment.patch(connection, { base_url: `${studio.url}/base/` });
      assert.deepEqual([saved.base_url, saved.token_configured, saved.source], [`${studio.url}/base`, false, "saved"]);
      answers();
      await fromEnvironment.act(`${connection}/test`);
      assert.deepEqual([studio.last.target, studio.last.headers.authorization], ["/base/studio/gateway/services", undefined]);
      await fromEnvironment.patch(connection, { token: "saved-token" });
      await fromEnvironment.act(`${connection}/test`);
      assert.equal(studio.last.headers.authorization, "Bearer saved-token");
      assert.ok(!JSON.stringify(await fromEnvironment.get(connection)).includes("saved-token"));
      assert.deepEqual((await fromEnvironment.act("/admin/data-key/rotate")).unreadable, [], "a rotation of the data key knows the token");

      const cleared = await fromEnvironment.patch(connection, { base_url: null });
      assert.deepEqual([cleared.base_url, cleared.source], [otherStudio.url, "environment"]);
      const again = await fromEnvironment.patch(connection, { base_url: studio.url });
      assert.equal(again.token_configured, false, "the token was cleared with its URL");
      await fromEnvironment.patch(connection, { base_url: null });
    });

    test("services become previews; what cannot be used is told and keeps nobody out", async () => {
      await admin.patch(connection, { base_url: studio.url, token: "t" });
      answers(
        { studio_service_id: "s-1", name: "Invoice OCR (v2)", base_url: "https://ocr.example/api", tags: ["a"], environment: "prod", allowed_methods: ["post", "GET"], later: "ignored" },
        { service_id: "s-2", gateway_service_name: "summary" },
        { name: "no id" },
        { studio_service_id: "s-4", base_url: "nowhere" },
        "not an object",
      );
      assert.deepEqual(await admin.act(`${connection}/test`), { ok: true, service_count: 2, invalid_count: 3 });
      const { data, invalid } = await admin.get("/admin/studio/services");
      assert.deepEqual(data.map((row) => [row.studio_service_id, row.name, row.route_pattern]), [["s-1", "invoice-ocr-v2", "/services/invoice-ocr-v2/*"], ["s-2", "summary", "/summary"]]);
      assert.deepEqual(data[0].import_request, {
        studio_service_id: "s-1", name: "invoice-ocr-v2", project_id: null, route_pattern: "/services/invoice-ocr-v2/*", upstream_base_url: "https://ocr.example/api",
        health_check_path: null, health_check_method: "GET", allowed_methods: ["POST", "GET"], category: "prod", default_pricing: null,
      });
      assert.deepEqual(invalid.map((row) => [row.index, row.studio_service_id || null, row.problems[0].path]), [[2, null, "studio_service_id"], [3, "s-4", "base_url"], [4, null, ""]]);
    });

    test("a Studio that does not give its list is unavailable, and why is said", async () => {
      await admin.patch(connection, { base_url: studio.url });
      answers({ name: "no id" });
      await unavailable(/None of the 1 services/);
      studio.script((request, reply) => reply.whole(200, "<html>"));
      await unavailable(/not JSON/);
      studio.script((request, reply) => reply.json(200, { services: 5 }));
      await unavailable(/something else than a list/);
      studio.script((request, reply) => reply.json(302, {}, { location: otherStudio.url }));
      await unavailable(/redirects are not followed/);
      studio.script((request, reply) => reply.json(500, {}));
      await unavailable(/answered 500/);
      studio.script((request, reply) => reply.whole(200, `["${"x".repeat(5 << 20)}"]`));
      await unavailable(/over 4 MiB/);
      studio.script((request, reply) => reply.reset());
      await unavailable(/could not be reached/);
      answers();
      await admin.act(`${connection}/test`);
    });
  });
}
