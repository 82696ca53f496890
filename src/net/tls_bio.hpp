#pragma once

#include <openssl/bio.h>

namespace relayna::net {

/// What the socket BIO needs to know; must outlive the BIO and stay where it is.
struct BioSocket {
  int fd = -1;
  bool ended = false;  ///< the peer's FIN was read
};

/// A BIO over a non-blocking socket that the BIO does not own. OpenSSL's own writes with write(2), which
/// raises SIGPIPE on a vanished peer; this one does not.
BIO* make_socket_bio(BioSocket& socket);

}  // namespace relayna::net
