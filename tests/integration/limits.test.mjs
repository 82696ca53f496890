// What limits are held against and how a caller is told: scopes, warnings, headers, prices, and answers that turn out longer
// than was reserved for them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as anthropic from "../e2e/checkers/anthropic.mjs";
import * as openai from "../e2e/checkers/openai.mjs";
import { until } from "../e2e/harness.mjs";
import { apis } from "./harness/answers.mjs";
import { reservationsIn } from "./harness/counters.mjs";
import { declared, keyNamed, pricedOutput, secretOf } from "./harness/declared.mjs";
import { Fixture } from "./harness/fixture.mjs";
import { patience } from "./harness/gateway.mjs";
import { asking } from "./harness/upstream_process.mjs";

const endless = { max_tokens_per_day: 1_500, default_output_tokens: 50 };  // room for one extension of 1,024
const config = declared({
  pricing: pricedOutput,
  models: [{ name: "alias", provider: "litellm", upstream_model: "scarce-1" }],
  projects: [{ name: "one", team: "ours" }, { name: "two", team: "ours" }, { name: "three", team: "theirs" }],
  keys: [
    keyNamed("one-a", {}, { project: "one" }), keyNamed("one-b", {}, { project: "one" }), keyNamed("two-a", {}, { project: "two" }),
    keyNamed("three-a", {}, { project: "three" }), keyNamed("alone"),
    keyNamed("soft"), keyNamed("hard", { daily_budget_usd: 0.1 }), keyNamed("told", { rpm_limit: 50, tpm_limit: 100_000, max_requests_per_day: 20 }),
    keyNamed("chat", endless), keyNamed("responses", endless), keyNamed("messages", endless), keyNamed("extended", { ...endless, max_tokens_per_day: 100_000 }),
    keyNamed("dear", { max_cost_per_request: 0.01 }), keyNamed("budget", { total_budget_usd: 100 }),
    keyNamed("few", { rpm_limit: 2, tpm_limit: 100_000 }), keyNamed("lenient", { total_budget_usd: 1, allow_unpriced_models: true }), keyNamed("plain"),
  ],
  policies: [{ kind: "model", scope: "slow*", rpm_limit: 2 }],
  limits: [
    { name: "project one", scope: "project", target: "one", model: "of-project", max_requests_per_day: 3 },
    { name: "teams", scope: "team", model: "of-team", max_requests_per_day: 3 },
    { name: "everybody", scope: "global", model: "scarce*", max_requests_per_day: 3 },
    { name: "people", scope: "end_user", model: "of-people", max_requests_per_day: 2 },
    { name: "warning", scope: "key", target: "soft", soft: true, daily_budget_usd: 0.1 },
  ],
  routes: { "/v1/messages": { drain_on_disconnect: true } },
});

const all = new Fixture("limits");
let stores, upstream, gateway;
before(async () => {
  [stores, upstream] = await Promise.all([all.stores(), all.recordingUpstream()]);
  gateway = await all.gateway({ stores: stores.urls, upstream: upstream.url, config });
});
after(() => all.close());

const ask = (name, extra = {}, headers = {}, api = apis.chat) => gateway.ask(api, secretOf(name), extra, headers);
const idOf = (answer) => answer.headers.get("x-relayna-request-id");

async function admits(times, ...what) {
  for (let round = 0; round < times; round += 1) {
    const answer = await ask(...what);
    assert.equal(answer.status, 200, `${round + 1} of ${times}: ${answer.text}`);
  }
}
async function refuses(code, scope, window, ...what) {
  const answer = await ask(...what);
  const { error } = answer.json;
  assert.deepEqual([error.code, error.scope, error.window, answer.headers.get("x-relayna-error")], [code, scope, window, code], answer.text);
  return answer;
}
const rowOf = (id) => until(`the event of ${id}`, async () => (await stores.database.rows(`SELECT * FROM usage_events WHERE request_id = '${id}'`))[0], patience);

