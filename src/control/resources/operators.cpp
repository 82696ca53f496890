#include "relayna/identity/operators.hpp"

#include "relayna/domain/scopes.hpp"

#include "control/api/add_resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/expiry.hpp"
#include "control/resources/overlap.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

using domain::Operator;

const std::vector<ShownOnce> kTokenOnce{
    {"token", "The operator token itself. Shown in this answer and never again."}};

Codec<std::vector<std::string>> scope_list() {
  auto codec = texts(domain::scope_problem);
  codec.nullable = false;
  codec.read = [read = codec.read](const json::Document& given, std::vector<std::string>& value,
                                   const std::string& path, Problems& problems) {
    const auto before = problems.all().size();
    std::vector<std::string> wanted;
    read(given, wanted, path, problems);
    if (problems.all().size() != before) return;
    auto scopes = domain::parse_scopes(std::move(wanted));
    if (!scopes) return problems.add(path, std::string(scopes.error().public_message()));
    value = std::move(*scopes);
  };
  return codec;
}

Codec<std::string> email() {
  auto codec = optional_text(254);
  codec.read = [read = codec.read](const json::Document& given, std::string& value, const std::string& path,
                                   Problems& problems) {
    const auto before = problems.all().size();
    read(given, value, path, problems);
    if (problems.all().size() != before) return;
    auto parsed = identity::parse_email(value);
    if (!parsed) return problems.add(path, std::string(parsed.error().public_message()));
    value = std::move(*parsed);
  };
  return codec;
}

/// Checked here and hashed by `hash_password`: the row never holds it.
Codec<Operator> password() {
  Codec<Operator> codec;
  codec.schema = {{"type", "string"}, {"minLength", identity::kMinPasswordLength}, {"writeOnly", true}};
  codec.read = [](const json::Document& given, Operator& who, const std::string& path, Problems& problems) {
    if (!given.is_string()) return problems.add(path, "must be a string");
    const auto fits = identity::check_password(core::Secret(given.get<std::string>()));
    if (!fits) problems.add(path, std::string(fits.error().public_message()));
    who.password_expired = true;  // whoever set it knows it
  };
  return codec;
}

/// Takes a while, so it waits until nothing is wrong with the rest.
core::Result<void> hash_password(Change<Operator>& change) {
  const auto given = change.call.body.find("password");
  if (given == change.call.body.end()) return {};
  auto hash = identity::hash_password(core::Secret(given->get<std::string>()));
  if (!hash) return std::unexpected(std::move(hash.error()));
  change.row.password_hash = std::move(*hash);
  return {};
}

const Shape<Operator>& operator_shape() {
  static const auto shape = [] {
    Shape<Operator> who("Operator", "Who administers the gateway.");
    add_id(who);
    who.field("name", &Operator::name, text(1, kMostName), Field::required, "Unique among those not revoked.")
        .listed("name", true);
    who.field("scopes", &Operator::scopes, scope_list(), Field::required,
              "What it may do; none that the creator does not have. See docs/operators.md.");
    who.field("email", &Operator::email, email(), Field::settable,
              "To sign in to the portal with a password.")
        .listed("email");
    who.field(
        "password", [](auto& row) -> auto& { return row; }, password(), Field::secret,
        "Somebody else's, to be changed at the next sign-in. A new one ends their sessions.");
    who.field("token_prefix", &Operator::prefix, text(0, 16), Field::shown,
              "The first characters of the token.")
        .listed("prefix");
    who.computed(
           "status", {{"type", "string"}, {"enum", {"active", "disabled", "revoked", "expired"}}},
           [](const Operator& row, core::SystemTime now) -> json::Document {
             return std::string(domain::to_string(domain::operator_state(row, now)));
           },
           "")
        .listed_as(life_states());
    who.computed(
        "has_password", {{"type", "boolean"}},
        [](const Operator& row, core::SystemTime) { return json::Document(!row.password_hash.empty()); }, "");
    who.computed(
        "must_change_password", {{"type", "boolean"}},
        [](const Operator& row, core::SystemTime) {
          return json::Document(row.password_expired && !row.password_hash.empty());
        },
        "At the next sign-in: somebody else set the password.");
    who.field("bootstrap", &Operator::bootstrap, flag(), Field::shown,
              "Its token is the installation's first: rotate it.");
    who.field("disabled", &Operator::disabled, flag(), Field::shown, "").listed("disabled");
    who.field("revoked_at", &Operator::revoked_at, optional_moment(), Field::shown, "For good.")
        .listed("revoked_at");
    who.field("expires_at", &Operator::expires_at, optional_moment(), Field::settable, "null: never.")
        .listed("expires_at", true);
    who.field("previous_valid_until", &Operator::previous_valid_until, optional_moment(), Field::shown,
              "Until when the token before the last rotation is accepted.");
    who.field("last_used_at", &Operator::last_used_at, optional_moment(), Field::shown, "")
        .listed("last_used_at", true)
        .passes_by();
    add_provenance(who);
    return who;
  }();
  return shape;
}

