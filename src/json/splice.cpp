#include <algorithm>
#include <functional>
#include <utility>

#include "relayna/core/encoding.hpp"
#include "relayna/json/scan.hpp"

namespace relayna::json {

void Splice::replace(std::size_t begin, std::size_t end, std::string with) {
  edits_.push_back({begin, end, std::move(with)});
}

std::vector<std::string_view> Splice::pieces() const {
  std::vector<const Edit*> edits;
  edits.reserve(edits_.size() + member_edits_.size());
  for (const Edit& edit : edits_) edits.push_back(&edit);
  for (const Edit& edit : member_edits_) edits.push_back(&edit);
  // Several insertions at one place stand in the order they were asked for, before a replacement that begins
  // there. `edits` starts in that order, and an insertion sort keeps it.
  const auto precedes = [](const Edit* a, const Edit* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  };
  for (auto i = edits.begin(); i != edits.end(); ++i) {
    std::rotate(std::upper_bound(edits.begin(), i, *i, precedes), i, i + 1);
  }

  std::vector<std::string_view> pieces;
  pieces.reserve(2 * edits.size() + 1);
  const auto add = [&pieces](std::string_view piece) {
    if (!piece.empty()) pieces.push_back(piece);
  };
  std::size_t kept = 0;
  for (const Edit* edit : edits) {
    add(original_.substr(kept, edit->begin - kept));
    add(edit->with);
    kept = edit->end;
  }
  add(original_.substr(kept));
  return pieces;
}

std::size_t Splice::size() const {
  std::size_t size = original_.size();
  for (const auto* edits : {&edits_, &member_edits_}) {
    for (const Edit& edit : *edits) size = size - (edit.end - edit.begin) + edit.with.size();
  }
  return size;
}

std::string Splice::str() const {
  std::string out;
  out.reserve(size());
  for (const std::string_view piece : pieces()) out.append(piece);
  return out;
}

void Splice::want(std::string_view key, std::optional<std::string> json_value) {
  const auto known = std::ranges::find(wanted_, key, &MemberEdit::key);
  if (known != wanted_.end()) {
    known->json_value = std::move(json_value);
  } else {
    wanted_.push_back({std::string(key), std::move(json_value)});
  }
}

void Splice::resolve_members(std::string_view text, const std::vector<Member>& members) {
  member_edits_.clear();
  const auto wanted_of = [this](const Member& member) {
    return std::ranges::find(wanted_, member.key, &MemberEdit::key);
  };
  const auto removed = [&](const Member& member) {
    const auto wanted = wanted_of(member);
    return wanted != wanted_.end() && !wanted->json_value;
  };

  // New members follow the last one that stays.
  std::string added;
  for (const MemberEdit& wanted : wanted_) {
    if (!wanted.json_value || std::ranges::find(members, wanted.key, &Member::key) != members.end()) continue;
    added += ',';
    core::append_json_string(added, wanted.key);
    added += ':';
    added += *wanted.json_value;
  }

  std::size_t last_kept_end = 0;
  for (std::size_t i = 0; i < members.size();) {
    const Member& member = members[i];
    if (!removed(member)) {
      const auto wanted = wanted_of(member);
      const auto old = text.substr(member.value_begin, member.value_end - member.value_begin);
      if (wanted != wanted_.end() && *wanted->json_value != old) {
        member_edits_.push_back({member.value_begin, member.value_end, *wanted->json_value});
      }
      last_kept_end = member.value_end;
      ++i;
      continue;
    }
    std::size_t next = i + 1;
    while (next < members.size() && removed(members[next])) ++next;
    if (next < members.size()) {
      member_edits_.push_back({member.begin, members[next].begin, {}});
    } else {
      // The run reaches the closing brace: the comma to go is the one before it.
      const std::size_t from = last_kept_end != 0 ? last_kept_end : member.begin;
      if (last_kept_end == 0 && !added.empty()) added.erase(0, 1);
      member_edits_.push_back({from, members.back().value_end, std::exchange(added, {})});
    }
    i = next;
  }
  if (added.empty()) return;
  if (members.empty()) {
    const std::size_t inside = text.find('{') + 1;
    member_edits_.push_back({inside, inside, added.substr(1)});
  } else {
    member_edits_.push_back({last_kept_end, last_kept_end, std::move(added)});
  }
}

void set_member(Splice& splice, std::string_view text, const std::vector<Member>& members,
                std::string_view key, std::string json_value) {
  splice.want(key, std::move(json_value));
  splice.resolve_members(text, members);
}

void remove_member(Splice& splice, std::string_view text, const std::vector<Member>& members,
                   std::string_view key) {
  splice.want(key, std::nullopt);
  splice.resolve_members(text, members);
}

}  // namespace relayna::json
