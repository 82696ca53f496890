#include <cstdio>
#include <string>

#include "relayna/core/ids.hpp"
#include "relayna/store/store.hpp"

// store_contract_peer <postgres URL | sqlite path> migrate | team NAME

int main(int count, char** arguments) {
  using namespace relayna;
  if (count < 3) return 2;
  const std::string where = arguments[1];
  const std::string what = arguments[2];
  auto store = where.starts_with("postgres") ? store::make_postgres_store({.url = where})
                                             : store::make_sqlite_store({.path = where});
  if (!store) return 2;
  if (what == "migrate") {
    const auto applied = (*store)->migrations().apply();
    if (!applied) std::fprintf(stderr, "%s\n", applied.error().describe().c_str());
    return applied ? 0 : 1;
  }
  if (what == "team" && count == 4) {
    domain::Team team;
    team.id = core::IdGenerator().uuid7().str();
    team.name = arguments[3];
    const auto done = (*store)->catalog().upsert_team(team, {.name = "peer"});
    if (!done) std::fprintf(stderr, "%s\n", done.error().describe().c_str());
    return done ? 0 : 1;
  }
  return 2;
}
