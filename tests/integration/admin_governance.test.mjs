// Policy layers, limits, models, routes, prices and keys in bulk, as operators administer them, on both databases.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { Fixture } from "./harness/fixture.mjs";

const nobody = "00000000-0000-7000-8000-000000000000";

for (const backend of ["sqlite", "postgres"]) {
  describe(`on ${backend}`, () => {
    const all = new Fixture(`governance-${backend}`);
    let admin;
    before(async () => {
      const stores = backend === "postgres" ? (await all.stores()).urls : undefined;
      admin = new Admin(await all.gateway({ stores, env: { ...adminEnv, GATEWAY_ECHO: "true" } }));
    });
    after(() => all.close());

    test("a policy layer has a kind and a scope for good, and counts the versions of its policy", async () => {
      const layer = await admin.create("/admin/policy-layers", { kind: "route", scope_id: "/v1/chat/completions", policy: { rpm_limit: 7 } });
      assert.deepEqual([layer.kind, layer.policy.rpm_limit, layer.policy.policy_version], ["route", 7, 1]);
      const changed = await admin.patch(`/admin/policy-layers/${layer.id}`, { policy: { rpm_limit: 8 } });
      assert.deepEqual([changed.policy.rpm_limit, changed.policy.policy_version], [8, 2]);
      await admin.refused(400, "invalid_request", "PATCH", `/admin/policy-layers/${layer.id}`, { body: { kind: "model" } }, ["kind"]);
      await admin.refused(400, "invalid_request", "POST", "/admin/policy-layers", { body: { kind: "global", scope_id: "x" } }, ["scope_id"]);
      await admin.refused(400, "invalid_request", "POST", "/admin/policy-layers", { body: { kind: "route", scope_id: "/v1/nothing" } }, ["scope_id"]);
      await admin.refused(400, "invalid_request", "POST", "/admin/policy-layers", { body: { kind: "project", scope_id: nobody } }, ["scope_id"]);
      await admin.refused(409, "conflict", "POST", "/admin/policy-layers", { body: { kind: "route", scope_id: "/v1/chat/completions" } });
      await admin.remove(`/admin/policy-layers/${layer.id}`);
    });

    test("a limit is judged as the declared file judges it", async () => {
      const limit = await admin.create("/admin/limits", { name: "all", scope: "global", requests_per_minute: 600, usd_per_month: 12.5 });
      assert.deepEqual([limit.requests_per_minute, limit.usd_per_month, limit.tokens_per_day], [600, 12.5, null]);
      assert.equal((await admin.patch(`/admin/limits/${limit.id}`, { requests_per_minute: null })).requests_per_minute, null);
      await admin.refused(400, "invalid_request", "PATCH", `/admin/limits/${limit.id}`, { body: { usd_per_month: null } });
      await admin.refused(400, "invalid_request", "POST", "/admin/limits", { body: { name: "soft", scope: "global", soft: true, requests_per_day: 5 } }, ["requests_per_day"]);
      await admin.refused(400, "invalid_request", "POST", "/admin/limits", { body: { name: "dangling", scope: "key", target: nobody, usd_total: 1 } }, ["target"]);
      assert.equal((await admin.act(`/admin/limits/${limit.id}/disable`)).enabled, false);
    });

    test("a model may have slashes in its name and leads to providers that exist", async () => {
      const { provider } = await admin.create("/admin/models", { name: "team/fast", provider: "echo" });
      assert.equal(provider, "echo");
      const model = await admin.get("/admin/models/team%2Ffast");
      assert.deepEqual(model.targets, []);
      const { targets } = await admin.patch("/admin/models/team%2Ffast", { targets: [{ provider: "echo", weight: 3 }] });
      assert.deepEqual(targets.map(({ provider: name, weight }) => [name, weight]), [["echo", 3]]);
      assert.equal((await admin.act("/admin/models/team%2Ffast/disable")).enabled, false);
      await admin.refused(400, "invalid_request", "POST", "/admin/models", { body: { name: "m", provider: "nobody" } }, ["provider"]);
      await admin.refused(400, "invalid_request", "PATCH", "/admin/models/team%2Ffast", { body: { targets: [{ provider: "nobody" }] } }, ["targets[0].provider"]);
      await admin.remove("/admin/models/team%2Ffast");
    });

    test("every route can be set, also one nobody has set before", async () => {
      const { data } = await admin.get("/admin/routes");
      assert.ok(data.some(({ id, enabled }) => id === "chat-completions" && enabled));
      assert.equal((await admin.patch("/admin/routes/embeddings", { timeout_ms: 9000 })).timeout_ms, 9000);
      assert.equal((await admin.act("/admin/routes/embeddings/disable")).enabled, false);
      assert.equal((await admin.get("/admin/routes/embeddings")).timeout_ms, 9000);
      await admin.refused(404, "not_found", "GET", "/admin/routes/nothing");
    });

    test("a price is exact, goes before the list, and follows the list's rules", async () => {
      const price = await admin.create("/admin/prices", { provider: "echo", model: "echo", input_usd_per_million: "0.15", output_usd_per_million: 0.6 });
      assert.deepEqual([price.input_usd_per_million, price.output_usd_per_million], [0.15, 0.6]);
      await admin.refused(400, "invalid_request", "PATCH", `/admin/prices/${price.id}`, { body: { model: "a*b" } }, ["model"]);
      await admin.refused(400, "invalid_request", "POST", "/admin/prices", { body: { provider: "nobody", model: "m", request_usd: 1 } }, ["provider"]);
      assert.deepEqual((({ source, price: { input_usd_per_million: rate } }) => [source, rate])(await admin.get("/admin/prices/resolve?provider=echo&model=echo")), ["override", 0.15]);
      assert.equal((await admin.get("/admin/prices/resolve?provider=echo&model=nothing")).source, "catalog");
      await admin.refused(404, "not_found", "GET", "/admin/prices/resolve?provider=nobody&model=nothing");
      const catalog = await admin.get("/admin/prices/catalog?provider=openai&q=gpt-4o");
      assert.ok(catalog.data.length > 0 && catalog.data.every(({ provider, model }) => provider === "openai" && model.includes("gpt-4o")));
    });

    test("what a body refers to is judged with everything else in it", async () => {
      const refused = (target, body, fields) => admin.refused(400, "invalid_request", "POST", target, { body }, fields);
      await refused("/admin/models", { provider: "nobody", enabled: 1, targets: [{ provider: "nobody", weight: 0 }] },
        ["name", "provider", "enabled", "targets[0].provider", "targets[0].weight"]);
      await refused("/admin/prices", { provider: "nobody", request_usd: -1 }, ["model", "provider", "request_usd"]);
      await refused("/admin/limits", { scope: "team", target: nobody, requests_per_day: -1 }, ["name", "target", "requests_per_day"]);
      await refused("/admin/policy-layers", { kind: "project", scope_id: nobody, policy: { rpm_limit: -1 } }, ["scope_id", "policy.rpm_limit"]);
      await refused("/admin/keys", { project_id: nobody, disabled: 1 }, ["name", "project_id", "disabled"]);
      await refused("/admin/projects", { team_id: nobody }, ["name", "team_id"]);
      await refused("/admin/providers", { kind: "openai", base_url: "http://169.254.169.254", fallback: "nobody", enabled: 1 }, ["name", "base_url", "fallback", "enabled"]);
      await refused("/admin/providers/litellm-credentials", { scope: "key", target_id: nobody, enabled: 1 }, ["target_id", "enabled"]);
      const once = await refused("/admin/keys", { name: "x", project_id: "no id" }, ["project_id"]);
      assert.equal(once.fields.length, 1, "one problem of one field");
      await admin.refused(404, "not_found", "PATCH", "/admin/models/nothing", { body: { provider: "nobody" } });
    });

    test("many keys change at once, each with its result and its audit row", async () => {
      const ids = [];
      for (const name of ["one", "two"]) ids.push((await admin.create("/admin/keys", { name })).id);
      const results = async (action) => (await admin.act("/admin/keys/bulk", { action, ids: [...ids, nobody] })).data.map(({ result }) => result);
      assert.deepEqual(await results("disable"), ["changed", "changed", "failed"]);
      assert.deepEqual(await results("disable"), ["unchanged", "unchanged", "failed"]);
      assert.deepEqual(await results("revoke"), ["changed", "changed", "failed"]);
      assert.deepEqual(await results("enable"), ["failed", "failed", "failed"]);
      assert.deepEqual(await results("delete"), ["changed", "changed", "failed"]);
      await admin.refused(404, "not_found", "GET", `/admin/keys/${ids[0]}`);
      assert.ok((await admin.get("/admin/keys/presets")).data.some(({ name, policy }) => name === "developer" && policy.rpm_limit === 60));
    });

    test("the log filter changes at run time", async () => {
      await admin.patch("/admin/log-level", { level: "store=warn,info" });
      assert.equal((await admin.get("/admin/log-level")).level, "store=warn,info");
      await admin.refused(400, "invalid_request", "PATCH", "/admin/log-level", { body: { level: "loud" } }, ["level"]);
    });

    test("the audit log names actions and types in the words of the paths, and a thing of which there is one by its type", async () => {
      await admin.patch("/admin/alerts/settings", { budget_percents: [50, 100] });
      const events = (await admin.get("/admin/audit-events?limit=500")).data;
      for (const { action, target_type: type } of events) assert.match(`${type} ${action}`, /^[a-z]+(-[a-z]+)* [a-z]+([.-][a-z]+)*$/);
      const alone = (await admin.get("/admin/audit-events?target_id=null&limit=500")).data;
      assert.deepEqual([...new Set(alone.map(({ target_type: type, target_id: id }) => `${type} ${id}`))].sort(), ["alert-settings null", "log-level null"]);
      assert.equal(events.filter(({ target_id: id }) => id === null).length, alone.length);
    });
  });
}
