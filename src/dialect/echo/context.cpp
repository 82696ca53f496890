#include "dialect/echo/context.hpp"

namespace relayna::dialect::echoing {

Ids::Ids(std::string_view request_id) : state_(0xcbf29ce484222325) {
  for (const char c : request_id) {  // FNV-1a
    state_ ^= static_cast<unsigned char>(c);
    state_ *= 0x100000001b3;
  }
}

std::string Ids::next(std::string_view prefix, std::size_t length, std::size_t alphabet) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string id(prefix);
  id.reserve(prefix.size() + length);
  for (std::size_t i = 0; i < length; ++i) {
    state_ += 0x9e3779b97f4a7c15;  // splitmix64
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111eb;
    id.push_back(kDigits[(mixed ^ (mixed >> 31U)) % alphabet]);
  }
  return id;
}

std::string data_frame(std::string_view json) {
  std::string frame;
  frame.reserve(json.size() + 8);
  frame.append("data: ").append(json).append("\n\n");
  return frame;
}

std::string event_frame(std::string_view type, std::string_view json) {
  std::string frame;
  frame.reserve(type.size() + json.size() + 16);
  frame.append("event: ").append(type).append("\ndata: ").append(json).append("\n\n");
  return frame;
}

}  // namespace relayna::dialect::echoing
