// Price overrides. Their rules are domain's, as are a policy's.
#include <fmt/format.h>

#include "declare/as_json.hpp"

namespace relayna::declare {

void read_prices(const Context& context, const Node& root, File& file) {
  const auto fields = config::schema::find(config::schema::sections(), "pricing")->fields;
  UniqueNames identities;
  const std::vector<Node>& nodes = objects_of(root, "pricing");
  for (std::size_t i = 0; i < nodes.size() && !context.diagnostics.full(); ++i) {
    const std::string path = config::yaml::join_path("pricing", i);
    const auto json = object_json(fields, nodes[i]);
    if (!json) continue;
    auto price = domain::price_from_json(*json);
    if (!price) {
      report_problems(context, nodes[i], path, price.error().public_message());
      continue;
    }
    // Stored as having always held; without this the file would never agree with the store.
    if (price->effective_from && *price->effective_from <= core::SystemTime{}) price->effective_from.reset();
    identities.add(context,
                   fmt::format("{} {} {}", price->provider, price->model,
                               price->effective_from.value_or(core::SystemTime{}).time_since_epoch().count()),
                   nodes[i].mark, path);
    file.prices.push_back(std::move(*price));
  }
}

}  // namespace relayna::declare
