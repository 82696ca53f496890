#include "domain/price_names.hpp"

#include <algorithm>
#include <array>

namespace relayna::domain {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// True when `text` ends in a shape where `0` stands for any digit: `-0000-00-00`.
bool ends_in(std::string_view text, std::string_view shape) {
  if (text.size() <= shape.size()) return false;
  const std::string_view end = text.substr(text.size() - shape.size());
  return std::ranges::equal(end, shape, [](char c, char s) { return s == '0' ? is_digit(c) : c == s; });
}

bool drop_start(std::string_view& text, std::string_view start) {
  if (text.size() <= start.size() || !text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

/// What a snapshot adds to its model's name: `-v2@20241022` is a variant and a date.
struct Snapshot {
  std::string_view variant;
  std::string_view date;
};
constexpr std::array kSnapshots{
    Snapshot{"", "-latest"},          Snapshot{"", "-0000-00-00"},  Snapshot{"-preview", "-00-00"},
    Snapshot{"-preview", "-00-0000"}, Snapshot{"-v0", "@00000000"}, Snapshot{"", "-00000000"},
    Snapshot{"", "@00000000"},        Snapshot{"", "-000"},
};

void add_without_snapshot(std::vector<std::string>& names, std::string_view name) {
  for (const auto& [variant, date] : kSnapshots) {
    if (!ends_in(name, date)) continue;
    const std::string_view undated = name.substr(0, name.size() - date.size());
    if (!ends_in(undated, variant)) continue;
    names.emplace_back(undated);
    if (!variant.empty()) names.emplace_back(undated.substr(0, undated.size() - variant.size()));
    return;
  }
}

struct Prefix {
  std::string_view name;
  std::string_view list;
  bool anywhere;  // its models have one price, whoever stands between
};
constexpr std::array kPrefixes{
    Prefix{"openai", "openai", true},
    Prefix{"azure", "openai", true},
    Prefix{"anthropic", "anthropic", true},
    Prefix{"gemini", "gemini", true},
    Prefix{"google", "gemini", true},
    Prefix{"models", "gemini", true},
    Prefix{"vertex_ai", "gemini", true},
    Prefix{"xai", "xai", true},
    Prefix{"x-ai", "xai", true},
    Prefix{"cohere", "cohere", true},
    Prefix{"mistral", "mistral", false},
    Prefix{"deepseek", "deepseek", false},
    Prefix{"groq", "groq", false},
};

// OpenRouter writes `claude-sonnet-4.5`, Anthropic `claude-sonnet-4-5`.
std::string with_dashes(std::string_view model) {
  std::string out(model);
  for (std::size_t i = 1; i + 1 < out.size(); ++i) {
    if (out[i] == '.' && is_digit(out[i - 1]) && is_digit(out[i + 1])) out[i] = '-';
  }
  return out;
}

constexpr std::array<std::string_view, 5> kRegions{"us.", "eu.", "apac.", "jp.", "au."};

// anthropic.claude-3-5-sonnet-20240620-v1:0, global.anthropic.…, us.anthropic.…
OwnedName bedrock_name(std::string_view model) {
  const bool regional =
      std::ranges::any_of(kRegions, [&](std::string_view region) { return drop_start(model, region); });
  if (!regional) drop_start(model, "global.");
  if (!drop_start(model, "anthropic.")) return {};
  if (ends_in(model, ":0")) model.remove_suffix(2);
  if (ends_in(model, "-v0")) model.remove_suffix(3);
  return {"anthropic", (regional ? "regional/" : "") + std::string(model)};
}

}  // namespace

std::vector<std::string> price_names(std::string_view model) {
  std::vector<std::string> names{std::string(model)};
  add_without_snapshot(names, model);
  if (std::string_view rest = model; drop_start(rest, "gpt-35-")) {  // as Azure spells it
    const std::string usual = "gpt-3.5-" + std::string(rest);
    names.push_back(usual);
    add_without_snapshot(names, usual);
  }
  return names;
}

OwnedName owned_name(std::string_view model, ProviderKind kind) {
  const bool resold = drop_start(model, "openrouter/");
  if (drop_start(model, "bedrock/") && !drop_start(model, "converse/")) drop_start(model, "invoke/");
  const std::size_t slash = model.find('/');
  if (slash == model.npos) return bedrock_name(model);
  const auto prefix = std::ranges::find(kPrefixes, model.substr(0, slash), &Prefix::name);
  if (prefix == kPrefixes.end()) return {};
  if (!prefix->anywhere && (resold || kind != ProviderKind::litellm)) return {};
  const std::string_view bare = model.substr(slash + 1);
  // Claude on Vertex is Anthropic's, and so is its price.
  const bool claude = prefix->list == "anthropic" || bare.starts_with("claude-");
  return {claude ? "anthropic" : prefix->list, claude ? with_dashes(bare) : std::string(bare)};
}

std::vector<std::string_view> price_lists_of(ProviderKind kind) {
  switch (kind) {
    case ProviderKind::openai:
    case ProviderKind::azure_openai:
      return {"openai"};
    case ProviderKind::anthropic:
    case ProviderKind::bedrock:
      return {"anthropic"};
    case ProviderKind::gemini:
      return {"gemini"};
    case ProviderKind::vertex:
      return {"gemini", "anthropic"};
    case ProviderKind::cohere:
      return {"cohere"};
    case ProviderKind::echo:
      return {"echo"};
    case ProviderKind::litellm:
    case ProviderKind::internal_service:
      break;
  }
  return {};
}

}  // namespace relayna::domain
