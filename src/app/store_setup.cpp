#include "app/store_setup.hpp"

#include <cstdio>

#include <fmt/core.h>

namespace relayna::app {

core::Result<std::unique_ptr<store::Store>> open_store(const config::Settings& settings) {
  if (settings.embedded && settings.database_url.empty()) {
    store::SqliteSettings sqlite;
    sqlite.path = settings.data_dir + "/gateway.db";
    return store::make_sqlite_store(std::move(sqlite));
  }
  if (const auto path = config::sqlite_path(settings.database_url)) {
    store::SqliteSettings sqlite;
    sqlite.path = *path;
    return store::make_sqlite_store(std::move(sqlite));
  }
  store::PostgresSettings postgres;
  postgres.url = settings.database_url;
  return store::make_postgres_store(std::move(postgres));
}

identity::MasterKeySource master_key_source(const config::Settings& settings) {
  identity::MasterKeySource source;
  source.current = settings.master_key;
  source.previous = settings.master_key_previous;
  source.embedded = settings.embedded;
  source.data_dir = settings.data_dir;
  return source;
}

identity::BootstrapSettings bootstrap_settings(const config::Settings& settings) {
  identity::BootstrapSettings bootstrap;
  bootstrap.admin_token = settings.admin_token;
  if (settings.bootstrap_admin) {
    bootstrap.account = {
        .email = settings.bootstrap_admin_email,
        .password = settings.bootstrap_admin_password,
        .must_change_password = settings.bootstrap_admin_require_change || settings.environment != "local"};
  }
  return bootstrap;
}

void show_operator_token(const core::Secret& token) {
  fmt::print("Relayna Gateway operator token: {}\n", token.reveal());
  std::fflush(stdout);
}

std::vector<domain::Provider> environment_providers(const config::Settings& settings) {
  std::vector<domain::Provider> providers;
  if (!settings.litellm_base_url.empty()) {
    auto& provider = providers.emplace_back();
    provider.name = "litellm";
    provider.kind = domain::ProviderKind::litellm;
    provider.base_url = settings.litellm_base_url;
    provider.credential = settings.litellm_service_key;
  }
  if (!settings.direct_openai_base_url.empty()) {
    auto& provider = providers.emplace_back();
    provider.name = "openai";
    provider.kind = domain::ProviderKind::openai;
    provider.base_url = settings.direct_openai_base_url;
    provider.credential = settings.direct_openai_service_key;
    provider.fallback = "litellm";
  }
  if (settings.echo) {
    auto& provider = providers.emplace_back();
    provider.name = "echo";
    provider.kind = domain::ProviderKind::echo;
  }
  for (auto& provider : providers) {
    provider.id = "env:" + provider.name;
    provider.managed_by = "env";
  }
  return providers;
}

}  // namespace relayna::app
