#include <algorithm>

#include "relayna/domain/price_catalog.hpp"
#include "relayna/json/scan.hpp"

#include "domain/price_data.hpp"
#include "domain/price_reader.hpp"

namespace relayna::domain {
namespace {

/// The object's members by name; a member that is not in `known` is a problem.
class Members {
 public:
  Members(std::string_view object, std::string_view path, std::vector<std::string_view> known,
          std::vector<std::string>& problems)
      : object_(object), path_(path), problems_(problems) {
    if (auto members = json::top_level(object)) members_ = *std::move(members);
    for (const json::Member& member : members_) {
      if (std::ranges::find(known, member.key) == known.end()) complain(member.key, "is unknown");
    }
  }
  std::string text(std::string_view name) {
    auto value = json::unquote(raw(name));
    if (!value || value->empty()) complain(name, "must be a string that is not empty");
    return value.value_or("");
  }
  std::vector<std::string_view> list(std::string_view name) {
    auto elements = json::elements(raw(name));
    if (!elements) complain(name, "must be a list");
    return elements ? *std::move(elements) : std::vector<std::string_view>{};
  }
  void complain(std::string_view name, std::string_view message) {
    problems_.push_back(path_ + std::string(name) + ": " + std::string(message));
  }

 private:
  [[nodiscard]] std::string_view raw(std::string_view name) const {
    const auto found = std::ranges::find(members_, name, &json::Member::key);
    if (found == members_.end()) return {};
    return object_.substr(found->value_begin, found->value_end - found->value_begin);
  }
  std::string_view object_;
  std::string path_;
  std::vector<json::Member> members_;
  std::vector<std::string>& problems_;
};

bool is_date(std::string_view text) {
  return text.size() == 10 && core::parse_rfc3339(std::string(text) + "T00:00:00Z").has_value();
}

std::string indexed(std::string_view path, std::string_view name, std::size_t i) {
  return std::string(path) + std::string(name) + "[" + std::to_string(i) + "].";
}

std::string same_twice(const Price& price) {
  return price.provider + "/" + price.model + ": has two prices from the same moment";
}

template <class Book>
void add_overrides(Book& book, std::vector<PriceOverride> overrides, std::vector<std::string>& problems) {
  for (PriceOverride& over : overrides) {
    if (!over.enabled) continue;
    std::string twice = "override " + same_twice(over.price);
    if (!book.add(std::move(over.price))) problems.push_back(std::move(twice));
  }
}

}  // namespace

core::Result<PriceCatalog> PriceCatalog::built_in(std::vector<PriceOverride> overrides) {
  static const auto listed = from_json(built_in_prices());
  if (!listed) return listed;
  PriceCatalog catalog = *listed;
  std::vector<std::string> problems;
  add_overrides(catalog.overrides_, std::move(overrides), problems);
  if (!problems.empty()) return core::fail(core::ErrorCode::invalid_request, join_lines(problems));
  return catalog;
}

core::Result<PriceCatalog> PriceCatalog::from_json(std::string_view list,
                                                   std::vector<PriceOverride> overrides) {
  if (auto valid = json::validate(list); !valid) return std::unexpected(valid.error());
  PriceCatalog catalog;
  std::vector<std::string> problems;
  Members root(list, "", {"about", "updated", "unit", "lists"}, problems);
  catalog.updated_ = root.text("updated");
  if (!is_date(catalog.updated_)) root.complain("updated", "must be a date");
  if (root.text("unit") != "USD per million tokens")
    root.complain("unit", "must be `USD per million tokens`");

  const auto lists = root.list("lists");
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const std::string path = indexed("", "lists", i);
    Members head(lists[i], path, {"provider", "source", "checked", "models"}, problems);
    const std::string provider = head.text("provider");
    head.text("source");
    if (!is_date(head.text("checked"))) head.complain("checked", "must be a date");
    if (std::ranges::find(catalog.lists_, provider) != catalog.lists_.end())
      head.complain("provider", "has a list already");
    catalog.lists_.push_back(provider);
    const auto models = head.list("models");
    for (std::size_t m = 0; m < models.size(); ++m) {
      Price price = read_price(models[m], RateSpelling::listed, indexed(path, "models", m), problems);
      price.provider = provider;
      std::string twice = same_twice(price);
      if (!catalog.listed_.add(std::move(price))) problems.push_back(std::move(twice));
    }
  }
  add_overrides(catalog.overrides_, std::move(overrides), problems);
  if (!problems.empty()) return core::fail(core::ErrorCode::invalid_request, join_lines(problems));
  return catalog;
}

}  // namespace relayna::domain
