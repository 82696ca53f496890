#include "relayna/identity/credentials.hpp"

#include "relayna/core/encoding.hpp"
#include "relayna/domain/key.hpp"

#include "identity/bearer.hpp"

namespace relayna::identity {
namespace {

// Told by length first: a request has some twenty fields and most are none of these.
bool is_key_field(std::string_view name) noexcept {
  switch (name.size()) {
    case 7:
      return core::iequals(name, "api-key");
    case 9:
      return core::iequals(name, "x-api-key");
    case 14:
      return core::iequals(name, "x-goog-api-key");
    default:
      return false;
  }
}

}  // namespace

core::Result<std::string_view> read_virtual_key(const http::Fields& fields) {
  std::string_view key;
  bool malformed = false;
  for (const http::Field field : fields) {
    const bool authorization = is_authorization(field.name);
    if (!authorization && !is_key_field(field.name)) continue;
    const std::string_view value = core::trim(field.value);
    if (value.empty()) continue;
    const std::string_view found = authorization ? bearer_token(value) : value;
    if (found.empty()) {
      malformed = true;
    } else if (key.empty()) {
      key = found;
    } else if (found != key) {
      return core::fail(core::ErrorCode::conflicting_credentials);
    }
  }
  if (key.empty()) {
    return core::fail(malformed ? core::ErrorCode::malformed_authorization
                                : core::ErrorCode::missing_authorization);
  }
  if (!domain::well_formed_virtual_key(key)) return core::fail(core::ErrorCode::invalid_virtual_key);
  return key;
}

}  // namespace relayna::identity
