#include "upstream/refused_credential.hpp"

#include <array>

#include "relayna/json/document.hpp"

namespace relayna::upstream {

namespace {

constexpr std::size_t kMostRead = 64 * 1024;

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

/// `error.type` or `error.code` values with which OpenAI, Anthropic and LiteLLM speak of the credential itself.
constexpr std::array<std::string_view, 7> kAboutCredential{
    "authentication_error", "permission_error", "invalid_api_key", "auth_error", "key_model_access_denied",
    "team_model_access_denied", "insufficient_permissions",
};

bool about_credential(std::string_view body) {
  auto document = json::parse(body);
  if (!document || !document->is_object()) return true;  // a bare 403 from a proxy in between: not the client's doing either
  const auto error = document->find("error");
  if (error == document->end() || !error->is_object()) return false;
  for (const char* member : {"type", "code"}) {
    const auto value = error->find(member);
    if (value == error->end() || !value->is_string()) continue;
    for (const auto& name : kAboutCredential) {
      if (value->get_ref<const std::string&>() == name) return true;
    }
  }
  return false;
}

core::Error auth_failed(const Answer& answer) {
  return core::Error(core::ErrorCode::upstream_auth_failed, {},
                     answer.provider->name + " answered " + std::to_string(answer.head.status) + " to the gateway's credential");
}

}  // namespace

runtime::Task<std::optional<core::Error>> refused_credential(Answer& answer) {
  if (answer.head.status == 401) co_return auth_failed(answer);
  if (answer.head.status != 403) co_return std::nullopt;
  std::string read;
  bool ended = false;
  while (!ended && read.size() < kMostRead) {
    auto chunk = co_await answer.body->next();
    if (!chunk) co_return std::move(chunk.error());
    read.append(chunk->bytes);
    ended = chunk->end;
  }
  if (about_credential(read)) co_return auth_failed(answer);
  answer.body = std::make_unique<Rejoined>(std::move(read), ended, std::move(answer.body));
  co_return std::nullopt;
}

}  // namespace relayna::upstream
