#pragma once

#include <string>
#include <utility>
#include <vector>

#include "relayna/http/body.hpp"

namespace relayna::upstream::test {

/// A body in given pieces, then the end or an error.
class Pieces final : public http::BodySource {
 public:
  explicit Pieces(std::vector<std::string> pieces, bool breaks = false)
      : pieces_(std::move(pieces)), breaks_(breaks) {}
  runtime::Task<core::Result<http::Chunk>> next() override {
    if (at_ < pieces_.size()) co_return http::Chunk{pieces_[at_++], false};
    if (breaks_) co_return core::fail(core::ErrorCode::upstream_connection);
    co_return http::Chunk{{}, true};
  }

 private:
  std::vector<std::string> pieces_;
  bool breaks_;
  std::size_t at_ = 0;
};

}  // namespace relayna::upstream::test
