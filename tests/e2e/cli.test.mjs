// The command line as an operator meets it: exit codes, one line per problem, nothing secret.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Gateway, cli, freePort, startGateway, temporaryFolder, until, version } from "./harness.mjs";
import { call } from "./raw.mjs";

let gateway, folder;
before(async () => {
  gateway = await startGateway({ name: "cli" });
  folder = temporaryFolder();
});
after(() => gateway?.stop());

const validFile = `
server:
  environment: test
providers:
  - name: up
    kind: openai
    base_url: http://127.0.0.1:9/v1
models:
  - name: some-model
    provider: up
`;
const written = (name, text) => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};

test("version names the version CMake builds", async () => {
  for (const args of [["version"], ["--version"]]) {
    const { code, stdout } = await cli(args);
    assert.equal(code, 0, args.join());
    assert.match(stdout, new RegExp(`\\b${version.replaceAll(".", "\\.")}\\b`));
  }
});

test("--help on every command exits 0 and says what it does", async () => {
  const commands = [[], ["start"], ["stop"], ["status"], ["validate"], ["migrate"], ["keys"], ["keys", "create"], ["keys", "list"], ["keys", "revoke"], ["bootstrap-admin"], ["purge"], ["doctor"], ["version"]];
  for (const command of commands) {
    const { code, stdout, stderr } = await cli([...command, "--help"]);
    assert.equal(code, 0, `${command.join(" ")}: ${stderr}`);
    assert.ok(stdout.length > 40, command.join(" "));
  }
});

test("wrong usage exits 2", async () => {
  for (const args of [["no-such-command"], ["start", "--no-such-flag"], ["keys", "create"], ["keys", "revoke"], ["start", "--port", "many"]]) {
    const { code, stderr } = await cli(args, { cwd: folder });
    assert.equal(code, 2, `${args.join(" ")}: ${stderr}`);
    assert.notEqual(stderr.trim(), "");
  }
});

test("a wrong environment exits 78 and names every problem", async () => {
  const { code, stdout, stderr } = await cli(["start"], {
    cwd: folder,
    env: {
      GATEWAY_BIND_ADDR: "nonsense", GATEWAY_MAX_REQUEST_BODY_BYTES: "lots", GATEWAY_DRAIN_DELAY_SECONDS: "-1", LOG_LEVEL: "shouting",
      LITELLM_BASE_URL: "http://127.0.0.1:1", GATEWAY_MASTER_KEY: "c2hvcnQ=", GATEWAY_THREADS: "none",
    },
  });
  assert.equal(code, 78, stderr);
  for (const name of ["GATEWAY_BIND_ADDR", "GATEWAY_MAX_REQUEST_BODY_BYTES", "GATEWAY_DRAIN_DELAY_SECONDS", "LOG_LEVEL", "LITELLM_SERVICE_KEY",
    "GATEWAY_MASTER_KEY", "GATEWAY_THREADS", "DATABASE_URL", "REDIS_URL"]) {
    assert.match(stderr, new RegExp(`^[^\\n]*${name}[^\\n]*$`, "m"), name);
  }
  assert.ok(!(stdout + stderr).includes("c2hvcnQ="), "a secret was printed");
});

test("validate accepts a good file and touches no store", async () => {
  const { code, stderr } = await cli(["validate", "--file", written("good.yaml", validFile)], { cwd: folder });
  assert.equal(code, 0, stderr);
  assert.ok(!existsSync(path.join(folder, "relayna-data")));
});

test("validate prints every problem with line and column", async () => {
  const file = written("bad.yaml", `
server:
  environment: test
  no_such_setting: 1
providers:
  - name: up
    kind: unheard-of
    base_url: not a url
models:
  - name: m
    provider: missing
  - provider: up
surprise: true
`);
  const { code, stdout, stderr } = await cli(["validate", "--file", file], { cwd: folder });
  assert.equal(code, 1);
  const told = stdout + stderr;
  for (const [name, line] of [["no_such_setting", 4], ["kind", 7], ["base_url", 8], ["provider", 11], ["surprise", 13]]) {
    assert.match(told, new RegExp(`:${line}:\\d+[^\\n]*${name}|${name}[^\\n]*:${line}:\\d+`), `${name}\n${told}`);
  }
});

