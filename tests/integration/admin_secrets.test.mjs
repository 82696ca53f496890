// Secrets are planted wherever one can be given or is made; then everything the gateway ever says or keeps is searched for them:
// answers, logs, metrics, the database, its files. Only the one answer that shows a new secret may contain it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { apis } from "./harness/answers.mjs";
import { declared } from "./harness/declared.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { program } from "./harness/processes.mjs";
import { RememberingAdmin, Secrets } from "./harness/secrets.mjs";
import { SqliteFile } from "./harness/sqlite.mjs";

const nobody = "00000000-0000-7000-8000-000000000000";
const mappings = "/admin/providers/litellm-credentials";

for (const backend of ["sqlite", "postgres"]) {
  describe(`planted secrets on ${backend}`, () => {
    const all = new Fixture(`secrets-${backend}`);
    const secrets = new Secrets();
    const plant = (name) => secrets.plant(name);
    let stores, gateway, admin, upstream, studio, key, operator, provider, hooks, database;
    before(async () => {
      if (backend === "postgres") stores = await all.stores({ redisPassword: plant("Redis password") });
      secrets.plant("database password", "correct-horse");
      [upstream, studio] = [await all.upstream(), await all.upstream()];
      upstream.script(works);
      const env = {
        LOG_LEVEL: "trace", GATEWAY_ADMIN_TOKEN: secrets.token("op", "bootstrap token"), GATEWAY_MASTER_KEY: secrets.plant("master key", randomBytes(32).toString("base64")),
        LITELLM_SERVICE_KEY: plant("LiteLLM service key"), RELAYNA_STUDIO_BASE_URL: studio.url, RELAYNA_STUDIO_TOKEN: plant("Studio token"),
        RELAYNA_WORKER_TOKEN: plant("worker token"), DECLARED_KEY: secrets.token("rk", "declared key"), DECLARED_CREDENTIAL: plant("declared credential"),
      };
      const config = declared({
        providers: [{ name: "declared", kind: "openai", base_url: `${upstream.url}/v1`, credential: "env.DECLARED_CREDENTIAL" }],
        keys: [{ name: "declared", secret: "env.DECLARED_KEY" }],
      });
      gateway = await all.gateway({ stores: stores?.urls, upstream: upstream.url, env, config });
      admin = new RememberingAdmin(gateway, env.GATEWAY_ADMIN_TOKEN);
      database = stores?.database ?? new SqliteFile(gateway.dataDir);
    });
    after(() => all.close());

    const works = (request, reply) => reply.json(200, request.method === "GET" ? { object: "list", data: [] } : apis.chat.whole({ input: 3, output: 5 }));
    const made = (name, secret) => { secrets.plant(name, secret); admin.shows(name); return secret; };
    const signingSecret = (name) => secrets.plant(name, `whsec_${randomBytes(32).toString("base64")}`);
    const asCaller = async (what, path, body, headers = {}, bearer = key.key) => {
      const answer = await gateway.ask({ path, body: () => body }, bearer, {}, headers);
      admin.remember(what, answer);
      return answer;
    };

    test("made, changed, rotated, repeated", async () => {
      const password = plant("password");
      const ada = operator = await admin.create("/admin/operators", { name: "ada", scopes: ["*"], email: "ada@example.com", password });
      made("operator token", ada.token);
      made("rotated operator token", (await admin.act(`/admin/operators/${ada.id}/rotate`)).token);
      const visitor = admin.as(null);
      const session = await visitor.request("POST", "/admin/session", { body: { email: "ada@example.com", password } });
      assert.equal(session.status, 200, session.text);
      const cookie = session.headers.get("set-cookie").split(";")[0];
      made("session cookie", cookie.split("=")[1]);
      const headers = { cookie, "x-relayna-csrf": session.json.csrf_token };
      const passwords = { current_password: password, new_password: plant("new password") };
      assert.equal((await visitor.request("POST", "/admin/session/password", { body: passwords, headers })).status, 204);

      await admin.patch(`/admin/operators/${ada.id}`, { password: plant("password set by another") });

      const repeated = { headers: { "idempotency-key": "k" }, body: { name: "caller" } };
      key = await admin.expect(201, "POST", "/admin/keys", repeated);
      made("virtual key", key.key);
      assert.equal((await admin.expect(201, "POST", "/admin/keys", repeated)).key, undefined);
      const rotate = { headers: { "idempotency-key": "r" } };
      key = await admin.expect(200, "POST", `/admin/keys/${key.id}/rotate`, rotate);
      made("rotated virtual key", key.key);
      assert.equal((await admin.expect(200, "POST", `/admin/keys/${key.id}/rotate`, rotate)).key, undefined);

      const create = { headers: { "idempotency-key": "p" }, body: { name: "theirs", kind: "openai", base_url: upstream.url, credential: plant("provider credential") } };
      provider = await admin.expect(201, "POST", "/admin/providers", create);
      await admin.expect(201, "POST", "/admin/providers", create);
      await admin.patch(`/admin/providers/${provider.id}`, { credential: plant("changed provider credential") });
      await admin.patch(`/admin/providers/${provider.id}`, { name: "renamed" });
      const further = await admin.create(`/admin/providers/${provider.id}/credentials`, { name: "spare", secret: plant("further credential") });
      await admin.patch(`/admin/providers/${provider.id}/credentials/${further.id}`, { secret: plant("changed further credential") });
      await admin.create("/admin/models", { name: "m", provider: "renamed" });
      const project = await admin.create("/admin/projects", { name: "mapped" });
      await admin.create(mappings, { scope: "project", target_id: project.id, credential: plant("project's LiteLLM credential") });
      await admin.create(mappings, { scope: "key", target_id: key.id, credential: plant("key's LiteLLM credential") });
      await admin.patch("/admin/studio/connection", { base_url: studio.url, token: plant("saved Studio token") });
      const webhook = await admin.create("/admin/alerts/webhooks", { name: "ours", url: `${upstream.url}/alerts`, secret: signingSecret("webhook secret") });
      hooks = `/admin/alerts/webhooks/${webhook.id}`;
      await admin.act(`${hooks}/test`);
      await admin.patch(hooks, { secret: signingSecret("changed webhook secret") });
      made("rotated webhook secret", (await admin.act(`${hooks}/rotate`)).secret);
      made("a made webhook secret", (await admin.create("/admin/alerts/webhooks", { name: "made", url: `${upstream.url}/alerts` })).secret);
      await admin.act("/admin/data-key/rotate");
    });

    test("given in the wrong place, form or request", async () => {
      const wrong = async (method, target, body, options = {}) => {
        const answer = await admin.request(method, target, { body, ...options });
        assert.ok(answer.status >= 400 && answer.status < 500, `${method} ${target}: ${answer.status} ${answer.text}`);
      };
      const fields = [
        ["POST", "/admin/providers", (value) => ({ name: "x", kind: "openai", base_url: upstream.url, credential: value })],
        ["POST", "/admin/providers/test", (value) => ({ name: "x", kind: "openai", base_url: upstream.url, credential: value })],
        ["PATCH", `/admin/providers/${provider.id}`, (value) => ({ credential: value })],
        ["POST", `/admin/providers/${provider.id}/credentials`, (value) => ({ name: "x", secret: value })],
        ["POST", mappings, (value) => ({ scope: "key", target_id: key.id, credential: value })],
        ["PATCH", "/admin/studio/connection", (value) => ({ token: value })],
        ["POST", "/admin/alerts/webhooks", (value) => ({ name: "x", url: upstream.url, secret: value })],
        ["PATCH", hooks, (value) => ({ secret: value })],
        ["POST", "/admin/operators", (value) => ({ name: "x", scopes: ["*"], email: "x@example.com", password: value })],
        ["PATCH", `/admin/operators/${operator.id}`, (value) => ({ password: value })],
        ["POST", "/admin/session", (value) => ({ token: value })],
        ["POST", "/admin/session", (value) => ({ email: "ada@example.com", password: value })],
        ["POST", "/admin/session/password", (value) => ({ current_password: value, new_password: value })],
      ];
      for (const [method, target, body] of fields) {
        const secret = plant(`misplaced in ${target}`);
        for (const value of [[secret], { value: secret }]) await wrong(method, target, body(value));
        await wrong(method, target, { ...body(secret), unknown: secret });
        await wrong(method, target, JSON.stringify(body(secret)).slice(0, -1));
        await wrong(method, target, JSON.stringify(body(secret)), { headers: { "content-type": "text/plain" } });
      }
      const withNul = `${plant("misplaced with a NUL")}\u0000`;
      for (const [method, target, body] of fields.filter(([, path]) => path.includes("providers"))) await wrong(method, target, body(withNul));
      const elsewhere = plant("misplaced in another field");
      await wrong("POST", "/admin/providers", { name: elsewhere, kind: elsewhere, base_url: elsewhere, enabled: elsewhere, fallback: elsewhere, connect_timeout_ms: elsewhere, credential_header_name: elsewhere });
      await wrong("POST", "/admin/models", { name: "x", provider: elsewhere, targets: [{ provider: elsewhere, priority: elsewhere }] });
      await wrong("POST", "/admin/keys", { name: "x", preset: elsewhere, project_id: elsewhere, expires_at: elsewhere, policy: { rpm_limit: elsewhere, allowed_models: elsewhere } });
      await wrong("POST", "/admin/limits", { name: "x", scope: elsewhere, target: elsewhere, usd_per_day: elsewhere });
      await wrong("POST", "/admin/keys/bulk", { action: elsewhere, ids: [elsewhere] });
      await wrong("PATCH", "/admin/log-level", { level: elsewhere });
      admin.shows("misplaced in another field");  // no place for secrets: what is wrong with it is quoted
      await wrong("GET", `/admin/keys?sort=${elsewhere}&cursor=${elsewhere}&limit=${elsewhere}&created_at=${elsewhere}`);
      await wrong("GET", `/admin/keys/${elsewhere}`);
      await wrong("GET", "/admin/keys/bulk", undefined, { headers: { "if-none-match": elsewhere, "x-something": elsewhere } });
      await admin.get(`/admin/keys?q=${elsewhere}`);
      for (const token of [plant("wrong token"), secrets.token("op", "wrong operator token")]) {
        await admin.as(token).refused(401, "invalid_operator_token", "GET", "/admin/keys");
        await admin.as(null).request("GET", `/admin/keys?token=${token}`, { headers: { cookie: `relayna_session=${token}` } });
      }
    });

    test("requests and their prompts, answered or not", async () => {
      const prompt = plant("prompt");
      const chat = "/v1/chat/completions";
      const body = (model, extra = {}) => ({ model, messages: [{ role: "user", content: prompt }], ...extra });
      const ids = [];
      const ask = async (what, status, ...rest) => {
        const answer = await asCaller(what, ...rest);
        assert.ok([status].flat().includes(answer.status), `${what}: ${answer.status} ${answer.text}`);
        ids.push(answer.headers.get("x-relayna-request-id"));
      };
      await until("the new key is known", async () => (await gateway.ask({ path: "/v1/models", body: () => undefined }, key.key)).status === 200);
      await ask("a chat", 200, chat, body("m"));
      await ask("a declared provider", 200, "/providers/declared/chat/completions", body("m"));
      await ask("no such model", [200, 404], chat, body(`${plant("a model nobody has")}`.slice(0, 8)));
      await ask("no JSON", 400, chat, `{"model": "m", "messages": "${prompt}`);
      await ask("no messages", [200, 400], chat, { model: "m", messages: prompt });
      await ask("a wrong key", 401, chat, body("m"), {}, secrets.token("rk", "wrong virtual key"));
      await ask("two keys", 401, chat, body("m"), { "x-api-key": secrets.token("rk", "second virtual key") });
      await ask("a wrong worker token", [200, 400, 401, 403], chat, body("m"), { "x-relayna-worker-token": plant("wrong worker token"), "x-relayna-task-id": "t" });
      upstream.script((request, reply) => reply.json(401, { error: { message: `${request.headers.authorization} is wrong` } }));
      await ask("an upstream that repeats the credential it refuses", 502, chat, body("m"));
      upstream.script((request, reply) => reply.json(500, { error: { message: "broken" } }));
      await ask("an upstream that fails", 500, chat, body("m"));
      upstream.script((request, reply) => reply.whole(200, "{\"choices\": [", {}));
      await ask("an upstream that answers nonsense", [200, 502], chat, body("m"));
      upstream.script((request, reply) => reply.reset());
      await ask("an upstream that resets", 502, chat, body("m"));
      await ask("a stream that breaks off", 502, chat, body("m", { stream: true }));
      upstream.script(works);
      const played = await admin.request("POST", "/admin/playground", { body: { key_id: key.id, path: chat, body: body("m") }, check: false });
      assert.equal(played.status, 200, played.text);
      ids.push(played.headers.get("x-relayna-request-id"));
      for (const id of ids.filter(Boolean)) await until(`${id} is remembered`, async () => [200, 404].includes((await admin.request("GET", `/admin/debug-bundles/${id}`)).status));
      await admin.get("/admin/requests/recent");
    });

    test("upstreams and Studio that fail while they are tried", async () => {
      const repeats = (request, reply) => reply.json(401, { error: { message: `${request.headers.authorization} is wrong` } }, { "x-refused": String(request.headers.authorization) });
      for (const answer of [repeats, (request, reply) => reply.reset(), (request, reply) => reply.whole(200, `"${request.headers.authorization}`)]) {
        upstream.script(answer);
        studio.script(answer);
        await admin.act(`/admin/providers/${provider.id}/test`);
        await admin.act("/admin/providers/test", { name: "tried", kind: "openai", base_url: upstream.url, credential: plant("tried credential") });
        await admin.request("GET", `/admin/providers/${provider.id}/models`);
        await admin.refused(502, "studio_unavailable", "GET", "/admin/studio/services");
        await admin.refused(502, "studio_unavailable", "POST", "/admin/studio/connection/test");
        await admin.act(`${hooks}/test`);
      }
      upstream.script(works);
    });

    test("while the store is away", async () => {
      const back = backend === "postgres" ? await stopPostgres() : await lockSqlite();
      const refused = (method, target, body) => admin.refused(503, "store_unavailable", method, target, { body });
      await refused("POST", "/admin/providers", { name: "lost", kind: "openai", base_url: upstream.url, credential: plant("credential without a store") });
      if (backend === "postgres") {
        await refused("POST", "/admin/keys", { name: "lost" });
        await refused("POST", `/admin/keys/${key.id}/rotate`);
        await refused("PATCH", "/admin/studio/connection", { token: plant("Studio token without a store") });
        await admin.as(null).request("POST", "/admin/session", { body: { email: "ada@example.com", password: plant("password without a store") } });
        await asCaller("a chat without a store", "/v1/chat/completions", { model: "m", messages: [{ role: "user", content: plant("prompt without a store") }] });
        await stores.redis.stop();
        await asCaller("a chat without Redis", "/v1/chat/completions", { model: "m", messages: [{ role: "user", content: plant("prompt without Redis") }] });
        await stores.redis.start();
      }
      await back();
      await until("it is back", async () => (await admin.request("GET", "/admin/keys")).status === 200, { within: 30_000 });
    });

    async function stopPostgres() {
      await stores.postgres.stop("immediate");
      return () => stores.postgres.start();
    }
    // Another process that writes, for longer than the gateway waits for it.
    async function lockSqlite() {
      const script = "import sqlite3, sys\nd = sqlite3.connect(sys.argv[1], isolation_level=None)\nd.execute('BEGIN IMMEDIATE')\nprint('locked', flush=True)\nsys.stdin.read()";
      const child = spawn(program("python3", "python3"), ["-c", script, `${gateway.dataDir}/gateway.db`], { stdio: ["pipe", "pipe", "inherit"] });
      await once(child.stdout, "data");
      return async () => { child.stdin.end(); await once(child, "exit"); };
    }

    test("nothing that is said or kept contains one of them", async () => {
      const { operations } = await admin.document();
      for (const { method, path, object } of operations) {
        const endless = Object.values(object.responses).some(({ content }) => content?.["text/event-stream"]);
        if (method === "GET" && !path.includes("{") && !endless) await admin.request("GET", path);
      }
      for (const target of ["/admin/audit-events", "/admin/keys", "/admin/providers"]) await admin.get(`${target}?limit=500`);
      await admin.request("GET", `/admin/audit-events/${nobody}`);
      await until("usage is stored", async () => Number((await database.rows("SELECT count(*) AS n FROM usage_events"))[0].n) > 5);

      const found = admin.heard.flatMap(({ what, said, shows }) => secrets.in(said).filter((name) => !shows.includes(name)).map((name) => `answer to ${what}: ${name}`));
      for (const probe of ["metrics", "healthz", "readyz", "startupz"]) {
        found.push(...secrets.in(await (await fetch(`${gateway.control}/${probe}`)).text()).map((name) => `/${probe}: ${name}`));
      }
      if (stores) found.push(...secrets.in(await stores.database.dump()).map((name) => `database: ${name}`));
      found.push(...secrets.inFiles(gateway.dataDir));
      found.push(...secrets.in(gateway.logText).map((name) => `log: ${name}: ${gateway.logText.split("\n").find((line) => secrets.in(line).includes(name))}`));
      assert.deepEqual(found, []);
      assert.ok(secrets.count > 40 && admin.heard.length > 100, `${secrets.count} secrets, ${admin.heard.length} answers`);
      const shown = admin.heard.filter(({ shows }) => shows.length > 0);
      for (const { said, shows } of shown) assert.deepEqual(secrets.in(said).sort(), [...shows].sort(), "the search finds what is there");
      console.log(`${secrets.count} secrets, ${admin.heard.length} answers, ${gateway.logs.length} log lines searched`);
    });
  });
}
