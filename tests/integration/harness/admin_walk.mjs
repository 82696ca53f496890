// One good request to every operation of the admin API, in an order in which each finds what it needs: rows are made, read, changed, acted
// on and removed. `step(operationId, {path, query, body, token, headers})` sends it and returns {json, headers}; who checks what around it is
// the caller's affair. A new operation belongs here: the test that walks fails until it does.
import assert from "node:assert/strict";
import { until } from "../../e2e/harness.mjs";

// What the walk's providers, webhooks and Relayna Studio answer: every path of an upstream it leads to.
export function answerWalk(request, reply) {
  if (request.target.startsWith("/hook")) return reply.json(500, {});  // its delivery waits to be retried
  if (request.target.startsWith("/studio")) return reply.json(200, { services: [] });
  return reply.json(200, { object: "list", data: [{ id: "m", object: "model", owned_by: "them" }] });
}

// The usual operations on one kind of row, all but its deletion. Returns the row.
async function liveOf(step, kind, create, change, { path = {}, actions = ["disable", "enable"], id = "id" } = {}) {
  const { json: row } = await step(`${kind}.create`, { path, body: create });
  const at = { ...path, id: row[id] };
  await step(`${kind}.list`, { path });
  await step(`${kind}.get`, { path: at });
  await step(`${kind}.update`, { path: at, body: change });
  for (const action of actions) await step(`${kind}.${action}`, { path: at });
  return { ...row, at, remove: () => step(`${kind}.delete`, { path: at }) };
}

async function keysAndTheirRules(step) {
  const team = await liveOf(step, "teams", { name: "team" }, { name: "a team" }, { actions: [] });
  const project = await liveOf(step, "projects", { name: "project", team_id: team.id }, { name: "a project" }, { actions: [] });
  const key = await liveOf(step, "keys", { name: "key", project_id: project.id }, { policy: { rpm_limit: 1_000 } }, { actions: ["disable", "enable", "rotate", "limits", "limits.reset", "usage"] });
  await step("keys.presets");
  await step("keys.bulk", { body: { action: "enable", ids: [key.id] } });
  await step("projects.usage", { path: project.at });
  const layer = await liveOf(step, "policy-layers", { kind: "global", policy: {} }, { policy: { allow_tools: true } }, { actions: [] });
  const limit = await liveOf(step, "limits", { name: "limit", scope: "key", target: key.id, requests_per_day: 1_000 }, { requests_per_day: 2_000 }, { actions: ["disable", "enable", "use", "reset"] });
  await step("routes.list");
  for (const [verb, body] of [["get"], ["update", { timeout_ms: 60_000 }], ["disable"], ["enable"]]) await step(`routes.${verb}`, { path: { id: "embeddings" }, body });
  await step("policies.simulate", { body: { key_id: key.id, path: "/v1/models" } });
  return { key, remove: async () => { for (const row of [limit, layer, { remove: () => step("keys.revoke", { path: key.at }) }, key, project, team]) await row.remove(); } };
}

async function providersAndModels(step, upstream, key) {
  const body = { name: "provider", kind: "openai", base_url: upstream, credential: "sk-own" };
  const provider = await liveOf(step, "providers", body, { idle_timeout_ms: 60_000 }, { actions: ["disable", "enable", "test", "models"] });
  await step("providers.try", { body: { ...body, name: "another" } });
  const credential = await liveOf(step, "provider-credentials", { name: "spare", secret: "sk-spare" }, { weight: 2 }, { path: { provider_id: provider.id } });
  const mapping = await liveOf(step, "litellm-credentials", { scope: "key", target_id: key.id, credential: "sk-mapped" }, { credential: "sk-other" });
  await step("litellm-passthrough.get");
  await step("litellm-passthrough.update", { body: { allowed_paths: ["/utils/*"] } });
  const model = await liveOf(step, "models", { name: "model", provider: "provider" }, { upstream_model: "m" }, { id: "name" });
  const price = await liveOf(step, "prices", { provider: "provider", model: "m", request_usd: "0.1" }, { request_usd: "0.2" }, { actions: [] });
  await step("prices.catalog");
  await step("prices.resolve", { query: "provider=provider&model=m" });
  for (const row of [price, model, mapping, credential, provider]) await row.remove();
}

