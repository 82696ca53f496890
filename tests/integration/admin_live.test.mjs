// What operators see of requests while they happen, and the requests they send themselves as a key.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { Admin, adminEnv, adminToken } from "./harness/admin.mjs";
import { apis } from "./harness/answers.mjs";
import { EventStream } from "./harness/event_stream.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { SqliteFile } from "./harness/sqlite.mjs";

const idOf = (answer) => answer.headers.get("x-relayna-request-id");
const stages = ["auth", "read", "policy", "admit", "upstream", "stream", "settle"];

for (const backend of ["sqlite", "postgres"]) {
  describe(`live on ${backend}`, () => {
    const all = new Fixture(`live-${backend}`);
    let gateway, other, admin, database, key, narrow;
    const ask = (on = gateway, secret = key.key, extra = {}, headers = {}) => on.ask(apis.chat, secret, { model: "echo", ...extra }, headers);
    before(async () => {
      const stores = backend === "postgres" ? await all.stores() : undefined;
      const options = { stores: stores?.urls, env: adminEnv };
      gateway = await all.gateway(options);
      if (stores) other = await all.gateway(options);
      admin = new Admin(gateway);
      database = stores?.database ?? new SqliteFile(gateway.dataDir);
      key = await admin.create("/admin/keys", { name: "caller" });
      narrow = await admin.create("/admin/keys", { name: "narrow", policy: { allow_streaming: false } });
    });
    after(() => all.close());

    describe("the tail", () => {
      const following = async (query, work) => {
        const tail = await new EventStream(gateway, `/admin/requests/tail${query}`).open();
        try {
          return await work(tail);
        } finally {
          await tail.close();
        }
      };

      test("shows a request within a second of its end, with what each stage took", () => following("", async (tail) => {
        assert.equal(tail.events[0].event, "replica");
        assert.ok(tail.events[0].data.id);
        const answer = await ask();
        const ended = performance.now();
        const seen = await until("it is shown", () => tail.events.find(({ data }) => data.request_id === idOf(answer)));
        assert.ok(seen.at - ended < 1_000, `${seen.at - ended} ms`);
        assert.deepEqual([seen.data.status, seen.data.key_id, seen.data.provider, seen.data.route], [200, key.id, "echo", apis.chat.path]);
        for (const stage of stages) assert.ok(seen.data.stages_us[stage] >= 0, stage);
        assert.ok(seen.data.duration_us > 0 && seen.data.duration_us >= seen.data.stages_us.upstream);
        assert.ok(!JSON.stringify(tail.events).includes(key.key));
      }));

      test("shows only what was asked for", () => following(`?key_id=${narrow.id}&errors=true`, async (tail) => {
        await ask();
        assert.equal((await ask(gateway, narrow.key)).status, 200);
        const refused = await ask(gateway, narrow.key, { stream: true });
        assert.equal(refused.status, 403);
        await until("the refused one is shown", () => tail.requests.length > 0);
        assert.deepEqual(tail.requests.map(({ request_id, error_code, error_reason }) => [request_id, error_code, error_reason]), [[idOf(refused), "policy_denied", "allow_streaming"]]);
      }));

      test("is refused with what is wrong in its filter", async () => {
        for (const [query, field] of [["status_class=9xx", "status_class"], ["key_id=k", "key_id"], ["errors=maybe", "errors"]]) {
          await admin.refused(400, "invalid_request", "GET", `/admin/requests/tail?${query}`, {}, [field]);
        }
      });

      test("of many who do not read holds neither memory nor the requests", async () => {
        const readers = Array.from({ length: 20 }, () => net.connect(gateway.controlPort, "127.0.0.1").on("error", () => {}).pause());
        for (const reader of readers) reader.write(`GET /admin/requests/tail HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${adminToken}\r\n\r\n`);
        const subscribed = async () => Number(/^gateway_tail_subscribers (\d+)/m.exec(await (await fetch(`${gateway.control}/metrics`)).text())?.[1]);
        await until("all follow", async () => (await subscribed()) === readers.length);
        const burst = async (requests) => {
          let slowest = 0;
          await Promise.all(Array.from({ length: 8 }, async () => {
            for (let i = 0; i < requests / 8; i += 1) {
              const began = performance.now();
              const answer = await ask();
              assert.equal(answer.status, 200, answer.text);
              slowest = Math.max(slowest, performance.now() - began);
            }
          }));
          return slowest;
        };
        await burst(160);
        const before = gateway.memory.resident;
        const slowest = await burst(640);
        const grown = gateway.memory.resident - before;
        assert.ok(slowest < 3_000, `a request took ${slowest} ms`);
        assert.ok(grown < 16 << 20, `memory grew by ${grown} bytes`);
        for (const reader of readers) reader.destroy();
        await until("none follows any more", async () => (await subscribed()) === 0, { within: 30_000 });
      });
    });

    test("the last requests are listed, the newest first", async () => {
      const asked = [];
      for (let i = 0; i < 3; i += 1) asked.unshift(idOf(await ask()));
      await ask(gateway, narrow.key, { stream: true });
      const listed = await until("all are there", async () => {
        const found = await admin.get(`/admin/requests/recent?key_id=${key.id}&limit=3`);
        return found.data[0]?.request_id === asked[0] && found;
      });
      assert.deepEqual(listed.data.map(({ request_id }) => request_id), asked);
      assert.ok(listed.replica.id);
      const errors = await admin.get("/admin/requests/recent?status_class=4xx&limit=1");
      assert.deepEqual(errors.data.map(({ key_id, status }) => [key_id, status]), [[narrow.id, 403]]);
      await admin.refused(400, "invalid_request", "GET", "/admin/requests/recent?limit=0", {}, ["limit"]);
    });

    describe("a debug bundle", () => {
      const bundleOf = (id, of = admin) => until(`the bundle of ${id} is whole`, async () => {
        const answer = await of.request("GET", `/admin/debug-bundles/${id}`);
        return answer.status === 200 && answer.json.usage_event && answer.json;
      }, { within: 15_000 });

      test("tells of a request that was served", async () => {
        const bundle = await bundleOf(idOf(await ask()));
        assert.deepEqual([bundle.note, bundle.usage_event.status_code, bundle.request.status], [null, 200, 200]);
        assert.deepEqual(bundle.selection_trace.map(({ provider, status }) => [provider, status]), [["echo", 200]]);
        assert.ok(bundle.policy_trace.policy_version >= 0 && Array.isArray(bundle.policy_trace.layers));
        assert.ok(!JSON.stringify(bundle).includes("hi\""), "a part of the body");
      });

      test("names the counters of the end user it was for", async () => {
        const limits = [await admin.create("/admin/limits", { name: "each", scope: "end_user", requests_per_day: 1000 }),
          await admin.create("/admin/limits", { name: "bob's", scope: "end_user", target: "bob", requests_per_day: 500 })];
        const served = await until("the limits hold", async () => {
          const answer = await ask(gateway, key.key, {}, { "x-relayna-end-user": "ada" });
          return answer.headers.get("x-ratelimit-limit-requests") === "1000" && answer;
        });
        const { limit_trace: { counters } } = await bundleOf(idOf(served));
        const held = await admin.get(`/admin/keys/${key.id}/limits?end_user=ada`);
        assert.deepEqual(counters, held.data.map(({ counter }) => counter));
        assert.match(counters[0], /^end_user:.*\/ada$/);
        for (const { id } of limits) assert.equal((await admin.request("DELETE", `/admin/limits/${id}`)).status, 204);
      });

      test("tells of one that failed upstream, and of one that was refused", async () => {
        const failed = await ask(gateway, key.key, {}, { "x-echo-status": "500" });
        assert.equal(failed.status, 500);
        const bundle = await bundleOf(idOf(failed));
        assert.deepEqual([bundle.usage_event.status_code, bundle.selection_trace[0].status], [500, 500]);
        const refused = await bundleOf(idOf(await ask(gateway, narrow.key, { stream: true })));
        assert.deepEqual([refused.request.error_code, refused.request.error_reason, refused.selection_trace], ["policy_denied", "allow_streaming", []]);
      });

      if (backend === "postgres") test("of another replica's request says that it is", async () => {
        const bundle = await bundleOf(idOf(await ask(other)));
        assert.match(bundle.note, /another replica/i);
        assert.deepEqual([bundle.request, bundle.selection_trace, bundle.policy_trace, bundle.limit_trace], [null, null, null, null]);
        assert.equal(bundle.usage_event.key_id, key.id);
        assert.equal((await bundleOf(bundle.request_id, new Admin(other))).note, null);
      });

      test("of nothing is 404", () => admin.refused(404, "debug_bundle_not_found", "GET", "/admin/debug-bundles/00000000-0000-7000-8000-000000000000"));
    });

    describe("the playground", () => {
      const play = (body, as = admin) => as.request("POST", "/admin/playground", { body: { key_id: key.id, path: apis.chat.path, body: apis.chat.body({ model: "echo" }), ...body }, check: false });

      test("sends a request as a key, and the usage event says who did", async () => {
        const answer = await play({ headers: { "x-relayna-tags": "mine" } });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.headers.get("x-relayna-playground"), "true");
        assert.equal(answer.json.choices[0].message.content, "hi");
        const [row] = await until("its event", async () => {
          const found = await database.rows(`SELECT * FROM usage_events WHERE tags LIKE '%playground%' AND tags LIKE '%mine%'`);
          return found.length > 0 && found;
        });
        assert.equal(row.key_id, key.id);
        const me = await admin.get("/admin/session");
        assert.ok(JSON.stringify(row.tags).includes(`operator:${me.operator_id}`), row.tags);
      });

      test("streams", async () => {
        const answer = await play({ body: apis.chat.body({ model: "echo", stream: true }) });
        assert.equal(answer.status, 200);
        assert.match(answer.headers.get("content-type"), /^text\/event-stream/);
        assert.ok(answer.text.trimEnd().endsWith("data: [DONE]"), answer.text);
      });

      test("shows what the policy of the key refuses", async () => {
        const answer = await play({ key_id: narrow.id, body: apis.chat.body({ model: "echo", stream: true }) });
        assert.equal(answer.status, 403);
        assert.equal(answer.json.error.code, "policy_denied");
        assert.equal(answer.headers.get("x-relayna-playground"), "true");
      });

      test("is on record without what was sent, and needs its scope", async () => {
        await play({ body: apis.chat.body({ model: "echo", messages: [{ role: "user", content: "a secret of theirs" }] }) });
        const { data } = await admin.get(`/admin/audit-events?action=playground.use&target_id=${key.id}`);
        assert.deepEqual(data[0].after, { method: "POST", path: apis.chat.path });
        assert.ok(!JSON.stringify(data).includes("a secret of theirs"));
        const weak = admin.as((await admin.create("/admin/operators", { name: "reader", scopes: ["*:read"] })).token);
        await weak.refused(403, "insufficient_operator_scope", "POST", "/admin/playground", { body: { key_id: key.id, path: apis.chat.path } });
      });

      test("names everything that is wrong with what it is told", async () => {
        await admin.refused(400, "invalid_request", "POST", "/admin/playground",
          { body: { key_id: "k", path: "chat", method: "TRACE", headers: { authorization: "Bearer x" }, more: 1 } }, ["key_id", "path", "method", "headers.authorization", "more"]);
        await admin.refused(404, "not_found", "POST", "/admin/playground", { body: { key_id: "00000000-0000-7000-8000-000000000000", path: apis.chat.path } });
      });
    });
  });
}
