// What goes wrong around the gateway is told once it can be: a database that was away, usage that piled up meanwhile, a replica
// that is gone.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { ownSecret } from "./harness/alerts.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { Receiver } from "./harness/receiver.mjs";

const many = 10_000;  // events that wait on one replica
const lookedAt = 15_000;  // three looks that each find more
const clients = 16;

describe("outages", () => {
  const all = new Fixture("alert-outages");
  let stores, stays, dies, admin, receiver, key;
  before(async () => {
    stores = await all.stores();
    [stays, dies] = await all.gateways(2, { stores: stores.urls, env: { ...adminEnv, GATEWAY_ECHO: "true" } });
    admin = new Admin(stays);
    receiver = new Receiver(await all.upstream());
    const events = ["store.unavailable", "store.recovered", "spool.growing", "replica.lost"];
    await admin.create("/admin/alerts/webhooks", { name: "outages", url: receiver.url, secret: ownSecret, events });
    key = (await admin.create("/admin/keys", { name: "caller" })).key;
    await until("the key is known", async () => (await ask()) === 200);
  });
  after(() => all.close());

  const ask = async () => {
    const answer = await fetch(stays.url + apis.chat.path, {
      method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify(apis.chat.body({ model: "echo" })),
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  const told = (type, about = () => true) => receiver.taken.find((alert) => alert.type === type && about(alert.data));

  test("a database away for half a minute, with requests going on and a replica dying", async () => {
    await dies.kill();
    await stores.postgres.stop("immediate");
    const stopped = Date.now();
    let enough = false, served = 0;
    const client = async () => {
      while (!enough) {
        assert.equal(await ask(), 200);
        served += 1;
        if (served > 1.5 * many) await sleep(50);  // more is no use
      }
    };
    const load = Promise.all(Array.from({ length: clients }, client));
    await Promise.race([load, until("enough usage waits, and long enough", async () => served > 1.2 * many && Date.now() - stopped > 32_000 + lookedAt / 3, { within: 120_000, every: 500 })]);
    enough = true;
    await load;
    await stores.postgres.start();
    const id = (await until("usage that piled up is told", () => told("spool.growing"), { within: 60_000 })).data.replica;
    const away = await until("the database's absence is told", () => told("store.unavailable", ({ store }) => store === "database"), { within: 30_000 });
    const back = await until("its return is told", () => told("store.recovered", ({ store }) => store === "database"), { within: 30_000 });
    assert.deepEqual([away.data.replica, back.data.replica], [id, id]);
    assert.equal(back.data.away_since, away.data.away_since);
    assert.ok(told("spool.growing").data.waiting > many);
    const lost = await until("the replica that died is told", () => told("replica.lost"), { within: 90_000 });
    assert.notEqual(lost.data.replica, id);
    for (const attempt of receiver.attempts) Receiver.check(attempt, ownSecret);
    const count = (type) => receiver.taken.filter((alert) => alert.type === type).length;
    assert.deepEqual([count("spool.growing"), count("replica.lost")], [1, 1]);
    await until("every event is stored", async () => Number((await stores.database.rows("SELECT count(*) AS n FROM usage_events"))[0].n) >= served, { within: 60_000 });
    console.log(`${served} requests while the database was away; told ${receiver.taken.map(({ type }) => type).join(", ")}`);
  });
});
