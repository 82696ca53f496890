#include "identity/token_secret.hpp"

namespace relayna::identity {
namespace {

class FixedClock final : public core::Clock {
 public:
  explicit FixedClock(core::SystemTime wall) : wall_(wall) {}
  [[nodiscard]] core::TimePoint now() const noexcept override { return core::TimePoint{}; }
  [[nodiscard]] core::SystemTime wall() const noexcept override { return wall_; }

 private:
  core::SystemTime wall_;
};

}  // namespace

std::string id_made_at(core::SystemTime now) {
  const FixedClock clock(now);
  return core::IdGenerator(clock).uuid7().str();
}

}  // namespace relayna::identity
