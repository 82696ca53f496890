// A small structural validator. A check is a function (value, path) → problems; nothing here knows any API.

const describe = (value) => (value === undefined ? "is missing" : `is ${JSON.stringify(value)?.slice(0, 80)}`);
const check = (name, holds) => (value, at) => (holds(value) ? [] : [`${at} ${describe(value)}, not ${name}`]);

export const any = () => [];
export const string = check("a string", (v) => typeof v === "string");
export const text = check("a non-empty string", (v) => typeof v === "string" && v !== "");
export const boolean = check("a boolean", (v) => typeof v === "boolean");
export const number = check("a number", (v) => typeof v === "number" && Number.isFinite(v));
export const count = check("a count", (v) => Number.isInteger(v) && v >= 0);
export const timestamp = check("Unix seconds of this century", (v) => Number.isInteger(v) && v > 1e9 && v < 4e9);
export const nothing = check("null", (v) => v === null);
export const literal = (...allowed) => check(allowed.map((a) => JSON.stringify(a)).join(" or "), (v) => allowed.includes(v));
export const matching = (pattern) => check(`like ${pattern}`, (v) => typeof v === "string" && pattern.test(v));
export const jsonText = check("JSON text", (v) => {
  try { JSON.parse(v); return typeof v === "string"; } catch { return false; }
});
export const nullable = (inner) => (value, at) => (value === null ? [] : inner(value, at));

export const list = (item, { min = 0 } = {}) => (value, at) => {
  if (!Array.isArray(value)) return [`${at} ${describe(value)}, not an array`];
  if (value.length < min) return [`${at} has ${value.length} entries, fewer than ${min}`];
  return value.flatMap((entry, index) => item(entry, `${at}[${index}]`));
};

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// Every required field, any optional one, nothing else.
export const object = (required, optional = {}) => (value, at) => {
  if (!isObject(value)) return [`${at} ${describe(value)}, not an object`];
  const known = { ...required, ...optional };
  const problems = Object.keys(value).filter((name) => !(name in known)).map((name) => `${at}.${name} is not documented`);
  for (const [name, inner] of Object.entries(required)) problems.push(...inner(value[name], `${at}.${name}`));
  for (const [name, inner] of Object.entries(optional)) if (name in value) problems.push(...inner(value[name], `${at}.${name}`));
  return problems;
};
export const map = (inner) => (value, at) =>
  isObject(value) ? Object.entries(value).flatMap(([name, v]) => inner(v, `${at}.${name}`)) : [`${at} ${describe(value)}, not an object`];

// One of several shapes, told apart by the value of a field.
export const byField = (field, shapes) => (value, at) => {
  if (!isObject(value)) return [`${at} ${describe(value)}, not an object`];
  const shape = shapes[value[field]];
  return shape ? shape(value, at) : [`${at}.${field} ${describe(value[field])}, not one of ${Object.keys(shapes).join(", ")}`];
};

export class CheckFailed extends Error {}

// Throws with every problem at once.
export function hold(problems, subject) {
  if (problems.length) throw new CheckFailed(`${problems.join("\n")}\nin ${JSON.stringify(subject, null, 1).slice(0, 4000)}`);
}