describe("who shares a limit", () => {
  const perDay = ["rate_limit_exceeded"];
  test("the keys of a project", async () => {
    await admits(2, "one-a", { model: "of-project" });
    await admits(1, "one-b", { model: "of-project" });
    for (const key of ["one-a", "one-b"]) await refuses(...perDay, "project", "requests_per_day", key, { model: "of-project" });
    await admits(4, "two-a", { model: "of-project" });
  });
  test("the projects of a team, each team by itself", async () => {
    await admits(2, "one-a", { model: "of-team" });
    await admits(1, "two-a", { model: "of-team" });
    await refuses(...perDay, "team", "requests_per_day", "one-b", { model: "of-team" });
    await admits(3, "three-a", { model: "of-team" });
    await refuses(...perDay, "team", "requests_per_day", "three-a", { model: "of-team" });
    await admits(4, "alone", { model: "of-team" });
  });
  test("everybody, under whatever name the model is called", async () => {
    await admits(1, "one-a", { model: "scarce-1" });
    await admits(1, "three-a", { model: "alias" });
    await admits(1, "alone", { model: "scarce-2" });
    for (const model of ["alias", "scarce-3", "litellm/scarce-1"]) await refuses(...perDay, "global", "requests_per_day", "two-a", { model });
  });
  test("a key, by model", async () => {
    await admits(1, "alone", { model: "slow-1" });
    await admits(1, "alone", { model: "slow-2" });
    await refuses("rate_limit_exceeded", "key", "requests_per_minute", "alone", { model: "slow-3" });
    await admits(1, "alone", { model: "quick" });
    await admits(2, "two-a", { model: "slow-3" });
  });
  test("an end user of a project, whoever asks for him", async () => {
    const model = "of-people";
    const by = (name) => ({ "x-relayna-end-user": name });
    await admits(1, "one-a", { model }, by("ada"));
    await admits(1, "one-b", { model, user: "ada" });
    await refuses(...perDay, "end_user", "requests_per_day", "one-a", { model }, by("ada"));
    await refuses(...perDay, "end_user", "requests_per_day", "one-a", { model, user: "ada" });
    await admits(2, "two-a", { model }, by("ada"));
    await admits(2, "one-a", { model }, by("grace"));
    await admits(2, "one-a", { model });
    await refuses(...perDay, "end_user", "requests_per_day", "one-b", { model });
    await until("the refusals are among the events", async () => {
      const rows = await stores.database.rows("SELECT end_user, count(*), sum(refused_count) AS refused, count(cost_nanos) AS costs FROM usage_events WHERE model = 'of-people' AND NOT charged GROUP BY 1");
      const of = (name) => rows.find(({ end_user: user }) => user === name)?.refused;
      return of("ada") === 2 && of(null) === 1 && rows.every(({ costs }) => costs === 0);
    }, patience);
  });
});

describe("what a caller is told", () => {
  const cent = { max_tokens: 100 };
  const asCent = asking({ input: 3, output: 100 });

  test("a soft budget warns from 80 % and refuses nothing, a hard one refuses in the end", async () => {
    for (const [key, passes] of [["soft", 12], ["hard", 10]]) {
      for (let cents = 1; cents <= passes; cents += 1) {
        const answer = await ask(key, cent, asCent);
        assert.equal(answer.status, 200, answer.text);
        const warning = answer.headers.get("x-relayna-budget-warning");
        if (cents < 8) assert.equal(warning, null, `after ${cents} cents`);
        else assert.match(warning, new RegExp(`^key usd_per_day ${cents * 10}% of 0\\.1\\S* USD$`));
      }
    }
    const refused = await refuses("budget_exceeded", "key", "usd_per_day", "hard", cent, asCent);
    assert.equal(refused.status, 402);
    // Known until midnight: asked again, it is refused without a question to anybody.
    const wait = Number(refused.headers.get("retry-after"));
    assert.ok(wait > 0 && wait <= 86_400);
    const again = await refuses("budget_exceeded", "key", "usd_per_day", "hard", cent, asCent);
    assert.ok(Math.abs(Number(again.headers.get("retry-after")) - wait) <= 5);
  });

  test("x-ratelimit-* of the tightest limit, instead of the upstream's", async () => {
    const theirs = asking({ headers: { "x-ratelimit-limit-requests": "7777", "x-ratelimit-remaining-requests": "7776", "x-ratelimit-reset-tokens": "7ms" } });
    for (let round = 1; round <= 3; round += 1) {
      const { headers } = await ask("told", { stream: round === 2 }, theirs);
      // 20 a day are fewer than 50 a minute.
      assert.equal(headers.get("x-ratelimit-limit-requests"), "20");
      assert.equal(headers.get("x-ratelimit-remaining-requests"), String(20 - round));
      assert.match(headers.get("x-ratelimit-reset-requests"), /^(\d+h)?(\d+m)?\d+s$/);
      assert.equal(headers.get("x-ratelimit-limit-tokens"), "100000");
      const left = Number(headers.get("x-ratelimit-remaining-tokens"));
      assert.ok(left > 95_000 - 20 * round && left < 100_000, `${left} tokens are left`);
      assert.match(headers.get("x-ratelimit-reset-tokens"), /^(1m)?\d+s$/);
    }
    const { headers } = await ask("plain", {}, theirs);
    assert.equal(headers.get("x-ratelimit-limit-requests"), "7777", "an upstream's own word counts where we have none");
  });

  test("x-ratelimit-* of refusals, also of those repeated from memory", async () => {
    await admits(2, "few", { model: "one" });
    let before;
    for (const round of ["asked", "remembered"]) {
      const { headers } = await refuses("rate_limit_exceeded", "key", "requests_per_minute", "few", { model: "one" });
      assert.deepEqual(["limit-requests", "remaining-requests", "limit-tokens"].map((name) => headers.get(`x-ratelimit-${name}`)), ["2", "0", "100000"], round);
      assert.match(headers.get("x-ratelimit-reset-requests"), /^(1m)?\d+s$/);
      const left = Number(headers.get("x-ratelimit-remaining-tokens"));
      assert.ok(left > 0 && left < 100_000, `${left} tokens are left`);
      assert.equal(left, before ?? left);
      before = left;
    }
  });

  test("refusals of Anthropic's API have its form", async () => {
    const use = () => ask("hard", { max_tokens: 100 }, asking({ input: 3, output: 100 }), apis.messages);
    const answer = await use();
    assert.equal(answer.status, 402);
    assert.equal(answer.json.type, "error");
    assert.deepEqual([answer.json.error.code, answer.json.error.scope, answer.json.error.window], ["budget_exceeded", "key", "usd_per_day"]);
  });
});

