#include "identity/data_keys.hpp"

#include <algorithm>
#include <utility>

#include "relayna/core/crypto.hpp"

namespace relayna::identity {
namespace {

using core::ErrorCode;

core::Result<void> unless_conflict(core::Result<void> replaced) {
  if (!replaced && replaced.error().code == ErrorCode::conflict) return {};  // another process did it
  return replaced;
}

}  // namespace

core::Result<std::string> seal_under(const DataKeys::Key& key, std::string_view plaintext,
                                     std::string_view context) {
  auto sealed = core::seal(key.key, plaintext, context);
  if (!sealed) return sealed;
  return KeyLabel{.id = key.id, .begun = std::nullopt}.text() + *sealed;
}

std::string sealed_under(std::string_view sealed) {
  return parse_label(split_label(sealed).label).id;
}

core::Result<void> DataKeys::load(WrappedSecrets& secrets) {
  const std::lock_guard lock(mutex_);
  auto current = secrets.unwrap(kDataKeyRow, true);
  if (!current) return std::unexpected(current.error());
  auto next = secrets.unwrap(kNextDataKeyRow, false);
  if (!next) return std::unexpected(next.error());
  current_ = (*current)->label;
  known_.push_back({current_.id, std::move((*current)->value)});
  if (!*next) return {};
  next_ = (*next)->label;
  if (find(next_->id) == nullptr) known_.push_back({next_->id, std::move((*next)->value)});
  return {};
}

const core::Secret* DataKeys::find(std::string_view id) const {
  const auto found = std::ranges::find(known_, id, &Key::id);
  return found == known_.end() ? nullptr : &found->key;
}

core::Result<WrappedSecrets> DataKeys::wrapped() const {
  WrappedSecrets wrapped(secrets_, source_);
  if (auto ok = wrapped.choose_master_key(); !ok) return std::unexpected(ok.error());
  return wrapped;
}

// What the row's key is called, after learning the key itself if it was not met before.
core::Result<std::optional<KeyLabel>> DataKeys::learn(const char* row) {
  auto stored = secrets_.get(row);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored || (*stored)->empty()) return std::nullopt;
  auto label = parse_label(split_label(**stored).label);
  if (find(label.id) != nullptr) return label;
  auto secrets = wrapped();
  if (!secrets) return std::unexpected(secrets.error());
  auto opened = secrets->unwrap(row, false);
  if (!opened) return std::unexpected(opened.error());
  if (!*opened) return std::nullopt;
  label = (*opened)->label;
  if (find(label.id) == nullptr) known_.push_back({label.id, std::move((*opened)->value)});
  return label;
}

core::Result<void> DataKeys::refresh() {
  const std::lock_guard lock(mutex_);
  return refresh_locked();
}

core::Result<void> DataKeys::refresh_locked() {
  // The next one first: whoever finds none, and then the key that is replaced by it, found that before the
  // rotation began, and not after it had ended.
  auto next = learn(kNextDataKeyRow);
  if (!next) return std::unexpected(next.error());
  auto current = learn(kDataKeyRow);
  if (!current) return std::unexpected(current.error());
  if (!*current) {
    return core::fail(ErrorCode::invalid_configuration,
                      "the stored data_key is missing: restore it from a backup");
  }
  current_ = std::move(**current);
  next_ = std::move(*next);
  return {};
}

DataKeys::Key DataKeys::sealing_key_locked() const {
  const std::string& id = next_ ? next_->id : current_.id;
  return {.id = id, .key = *find(id)};
}

DataKeys::Key DataKeys::sealing_key() const {
  const std::lock_guard lock(mutex_);
  return sealing_key_locked();
}

std::optional<DataKeys::Rotation> DataKeys::rotation() const {
  const std::lock_guard lock(mutex_);
  if (!next_) return std::nullopt;
  return Rotation{.id = next_->id, .begun = next_->begun.value_or(core::SystemTime{})};
}

core::Result<std::string> DataKeys::seal(std::string_view plaintext, std::string_view context) {
  std::unique_lock lock(mutex_);
  if (auto ok = refresh_locked(); !ok) return std::unexpected(ok.error());
  const Key key = sealing_key_locked();
  lock.unlock();
  return seal_under(key, plaintext, context);
}

core::Result<core::Secret> DataKeys::open(std::string_view sealed, std::string_view context) {
  const auto [label, text] = split_label(sealed);
  const std::string id = parse_label(label).id;
  std::unique_lock lock(mutex_);
  if (find(id) == nullptr) {
    if (auto ok = refresh_locked(); !ok) return std::unexpected(ok.error());
  }
  const core::Secret* found = find(id);
  if (found == nullptr) {
    return core::fail(ErrorCode::invalid_configuration,
                      "A stored secret could not be encrypted or decrypted.",
                      "sealed under a data key that this installation does not have");
  }
  const core::Secret key = *found;
  lock.unlock();
  return core::open(key, text, context);
}

core::Result<void> DataKeys::begin(core::SystemTime now) {
  const std::lock_guard lock(mutex_);
  if (auto ok = refresh_locked(); !ok) return ok;
  if (next_) return {};
  auto secrets = wrapped();
  if (!secrets) return std::unexpected(secrets.error());
  const core::Secret key = random_key();
  auto text = secrets->wrap(kNextDataKeyRow, {.id = key_id(key), .begun = now}, key);
  if (!text) return std::unexpected(text.error());
  auto stored = secrets_.put_if_absent(kNextDataKeyRow, *text);
  if (!stored) return std::unexpected(stored.error());
  if (stored->empty()) {  // what an earlier rotation left
    auto replaced = unless_conflict(secrets_.replace(kNextDataKeyRow, "", *text));
    if (!replaced) return replaced;
  }
  return refresh_locked();
}

core::Result<void> DataKeys::finish(const std::string& id) {
  const std::lock_guard lock(mutex_);
  auto next = secrets_.get(kNextDataKeyRow);
  if (!next) return std::unexpected(next.error());
  if (!*next || parse_label(split_label(**next).label).id != id) return refresh_locked();
  auto current = secrets_.get(kDataKeyRow);
  if (!current) return std::unexpected(current.error());
  if (*current && parse_label(split_label(**current).label).id != id) {
    auto secrets = wrapped();
    if (!secrets) return std::unexpected(secrets.error());
    auto text = secrets->wrap(kDataKeyRow, {.id = id, .begun = std::nullopt}, *find(id));
    if (!text) return std::unexpected(text.error());
    // Whoever changed it meanwhile re-wrapped it, or finished: the next attempt sees which.
    auto replaced = secrets_.replace(kDataKeyRow, **current, *text);
    if (!replaced) return unless_conflict(std::move(replaced));
  }
  if (auto cleared = unless_conflict(secrets_.replace(kNextDataKeyRow, **next, "")); !cleared) return cleared;
  return refresh_locked();
}

}  // namespace relayna::identity
