#include "control/studio/catalogue.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"
#include "relayna/net/connector.hpp"

#include "control/api/codec.hpp"
#include "control/api/schemas.hpp"

namespace relayna::control {

namespace {

constexpr std::size_t kMostText = 2'048;
constexpr std::size_t kMostName = 64;
constexpr std::array<std::string_view, 4> kBuiltIn{"summary", "translation", "ocr", "embeddings"};
constexpr std::array<std::string_view, 7> kMethods{"GET",    "POST", "PUT",    "PATCH",
                                                   "DELETE", "HEAD", "OPTIONS"};

bool is_method(std::string_view text) {
  return std::ranges::find(kMethods, text) != kMethods.end();
}

bool is_path(std::string_view text) {
  return text.starts_with('/') && !text.contains("..") &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c != 0x7f; });
}

/// One entry of Studio's list, read member by member; what is wrong goes to its problems.
class Entry {
 public:
  explicit Entry(const json::Document& from) : from_(from) {}

  /// The text under the first of `names` that is there, trimmed; the others are its older names.
  std::string text(std::initializer_list<const char*> names) {
    std::string found;
    const char* taken = nullptr;
    for (const char* name : names) {
      const auto given = from_.find(name);
      if (given == from_.end() || given->is_null()) continue;
      if (taken != nullptr) {
        problems_.add(name, fmt::format("is another name of {}; one of them is right", taken));
      } else if (!given->is_string() || given->get_ref<const std::string&>().size() > kMostText) {
        problems_.add(name, fmt::format("must be a text of at most {} bytes", kMostText));
      } else {
        found = core::trim(given->get_ref<const std::string&>());
      }
      taken = name;
    }
    return found;
  }
  json::Document texts(const char* name) {
    json::Document list = json::Document::array();
    const auto given = from_.find(name);
    if (given == from_.end() || given->is_null()) return list;
    const bool right =
        given->is_array() && std::ranges::all_of(*given, [](const auto& item) { return item.is_string(); });
    if (!right) {
      problems_.add(name, "must be a list of texts");
      return list;
    }
    return *given;
  }
  json::Document object(const char* name) {
    const auto given = from_.find(name);
    if (given == from_.end() || given->is_null()) return nullptr;
    if (!given->is_object()) problems_.add(name, "must be an object");
    return *given;
  }
  Problems& problems() noexcept { return problems_; }

 private:
  const json::Document& from_;
  Problems problems_;
};

json::Document or_null(const std::string& text) {
  return text.empty() ? json::Document() : json::Document(text);
}

std::string route_of(const std::string& given, const std::string& name) {
  if (!given.empty()) return given;
  if (std::ranges::find(kBuiltIn, name) != kBuiltIn.end()) return '/' + name;
  return "/services/" + name + "/*";
}

json::Document methods_of(Entry& entry) {
  json::Document methods = entry.texts("allowed_methods");
  if (methods.empty()) methods.push_back("POST");
  for (auto& method : methods) {
    std::string name = method.get<std::string>();
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    if (!is_method(name)) entry.problems().add("allowed_methods", "must hold HTTP methods only, as POST");
    method = name;
  }
  return methods;
}

/// The preview of one entry; of use only when the entry has no problems.
json::Document preview(Entry& entry) {
  const std::string id = entry.text({"studio_service_id", "service_id"});
  const std::string wanted_name = entry.text({"gateway_service_name"});
  const std::string plain_name = entry.text({"name"});
  const std::string display_name = entry.text({"display_name"});
  const std::string base_url = entry.text({"base_url"});
  const std::string environment = entry.text({"environment"});
  const std::string status = entry.text({"status"});
  const std::string health_path = entry.text({"health_check_path", "health_path", "capabilities_path"});
  const std::string health_method = entry.text({"health_check_method"});
  const std::string pattern = entry.text({"default_route_pattern", "route_pattern"});
  auto methods = methods_of(entry);
  auto tags = entry.texts("tags");
  auto pricing = entry.object("default_pricing");

  std::string name;
  for (const auto& source : {wanted_name, plain_name, id}) {
    if (name.empty()) name = service_name_from(source);
  }
  auto& problems = entry.problems();
  if (id.empty())
    problems.add("studio_service_id", "is required");
  else if (name.empty())
    problems.add("name", "has no letter or digit to name the service by");
  if (!base_url.empty()) {
    if (auto parsed = net::BaseUrl::parse(base_url); !parsed)
      problems.add("base_url", std::string(parsed.error().public_message()));
  }
  if (!pattern.empty() && !is_path(pattern))
    problems.add("default_route_pattern", "must be a path, as /ocr/*");
  if (!health_path.empty() && !is_path(health_path))
    problems.add("health_check_path", "must be a path, as /health");
  if (!health_method.empty() && !is_method(health_method))
    problems.add("health_check_method", "must be an HTTP method, as GET");

  const std::string route = route_of(pattern, name);
  json::Document import_request = {{"studio_service_id", id},
                                   {"name", name},
                                   {"project_id", nullptr},
                                   {"route_pattern", route},
                                   {"upstream_base_url", or_null(base_url)},
                                   {"health_check_path", or_null(health_path)},
                                   {"health_check_method", health_method.empty() ? "GET" : health_method},
                                   {"allowed_methods", std::move(methods)},
                                   {"category", or_null(environment)},
                                   {"default_pricing", std::move(pricing)}};
  return {{"studio_service_id", id},
          {"name", name},
          {"display_name", or_null(display_name)},
          {"environment", or_null(environment)},
          {"status", or_null(status)},
          {"base_url", or_null(base_url)},
          {"tags", std::move(tags)},
          {"route_pattern", route},
          {"import_request", std::move(import_request)}};
}

