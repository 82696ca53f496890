#include "app/listeners.hpp"

#include <utility>

namespace relayna::app {

http::Server::Settings listener_settings(const config::Settings& settings, const config::BindAddress& bind,
                                         std::shared_ptr<net::TlsServerContext> tls) {
  http::Server::Settings listener;
  listener.bind = {boost::asio::ip::make_address(bind.ip), bind.port};
  listener.tls = std::move(tls);
  for (const auto& text : settings.trusted_proxies) {
    if (auto cidr = net::Cidr::parse(text)) listener.trusted_proxies.ranges.push_back(*cidr);
  }
  return listener;
}

}  // namespace relayna::app
