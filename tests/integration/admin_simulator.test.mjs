// The simulator and live traffic decide alike: hundreds of requests by keys of every kind are asked about and then sent, on both
// databases; and what is not saved yet is judged as it will be.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";

const simulate = "/admin/policy/simulate";
const nobody = "00000000-0000-7000-8000-000000000000";

// mulberry32: the same pairs in every run.
class Random {
  constructor(seed) { this.state = seed; }
  next() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  one(...choices) { return choices[Math.floor(this.next() * choices.length)]; }
  often(probability) { return this.next() < probability; }
}

// The hour before the present one is never the present one, not even when the hour ends during the run.
const soonAndNow = () => [0, 1, 2].map((hours) => (new Date().getUTCHours() + hours) % 24);
const longAgo = () => [12, 13].map((hours) => (new Date().getUTCHours() + hours) % 24);

function policyOf(random) {
  const policy = {};
  const maybe = (probability, fields) => { if (random.often(probability)) Object.assign(policy, fields); };
  maybe(0.03, { deny: true });
  maybe(0.15, { allowed_routes: random.one(["/v1/chat/completions"], ["/v1/*"], ["/v1/chat/completions", "/providers/acme/*"]) });
  maybe(0.15, { allowed_models: random.one(["echo"], ["m-*"], ["acme/*", "echo"], ["nothing"]) });
  maybe(0.1, { allowed_providers: random.one(["echo"], ["acme"], ["openai"]) });
  maybe(0.1, { allow_streaming: false });
  maybe(0.1, { allow_tools: false });
  maybe(0.1, { max_tool_call_count: 1 });
  maybe(0.1, { max_tool_schema_bytes: 120 });
  maybe(0.1, { allowed_hours_utc: random.one(soonAndNow(), longAgo()) });
  maybe(0.1, { max_request_body_bytes: 300 });
  maybe(0.1, { max_input_tokens_per_request: 60 });
  maybe(0.1, { max_output_tokens_per_request: 50 });
  maybe(0.1, { require_max_tokens: true });
  maybe(0.1, { allowed_source_addresses: random.one(["127.0.0.0/8"], ["10.0.0.0/8"]) });
  maybe(0.1, { max_cost_per_request: random.one("0.0001", "100") });
  maybe(0.1, { total_budget_usd: 1000 });
  maybe(0.1, { allow_unpriced_models: random.one(true, false) });
  maybe(0.2, { tpm_limit: 100_000_000 });
  return policy;
}

const tool = (name) => ({ type: "function", function: { name, parameters: { type: "object", properties: {} } } });
const paths = ["/v1/chat/completions", "/v1/chat/completions", "/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/embeddings", "/v1/messages",
  "/v1/messages/count_tokens", "/v1/models", "/v1/nothing", "/providers/acme/v1/chat/completions",
  "/providers/acme/v1/files", "/providers/nobody/v1/files", "/v1/chat//completions"];

function requestOf(random) {
  const path = random.one(...paths);
  if (path === "/v1/models") return { path, method: random.often(0.2) ? "POST" : "GET" };
  const body = {};
  const text = "x".repeat(random.one(2, 2, 200, 2_100));
  if (path.endsWith("embeddings") || path.endsWith("responses")) body.input = text;
  else if (path === "/v1/completions") body.prompt = text;
  else body.messages = [{ role: "user", content: text }];
  if (random.often(0.95)) body.model = random.one("echo", "fast", "fast", "slow", "acme/m-9", "gone", "unknown");
  if (random.often(0.4)) body.stream = random.one(true, true, false);
  if (random.often(0.3)) body.tools = ["a", "b"].slice(random.one(0, 1)).map(tool);
  if (random.often(0.05)) body.tools = "none";
  if (random.often(0.5) || path === "/v1/messages") body[path.endsWith("responses") ? "max_output_tokens" : "max_tokens"] = random.one(5, 60);
  return {
    path, method: random.often(0.03) ? "PUT" : "POST", body,
    ...(random.often(0.1) ? { provider: random.one("echo", "acme", "nobody") } : {}),
    ...(random.often(0.2) ? { end_user: random.one("anna", "ben") } : {}),
  };
}

