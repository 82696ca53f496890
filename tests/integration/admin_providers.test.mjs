// Providers and what hangs on them, from the admin API to the upstream: what is saved is what requests are sent with.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { SqliteFile } from "./harness/sqlite.mjs";

const nobody = "00000000-0000-7000-8000-000000000000";

for (const backend of ["sqlite", "postgres"]) {
  describe(`providers on ${backend}`, () => {
    const all = new Fixture(`providers-${backend}`);
    let stores, gateway, admin, upstream, other, key, database;
    before(async () => {
      if (backend === "postgres") stores = await all.stores();
      [upstream, other] = [await all.upstream(), await all.upstream()];
      gateway = await all.gateway({ stores: stores?.urls, upstream: other.url, env: adminEnv });
      admin = new Admin(gateway);
      database = stores?.database ?? new SqliteFile(gateway.dataDir);
      key = (await admin.create("/admin/keys", { name: "caller" }));
      for (const one of [upstream, other]) one.script(answerAll);
    });
    after(() => all.close());

    let names = 0;
    const make = (fields = {}) => admin.create("/admin/providers", { name: `p${(names += 1)}`, kind: "openai", base_url: upstream.url, ...fields });
    const raw = (provider, headers) => gateway.ask({ ...apis.chat, path: `/providers/${provider}/v1/chat/completions` }, key.key, {}, headers);
    const answerAll = (request, reply) => reply.json(200, request.method === "GET" ? { object: "list", data: [{ id: "gpt-x", owned_by: "us" }] } : apis.chat.whole({ input: 3, output: 5 }));
    const bearer = (request) => request.headers.authorization?.replace("Bearer ", "");
    const served = (name, condition = (answer) => answer.status === 200) => until(`${name} serves`, async () => condition(await raw(name)));

    test("a credential goes upstream, and is never shown", async () => {
      const made = await make({ credential: "sk-first" });
      assert.equal(made.credential_configured, true);
      assert.equal(made.source, "saved");
      await served(made.name);
      assert.equal(bearer(upstream.last), "sk-first");
      const patched = await admin.patch(`/admin/providers/${made.id}`, { credential: "sk-second", credential_header_mode: "custom_header", credential_header_name: "x-their-key" });
      assert.equal(patched.credential_header_name, "x-their-key");
      await until("the new one is used", async () => (await raw(made.name)) && upstream.last.headers["x-their-key"] === "sk-second");
      const everything = JSON.stringify([await admin.get("/admin/providers"), made, patched, await database.rows("SELECT * FROM audit_events")]);
      assert.ok(!/sk-(first|second)/.test(everything));
      const cleared = await admin.patch(`/admin/providers/${made.id}`, { credential: null });
      assert.equal(cleared.credential_configured, false);
    });

    test("a new name keeps the credential", async () => {
      const made = await make({ credential: "sk-renamed" });
      await admin.patch(`/admin/providers/${made.id}`, { name: `${made.name}-new` });
      await served(`${made.name}-new`);
      assert.equal(bearer(upstream.last), "sk-renamed");
    });

    test("one that is switched off is not called", async () => {
      const made = await make();
      await served(made.name);
      await admin.act(`/admin/providers/${made.id}/disable`);
      await served(made.name, (answer) => answer.status === 404);
      await admin.act(`/admin/providers/${made.id}/enable`);
      await served(made.name);
    });

    test("one that is in use is neither deleted nor renamed, and what uses it is named", async () => {
      const used = await make();
      const user = await make({ fallback: used.name });
      for (const [method, body] of [["DELETE", undefined], ["PATCH", { name: "another" }]]) {
        const error = await admin.refused(409, "conflict", method, `/admin/providers/${used.id}`, { body });
        assert.ok(error.message.includes(`fallback of provider ${user.name}`), error.message);
      }
      await admin.patch(`/admin/providers/${user.id}`, { fallback: null });
      await admin.remove(`/admin/providers/${used.id}`);
    });

    test("a model's targets serve it when its own provider fails, and keep their provider from being deleted", async () => {
      const [mine, theirs] = [await make(), await make({ base_url: other.url })];
      await admin.create("/admin/models", { name: "spread", provider: mine.name, targets: [{ provider: theirs.name, upstream_model: "there", priority: 1 }] });
      await admin.create("/admin/prices", { provider: theirs.name, model: "there", request_usd: 1 });
      const ask = () => gateway.ask(apis.chat, key.key, { model: "spread" });
      await until("the model serves", async () => (await ask()).status === 200 && JSON.parse(upstream.last.body).model === "spread");
      upstream.script((request, reply) => reply.json(500, { error: { message: "broken" } }));
      other.script(answerAll);
      assert.equal((await ask()).status, 200);
      assert.equal(JSON.parse(other.last.body).model, "there");
      upstream.script(answerAll);
      const { message } = await admin.refused(409, "conflict", "DELETE", `/admin/providers/${theirs.id}`);
      for (const use of ["model spread", "price of there"]) assert.ok(message.includes(use), message);
      await admin.patch("/admin/models/spread", { targets: [] });
      assert.ok(!(await admin.refused(409, "conflict", "DELETE", `/admin/providers/${theirs.id}`)).message.includes("spread"));
    });

    test("the environment's are listed and cannot be changed; a saved one of that name goes before", async () => {
      const find = async () => (await admin.get("/admin/providers?limit=500")).data.find((row) => row.name === "litellm");
      const listed = await find();
      assert.deepEqual([listed.managed_by, listed.source, listed.credential_configured], ["env", "environment", true]);
      assert.equal((await admin.get(`/admin/providers/${listed.id}`)).name, "litellm");
      assert.deepEqual((await admin.get("/admin/providers?managed_by=env&kind=litellm")).data.map((row) => row.name), ["litellm"]);
      await admin.refused(409, "managed_by_file", "PATCH", `/admin/providers/${listed.id}`, { body: { enabled: false } });
      await admin.refused(409, "managed_by_file", "DELETE", `/admin/providers/${listed.id}`);
      const saved = await admin.create("/admin/providers", { name: "litellm", kind: "litellm", base_url: upstream.url, credential: "sk-saved" });
      assert.equal((await find()).id, saved.id);
      await until("the saved one serves", async () => (await gateway.ask(apis.chat, key.key)) && upstream.last && bearer(upstream.last) === "sk-saved");
      await admin.remove(`/admin/providers/${saved.id}`);
      await until("the environment's serves again", async () => (await gateway.ask(apis.chat, key.key)) && other.last && bearer(other.last) === "sk-upstream");
    });

    test("what could not work is refused, field by field", async () => {
      const refused = (fields, paths) => admin.refused(400, "invalid_request", "POST", "/admin/providers", { body: { name: "bad", kind: "openai", base_url: upstream.url, ...fields } }, paths);
      await refused({ name: "v1" }, ["name"]);
      await refused({ kind: "bedrock" }, ["kind"]);
      await refused({ base_url: "http://169.254.169.254/latest" }, ["base_url"]);
      await refused({ base_url: null }, ["base_url"]);
      await refused({ fallback: "nobody" }, ["fallback"]);
      await refused({ fallback: "bad" }, ["fallback"]);
      await refused({ credential: " \n" }, ["credential"]);
      await refused({ credential_header_mode: "custom_header", credential_header_name: "Host" }, ["credential_header_name"]);
      const taken = await make();
      await admin.refused(409, "conflict", "POST", "/admin/providers", { body: { name: taken.name, kind: "echo" } }, ["name"]);
    });

    test("several credentials share the requests; one that is answered 429 is passed over, and usage says which was used", async () => {
      const made = await make({ credential: "sk-own" });
      const further = `/admin/providers/${made.id}/credentials`;
      const spare = await admin.create(further, { name: "spare", secret: "sk-spare" });
      assert.deepEqual([spare.provider_id, spare.credential_configured], [made.id, true]);
      await until("both are used", async () => {
        for (let i = 0; i < 4; i += 1) if ((await raw(made.name)).status !== 200) return false;  // not known there yet
        return new Set(upstream.requests.slice(-4).map(bearer)).size === 2;
      });
      upstream.script((request, reply) => (bearer(request) === "sk-own" ? reply.json(429, { error: { message: "slow down" } }, { "retry-after": "60" }) : answerAll(request, reply)));
      for (let i = 0; i < 4; i += 1) assert.equal((await raw(made.name)).status, 200);
      assert.equal(upstream.requests.filter((request) => bearer(request) === "sk-own").length, 1, "it was asked once, then left to cool down");
      await until("usage tells", async () => (await database.rows(`SELECT credential_source AS s, upstream_attempts AS n FROM usage_events WHERE provider = '${made.name}'`)).some((row) => row.s === "provider:spare" && Number(row.n) === 2));
      upstream.script((request, reply) => reply.json(429, { error: { message: "slow down" } }));
      assert.equal((await raw(made.name)).status, 429, "when all are refused the provider's answer is passed on");
      upstream.script(answerAll);

      await admin.act(`${further}/${spare.id}/disable`);
      assert.deepEqual((await admin.get(further)).data.map((row) => [row.name, row.enabled]), [["spare", false]]);
      await admin.refused(404, "not_found", "GET", `/admin/providers/${nobody}/credentials/${spare.id}`);
      await admin.refused(404, "not_found", "POST", `/admin/providers/${nobody}/credentials`, { body: { name: "x", secret: "y" } });
      await admin.refused(400, "invalid_request", "POST", further, { body: { name: "no secret" } }, ["secret"]);
      await admin.refused(409, "conflict", "POST", further, { body: { name: "spare", secret: "y" } }, ["name"]);
      await admin.remove(`${further}/${spare.id}`);
    });

    test("a key's LiteLLM credential goes before its project's, and that before the provider's", async () => {
      const project = await admin.create("/admin/projects", { name: "mapped" });
      const mine = await admin.create("/admin/keys", { name: "mapped", project_id: project.id });
      const used = () => until("it is used", async () => (await gateway.ask(apis.chat, mine.key)).status === 200).then(() => bearer(other.last));
      const becomes = (secret) => until(`${secret} is used`, async () => (await used()) === secret);
      const mappings = "/admin/providers/litellm-credentials";
      const give = (scope, target_id, credential) => admin.create(mappings, { scope, target_id, ...(credential ? { credential } : {}) });
      const ofProject = await give("project", project.id, "sk-project");
      await becomes("sk-project");
      const ofKey = await give("key", mine.id, "sk-key");
      await becomes("sk-key");
      assert.equal((await give("key", mine.id, "sk-key-2")).id, ofKey.id, "there is one per key");
      await becomes("sk-key-2");
      assert.equal((await give("key", mine.id)).credential_configured, true, "what is not given stays");
      await admin.act(`${mappings}/${ofKey.id}/disable`);
      await becomes("sk-project");
      await admin.remove(`${mappings}/${ofProject.id}`);
      await becomes("sk-upstream");
      assert.ok(!/sk-(key|project)/.test(JSON.stringify(await admin.get(mappings))));
      await admin.refused(400, "invalid_request", "POST", mappings, { body: { scope: "key", target_id: nobody, credential: "x" } }, ["target_id"]);
    });

    test("a connection is tried step by step, saved or not", async () => {
      upstream.script(answerAll);
      const made = await make({ credential: "sk-test" });
      const steps = (report) => [report.ok, ...report.steps.map((step) => `${step.name} ${step.ok}`)];
      assert.deepEqual(steps(await admin.act(`/admin/providers/${made.id}/test`)), [true, "address true", "connection true", "models true"]);
      assert.equal(bearer(upstream.last), "sk-test");
      assert.deepEqual((await admin.get(`/admin/providers/${made.id}/models`)).data, [{ id: "gpt-x", owned_by: "us" }]);
      upstream.script((request, reply) => reply.json(401, { error: { message: `${bearer(request)} is wrong` } }));
      const refused = await admin.act("/admin/providers/test", { name: "unsaved", kind: "openai", base_url: upstream.url, credential: "sk-unsaved" });
      assert.deepEqual(steps(refused), [false, "address true", "connection true", "models false"]);
      assert.ok(!JSON.stringify(refused).includes("sk-unsaved"));
      await admin.refused(502, "upstream_auth_failed", "GET", `/admin/providers/${made.id}/models`);
      upstream.script(answerAll);
      const closed = await admin.act("/admin/providers/test", { name: "unsaved", kind: "openai", base_url: `http://127.0.0.1:${await freePort()}` });
      assert.deepEqual(steps(closed), [false, "address true", "connection false"]);
      await admin.refused(400, "invalid_request", "POST", "/admin/providers/test", { body: { name: "x", kind: "openai", base_url: "http://169.254.169.254" } }, ["base_url"]);
      await admin.refused(404, "not_found", "POST", `/admin/providers/${nobody}/test`);
      assert.deepEqual(steps(await admin.act("/admin/providers/test", { name: "unsaved", kind: "echo" })), [true, "address true"]);
    });

    test("a credential that was not tried is not said to be right", async () => {
      for (const kind of ["azure-openai", "gemini", "cohere", "internal-service"]) {
        const asked = upstream.requests.length;
        const { ok, steps } = await admin.act("/admin/providers/test", { name: "unsaved", kind, base_url: upstream.url, credential: "wrong" });
        assert.deepEqual([ok, ...steps.map((step) => `${step.name} ${step.ok}`)], [null, "address true", "connection true", "credential null"]);
        assert.equal(steps.at(-1).message, "not tried for this kind");
        assert.equal(upstream.requests.length, asked);
        const closed = await admin.act("/admin/providers/test", { name: "unsaved", kind, base_url: `http://127.0.0.1:${await freePort()}` });
        assert.equal(closed.ok, false);
      }
    });

    test("a model does not lead to a provider that serves none", async () => {
      const raw = await make({ kind: "azure-openai" });
      const served = await make();
      const models = (body, fields) => admin.refused(400, "invalid_request", "POST", "/admin/models", { body }, fields);
      const error = await models({ name: "nowhere", provider: raw.name }, ["provider"]);
      assert.match(error.fields[0].message, /azure-openai, which serves no models.*\/providers\//);
      await models({ name: "nowhere", provider: served.name, targets: [{ provider: raw.name, priority: 1 }] }, ["targets[0].provider"]);
      await admin.create("/admin/models", { name: "somewhere", provider: served.name });
      await admin.refused(400, "invalid_request", "PATCH", "/admin/models/somewhere", { body: { provider: raw.name } }, ["provider"]);
    });
  });
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
