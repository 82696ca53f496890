#include <fmt/core.h>

#include "relayna/identity/bootstrap.hpp"
#include "relayna/json/document.hpp"

#include "app/command_line.hpp"
#include "app/commands/commands.hpp"
#include "app/configured.hpp"
#include "app/store_setup.hpp"

namespace relayna::app {

namespace {

constexpr const char* kHowToGetOne =
    "There are operators already. Sign in with one of their tokens or accounts; one with the scope "
    "operators:write can make more. "
    "If every token is lost: relayna-gateway bootstrap-admin --reset";

int failed(const core::Error& error) {
  complain(error);
  return error.code == core::ErrorCode::invalid_configuration ? kConfiguration : kFailed;
}

core::Result<identity::Bootstrapped> bootstrap(store::Store& store, const identity::Keyring& keyring,
                                               const config::Settings& settings, bool reset) {
  const auto now = core::real_clock().wall();
  if (!reset) return identity::bootstrap_operators(store, keyring, bootstrap_settings(settings), now);
  auto token = identity::reset_bootstrap_operator(store, keyring, now);
  if (!token) return std::unexpected(token.error());
  identity::Bootstrapped done;
  done.generated_token = std::move(*token);
  done.notes.emplace_back("the operator bootstrap has a new token; its old one has ended");
  return done;
}

void print_json(const identity::Bootstrapped& done) {
  json::Document document;
  document["created"] = !done.operator_existed;
  document["token"] =
      done.generated_token.empty() ? json::Document() : json::Document(done.generated_token.reveal());
  document["notes"] = done.notes;
  if (done.operator_existed) document["notes"].push_back(kHowToGetOne);
  fmt::print("{}\n", json::dump(document));
}

}  // namespace

int bootstrap_admin(const BootstrapOptions& options) {
  auto settings = configured(options.overrides);
  if (!settings) return kConfiguration;
  auto store = configured_store(*settings);
  if (store == nullptr) return kFailed;
  auto keyring = identity::Keyring::open(store->secrets(), master_key_source(*settings));
  if (!keyring) return failed(keyring.error());
  auto done = bootstrap(*store, **keyring, *settings, options.reset);
  if (!done) return failed(done.error());
  if (options.json) {
    print_json(*done);
    return kOk;
  }
  for (const auto& note : done->notes) fmt::print(stderr, "{}\n", note);
  if (!done->generated_token.empty()) show_operator_token(done->generated_token);
  if (done->operator_existed) fmt::print("{}\n", kHowToGetOne);
  return kOk;
}

}  // namespace relayna::app
