// The data key is rotated by the admin API while replicas serve, and one of them dies in the middle.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { apis } from "./harness/answers.mjs";
import { declared, keyNamed, secretOf } from "./harness/declared.mjs";
import { Fixture } from "./harness/fixture.mjs";

const all = new Fixture("data-key");
after(() => all.close());

const providers = Array.from({ length: 5 }, (_, i) => i);
let a, b, upstream;
before(async () => {
  const { urls } = await all.stores();
  upstream = await all.upstream();
  upstream.script((request, reply) => reply.json(200, {
    id: "c", object: "chat.completion", model: "m", choices: [{ index: 0, message: { role: "assistant", content: "yes" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  }));
  const config = declared({
    providers: providers.map((i) => ({ name: `up${i}`, kind: "openai", base_url: `${upstream.url}/v1`, credential: `sk-of-${i}` })),
    models: providers.map((i) => ({ name: `m${i}`, provider: `up${i}` })),
    keys: [keyNamed("caller")],
  });
  [a, b] = await all.gateways(2, { stores: urls, env: adminEnv, config });
});

async function everythingIsReached(gateway) {
  for (const i of providers) {
    const answer = await gateway.ask(apis.chat, secretOf("caller"), { model: `m${i}` });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(upstream.last.headers.authorization, `Bearer sk-of-${i}`);
  }
}

test("every credential goes under a new key, and a count proves it", async () => {
  const before = await new Admin(a).get("/admin/data-key");
  assert.deepEqual([before.rotating, before.key_id, before.total, before.remaining], [false, "", 5, 0]);
  assert.ok(before.stored_secrets.every(({ current }) => current));
  await everythingIsReached(b);

  const begun = await new Admin(a).act("/admin/data-key/rotate");
  assert.deepEqual([begun.rotating, begun.total], [true, 5]);
  assert.equal((await new Admin(b).act("/admin/data-key/rotate")).key_id, begun.key_id, "one at a time");
  await a.kill();
  let last;
  await until("the other replica ends it", async () => {
    last = await new Admin(b).get("/admin/data-key");
    await everythingIsReached(b);
    return !last.rotating;
  }, { within: 120_000, every: 1_000 });
  assert.deepEqual([last.key_id, last.total, last.done, last.remaining, last.unreadable], [begun.key_id, 5, 5, 0, []]);

  await a.restart();
  await everythingIsReached(a);
  const audit = await new Admin(b).get("/admin/audit-events?action=data-key.rotate");
  assert.equal(audit.data.length, 1);
});
