// Counts individual tests for scripts/test (RELAYNA_E2E_SUMMARY names the file) and prints the failures with their reasons.
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { inspect } from "node:util";

export default async function* report(source) {
  const summary = { passed: 0, failures: [], skipped: [] };
  const told = new Map();  // a set-up that failed fails every test of its file with the same words: say them once
  for await (const { type, data } of source) {
    if (type === "test:stderr" || type === "test:stdout") yield data.message;
    if (type !== "test:pass" && type !== "test:fail") continue;
    const wrapsOthers = data.details?.type === "suite" || data.details?.error?.failureType === "subtestsFailed";
    const isFile = data.name === data.file || data.name.endsWith(".test.mjs");
    const name = `${basename(data.file ?? "")}: ${data.name}`;
    if (data.skip !== undefined || data.todo !== undefined) {
      summary.skipped.push({ name, reason: String(data.skip ?? data.todo) });
    } else if (type === "test:fail" && !wrapsOthers) {
      const full = reason(data.details.error);
      const text = told.has(full) ? `as above: ${told.get(full)}` : full;
      told.set(full, told.get(full) ?? data.name);
      summary.failures.push({ name, text });
      yield `FAILED ${name} (${Math.round(data.details.duration_ms)} ms)\n${text.replace(/^/gm, "    ")}\n`;
    } else if (type === "test:pass" && !wrapsOthers && !isFile) {
      summary.passed += 1;
      yield `ok ${name} (${Math.round(data.details.duration_ms)} ms)\n`;
    }
  }
  if (process.env.RELAYNA_E2E_SUMMARY) writeFileSync(process.env.RELAYNA_E2E_SUMMARY, JSON.stringify(summary));
  yield `${summary.passed} passed, ${summary.failures.length + summary.skipped.length} failed\n`;
}

// The assertion's own words, without the runner's wrapping.
function reason(error) {
  const cause = error?.cause ?? error;
  return cause?.stack ? String(cause.stack).split("\n").filter((line) => !line.includes("node:internal")).join("\n") : inspect(cause);
}
