#pragma once

#include <string>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/counters/counters.hpp"
#include "relayna/counters/redis_link.hpp"

#include "counters/scope_count.hpp"

// Between the interface's types and what the scripts take and answer. No I/O.

namespace relayna::counters {

/// Appends what admit.lua expects from its sixth argument on. `known_epoch`: in which the asker holds a
/// lease.
void append_admission(RedisArguments& arguments, const AdmitRequest& request, const std::string& known_epoch);
/// About how long what `append_admission` appends is.
std::size_t admission_bytes(const AdmitRequest& request) noexcept;
void append_balance(RedisArguments& arguments, const std::string& scope, const domain::Balance& balance,
                    const std::string& epoch);
void append_reset(RedisArguments& arguments, const Reset& reset);
void append_delivered(RedisArguments& arguments, const Delivered& delivered);

/// All of these fail with control_state_unavailable: Redis refused the command, or answered something that is
/// not ours.
core::Result<Admission> read_admission(const RedisReply& reply, const AdmitRequest& request);
core::Result<Uses> read_uses(const RedisReply& reply, const std::vector<Scope>& scopes);
core::Result<Extension> read_extension(const RedisReply& reply, Amounts more);
/// Of `count` requests.
core::Result<std::vector<Settlement>> read_settlements(const RedisReply& reply, std::size_t count);
core::Result<std::vector<Orphan>> read_orphans(const RedisReply& reply);
core::Result<std::vector<std::string>> read_names(const RedisReply& reply);
core::Result<std::string> read_text(const RedisReply& reply);
core::Result<void> read_done(const RedisReply& reply);

}  // namespace relayna::counters
