// What the admin API says of what is wrong: all of it at once, by the names the request used, and nothing that it would not heed is let pass.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { Fixture } from "./harness/fixture.mjs";

for (const backend of ["sqlite", "postgres"]) {
  describe(`on ${backend}`, () => {
    const all = new Fixture(`refusals-${backend}`);
    let admin;
    before(async () => {
      const stores = backend === "postgres" ? (await all.stores()).urls : undefined;
      admin = new Admin(await all.gateway({ stores, env: { ...adminEnv, GATEWAY_ECHO: "true" } }));
    });
    after(() => all.close());

    // The paths of a refusal, in order.
    const wrong = async (method, target, body) => (await admin.refused(400, "invalid_request", method, target, { body })).fields.map(({ path }) => path).sort();
    const total = async (target) => (await admin.get(target)).data.length;
    let names = 0;
    const name = () => `row ${(names += 1)}`;

    test("everything wrong with a body is told at once", async () => {
      assert.deepEqual(await wrong("POST", "/admin/operators", { scopes: ["keys:create", "keys:read", "nope"], expires_at: "2020-01-01T00:00:00Z" }), ["expires_at", "name", "scopes[0]", "scopes[2]"]);
      assert.deepEqual(await wrong("POST", "/admin/providers", { name: "p 1/x", base_url: "ftp://x", credential: "" }), ["base_url", "credential", "kind", "name"]);
      const header = { name: "p", kind: "openai", base_url: "http://127.0.0.1:1", credential_header_mode: "custom_header", credential_header_name: "a b", connect_timeout_ms: 0 };
      assert.deepEqual(await wrong("POST", "/admin/providers", header), ["connect_timeout_ms", "credential_header_name"]);
      assert.deepEqual(await wrong("POST", "/admin/alerts/webhooks", { name: "w", url: "http://169.254.169.254/", events: ["nope"] }), ["events[0]", "url"]);
      assert.deepEqual(await wrong("POST", "/admin/limits", { name: "", scope: "global", target: "x", soft: true, requests_per_day: 1 }), ["name", "requests_per_day", "target"]);
      assert.deepEqual(await wrong("POST", "/admin/prices", { provider: "echo", model: "a*b", request_usd: "-1" }), ["model", "request_usd"]);
      const { id } = await admin.create("/admin/providers", { name: "with-credentials", kind: "echo" });
      assert.deepEqual(await wrong("POST", `/admin/providers/${id}/credentials`, { name: "c", weight: 0 }), ["secret", "weight"]);
      const { id: credential } = await admin.create(`/admin/providers/${id}/credentials`, { name: "c", secret: "s" });
      assert.deepEqual(await wrong("PATCH", `/admin/providers/${id}/credentials/${credential}`, { secret: null, weight: 0 }), ["secret", "weight"]);
    });

    test("everything wrong with a question is told at once", async () => {
      assert.deepEqual(await wrong("GET", "/admin/keys?limit=abc&cursor=zzz&sort=nope&status=foo&disabled=1&project_id=x&created_at_from=x&expires_at=y"),
        ["created_at_from", "cursor", "disabled", "expires_at", "limit", "project_id", "sort", "status"]);
      assert.deepEqual(await wrong("GET", "/admin/usage/export.focus.csv?from=x&key_id=y&nope=1"), ["from", "key_id", "nope"]);
      assert.deepEqual(await wrong("GET", "/admin/prices/resolve?provider=&model="), ["model", "provider"]);
    });

    test("a condition that no row can meet is no condition", async () => {
      for (const target of ["limits?scope=nope", "policy-layers?kind=nope", "providers?kind=nope", "providers?source=nope", "audit-events?action=nope", "audit-events?target_type=key",
        "alerts/deliveries?event=nope", "operators?status=nope", "routes?enabled=nope", "usage/by-key?sort=-name"]) {
        assert.deepEqual(await wrong("GET", `/admin/${target}`), [target.split("?")[1].split("=")[0]]);
      }
    });

    test("lists are narrowed by every field that tells rows apart", async () => {
      const [active, off] = [await admin.create("/admin/operators", { name: name(), scopes: ["keys:read"] }), await admin.create("/admin/operators", { name: name(), scopes: ["keys:read"] })];
      await admin.act(`/admin/operators/${off.id}/disable`);
      const ids = async (target) => (await admin.get(target)).data.map(({ id }) => id);
      assert.deepEqual(await ids("/admin/operators?status=disabled"), [off.id]);
      assert.ok((await ids("/admin/operators?status=active")).includes(active.id));
      await admin.create("/admin/projects", { name: name() });
      assert.deepEqual([await total("/admin/projects?disabled=true"), await total("/admin/projects?disabled=false")], [0, 1]);
      await admin.create("/admin/providers", { name: "saved-one", kind: "echo" });
      const named = async (source) => (await admin.get(`/admin/providers?source=${source}`)).data.map((row) => row.name);
      assert.ok((await named("saved")).includes("saved-one") && !(await named("saved")).includes("echo"));
      assert.deepEqual([await named("environment"), await named("file")], [["echo"], []]);
      assert.deepEqual([await total("/admin/projects?managed_by=null"), await total("/admin/projects?managed_by=file")], [1, 0]);
      for (const from of ["2030-01-01T00:00:00Z", null]) await admin.create("/admin/prices", { provider: "echo", model: "dated", request_usd: "1", effective_from: from });
      for (const query of ["effective_from=null", "effective_from_from=2029-12-31", "effective_from=2030-01-01T01:00:00+01:00"]) assert.equal(await total(`/admin/prices?model=dated&${query}`), 1, query);
      assert.deepEqual((await admin.get("/admin/prices?model=dated&sort=-effective_from")).data.map((row) => row.effective_from), ["2030-01-01T00:00:00Z", null]);
    });

    test("routes are a list like any other", async () => {
      const routes = async (query = "") => (await admin.get(`/admin/routes${query}`)).data.map(({ id }) => id);
      const every = await routes();
      assert.deepEqual(await routes("?sort=id"), [...every].sort());
      assert.deepEqual(await routes("?sort=-id"), [...every].sort().reverse());
      await admin.act("/admin/routes/embeddings/disable");
      assert.deepEqual(await routes("?enabled=false"), ["embeddings"]);
      assert.deepEqual(await routes("?id=embeddings"), ["embeddings"]);
      await admin.act("/admin/routes/embeddings/enable");
      const paged = [];
      for (let cursor = ""; cursor !== null;) {
        const page = await admin.get(`/admin/routes?limit=2${cursor && `&cursor=${cursor}`}`);
        paged.push(...page.data.map(({ id }) => id));
        cursor = page.next_cursor;
      }
      assert.deepEqual(paged, every);
      assert.deepEqual(await wrong("GET", "/admin/routes?cursor=nobody"), ["cursor"]);
    });

    test("LiteLLM credentials are sorted by what they have", async () => {
      const keys = [await admin.create("/admin/keys", { name: name() }), await admin.create("/admin/keys", { name: name() })];
      for (const { id } of keys) await admin.create("/admin/providers/litellm-credentials", { scope: "key", target_id: id, credential: "sk" });
      const sorted = async (sort) => (await admin.get(`/admin/providers/litellm-credentials?sort=${sort}`)).data.map((row) => row.target_id);
      assert.deepEqual(await sorted("target_id"), keys.map(({ id }) => id).sort());
      assert.deepEqual(await sorted("-target_id"), keys.map(({ id }) => id).sort().reverse());
    });

    test("moments are read as they are written: with an offset, or as a date", async () => {
      await admin.create("/admin/keys", { name: name() });
      const keys = await total("/admin/keys?limit=500");
      for (const from of ["2020-01-01", "2020-01-01T00:00:00Z", "2020-01-01T02:00:00+02:00", "2020-01-01T02:00:00%2B02:00"]) {
        assert.equal(await total(`/admin/keys?limit=500&created_at_from=${from}`), keys, from);
        assert.equal(await total(`/admin/keys?limit=500&created_at_to=${from}`), 0, from);
        assert.equal((await admin.request("GET", `/admin/usage/export.focus.csv?from=${from}&to=2020-01-03`)).status, 200, from);
        await admin.get(`/admin/prices/resolve?provider=echo&model=m&at=${from}`);
      }
      assert.equal((await admin.get("/admin/usage/summary?from=2026-01-01&to=2026-01-02T01:00:00+01:00")).to, "2026-01-02T00:00:00Z");
      assert.deepEqual(await wrong("GET", "/admin/usage/export.focus.csv?from=2020-01-01T02:00:00Z&to=2020-01-03"), ["from"]);
    });

    test("breakdowns take `-` for the order they have anyway", async () => {
      for (const sort of ["cost", "-cost"]) assert.equal((await admin.get(`/admin/usage/by-key?sort=${sort}`)).sort, "cost");
    });

    test("a conflict names what is taken", async () => {
      const taken = async (target, body) => {
        const { message, fields } = await admin.refused(409, "conflict", "POST", target, { body });
        return [fields[0].path, message];
      };
      await admin.create("/admin/policy-layers", { kind: "global", policy: {} });
      assert.deepEqual(await taken("/admin/policy-layers", { kind: "global", policy: {} }), ["kind", "There is a global policy layer already; change that one."]);
      await admin.create("/admin/policy-layers", { kind: "model", scope_id: "m*", policy: {} });
      assert.deepEqual(await taken("/admin/policy-layers", { kind: "model", scope_id: "m*", policy: {} }), ["scope_id", "There is a policy layer of this model already; change that one."]);
      const price = { provider: "echo", model: "priced", request_usd: "1" };
      const first = await admin.create("/admin/prices", price);
      const [path, message] = await taken("/admin/prices", price);
      assert.equal(path, "model");
      assert.match(message, /^echo has a price for priced without `effective_from` already/);
      const dated = { ...price, effective_from: "2030-01-01T00:00:00Z" };
      const second = await admin.create("/admin/prices", dated);
      assert.equal((await taken("/admin/prices", dated))[0], "effective_from");
      assert.equal((await admin.refused(409, "conflict", "PATCH", `/admin/prices/${second.id}`, { body: { effective_from: null } })).fields[0].path, "model");
      assert.ok(first.id);
    });

    test("what limits nothing, or costs nothing, is told which fields there are", async () => {
      const limit = await admin.refused(400, "invalid_request", "POST", "/admin/limits", { body: { name: "l", scope: "global" } }, ["requests_per_minute"]);
      assert.match(limit.message, /^requests_per_minute: is required, or another amount.*usd_per_month/);
      await admin.refused(400, "invalid_request", "POST", "/admin/prices", { body: { provider: "echo", model: "free" } }, ["request_usd"]);
    });

    test("a member that is given twice is refused, wherever it is", async () => {
      const twice = (body, path) => admin.refused(400, "invalid_json", "POST", "/admin/keys", { body }, [path]);
      await twice('{"name":"a","name":"b"}', "name");
      await twice('{"name":"a","policy":{"rpm_limit":1,"rpm_limit":2}}', "policy.rpm_limit");
    });

    test("nothing is made that has expired, and no module that does not exist is listened to", async () => {
      assert.deepEqual(await wrong("POST", "/admin/keys", { name: name(), expires_at: "2020-01-01T00:00:00Z" }), ["expires_at"]);
      const key = await admin.create("/admin/keys", { name: name(), expires_at: new Date(Date.now() + 3_600_000).toISOString() });
      assert.equal((await admin.patch(`/admin/keys/${key.id}`, { expires_at: "2020-01-01T00:00:00Z" })).status, "expired", "a change may end it");
      const { message } = await admin.refused(400, "invalid_request", "PATCH", "/admin/log-level", { body: { level: "stroe=debug,info" } }, ["level"]);
      assert.match(message, /stroe; there are: access, app, .*store/);
      await admin.patch("/admin/log-level", { level: "store=debug,gateway_api=info,info" });
    });

    test("the first token ends with its rotation, so no overlap is promised", async () => {
      const { operator_id: first } = await admin.get("/admin/session");
      const { message } = await admin.refused(400, "invalid_request", "POST", `/admin/operators/${first}/rotate`, { body: { overlap_seconds: 5 } }, ["overlap_seconds"]);
      assert.match(message, /must be 0/);
      await admin.get("/admin/session");
    });

    test("who may not touch an operator is told that it may do more, not of grants", async () => {
      const lesser = admin.as((await admin.create("/admin/operators", { name: name(), scopes: ["operators:write"] })).token);
      const { operator_id: first } = await admin.get("/admin/session");
      for (const [method, target, body] of [["POST", "/disable"], ["POST", "/revoke"], ["POST", "/rotate"], ["PATCH", "", { name: "x" }]]) {
        const { message } = await lesser.refused(403, "insufficient_operator_scope", method, `/admin/operators/${first}${target}`, { body });
        assert.match(message, /^This operator may do more than you/);
      }
      const { message } = await lesser.refused(403, "insufficient_operator_scope", "POST", "/admin/operators", { body: { name: name(), scopes: ["keys:read"] } });
      assert.match(message, /grant/);
    });
  });
}
