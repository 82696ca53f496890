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

std::string_view without_snapshot(std::string_view name) {
  constexpr std::string_view kLatest = "-latest";
  if (name.size() > kLatest.size() && name.ends_with(kLatest))
    return name.substr(0, name.size() - kLatest.size());
  for (const std::string_view shape : {"-0000-00-00", "-00000000", "@00000000", "-000"}) {
    if (ends_in(name, shape)) return name.substr(0, name.size() - shape.size());
  }
  return name;
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

// anthropic.claude-3-5-sonnet-20240620-v1:0
OwnedName bedrock_name(std::string_view model) {
  constexpr std::string_view kGlobal = "global.";
  constexpr std::string_view kAnthropic = "anthropic.";
  if (model.starts_with(kGlobal)) model.remove_prefix(kGlobal.size());
  if (!model.starts_with(kAnthropic)) return {};
  model.remove_prefix(kAnthropic.size());
  if (ends_in(model, ":0")) model.remove_suffix(2);
  if (ends_in(model, "-v0")) model.remove_suffix(3);
  return {"anthropic", std::string(model)};
}

}  // namespace

std::vector<std::string> price_names(std::string_view model) {
  std::vector<std::string> names{std::string(model)};
  const std::string_view shorter = without_snapshot(model);
  if (shorter != model) names.emplace_back(shorter);
  return names;
}

OwnedName owned_name(std::string_view model, ProviderKind kind) {
  constexpr std::string_view kBedrock = "bedrock/";
  if (model.starts_with(kBedrock)) model.remove_prefix(kBedrock.size());
  const std::size_t slash = model.find('/');
  if (slash == model.npos) return bedrock_name(model);
  const auto prefix = std::ranges::find(kPrefixes, model.substr(0, slash), &Prefix::name);
  if (prefix == kPrefixes.end()) return {};
  if (!prefix->anywhere && kind != ProviderKind::litellm) return {};
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
