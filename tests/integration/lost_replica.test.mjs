// A replica whose disk is lost with it: nobody will ever read its spool. Another one takes over by the lease in Redis: what was
// under way is recorded as interrupted, and what it had reserved is free again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { apis } from "./harness/answers.mjs";
import { countersIn, reservationsIn } from "./harness/counters.mjs";
import { declared, keyNamed, secretOf } from "./harness/declared.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";
import { asking } from "./harness/upstream_process.mjs";

const all = new Fixture("lost-replica");
let stores, upstream, lost, heir;
before(async () => {
  [stores, upstream] = await Promise.all([all.stores(), all.recordingUpstream()]);
  const config = declared({ keys: [keyNamed("limited", { max_concurrent_requests: 3, max_tokens_per_day: 1_000_000 })] });
  const options = { stores: stores.urls, upstream: upstream.url, config, env: { GATEWAY_LEASE_SECONDS: "1", GATEWAY_LEASE_GRACE_SECONDS: "2" } };
  lost = await all.gateway({ ...options, name: "lost" });
  heir = await all.gateway({ ...options, name: "heir" });
});
after(() => all.close());

const ask = (gateway, extra = {}, plan = {}) => gateway.ask(apis.chat, secretOf("limited"), { max_tokens: 400, ...extra }, asking(plan));
const counter = async () => [...(await countersIn(stores.redis)).values()].find(({ seeded }) => seeded);
const interrupted = () => stores.database.rows("SELECT * FROM usage_events WHERE usage_source = 'interrupted'");

test("its requests become interrupted, once, and its reservations end", async () => {
  const streams = [1, 2].map(() => ask(lost, { stream: true }, { input: 3, output: 5, pace: 60_000 }).catch(() => "broken"));
  await until("two are under way", async () => (await reservationsIn(stores.redis)).length === 2, patience);
  const ids = (await reservationsIn(stores.redis)).sort();
  await lost.kill();  // and its state directory is never used again
  assert.deepEqual(await Promise.all(streams), ["broken", "broken"]);

  const alive = ask(heir, { stream: true }, { input: 3, output: 5, pace: 700 });  // renews its lease all the while
  const rows = await until("the heir records them", async () => {
    const found = await interrupted();
    return found.length >= 2 && found;
  }, patience);
  assert.deepEqual(rows.map(({ request_id: id }) => id).sort(), ids);
  for (const row of rows) {
    assert.deepEqual([row.status_code, row.error_code, row.charged], [0, "interrupted", true]);
    assert.ok(row.total_tokens > 400, "what was reserved");
  }
  assert.equal((await alive).status, 200);
  await until("nothing is reserved any more", async () => (await reservationsIn(stores.redis)).length === 0, patience);
  const { concurrent, requests, tokens } = await counter();
  assert.deepEqual([concurrent, requests, tokens], [0, 3, rows[0].total_tokens + rows[1].total_tokens + 8]);
  for (const round of [1, 2, 3]) assert.equal((await ask(heir, {}, { input: 3, output: 5 })).status, 200, `${round} of 3 at once`);
  assert.equal((await interrupted()).length, 2);
});
