#include "app/redis_doctor.hpp"

#include <fmt/format.h>

namespace relayna::app {

namespace {

/// The value of `name:` in the text of INFO; empty when absent.
std::string_view info_value(std::string_view info, std::string_view name) {
  for (std::size_t at = 0; at < info.size();) {
    const auto end = std::min(info.find("\r\n", at), info.size());
    const auto line = info.substr(at, end - at);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':')
      return line.substr(name.size() + 1);
    at = end + 2;
  }
  return {};
}

}  // namespace

runtime::Task<core::Result<std::string>> examine_redis(counters::RedisLink& link) {
  auto info = co_await link.command({"INFO"});
  if (!info) co_return std::unexpected(info.error());
  if (info->kind == counters::RedisReply::Kind::error) {
    co_return core::fail(core::ErrorCode::control_state_unavailable, {}, info->text);
  }
  if (info_value(info->text, "cluster_enabled") == "1") {
    co_return core::fail(core::ErrorCode::invalid_configuration,
                         "Redis Cluster is not supported; use one primary.");
  }
  if (info_value(info->text, "role") == "slave") {
    co_return core::fail(core::ErrorCode::invalid_configuration,
                         "This Redis is a read-only replica; use the primary.");
  }
  const auto policy = info_value(info->text, "maxmemory_policy");
  if (!policy.empty() && policy != "noeviction") {
    co_return core::fail(
        core::ErrorCode::invalid_configuration,
        fmt::format("maxmemory-policy is {}: counters would be lost under pressure; set noeviction.",
                    policy));
  }
  co_return fmt::format("version {}, {}", info_value(info->text, "redis_version"), policy);
}

}  // namespace relayna::app