test("validate names an unset variable", async () => {
  const { code, stdout, stderr } = await cli(["validate", "--file", written("unset.yaml", validFile.replace("http://127.0.0.1:9/v1", "${NOT_SET_ANYWHERE}"))], { cwd: folder });
  assert.equal(code, 1);
  assert.match(stdout + stderr, /NOT_SET_ANYWHERE/);
});

test("validate of a missing or unreadable file exits 1", async () => {
  for (const file of [path.join(folder, "none.yaml"), written("broken.yaml", "a: [1,\n b: }")]) {
    const { code, stderr, stdout } = await cli(["validate", "--file", file], { cwd: folder });
    assert.equal(code, 1, file);
    assert.notEqual((stdout + stderr).trim(), "");
  }
});

test("migrations are shown, checked and applied", async () => {
  const fresh = new Gateway({ dataDir: temporaryFolder() });
  assert.equal((await fresh.cli(["migrate", "--check"])).code, 1);
  assert.equal((await fresh.cli(["migrate", "--apply"])).code, 0);
  assert.equal((await fresh.cli(["migrate", "--check"])).code, 0);
  const status = await fresh.cli(["migrate", "--status"]);
  assert.equal(status.code, 0);
  assert.match(status.stdout, /applied/i);
});

test("start --no-migrate refuses while migrations are pending", async () => {
  const data = temporaryFolder();
  const { code, stderr, stdout } = await cli(["start", "--embedded", "--data-dir", data, "--no-migrate", "--port", String(await freePort()), "--control-port", String(await freePort())], { cwd: data, timeout: 10_000 });
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /migrate --apply/);
});

test("a key is created, works, is listed without its secret, and stops working when revoked", async () => {
  const key = await gateway.createKey("worker");
  assert.ok(key.id);
  const body = { model: "echo", messages: [{ role: "user", content: "hi" }] };
  assert.equal((await call(gateway, "/v1/chat/completions", { key: key.secret, body })).status, 200);

  const listed = await gateway.cli(["keys", "list"]);
  assert.equal(listed.code, 0);
  assert.match(listed.stdout, /worker/);
  assert.match(listed.stdout, new RegExp(key.secret.slice(0, 16)));
  assert.ok(!listed.stdout.includes(key.secret));

  const revoked = await gateway.cli(["keys", "revoke", key.id]);
  assert.equal(revoked.code, 0, revoked.stderr);
  await until("the revoked key is refused", async () => {
    const answer = await call(gateway, "/v1/chat/completions", { key: key.secret, body });
    return answer.status === 401 && answer.json.error.code === "revoked_virtual_key";
  }, { within: 3000 });
});

test("keys: a taken name, an unknown id, an unknown preset and a wrong date are plain errors", async () => {
  await gateway.createKey("taken");
  for (const [args, pattern] of [
    [["keys", "create", "--name", "taken"], /taken/],
    [["keys", "revoke", "00000000-0000-7000-8000-000000000000"], /id/],
    [["keys", "create", "--name", "p", "--preset", "nope"], /developer/],
    [["keys", "create", "--name", "d", "--expires-at", "tomorrow"], /expires-at|RFC ?3339|2026|20\d\d-/i],
  ]) {
    const { code, stderr } = await gateway.cli(args);
    assert.ok(code === 1 || code === 2, `${args.join(" ")}: ${code}`);
    assert.match(stderr, pattern, args.join(" "));
  }
});

test("an expired key is told so", async () => {
  const key = await gateway.createKey("short", ["--expires-at", new Date(Date.now() + 1500).toISOString()]);
  await until("the key expires", async () => {
    const { status, json } = await call(gateway, "/v1/models", { key: key.secret });
    return status === 401 && json.error.code === "expired_virtual_key";
  }, { within: 5000, every: 100 });
});

