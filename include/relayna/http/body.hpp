#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "relayna/core/result.hpp"
#include "relayna/runtime/task.hpp"

namespace relayna::http {

/// One pull of a body: some bytes, the end, or why it broke.
struct Chunk {
  /// Empty at the end. Valid only until the next suspension or the next call: consume or copy before awaiting
  /// anything.
  std::string_view bytes;
  bool end = false;
};

/// A body being pulled; filters wrap sources. Not pulling is the back-pressure. Owned by unique_ptr;
/// destroying one that has not ended abandons it (an upstream connection is closed, a client connection is
/// not reused). One shard.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// The next bytes, waiting for them as long as the source's own deadlines allow. After the end or an error
  /// it is not called again.
  virtual runtime::Task<core::Result<Chunk>> next() = 0;
  /// Bytes still to come, when declared.
  [[nodiscard]] virtual std::optional<std::uint64_t> length() const { return std::nullopt; }
};

/// A body that is already there.
class StringBody final : public BodySource {
 public:
  explicit StringBody(std::string bytes) : bytes_(std::move(bytes)) {}
  runtime::Task<core::Result<Chunk>> next() override;
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return bytes_.size(); }

 private:
  std::string bytes_;
  bool given_ = false;
};

/// A body without bytes.
std::unique_ptr<BodySource> empty_body();

}  // namespace relayna::http
