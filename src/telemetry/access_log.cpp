#include "relayna/telemetry/access_log.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <spdlog/logger.h>

#include "relayna/core/encoding.hpp"

#include "telemetry/line_format.hpp"
#include "telemetry/logging.hpp"
#include "telemetry/timestamp.hpp"

namespace relayna::telemetry {

namespace {

constexpr std::size_t kBlockBytes = 32 * 1024;

/// Appends members to the JSON object at the end of a string. Names are ours and need no escaping.
class JsonMembers {
 public:
  explicit JsonMembers(std::string& out) : out_(out) {}
  /// Absent when empty.
  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    head(name);
    core::append_json_string(out_, value);
  }
  void number(std::string_view name, std::int64_t value) {
    head(name);
    const fmt::format_int digits(value);
    out_.append(digits.data(), digits.size());
  }
  void number(std::string_view name, std::optional<std::int64_t> value) {
    if (value) number(name, *value);
  }
  void flag(std::string_view name, bool value) {
    head(name);
    out_.append(value ? "true" : "false");
  }

 private:
  void head(std::string_view name) { out_.append(",\"").append(name).append("\":"); }
  std::string& out_;
};

/// Appends ` name=value` for a reader's eyes. A value that could be taken for more than one is quoted.
class TextMembers {
 public:
  explicit TextMembers(std::string& out) : out_(out) {}
  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    head(name);
    const auto ambiguous = [](char c) {
      const auto byte = static_cast<std::uint8_t>(c);
      return byte <= 0x20 || byte >= 0x7F || c == '"' || c == '\\' || c == '=';
    };
    if (std::ranges::any_of(value, ambiguous)) {
      core::append_json_string(out_, value);
    } else {
      out_.append(value);
    }
  }
  void number(std::string_view name, std::int64_t value) {
    head(name);
    const fmt::format_int digits(value);
    out_.append(digits.data(), digits.size());
  }
  void number(std::string_view name, std::optional<std::int64_t> value) {
    if (value) number(name, *value);
  }
  void flag(std::string_view name, bool value) {
    if (!value) return;
    head(name);
    out_.append("true");
  }

 private:
  void head(std::string_view name) { out_.append(" ").append(name).append("="); }
  std::string& out_;
};

void append_members(auto&& line, const AccessRecord& record) {
  line.text("request_id", record.request_id);
  line.text("correlation_id", record.correlation_id);
  line.text("trace_id", record.trace_id);
  line.text("method", record.method);
  line.text("route", record.route);
  line.text("path", record.path);
  line.text("client", record.client);
  line.text("key_id", record.key_id);
  line.text("project_id", record.project_id);
  line.text("model", record.model);
  line.text("upstream", record.upstream);
  line.text("error_code", record.error_code);
  line.number("status", record.status);
  line.flag("stream", record.stream);
  line.flag("client_gone", record.client_gone);
  line.number("attempts", record.attempts);
  line.number("duration_us", record.duration_us);
  line.number("overhead_us", record.overhead_us);
  line.number("request_bytes", record.request_bytes);
  line.number("response_bytes", record.response_bytes);
  line.number("ttft_us", record.ttft_us);
  line.number("input_tokens", record.input_tokens);
  line.number("output_tokens", record.output_tokens);
  line.number("cost_nano_usd", record.cost_nanos);
}

}  // namespace

struct AccessLog::State {
  std::shared_ptr<spdlog::logger> logger = log(kAccessTarget);
  LogFormat format = LogFormat::json;
  std::string head;  // of a JSON line, behind its time
  std::string block;
  Timestamp timestamp;
};

AccessLog::AccessLog() : state_(new State) {
  const LineStyle style = line_style();
  state_->format = style.format;
  state_->head = R"(","level":"info","target":"access","environment":)";
  core::append_json_string(state_->head, style.environment);
  state_->head += R"(,"message":"request")";
}

AccessLog::~AccessLog() {
  flush();
  delete state_;
}

bool AccessLog::enabled() const noexcept {
  return state_->logger->should_log(spdlog::level::info);
}

void AccessLog::write(const AccessRecord& record) {
  if (!enabled()) return;
  std::string& block = state_->block;
  if (state_->format == LogFormat::json) {
    block.append(R"({"time":")");
    state_->timestamp.append(block, record.time);
    block.append(state_->head);
    append_members(JsonMembers(block), record);
    block.append("}\n");
  } else {
    state_->timestamp.append(block, record.time);
    block.append(" info  access:");
    append_members(TextMembers(block), record);
    block.push_back('\n');
  }
  if (block.size() >= kBlockBytes) flush();
}

void AccessLog::flush() {
  if (state_->block.empty()) return;
  state_->logger->log(spdlog::level::info, spdlog::string_view_t(state_->block));
  state_->block.clear();
}

}  // namespace relayna::telemetry
