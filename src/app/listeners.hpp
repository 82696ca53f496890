#pragma once

#include <memory>

#include "relayna/config/settings.hpp"
#include "relayna/http/server.hpp"

namespace relayna::app {

/// What the settings say of both listeners: where to bind, which peers tell who the client is. The caller
/// adds what is particular to one.
http::Server::Settings listener_settings(const config::Settings& settings, const config::BindAddress& bind,
                                         std::shared_ptr<net::TlsServerContext> tls);

}  // namespace relayna::app
