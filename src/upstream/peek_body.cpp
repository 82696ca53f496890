#include "upstream/peek_body.hpp"

#include <utility>

namespace relayna::upstream {

namespace {

/// What was read of a body, followed by the rest of it.
class Rejoined final : public http::BodySource {
 public:
  Rejoined(std::string read, bool ended, std::unique_ptr<http::BodySource> rest)
      : read_(std::move(read)), ended_(ended), rest_(std::move(rest)) {}

  runtime::Task<core::Result<http::Chunk>> next() override {
    if (!given_ && !read_.empty()) {
      given_ = true;
      co_return http::Chunk{read_, false};
    }
    if (ended_) co_return http::Chunk{{}, true};
    co_return co_await rest_->next();
  }
  [[nodiscard]] std::optional<std::uint64_t> length() const override {
    if (ended_) return read_.size();
    return std::nullopt;
  }

 private:
  std::string read_;
  bool ended_;
  std::unique_ptr<http::BodySource> rest_;
  bool given_ = false;
};

}  // namespace

runtime::Task<core::Result<std::string>> peek_body(Answer& answer, std::size_t most) {
  std::string read;
  bool ended = false;
  while (!ended && read.size() < most) {
    auto chunk = co_await answer.body->next();
    if (!chunk) co_return std::unexpected(std::move(chunk.error()));
    read.append(chunk->bytes);
    ended = chunk->end;
  }
  answer.body = std::make_unique<Rejoined>(read, ended, std::move(answer.body));
  co_return read;
}

}  // namespace relayna::upstream
