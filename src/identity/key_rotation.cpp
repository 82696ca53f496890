#include "relayna/identity/key_rotation.hpp"

#include <utility>

#include "relayna/catalog/build.hpp"

#include "identity/data_keys.hpp"

namespace relayna::identity {
namespace {

using store::Unit;

constexpr std::size_t kPage = 200;
/// Values sealed anew in one transaction: short enough that nobody waits for its locks.
constexpr std::size_t kChunk = 50;

// Every column that holds a sealed value: where, under which context, and what orders its table. A new one
// belongs here and in `each_kind`.
template <class Row>
struct Sealed;
template <>
struct Sealed<store::ProviderRow> {
  static constexpr const char* kKind = "providers";
  static constexpr const char* kKey = "id";
  static const std::string& key(const store::ProviderRow& row) { return row.provider.id; }
  static auto& text(auto& row) { return row.sealed_credential; }
  static std::string context(const store::ProviderRow& row) {
    return catalog::provider_context(row.provider.name);
  }
};
template <>
struct Sealed<store::ProviderCredentialRow> {
  static constexpr const char* kKind = "provider_credentials";
  static constexpr const char* kKey = "id";
  static const std::string& key(const store::ProviderCredentialRow& row) { return row.credential.id; }
  static auto& text(auto& row) { return row.sealed_credential; }
  static std::string context(const store::ProviderCredentialRow& row) {
    return catalog::credential_context(row.credential.id);
  }
};
template <>
struct Sealed<store::CredentialMappingRow> {
  static constexpr const char* kKind = "credential_mappings";
  static constexpr const char* kKey = "id";
  static const std::string& key(const store::CredentialMappingRow& row) { return row.mapping.id; }
  static auto& text(auto& row) { return row.sealed_credential; }
  static std::string context(const store::CredentialMappingRow& row) {
    return catalog::mapping_context(row.mapping.id);
  }
};
template <>
struct Sealed<domain::Setting> {
  static constexpr const char* kKind = "settings";
  static constexpr const char* kKey = "name";
  static const std::string& key(const domain::Setting& row) { return row.name; }
  static auto& text(auto& row) { return row.sealed_secret; }
  static std::string context(const domain::Setting& row) { return catalog::setting_context(row.name); }
};
template <>
struct Sealed<domain::AlertWebhook> {
  static constexpr const char* kKind = "alert_webhooks";
  static constexpr const char* kKey = "id";
  static const std::string& key(const domain::AlertWebhook& row) { return row.id; }
  static auto& text(auto& row) { return row.sealed_secret; }
  static std::string context(const domain::AlertWebhook& row) { return catalog::webhook_context(row.id); }
};

/// One walk over all sealed values: counts them, and collects the first that are not under `target`.
class Survey {
 public:
  Survey(store::Administration& store, DataKeys& keys, std::string target, KeyRotation::Progress& progress)
      : store_(store), keys_(keys), target_(std::move(target)), progress_(progress) {}

  core::Result<void> run() { return each_kind(*this); }

  template <class Row>
  core::Result<void> of() {
    store::ListQuery query{.sort = Sealed<Row>::kKey, .descending = false, .limit = kPage};
    do {
      auto page = store_.of<Row>().list(query);
      if (!page) return std::unexpected(page.error());
      for (const Row& row : page->rows) {
        if (auto ok = look_at(row); !ok) return ok;
      }
      query.after = page->next;
    } while (!query.after.empty());
    return {};
  }

  [[nodiscard]] bool found_any() const { return !chunk_.empty(); }
  /// Seals what was found anew, in one transaction.
  core::Result<void> seal_anew(const DataKeys::Key& key) {
    return store_.change([&](Unit& unit) -> core::Result<void> {
      for (const auto& seal : chunk_) {
        if (auto ok = seal(unit, key); !ok) return ok;
      }
      return {};
    });
  }

  template <class Visitor>
  static core::Result<void> each_kind(Visitor& visitor) {
    core::Result<void> done;
    const auto next = [&](core::Result<void> result) {
      done = std::move(result);
      return done.has_value();
    };
    (void)(next(visitor.template of<store::ProviderRow>()) &&
           next(visitor.template of<store::ProviderCredentialRow>()) &&
           next(visitor.template of<store::CredentialMappingRow>()) &&
           next(visitor.template of<domain::Setting>()) && next(visitor.template of<domain::AlertWebhook>()));
    return done;
  }

