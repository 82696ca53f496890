#include "control/api/add_resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

using domain::Session;

const Shape<Session>& session_shape() {
  static const auto shape = [] {
    Shape<Session> session("Session", "A sign-in to the portal. Deleting it ends it.");
    add_id(session);
    session.field("operator_id", &Session::operator_id, uuid(), Field::shown, "").listed("operator_id");
    session.field("ip", &Session::ip, text(0, 64), Field::shown, "Where it was opened from.").listed("ip");
    session.field("user_agent", &Session::user_agent, text(0, 512), Field::shown, "");
    session.field("created_at", &Session::created_at, moment(), Field::shown, "").listed("created_at", true);
    session.field("last_seen_at", &Session::last_seen_at, moment(), Field::shown, "")
        .listed("last_seen_at", true)
        .passes_by();
    session
        .field("expires_at", &Session::expires_at, moment(), Field::shown,
               "However busy; idle ones end earlier.")
        .listed("expires_at", true);
    return session;
  }();
  return shape;
}

}  // namespace

void add_sessions(Api& api, const Resources& with) {
  Resource<Session> sessions{.path = "sessions",
                             .tag = "Operators",
                             .one = "session",
                             .shape = &session_shape(),
                             .read_scope = "operators:read",
                             .write_scope = "operators:write",
                             .creates = false,
                             .patches = false};
  add_resource(api, with.store.administration(), sessions);
}

}  // namespace relayna::control
