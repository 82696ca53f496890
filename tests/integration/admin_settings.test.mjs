// Settings: what is in force and where it is from, what operators change while gateways run, and what is done about what is old.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { call } from "../e2e/raw.mjs";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";
import { SqliteFile } from "./harness/sqlite.mjs";

const passthrough = "/admin/providers/litellm-passthrough";
const retention = "/admin/settings/retention";
const studio = "/admin/studio/connection";

for (const backend of ["sqlite", "postgres"]) {
  describe(`settings on ${backend}`, () => {
    const all = new Fixture(`settings-${backend}`);
    const env = { ...adminEnv, GATEWAY_RETENTION_AUDIT_DAYS: "400", RELAYNA_WORKER_TOKEN: "hunter2hunter2", GATEWAY_AUTH_CACHE_TTL: "90" };
    let gateway, other, admin, upstream, database, key;
    before(async () => {
      const stores = backend === "postgres" ? await all.stores() : undefined;
      upstream = await all.upstream();
      upstream.script((request, reply) => reply.json(200, { path: request.target }));
      gateway = await all.gateway({ stores: stores?.urls, upstream: upstream.url, env });
      // PostgreSQL serves several replicas; an SQLite file is one gateway's.
      other = stores ? await all.gateway({ stores: stores.urls, upstream: upstream.url, env }) : gateway;
      admin = new Admin(gateway);
      database = stores?.database ?? new SqliteFile(gateway.dataDir);
      key = (await admin.create("/admin/keys", { name: "caller" })).key;
    });
    after(() => all.close());

    const listed = async () => new Map((await admin.get("/admin/settings")).data.flatMap((group) => group.settings.map((setting) => [setting.name, { group: group.name, ...setting }])));
    const audited = (action) => admin.get(`/admin/audit-events?action=${action}`);
    const days = (count) => (backend === "postgres" ? `interval '${count} days'` : `${count * 86_400_000_000}`);

    test("every setting is told with its value, its source and its default, secrets only as configured", async () => {
      const settings = await listed();
      const told = (name, ...fields) => fields.map((field) => settings.get(name)[field]);
      assert.deepEqual(told("GATEWAY_AUTH_CACHE_TTL", "group", "value", "default", "source", "changeable"), ["keys", "90s", "1m", "environment", false]);
      assert.deepEqual(told("GATEWAY_LIMITER_FAILURE", "value", "source", "file_key"), ["closed", "default", "server.limiter_failure"]);
      assert.equal(settings.get("GATEWAY_BIND_ADDR").source, "flag");
      assert.deepEqual(told("RELAYNA_WORKER_TOKEN", "secret", "configured", "value"), [true, true, null]);
      assert.deepEqual(told("RELAYNA_STUDIO_TOKEN", "secret", "configured", "value"), [true, false, null]);
      assert.deepEqual(told("GATEWAY_RETENTION_AUDIT_DAYS", "value", "source", "change_at", "field"), [400, "environment", retention, "audit_days"]);
      assert.deepEqual(told("litellm_passthrough.allowed_paths", "value", "default", "source", "change_at"), [["/v1/*"], ["/v1/*"], "default", passthrough]);
      assert.deepEqual(told("LITELLM_BASE_URL", "value", "source", "change_at"), [upstream.url, "environment", "/admin/providers"]);
      const text = JSON.stringify([...settings.values()]);
      for (const secret of ["hunter2hunter2", "sk-upstream", adminEnv.GATEWAY_ADMIN_TOKEN]) assert.ok(!text.includes(secret));
    });

    test("what operators saved elsewhere is shown as what is in force", async () => {
      await admin.patch(studio, { base_url: upstream.url, token: "studio-token" });
      const provider = await admin.create("/admin/providers", { name: "ours", kind: "litellm", base_url: `${upstream.url}/saved`, credential: "sk-saved" });
      await admin.patch("/admin/log-level", { level: "debug" });
      const settings = await listed();
      const told = (name) => ["value", "source", "configured"].map((field) => settings.get(name)[field]);
      assert.deepEqual(told("RELAYNA_STUDIO_BASE_URL"), [upstream.url, "saved", true]);
      assert.deepEqual(told("RELAYNA_STUDIO_TOKEN"), [null, "saved", true]);
      assert.deepEqual(told("LITELLM_BASE_URL"), [`${upstream.url}/saved`, "saved", true]);
      assert.deepEqual(told("LITELLM_SERVICE_KEY"), [null, "saved", true]);
      assert.deepEqual(told("LOG_LEVEL"), ["debug", "runtime", true]);
      assert.ok(!/studio-token|sk-saved/.test(JSON.stringify([...settings.values()])));
      await admin.patch(studio, { base_url: null });
      await admin.remove(`/admin/providers/${provider.id}`);
      await admin.patch("/admin/log-level", { level: "info" });
      assert.equal((await listed()).get("LITELLM_BASE_URL").source, "environment");
    });

    test("the passthrough is switched on and off on every replica within a second", async () => {
      const ask = () => call(other, "/utils/token_counter?x=1", { key, body: { model: "m" } });
      const becomes = async (status) => {
        const began = performance.now();
        let answer;
        await until(`the other replica answers ${status}`, async () => (answer = await ask()).status === status, patience);
        const took = performance.now() - began;
        assert.ok(took < 1_000, `${took} ms`);
        return answer;
      };
      assert.equal((await ask()).json.error.code, "unsupported_route");
      const on = await admin.patch(passthrough, { enabled: true, allowed_paths: ["/utils/*"] });
      assert.deepEqual([on.enabled, on.allowed_paths, on.allowed_methods], [true, ["/utils/*"], ["GET", "POST"]]);
      assert.deepEqual([on.sources.enabled, on.sources.allowed_methods], ["saved", "default"]);
      assert.equal((await becomes(200)).json.path, "/utils/token_counter?x=1");
      await admin.patch(passthrough, { allowed_methods: ["GET"] });
      await becomes(404);
      await admin.patch(passthrough, { allowed_methods: null });
      await becomes(200);
      const off = await admin.patch(passthrough, { enabled: false });
      assert.equal((await becomes(404)).json.error.code, "unsupported_route");
      assert.deepEqual(off.allowed_paths, ["/utils/*"], "the rest stays saved");
    });

    test("null returns to what is configured, and with nothing saved there is no row", async () => {
      assert.deepEqual((({ usage_days, audit_days, sources }) => ({ usage_days, audit_days, sources }))(await admin.get(retention)),
        { usage_days: 0, audit_days: 400, sources: { usage_days: "default", audit_days: "environment" } });
      const saved = await admin.patch(retention, { usage_days: 90, audit_days: 0 });
      assert.deepEqual([saved.usage_days, saved.audit_days, saved.sources.audit_days], [90, 0, "saved"]);
      assert.equal((await listed()).get("GATEWAY_RETENTION_USAGE_DAYS").source, "saved");
      assert.equal((await admin.patch(retention, { audit_days: null })).audit_days, 400);
      const cleared = await admin.patch(retention, { usage_days: null });
      assert.deepEqual([cleared.usage_days, cleared.updated_at], [0, null]);
      assert.deepEqual(await database.rows("SELECT name FROM settings WHERE name = 'retention'"), []);
    });

    test("everything wrong is told at once, and nothing of it is saved", async () => {
      await admin.refused(400, "invalid_request", "PATCH", retention, { body: { usage_days: -1, audit_days: "many", log_days: null } }, ["usage_days", "audit_days", "log_days"]);
      await admin.refused(400, "invalid_request", "PATCH", passthrough, { body: { enabled: 1, allowed_paths: ["v1"], allowed_methods: [], more: 1 } },
        ["enabled", "allowed_paths", "allowed_methods", "more"]);
      assert.equal((await admin.get(retention)).usage_days, 0);
    });

    test("two operators do not overwrite each other, and the audit log has before and after", async () => {
      const first = await admin.request("GET", retention);
      const headers = { "if-match": first.headers.get("etag") };
      await admin.expect(200, "PATCH", retention, { body: { usage_days: 60 }, headers });
      await admin.refused(412, "precondition_failed", "PATCH", retention, { body: { usage_days: 61 }, headers });
      const [change] = (await audited("retention.update")).data;
      assert.deepEqual([change.target_type, change.target_id, change.before.usage_days, change.after.usage_days], ["settings", "retention", 0, 60]);
      const count = (await audited("retention.update")).data.length;
      await admin.patch(retention, { usage_days: 60 });
      assert.equal((await audited("retention.update")).data.length, count, "nothing changed, nothing to tell");
      await admin.patch(retention, { usage_days: null });
    });

    test("each setting asks for its own scope", async () => {
      const reader = admin.as((await admin.create("/admin/operators", { name: "reader", scopes: ["settings:read"] })).token);
      await reader.get("/admin/settings");
      await reader.refused(403, "insufficient_operator_scope", "PATCH", retention, { body: { usage_days: 1 } });
      await reader.refused(403, "insufficient_operator_scope", "GET", passthrough);
    });

    test("what is older than its retention goes, and what it adds up to stays", async () => {
      const asked = [];
      for (let i = 0; i < 4; i += 1) asked.push((await gateway.ask(apis.chat, key)).headers.get("x-relayna-request-id"));
      const stored = async () => new Set((await database.usageRows()).map((row) => row.request_id));
      await until("the events are there", async () => stored().then((ids) => asked.every((id) => ids.has(id))), patience);
      const sums = async () => (await database.rows(`SELECT sum(requests) AS requests, sum(output_tokens) AS tokens FROM usage_daily WHERE route = '${apis.chat.path}'`))[0];
      const before = await sums();
      const old = asked.slice(1);
      const literal = (id) => (backend === "postgres" ? `'${id}'` : `x'${id.replaceAll("-", "")}'`);
      await database.run(`UPDATE usage_events SET created_at = created_at - ${days(40)} WHERE request_id IN (${old.map(literal)})`);
      await database.run(`UPDATE audit_events SET created_at = created_at - ${days(40)} WHERE action = 'retention.update'`);
      await admin.patch(retention, { usage_days: 30, audit_days: 30 });
      await until("old events are gone", async () => stored().then((ids) => old.every((id) => !ids.has(id))), patience);
      assert.ok((await stored()).has(asked[0]));
      assert.deepEqual(await sums(), before);
      await until("old audit entries are gone", async () => (await audited("retention.update")).data.length === 1, patience);
      const metrics = await Promise.all([...new Set([gateway, other])].map(async (one) => (await fetch(`${one.control}/metrics`)).text()));
      assert.match(metrics.join("\n"), /gateway_purged_rows_total\{kind="usage_events"\} 3\b/);
      await admin.patch(retention, { usage_days: null, audit_days: null });
    });

    test("sessions and kept answers that are over go by themselves", async () => {
      await admin.expect(201, "POST", "/admin/teams", { body: { name: "once" }, headers: { "idempotency-key": "once" } });
      await admin.expect(201, "POST", "/admin/teams", { body: { name: "twice" }, headers: { "idempotency-key": "twice" } });
      await database.run(`UPDATE idempotency_keys SET created_at = created_at - ${days(2)} WHERE key = 'once'`);
      await until("the old answer is gone", async () => (await database.rows("SELECT key FROM idempotency_keys")).every((row) => row.key !== "once"), patience);
      assert.ok((await database.rows("SELECT key FROM idempotency_keys")).some((row) => row.key === "twice"));
    });

    test("one that is idle and not yet marked as disabled can be switched on as well", async () => {
      for (const on of [(id) => admin.act(`/admin/keys/${id}/enable`), (id) => admin.act("/admin/keys/bulk", { action: "enable", ids: [id] }),
        (id) => admin.patch(`/admin/keys/${id}`, { disabled: true }).then(() => admin.patch(`/admin/keys/${id}`, { disabled: false }))]) {
        const idle = await admin.create("/admin/keys", { name: `idle ${Math.random()}`, policy: { unused_key_auto_disable_after_days: 7 } });
        await database.run(`UPDATE keys SET created_at = created_at - ${days(7)} WHERE name = '${idle.name}'`);
        assert.equal((await gateway.ask(apis.chat, idle.key)).json.error.code, "disabled_virtual_key");
        await on(idle.id);
        assert.equal((await admin.get(`/admin/keys/${idle.id}`)).status, "active");
        await until("it works", async () => (await gateway.ask(apis.chat, idle.key)).status === 200, patience);
      }
    });

    test("a key nobody used for as long as its policy allows is disabled, and works again once it is switched on", async () => {
      const idle = await admin.create("/admin/keys", { name: "idle", policy: { unused_key_auto_disable_after_days: 7 } });
      await database.run(`UPDATE keys SET created_at = created_at - ${days(8)} WHERE name = 'idle'`);
      for (const one of new Set([gateway, other])) await one.restart();  // looks at once, then every ten minutes
      let row;
      await until("it is disabled", async () => (row = await admin.get(`/admin/keys/${idle.id}`)).disabled, { within: 90_000 });
      const [event] = (await admin.get(`/admin/audit-events?target_id=${idle.id}&action=keys.disable`)).data;
      assert.deepEqual([event.actor_name, event.after.unused_key_auto_disable_after_days], ["gateway", 7]);
      assert.equal((await gateway.ask(apis.chat, idle.key)).json.error.code, "disabled_virtual_key");
      row = await admin.act(`/admin/keys/${idle.id}/enable`);
      assert.equal(row.status, "active");
      await until("it works", async () => (await gateway.ask(apis.chat, idle.key)).status === 200, patience);
    });
  });
}
