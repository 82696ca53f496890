#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "net/openssl.hpp"

namespace relayna::net {

/// Sessions of servers by host, to resume instead of a full handshake. Bounded. Any thread.
class TlsSessions {
 public:
  static constexpr std::size_t kMaxHosts = 1024;
  static constexpr std::size_t kMaxPerHost = 4;

  void put(const std::string& host, SslSessionPtr session) {
    std::lock_guard lock(mutex_);
    if (hosts_.size() >= kMaxHosts && !hosts_.contains(host)) hosts_.erase(hosts_.begin());
    auto& kept = hosts_[host];
    if (kept.size() >= kMaxPerHost) kept.erase(kept.begin());
    kept.push_back(std::move(session));
  }

  /// The newest session, or null. A TLS 1.3 ticket is used once (RFC 8446 C.4), an older session again.
  SslSessionPtr take(const std::string& host) {
    std::lock_guard lock(mutex_);
    const auto found = hosts_.find(host);
    if (found == hosts_.end()) return nullptr;
    auto& kept = found->second;
    while (!kept.empty()) {
      auto session = std::move(kept.back());
      kept.pop_back();
      if (SSL_SESSION_is_resumable(session.get()) == 0) continue;
      if (SSL_SESSION_get_protocol_version(session.get()) < TLS1_3_VERSION) {
        SSL_SESSION_up_ref(session.get());
        kept.emplace_back(session.get());
      }
      return session;
    }
    return nullptr;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<SslSessionPtr>> hosts_;
};

}  // namespace relayna::net
