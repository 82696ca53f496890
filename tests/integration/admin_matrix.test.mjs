// Every operation of the admin API against a row that exists, asked by nobody, by an operator without its scope, with a parameter and with
// bodies that are wrong, and rightly by an operator that has its scope and no other: each refusal is the documented one and does nothing,
// so that the good request after it still finds what it needs.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Admin, adminEnv } from "./harness/admin.mjs";
import { answerWalk, walk } from "./harness/admin_walk.mjs";
import { Fixture } from "./harness/fixture.mjs";

const unknown = "no_such_thing";
const values = ({ object }) => (object.parameters ?? []).filter(({ in: where }) => where === "query");
const takesBody = ({ object }) => Boolean(object.requestBody);
const streams = ({ object }) => Boolean(object.responses[200]?.content?.["text/event-stream"]);

for (const backend of ["sqlite", "postgres"]) {
  describe(`on ${backend}`, () => {
    const all = new Fixture(`matrix-${backend}`);
    let admin, operations, powerless, upstream;
    const tokens = {};
    const answered = new Set();

    before(async () => {
      const stores = backend === "postgres" ? (await all.stores()).urls : undefined;
      upstream = await all.upstream();
      upstream.script(answerWalk);
      admin = new Admin(await all.gateway({ stores, env: { ...adminEnv, GATEWAY_ECHO: "true" } }));
      operations = new Map((await admin.document()).operations.map((operation) => [operation.object.operationId, operation]));
      const token = async (name, scopes) => (await admin.create("/admin/operators", { name, scopes })).token;
      powerless = admin.as(await token("powerless", ["guardrails:read"]));
      for (const { object } of operations.values()) {
        const scope = object["x-required-scope"];
        if (scope && !tokens[scope]) tokens[scope] = await token(scope, [scope]);
      }
    });
    after(() => all.close());

    const as = ({ object }, token) => {
      const scope = object["x-required-scope"];
      return admin.as(token !== undefined ? token : scope ? tokens[scope] : admin.token);
    };

    async function refuseStrangers({ method, object }, target, options) {
      if (object.security?.length === 0) return;  // it is for everybody
      await admin.as(null).refused(401, "missing_authorization", method, target, { body: options.body });
      if (object["x-required-scope"]) await powerless.refused(403, "insufficient_operator_scope", method, target, { body: options.body });
    }

    async function refuseParameters(operation, who, target, options) {
      const { method } = operation;
      const refuse = (query, fields, message) => who.refused(400, "invalid_request", method, `${target.split("?")[0]}?${query}`, options, fields)
        .then(({ fields: told }) => told.forEach((field) => assert.match(field.message, message, `${method} ${target} ${field.path}`)));
      await refuse(`${unknown}=1`, [unknown], /^(is unknown|is required)/);
      const filled = values(operation).filter(({ allowEmptyValue }) => !allowEmptyValue).map(({ name }) => name);
      if (filled.length) await refuse(filled.map((name) => `${name}=`).join("&"), filled, /^must not be empty; leave it out$/);
      const closed = values(operation).filter(({ schema }) => schema.enum || schema.anyOf || schema.format || schema.type === "boolean").map(({ name }) => name);
      if (closed.length) await refuse(closed.map((name) => `${name}=${unknown}`).join("&"), closed, /^(must be|is required)/);
    }

    async function refuseBodies(operation, who, target, options) {
      const { method } = operation;
      if (method === "GET") return;
      const bad = (code, body, fields) => who.refused(400, code, method, target, { ...options, body }, fields);
      await bad("invalid_request", { ...options.body, [unknown]: 1 }, [unknown]);
      await bad("invalid_request", []);
      if (!takesBody(operation)) return;
      await bad("invalid_json", "{");
      await bad("invalid_json", `{"${unknown}": 1, "${unknown}": 2}`, [unknown]);
      if (operation.object.requestBody.required) await bad("invalid_json", undefined);
    }

    // The tail has no end: its head is all there is to wait for.
    async function begin({ path }, who) {
      const ending = new AbortController();
      const answer = await fetch(admin.gateway.control + path, { headers: { authorization: `Bearer ${who.token}` }, signal: ending.signal });
      ending.abort();
      return answer;
    }

    async function step(id, { path = {}, query, token, ...options } = {}) {
      const operation = operations.get(id);
      assert.ok(operation, `${id} is no operation`);
      const target = operation.path.replace(/\{([^}]+)\}/g, (_, name) => encodeURIComponent(path[name])) + (query ? `?${query}` : "");
      const who = as(operation, token);
      if (!answered.has(id)) {
        await refuseStrangers(operation, target, options);
        await refuseParameters(operation, who, target, options);
        await refuseBodies(operation, who, target, options);
      }
      const answer = streams(operation) ? await begin(operation, who) : await who.request(operation.method, target, options);
      assert.ok(answer.status >= 200 && answer.status < 300, `${id}: ${answer.status} ${answer.text}`);
      answered.add(id);
      return answer;
    }

    test("each refuses what is wrong, says what, and then answers who may ask", async () => {
      await walk(step, upstream.url);
      assert.deepEqual([...operations.keys()].filter((id) => !answered.has(id)), [], "operations that the walk leaves out");
    });

    test("what was recorded of it is found by its action and by what it was done to", async () => {
      const { data } = await admin.get("/admin/audit-events?limit=500");
      for (const field of ["action", "target_type"]) {
        for (const value of new Set(data.map((event) => event[field]))) assert.ok((await admin.get(`/admin/audit-events?${field}=${value}`)).data.length > 0, value);
      }
    });

    test("an empty object is no body, and an action does what it says with one", async () => {
      const key = await admin.create("/admin/keys", { name: "empty" });
      assert.equal((await admin.act(`/admin/keys/${key.id}/disable`, {})).status, "disabled");
    });
  });
}
