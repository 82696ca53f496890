#include "counters/window.hpp"

#include <algorithm>

#include "counters/saturate.hpp"

namespace relayna::counters {

namespace {

std::int64_t of(const Window::Second& second, Window::Of what) noexcept {
  return what == Window::Of::requests ? second.requests : second.tokens;
}

/// In how many seconds `at` no longer counts.
std::int64_t leaves_in(std::int64_t at, std::int64_t now) noexcept {
  return at + Window::kFullSeconds + 1 - now;
}

}  // namespace

void Window::advance(std::int64_t now) {
  if (!seconds_.empty() && seconds_.back().at > now + kFullSeconds) *this = {};
  const auto first =
      std::ranges::find_if(seconds_, [now](const Second& second) { return second.at >= now - kFullSeconds; });
  for (auto gone = seconds_.begin(); gone != first; ++gone) {
    requests_ -= gone->requests;
    tokens_ -= gone->tokens;
  }
  seconds_.erase(seconds_.begin(), first);
}

void Window::add(std::int64_t now, std::int64_t requests, std::int64_t tokens) {
  if (seconds_.empty() || seconds_.back().at < now) seconds_.push_back({.at = now});
  auto& second = seconds_.back();
  second.requests += requests;
  second.tokens = plus(second.tokens, tokens);
  requests_ += requests;
  tokens_ = plus(tokens_, tokens);
}

bool Window::correct(std::int64_t second, std::int64_t requests, std::int64_t tokens) {
  const auto found = std::ranges::find(seconds_, second, &Second::at);
  if (found == seconds_.end()) return false;
  const Second before = *found;
  found->requests = std::max<std::int64_t>(0, found->requests + requests);
  found->tokens = std::max<std::int64_t>(0, plus(found->tokens, tokens));
  requests_ += found->requests - before.requests;
  tokens_ = plus(tokens_, found->tokens - before.tokens);
  return true;
}

void Window::forget(Of what, std::int64_t now) {
  for (auto& second : seconds_) (what == Of::requests ? second.requests : second.tokens) = 0;
  (what == Of::requests ? requests_ : tokens_) = 0;
  // Corrections go by the second; this one has had its share.
  if (!seconds_.empty() && seconds_.back().at == now) seconds_.push_back({.at = now + 1});
}

std::int64_t Window::reset(Of what, std::int64_t now) const noexcept {
  for (const auto& second : seconds_) {
    if (of(second, what) > 0) return leaves_in(second.at, now);
  }
  return 0;
}

std::optional<std::int64_t> Window::wait(Of what, std::int64_t limit, std::int64_t amount,
                                         std::int64_t now) const noexcept {
  if (limit <= 0 || amount > limit) return std::nullopt;
  auto left = sum(what);
  const auto fits = [&] { return left < limit && left <= limit - amount; };
  if (fits()) return 0;
  for (const auto& second : seconds_) {
    left -= of(second, what);
    if (fits()) return leaves_in(second.at, now);
  }
  return std::nullopt;
}

Window Window::from(std::vector<Second> seconds) {
  Window window;
  for (const auto& second : seconds) {
    window.requests_ += second.requests;
    window.tokens_ = plus(window.tokens_, second.tokens);
  }
  window.seconds_ = std::move(seconds);
  return window;
}

}  // namespace relayna::counters
