// Alerts on their way to webhooks: what arises, that it is told once however many replicas see it, and that no receiver misses
// it because it was away, or because a replica died.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { freePort, until } from "../e2e/harness.mjs";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { apis } from "./harness/answers.mjs";
import { declared, keyNamed, pricedOutput, secretOf } from "./harness/declared.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { Receiver } from "./harness/receiver.mjs";
import { SqliteFile } from "./harness/sqlite.mjs";

const look = 5_000;  // how often replicas look for alerts
const days = (count) => new Date(Date.now() + count * 86_400_000).toISOString();
const ownSecret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const config = declared({ pricing: pricedOutput, keys: [keyNamed("spender", { daily_budget_usd: 0.1 }), keyNamed("failing")] });

for (const backend of ["sqlite", "postgres"]) {
  describe(`alerts on ${backend}`, () => {
    const all = new Fixture(`alerts-${backend}`);
    let replicas, admin, upstream, database, names = 0;
    before(async () => {
      const stores = backend === "postgres" ? await all.stores() : undefined;
      upstream = await all.upstream();
      replicas = await all.gateways(stores ? 2 : 1, { stores: stores?.urls, upstream: upstream.url, env: adminEnv, config });
      admin = new Admin(replicas[0]);
      database = stores?.database ?? new SqliteFile(replicas[0].dataDir);
    });
    after(() => all.close());

    // A webhook of its own for each test, gone at the end of it.
    async function withWebhook(fields, work) {
      const receiver = new Receiver(await all.upstream());
      const webhook = await admin.create("/admin/alerts/webhooks", { name: `w${(names += 1)}`, url: receiver.url, ...fields });
      try {
        return await work(receiver, webhook, `/admin/alerts/webhooks/${webhook.id}`);
      } finally {
        await admin.remove(`/admin/alerts/webhooks/${webhook.id}`);
      }
    }
    const deliveries = (query) => admin.get(`/admin/alerts/deliveries?${query}`).then(({ data }) => data);
    const count = async (result) => {
      let sum = 0;
      for (const replica of replicas) {
        const text = await (await fetch(`${replica.control}/metrics`)).text();
        sum += Number(new RegExp(`^gateway_alert_deliveries_total\\{result="${result}"\\} (\\d+)`, "m").exec(text)?.[1] ?? 0);
      }
      return sum;
    };
    const expiring = (name, inDays = 3) => admin.create("/admin/keys", { name, expires_at: days(inDays) });

    test("a webhook's secret is made when none is given, shown once and kept sealed", () => withWebhook({}, async (receiver, webhook, path) => {
      assert.match(webhook.secret, /^whsec_[A-Za-z0-9+/]+=*$/);
      assert.equal((await admin.get(path)).secret, undefined);
      const rotated = await admin.act(`${path}/rotate`);
      assert.ok(rotated.secret && rotated.secret !== webhook.secret);
      await admin.refused(400, "invalid_request", "PATCH", path, { body: { secret: null } }, ["secret"]);
      assert.equal((await admin.patch(path, { secret: ownSecret })).secret, undefined);
      assert.equal((await admin.patch(path, { name: webhook.name })).secret, undefined);
      const everything = JSON.stringify([await database.rows("SELECT * FROM audit_events"), await database.rows("SELECT * FROM alert_webhooks"), await database.rows("SELECT * FROM idempotency_keys")]);
      for (const secret of [webhook.secret, rotated.secret, ownSecret]) assert.ok(!everything.includes(secret));
    }));

    test("what could not work is refused, field by field", async () => {
      const refused = (fields, paths) => admin.refused(400, "invalid_request", "POST", "/admin/alerts/webhooks", { body: { name: "bad", url: "https://example.com/x", ...fields } }, paths);
      await refused({ url: "http://169.254.169.254/" }, ["url"]);
      await refused({ url: "ftp://example.com" }, ["url"]);
      await refused({ events: ["budget.threshold", "no.such"], secret: "short", name: "" }, ["events[1]", "secret", "name"]);
      await refused({ events: ["test"] }, ["events[0]"]);
    });

    test("a test delivery is signed, reported and on record", () => withWebhook({ secret: ownSecret, events: ["spool.growing"], enabled: false }, async (receiver, webhook, path) => {
      const report = await admin.act(`${path}/test`);
      assert.deepEqual([report.ok, report.status, report.problem], [true, 200, null]);
      const [attempt] = receiver.attempts;
      Receiver.check(attempt, ownSecret);
      assert.deepEqual([attempt.type, attempt.id, attempt.target, attempt.headers["content-type"]], ["test", report.delivery_id, "/alerts", "application/json"]);
      receiver.answer = () => 302;
      const moved = await admin.act(`${path}/test`);
      assert.deepEqual([moved.ok, moved.status], [false, 302]);
      assert.match(moved.problem, /redirects are not followed/);
      assert.equal(receiver.attempts.length, 2);
      await admin.patch(path, { url: `http://127.0.0.1:${await freePort()}/` });
      const down = await admin.act(`${path}/test`);
      assert.deepEqual([down.ok, down.status], [false, null]);
      const listed = await deliveries(`webhook_id=${webhook.id}&event=test`);
      assert.deepEqual(listed.map(({ state, attempts, payload }) => [state, attempts, payload.type]), [["failed", 1, "test"], ["failed", 1, "test"], ["delivered", 1, "test"]]);
      assert.deepEqual((await deliveries(`webhook_id=${webhook.id}&state=delivered`)).map(({ id }) => id), [report.delivery_id]);
      assert.equal((await admin.get(`/admin/audit-events?action=alert_webhooks.test&target_id=${webhook.id}`)).data.length, 3);
      await admin.refused(400, "invalid_request", "GET", "/admin/alerts/deliveries?state=lost", {}, ["state"]);
    }));

    test("a key that expires soon is told of once, by whichever replica", () => withWebhook({ secret: ownSecret, events: ["key.expiring"] }, async (receiver) => {
      const key = await expiring("soon");
      const told = await until("it is told", () => receiver.taken.find(({ data }) => data.key_id === key.id), { within: 20_000 });
      Receiver.check(told, ownSecret);
      assert.deepEqual([told.type, told.data.name, told.data.within_days], ["key.expiring", "soon", 7]);
      await sleep(look + 2_000);
      assert.equal(receiver.attempts.filter(({ data }) => data.key_id === key.id).length, 1);
      assert.ok((await count("delivered")) >= 1);
    }));

    test("a budget that passes 80 % is told of once, though every replica sees it", () => withWebhook({ events: ["budget.threshold", "budget.exceeded"] }, async (receiver, webhook) => {
      let output = 850;  // tokens, a cent per hundred
      upstream.script((request, reply) => reply.json(200, apis.chat.whole({ input: 1, output })));
      const spend = async (replica, most) => {
        const answer = await replica.ask(apis.chat, secretOf("spender"), { max_tokens: most });
        assert.equal(answer.status, 200, answer.text);
      };
      await spend(replicas[0], 900);
      output = 10;
      for (const replica of replicas) await spend(replica, 50);
      await until("it is told", () => receiver.taken.length > 0, { within: 30_000 });
      await sleep(2 * look);
      assert.deepEqual(receiver.attempts.map(({ type, data }) => [type, data.percent, data.limit, data.limit_usd]), [["budget.threshold", 80, "usd_per_day", "0.1"]]);
      assert.match(receiver.taken[0].data.counter, /^key:/);
      assert.equal((await deliveries(`webhook_id=${webhook.id}`)).length, 1);
    }));

    test("a receiver that fails is asked again", () => withWebhook({ secret: ownSecret, events: ["key.expiring"] }, async (receiver, webhook) => {
      receiver.answer = ({ data }) => (receiver.attempts.filter((attempt) => attempt.data.key_id === data.key_id).length > 1 ? 200 : 500);
      const key = await expiring("retried");
      const ofKey = ({ data }) => data.key_id === key.id;
      await until("it is taken", () => receiver.taken.find(ofKey), { within: 40_000 });
      const [first, second] = receiver.attempts.filter(ofKey);
      assert.equal(first.id, second.id);
      assert.equal(first.body, second.body);
      assert.ok(second.at - first.at >= 3_500, `${second.at - first.at} ms`);
      Receiver.check(second, ownSecret);
      const listed = await until("it is on record", async () => (await deliveries(`webhook_id=${webhook.id}&state=delivered`)).find(({ id }) => id === first.id));
      assert.equal(listed.attempts, 2);
      await admin.refused(409, "conflict", "POST", `/admin/alerts/deliveries/${first.id}/retry`);
      assert.ok((await count("retried")) >= 1);
    }));

    test("a receiver that is down is told when an operator says so", () => withWebhook({ events: ["key.expiring"] }, async (receiver, webhook, path) => {
      await admin.patch(path, { url: `http://127.0.0.1:${await freePort()}/` });
      const key = await expiring("later");
      const find = async () => (await deliveries(`webhook_id=${webhook.id}&state=pending`)).find(({ payload }) => payload.data.key_id === key.id);
      const waiting = await until("it failed twice", async () => { const found = await find(); return found?.attempts >= 2 && found; }, { within: 40_000 });
      assert.ok(waiting.last_error && Date.parse(waiting.next_attempt_at) > Date.now());
      await admin.patch(path, { url: receiver.url });
      await admin.act(`/admin/alerts/deliveries/${waiting.id}/retry`);
      await until("it arrives", () => receiver.taken.some(({ id }) => id === waiting.id), { within: 3_000 });
    }));

    test("operators say when they want to be told", () => withWebhook({ events: ["key.expiring"] }, async (receiver) => {
      const path = "/admin/alerts/settings";
      const before = await admin.request("GET", path);
      assert.deepEqual(before.json, { budget_percents: [80, 100], key_expiry_days: [1, 7] });
      await admin.refused(400, "invalid_request", "PATCH", path, { body: { budget_percents: [10], key_expiry_days: [1, 1] } }, ["budget_percents[0]", "key_expiry_days"]);
      const saved = await admin.patch(path, { key_expiry_days: [30, 7] });
      assert.deepEqual(saved, { budget_percents: [80, 100], key_expiry_days: [7, 30] });
      await admin.refused(412, "precondition_failed", "PATCH", path, { body: { budget_percents: [90] }, headers: { "if-match": before.headers.get("etag") } });
      const key = await expiring("in three weeks", 21);
      const told = await until("it is told", () => receiver.taken.find(({ data }) => data.key_id === key.id), { within: 20_000 });
      assert.equal(told.data.within_days, 30);
      await admin.patch(path, { key_expiry_days: [1, 7] });
      assert.equal((await admin.get("/admin/audit-events?action=alert_settings.update")).data.length, 2);
    }));

    test("a provider that fails ten times in a row is told of", () => withWebhook({ events: ["provider.failing"] }, async (receiver) => {
      upstream.script((request, reply) => reply.json(500, { error: { message: "no" } }));
      for (let i = 0; i < 10; i += 1) assert.equal((await replicas[0].ask(apis.chat, secretOf("failing"))).status, 500);
      const told = await until("it is told", () => receiver.taken[0], { within: 20_000 });
      assert.deepEqual([told.type, told.data.provider, told.data.last_error], ["provider.failing", "litellm", "status_500"]);
    }));

    test("a delivery whose sender is killed is sent by another", () => withWebhook({ secret: ownSecret, events: ["key.expiring"] }, async (receiver) => {
      const ofKey = ({ data }) => data.name === "orphan";
      receiver.answer = () => undefined;
      await expiring("orphan");
      const first = await until("it is on its way", () => receiver.attempts.find(ofKey), { within: 20_000 });
      await Promise.all(replicas.map((replica) => replica.kill()));
      receiver.answer = () => 200;
      await Promise.all(replicas.map((replica) => replica.restart()));
      const second = await until("it is taken", () => receiver.taken.find(ofKey), { within: 60_000 });
      assert.deepEqual([second.id, second.body], [first.id, first.body]);
      Receiver.check(second, ownSecret);
    }));
  });
}