async function operatorsAndSessions(step) {
  const [first, second] = ["first password 1", "second password 2"];
  const create = { name: "ada", email: "ada@example.com", password: first, scopes: ["operators:write"] };
  const ada = await liveOf(step, "operators", create, { name: "Ada" }, { actions: ["disable", "enable", "rotate"] });
  const opened = await step("session.open", { body: { email: "ada@example.com", password: first } });
  const cookie = { token: null, headers: { cookie: opened.headers.get("set-cookie").split(";")[0], "x-relayna-csrf": opened.json.csrf_token } };
  await step("session.get", cookie);
  await step("session.password", { ...cookie, body: { current_password: first, new_password: second } });
  await step("session.close", cookie);
  await step("session.open", { body: { email: "ada@example.com", password: second } });
  const { json: sessions } = await step("sessions.list");
  await step("sessions.get", { path: { id: sessions.data[0].id } });
  await step("sessions.delete", { path: { id: sessions.data[0].id } });
  await step("operators.revoke", { path: ada.at });
}

async function alertsAndStudio(step, upstream) {
  const webhook = await liveOf(step, "alert-webhooks", { name: "hook", url: `${upstream}/hook` }, { name: "a hook" }, { actions: ["rotate"] });
  const { json: report } = await step("alert-webhooks.test", { path: webhook.at });
  await step("alert-deliveries.list");
  for (const verb of ["get", "retry"]) await step(`alert-deliveries.${verb}`, { path: { id: report.delivery_id } });
  await step("alert-settings.get");
  await step("alert-settings.update", { body: { budget_percents: [50, 100] } });
  await webhook.remove();
  await step("studio.get");
  await step("studio.update", { body: { base_url: upstream } });
  for (const verb of ["test", "services"]) await step(`studio.${verb}`);
}

async function usage(step, key) {
  const played = await step("playground.use", { body: { key_id: key.id, path: "/v1/chat/completions", body: { model: "echo", messages: [{ role: "user", content: "hi" }] } } });
  const path = { request_id: played.headers.get("x-relayna-request-id") };
  await step("debug-bundles.get", { path });
  await until("its usage is stored", async () => (await step("usage.requests.list", { query: `request_id=${path.request_id}` })).json.data.length === 1);
  await step("usage.requests.get", { path });
  await step("tasks.usage", { path: { task_id: "none" } });
  for (const verb of ["filters", "filter-values"]) await step(`usage.${verb}`, { query: "field=model" });
  for (const by of ["key", "project", "team", "model", "provider", "service", "route", "end-user", "tag", "error-code", "task", "endpoint"]) await step(`usage.by-${by}`);
  for (const report of ["summary", "timeseries", "events", "dashboard", "unused-keys", "export-csv", "export-ndjson", "export-json", "export-focus"]) await step(`usage.${report}`);
  for (const verb of ["recent", "tail"]) await step(`requests.${verb}`);
}

async function theGateway(step) {
  for (const id of ["health.get", "openapi", "settings.list", "log-level.get", "retention.get", "data-key.get", "data-key.rotate"]) await step(id);
  await step("log-level.update", { body: { level: "store=warn,info" } });
  await step("retention.update", { body: { audit_days: 400 } });
  const { json: audit } = await step("audit-events.list");
  assert.ok(audit.data.length > 0);
  await step("audit-events.get", { path: { id: audit.data[0].id } });
}

// `upstream` is the base URL of one that answers as `answerWalk` says.
export async function walk(step, upstream) {
  const rules = await keysAndTheirRules(step);
  await providersAndModels(step, upstream, rules.key);
  await operatorsAndSessions(step);
  await alertsAndStudio(step, upstream);
  await usage(step, rules.key);
  await theGateway(step);
  await rules.remove();
}
