// The control listener behind a reverse proxy: who asks, whether their side has TLS, and under which prefix they see it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { Fixture } from "./harness/fixture.mjs";

const all = new Fixture("behind-proxy");
after(() => all.close());

const forwarded = (address, proto) => ({ "x-forwarded-for": address, ...(proto ? { "x-forwarded-proto": proto } : {}) });
const signIn = (admin, headers, body) => admin.as(null).request("POST", "/admin/session", { headers, body });
const wrong = (email) => ({ email, password: "not the right one" });
const addressOf = async (admin, answer) => {
  const id = answer.headers.get("x-relayna-request-id");
  return (await admin.get(`/admin/audit-events?request_id=${id}`)).data[0].ip;
};

describe("a proxy that is trusted", () => {
  const password = "the right password";
  let admin;
  before(async () => {
    admin = new Admin(await all.gateway({ env: { ...adminEnv, GATEWAY_TRUSTED_PROXIES: "127.0.0.0/8" } }));
    await admin.create("/admin/operators", { name: "ada", scopes: ["*"], email: "ada@example.com", password });
  });

  test("the audit log has the client's address", async () => {
    const made = await admin.request("POST", "/admin/teams", { body: { name: "far" }, headers: forwarded("198.51.100.4") });
    assert.equal(made.status, 201, made.text);
    assert.equal(await addressOf(admin, made), "198.51.100.4");
  });

  test("the cookie is for TLS when the client's side has it", async () => {
    const cookie = async (headers) => (await signIn(admin, headers, { token: admin.token })).headers.get("set-cookie");
    assert.match(await cookie(forwarded("198.51.100.5", "https")), /; Secure/);
    assert.doesNotMatch(await cookie(forwarded("198.51.100.5", "http")), /; Secure/);
  });

  test("who guesses waits, and who has another address does not", async () => {
    for (let i = 0; i < 5; i += 1) {
      assert.equal((await signIn(admin, forwarded("203.0.113.1"), wrong(`nobody${i}@example.com`))).status, 401);
    }
    const refused = await signIn(admin, forwarded("203.0.113.1"), { email: "ada@example.com", password });
    assert.deepEqual([refused.status, refused.json.error.code], [429, "too_many_attempts"], refused.text);
    const wait = Number(refused.headers.get("retry-after"));
    assert.ok(wait >= 1 && wait <= 900, `${wait} s`);
    assert.equal(refused.json.error.retry_after_seconds, wait);
    assert.equal((await signIn(admin, forwarded("203.0.113.2"), { email: "ada@example.com", password })).status, 200);
  });

  test("an email that is guessed at is kept from everybody, under whatever address", async () => {
    for (let i = 0; i < 5; i += 1) await signIn(admin, forwarded(`203.0.113.${10 + i}`), wrong("bob@example.com"));
    const refused = await signIn(admin, forwarded("203.0.113.20"), wrong("bob@example.com"));
    assert.equal(refused.status, 429, refused.text);
    assert.ok(refused.headers.get("retry-after"));
  });
});

test("who is not trusted cannot choose its address", async () => {
  const admin = new Admin(await all.gateway({ env: adminEnv }));
  const made = await admin.request("POST", "/admin/teams", { body: { name: "near" }, headers: forwarded("198.51.100.4", "https") });
  assert.equal(await addressOf(admin, made), "127.0.0.1");
  const session = await signIn(admin, forwarded("198.51.100.4", "https"), { token: admin.token });
  assert.doesNotMatch(session.headers.get("set-cookie"), /; Secure/);
});

describe("below a prefix", () => {
  let gateway, admin;
  before(async () => {
    gateway = await all.gateway({ env: { ...adminEnv, GATEWAY_CONTROL_BASE_PATH: "/gw/" } });
    admin = new Admin(gateway);
  });

  test("what is created is found where Location says, also when it is asked for again", async () => {
    const headers = { "idempotency-key": "once" };
    for (const prefix of ["/gw", ""]) {  // a proxy may strip it
      const made = await admin.request("POST", `${prefix}/admin/teams`, { body: { name: "below" }, headers });
      assert.equal(made.status, 201, made.text);
      assert.equal(made.headers.get("location"), `/gw/admin/teams/${made.json.id}`);
      assert.equal((await admin.request("GET", made.headers.get("location"))).json.id, made.json.id);
    }
  });

  test("the API's description says where its paths are, the cookie where it goes", async () => {
    const described = await (await fetch(`${gateway.control}/gw/admin/openapi.json`)).json();
    assert.deepEqual(described.servers, [{ url: "/gw" }]);
    assert.match((await signIn(admin, {}, { token: admin.token })).headers.get("set-cookie"), /; Path=\/gw;/);
  });
});
