// Webhooks for alerts, and what they are told of: signed, when operators want it, and once however many replicas see it.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { freePort, until } from "../e2e/harness.mjs";
import { Alerts, look, ownSecret } from "./harness/alerts.mjs";
import { apis } from "./harness/answers.mjs";
import { secretOf } from "./harness/declared.mjs";
import { Receiver } from "./harness/receiver.mjs";

for (const backend of ["sqlite", "postgres"]) {
  describe(`alerts on ${backend}`, () => {
    const alerts = new Alerts(backend);
    before(() => alerts.start());
    after(() => alerts.close());

    test("a webhook's secret is made when none is given, shown once and kept sealed", () => alerts.withWebhook({}, async (receiver, webhook, path) => {
      assert.match(webhook.secret, /^whsec_[A-Za-z0-9+/]+=*$/);
      assert.equal((await alerts.admin.get(path)).secret, undefined);
      const rotated = await alerts.admin.act(`${path}/rotate`);
      assert.ok(rotated.secret && rotated.secret !== webhook.secret);
      await alerts.admin.refused(400, "invalid_request", "PATCH", path, { body: { secret: null } }, ["secret"]);
      assert.equal((await alerts.admin.patch(path, { secret: ownSecret })).secret, undefined);
      assert.equal((await alerts.admin.patch(path, { name: webhook.name })).secret, undefined);
      const everything = JSON.stringify([await alerts.database.rows("SELECT * FROM audit_events"), await alerts.database.rows("SELECT * FROM alert_webhooks"), await alerts.database.rows("SELECT * FROM idempotency_keys")]);
      for (const secret of [webhook.secret, rotated.secret, ownSecret]) assert.ok(!everything.includes(secret));
    }));

    test("what could not work is refused, field by field", async () => {
      const refused = (fields, paths) => alerts.admin.refused(400, "invalid_request", "POST", "/admin/alerts/webhooks", { body: { name: "bad", url: "https://example.com/x", ...fields } }, paths);
      await refused({ url: "http://169.254.169.254/" }, ["url"]);
      await refused({ url: "ftp://example.com" }, ["url"]);
      await refused({ events: ["budget.threshold", "no.such"], secret: "short", name: "" }, ["events[1]", "secret", "name"]);
      await refused({ events: ["test"] }, ["events[0]"]);
    });

    test("a test delivery is signed, reported and on record", () => alerts.withWebhook({ secret: ownSecret, events: ["spool.growing"], enabled: false }, async (receiver, webhook, path) => {
      const report = await alerts.admin.act(`${path}/test`);
      assert.deepEqual([report.ok, report.status, report.problem], [true, 200, null]);
      const [attempt] = receiver.attempts;
      Receiver.check(attempt, ownSecret);
      assert.deepEqual([attempt.type, attempt.id, attempt.target, attempt.headers["content-type"]], ["test", report.delivery_id, "/alerts", "application/json"]);
      receiver.answer = () => 302;
      const moved = await alerts.admin.act(`${path}/test`);
      assert.deepEqual([moved.ok, moved.status], [false, 302]);
      assert.match(moved.problem, /redirects are not followed/);
      assert.equal(receiver.attempts.length, 2);
      await alerts.admin.patch(path, { url: `http://127.0.0.1:${await freePort()}/` });
      const down = await alerts.admin.act(`${path}/test`);
      assert.deepEqual([down.ok, down.status], [false, null]);
      const listed = await alerts.deliveries(`webhook_id=${webhook.id}&event=test`);
      assert.deepEqual(listed.map(({ state, attempts, payload }) => [state, attempts, payload.type]), [["failed", 1, "test"], ["failed", 1, "test"], ["delivered", 1, "test"]]);
      assert.deepEqual((await alerts.deliveries(`webhook_id=${webhook.id}&state=delivered`)).map(({ id }) => id), [report.delivery_id]);
      assert.equal((await alerts.admin.get(`/admin/audit-events?action=alert-webhooks.test&target_id=${webhook.id}`)).data.length, 3);
      await alerts.admin.refused(400, "invalid_request", "GET", "/admin/alerts/deliveries?state=lost", {}, ["state"]);
    }));

    test("a key that expires soon is told of once, by whichever replica", () => alerts.withWebhook({ secret: ownSecret, events: ["key.expiring"] }, async (receiver) => {
      const key = await alerts.keyThatExpires("soon");
      const told = await until("it is told", () => receiver.taken.find(({ data }) => data.key_id === key.id), { within: 20_000 });
      Receiver.check(told, ownSecret);
      assert.deepEqual([told.type, told.data.name, told.data.within_days], ["key.expiring", "soon", 7]);
      await sleep(look + 2_000);
      assert.equal(receiver.attempts.filter(({ data }) => data.key_id === key.id).length, 1);
      assert.ok((await alerts.count("delivered")) >= 1);
    }));

    test("a budget that passes 80 % is told of once, though every replica sees it", () => alerts.withWebhook({ events: ["budget.threshold", "budget.exceeded"] }, async (receiver, webhook) => {
      let output = 850;  // tokens, a cent per hundred
      alerts.upstream.script((request, reply) => reply.json(200, apis.chat.whole({ input: 1, output })));
      const spend = async (replica, most) => {
        const answer = await replica.ask(apis.chat, secretOf("spender"), { max_tokens: most });
        assert.equal(answer.status, 200, answer.text);
      };
      await spend(alerts.replicas[0], 900);
      output = 10;
      for (const replica of alerts.replicas) await spend(replica, 50);
      await until("it is told", () => receiver.taken.length > 0, { within: 30_000 });
      await sleep(2 * look);
      assert.deepEqual(receiver.attempts.map(({ type, data }) => [type, data.percent, data.limit, data.limit_usd]), [["budget.threshold", 80, "usd_per_day", "0.1"]]);
      assert.match(receiver.taken[0].data.counter, /^key:/);
      assert.equal((await alerts.deliveries(`webhook_id=${webhook.id}`)).length, 1);
    }));

    test("operators say when they want to be told", () => alerts.withWebhook({ events: ["key.expiring"] }, async (receiver) => {
      const path = "/admin/alerts/settings";
      const before = await alerts.admin.request("GET", path);
      assert.deepEqual(before.json, { budget_percents: [80, 100], key_expiry_days: [1, 7] });
      await alerts.admin.refused(400, "invalid_request", "PATCH", path, { body: { budget_percents: [10], key_expiry_days: [1, 1] } }, ["budget_percents[0]", "key_expiry_days"]);
      const saved = await alerts.admin.patch(path, { key_expiry_days: [30, 7] });
      assert.deepEqual(saved, { budget_percents: [80, 100], key_expiry_days: [7, 30] });
      await alerts.admin.refused(412, "precondition_failed", "PATCH", path, { body: { budget_percents: [90] }, headers: { "if-match": before.headers.get("etag") } });
      const key = await alerts.keyThatExpires("in three weeks", 21);
      const told = await until("it is told", () => receiver.taken.find(({ data }) => data.key_id === key.id), { within: 20_000 });
      assert.equal(told.data.within_days, 30);
      await alerts.admin.patch(path, { key_expiry_days: [1, 7] });
      assert.equal((await alerts.admin.get("/admin/audit-events?action=alert-settings.update")).data.length, 2);
    }));
  });
}
