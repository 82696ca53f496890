#pragma once

#include <string>
#include <vector>

#include "relayna/store/analytics.hpp"

#include "control/usage/csv.hpp"

// Costs in the columns of FOCUS 1.2, the FinOps Open Cost and Usage Specification, so that tools for cloud
// costs can read them beside other bills.

namespace relayna::control {

/// What a key used of one model or service on one day, with what its parts are called now (empty: gone).
struct Charge {
  store::DailyUsage usage;
  std::string key_name, project_name, team_name;
  std::string account;  ///< whose installation it is
};

/// Whether there is anything to bill: refused requests, and failures that used nothing, are no charges.
bool is_charge(const store::DailyUsage& usage) noexcept;

/// The names of the columns, and what is to be said of each; `x_…` are our own, as FOCUS wants them named.
struct FocusColumn {
  std::string_view name;
  std::string_view about;
};
std::vector<FocusColumn> focus_columns();

void write_focus_header(CsvWriter& csv);
/// Money is exact to the billionth of a dollar.
void write_focus_row(CsvWriter& csv, const Charge& charge);

}  // namespace relayna::control
