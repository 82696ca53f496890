// Variables inside parsed scalars, and secrets kept elsewhere. Works on the tree, never on raw text, so that
// a value cannot change the structure of the file.
#include <fmt/format.h>

#include "relayna/config/suggest.hpp"
#include "relayna/config/yaml.hpp"
#include "relayna/core/encoding.hpp"

namespace relayna::config::yaml {
namespace {

constexpr std::size_t kMaxExpandedBytes = 4'000'000;
constexpr std::size_t kMaxSecretBytes = 65'536;

bool variable_name(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  return !name.empty() && name.size() <= 128 && !(name[0] >= '0' && name[0] <= '9') &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// The trimmed value of a variable; nullopt when unset or blank.
std::optional<std::string_view> value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(std::string(name));
  if (found == environment.end() || core::trim(found->second).empty()) return std::nullopt;
  return core::trim(found->second);
}

class Expander {
 public:
  Expander(const Environment& environment, Diagnostics& diagnostics)
      : environment_(environment), diagnostics_(diagnostics) {}

  void walk(Node& node, const std::string& path) {
    for (std::size_t i = 0; i < node.items.size(); ++i) walk(node.items[i], join_path(path, i));
    for (Entry& entry : node.entries) walk(entry.value, join_path(path, printable_name(entry.key)));
    if (node.kind != Node::Kind::scalar) return;
    node.reference = node.text.starts_with("env.") || node.text.starts_with("file:");
    if (node.text.find("${") == std::string::npos) return;
    if (auto problem = fill(node.text)) {
      diagnostics_.add(node.mark, path, *problem);
      node.broken = true;
      node.text.clear();
    }
  }

 private:
  std::optional<std::string> fill(std::string& text) {
    std::string out;
    std::string_view rest = text;
    while (true) {
      const std::size_t start = rest.find("${");
      if (start == std::string_view::npos) break;
      if (start > 0 && rest[start - 1] == '$') {  // `$${` stands for `${`
        out.append(rest.substr(0, start - 1)).append("${");
        rest.remove_prefix(start + 2);
        continue;
      }
      const std::size_t end = rest.find('}', start);
      if (end == std::string_view::npos) return "`${` without `}`";
      out.append(rest.substr(0, start));
      if (auto problem = append_value(out, rest.substr(start + 2, end - start - 2))) return problem;
      rest.remove_prefix(end + 1);
    }
    out.append(rest);
    written_ += out.size();
    if (written_ > kMaxExpandedBytes) return "the variables of this file expand to too much text";
    text = std::move(out);
    return std::nullopt;
  }

  std::optional<std::string> append_value(std::string& out, std::string_view inside) {
    const std::size_t separator = inside.find(":-");
    const std::string_view name = inside.substr(0, separator);
    if (!variable_name(name)) return "`${…}` must hold the name of a variable, or NAME:-default";
    if (const auto value = value_of(environment_, name)) {
      out.append(*value);
    } else if (separator == std::string_view::npos) {
      return fmt::format("the variable {} is not set", name);
    } else if (inside.find("${", separator) != std::string_view::npos) {
      return fmt::format("the default of {} must not contain another variable", name);
    } else {
      out.append(inside.substr(separator + 2));
    }
    if (out.size() > kMaxExpandedBytes) return "the variables of this file expand to too much text";
    return std::nullopt;
  }

  const Environment& environment_;
  Diagnostics& diagnostics_;
  std::size_t written_ = 0;
};

}  // namespace

void expand(Node& node, const Environment& environment, std::string_view path, Diagnostics& diagnostics) {
  Expander(environment, diagnostics).walk(node, std::string(path));
}

core::Secret resolve_secret(const Node& node, const Environment& environment, std::string_view path,
                            Diagnostics& diagnostics) {
  if (node.kind != Node::Kind::scalar || node.broken) return {};
  const std::string_view text = core::trim(node.text);
  if (!node.reference) return core::Secret(std::string(text));
  if (text.starts_with("env.")) {
    const std::string_view name = text.substr(4);
    if (!variable_name(name)) {
      diagnostics.add(node.mark, path, "`env.` must be followed by the name of a variable",
                      "env.OPENAI_API_KEY");
      return {};
    }
    if (const auto value = value_of(environment, name)) return core::Secret(std::string(*value));
    diagnostics.add(node.mark, path, fmt::format("the variable {} is not set", name));
    return {};
  }
  const std::string file(text.substr(std::string_view("file:").size()));
  if (!file.starts_with('/')) {
    diagnostics.add(node.mark, path, "`file:` must be followed by an absolute path",
                    "file:/run/secrets/openai_api_key");
    return {};
  }
  FileText read = read_text(file, kMaxSecretBytes);
  if (!read.problem.empty()) {
    diagnostics.add(node.mark, path, fmt::format("the file it names {}", read.problem));
    return {};
  }
  core::Secret secret{std::string(core::trim(read.bytes))};
  if (secret.empty()) diagnostics.add(node.mark, path, "the file it names is empty");
  return secret;
}

}  // namespace relayna::config::yaml
