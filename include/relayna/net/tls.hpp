#pragma once

#include <memory>
#include <optional>
#include <string>

#include "relayna/net/stream.hpp"

namespace relayna::net {

/// A server certificate and key, TLS 1.2 or later. The OpenSSL context is swapped on reload; running
/// connections keep the old one. May be shared by shards; reload from any thread.
class TlsServerContext {
 public:
  /// PEM files. The error names the file and what is wrong with it (missing, unreadable, key does not match).
  static core::Result<std::shared_ptr<TlsServerContext>> load(const std::string& cert_file,
                                                              const std::string& key_file);
  virtual ~TlsServerContext() = default;
  /// Reads the files again. On failure the old certificate stays in use.
  virtual core::Result<void> reload() = 0;
  /// Performs the handshake within `deadline`. The error is request_timeout or client_closed, with the reason
  /// in its detail.
  virtual runtime::Task<core::Result<std::unique_ptr<Stream>>> accept(runtime::Shard& shard, Socket socket,
                                                                      core::Deadline deadline) = 0;
};

/// Verifying client side: system roots plus an optional CA file, host name check, SNI, ALPN http/1.1, session
/// reuse per host. May be shared by shards.
class TlsClientContext {
 public:
  static core::Result<std::shared_ptr<TlsClientContext>> create(const std::string& extra_ca_file = {});
  virtual ~TlsClientContext() = default;
  /// `host` (a name or an address literal) is checked against the certificate; a name is also sent as SNI.
  /// `stop` (may be null) ends the handshake. Errors: upstream_connection with the reason in its detail,
  /// upstream_timeout, client_closed when stopped.
  virtual runtime::Task<core::Result<std::unique_ptr<Stream>>> connect(
      runtime::Shard& shard, Socket socket, std::string host, core::Deadline deadline,
      runtime::StopSource* stop = nullptr) = 0;
};

}  // namespace relayna::net