describe("an answer longer than what was reserved for it", () => {
  const long = { input: 3, output: 9_000, repeat: 400 };  // says about 5,000 tokens
  const lasting = { ...long, pace: 1 };
  const last = {
    chat(events) {
      const { data } = events.at(-1);
      openai.error(data, { code: "token_rate_limit_exceeded" });
    },
    responses(events) {
      const numbers = events.map(({ data }) => data.sequence_number);
      assert.deepEqual(numbers, numbers.map((_, index) => index));
      const { event, data } = events.at(-1);
      assert.deepEqual([event, data.type, data.code], ["error", "error", "token_rate_limit_exceeded"]);
    },
    messages(events) {
      const { event, data } = events.at(-1);
      assert.equal(event, "error");
      anthropic.error(data, { code: "token_rate_limit_exceeded", type: "rate_limit_error" });
    },
  };
  for (const [api, isLast] of Object.entries(last)) {
    test(`is ended in a valid way when there is no room (${api})`, async () => {
      const answer = await ask(api, { stream: true, ...(api === "messages" ? { max_tokens: 50 } : {}) }, asking(lasting), apis[api]);
      assert.equal(answer.status, 200);
      const { events } = answer;
      assert.ok(events.length > 100, `${events.length} events`);
      assert.ok(!answer.text.includes("[DONE]") && !answer.text.includes("response.completed") && !answer.text.includes("message_stop"));
      isLast(events);
      const row = await rowOf(idOf(answer));
      assert.deepEqual([row.status_code, row.error_code, row.usage_source], [200, "token_rate_limit_exceeded", "estimated"]);
      assert.ok(row.total_tokens > 1_000 && row.total_tokens <= 1_600, `${row.total_tokens} of 1500 tokens`);
      await until("the upstream is told", () => upstream.recordsOf(row.request_id).some(({ state }) => state === "left" || state === "done"), patience);
    });
  }
  test("goes on when there is room", async () => {
    for (const [api, check] of [["chat", openai.chatStream], ["responses", openai.responseStream], ["messages", anthropic.messageStream]]) {
      const answer = await ask("extended", { stream: true, ...(api === "messages" ? { max_tokens: 50 } : {}) }, asking(long), apis[api]);
      if (api === "chat") check(answer.events);
      assert.ok(["[DONE]", "response.completed", "message_stop"].some((end) => JSON.stringify(answer.events.at(-1).data).includes(end)));
      const row = await rowOf(idOf(answer));
      assert.deepEqual([row.usage_source, row.total_tokens, row.error_code], ["reported", 9_003, null]);
    }
    assert.ok(await gateway.metric("gateway_reservation_extensions_total") >= 6);
  });
});

