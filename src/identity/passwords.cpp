#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"
#include "relayna/identity/operators.hpp"

namespace relayna::identity {
namespace {

constexpr std::string_view kScheme = "scrypt";
constexpr std::size_t kSaltBytes = 16;

struct StoredHash {
  core::ScryptCost cost;
  std::string salt;
  std::string hash;
};

std::string_view bytes_of(const core::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// The part before the next `$`, which is taken off `rest`.
std::string_view next_part(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('$'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

bool read_number(std::string_view text, unsigned& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<StoredHash> parse(std::string_view text) {
  StoredHash stored;
  if (next_part(text) != kScheme || !read_number(next_part(text), stored.cost.log2_n) ||
      !read_number(next_part(text), stored.cost.r) || !read_number(next_part(text), stored.cost.p)) {
    return std::nullopt;
  }
  auto salt = core::from_base64(next_part(text));
  auto hash = core::from_base64(next_part(text));
  if (!salt || !hash || !text.empty()) return std::nullopt;
  stored.salt = std::move(*salt);
  stored.hash = std::move(*hash);
  return stored;
}

std::string random_salt() {
  std::array<std::uint8_t, kSaltBytes> bytes{};
  core::random_bytes(bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

core::Result<void> check_password(const core::Secret& password) {
  std::string problem;
  if (!core::valid_utf8(password.reveal())) {
    problem = "the password must be UTF-8";
  } else if (characters(password.reveal()) < kMinPasswordLength) {
    problem = fmt::format("the password must have at least {} characters", kMinPasswordLength);
  } else if (password.size() > kMaxPasswordBytes) {
    problem = fmt::format("the password must have at most {} bytes", kMaxPasswordBytes);
  }
  if (problem.empty()) return {};
  return std::unexpected(
      core::Error(core::ErrorCode::invalid_request, std::move(problem)).with_param("password"));
}

core::Result<std::string> hash_password(const core::Secret& password) {
  if (auto ok = check_password(password); !ok) return std::unexpected(ok.error());
  const core::ScryptCost cost;
  const std::string salt = random_salt();
  auto hash = core::scrypt(password, salt, cost);
  if (!hash) return std::unexpected(hash.error());
  return fmt::format("{}${}${}${}${}${}", kScheme, cost.log2_n, cost.r, cost.p, core::to_base64(salt),
                     core::to_base64(bytes_of(*hash)));
}

bool verify_password(const core::Secret& password, std::string_view stored) {
  if (password.size() > kMaxPasswordBytes) return false;
  const auto parsed = parse(stored);
  const StoredHash against = parsed.value_or(StoredHash{.cost = {}, .salt = random_salt(), .hash = {}});
  const auto hash = core::scrypt(password, against.salt, against.cost);
  return hash && core::constant_time_equal(bytes_of(*hash), against.hash);
}

}  // namespace relayna::identity
