#include "relayna/upstream/candidates.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

namespace relayna::upstream {

using catalog::Snapshot;
using dialect::Operation;
using domain::Provider;
using domain::ProviderKind;

bool can_be_called(ProviderKind kind) noexcept {
  return kind != ProviderKind::bedrock && kind != ProviderKind::vertex;
}

bool supports(ProviderKind kind, Operation operation) noexcept {
  switch (kind) {
    case ProviderKind::litellm:
    case ProviderKind::echo:
      return true;
    case ProviderKind::openai:
      return operation == Operation::chat_completions || operation == Operation::completions ||
             operation == Operation::responses || operation == Operation::embeddings;
    case ProviderKind::anthropic:
      return operation == Operation::messages || operation == Operation::count_tokens;
    default:
      return false;  // reached through /providers/{name}/* only, until their dialects are translated
  }
}

namespace {

/// Model families whose names tell their maker. Order matters only for readability: no prefix is a prefix of
/// another maker's.
struct Family {
  std::string_view prefix;
  ProviderKind kind;
};
constexpr std::array kFamilies{
    Family{"claude-", ProviderKind::anthropic},
    Family{"gpt-", ProviderKind::openai},
    Family{"chatgpt-", ProviderKind::openai},
    Family{"o1", ProviderKind::openai},
    Family{"o3", ProviderKind::openai},
    Family{"o4", ProviderKind::openai},
    Family{"text-embedding-", ProviderKind::openai},
    Family{"gemini-", ProviderKind::gemini},
};

/// The environment's direct provider serves `/providers/{name}/*`; models reach it by name only where no
/// LiteLLM stands.
bool takes_models(const Snapshot& snapshot, const Provider& provider) {
  return provider.managed_by != "env" || provider.kind == ProviderKind::litellm ||
         provider.kind == ProviderKind::echo || snapshot.litellm() == nullptr;
}

const Provider* inferred(const Snapshot& snapshot, std::string_view model, Operation operation) {
  for (const auto& family : kFamilies) {
    if (!model.starts_with(family.prefix)) continue;
    for (const auto& provider : snapshot.providers) {
      if (provider.kind == family.kind && supports(provider.kind, operation) &&
          takes_models(snapshot, provider))
        return &provider;
    }
  }
  return nullptr;
}

/// LiteLLM takes every name; otherwise the only provider that could.
const Provider* catch_all(const Snapshot& snapshot, Operation operation) {
  if (const auto* litellm = snapshot.litellm()) return litellm;
  const Provider* only = nullptr;
  for (const auto& provider : snapshot.providers) {
    if (provider.kind == ProviderKind::echo && snapshot.providers.size() > 1)
      continue;  // echo answers its own name only
    if (!supports(provider.kind, operation)) continue;
    if (only != nullptr) return nullptr;
    only = &provider;
  }
  return only;
}

void add_fallback(const Snapshot& snapshot, std::vector<Candidate>& candidates, std::string_view client_model,
                  Operation operation, bool raw) {
  const Provider& first = *candidates.front().provider;
  if (first.fallback.empty()) return;
  const Provider* next = first.fallback == "litellm" ? snapshot.litellm() : snapshot.provider(first.fallback);
  if (next == nullptr || (!raw && !supports(next->kind, operation))) return;
  const bool there =
      std::ranges::any_of(candidates, [next](const Candidate& c) { return c.provider == next; });
  if (!there) candidates.push_back({next, std::string(client_model), false, true});
}

std::string reachable(const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& model : snapshot.models) names.push_back(model.name);
  for (const auto& provider : snapshot.providers) {
    if (provider.kind == ProviderKind::echo)
      names.push_back("echo");
    else
      names.push_back(provider.name + "/<model>");
  }
  constexpr std::size_t kMost = 10;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMost; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMost) text += fmt::format(", and {} more", names.size() - kMost);
  return text;
}

/// A place a declared model is served, on its way to its place in the order.
struct Place {
  Candidate candidate;
  std::int64_t priority = 0;
  std::int64_t weight = 1;
};

/// The model's own provider and its targets, as far as they can serve the request.
std::vector<Place> places_of(const Snapshot& snapshot, const domain::Model& model,
                             const ResolveInput& input) {
  std::vector<Place> places;
  const auto add = [&](std::string_view provider_name, const std::string& upstream_model,
                       std::int64_t priority, std::int64_t weight) {
    const auto* provider = snapshot.provider(provider_name);
    if (provider == nullptr || !supports(provider->kind, input.operation)) return;
    if (!input.wanted_provider.empty() && input.wanted_provider != provider_name) return;
    const std::string& name = upstream_model.empty() ? model.name : upstream_model;
    places.push_back({{provider, name, name != input.model}, priority, weight});
  };
  add(model.provider, model.upstream_model, 0, 1);
  for (const auto& target : model.targets) {
    const bool serves = target.operations.empty() ||
                        std::ranges::find(target.operations, input.route) != target.operations.end();
    if (target.enabled && serves) add(target.provider, target.upstream_model, target.priority, target.weight);
  }
  return places;
}