describe("what a request costs", () => {
  test("more than one request may cost", async () => {
    await admits(1, "dear", { max_tokens: 100 });
    const answer = await ask("dear", { max_tokens: 101 });
    assert.deepEqual([answer.status, answer.json.error.code, answer.json.error.reason], [403, "policy_denied", "max_cost_per_request"]);
  });

  test("nobody knows: refused under a budget, unless that is allowed", async () => {
    const model = "no-list-has-this";
    const refused = await ask("budget", { model });
    assert.deepEqual([refused.status, refused.json.error.code], [403, "unpriced_model"]);
    await admits(1, "plain", { model });
    const answer = await ask("lenient", { model });
    assert.equal(answer.status, 200, answer.text);
    const row = await rowOf(idOf(answer));
    assert.deepEqual([row.cost_nanos, row.cost_source], [500_000, "catalog"], "the answer names a model that has a price");
  });

  test("the upstream says it: LiteLLM's header, or in the usage", async () => {
    const told = { "x-litellm-response-cost": "0.0000421" };
    const wanted = [
      [{ headers: told }, {}, 42_100, "upstream"], [{ headers: told }, { stream: true }, 42_100, "upstream"], [{ cost: 0.00491 }, {}, 4_910_000, "upstream"],
      [{ headers: { "x-litellm-response-cost": "None" } }, {}, 500_000, "catalog"], [{ cost: 0 }, {}, 0, "upstream"],
    ];
    await Promise.all(wanted.map(async ([plan, extra, cost, source]) => {
      const row = await rowOf(idOf(await ask("budget", extra, asking({ input: 3, output: 5, ...plan }))));
      assert.deepEqual([row.cost_nanos, row.cost_source, row.usage_source], [cost, source, "reported"], JSON.stringify(plan));
    }));
  });

  test("a stream's usage is asked for, and hidden from who did not ask", async () => {
    const options = (wants) => ({ stream_options: { include_usage: wants } });
    const ways = [[{}, false], [options(false), false], [options(true), true]].flatMap((way) => [[...way, false], [...way, true]]);
    await Promise.all(ways.map(async ([extra, includeUsage, bytewise]) => {
      const answer = await ask("budget", { stream: true, ...extra }, asking({ input: 11, output: 22, bytewise }));
      openai.chatStream(answer.events, { includeUsage });
      const row = await rowOf(idOf(answer));
      assert.deepEqual([row.input_tokens, row.output_tokens, row.cost_nanos, row.usage_source], [11, 22, 2_200_000, "reported"]);
    }));
  });
});

describe("a client that leaves", () => {
  async function leaves(key, api, plan) {
    const leaving = new AbortController();
    const answer = await fetch(gateway.url + api.path, {
      method: "POST", signal: leaving.signal, body: JSON.stringify(api.body({ stream: true, max_tokens: 100 })),
      headers: { ...api.headers, authorization: `Bearer ${secretOf(key)}`, "content-type": "application/json", ...asking(plan) },
    });
    await answer.body.getReader().read();
    leaving.abort();
    return idOf(answer);
  }

  test("is charged an estimate of what he got, marked as one", async () => {
    const row = await rowOf(await leaves("budget", apis.chat, { input: 3, output: 5, pace: 200 }));
    assert.deepEqual([row.usage_source, row.error_code, row.cost_source], ["estimated", "client_closed", "catalog"]);
    assert.ok(row.output_tokens < 100 && row.cost_nanos === row.output_tokens * 100_000, JSON.stringify(row));
    await until("the upstream was cancelled", () => upstream.recordsOf(row.request_id).some(({ state }) => state === "left"), patience);
  });

  test("on a route that drains, what the upstream reports in the end counts", async () => {
    const row = await rowOf(await leaves("budget", apis.messages, { input: 33, output: 44, pace: 50 }));
    assert.deepEqual([row.usage_source, row.error_code, row.input_tokens, row.output_tokens, row.cost_nanos], ["reported", "client_closed", 33, 44, 4_400_000]);
    assert.ok(upstream.recordsOf(row.request_id).some(({ state }) => state === "done"));
  });
});

test("afterwards nothing is held", async () => {
  await until("no reservation is left", async () => (await reservationsIn(stores.redis)).length === 0, patience);
});