 private:
  template <class Row>
  core::Result<void> look_at(const Row& row) {
    const std::string& text = Sealed<Row>::text(row);
    if (text.empty()) return {};
    ++progress_.total;
    if (sealed_under(text) == target_) {
      ++progress_.done;
      return {};
    }
    ++progress_.remaining;
    auto opened = keys_.open(text, Sealed<Row>::context(row));
    if (!opened && opened.error().code != core::ErrorCode::invalid_configuration) {
      return std::unexpected(opened.error());
    }
    if (!opened) {
      progress_.unreadable.push_back(std::string(Sealed<Row>::kKind) + "/" + Sealed<Row>::key(row));
    } else if (chunk_.size() < kChunk) {
      chunk_.push_back([this, id = Sealed<Row>::key(row)](Unit& unit, const DataKeys::Key& key) {
        return seal_row<Row>(unit, id, key);
      });
    }
    return {};
  }

  // The row may have been changed, sealed anew or deleted since it was looked at.
  template <class Row>
  core::Result<void> seal_row(Unit& unit, const std::string& id, const DataKeys::Key& key) {
    auto row = unit.of<Row>().find(id);
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    std::string& text = Sealed<Row>::text(**row);
    if (text.empty() || sealed_under(text) == key.id) return {};
    const std::string context = Sealed<Row>::context(**row);
    auto opened = keys_.open(text, context);
    if (!opened) return {};  // the next walk reports it
    auto sealed = seal_under(key, opened->reveal(), context);
    if (!sealed) return std::unexpected(sealed.error());
    text = std::move(*sealed);
    return unit.of<Row>().update(**row);
  }

  store::Administration& store_;
  DataKeys& keys_;
  const std::string target_;
  KeyRotation::Progress& progress_;
  std::vector<std::function<core::Result<void>(Unit&, const DataKeys::Key&)>> chunk_;
};

KeyRotation::Progress progress_of(const DataKeys& keys) {
  KeyRotation::Progress progress;
  progress.data_key_id = keys.sealing_key().id;
  if (const auto rotation = keys.rotation()) {
    progress.running = true;
    progress.begun_at = rotation->begun;
    progress.old_key_kept_until = rotation->begun + KeyRotation::kSettling;
  }
  return progress;
}

}  // namespace

KeyRotation::KeyRotation(store::Administration& store, const Keyring& keyring, const core::Clock& clock)
    : store_(store), keyring_(keyring), clock_(clock) {}

core::Result<bool> KeyRotation::running() {
  if (auto ok = keyring_.data_keys_->refresh(); !ok) return std::unexpected(ok.error());
  return keyring_.data_keys_->rotation().has_value();
}

core::Result<void> KeyRotation::begin() {
  return keyring_.data_keys_->begin(clock_.wall());
}

core::Result<KeyRotation::Progress> KeyRotation::progress() {
  DataKeys& keys = *keyring_.data_keys_;
  if (auto ok = keys.refresh(); !ok) return std::unexpected(ok.error());
  Progress progress = progress_of(keys);
  Survey survey(store_, keys, progress.data_key_id, progress);
  if (auto ok = survey.run(); !ok) return std::unexpected(ok.error());
  return progress;
}

core::Result<KeyRotation::Progress> KeyRotation::step() {
  DataKeys& keys = *keyring_.data_keys_;
  if (auto ok = keys.refresh(); !ok) return std::unexpected(ok.error());
  Progress before = progress_of(keys);
  if (!before.running) return progress();
  const DataKeys::Key key = keys.sealing_key();
  // Read before the walk: what is counted after the settling time counts everything.
  const bool settled = clock_.wall() >= *before.old_key_kept_until;
  Survey survey(store_, keys, key.id, before);
  if (auto ok = survey.run(); !ok) return std::unexpected(ok.error());
  if (survey.found_any()) {
    if (auto ok = survey.seal_anew(key); !ok) return std::unexpected(ok.error());
  } else if (before.remaining == 0 && settled) {
    if (auto ok = keys.finish(key.id); !ok) return std::unexpected(ok.error());
  }
  return progress();
}

}  // namespace relayna::identity
