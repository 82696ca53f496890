// Passwords that operators set for each other: who may, what they end, and that nobody learns them from it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { Fixture } from "./harness/fixture.mjs";

for (const backend of ["sqlite", "postgres"]) {
  describe(`passwords on ${backend}`, () => {
    const all = new Fixture(`passwords-${backend}`);
    const email = "ada@example.com";
    let admin, ada, at;
    before(async () => {
      const stores = backend === "postgres" ? (await all.stores()).urls : undefined;
      admin = new Admin(await all.gateway({ stores, env: adminEnv }));
      ada = await admin.create("/admin/operators", { name: "ada", scopes: ["keys:*"], email, password: "the first password" });
      at = `/admin/operators/${ada.id}`;
    });
    after(() => all.close());

    const signIn = (password) => admin.as(null).request("POST", "/admin/session", { body: { email, password } });
    const bySession = (answer, extra = {}) => ({ headers: { cookie: answer.headers.get("set-cookie").split(";")[0], "x-relayna-csrf": answer.json.csrf_token }, ...extra });

    test("a forgotten one is set anew: sessions end, it must be changed, the token stays", async () => {
      const first = await signIn("the first password");
      const changed = await admin.as(null).request("POST", "/admin/session/password", bySession(first, { body: { current_password: "the first password", new_password: "her own password" } }));
      assert.equal(changed.status, 204, changed.text);
      assert.equal((await admin.get(at)).must_change_password, false);
      const open = await signIn("her own password");
      assert.equal((await admin.as(null).request("GET", "/admin/session", bySession(open))).status, 200);

      const patched = await admin.patch(at, { password: "a second password" });
      assert.deepEqual([patched.has_password, patched.must_change_password], [true, true]);
      for (const session of [first, open]) await admin.as(null).refused(401, "expired_session", "GET", "/admin/session", bySession(session));
      assert.equal((await admin.get(`/admin/sessions?operator_id=${ada.id}`)).data.length, 0);
      assert.equal((await signIn("her own password")).status, 401);
      const next = await signIn("a second password");
      assert.deepEqual([next.status, next.json.must_change_password], [200, true]);
      await admin.as(null).refused(403, "password_change_required", "GET", "/admin/keys", bySession(next));
      await admin.as(ada.token).get("/admin/keys");

      const [row] = (await admin.get(`/admin/audit-events?target_id=${ada.id}&action=operators.update`)).data;
      assert.deepEqual([row.before.must_change_password, row.after.must_change_password], [false, true]);
      assert.ok(!JSON.stringify([patched, row]).includes("second password"));
    });

    test("only by who may do as much, and never one's own", async () => {
      const helper = admin.as((await admin.create("/admin/operators", { name: "helper", scopes: ["operators:*"] })).token);
      await helper.refused(403, "insufficient_operator_scope", "PATCH", at, { body: { password: "a third password" } });
      await admin.as(ada.token).refused(403, "insufficient_operator_scope", "PATCH", at, { body: { password: "a third password" } });
      const { operator_id: own } = await admin.get("/admin/session");
      const error = await admin.refused(400, "invalid_request", "PATCH", `/admin/operators/${own}`, { body: { password: "a third password" } }, ["password"]);
      assert.match(error.message + JSON.stringify(error.fields), /\/admin\/session\/password/);
      for (const password of ["short", null, 7]) await admin.refused(400, "invalid_request", "PATCH", at, { body: { password } }, ["password"]);
      assert.equal((await signIn("a second password")).status, 200, "nothing of that changed it");
    });
  });
}
