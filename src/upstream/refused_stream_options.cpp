#include "upstream/refused_stream_options.hpp"

#include "upstream/peek_body.hpp"

namespace relayna::upstream {

namespace {

constexpr std::size_t kMostRead = 64 * 1024;

std::string name_of(const Candidate& candidate) {
  return candidate.provider->name + '\n' + candidate.model;
}

}  // namespace

runtime::Task<core::Result<bool>> refuses_stream_options(Answer& answer) {
  if (answer.head.status != 400 && answer.head.status != 422) co_return false;
  const auto body = co_await peek_body(answer, kMostRead);
  if (!body) co_return std::unexpected(body.error());
  co_return body->contains("stream_options");
}

void PlainStreams::remember(const Candidate& candidate, core::TimePoint now) {
  if (until_.size() >= kMost) until_.clear();
  until_.insert_or_assign(name_of(candidate), now + kRemembered);
}

bool PlainStreams::holds(const Candidate& candidate, core::TimePoint now) const {
  if (until_.empty()) return false;
  const auto it = until_.find(name_of(candidate));
  return it != until_.end() && now < it->second;
}

}  // namespace relayna::upstream
