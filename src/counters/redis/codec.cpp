#include "counters/redis/codec.hpp"

#include <charconv>
#include <memory>
#include <new>

#include <hiredis/hiredis.h>

namespace relayna::counters {

namespace {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

RedisReply converted(const redisReply& reply) {
  RedisReply out;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      out.kind = RedisReply::Kind::integer;
      out.integer = reply.integer;
      break;
    case REDIS_REPLY_STRING:
      out.kind = RedisReply::Kind::string;
      out.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_STATUS:
      out.kind = RedisReply::Kind::status;
      out.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ERROR:
      out.kind = RedisReply::Kind::error;
      out.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ARRAY:
      out.kind = RedisReply::Kind::array;
      out.items.reserve(reply.elements);
      for (std::size_t i = 0; i < reply.elements; ++i) out.items.push_back(converted(*reply.element[i]));
      break;
    default:
      break;  // nil
  }
  return out;
}

/// The line before a list or a string.
void append_size(std::string& out, char type, std::size_t size) {
  char line[24] = {type};
  char* end = std::to_chars(line + 1, line + 21, size).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(line, end);
}

void append_argument(std::string& out, std::string_view argument) {
  append_size(out, '$', argument.size());
  out.append(argument).append("\r\n");
}

}  // namespace

void RedisArguments::add(std::string_view argument) {
  append_argument(resp_, argument);
  ++count_;
}

void RedisArguments::add(std::int64_t number) {
  char digits[20];
  const char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  add(std::string_view(digits, end));
}

void append_command(std::string& out, std::span<const std::string_view> first, const RedisArguments& rest) {
  append_size(out, '*', first.size() + rest.size());
  for (const std::string_view argument : first) append_argument(out, argument);
  out += rest.resp();
}

ReplyParser::ReplyParser() : reader_(redisReaderCreate()) {
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->maxbuf =
      0;  // keep no spare buffer between replies; otherwise hiredis frees and grows it again and again
}

ReplyParser::~ReplyParser() {
  redisReaderFree(reader_);
}

bool ReplyParser::feed(std::string_view bytes) {
  if (broken_ || redisReaderFeed(reader_, bytes.data(), bytes.size()) != REDIS_OK) broken_ = true;
  return !broken_;
}

std::optional<RedisReply> ReplyParser::next() {
  if (broken_) return std::nullopt;
  void* raw = nullptr;
  if (redisReaderGetReply(reader_, &raw) != REDIS_OK) {
    broken_ = true;
    return std::nullopt;
  }
  if (raw == nullptr) return std::nullopt;
  const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(raw));
  return converted(*reply);
}

}  // namespace relayna::counters
