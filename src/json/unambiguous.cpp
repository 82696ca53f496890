#include "relayna/json/unambiguous.hpp"

#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace relayna::json {

namespace {

constexpr std::size_t kMostOfPath = 256;

/// Follows a parser and finds the first member that an object has twice.
class Repetition {
 public:
  void operator()(Document::parse_event_t event, const Document& parsed) {
    using Event = Document::parse_event_t;
    if (event == Event::object_start) {
      open_.emplace_back();
    } else if (event == Event::object_end) {
      open_.pop_back();
    } else if (event == Event::key) {
      note(parsed.get_ref<const std::string&>());
    }
  }
  /// Empty: there is none.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  struct Object {
    std::unordered_set<std::string> names;
    std::string current;
  };

  void note(const std::string& name) {
    auto& object = open_.back();
    object.current = name;
    if (object.names.insert(name).second || !path_.empty()) return;
    for (const auto& each : open_) path_.append(path_.empty() ? "" : ".").append(each.current);
    if (path_.size() > kMostOfPath) path_.resize(kMostOfPath);
  }

  std::vector<Object> open_;
  std::string path_;
};

}  // namespace

core::Result<Document> parse_unambiguous(std::string_view text) {
  auto parsed = parse(text);  // what is no JSON ends here
  if (!parsed) return parsed;
  Repetition repetition;
  std::ignore = Document::parse(text, [&](int, Document::parse_event_t event, Document& part) {
    repetition(event, part);
    return true;
  });
  if (repetition.path().empty()) return parsed;
  return std::unexpected(core::Error(core::ErrorCode::invalid_json,
                                     fmt::format("Invalid JSON: `{}` is given twice.", repetition.path()))
                             .with_param(repetition.path()));
}

}  // namespace relayna::json
