#include <algorithm>
#include <set>

#include "relayna/store/cursor.hpp"

#include "administration_examples.hpp"

// Lists: conditions, order and pages.

namespace relayna::test {
namespace {

using domain::AlertDelivery;
using domain::Team;
using Is = store::Filter::Test;

class ListsContract : public AdministrationContract {
 protected:
  /// The ids of all pages.
  template <class R>
  std::vector<std::string> page_through(store::ListQuery query) {
    std::vector<std::string> ids;
    while (true) {
      const auto page = admin().of<R>().list(query);
      EXPECT_TRUE(page) << page.error().describe();
      if (!page) return ids;
      EXPECT_LE(page->rows.size(), query.limit);
      for (const R& row : page->rows) ids.push_back(Example<R>::key(row));
      if (page->next.empty()) return ids;
      EXPECT_EQ(page->rows.size(), query.limit);
      query.after = page->next;
    }
  }
  std::vector<std::string> names(const std::vector<store::Filter>& where) {
    std::vector<std::string> out;
    for (const Team& team : list<Team>({.where = where, .sort = "name", .descending = false}))
      out.push_back(team.name);
    return out;
  }
  template <class R>
  core::Error refusal(const store::ListQuery& query) {
    auto page = admin().of<R>().list(query);
    EXPECT_FALSE(page);
    return page ? core::Error(core::ErrorCode::internal_error) : page.error();
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, ListsContract, kBackends, backend_name);

using Names = std::vector<std::string>;

TEST_P(ListsContract, NewestFirstUnlessToldOtherwise) {
  std::vector<Team> teams{sample_team("b"), sample_team("a"), sample_team("c")};
  for (std::size_t i = 0; i < teams.size(); ++i) teams[i].created_at = at(static_cast<int>(i));
  insert_all(teams);
  EXPECT_EQ(page_through<Team>({}), (Names{teams[2].id, teams[1].id, teams[0].id}));
  EXPECT_EQ(page_through<Team>({.sort = "name", .descending = false}),
            (Names{teams[1].id, teams[0].id, teams[2].id}));
  EXPECT_TRUE(page_through<domain::Project>({}).empty());
}

TEST_P(ListsContract, PagesNeitherRepeatNorLoseRows) {
  // Equal values, NULLs and some of each; pages of every size end at every kind of border.
  std::vector<domain::VirtualKey> keys;
  for (int i = 0; i < 9; ++i) {
    keys.push_back(sample_key("k" + std::to_string(i)));
    keys.back().created_at = at(i % 2);
    keys.back().expires_at.reset();
    if (i % 3 != 0) keys.back().expires_at = at(i % 3, i > 5 ? 1 : 0);
    keys.back().disabled = i % 2 == 0;
  }
  insert_all(keys);
  for (const char* sort : {"created_at", "expires_at", "disabled", "name", "id", "prefix", "project_id"}) {
    for (const bool descending : {false, true}) {
      const auto all =
          page_through<domain::VirtualKey>({.sort = sort, .descending = descending, .limit = 100});
      EXPECT_EQ(std::set(all.begin(), all.end()).size(), keys.size());
      for (std::size_t limit = 1; limit < 5; ++limit) {
        EXPECT_EQ(page_through<domain::VirtualKey>({.sort = sort, .descending = descending, .limit = limit}),
                  all)
            << sort << ' ' << descending << ' ' << limit;
      }
    }
  }
}

TEST_P(ListsContract, NullsComeLastInBothDirections) {
  std::vector<domain::VirtualKey> keys{sample_key("never"), sample_key("soon"), sample_key("late")};
  keys[0].expires_at.reset();
  keys[1].expires_at = at(1);
  keys[2].expires_at = at(2);
  insert_all(keys);
  EXPECT_EQ(page_through<domain::VirtualKey>({.sort = "expires_at", .descending = false, .limit = 1}),
            (Names{keys[1].id, keys[2].id, keys[0].id}));
  EXPECT_EQ(page_through<domain::VirtualKey>({.sort = "expires_at", .descending = true, .limit = 1}),
            (Names{keys[2].id, keys[1].id, keys[0].id}));
}

TEST_P(ListsContract, RowsThatComeAndGoMoveNoOthers) {
  std::vector<Team> teams;
  for (const char* name : {"b", "d", "f", "h"}) teams.push_back(sample_team(name));
  insert_all(teams);
  store::ListQuery query{.sort = "name", .descending = false, .limit = 2};
  const auto first = admin().of<Team>().list(query);
  ASSERT_OK(first);
  ASSERT_OK(remove<Team>(teams[1].id));  // the row the page ended with
  insert_all<Team>({sample_team("a"), sample_team("c"), sample_team("e")});
  query.after = first->next;
  Names rest;
  for (const Team& team : list<Team>(query)) rest.push_back(team.name);
  EXPECT_EQ(rest, (Names{"e", "f"}));
}

TEST_P(ListsContract, TextsAreSortedByCodePoint) {
  insert_all<Team>(
      {sample_team("b"), sample_team("B"), sample_team("a"), sample_team("é"), sample_team("Z")});
  EXPECT_EQ(names({}), (Names{"B", "Z", "a", "b", "é"}));
  EXPECT_EQ(names({{.column = "name", .test = Is::at_least, .value = "a"}}), (Names{"a", "b", "é"}));
  EXPECT_EQ(names({{.column = "name", .test = Is::below, .value = "a"}}), (Names{"B", "Z"}));
}

TEST_P(ListsContract, FiltersHoldTogether) {
  std::vector<Team> teams{sample_team("Alpha"), sample_team("alphabet"), sample_team("beta")};
  teams[0].disabled = false;
  teams[0].created_at = at(1);
  teams[1].created_at = at(2, 1);
  teams[2].created_at = at(3);
  insert_all(teams);
  EXPECT_EQ(names({{.column = "name", .test = Is::contains, .value = "ALPHA"}}),
            (Names{"Alpha", "alphabet"}));
  EXPECT_EQ(names({{.column = "name", .value = "Alpha"}}), (Names{"Alpha"}));
  EXPECT_EQ(names({{.column = "name", .value = "alpha"}}), Names{});
  EXPECT_EQ(names({{.column = "id", .value = teams[2].id}}), (Names{"beta"}));
  EXPECT_EQ(names({{.column = "disabled", .value = "true"}}), (Names{"alphabet", "beta"}));
  EXPECT_EQ(names({{.column = "created_at", .test = Is::at_least, .value = core::to_rfc3339(at(2, 1))},
                   {.column = "created_at", .test = Is::below, .value = core::to_rfc3339(at(3))}}),
            (Names{"alphabet"}));
  EXPECT_EQ(names({{.column = "disabled", .value = "true"},
                   {.column = "name", .test = Is::contains, .value = "alpha"}}),
            (Names{"alphabet"}));
}

TEST_P(ListsContract, FiltersOfNullNumbersAndLists) {
  const World world;
  ASSERT_OK(insert(world.webhook));
  std::vector<AlertDelivery> deliveries{sample_delivery(world.webhook.id, "a"),
                                        sample_delivery(world.webhook.id, "b")};
  deliveries[0].next_attempt_at.reset();
  deliveries[1].attempts = 5;
  insert_all(deliveries);
  const auto only = [&](const store::Filter& filter) {
    const auto rows = list<AlertDelivery>({.where = {filter}});
    return rows.size() == 1 ? rows[0].occasion : "not one";
  };
  EXPECT_EQ(only({.column = "next_attempt_at", .test = Is::is_null}), "a");
  EXPECT_EQ(only({.column = "next_attempt_at", .test = Is::is_not_null}), "b");
  EXPECT_EQ(only({.column = "attempts", .test = Is::below, .value = "5"}), "a");
  EXPECT_EQ(only({.column = "attempts", .value = "5"}), "b");
  EXPECT_EQ(list<AlertDelivery>({.where = {{.column = "attempts", .value = "9223372036854775807"}}}).size(),
            0U);
  auto admin = sample_operator("o");
  ASSERT_OK(insert(admin));
  EXPECT_EQ(
      list<domain::Operator>({.where = {{.column = "scopes", .test = Is::contains, .value = "\"keys:"}}})
          .size(),
      1U);
}

TEST_P(ListsContract, WhatCannotBeNullIsUnsetOtherwise) {
  auto dated = sample_price("echo", "dated");
  auto always = sample_price("echo", "always");
  dated.managed_by = "file";
  dated.price.effective_from = at(1'000);
  always.managed_by.clear();
  always.price.effective_from.reset();
  ASSERT_OK(insert(dated));
  ASSERT_OK(insert(always));
  for (const char* column : {"managed_by", "effective_from"}) {
    const auto unset = list<domain::PriceOverride>({.where = {{.column = column, .test = Is::is_null}}});
    ASSERT_EQ(unset.size(), 1U) << column;
    EXPECT_EQ(unset[0].price.model, "always");
    const auto set = list<domain::PriceOverride>({.where = {{.column = column, .test = Is::is_not_null}}});
    ASSERT_EQ(set.size(), 1U) << column;
    EXPECT_EQ(set[0].price.model, "dated");
  }
}

TEST_P(ListsContract, WhatIsSearchedForIsNeverAPattern) {
  const Names odd{"100%",    "1000", "a_b", "aXb", "back\\slash", "it's", "'); DROP TABLE teams; --",
                  "?1 $1 :a"};
  for (const auto& name : odd) ASSERT_OK(insert(sample_team(name)));
  EXPECT_EQ(names({{.column = "name", .test = Is::contains, .value = "0%"}}), (Names{"100%"}));
  EXPECT_EQ(names({{.column = "name", .test = Is::contains, .value = "a_"}}), (Names{"a_b"}));
  EXPECT_EQ(names({{.column = "name", .test = Is::contains, .value = "\\"}}), (Names{"back\\slash"}));
  for (const auto& name : odd) {
    EXPECT_EQ(names({{.column = "name", .value = name}}), (Names{name}));
    EXPECT_EQ(names({{.column = "name", .test = Is::contains, .value = name}}), (Names{name}));
  }
}

TEST_P(ListsContract, WhatAColumnCannotBeComparedWithIsRefused) {
  for (const auto& [column, value] :
       {std::pair{"id", "x"}, std::pair{"disabled", "yes"}, std::pair{"disabled", ""},
        std::pair{"created_at", "yesterday"}, std::pair{"name", "\xff"}}) {
    const auto error = refusal<Team>({.where = {{.column = column, .value = value}}});
    EXPECT_EQ(error.code, core::ErrorCode::invalid_request) << column;
    EXPECT_EQ(error.param, column);
  }
  for (const char* value : {"", "1.5", "9223372036854775808", "one"}) {
    const auto error = refusal<AlertDelivery>({.where = {{.column = "attempts", .value = value}}});
    EXPECT_EQ(error.code, core::ErrorCode::invalid_request);
    EXPECT_EQ(error.param, "attempts");
  }
}

TEST_P(ListsContract, OtherColumnsAreTheCallersMistake) {
  for (const store::ListQuery& query : {store::ListQuery{.sort = "name; DROP TABLE keys"},
                                        store::ListQuery{.sort = "hash"}, store::ListQuery{.sort = "policy"},
                                        store::ListQuery{.where = {{.column = "1=1 OR name", .value = "x"}}},
                                        store::ListQuery{.where = {{.column = "hash", .value = "x"}}}}) {
    EXPECT_EQ(refusal<domain::VirtualKey>(query).code, core::ErrorCode::internal_error);
  }
  EXPECT_EQ(list<domain::RouteSettings>().size(), 0U)
      << "rows without created_at are in the order of their ids";
}

TEST_P(ListsContract, CursorsAreGoodForTheirOwnListOnly) {
  insert_all<Team>({sample_team("a"), sample_team("b"), sample_team("c")});
  const store::ListQuery query{.sort = "name", .descending = false, .limit = 1};
  const auto page = admin().of<Team>().list(query);
  ASSERT_OK(page);
  ASSERT_FALSE(page->next.empty());
  EXPECT_TRUE(store::well_formed_cursor(page->next));
  EXPECT_FALSE(store::well_formed_cursor("zzz"));
  const auto expect_refused = [&](const core::Error& error) {
    EXPECT_EQ(error.code, core::ErrorCode::invalid_request) << error.describe();
    EXPECT_EQ(error.param, "cursor");
  };
  expect_refused(refusal<Team>({.sort = "created_at", .descending = false, .after = page->next}));
  expect_refused(refusal<Team>({.sort = "name", .descending = true, .after = page->next}));
  expect_refused(refusal<domain::Project>({.sort = "name", .descending = false, .after = page->next}));
  auto query_after = query;
  for (const std::string& odd :
       {std::string("x"), page->next.substr(1), page->next + "A", std::string("bnVsbA"), std::string("\xff"),
        page->next.substr(0, page->next.size() / 2)}) {
    query_after.after = odd;
    expect_refused(refusal<Team>(query_after));
  }
  EXPECT_TRUE(std::ranges::all_of(page->next,
                                  [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; }));
}

TEST_P(ListsContract, UnsetOrAtLeastIsOneCondition) {
  std::vector<domain::VirtualKey> keys;
  for (const char* name : {"never", "past", "future"}) keys.push_back(sample_key(name));
  keys[0].expires_at.reset();
  keys[1].expires_at = at(1);
  keys[2].expires_at = at(3);
  for (auto& key : keys) key.disabled = false;
  insert_all(keys);
  std::vector<std::string> found;
  for (const auto& key : list<domain::VirtualKey>({.where = {{.column = "expires_at",
                                                              .test = Is::at_least_or_null,
                                                              .value = core::to_rfc3339(at(2))},
                                                             {.column = "disabled", .value = "false"}},
                                                   .sort = "name",
                                                   .descending = false}))
    found.push_back(key.name);
  EXPECT_EQ(found, (Names{"future", "never"}));
}

}  // namespace
}  // namespace relayna::test