test("purge counts what is old, deletes it beside a running gateway, and says so in the audit log", async () => {
  const other = await startGateway({ name: "cli-purge", env: { GATEWAY_ADMIN_TOKEN: `op_live_${"ab".repeat(32)}` } });
  try {
    const { secret } = await other.createKey("purge");
    const body = { model: "echo", messages: [{ role: "user", content: "hi" }] };
    for (let i = 0; i < 3; i += 1) assert.equal((await call(other, "/v1/chat/completions", { key: secret, body })).status, 200);
    const purge = async (...args) => {
      const { code, stdout, stderr } = await other.cli(["purge", ...args, "--json"]);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    const now = () => new Date().toISOString();
    await until("the events are stored", async () => (await purge("--usage-before", now(), "--dry-run")).usage_events.found === 3);
    const moment = now();
    assert.deepEqual(await purge("--usage-before", "2020-01-01T00:00:00Z", "--dry-run"), { dry_run: true, usage_events: { before: "2020-01-01T00:00:00Z", found: 0 } });
    const both = await purge("--usage-before", moment, "--audit-before", moment, "--dry-run");
    assert.equal(both.usage_events.found, 3);
    assert.ok(both.audit_events.found >= 1);
    const plain = await other.cli(["purge", "--usage-before", moment]);
    assert.equal(plain.code, 0, plain.stderr);
    assert.match(plain.stdout, /^3 usage_events from before \S+ deleted$/m);
    assert.equal((await purge("--usage-before", now(), "--dry-run")).usage_events.found, 0);
    const { data } = await (await fetch(`${other.control}/admin/audit-events?action=purge`, { headers: { authorization: `Bearer op_live_${"ab".repeat(32)}` } })).json();
    assert.deepEqual([data.length, data[0].actor_name, data[0].target_type, data[0].after.deleted], [1, "cli", "usage-events", 3]);
  } finally {
    await other.stop();
  }
  for (const [args, pattern] of [[[], /--usage-before/], [["--usage-before", "yesterday"], /--usage-before.*RFC 3339/], [["--audit-before", "2999-01-01T00:00:00Z"], /--audit-before.*past/]]) {
    const { code, stderr } = await gateway.cli(["purge", ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, pattern);
  }
});

test("status tells running from stopped", async () => {
  const running = await cli(["status", "--port", String(gateway.port)]);
  assert.equal(running.code, 0, running.stderr);
  assert.match(running.stdout, /running/i);
  const json = await cli(["status", "--port", String(gateway.port), "--json"]);
  assert.equal(JSON.parse(json.stdout).pid, gateway.pid);
  const stopped = await cli(["status", "--port", String(await freePort())]);
  assert.equal(stopped.code, 3);
  assert.match(stopped.stdout + stopped.stderr, /stopped|not running/i);
});

test("stop ends a running gateway, and says when there is none", async () => {
  const other = await startGateway({ name: "cli-stop", dataDir: temporaryFolder() });
  const pidFile = path.join(other.dataDir, "gateway.pid");
  assert.equal(readFileSync(pidFile, "utf8").trim(), String(other.pid));
  const stopped = await cli(["stop", "--pid-file", pidFile], { cwd: other.dataDir });
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.deepEqual(await other.ended(), { code: 0, signal: null });
  const again = await cli(["stop", "--pid-file", pidFile], { cwd: other.dataDir });
  assert.equal(again.code, 1);
  assert.notEqual(again.stderr.trim(), "");
});

test("a second gateway over a live pid file refuses to start, over a stale one it starts", async () => {
  const args = ["start", "--embedded", "--data-dir", gateway.dataDir, "--pid-file", path.join(gateway.dataDir, "gateway.pid"),
    "--port", String(await freePort()), "--control-port", String(await freePort())];
  const second = await cli(args, { cwd: gateway.dataDir, timeout: 10_000 });
  assert.notEqual(second.code, 0);
  assert.equal(second.signal, null);
  assert.match(second.stderr + second.stdout, new RegExp(String(gateway.pid)));

  const data = temporaryFolder();
  writeFileSync(path.join(data, "gateway.pid"), "999999999\n");
  await (await startGateway({ name: "cli-stale", dataDir: data })).stop();
});

test("a taken port is a plain error", async () => {
  const data = temporaryFolder();
  const { code, signal, stderr, stdout } = await cli(["start", "--embedded", "--data-dir", data, "--port", String(gateway.port), "--control-port", String(await freePort())], { cwd: data, timeout: 10_000 });
  assert.equal(signal, null);
  assert.notEqual(code, 0);
  assert.match(stderr + stdout, new RegExp(String(gateway.port)));
});

test("doctor reports each dependency", async () => {
  const healthy = await gateway.cli(["doctor"]);
  assert.equal(healthy.code, 0, healthy.stdout + healthy.stderr);
  const sick = await cli(["doctor"], {
    cwd: folder,
    env: { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none", REDIS_URL: "redis://127.0.0.1:1", LITELLM_BASE_URL: "http://127.0.0.1:1", LITELLM_SERVICE_KEY: "sk-never-shown" },
  });
  assert.equal(sick.code, 1);
  for (const part of [/database|postgres/i, /redis/i, /litellm/i]) assert.match(sick.stdout + sick.stderr, part);
  assert.ok(!(sick.stdout + sick.stderr).includes("sk-never-shown"));
});

test("probes answer on the control listener", async () => {
  for (const [probe, status] of [["/healthz", "ok"], ["/readyz", "ready"], ["/startupz", undefined]]) {
    const answer = await fetch(gateway.control + probe);
    assert.equal(answer.status, 200, probe);
    if (status) assert.equal((await answer.json()).status, status);
  }
  const ready = await (await fetch(`${gateway.control}/readyz`)).json();
  assert.deepEqual({ ...ready, checks: ready.checks.database }, { status: "ready", version, environment: "local", checks: "ok" });
  const health = await call(gateway, "/health");
  assert.deepEqual([health.status, health.json.status, health.json.version], [200, "ok", version]);
  assert.equal((await call(gateway, "/health", { method: "HEAD" })).text, "");
});

test("metrics are Prometheus text with help lines", async () => {
  const answer = await fetch(`${gateway.control}/metrics`);
  assert.match(answer.headers.get("content-type"), /^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  for (const name of ["gateway_requests_total", "gateway_active_requests", "gateway_loop_lag_seconds", "gateway_overhead_seconds"]) {
    assert.match(text, new RegExp(`^# HELP ${name} \\S`, "m"), name);
    assert.match(text, new RegExp(`^# TYPE ${name} `, "m"), name);
  }
});

test("SIGTERM drains: readiness fails, what is in flight finishes, exit 0", async () => {
  const other = await startGateway({ name: "cli-drain", env: { GATEWAY_DRAIN_DELAY_SECONDS: "1" } });
  const { secret } = await other.createKey("drain");
  const running = call(other, "/v1/chat/completions", {
    key: secret, headers: { "x-echo-chunk-delay-ms": "20", "x-echo-output-tokens": "100" },
    body: { model: "echo", stream: true, messages: [{ role: "user", content: "x" }] },
  });
  await until("the stream runs", async () => (await other.metric("gateway_active_streams")) === 1);
  other.signal("SIGTERM");
  await until("readiness fails", async () => (await fetch(`${other.control}/readyz`)).status === 503, { within: 900 });
  assert.equal((await running).events.at(-1).data, "[DONE]");
  await other.stop();
});

test("what was created survives a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await startGateway({ name: "cli-restart", dataDir });
  const { secret } = await first.createKey("kept");
  await first.stop();
  const second = await startGateway({ name: "cli-restart", dataDir });
  assert.equal((await call(second, "/v1/models", { key: secret })).status, 200);
  await second.stop();
});
