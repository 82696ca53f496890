// An upstream as a process of its own: it outlives every gateway that is killed, and writes down what it produced for which
// request, so that a test can compare that with what was accounted for. How it answers stands in the request itself, in the
// header x-answer (JSON):
//   {input, output}      the token counts it reports
//   wait                 milliseconds before the head
//   pace                 milliseconds between the frames of a stream
//   bytewise             a stream in pieces of one byte
//   repeat               how many times a stream says its words, of about 12 tokens
//   headers              beside its own
//   cost                 what it says the request cost, as `usage.cost`
//   status, body         an error instead
//   cut                  "before" (no answer), "head" (after the head), "middle" (inside the body or stream): resets
// Without the header it answers at once with 3 and 5 tokens.
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Upstream, bytewise } from "../../e2e/upstream.mjs";
import { apiOfPath } from "./answers.mjs";

const recordFile = process.argv[2];
const record = (entry) => appendFileSync(recordFile, `${JSON.stringify({ ...entry, at: Date.now() })}\n`);

async function answer(request, reply) {
  const plan = { input: 3, output: 5, ...JSON.parse(request.headers["x-answer"] ?? "{}") };
  const body = request.body.length ? JSON.parse(request.body) : {};
  const entry = { request: request.headers["x-relayna-request-id"], target: request.target, input: plan.input, output: plan.output, stream: body.stream === true };
  record({ ...entry, state: "asked" });
  const left = () => record({ ...entry, state: "left" });
  reply.socket.once("close", left);
  if (plan.wait) await sleep(plan.wait);
  if (reply.socket.destroyed) return;
  await produce(plan, body, apiOfPath(request.target), reply);
  reply.socket.off("close", left);
  if (!reply.socket.destroyed || plan.cut) record({ ...entry, state: plan.cut ? "cut" : "done" });
}

async function produce(plan, body, api, reply) {
  if (plan.cut === "before") return reply.reset();
  if (plan.status) return reply.json(plan.status, plan.body ?? { error: { message: "as asked", type: "x", param: null, code: "asked" } }, plan.headers);
  const tokens = { input: plan.input, output: plan.output };
  if (!body.stream) {
    const answer = api.whole(tokens);
    if (plan.cost !== undefined) answer.usage.cost = plan.cost;
    const whole = JSON.stringify(answer);
    if (!plan.cut) return reply.whole(200, whole, plan.headers);
    reply.head(200, { "content-type": "application/json", "content-length": Buffer.byteLength(whole) });
    if (plan.cut === "middle") reply.raw(whole.slice(0, whole.length / 2));
    await sleep(50);  // so that what was written is on its way
    return reply.reset();
  }
  let frames = api.frames(tokens, { usage: api.path !== "/v1/chat/completions" || body.stream_options?.include_usage === true, repeat: plan.repeat });
  if (plan.cut) frames = plan.cut === "head" ? [] : frames.slice(0, 3);
  const pieces = plan.bytewise ? bytewise(frames.join("")) : frames;
  await reply.stream(pieces, { delay: plan.pace ?? 0, headers: plan.headers, end: !plan.cut });
  if (plan.cut) {
    await sleep(50);
    reply.reset();
  }
}

const upstream = await new Upstream().start();
upstream.script((request, reply) => {
  upstream.requests.length = 0;  // the record is the file
  answer(request, reply).catch((error) => record({ state: "failed", reason: String(error.stack) }));
});
process.send({ port: upstream.port });
process.on("disconnect", () => process.exit());
