#include "dialect/echo/prompt.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "relayna/dialect/dialect.hpp"

#include "dialect/echo/check.hpp"

namespace relayna::dialect::echoing {

namespace {

constexpr int kDeepestContent = 4;

/// The text of `content`: a string, or the `text` of its parts, those inside of tool results included.
void append_text(json::Value content, std::string& to, int depth = 0) {
  if (const auto text = content.string()) {
    to += *text;
    return;
  }
  for (const json::Value part : content.elements()) {
    if (const auto text = part["text"].string()) {
      to += *text;
    } else if (depth < kDeepestContent) {
      append_text(part["content"], to, depth + 1);
    }
  }
}

core::Result<void> check_content(json::Value content, const std::string& param, bool may_be_missing) {
  if (content.is_null() && may_be_missing) return {};
  if (content.string()) return {};
  const auto parts = content.array();
  if (!parts) {
    return bad(param, fmt::format("`{}` must be a string or an array of content parts.", param));
  }
  std::size_t index = 0;
  for (const json::Value part : *parts) {
    if (!part["type"].string()) {
      return bad(fmt::format("{}[{}]", param, index),
                 fmt::format("`{}[{}]` must be an object with a `type`, for example {{\"type\": \"text\", "
                             "\"text\": \"Hi\"}}.",
                             param, index));
    }
    ++index;
  }
  return {};
}

/// Collects the messages of one conversation.
class Builder {
 public:
  void add(std::string_view role, json::Value content) {
    std::string text;
    append_text(content, text);
    bytes_ += text.size();
    if (role == "user" || !answered_) prompt_.text = std::move(text);
    if (role == "user") answered_ = true;
  }
  void add_bytes(json::Value content) {
    std::string text;
    append_text(content, text);
    bytes_ += text.size();
  }
  Prompt finish() {
    prompt_.tokens = estimate_tokens(bytes_);
    return std::move(prompt_);
  }

 private:
  Prompt prompt_;
  bool answered_ = false;  // a user message has been seen; without any, the last message stands in
  std::size_t bytes_ = 0;
};

template <std::size_t N>
core::Result<std::string_view> role_of(json::Value message, const std::string& param,
                                       const std::array<std::string_view, N>& roles) {
  const auto role = message["role"].string();
  if (!role || std::ranges::find(roles, *role) == roles.end()) {
    return bad(param + ".role", fmt::format("`{}.role` must be one of {}.", param, fmt::join(roles, ", ")));
  }
  return *role;
}

constexpr std::array<std::string_view, 6> kChatRoles{"developer", "system", "user",
                                                     "assistant", "tool",   "function"};
constexpr std::array<std::string_view, 4> kResponseRoles{"user", "assistant", "system", "developer"};
constexpr std::array<std::string_view, 3> kMessageRoles{"user", "assistant", "system"};

core::Result<json::Array> required_messages(json::Value messages) {
  const auto list = messages.array();
  if (!list || list->empty()) {
    return bad("messages",
               "`messages` must be a non-empty array of messages, for example [{\"role\": \"user\", "
               "\"content\": \"Hi\"}].");
  }
  return *list;
}

}  // namespace

core::Result<Prompt> read_chat(json::Value messages) {
  const auto list = required_messages(messages);
  if (!list) return std::unexpected(list.error());
  Builder builder;
  std::size_t index = 0;
  for (const json::Value message : *list) {
    const std::string param = fmt::format("messages[{}]", index++);
    const auto role = role_of(message, param, kChatRoles);
    if (!role) return std::unexpected(role.error());
    const json::Value content = message["content"];
    const bool may_be_missing = *role == "assistant" || *role == "function";
    if (auto good = check_content(content, param + ".content", may_be_missing); !good) {
      return std::unexpected(good.error());
    }
    builder.add(*role, content);
  }
  return builder.finish();
}

core::Result<Prompt> read_response_input(json::Value body) {
  const json::Value instructions = body["instructions"];
  const json::Value input = body["input"];
  Builder builder;
  builder.add_bytes(instructions);
  if (input.string()) {
    builder.add("user", input);
    return builder.finish();
  }
  const auto items = input.array();
  if (!items || items->empty()) {
    if (input.is_null() && !body["prompt"].is_null()) return builder.finish();
    return bad("input", "`input` must be a string or a non-empty array of input items.");
  }
  std::size_t index = 0;
  for (const json::Value item : *items) {
    const std::string param = fmt::format("input[{}]", index++);
    const auto type = item["type"].string();
    if (!item.object() || (!type && !item["role"].exists())) {
      return bad(param, fmt::format("`{}` must be an input item: a message with `role` and `content`, or an "
                                    "object with a `type`.",
                                    param));
    }
    if (type && *type != "message") {
      builder.add_bytes(item["output"]);
      builder.add_bytes(item["arguments"]);
      continue;
    }
    const auto role = role_of(item, param, kResponseRoles);
    if (!role) return std::unexpected(role.error());
    if (auto good = check_content(item["content"], param + ".content", false); !good) {
      return std::unexpected(good.error());
    }
    builder.add(*role, item["content"]);
  }
  return builder.finish();
}

core::Result<Prompt> read_messages(json::Value body) {
  const auto list = required_messages(body["messages"]);
  if (!list) return std::unexpected(list.error());
  if (auto good = check_content(body["system"], "system", true); !good) {
    return std::unexpected(good.error());
  }
  Builder builder;
  builder.add_bytes(body["system"]);
  std::size_t index = 0;
  for (const json::Value message : *list) {
    const std::string param = fmt::format("messages.{}", index++);  // as this API spells it
    const auto role = role_of(message, param, kMessageRoles);
    if (!role) return std::unexpected(role.error());
    if (auto good = check_content(message["content"], param + ".content", false); !good) {
      return std::unexpected(good.error());
    }
    builder.add(*role, message["content"]);
  }
  return builder.finish();
}

}  // namespace relayna::dialect::echoing
