// What hangs on a deleted row: things with a life of their own keep it, and are named; its own settings go with it, and the audit
// log has a row for each of them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { Fixture } from "./harness/fixture.mjs";

for (const backend of ["sqlite", "postgres"]) {
  describe(`deletions on ${backend}`, () => {
    const all = new Fixture(`deletions-${backend}`);
    let admin;
    before(async () => {
      const stores = backend === "postgres" ? (await all.stores()).urls : undefined;
      admin = new Admin(await all.gateway({ stores, env: { ...adminEnv, GATEWAY_ECHO: "true" } }));
    });
    after(() => all.close());

    // The audit rows of one request, as [action, target_id, name of what there was before].
    async function deletedWith(target, options = { method: "DELETE" }) {
      const answer = await admin.request(options.method, target, { body: options.body });
      assert.ok(answer.status < 300, answer.text);
      const request = answer.headers.get("x-relayna-request-id");
      const { data } = await admin.get("/admin/audit-events?limit=200");
      return data.filter((row) => row.request_id === request).map((row) => {
        assert.equal(row.after, null);
        assert.ok(row.before !== null, row.action);
        return `${row.action} ${row.target_id}`;
      }).sort();
    }
    const settingsOf = async (kind, id) => [
      ["policy-layers", await admin.create("/admin/policy-layers", { kind, scope_id: id, policy: { rpm_limit: 5 } })],
      ["limits", await admin.create("/admin/limits", { name: `one of ${id}`, scope: kind, target: id, requests_per_day: 5 })],
      ["limits", await admin.create("/admin/limits", { name: `another of ${id}`, scope: kind, target: id, tokens_per_day: 5 })],
      ...(kind === "team" ? [] : [["litellm-credentials", await admin.create("/admin/providers/litellm-credentials", { scope: kind, target_id: id, credential: "sk-x" })]]),
    ];
    const told = (resource, id, rows) => [[resource, { id }], ...rows].map(([kind, row]) => `${kind}.delete ${row.id}`).sort();

    test("a team is kept by its projects, a project by its keys", async () => {
      const team = await admin.create("/admin/teams", { name: "platform" });
      const project = await admin.create("/admin/projects", { name: "search", team_id: team.id });
      const key = await admin.create("/admin/keys", { name: "caller", project_id: project.id });
      assert.match((await admin.refused(409, "conflict", "DELETE", `/admin/teams/${team.id}`)).message, /project search/);
      assert.match((await admin.refused(409, "conflict", "DELETE", `/admin/projects/${project.id}`)).message, /key caller/);
      await admin.act(`/admin/keys/${key.id}/revoke`);
      assert.match((await admin.refused(409, "conflict", "DELETE", `/admin/projects/${project.id}`)).message, /revoked key caller/);
      for (let i = 0; i < 12; i += 1) await admin.create("/admin/projects", { name: `p${i}`, team_id: team.id });
      assert.match((await admin.refused(409, "conflict", "DELETE", `/admin/teams/${team.id}`)).message, / and 3 more\./);
    });

    for (const [kind, path] of [["team", "teams"], ["project", "projects"], ["key", "keys"]]) {
      test(`what governs a ${kind} goes with it`, async () => {
        const { id } = await admin.create(`/admin/${path}`, { name: "governed" });
        const other = await admin.create(`/admin/${path}`, { name: "other" });
        const rows = await settingsOf(kind, id);
        await settingsOf(kind, other.id);
        assert.deepEqual(await deletedWith(`/admin/${path}/${id}`), told(path, id, rows));
        const { data } = await admin.get(`/admin/limits?target=${other.id}`);
        assert.equal(data.length, 2, "the other's stay");
      });
    }

    test("so it does when keys are deleted in bulk", async () => {
      const { id } = await admin.create("/admin/keys", { name: "in bulk" });
      const rows = await settingsOf("key", id);
      assert.deepEqual(await deletedWith("/admin/keys/bulk", { method: "POST", body: { action: "delete", ids: [id] } }), told("keys", id, rows));
    });

    test("a provider's further credentials go with it", async () => {
      const { id } = await admin.create("/admin/providers", { name: "theirs", kind: "openai", base_url: "https://upstream.example" });
      const rows = [];
      for (const name of ["a", "b"]) rows.push(["provider-credentials", await admin.create(`/admin/providers/${id}/credentials`, { name, secret: "sk-x" })]);
      assert.deepEqual(await deletedWith(`/admin/providers/${id}`), told("providers", id, rows));
    });

    test("nobody ends their own access by a date", async () => {
      const { operator_id: own } = await admin.get("/admin/session");
      await admin.refused(409, "conflict", "PATCH", `/admin/operators/${own}`, { body: { expires_at: "2020-01-01T00:00:00Z" } });
      await admin.patch(`/admin/operators/${own}`, { expires_at: "2100-01-01T00:00:00Z" });
    });
  });
}
