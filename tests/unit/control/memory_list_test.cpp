#include "control/api/memory_list.hpp"

#include <gmock/gmock.h>

namespace relayna::control {
namespace {

using json::Document;
using testing::ElementsAre;

std::vector<FieldInfo> fields() {
  struct Row {
    std::string id;
    bool enabled = false;
  };
  Shape<Row> shape("Row", "");
  shape.field("id", &Row::id, text(1, 9), Field::shown, "").listed("id", true);
  shape.field("enabled", &Row::enabled, flag(), Field::settable, "").listed("on", true);
  return shape.fields();
}

std::vector<Document> rows() {
  return {
      {{"id", "b"}, {"enabled", true}}, {{"id", "a"}, {"enabled", false}}, {{"id", "c"}, {"enabled", true}}};
}

std::vector<std::string> ids(const std::optional<Document>& page) {
  std::vector<std::string> all;
  for (const auto& row : (*page)["data"]) all.push_back(row["id"]);
  return all;
}

store::ListQuery query(std::string sort, bool descending = false) {
  store::ListQuery made;
  made.sort = std::move(sort);
  made.descending = descending;
  return made;
}

TEST(MemoryList, KeepsTheOrderOfTheRowsOrSorts) {
  EXPECT_THAT(ids(page_of(rows(), query(""), fields())), ElementsAre("b", "a", "c"));
  EXPECT_THAT(ids(page_of(rows(), query("id"), fields())), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ids(page_of(rows(), query("id", true), fields())), ElementsAre("c", "b", "a"));
  EXPECT_THAT(ids(page_of(rows(), query("on"), fields())), ElementsAre("a", "b", "c")) << "then by id";
}

TEST(MemoryList, FiltersAndCutsPages) {
  auto asked = query("id");
  asked.where = {{"on", store::Filter::Test::equals, "true"}};
  asked.limit = 1;
  const auto first = page_of(rows(), asked, fields());
  EXPECT_THAT(ids(first), ElementsAre("b"));
  EXPECT_EQ((*first)["next_cursor"], "b");
  asked.after = "b";
  const auto last = page_of(rows(), asked, fields());
  EXPECT_THAT(ids(last), ElementsAre("c"));
  EXPECT_TRUE((*last)["next_cursor"].is_null());
  asked.after = "nobody";
  EXPECT_FALSE(page_of(rows(), asked, fields()));
}

}  // namespace
}  // namespace relayna::control
