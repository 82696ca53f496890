#include "upstream/edited_body.hpp"

namespace relayna::upstream {

namespace {

const json::Member* find(const std::vector<json::Member>& members, std::string_view key) {
  for (const auto& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

/// Sets include_usage within an existing stream_options object, or adds the object. Only those bytes change.
core::Result<void> ask_for_usage(json::Splice& splice, std::string_view text,
                                 const std::vector<json::Member>& members) {
  const auto* options = find(members, "stream_options");
  const std::string_view value =
      options == nullptr ? std::string_view{}
                         : text.substr(options->value_begin, options->value_end - options->value_begin);
  if (!value.starts_with('{')) {  // absent or null
    json::set_member(splice, text, members, "stream_options", R"({"include_usage":true})");
    return {};
  }
  auto inner = json::top_level(value);
  if (!inner) return std::unexpected(inner.error());
  json::Splice nested(value);
  json::set_member(nested, value, *inner, "include_usage", "true");
  splice.replace(options->value_begin, options->value_end, nested.str());
  return {};
}

}  // namespace

core::Result<json::Splice> edited_body(const Outbound& outbound, const Candidate& candidate) {
  const std::string_view text = outbound.body == nullptr ? std::string_view{} : outbound.body->view();
  json::Splice splice(text);
  const bool edits = !outbound.raw && (candidate.rewrites_model || outbound.inject_usage);
  if (!edits) return splice;
  auto members = json::top_level(text);
  if (!members) return std::unexpected(members.error());
  if (candidate.rewrites_model)
    json::set_member(splice, text, *members, "model", json::quote(candidate.model));
  if (outbound.inject_usage) {
    if (auto done = ask_for_usage(splice, text, *members); !done) return std::unexpected(done.error());
  }
  return splice;
}

}  // namespace relayna::upstream
