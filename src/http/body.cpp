#include "relayna/http/body.hpp"

namespace relayna::http {

runtime::Task<core::Result<Chunk>> StringBody::next() {
  if (given_ || bytes_.empty()) co_return Chunk{.bytes = {}, .end = true};
  given_ = true;
  co_return Chunk{.bytes = bytes_, .end = false};
}

namespace {

class EmptyBody final : public BodySource {
 public:
  runtime::Task<core::Result<Chunk>> next() override { co_return Chunk{.bytes = {}, .end = true}; }
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return 0; }
};

}  // namespace

std::unique_ptr<BodySource> empty_body() {
  return std::make_unique<EmptyBody>();
}

}  // namespace relayna::http
