#include "http/body_reader.hpp"

#include <cstring>

namespace relayna::http {

namespace {

/// What Beast must see at once: a chunk's head with its extension, or the last chunk with all trailers.
constexpr std::size_t kMaxFraming = 8 * 1024;

}  // namespace

void Leftover::append(std::string_view more) {
  if (begin_ > 0) {
    bytes_.erase(0, begin_);
    begin_ = 0;
  }
  bytes_.append(more);
}

void Leftover::replace(std::string_view bytes) {
  begin_ = 0;
  if (bytes.empty()) {
    std::string().swap(bytes_);
  } else {
    bytes_.assign(bytes);
  }
}

void Leftover::tidy() noexcept {
  if (begin_ == 0 || !empty()) return;
  std::string().swap(bytes_);
  begin_ = 0;
}

template <class Parser>
BodyStep BodyReader<Parser>::account(const Fed& fed, std::span<char> bytes) const noexcept {
  if (fed.error) return {.kind = BodyStep::Kind::malformed, .error = fed.error};
  if (fed.produced > 0) return {.kind = BodyStep::Kind::data, .bytes = {bytes.data(), fed.produced}};
  return {.kind = fed.done ? BodyStep::Kind::end : BodyStep::Kind::wait};
}

template <class Parser>
BodyStep BodyReader<Parser>::step() {
  leftover_.tidy();
  if (parser_.done()) return {.kind = BodyStep::Kind::end};
  if (leftover_.empty()) return {.kind = BodyStep::Kind::wait};
  const auto bytes = leftover_.span();
  const Fed fed = parser_.feed(bytes);
  leftover_.consume(fed.consumed);
  return account(fed, bytes);
}

template <class Parser>
BodyStep BodyReader<Parser>::receive(net::Stream& stream, std::span<char> buffer) {
  const std::size_t held = leftover_.size();
  if (held > kMaxFraming) {
    return {.kind = BodyStep::Kind::malformed, .error = "A chunk's head or the trailers are too large."};
  }
  if (held > 0) std::memcpy(buffer.data(), leftover_.view().data(), held);
  const net::IoResult got = stream.try_read(buffer.subspan(held));
  if (got.status == net::IoStatus::would_block) return {};
  if (got.status == net::IoStatus::closed) {
    const bool complete = held == 0 && parser_.until_close() && parser_.end_of_stream();
    return {.kind = complete ? BodyStep::Kind::end : BodyStep::Kind::truncated};
  }
  if (!got.ok()) return {.kind = BodyStep::Kind::failed, .status = got.status};
  const auto bytes = buffer.first(held + got.bytes);
  const Fed fed = parser_.feed(bytes);
  // Not consumed: part of a chunk's head, or the next message. It lies behind the payload, which moved down.
  leftover_.replace({bytes.data() + fed.consumed, bytes.size() - fed.consumed});
  return account(fed, bytes);
}

template class BodyReader<RequestParser>;
template class BodyReader<ResponseParser>;

}  // namespace relayna::http
