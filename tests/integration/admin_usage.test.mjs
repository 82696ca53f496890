// What the admin API says was used is what the upstream says it did; in PostgreSQL and in SQLite.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { renameSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { until } from "../e2e/harness.mjs";
import { Admin, adminEnv, adminToken } from "./harness/admin.mjs";
import { apis } from "./harness/answers.mjs";
import { declared, keyNamed, secretOf } from "./harness/declared.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";
import { program } from "./harness/processes.mjs";
import { SqliteFile } from "./harness/sqlite.mjs";
import { asking } from "./harness/upstream_process.mjs";
import { writeHistory } from "./harness/usage_history.mjs";

const all = new Fixture("admin-usage");
let upstream;
before(async () => { upstream = await all.recordingUpstream(); });
after(() => all.close());

const config = declared({
  projects: [{ name: "search", team: "core" }],
  keys: [
    keyNamed("alpha", { allowed_models: ["priced", "m"], allow_streaming: true }, { project: "search" }), keyNamed("beta", { allow_streaming: true }),
    keyNamed("idle"),
  ],
  pricing: [{ provider: "litellm", model: "priced", input_usd_per_million: 0.25, output_usd_per_million: 1.234 }],
});
const costOf = ({ input, output }) => 250n * BigInt(input) + 1234n * BigInt(output);  // nano-USD
const usd = (nanos) => {
  const digits = nanos.toString().padStart(10, "0");
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, "");
};
const nanos = (text) => {
  const [whole, part = ""] = text.split(".");
  return BigInt(whole) * 1_000_000_000n + BigInt(part.padEnd(9, "0"));
};

// What a CSV says to a program that reads CSV: rows as objects.
async function readCsv(text) {
  const child = spawn(program("python3", "python3"), ["-c", "import csv, json, sys; print(json.dumps(list(csv.DictReader(sys.stdin, strict=True))))"],
    { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(text);
  const out = [];
  for await (const piece of child.stdout) out.push(piece);
  return JSON.parse(Buffer.concat(out).toString());
}

// Sends what there is to tell apart, and returns what each request must count as: the tokens are what the upstream wrote down.
async function traffic(gateway) {
  const sent = [];
  const ask = async (key, model, plan, { stream = false, headers = {}, status = 200 } = {}) => {
    const answer = await gateway.ask(apis.chat, secretOf(key), { model, ...(stream ? { stream } : {}) }, { ...asking(plan), ...headers });
    assert.equal(answer.status, status, answer.text);
    sent.push({ id: answer.headers.get("x-relayna-request-id"), key, model, stream, status, error: answer.headers.get("x-relayna-error"), headers });
  };
  for (let round = 1; round <= 4; round += 1) {
    await ask("alpha", "priced", { input: 1000 * round, output: 10 * round }, { headers: { "x-relayna-tags": "env=prod, team=a", "x-relayna-end-user": "ada" } });
    await ask("alpha", "priced", { input: 7, output: round }, { stream: true, headers: { "x-relayna-tags": "env=prod" } });
    await ask("beta", "priced", { input: 13 * round, output: 1 }, { headers: { "x-relayna-end-user": "=grace" } });
    await ask("beta", "m", { input: 3, output: round });
  }
  await ask("beta", "priced", { status: 500 }, { status: 500 });
  await ask("alpha", "other", {}, { status: 403 });
  const records = new Map(upstream.records.filter(({ state }) => state === "done").map((record) => [record.request, record]));
  return sent.map((request) => ({ ...request, used: request.status === 200 ? records.get(request.id) : undefined }));
}

// Requests added up as the admin API does it.
function sumOf(requests) {
  const used = requests.filter((request) => request.used).map((request) => ({ ...request.used, model: request.model }));
  const cost = used.filter(({ model }) => model === "priced").reduce((sum, tokens) => sum + costOf(tokens), 0n);
  const total = (field) => used.reduce((sum, tokens) => sum + tokens[field], 0);
  return {
    request_count: requests.length, success_count: used.length, failure_count: requests.length - used.length, input_tokens: total("input"), output_tokens: total("output"),
    total_tokens: total("input") + total("output"), cost_nanos: Number(cost), cost_usd: usd(cost), unpriced_count: used.filter(({ model }) => model === "m").length,
  };
}
const same = (summary, requests, what) => {
  const expected = sumOf(requests);
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, summary[name]])), expected, what);
};

