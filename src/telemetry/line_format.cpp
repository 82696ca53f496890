#include "telemetry/line_format.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

#include <spdlog/details/log_msg.h>

#include "relayna/core/encoding.hpp"

namespace relayna::telemetry {

namespace {

std::string_view view(spdlog::string_view_t text) {
  return {text.data(), text.size()};
}

std::string_view level_name(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return "trace";
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warn";
    default:
      return "error";
  }
}

}  // namespace

LineFormat::LineFormat(LogFormat format, std::string environment)
    : format_(format), environment_(std::move(environment)) {}

void LineFormat::format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) {
  if (view(message.logger_name) == kAccessTarget) {
    out.append(message.payload.begin(), message.payload.end());
    return;
  }
  line_.clear();
  if (format_ == LogFormat::json) {
    json(message);
  } else {
    text(message);
  }
  line_.push_back('\n');
  out.append(line_.data(), line_.data() + line_.size());
}

std::unique_ptr<spdlog::formatter> LineFormat::clone() const {
  return std::make_unique<LineFormat>(format_, environment_);
}

void LineFormat::json(const spdlog::details::log_msg& message) {
  line_.append(R"({"time":")");
  timestamp_.append(line_, std::chrono::floor<std::chrono::microseconds>(message.time));
  line_.append(R"(","level":")").append(level_name(message.level)).append(R"(","target":)");
  core::append_json_string(line_, view(message.logger_name));
  line_.append(R"(,"environment":)");
  core::append_json_string(line_, environment_);
  line_.append(R"(,"message":)");
  core::append_json_string(line_, view(message.payload));
  line_.push_back('}');
}

void LineFormat::text(const spdlog::details::log_msg& message) {
  timestamp_.append(line_, std::chrono::floor<std::chrono::microseconds>(message.time));
  const std::string_view level = level_name(message.level);
  line_.append(" ").append(level).append(6 - level.size(), ' ');
  append_visible(line_, view(message.logger_name));
  line_.append(": ");
  append_visible(line_, view(message.payload));
}

void append_visible(std::string& out, std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      out.push_back(c);
    } else {
      out.append("\\x").push_back(kHexDigits[byte >> 4U]);
      out.push_back(kHexDigits[byte & 0xFU]);
    }
  }
}

}  // namespace relayna::telemetry