/// Nobody makes an operator mightier than themselves, nor changes one that is.
core::Result<void> check_reach(const Change<Operator>& change) {
  const auto& mine = change.call.caller.scopes;
  if (change.before != nullptr && !domain::check_grant(mine, change.before->scopes)) {
    return core::fail(core::ErrorCode::insufficient_operator_scope,
                      "This operator may do more than you: only one that has all its scopes can change it.");
  }
  return domain::check_grant(mine, change.row.scopes);
}

/// The installation's first token ends at once, whatever else is asked for.
core::Result<std::chrono::seconds> overlap_of(Change<Operator>& change) {
  auto& problems = change.call.problems;
  const auto overlap = read_overlap(change.call);
  const bool asked = change.call.body.is_object() && change.call.body.contains("overlap_seconds");
  if (asked && problems.empty() && overlap.count() > 0 && change.before->bootstrap)
    problems.add("overlap_seconds", "must be 0: the first token of an installation ends with its rotation");
  if (!problems.empty()) return std::unexpected(problems.error());
  return overlap;
}

/// Whoever has forgotten a password cannot give it, so another operator sets a new one. Those who know theirs
/// prove that when they change it.
core::Result<void> set_password(Change<Operator>& change) {
  if (!change.call.body.contains("password")) return {};
  if (change.before->id == change.call.caller.operator_id) {
    change.call.problems.add("password", "is one's own; POST /admin/session/password changes it");
    return std::unexpected(change.call.problems.error());
  }
  if (auto hashed = hash_password(change); !hashed) return hashed;
  auto& sessions = change.unit.of<domain::Session>();
  const auto open = sessions.find_all({{"operator_id", store::Filter::Test::equals, change.before->id}});
  if (!open) return std::unexpected(open.error());
  for (const auto& session : *open) {
    if (auto ended = sessions.remove(session.id); !ended) return ended;
  }
  return {};
}

core::Result<void> check_alive(const Change<Operator>& change) {
  if (auto may = check_reach(change); !may) return may;
  if (!change.before->revoked_at) return {};
  return core::fail(core::ErrorCode::conflict,
                    "This operator is revoked, which is for good; create another one.");
}

core::Result<void> refuse_own_end(const Change<Operator>& change) {
  if (auto may = check_reach(change); !may) return may;
  if (change.before->id != change.call.caller.operator_id) return {};
  return core::fail(core::ErrorCode::conflict, "Nobody can end their own access; another operator can.");
}

}  // namespace

void add_operators(Api& api, const Resources& with) {
  auto& store = with.store.administration();
  const auto* keyring = &with.keyring;
  Resource<Operator> operators{.path = "operators",
                               .tag = "Operators",
                               .one = "operator",
                               .shape = &operator_shape(),
                               .read_scope = "operators:read",
                               .write_scope = "operators:write",
                               .search = "name",
                               .removes = false,
                               .shown_once = kTokenOnce};
  operators.check_body = [](const Call& call) -> core::Result<Problems> {
    Problems problems;
    check_expiry(call, problems);
    return problems;
  };
  operators.before_create = [keyring](Change<Operator>& change) -> core::Result<void> {
    if (auto may = check_reach(change); !may) return may;
    auto hasher = keyring->hasher();
    const auto made = identity::new_operator(change.row.name, change.row.scopes, {}, change.call.now, hasher);
    change.row.hash = made.who.hash;
    change.row.prefix = made.who.prefix;
    change.once["token"] = made.token.reveal();
    return hash_password(change);
  };
  operators.before_update = [](Change<Operator>& change) -> core::Result<void> {
    if (auto may = check_alive(change); !may) return may;
    const bool ends = domain::operator_state(change.row, change.call.now) != domain::OperatorState::active;
    if (ends) {
      if (auto may = refuse_own_end(change); !may) return may;
    }
    return set_password(change);
  };
  add_resource(api, store, operators);

  add_action<Operator>(
      api, store, operators, "rotate", "Give an operator a new token", "operators:write",
      [keyring](Change<Operator>& change) -> core::Result<void> {
        if (auto may = check_alive(change); !may) return may;
        const auto overlap = overlap_of(change);
        if (!overlap) return std::unexpected(overlap.error());
        auto hasher = keyring->hasher();
        change.once["token"] = identity::rotate(change.row, change.call.now, *overlap, hasher).reveal();
        return {};
      },
      overlap_schema(),
      with_shown_once(shown_schema(operator_shape().fields(), operator_shape().about()), kTokenOnce));
  const auto set_disabled = [](bool disabled) {
    return [disabled](Change<Operator>& change) -> core::Result<void> {
      if (auto may = check_alive(change); !may) return may;
      if (disabled) {
        if (auto may = refuse_own_end(change); !may) return may;
      }
      change.row.disabled = disabled;
      return {};
    };
  };
  add_action<Operator>(api, store, operators, "disable", "Switch an operator off", "operators:write",
                       set_disabled(true));
  add_action<Operator>(api, store, operators, "enable", "Switch an operator on again", "operators:write",
                       set_disabled(false));
  add_action<Operator>(api, store, operators, "revoke", "End an operator for good", "operators:write",
                       [](Change<Operator>& change) -> core::Result<void> {
                         if (auto may = refuse_own_end(change); !may) return may;
                         if (!change.row.revoked_at) change.row.revoked_at = change.call.now;
                         return {};
                       });
}

}  // namespace relayna::control
