// How the first operator comes to be: by starting, by a command, by the declarative file; once, and never in a log.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Admin, adminToken } from "./harness/admin.mjs";
import { declared } from "./harness/declared.mjs";
import { Fixture } from "./harness/fixture.mjs";

const all = new Fixture("first-operator");
after(() => all.close());

const shown = (text) => [...text.matchAll(/^Relayna Gateway operator token: (op_live_[0-9a-f]{64})$/gm)].map(([, token]) => token);
const loggedText = (gateway) => JSON.stringify(gateway.logs);
async function bootstrap(gateway, ...args) {
  const { code, stdout, stderr } = await gateway.cli(["bootstrap-admin", ...args]);
  assert.equal(code, 0, stderr);
  return { stdout, stderr };
}

test("the first start prints a token that works, a restart prints none", async () => {
  const gateway = await all.gateway({});
  const [token, ...more] = shown(gateway.logText);
  assert.ok(token && more.length === 0, gateway.logText.slice(-500));
  const session = await new Admin(gateway, token).get("/admin/session");
  assert.deepEqual([session.name, session.scopes, session.rotate_bootstrap_token], ["bootstrap", ["*"], true]);
  await gateway.restart();
  assert.equal(shown(gateway.logText).length, 1);
  assert.ok(!loggedText(gateway).includes(token), "in a log line");
  assert.equal((await new Admin(gateway, token).get("/admin/session")).name, "bootstrap");
});

test("the log says at each start that the first token waits to be rotated, until it is", async () => {
  const gateway = await all.gateway({ env: { GATEWAY_ADMIN_TOKEN: adminToken } });
  const warnings = () => gateway.logs.filter(({ level, message }) => level === "warn" && /first operator token is still in use/.test(message)).length;
  assert.equal(warnings(), 1);
  await gateway.restart();
  assert.equal(warnings(), 2);
  const admin = new Admin(gateway);
  const { operator_id: id } = await admin.get("/admin/session");
  const { token } = await admin.act(`/admin/operators/${id}/rotate`);
  await gateway.restart();
  assert.equal(warnings(), 2);
  assert.equal((await admin.as(token).get("/admin/session")).rotate_bootstrap_token, false);
});

test("replicas that start together print one token between them", async () => {
  const { urls } = await all.stores();
  const gateways = await all.gateways(3, { stores: urls });
  const tokens = gateways.flatMap((gateway) => shown(gateway.logText));
  assert.equal(tokens.length, 1);
  for (const gateway of gateways) assert.equal((await new Admin(gateway, tokens[0]).get("/admin/session")).name, "bootstrap");
});

test("GATEWAY_ADMIN_TOKEN is taken, not printed, and ignored once there is an operator", async () => {
  const gateway = await all.gateway({ env: { GATEWAY_ADMIN_TOKEN: adminToken } });
  assert.equal(shown(gateway.logText).length, 0);
  assert.ok(!gateway.logText.includes(adminToken));
  await new Admin(gateway).get("/admin/session");
  gateway.env.GATEWAY_ADMIN_TOKEN = `op_live_${"f".repeat(64)}`;
  await gateway.restart();
  await new Admin(gateway).get("/admin/session");
  assert.match(loggedText(gateway), /GATEWAY_ADMIN_TOKEN is ignored/);
});

test("bootstrap-admin makes the first operator beside no gateway, explains afterwards, and replaces a lost token", async () => {
  const gateway = all.replica({});
  const first = JSON.parse((await bootstrap(gateway, "--json")).stdout);
  assert.equal(first.created, true);
  assert.match(first.token, /^op_live_[0-9a-f]{64}$/);
  await gateway.start();
  assert.equal(shown(gateway.logText).length, 0, "there is one already");
  const again = await bootstrap(gateway);
  assert.match(again.stdout, /There are operators already.*--reset/);
  assert.equal(shown(again.stdout).length, 0);
  assert.deepEqual((({ created, token }) => ({ created, token }))(JSON.parse((await bootstrap(gateway, "--json")).stdout)), { created: false, token: null });
  const [token] = shown((await bootstrap(gateway, "--reset")).stdout);
  await new Admin(gateway, token).get("/admin/session");
  await new Admin(gateway, first.token).refused(401, "invalid_operator_token", "GET", "/admin/session");
});

test("the declared account signs in, must change its password outside of local, and is not made again", async () => {
  const password = "the first password";
  const gateway = await all.gateway({
    env: { ENVIRONMENT: "staging", FIRST_PASSWORD: password },
    config: declared({ identity: { bootstrap_admin: { enabled: true, email: "Ada@Example.com", password: "env.FIRST_PASSWORD" } } }),
  });
  assert.equal(shown(gateway.logText).length, 0, "the account makes a token unnecessary");
  const nobody = new Admin(gateway, "");
  const signIn = (secret) => nobody.request("POST", "/admin/session", { body: { email: "ada@example.com", password: secret }, check: false });
  const session = await signIn(password);
  assert.ok(session.status < 300, session.text);
  assert.equal(session.json.must_change_password, true);
  const headers = { cookie: session.headers.get("set-cookie").split(";")[0], "x-relayna-csrf": session.json.csrf_token };
  await nobody.refused(403, "password_change_required", "GET", "/admin/keys", { headers });
  await gateway.restart();
  assert.ok((await signIn(password)).status < 300);
  assert.ok(!gateway.logText.includes(password));
});