const backends = {
  PostgreSQL: async () => {
    const stores = await all.stores();
    return { options: { stores: stores.urls }, history: { database: stores.database }, usage: () => stores.database, postgres: stores.postgres };
  },
  SQLite: async () => ({ options: {}, usage: (gateway) => new SqliteFile(gateway.dataDir) }),
};

for (const [backend, prepare] of Object.entries(backends)) {
  describe(`usage on ${backend}`, () => {
    let gateway, admin, sent, ids, store, database;
    before(async () => {
      store = await prepare();
      gateway = await all.gateway({ ...store.options, upstream: upstream.url, config, env: adminEnv });
      admin = new Admin(gateway);
      database = store.usage(gateway);
      sent = await traffic(gateway);
      await until("every request is stored", async () => (await database.usageRows()).length === sent.length, patience);
      const keys = (await admin.get("/admin/keys")).data;
      ids = Object.fromEntries(keys.map(({ name, id }) => [name, id]));
      ids.search = (await admin.get("/admin/projects")).data[0].id;
    });
    const get = (path) => admin.get(`/admin/usage/${path}`);
    const everything = async (list) => {
      const found = [];
      for (let cursor = ""; cursor !== null;) {
        const page = await get(`${list}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        found.push(...page.data);
        cursor = page.next_cursor;
      }
      return found;
    };
    const plain = async (path, token = adminToken) => {
      const answer = await fetch(`${gateway.control}/admin/usage/${path}`, { headers: { authorization: `Bearer ${token}` } });
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    };

    test("totals are what the upstream wrote down, whatever is asked for", async () => {
      const whole = await get("summary");
      same(whole.summary, sent);
      same(whole.previous.summary, [], "the day before");
      assert.equal(whole.previous.to, whole.from);
      assert.deepEqual([whole.covered.complete, whole.change.cost_nanos], [true, null]);
      const filters = {
        [`key_id=${ids.alpha}`]: ({ key }) => key === "alpha", [`project_id=${ids.search}`]: ({ key }) => key === "alpha", "project_id=null": ({ key }) => key !== "alpha",
        "model=priced": ({ model }) => model === "priced", "model=priced&end_user=ada": ({ headers }) => headers["x-relayna-end-user"] === "ada",
        "tag=env%3Dprod": ({ headers }) => headers["x-relayna-tags"], "tag=team%3Da&status=success": ({ headers }) => headers["x-relayna-tags"]?.includes("team"),
        "status=failure": ({ status }) => status >= 400, "status_class=5xx": ({ status }) => status === 500, "status_code=403": ({ status }) => status === 403,
        "error_code=policy_denied": ({ error }) => error === "policy_denied", "stream=true": ({ stream }) => stream, "min_cost_usd=0.0005": ({ model, used }) => used && model === "priced" && costOf(used) >= 500_000n,
        "route=/v1/chat/completions&provider=litellm&status=success": ({ used }) => used, "end_user=nobody": () => false,
      };
      for (const [query, keep] of Object.entries(filters)) same((await get(`summary?${query}`)).summary, sent.filter(keep), query);
      same((await admin.get(`/admin/keys/${ids.beta}/usage`)).summary, sent.filter(({ key }) => key === "beta"));
      same((await admin.get(`/admin/projects/${ids.search}/usage?model=priced`)).summary, sent.filter(({ key, model }) => key === "alpha" && model === "priced"));
      same((await admin.get("/admin/tasks/none/usage")).summary, []);
    });

    test("breakdowns add up, and what they leave out is in one more row", async () => {
      const tags = ({ headers }) => (headers["x-relayna-tags"] ?? "").split(",").map((tag) => tag.trim()).filter(Boolean);
      const one = (name) => [name].filter((value) => value !== undefined);
      const dimensions = {
        "by-key": ({ key }) => [ids[key]], "by-project": ({ key }) => [key === "alpha" ? ids.search : null], "by-model": ({ model }) => [model], "by-tag": tags,
        "by-end-user": ({ headers }) => one(headers["x-relayna-end-user"]), "by-error-code": ({ error }) => [error], "by-route": () => [apis.chat.path], "by-service": () => [null],
        "by-endpoint": () => [apis.chat.path],
      };
      for (const [by, namesOf] of Object.entries(dimensions)) {
        const groups = new Map();
        for (const request of sent) for (const name of namesOf(request)) groups.set(name, [...(groups.get(name) ?? []), request]);
        for (const sort of ["requests", "cost", "tokens", "name"]) {
          const found = await get(`${by}?sort=${sort}`);
          assert.deepEqual(new Set(found.data.map(({ name }) => name)), new Set(groups.keys()), by);
          for (const { name, summary } of found.data) same(summary, groups.get(name), `${by} ${name}`);
          const measure = { requests: "request_count", cost: "cost_nanos", tokens: "total_tokens" }[sort];
          if (measure) assert.deepEqual(found.data.map(({ summary }) => summary[measure]), found.data.map(({ summary }) => summary[measure]).toSorted((a, b) => b - a));
        }
      }
      const keys = await get("by-key?sort=cost&limit=1");
      assert.deepEqual([keys.data[0].label, keys.data.length], ["alpha", 1]);
      same(keys.other, sent.filter(({ key }) => key !== "alpha"), "the others");
      assert.equal((await get(`by-key?sort=cost&limit=1&cursor=${keys.next_cursor}`)).data[0].label, "beta");
      const users = await get("by-end-user?sort=cost&limit=1");
      assert.equal(users.data[0].name, "ada");
      same(users.other, sent.filter(({ headers }) => headers["x-relayna-end-user"] !== "ada"), "those who name nobody as well");
      assert.equal((await get("by-tag?limit=1")).other, null);
    });

    test("a series has every hour, and its points add up", async () => {
      const series = await get("timeseries?interval=hour");
      assert.equal(series.time_zone, "UTC");
      assert.ok([24, 25].includes(series.data.length), `${series.data.length} hours`);
      const sums = series.data.map(({ summary }) => summary);
      for (const name of ["request_count", "total_tokens", "cost_nanos"]) assert.equal(sums.reduce((sum, point) => sum + point[name], 0), sumOf(sent)[name]);
      series.data.reduce((earlier, later) => (assert.equal(earlier.end, later.start), later));
      const days = await get("timeseries?split=model&top=1");
      assert.deepEqual([...new Set(days.data.map(({ name }) => name))], ["priced"]);
      assert.equal(days.data.reduce((sum, { summary }) => sum + summary.request_count, 0), sent.filter(({ model }) => model === "priced").length);
      const long = await admin.refused(400, "invalid_request", "GET", "/admin/usage/timeseries?interval=hour&from=2020-01-01T00:00:00Z", {}, ["from"]);
      assert.match(long.fields[0].message, /31 days/);
    });

    test("a first look has it all in one answer", async () => {
      const look = await get("dashboard");
      same(look.summary, sent);
      assert.deepEqual(look.breakdowns.keys.map(({ label }) => label), ["alpha", "beta"]);
      assert.equal(look.timeseries.reduce((sum, { summary }) => sum + summary.cost_nanos, 0), sumOf(sent).cost_nanos);
      assert.deepEqual(look.unused_keys.map(({ name }) => name), ["idle"]);
    });

    test("requests are listed page by page and each tells everything that is stored of it", async () => {
      const listed = await everything("requests?limit=3");
      assert.deepEqual(listed.map(({ request_id: id }) => id).toSorted(), sent.map(({ id }) => id).toSorted());
      const moments = listed.map(({ created_at: at }) => Date.parse(at));
      assert.deepEqual(moments, moments.toSorted((a, b) => b - a));
      const dear = await everything("requests?limit=4&sort=-cost");
      assert.equal(dear.length, sent.length);
      assert.deepEqual(dear.map(({ cost_nanos: cost }) => cost ?? -1), dear.map(({ cost_nanos: cost }) => cost ?? -1).toSorted((a, b) => b - a));
      assert.equal((await get("requests?status_class=4xx")).data[0].error_code, "policy_denied");
      assert.deepEqual((await get(`requests?request_id_prefix=${sent[0].id.slice(0, 23)}`)).data.map(({ request_id: id }) => id), [sent[0].id]);
      assert.equal((await get(`events?key_id=${ids.alpha}&min_duration_ms=100000`)).data.length, 0);
      const rows = new Map((await database.usageRows()).map((row) => [row.request_id, row]));
      for (const request of sent) {
        const shown = await get(`requests/${request.id}`);
        const row = rows.get(request.id);
        const columns = { method: "http_method", endpoint: "endpoint_path", service: "service_name" };
        for (const [name, value] of Object.entries(shown)) {
          if (["created_at", "accounted_at", "status", "cost_usd"].includes(name)) continue;
          const stored = row[columns[name] ?? name];
          assert.equal(value, typeof value === "boolean" ? Boolean(stored) : stored, name);
        }
        assert.equal(shown.cost_usd, request.used && request.model === "priced" ? usd(costOf(request.used)) : shown.cost_nanos === null ? null : "0");
      }
      const missing = await admin.refused(404, "not_found", "GET", "/admin/usage/requests/00000000-0000-7000-8000-000000000000");
      assert.match(missing.message, /stored/);
      await admin.refused(400, "invalid_request", "GET", "/admin/usage/requests/mine-1", {}, ["request_id"]);
      await admin.refused(400, "invalid_request", "GET", "/admin/usage/requests?cursor=x&limit=0&sort=color", {}, ["cursor", "limit", "sort"]);
    });

    test("pickers and unused keys", async () => {
      assert.deepEqual((await get("filters?field=model")).data.map(({ value }) => value), ["m", "other", "priced"]);
      assert.deepEqual((await get("filter-values?field=model&q=PR")).data, [{ value: "priced", label: null }]);
      assert.deepEqual(new Set((await get("filters?field=key")).data.map(({ label }) => label)), new Set(["alpha", "beta"]));
      await admin.refused(400, "invalid_request", "GET", "/admin/usage/filters", {}, ["field"]);
      const unused = await get("unused-keys?days=1");
      assert.deepEqual(unused.data.map(({ name }) => name), ["idle"]);
      assert.deepEqual((await get(`unused-keys?project_id=${ids.search}`)).data, []);
    });

    test("the three exports say the same, and programs that read CSV can read ours", async () => {
      const [csv, lines, json] = await Promise.all(["csv", "ndjson", "json"].map((kind) => plain(`export.${kind}`)));
      assert.match(csv.headers.get("content-type"), /^text\/csv/);
      assert.equal(csv.headers.get("content-disposition"), 'attachment; filename="relayna-usage.csv"');
      const objects = lines.text.trimEnd().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(JSON.parse(json.text).data, objects);
      assert.equal(objects.length, sent.length);
      const text = (value) => (value === null ? "" : typeof value === "string" && /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : String(value));
      const rows = await readCsv(csv.text);
      assert.deepEqual(rows, objects.map((object) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, text(value)]))));
      assert.ok(rows.some(({ end_user: user }) => user === "'=grace"), "no formulas");
      assert.equal(csv.text.split("\r\n").length, sent.length + 2, "a header, a line each, and the last line ends");
      assert.equal((await plain(`export.csv?model=none`)).text.split("\r\n").length, 2);
      const events = (await admin.get("/admin/audit-events?action=usage.export")).data;
      assert.equal(events.length, 4);
      assert.equal(events[0].after.model, "none");
    });

    test("costs in FOCUS columns are exact", async () => {
      const rows = await readCsv((await plain("export.focus.csv")).text);
      const groups = {};
      for (const request of sent.filter(({ used }) => used)) (groups[`${request.key} ${request.model}`] ??= []).push(request);
      assert.deepEqual(rows.map((row) => `${row.ResourceName} ${row.SkuId.split("/")[1]}`).toSorted(), Object.keys(groups).toSorted());
      for (const row of rows) {
        const expected = sumOf(groups[`${row.ResourceName} ${row.SkuId.split("/")[1]}`]);
        assert.equal(nanos(row.BilledCost), BigInt(expected.cost_nanos));
        assert.equal(row.BilledCost, expected.cost_usd === "" ? "0" : expected.cost_usd);
        assert.deepEqual([row.ConsumedQuantity, row.ConsumedUnit, row.x_UnpricedRequests], [String(expected.total_tokens), "Tokens", String(expected.unpriced_count)]);
        assert.equal(row.x_Priced, expected.unpriced_count > 0 ? "no" : "yes");
        assert.deepEqual([row.SubAccountName, JSON.parse(row.Tags)["relayna/team"]], row.ResourceName === "alpha" ? ["search", "core"] : ["", undefined]);
        assert.match(row.ChargePeriodStart, /^\d{4}-\d\d-\d\dT00:00:00Z$/);
      }
      assert.equal(rows.reduce((sum, row) => sum + nanos(row.BilledCost), 0n), BigInt(sumOf(sent).cost_nanos));
      assert.equal((await readCsv((await plain(`export.focus.csv?key_id=${ids.beta}&model=m`)).text)).length, 1);
      await admin.refused(400, "invalid_request", "GET", "/admin/usage/export.focus.csv?from=2026-11-20T10:00:00Z&to=x", {}, ["from", "to"]);
    });

    test("who may look may not take along, and what is wrong is said before the first byte", async () => {
      const reader = (await admin.create("/admin/operators", { name: "reader", scopes: ["usage:read"] })).token;
      for (const kind of ["csv", "ndjson", "json", "focus.csv"]) {
        await admin.as(reader).refused(403, "insufficient_operator_scope", "GET", `/admin/usage/export.${kind}`);
        await admin.refused(400, "invalid_request", "GET", `/admin/usage/export.${kind}?from=never&color=red`, {}, ["from", "color"]);
      }
      await admin.as(reader).get("/admin/usage/summary");
    });

    test("50,000 requests are exported in constant memory, at the reader's pace", async () => {
      const count = 50_000;
      const start = "2026-01-01T00:00:00Z";
      await writeHistory(store.history ?? { dataDir: gateway.dataDir }, count, start);
      const target = `export.csv?model=history&from=${start}&to=2026-01-02T00:00:00Z`;
      await plain(`export.csv?model=history&from=${start}&to=2026-01-01T00:00:03Z`);  // what a few pages need is there
      const { resident } = gateway.memory;
      const answer = await fetch(`${gateway.control}/admin/usage/${target}`, { headers: { authorization: `Bearer ${adminToken}` } });
      const pieces = [];
      let bytes = 0, peak = 0, waited = false;
      for await (const piece of answer.body) {
        pieces.push(piece);
        bytes += piece.length;
        if (!waited && bytes > 2_000_000) {
          waited = true;
          await sleep(1_000);  // a reader that does something else for a while
          assert.ok(gateway.memory.resident - resident < 12e6, "what nobody reads is not read from the store");
        }
        peak = Math.max(peak, gateway.memory.resident);
      }
      assert.ok(bytes > 25e6, `${bytes} bytes`);
      assert.ok(peak - resident < 12e6, `${peak - resident} bytes more for ${bytes}`);
      const rows = Buffer.concat(pieces).toString().split("\r\n");
      assert.equal(rows.length, count + 2);
      const column = rows[0].split(",").indexOf("total_tokens");
      assert.equal(rows.slice(1, -1).reduce((sum, row) => sum + Number(row.split(",")[column]), 0), count * (count + 1) / 2);
      const id = rows[0].split(",").indexOf("request_id");
      assert.equal(new Set(rows.slice(1, -1).map((row) => row.split(",")[id])).size, count);
    });

    if (backend === "PostgreSQL") {
      test("a question the database takes too long for ends with a clear error, and the proxy goes on", async () => {
        const locked = database.run("BEGIN; LOCK TABLE usage_events IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(7); COMMIT");
        await sleep(300);
        const began = performance.now();
        const slow = admin.refused(503, "store_unavailable", "GET", "/admin/usage/summary");
        assert.equal((await gateway.ask(apis.chat, secretOf("beta"), { model: "m" })).status, 200);
        assert.ok(performance.now() - began < 3_000, "the proxy did not wait");
        assert.match((await slow).message, /statement timeout; ask for less/);
        await locked;
      });
    }

    test("an export whose store goes away breaks off, so that nobody takes the part for the whole", async () => {
      const answer = await fetch(`${gateway.control}/admin/usage/export.ndjson?model=history&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z`,
        { headers: { authorization: `Bearer ${adminToken}` } });
      assert.equal(answer.status, 200);
      const reader = answer.body.getReader();
      await reader.read();
      const file = path.join(gateway.dataDir, "gateway.db");
      if (store.postgres) await store.postgres.stop("immediate");
      else renameSync(file, `${file}.away`);
      await assert.rejects(async () => { while (!(await reader.read()).done) ; }, /terminated|aborted|other side closed/);
      await until("the log says so", () => /usage\.export .* broke off after \d+ rows/.test(gateway.logText), patience);
      if (store.postgres) await store.postgres.start();
      else renameSync(`${file}.away`, file);
      await until("the next one is whole", async () => {
        const again = await plain("export.ndjson?status_class=5xx");
        return again.status === 200 && again.text.trimEnd().split("\n").length === 1;
      }, patience);
    });
  });
}
