#include "pipeline/price_memo.hpp"

#include <gtest/gtest.h>

namespace relayna::pipeline {
namespace {

domain::PriceOverride price(const std::string& provider, std::int64_t nanos,
                            std::optional<core::SystemTime> from = {}) {
  domain::PriceOverride out;
  out.price = {.provider = provider,
               .model = "m",
               .effective_from = from,
               .rates = {.input = core::Money::nanos(nanos), .output = core::Money::nanos(nanos)}};
  return out;
}

catalog::SnapshotPtr snapshot_of(std::vector<domain::PriceOverride> prices) {
  auto out = std::make_shared<catalog::Snapshot>();
  out->prices =
      domain::PriceCatalog::from_json(
          R"({"updated":"2026-11-20","unit":"USD per million tokens","lists":[]})", std::move(prices))
          .value();
  return out;
}

domain::Provider provider(const std::string& name) {
  domain::Provider out;
  out.name = name;
  return out;
}

core::SystemTime at(std::string_view time) {
  return core::parse_rfc3339(time).value();
}

std::optional<std::int64_t> input_of(const domain::Price* price) {
  if (price == nullptr) return std::nullopt;
  return price->rates.input->nanos();
}

TEST(PriceMemo, EachProviderAndModelHasItsOwn) {
  PriceMemo memo;
  const auto snapshot = snapshot_of({price("a", 1), price("b", 2)});
  const auto now = at("2026-11-20T12:00:00Z");
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(input_of(memo.find(snapshot, provider("a"), "m", now)), 1);
    EXPECT_EQ(input_of(memo.find(snapshot, provider("b"), "m", now)), 2);
    EXPECT_EQ(memo.find(snapshot, provider("a"), "other", now), nullptr);
    EXPECT_EQ(memo.find(snapshot, provider("c"), "m", now), nullptr);
  }
}

TEST(PriceMemo, APriceThatBeginsIsSeenWithinTheMinute) {
  PriceMemo memo;
  const auto snapshot = snapshot_of({price("a", 1), price("a", 5, at("2026-11-20T12:01:00Z"))});
  EXPECT_EQ(input_of(memo.find(snapshot, provider("a"), "m", at("2026-11-20T12:00:59Z"))), 1);
  EXPECT_EQ(input_of(memo.find(snapshot, provider("a"), "m", at("2026-11-20T12:01:00Z"))), 5);
  EXPECT_EQ(input_of(memo.find(snapshot, provider("a"), "m", at("2026-11-20T12:00:30Z"))), 1)
      << "of a request that began earlier";
}

TEST(PriceMemo, AnotherCatalogIsAskedAnew) {
  PriceMemo memo;
  const auto now = at("2026-11-20T12:00:00Z");
  const auto first = snapshot_of({price("a", 1)});
  EXPECT_EQ(input_of(memo.find(first, provider("a"), "m", now)), 1);
  const auto second = snapshot_of({price("a", 9)});
  EXPECT_EQ(input_of(memo.find(second, provider("a"), "m", now)), 9);
  EXPECT_EQ(memo.find(snapshot_of({}), provider("a"), "m", now), nullptr);
  EXPECT_EQ(input_of(memo.find(first, provider("a"), "m", now)), 1);
}

TEST(PriceMemo, APriceLivesAsLongAsItsSnapshot) {
  PriceMemo memo;
  auto snapshot = snapshot_of({price("a", 1)});
  const std::weak_ptr<const catalog::Snapshot> watched = snapshot;
  (void)memo.find(snapshot, provider("a"), "m", at("2026-11-20T12:00:00Z"));
  snapshot.reset();
  EXPECT_FALSE(watched.expired()) << "or a new snapshot at the same address would inherit its prices";
}

}  // namespace
}  // namespace relayna::pipeline
