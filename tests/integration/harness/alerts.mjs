// A gateway, or two replicas of one, whose alerts go to receivers of a test's own.
import { Admin, adminEnv } from "./admin.mjs";
import { declared, keyNamed, pricedOutput } from "./declared.mjs";
import { Fixture } from "./fixture.mjs";
import { Receiver } from "./receiver.mjs";
import { SqliteFile } from "./sqlite.mjs";

export const look = 5_000;  // how often replicas look for alerts
export const ownSecret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const config = declared({ pricing: pricedOutput, keys: [keyNamed("spender", { daily_budget_usd: 0.1 }), keyNamed("failing")] });
const inDays = (count) => new Date(Date.now() + count * 86_400_000).toISOString();

export class Alerts {
  #webhooks = 0;

  constructor(backend) {
    this.backend = backend;
    this.all = new Fixture(`alerts-${backend}`);
  }

  async start() {
    const stores = this.backend === "postgres" ? await this.all.stores() : undefined;
    this.upstream = await this.all.upstream();
    this.replicas = await this.all.gateways(stores ? 2 : 1, { stores: stores?.urls, upstream: this.upstream.url, env: adminEnv, config });
    this.admin = new Admin(this.replicas[0]);
    this.database = stores?.database ?? new SqliteFile(this.replicas[0].dataDir);
  }
  close() { return this.all.close(); }

  // Runs `work` with a webhook of its own, which is gone afterwards.
  async withWebhook(fields, work) {
    const receiver = new Receiver(await this.all.upstream());
    const webhook = await this.admin.create("/admin/alerts/webhooks", { name: `w${(this.#webhooks += 1)}`, url: receiver.url, ...fields });
    const path = `/admin/alerts/webhooks/${webhook.id}`;
    try {
      return await work(receiver, webhook, path);
    } finally {
      await this.admin.remove(path);
    }
  }

  async deliveries(query) { return (await this.admin.get(`/admin/alerts/deliveries?${query}`)).data; }

  // Attempts of all replicas that ended so.
  async count(result) {
    let sum = 0;
    for (const { control } of this.replicas) {
      const text = await (await fetch(`${control}/metrics`)).text();
      sum += Number(new RegExp(`^gateway_alert_deliveries_total\\{result="${result}"\\} (\\d+)`, "m").exec(text)?.[1] ?? 0);
    }
    return sum;
  }

  keyThatExpires(name, days = 3) { return this.admin.create("/admin/keys", { name, expires_at: inDays(days) }); }
}