/// The next number of a sequence every draw begins anew (splitmix64): what one draw decides says nothing of
/// the next.
std::uint64_t next_draw(std::uint64_t& state) noexcept {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// By priority; within one, whoever is drawn goes to the front, and the rest are drawn from what is left.
std::vector<Candidate> in_order(std::vector<Place> places, std::uint64_t draw) {
  std::ranges::sort(places, {}, &Place::priority);
  std::vector<Candidate> order;
  for (auto first = places.begin(); first != places.end(); ++first) {
    const auto last =
        std::find_if(first, places.end(), [&](const Place& p) { return p.priority != first->priority; });
    std::int64_t total = 0;
    for (auto p = first; p != last; ++p) total += p->weight;
    auto left = static_cast<std::int64_t>(next_draw(draw) % static_cast<std::uint64_t>(total));
    auto drawn = first;
    while (left >= drawn->weight) left -= (drawn++)->weight;
    std::rotate(first, drawn, drawn + 1);
    order.push_back(std::move(first->candidate));
  }
  return order;
}

/// Where a declared model leads, and the fallback of the first. Empty: nowhere.
std::vector<Candidate> declared_candidates(const Snapshot& snapshot, const domain::Model& model,
                                           const ResolveInput& input) {
  auto candidates = in_order(places_of(snapshot, model, input), input.draw);
  if (!candidates.empty()) add_fallback(snapshot, candidates, input.model, input.operation, false);
  return candidates;
}

core::Result<std::vector<Candidate>> chosen(const Snapshot& snapshot, const Provider& provider,
                                            std::string model, const ResolveInput& input) {
  std::vector<Candidate> candidates;
  const bool rewrites = model != input.model;
  candidates.push_back({&provider, std::move(model), rewrites});
  add_fallback(snapshot, candidates, input.model, input.operation, false);
  return candidates;
}

}  // namespace

core::Result<std::vector<Candidate>> resolve(const Snapshot& snapshot, const ResolveInput& input) {
  if (snapshot.providers.empty()) return core::fail(core::ErrorCode::no_upstream);
  const auto* declared = snapshot.model(input.model);

  if (!input.wanted_provider.empty()) {
    const auto* provider = snapshot.provider(input.wanted_provider);
    if (provider == nullptr) {
      return core::fail(
          core::ErrorCode::missing_provider_config,
          fmt::format("x-relayna-provider names '{}', which is not configured.", input.wanted_provider));
    }
    if (!supports(provider->kind, input.operation)) {
      return core::fail(core::ErrorCode::model_not_found,
                        fmt::format("Provider '{}' does not serve this API.", input.wanted_provider));
    }
    if (declared != nullptr) {
      if (auto found = declared_candidates(snapshot, *declared, input); !found.empty()) return found;
    }
    return chosen(snapshot, *provider, std::string(input.model), input);
  }

  if (declared != nullptr) {
    if (auto found = declared_candidates(snapshot, *declared, input); !found.empty()) return found;
  }

  if (const auto slash = input.model.find('/'); slash != std::string_view::npos) {
    const auto* provider = snapshot.provider(input.model.substr(0, slash));
    // LiteLLM's own names have slashes (`openai/gpt-4o`); only a provider of that very name is meant.
    if (provider != nullptr && slash + 1 < input.model.size() && supports(provider->kind, input.operation)) {
      return chosen(snapshot, *provider, std::string(input.model.substr(slash + 1)), input);
    }
  }

  if (input.model == "echo") {
    for (const auto& provider : snapshot.providers) {
      if (provider.kind == ProviderKind::echo)
        return chosen(snapshot, provider, std::string(input.model), input);
    }
  }
  if (const auto* provider = inferred(snapshot, input.model, input.operation)) {
    return chosen(snapshot, *provider, std::string(input.model), input);
  }
  if (const auto* provider = catch_all(snapshot, input.operation)) {
    return chosen(snapshot, *provider, std::string(input.model), input);
  }
  auto error = core::Error(core::ErrorCode::model_not_found,
                           fmt::format("Model '{}' is not reachable on this route. Reachable: {}.",
                                       input.model, reachable(snapshot)));
  return std::unexpected(std::move(error).with_param("model"));
}

core::Result<std::vector<Candidate>> resolve_passthrough(const Snapshot& snapshot,
                                                         std::string_view provider_name,
                                                         std::string_view model) {
  const auto* provider = snapshot.provider(provider_name);
  if (provider == nullptr) {
    return core::fail(core::ErrorCode::missing_provider_config,
                      fmt::format("Provider '{}' is not configured.", provider_name));
  }
  if (!can_be_called(provider->kind)) {
    return core::fail(
        core::ErrorCode::missing_provider_config,
        fmt::format("Provider '{}' needs request signing, which this version does not do.", provider_name));
  }
  std::vector<Candidate> candidates;
  candidates.push_back({provider, std::string(model), false});
  add_fallback(snapshot, candidates, model, Operation::other, true);
  return candidates;
}

}  // namespace relayna::upstream