json::Document invalid_row(std::size_t index, const json::Document& id, const Problems& problems) {
  json::Document told = json::Document::array();
  for (const auto& [path, message] : problems.all()) told.push_back({{"path", path}, {"message", message}});
  return {{"index", index},
          {"studio_service_id", id.is_string() ? id : json::Document()},
          {"problems", std::move(told)}};
}

void add_entry(StudioCatalogue& catalogue, std::size_t index, const json::Document& given) {
  if (!given.is_object()) {
    Problems problems;
    problems.add("", "must be an object");
    catalogue.invalid.push_back(invalid_row(index, nullptr, problems));
    return;
  }
  Entry entry(given);
  auto row = preview(entry);
  if (entry.problems().empty()) {
    catalogue.services.push_back(std::move(row));
  } else {
    catalogue.invalid.push_back(invalid_row(index, row["studio_service_id"], entry.problems()));
  }
}

core::Error unavailable(std::string message) {
  return core::Error(core::ErrorCode::studio_unavailable, std::move(message));
}

}  // namespace

std::string service_name_from(std::string_view text) {
  std::string name;
  for (const char c : core::to_lower(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  name.resize(std::min(name.size(), kMostName));
  while (name.ends_with('-')) name.pop_back();
  return name;
}

core::Result<StudioCatalogue> read_studio_catalogue(std::string_view body) {
  auto document = json::parse(body);
  if (!document) return std::unexpected(unavailable("Relayna Studio answered something that is not JSON."));
  if (document->is_object()) {
    auto services = document->find("services");
    json::Document list = services == document->end() ? json::Document::array() : *services;
    *document = std::move(list);
  }
  if (!document->is_array())
    return std::unexpected(unavailable("Relayna Studio answered something else than a list of services."));
  StudioCatalogue catalogue;
  for (std::size_t i = 0; i < document->size(); ++i) add_entry(catalogue, i, (*document)[i]);
  if (catalogue.services.empty() && !catalogue.invalid.empty()) {
    const auto& problem = catalogue.invalid.front()["problems"].front();
    return std::unexpected(
        unavailable(fmt::format("None of the {} services Relayna Studio lists can be used; the first: {} {}",
                                catalogue.invalid.size(), problem["path"].get<std::string>(),
                                problem["message"].get<std::string>())));
  }
  return catalogue;
}

json::Document studio_service_schema() {
  const json::Document text = {{"type", "string"}};
  const json::Document texts = array_of(text);
  return object_schema(
      {{"studio_service_id", text},
       {"name", text},
       {"display_name", nullable(text)},
       {"environment", nullable(text)},
       {"status", nullable(text)},
       {"base_url", nullable(text)},
       {"tags", texts},
       {"route_pattern", text},
       {"import_request", object_schema({{"studio_service_id", text},
                                         {"name", text},
                                         {"project_id", nullable(text)},
                                         {"route_pattern", text},
                                         {"upstream_base_url", nullable(text)},
                                         {"health_check_path", nullable(text)},
                                         {"health_check_method", text},
                                         {"allowed_methods", texts},
                                         {"category", nullable(text)},
                                         {"default_pricing", {{"type", {"object", "null"}}}}})}});
}

json::Document invalid_studio_service_schema() {
  const json::Document text = {{"type", "string"}};
  return object_schema({{"index", {{"type", "integer"}}},
                        {"studio_service_id", nullable(text)},
                        {"problems", array_of(object_schema({{"path", text}, {"message", text}}))}});
}

}  // namespace relayna::control
