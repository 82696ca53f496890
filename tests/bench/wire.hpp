#pragma once

// What the mock upstream and the load client share: a growing input of HTTP/1.1 messages, cut out of a byte
// stream. Trusted peers only: this is a test tool, not the gateway's parser.

#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/resource.h>

namespace bench {

using Clock = std::chrono::steady_clock;

inline std::int64_t to_number(std::string_view text, std::int64_t otherwise) {
  std::int64_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The value of header `name` (lower case, without colon) in a head, empty when absent.
inline std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    std::string_view line = head.substr(at + 2);
    line = line.substr(0, line.find("\r\n"));
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    bool same = true;
    for (std::size_t i = 0; i < name.size() && same; ++i) {
      same = std::tolower(static_cast<unsigned char>(line[i])) == name[i];
    }
    if (!same) continue;
    line.remove_prefix(name.size() + 1);
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    return line;
  }
  return {};
}

/// Finds the end of a body that begins after a head: by length, by chunks, or none. Remembers how far it has
/// looked.
class BodyEnd {
 public:
  explicit BodyEnd(std::string_view head) {
    if (header(head, "transfer-encoding") == "chunked") {
      chunked_ = true;
    } else {
      left_ = to_number(header(head, "content-length"), 0);
    }
  }

  /// Consumes what belongs to the body; true once it is complete. `rest` is what follows.
  bool feed(std::string_view& rest) {
    while (!rest.empty() || (!chunked_ && left_ == 0)) {
      if (!chunked_) {
        auto taken = std::min<std::int64_t>(left_, static_cast<std::int64_t>(rest.size()));
        rest.remove_prefix(static_cast<std::size_t>(taken));
        left_ -= taken;
        if (left_ == 0) return true;
      } else if (left_ > 0) {
        auto taken = std::min<std::int64_t>(left_, static_cast<std::int64_t>(rest.size()));
        rest.remove_prefix(static_cast<std::size_t>(taken));
        left_ -= taken;
      } else {
        char c = rest.front();
        rest.remove_prefix(1);
        if (c != '\n') {
          if (c != '\r') line_ += c;
          continue;
        }
        if (last_ && line_.empty()) return true;
        if (!line_.empty()) {
          std::int64_t size = 0;
          std::from_chars(line_.data(), line_.data() + line_.size(), size, 16);
          last_ = size == 0;
          left_ = size;
          line_.clear();
        }
      }
    }
    return false;
  }

 private:
  bool chunked_ = false;
  bool last_ = false;
  std::int64_t left_ = 0;
  std::string line_;
};

/// Thousands of sockets need more descriptors than the usual 1,024.
inline void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

}  // namespace bench
