#pragma once

#include <string>

#include "pipeline/exchange.hpp"

namespace relayna::pipeline {

/// An Error as an answer in the caller's dialect: the one place where that happens for the proxy listener.
/// Settles the exchange.
http::Response error_answer(Exchange& x, const core::Error& error);
/// A JSON document the gateway itself made. Settles the exchange.
http::Response json_answer(Exchange& x, std::string body);
/// The headers every answer of the proxy listener carries (contract section 15).
void add_gateway_fields(Exchange& x, http::Fields& fields);

}  // namespace relayna::pipeline
