#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "relayna/store/store.hpp"

namespace relayna::identity {

/// The repository's promises in memory, for several threads; can be away or read-only.
class FakeSecrets final : public store::SecretsRepository {
 public:
  core::Result<std::optional<std::string>> get(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    if (away) return core::fail(core::ErrorCode::store_unavailable);
    const auto it = rows.find(name);
    if (it == rows.end()) return std::nullopt;
    return it->second;
  }
  core::Result<std::string> put_if_absent(const std::string& name, const std::string& value) override {
    const std::lock_guard lock(mutex_);
    if (away || read_only) return core::fail(core::ErrorCode::store_unavailable);
    return rows.try_emplace(name, value).first->second;
  }
  core::Result<void> replace(const std::string& name, const std::string& expected,
                             const std::string& value) override {
    const std::lock_guard lock(mutex_);
    if (away || read_only) return core::fail(core::ErrorCode::store_unavailable);
    const auto it = rows.find(name);
    if (it == rows.end() || it->second != expected) return core::fail(core::ErrorCode::conflict);
    it->second = value;
    ++replaced;
    return {};
  }

  std::map<std::string, std::string> rows;
  int replaced = 0;
  bool away = false;
  bool read_only = false;

 private:
  std::mutex mutex_;
};

}  // namespace relayna::identity
