// What a gateway does with the database it finds at start.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cli, freePort, temporaryFolder, until } from "../e2e/harness.mjs";
import { apis } from "./harness/answers.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";

const all = new Fixture("migrations");
let stores, made;
before(async () => {
  stores = await all.stores();
  made = await all.gateway({ stores: stores.urls });
});
after(() => all.close());

const urlsOf = (database) => ({ ...stores.urls, database: database.url() });

// `start` of a gateway that is expected to refuse: {code, said}.
async function refusesToStart(database, ...flags) {
  const ports = ["--port", String(await freePort()), "--control-port", String(await freePort())];
  const { code, signal, stdout, stderr } = await cli(["start", ...ports, ...flags], {
    cwd: temporaryFolder(), env: { DATABASE_URL: database.url(), REDIS_URL: stores.urls.redis, GATEWAY_ECHO: "true", GATEWAY_STATE_DIR: temporaryFolder() },
  });
  assert.equal(signal, null, "it ended by itself");
  assert.notEqual(code, 0);
  return { code, said: stdout + stderr };
}

async function untouched(database, action) {
  const before = await database.dump();
  await action();
  assert.equal(await database.dump(), before);
}

const unknownHistories = {
  "tables of another program": "CREATE TABLE accounts (id integer PRIMARY KEY); INSERT INTO accounts VALUES (1)",
  "a table of migrations that is another program's": "CREATE TABLE schema_migrations (version text PRIMARY KEY); INSERT INTO schema_migrations VALUES ('20240101')",
};
for (const [what, sql] of Object.entries(unknownHistories)) {
  test(`${what}: database reset required, nothing touched`, async () => {
    const database = await stores.postgres.createDatabase();
    await database.run(sql);
    await untouched(database, async () => {
      assert.match((await refusesToStart(database)).said, /database reset required/);
      for (const action of ["--apply", "--check", "--status"]) {
        const { code, stderr } = await cli(["migrate", action], { cwd: temporaryFolder(), env: { DATABASE_URL: database.url(), REDIS_URL: stores.urls.redis } });
        assert.equal(code, 1, `migrate ${action}`);
        assert.match(stderr, /database reset required/);
      }
    });
  });
}

// Each on a database that this program made.
const brokenHistories = {
  "a migration with other contents": "UPDATE schema_migrations SET checksum = 'other' WHERE number = 1",
  "a newer schema that is not compatible": "INSERT INTO schema_migrations (number, name, checksum, compatible_with) VALUES ((SELECT max(number) + 1 FROM schema_migrations), 'later', 'x', 9999)",
  "a gap in the history": "INSERT INTO schema_migrations (number, name, checksum, compatible_with) VALUES ((SELECT max(number) + 2 FROM schema_migrations), 'later', 'x', 1)",
};
async function migrated() {
  const database = await stores.postgres.createDatabase();
  const { code, stderr } = await cli(["migrate", "--apply"], { cwd: temporaryFolder(), env: { DATABASE_URL: database.url(), REDIS_URL: stores.urls.redis } });
  assert.equal(code, 0, stderr);
  return database;
}
for (const [what, sql] of Object.entries(brokenHistories)) {
  test(`${what}: database reset required, nothing touched`, async () => {
    const database = await migrated();
    await database.run(sql);
    await untouched(database, async () => assert.match((await refusesToStart(database)).said, /database reset required/));
  });
}

test("a newer schema that declares itself compatible is served", async () => {
  const database = await migrated();
  await database.run("INSERT INTO schema_migrations (number, name, checksum, compatible_with) VALUES ((SELECT max(number) + 1 FROM schema_migrations), 'later', 'x', 1)");
  const gateway = await all.gateway({ stores: urlsOf(database) });
  const { secret } = await gateway.createKey("old binary");
  assert.equal((await gateway.ask(apis.chat, secret, { model: "echo" })).status, 200);
  await gateway.stop();
});

test("--no-migrate refuses while migrations are pending, and serves once they are applied", async () => {
  const database = await stores.postgres.createDatabase();
  await untouched(database, async () => assert.match((await refusesToStart(database, "--no-migrate")).said, /migrate --apply/));
  const env = { DATABASE_URL: database.url(), REDIS_URL: stores.urls.redis };
  assert.equal((await cli(["migrate", "--check"], { cwd: temporaryFolder(), env })).code, 1);
  assert.equal((await cli(["migrate", "--apply"], { cwd: temporaryFolder(), env })).code, 0);
  assert.equal((await cli(["migrate", "--check"], { cwd: temporaryFolder(), env })).code, 0);
  const gateway = await all.gateway({ stores: urlsOf(database), args: ["--no-migrate"] });
  await gateway.stop();
});

test("a running replica hinders no migration, and a migration no running replica", async () => {
  const { secret } = await made.createKey("runs");
  const { code, stdout } = await made.cli(["migrate", "--apply"]);
  assert.equal(code, 0);
  assert.match(stdout, /0 applied/);
  assert.equal((await made.ask(apis.chat, secret, { model: "echo" })).status, 200);
});

test("a wrong master key is refused, naming it, and nothing is touched", async () => {
  const database = await migrated();
  const key = (byte) => Buffer.alloc(32, byte).toString("base64");
  const first = await all.gateway({ stores: urlsOf(database), env: { GATEWAY_MASTER_KEY: key(1) } });
  const { secret } = await first.createKey("kept");
  await first.stop();
  const wrong = all.replica({ stores: urlsOf(database), env: { GATEWAY_MASTER_KEY: key(2) } });
  const secrets = await database.rows("SELECT * FROM secrets ORDER BY name");
  await wrong.start({ ready: false });
  assert.notEqual((await wrong.endsBadly()).code, 0);
  assert.match(wrong.logText, /GATEWAY_MASTER_KEY/);
  assert.ok(!wrong.logText.includes(key(2)));
  assert.deepEqual(await database.rows("SELECT * FROM secrets ORDER BY name"), secrets);
  // Rotation: the previous one is accepted, what is stored is wrapped anew, keys keep working.
  const rotated = await all.gateway({ stores: urlsOf(database), env: { GATEWAY_MASTER_KEY: key(2), GATEWAY_MASTER_KEY_PREVIOUS: key(1) } });
  assert.equal((await rotated.ask(apis.chat, secret, { model: "echo" })).status, 200);
  await rotated.stop();
  const after = await all.gateway({ stores: urlsOf(database), env: { GATEWAY_MASTER_KEY: key(2) } });
  assert.equal((await after.ask(apis.chat, secret, { model: "echo" })).status, 200);
  await after.stop();
});

test("a database that does not exist yet is waited for", async () => {
  const missing = stores.postgres.url("made_later");
  const gateway = all.replica({ stores: { ...stores.urls, database: missing } });
  await gateway.start({ ready: false });
  await gateway.becomes(503, ({ checks }) => checks.database?.startsWith("failed"));
  await stores.postgres.query("CREATE DATABASE made_later");
  await until("it is ready", async () => (await gateway.probe("readyz"))?.status === 200, patience);
  await gateway.stop();
});
