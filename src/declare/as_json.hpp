#pragma once

#include "relayna/config/schema.hpp"

#include "declare/reader.hpp"

// Policies and prices have one set of rules, in domain, which reads them as JSON: declared fields become that
// JSON, and what it says about them is brought back to the line they stand in.
namespace relayna::declare {

/// One field as JSON; nullopt for what is unset, and for what the schema has reported.
std::optional<std::string> field_json(const config::schema::Field& field, const Node& node);

/// The members of `node` that are among `fields`, as a JSON object. nullopt when the schema has reported
/// something in it, an unknown or missing key included: what is left would be judged for what is not there.
std::optional<std::string> object_json(std::span<const config::schema::Field> fields, const Node& node);

/// Reports one `path: message` per line of `lines` about `object`. A path that names no field is about the
/// object as a whole.
void report_problems(const Context& context, const Node& object, const std::string& path,
                     std::string_view lines);

}  // namespace relayna::declare
