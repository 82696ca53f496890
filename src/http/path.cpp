#include "relayna/http/path.hpp"

#include "relayna/core/encoding.hpp"

#include "http/ascii.hpp"

namespace relayna::http {

namespace {

using core::ErrorCode;
using core::fail;

bool is_unreserved(char c) noexcept {
  return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// `decoded` has every escape undone, for the checks; `path` only those of
/// unreserved characters.
struct Decoded {
  std::string path;
  std::string decoded;
};

core::Result<Decoded> decode(std::string_view raw) {
  Decoded out;
  out.path.reserve(raw.size());
  out.decoded.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    const bool escaped = c == '%';
    if (escaped) {
      const int high = i + 2 < raw.size() ? hex_value(raw[i + 1]) : -1;
      const int low = i + 2 < raw.size() ? hex_value(raw[i + 2]) : -1;
      if (high < 0 || low < 0)
        return fail(ErrorCode::invalid_path, "The path has a malformed percent escape.");
      c = static_cast<char>(high * 16 + low);
      if (c == '/') return fail(ErrorCode::invalid_path, "The path has an encoded slash.");
    }
    if (c == '\\') return fail(ErrorCode::invalid_path, "The path has a backslash.");
    if (is_control(c)) return fail(ErrorCode::invalid_path, "The path has a control character.");
    out.decoded.push_back(c);
    if (escaped && !is_unreserved(c)) {
      out.path.append(raw.substr(i, 3));
    } else {
      out.path.push_back(c);
    }
    if (escaped) i += 2;
  }
  return out;
}

/// `.` and `..`, also with path parameters (`..;x`), which some servers behind
/// us strip before they resolve.
bool is_dot_segment(std::string_view segment) noexcept {
  segment = segment.substr(0, segment.find(';'));
  return segment == "." || segment == "..";
}

core::Result<void> check_segments(std::string_view path) {
  std::size_t begin = 1;
  for (;;) {
    const std::size_t slash = path.find('/', begin);
    const std::string_view segment = path.substr(begin, slash - begin);
    if (is_dot_segment(segment)) return fail(ErrorCode::invalid_path, "The path has a dot segment.");
    if (slash == std::string_view::npos) return {};  // an empty last segment is a trailing slash: it stays
    if (segment.empty()) return fail(ErrorCode::invalid_path, "The path has an empty segment.");
    begin = slash + 1;
  }
}

}  // namespace

core::Result<Target> parse_target(std::string_view target) {
  if (target.empty() || target.front() != '/') {
    return fail(ErrorCode::invalid_path, "The request target must be a path that begins with '/'.");
  }
  if (target.find('#') != std::string_view::npos) {
    return fail(ErrorCode::invalid_path, "The request target has a fragment.");
  }
  Target out;
  const std::size_t mark = target.find('?');
  out.raw_path = target.substr(0, mark);
  if (mark != std::string_view::npos) out.query = target.substr(mark + 1);
  for (const char c : out.query) {
    if (is_control(c) || c == ' ') return fail(ErrorCode::invalid_path, "The query has a control character.");
  }
  auto decoded = decode(out.raw_path);
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  if (!core::valid_utf8(decoded->decoded)) {
    return fail(ErrorCode::invalid_path, "The path is not valid UTF-8.");
  }
  if (auto ok = check_segments(decoded->decoded); !ok) return std::unexpected(std::move(ok.error()));
  out.path = std::move(decoded->path);
  return out;
}

}  // namespace relayna::http
