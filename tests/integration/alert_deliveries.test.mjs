// No alert is missed because a receiver fails or is away, or because a replica dies with it in its hands.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { freePort, until } from "../e2e/harness.mjs";
import { Alerts, ownSecret } from "./harness/alerts.mjs";
import { apis } from "./harness/answers.mjs";
import { secretOf } from "./harness/declared.mjs";
import { Receiver } from "./harness/receiver.mjs";

for (const backend of ["sqlite", "postgres"]) {
  describe(`alerts on ${backend}`, () => {
    const alerts = new Alerts(backend);
    before(() => alerts.start());
    after(() => alerts.close());

    test("a receiver that fails is asked again", () => alerts.withWebhook({ secret: ownSecret, events: ["key.expiring"] }, async (receiver, webhook) => {
      receiver.answer = ({ data }) => (receiver.attempts.filter((attempt) => attempt.data.key_id === data.key_id).length > 1 ? 200 : 500);
      const key = await alerts.keyThatExpires("retried");
      const ofKey = ({ data }) => data.key_id === key.id;
      await until("it is taken", () => receiver.taken.find(ofKey), { within: 40_000 });
      const [first, second] = receiver.attempts.filter(ofKey);
      assert.equal(first.id, second.id);
      assert.equal(first.body, second.body);
      assert.ok(second.at - first.at >= 3_500, `${second.at - first.at} ms`);
      Receiver.check(second, ownSecret);
      const listed = await until("it is on record", async () => (await alerts.deliveries(`webhook_id=${webhook.id}&state=delivered`)).find(({ id }) => id === first.id));
      assert.equal(listed.attempts, 2);
      await alerts.admin.refused(409, "conflict", "POST", `/admin/alerts/deliveries/${first.id}/retry`);
      assert.ok((await alerts.count("retried")) >= 1);
    }));

    test("a receiver that is down is told when an operator says so", () => alerts.withWebhook({ events: ["key.expiring"] }, async (receiver, webhook, path) => {
      await alerts.admin.patch(path, { url: `http://127.0.0.1:${await freePort()}/` });
      const key = await alerts.keyThatExpires("later");
      const find = async () => (await alerts.deliveries(`webhook_id=${webhook.id}&state=pending`)).find(({ payload }) => payload.data.key_id === key.id);
      const waiting = await until("it failed twice", async () => { const found = await find(); return found?.attempts >= 2 && found; }, { within: 40_000 });
      assert.ok(waiting.last_error && Date.parse(waiting.next_attempt_at) > Date.now());
      await alerts.admin.patch(path, { url: receiver.url });
      await alerts.admin.act(`/admin/alerts/deliveries/${waiting.id}/retry`);
      await until("it arrives", () => receiver.taken.some(({ id }) => id === waiting.id), { within: 3_000 });
    }));

    test("a provider that fails ten times in a row is told of", () => alerts.withWebhook({ events: ["provider.failing"] }, async (receiver) => {
      alerts.upstream.script((request, reply) => reply.json(500, { error: { message: "no" } }));
      for (let i = 0; i < 10; i += 1) assert.equal((await alerts.replicas[0].ask(apis.chat, secretOf("failing"))).status, 500);
      const told = await until("it is told", () => receiver.taken[0], { within: 20_000 });
      assert.deepEqual([told.type, told.data.provider, told.data.last_error], ["provider.failing", "litellm", "status_500"]);
    }));

    test("a delivery whose sender is killed is sent by another", () => alerts.withWebhook({ secret: ownSecret, events: ["key.expiring"] }, async (receiver) => {
      const ofKey = ({ data }) => data.name === "orphan";
      receiver.answer = () => undefined;
      await alerts.keyThatExpires("orphan");
      const first = await until("it is on its way", () => receiver.attempts.find(ofKey), { within: 20_000 });
      await Promise.all(alerts.replicas.map((replica) => replica.kill()));
      receiver.answer = () => 200;
      await Promise.all(alerts.replicas.map((replica) => replica.restart()));
      const second = await until("it is taken", () => receiver.taken.find(ofKey), { within: 60_000 });
      assert.deepEqual([second.id, second.body], [first.id, first.body]);
      Receiver.check(second, ownSecret);
    }));
  });
}