for (const backend of ["sqlite", "postgres"]) {
  describe(`on ${backend}`, () => {
    const all = new Fixture(`simulator-${backend}`);
    let gateway, admin;
    const keys = [];

    before(async () => {
      const stores = backend === "postgres" ? (await all.stores()).urls : undefined;
      const upstream = await all.upstream();
      gateway = await all.gateway({ stores, env: { ...adminEnv, GATEWAY_ECHO: "true", GATEWAY_MAX_REQUEST_BODY_BYTES: "65536" } });
      admin = new Admin(gateway);
      await admin.create("/admin/providers", { name: "acme", kind: "openai", base_url: upstream.url, credential: "sk-acme" });
      await admin.create("/admin/models", { name: "fast", provider: "echo", upstream_model: "echo" });
      await admin.create("/admin/models", { name: "slow", provider: "acme", upstream_model: "m-1" });
      await admin.create("/admin/models", { name: "gone", provider: "acme", enabled: false });
      await admin.create("/admin/prices", { provider: "acme", model: "m-1", input_usd_per_million: 1, output_usd_per_million: 2 });
      const team = await admin.create("/admin/teams", { name: "platform" });
      const projects = [await admin.create("/admin/projects", { name: "search", team_id: team.id }), await admin.create("/admin/projects", { name: "ads" })];
      for (const layer of [
        { kind: "global", policy: { max_tool_call_count: 8 } },
        { kind: "project", scope_id: projects[1].id, policy: { allowed_models: ["m-*", "echo"], max_output_tokens_per_request: 40 } },
        { kind: "team", scope_id: team.id, policy: { allowed_providers: ["echo", "acme"], allowed_hours_utc: soonAndNow() } },
        { kind: "route", scope_id: "/v1/messages", policy: { allow_tools: false } },
        { kind: "model", scope_id: "m-*", policy: { max_input_tokens_per_request: 400 } },
      ]) await admin.create("/admin/policy-layers", layer);
      await admin.create("/admin/limits", { name: "each", scope: "end_user", requests_per_day: 1_000_000 });
      await admin.patch("/admin/routes/responses", { max_request_body_bytes: 1_000 });
      const random = new Random(20261121);
      for (let i = 0; i < 50; i += 1) {
        const policy = i === 0 ? {} : policyOf(random);
        const project_id = random.one(null, null, ...projects.map(({ id }) => id));
        keys.push(await admin.create("/admin/keys", { name: `key-${i}`, policy, project_id: i === 0 ? null : project_id }));
      }
      await admin.act(`/admin/keys/${keys[48].id}/disable`);
      await admin.act(`/admin/keys/${keys[49].id}/revoke`);
      await admin.act("/admin/routes/completions/disable");
      await becomes("/v1/completions", { model: "echo", prompt: "x" }, "disabled_route");
    });
    after(() => all.close());

    // {status, code, reason} of the proxy listener.
    async function live(key, { path, method = "POST", body, provider, end_user }) {
      const headers = { authorization: `Bearer ${key.key}`, "content-type": "application/json" };
      if (provider) headers["x-relayna-provider"] = provider;
      if (end_user) headers["x-relayna-end-user"] = end_user;
      const response = await fetch(gateway.url + path, { method, headers, body: body && JSON.stringify(body) });
      const text = await response.text();
      const code = response.headers.get("x-relayna-error");
      return { status: code ? response.status : null, code, reason: code ? JSON.parse(text).error.reason ?? null : null };
    }
    async function foretold(key, request, more = {}) {
      const { final_decision: told, ...rest } = await admin.act(simulate, { key_id: key.id, ...request, ...more });
      assert.equal(told.allowed, told.error_code === null);
      return { decision: { status: told.status, code: told.error_code, reason: told.reason }, told, ...rest };
    }
    async function becomes(path, body, code, key = keys[0]) {
      await until(`${path} answers ${code}`, async () => (await live(key, { path, body })).code === code, patience);
    }

    test("four hundred requests are decided as they were foretold", async () => {
      const random = new Random(7);
      const seen = new Map();
      for (let i = 0; i < 400; i += 1) {
        const key = random.one(...keys);
        const request = requestOf(random);
        const { decision, told } = await foretold(key, request);
        assert.deepEqual(decision, await live(key, request), `pair ${i}, ${key.name} ${JSON.stringify(key.policy)}: ${JSON.stringify(request)}; ${told.message}`);
        const why = `${told.error_code}/${told.reason}`;
        seen.set(why, (seen.get(why) ?? 0) + 1);
      }
      const list = [...seen].map(([why, times]) => `${why} ${times}`).sort().join(", ");
      assert.ok(seen.get("null/null") > 60, `many are allowed: ${list}`);
      assert.ok(seen.size >= 20, `and refused for many reasons: ${list}`);
    });

    const chat = { path: "/v1/chat/completions", body: { model: "echo", stream: true, messages: [{ role: "user", content: "hi" }] } };

    test("a layer is judged before it is saved, named once it is, and judged without it before it goes", async () => {
      const key = await admin.create("/admin/keys", { name: "layered" });
      const layer = { kind: "key", scope_id: key.id, policy: { allow_streaming: false } };
      const denied = { status: 403, code: "policy_denied", reason: "allow_streaming" };
      const before = await foretold(key, chat);
      assert.equal(before.decision.code, null);
      assert.deepEqual(before.limits.counters.map(({ scope, limits }) => [scope, limits]), [["end_user", { requests_per_day: 1_000_000 }]]);
      assert.deepEqual((await foretold(key, chat, { changes: { policy_layers: [layer] } })).decision, denied);
      assert.equal((await live(key, chat)).code, null, "nothing was saved");

      const { id } = await admin.create("/admin/policy-layers", layer);
      await becomes(chat.path, chat.body, "policy_denied", key);
      assert.deepEqual(await live(key, chat), denied);
      const { told, policy_merge } = await foretold(key, chat);
      assert.deepEqual([told.step, told.rule, told.sources.map((source) => source.id)], ["policy", "allow_streaming", [id]]);
      const origin = policy_merge.origins.find(({ field }) => field === "allow_streaming");
      assert.deepEqual(origin.sources.map((source) => [source.kind, source.id]), [["key", id]]);

      assert.equal((await foretold(key, chat, { changes: { policy_layers: [{ id, policy: { allow_streaming: true } }] } })).decision.code, null);
      assert.equal((await foretold(key, chat, { changes: { policy_layers: [{ kind: "key", scope_id: key.id, remove: true }] } })).decision.code, null);
      await admin.remove(`/admin/policy-layers/${id}`);
      await becomes(chat.path, chat.body, null, key);
    });

    test("a key's policy, a route and a model are judged before they are saved", async () => {
      const key = await admin.create("/admin/keys", { name: "changing", policy: { tpm_limit: 50_000_000 } });
      const policy = { allowed_models: ["m-*"] };
      assert.equal((await foretold(key, chat, { key: { policy } })).decision.reason, "allowed_models");
      await admin.patch(`/admin/keys/${key.id}`, { policy });
      await becomes(chat.path, chat.body, "policy_denied", key);
      assert.equal((await foretold(key, chat, { key: { policy: { allowed_models: [] } } })).decision.code, null);

      const embed = { path: "/v1/embeddings", body: { model: "echo", input: "x" } };
      assert.equal((await foretold(keys[0], embed, { changes: { routes: [{ id: "embeddings", enabled: false }] } })).decision.code, "disabled_route");
      await admin.act("/admin/routes/embeddings/disable");
      await becomes(embed.path, embed.body, "disabled_route");
      assert.equal((await foretold(keys[0], embed, { changes: { routes: [{ id: "embeddings", enabled: true }] } })).decision.code, null);

      const named = { path: chat.path, body: { ...chat.body, model: "new" } };
      const model = { name: "new", provider: "echo", upstream_model: "echo" };
      const without = await foretold(keys[0], named);
      const withIt = await foretold(keys[0], named, { changes: { models: [model] } });
      assert.deepEqual(withIt.candidates.map(({ provider, model: asked, allowed }) => [provider, asked, allowed]), [["echo", "echo", true]]);
      assert.notDeepEqual(without.candidates, withIt.candidates);
      await admin.create("/admin/models", model);
      await until("the model is served", async () => (await foretold(keys[0], named)).candidates[0].provider === "echo", patience);
    });

    test("a request may be described instead of written, by a key that is not stored", async () => {
      const answer = await admin.act(simulate, {
        key: { preset: "external_partner", policy: { max_cost_per_request: 0.5 } }, route: "chat-completions", model: "slow", stream: false,
        estimated_input_tokens: 300, max_output_tokens: 500, at: "2027-01-01T09:00:00Z", source_address: "192.0.2.7", end_user: "anna",
      });
      assert.equal(answer.final_decision.allowed, true);
      assert.deepEqual([answer.auth.source, answer.auth.key_id, answer.route_match.id], ["unsaved_key", null, "chat-completions"]);
      assert.deepEqual([answer.limits.tokens, answer.limits.cost_usd], [800, 0.0013]);
      assert.deepEqual(answer.limits.counters.map(({ scope }) => scope).sort(), ["end_user", "key"]);
      const dear = await admin.act(simulate, { key: { policy: { max_cost_per_request: 0.5 } }, path: chat.path, model: "slow", estimated_cost_usd: 0.6 });
      assert.deepEqual([dear.final_decision.reason, dear.final_decision.sources[0].kind], ["max_cost_per_request", "key_policy"]);
    });

    test("what is wrong with the question is told field by field", async () => {
      const body = {
        path: "/v1/models", route: "models", method: "FETCH", source_address: "here", tool_count: -1, changes: {
          policy_layers: [{ kind: "team", policy: { rpm_limit: "many" } }, { id: nobody, remove: true }], routes: [{ id: "nothing" }], models: [7], guesses: [],
        }, key: { policy: { tpm_limit: -1 }, project_id: nobody }, colour: "red",
      };
      await admin.refused(400, "invalid_request", "POST", simulate, { body }, ["method", "tool_count", "colour", "key.policy.tpm_limit", "changes.policy_layers[0].policy.rpm_limit",
        "changes.policy_layers[1].id", "changes.routes[0].id", "changes.models[0]", "changes.guesses"]);
      const dangling = {
        policy_layers: [{ kind: "key", scope_id: nobody, policy: {} }, { kind: "team", scope_id: nobody, remove: true }, { kind: "project", scope_id: nobody, policy: { rpm_limit: 1 } }],
        limits: [{ name: "l", scope: "team", target: nobody, requests_per_minute: 1 }], models: [{ name: "new", provider: "acme", targets: [{ provider: "nobody" }] }],
      };
      await admin.refused(400, "invalid_request", "POST", simulate, { body: { path: chat.path, changes: dangling } }, ["changes.policy_layers[0].scope_id", "changes.policy_layers[1].kind",
        "changes.policy_layers[2].scope_id", "changes.limits[0].target", "changes.models[0].targets[0].provider"]);
      await admin.refused(400, "invalid_request", "POST", simulate, { body: { path: "/v1/models", route: "models", source_address: "here" } }, ["path", "source_address"]);
      await admin.refused(400, "invalid_request", "POST", simulate, { body: { route: "nothing" } }, ["route"]);
      await admin.refused(404, "not_found", "POST", simulate, { body: { path: chat.path, key_id: nobody } });
    });
  });
}
