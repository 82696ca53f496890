// Declarative files for tests, and the keys in them.
import { createHash } from "node:crypto";

// A declarative file from an object: JSON is YAML.
export const declared = (objects) => JSON.stringify(objects, null, 1);

// The secret of the declared key `name`.
export const secretOf = (name) => `rk_live_${createHash("sha256").update(name).digest("hex")}`;
export const keyNamed = (name, policy = {}, rest = {}) => ({ name, secret: secretOf(name), policy, ...rest });

// Output of the model `m` costs a cent per hundred tokens and input nothing, so that the price of an answer is as certain before
// it as after. The provider is the one behind LITELLM_BASE_URL.
export const pricedOutput = [{ provider: "litellm", model: "m", input_usd_per_million: 0, output_usd_per_million: 100 }];
