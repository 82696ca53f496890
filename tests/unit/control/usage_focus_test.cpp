#include <map>
#include <sstream>

#include <gmock/gmock.h>

#include "control/usage/focus.hpp"

namespace relayna::control {
namespace {

Charge charge() {
  Charge made;
  made.usage.day = std::chrono::sys_days{std::chrono::year{2026} / 12 / 31};
  made.usage.key_id = "0a000000-0000-7000-8000-000000000001";
  made.usage.project_id = "0b000000-0000-7000-8000-000000000001";
  made.usage.team_id = "0c000000-0000-7000-8000-000000000001";
  made.usage.model = "m-1";
  made.usage.provider = "acme";
  made.usage.summary = {.requests = 5,
                        .refused = 1,
                        .input_tokens = 60,
                        .output_tokens = 40,
                        .total_tokens = 100,
                        .cost_nanos = 1'234'567'891};
  made.key_name = "=key";
  made.project_name = "search";
  made.team_name = "core";
  made.account = "production";
  return made;
}

/// The cells of a row by column; none of these rows has a comma in a cell but the last of Tags.
std::map<std::string, std::string> row_of(const Charge& from) {
  CsvWriter csv;
  write_focus_row(csv, from);
  const std::string line = csv.take();
  std::vector<std::string> cells{""};
  bool quoted = false;
  for (const char c : line.substr(0, line.size() - 2)) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  std::map<std::string, std::string> row;
  const auto columns = focus_columns();
  EXPECT_EQ(cells.size(), columns.size());
  for (std::size_t i = 0; i < std::min(cells.size(), columns.size()); ++i)
    row.emplace(columns[i].name, cells[i]);
  return row;
}

TEST(Focus, AChargeIsOneDayOfAKeyAndAModel) {
  auto row = row_of(charge());
  EXPECT_EQ(row["BilledCost"], "1.234567891");
  EXPECT_EQ(row["EffectiveCost"], row["BilledCost"]);
  EXPECT_EQ(row["BillingCurrency"], "USD");
  EXPECT_EQ(row["BillingAccountId"], "production");
  EXPECT_EQ(row["ChargePeriodStart"], "2026-12-31T00:00:00Z");
  EXPECT_EQ(row["ChargePeriodEnd"], "2027-01-01T00:00:00Z");
  EXPECT_EQ(row["BillingPeriodStart"], "2026-12-01T00:00:00Z");
  EXPECT_EQ(row["BillingPeriodEnd"], "2027-01-01T00:00:00Z");
  EXPECT_EQ(row["ChargeCategory"], "Usage");
  EXPECT_EQ(row["ConsumedQuantity"], "100");
  EXPECT_EQ(row["ConsumedUnit"], "Tokens");
  EXPECT_EQ(row["ProviderName"], "acme");
  EXPECT_EQ(row["ServiceSubcategory"], "Generative AI");
  EXPECT_EQ(row["SkuId"], "acme/m-1");
  EXPECT_EQ(row["SubAccountName"], "search");
  EXPECT_EQ(row["ResourceName"], "'=key") << "no formula";
  EXPECT_EQ(row["x_Priced"], "yes");
  EXPECT_EQ(row["x_Requests"], "4") << "the admitted ones";
}

TEST(Focus, MoneyIsExact) {
  auto large = charge();
  large.usage.summary.cost_nanos = 9'007'199'254'740'993;  // 2^53 + 1, which no double holds
  EXPECT_EQ(row_of(large)["BilledCost"], "9007199.254740993");
  large.usage.summary.cost_nanos = 1;
  EXPECT_EQ(row_of(large)["BilledCost"], "0.000000001");
}

TEST(Focus, WhatHasNoPriceIsMarked) {
  auto unpriced = charge();
  unpriced.usage.summary.unpriced = 3;
  EXPECT_EQ(row_of(unpriced)["x_Priced"], "partly");
  EXPECT_EQ(row_of(unpriced)["x_UnpricedRequests"], "3");
  unpriced.usage.summary.cost_nanos = 0;
  EXPECT_EQ(row_of(unpriced)["x_Priced"], "no");
  EXPECT_EQ(row_of(unpriced)["BilledCost"], "0");
}

TEST(Focus, ServicesAreMeasuredInRequests) {
  auto service = charge();
  service.usage.model.clear();
  service.usage.service = "summary";
  service.usage.summary.total_tokens = 0;
  auto row = row_of(service);
  EXPECT_EQ(row["ConsumedQuantity"], "4");
  EXPECT_EQ(row["ConsumedUnit"], "Requests");
  EXPECT_EQ(row["ServiceName"], "summary");
  EXPECT_EQ(row["SkuId"], "acme/summary");
}

TEST(Focus, RefusedRequestsAreNoCharge) {
  store::DailyUsage usage;
  usage.summary = {.requests = 7, .failures = 7, .refused = 7};
  EXPECT_FALSE(is_charge(usage));
  usage.summary.total_tokens = 1;
  EXPECT_TRUE(is_charge(usage));
  usage.summary = {.requests = 2, .refused = 2};
  usage.service = "summary";
  EXPECT_FALSE(is_charge(usage));
  usage.summary.requests = 3;
  EXPECT_TRUE(is_charge(usage));
}

}  // namespace
}  // namespace relayna::control
