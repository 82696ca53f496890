#include "relayna/store/lease.hpp"

#include "relayna/json/document.hpp"

namespace relayna::store {

namespace {

struct Lease {
  std::string holder;
  core::SystemTime until{};
};

std::string write(const Lease& lease) {
  return json::dump({{"holder", lease.holder}, {"until", core::to_rfc3339(lease.until)}});
}

/// One that cannot be read has ended.
Lease read(const std::string& text) {
  const auto stored = json::parse(text);
  if (!stored || !stored->is_object()) return {};
  const auto until = core::parse_rfc3339(stored->value("until", std::string()));
  return {stored->value("holder", std::string()), until.value_or(core::SystemTime{})};
}

}  // namespace

core::Result<bool> take_lease(SecretsRepository& values, const std::string& work, const std::string& holder,
                              core::SystemTime now, std::chrono::seconds length) {
  const std::string name = "lease:" + work;
  const std::string wanted = write({holder, now + length});
  auto stored = values.get(name);
  if (!stored) return std::unexpected(std::move(stored.error()));
  if (!*stored) {
    auto first = values.put_if_absent(name, wanted);
    if (!first) return std::unexpected(std::move(first.error()));
    return *first == wanted;
  }
  const Lease lease = read(**stored);
  if (lease.holder != holder && lease.until > now) return false;
  auto replaced = values.replace(name, **stored, wanted);
  if (!replaced && replaced.error().code == core::ErrorCode::conflict) return false;  // somebody was faster
  if (!replaced) return std::unexpected(std::move(replaced.error()));
  return true;
}

}  // namespace relayna::store
