#include "ledger/codec.hpp"

#include <algorithm>
#include <utility>

#include "ledger/event_fields.hpp"
#include "ledger/wire.hpp"

namespace relayna::ledger {

namespace {

using domain::UsageEvent;

/// Writes what differs from a new event.
class EventWriter {
 public:
  explicit EventWriter(FieldWriter& out) : out_(out) {}
  void id(std::uint32_t field, const std::string& value) {
    const auto uuid = core::Uuid::parse(value);
    if (uuid)
      out_.uuid(field, *uuid);
    else
      text(field, value);
  }
  void text(std::uint32_t field, const std::string& value) {
    if (!value.empty()) out_.bytes(field, value);
  }
  void flag(std::uint32_t field, bool value) { out_.number(field, value ? 1 : 0); }
  void number(std::uint32_t field, std::int64_t value) {
    if (value != 0) out_.number(field, value);
  }
  void optional(std::uint32_t field, const std::optional<std::int64_t>& value) {
    if (value) out_.number(field, *value);
  }
  void time(std::uint32_t field, core::SystemTime value) { number(field, value.time_since_epoch().count()); }
  void optional_time(std::uint32_t field, const std::optional<core::SystemTime>& value) {
    if (value) out_.number(field, value->time_since_epoch().count());
  }

 private:
  FieldWriter& out_;
};

/// Sets the one member a field belongs to; a field of another kind than expected is malformed.
class EventSetter {
 public:
  explicit EventSetter(const Field& field) : field_(field) {}
  bool malformed = false;

  void id(std::uint32_t number, std::string& out) {
    if (number != field_.number) return;
    if (field_.kind != WireKind::uuid) return text(number, out);
    core::Uuid uuid;
    std::ranges::copy(field_.bytes, uuid.bytes.begin());
    out = uuid.str();
  }
  void text(std::uint32_t number, std::string& out) {
    if (is(number, WireKind::bytes)) out = field_.bytes;
  }
  void flag(std::uint32_t number, bool& out) {
    if (is(number, WireKind::number)) out = field_.value != 0;
  }
  void number(std::uint32_t number, std::int64_t& out) {
    if (is(number, WireKind::number)) out = field_.value;
  }
  void number(std::uint32_t number, int& out) {
    if (!is(number, WireKind::number)) return;
    if (std::in_range<int>(field_.value))
      out = static_cast<int>(field_.value);
    else
      malformed = true;
  }
  void optional(std::uint32_t number, std::optional<std::int64_t>& out) {
    if (is(number, WireKind::number)) out = field_.value;
  }
  void time(std::uint32_t number, core::SystemTime& out) {
    if (is(number, WireKind::number)) out = core::SystemTime(std::chrono::microseconds(field_.value));
  }
  void optional_time(std::uint32_t number, std::optional<core::SystemTime>& out) {
    if (is(number, WireKind::number)) out.emplace(std::chrono::microseconds(field_.value));
  }

 private:
  bool is(std::uint32_t number, WireKind kind) {
    if (number != field_.number) return false;
    if (field_.kind != kind) malformed = true;
    return field_.kind == kind;
  }
  const Field& field_;
};

struct Common {
  UsageEvent event;
  std::vector<std::string> scopes;
  counters::Amounts amounts;
  core::SystemTime admitted_at{};
  std::string epoch;
  bool counted = false;
};

void encode_event(const UsageEvent& event, FieldWriter& out) {
  EventWriter writer(out);
  event_fields(event, writer);
}

void encode_common(const domain::CounterNames& scopes, const counters::Amounts& amounts,
                   core::SystemTime admitted_at, const std::string& epoch, FieldWriter& out) {
  const auto field = [](RecordField f) { return static_cast<std::uint32_t>(f); };
  for (const std::string& scope : scopes) out.bytes(field(RecordField::scope), scope);
  out.number(field(RecordField::tokens), amounts.tokens);
  out.number(field(RecordField::cost_nanos), amounts.cost_nanos);
  out.number(field(RecordField::admitted_at), admitted_at.time_since_epoch().count());
  out.bytes(field(RecordField::epoch), epoch);
}

bool set_common(const Field& field, Common& out) {
  const bool number = field.kind == WireKind::number;
  const bool bytes = field.kind == WireKind::bytes;
  switch (static_cast<RecordField>(field.number)) {
    case RecordField::scope:
      if (bytes) out.scopes.emplace_back(field.bytes);
      return bytes;
    case RecordField::tokens:
      out.amounts.tokens = field.value;
      return number;
    case RecordField::cost_nanos:
      out.amounts.cost_nanos = field.value;
      return number;
    case RecordField::admitted_at:
      out.admitted_at = core::SystemTime(std::chrono::microseconds(field.value));
      return number;
    case RecordField::epoch:
      out.epoch = field.bytes;
      return bytes;
    case RecordField::counted:
      out.counted = field.value != 0;
      return number;
  }
  return true;  // of a newer version
}

std::optional<Common> decode(std::string_view payload) {
  Common out;
  FieldReader reader(payload);
  while (const auto field = reader.next()) {
    if (field->number >= kRecordFields) {
      if (!set_common(*field, out)) return std::nullopt;
      continue;
    }
    EventSetter setter(*field);
    event_fields(out.event, setter);
    if (setter.malformed) return std::nullopt;
  }
  if (reader.malformed()) return std::nullopt;
  return out;
}

}  // namespace

void encode(const Intent& intent, std::string& out) {
  FieldWriter writer(out);
  encode_event(intent.event, writer);
  encode_common(intent.scopes, intent.reserved, intent.admitted_at, intent.epoch, writer);
}

void encode(const SettledEvent& settled, std::string& out) {
  FieldWriter writer(out);
  encode_event(settled.event, writer);
  encode_common(settled.scopes, settled.amounts, settled.admitted_at, settled.epoch, writer);
  writer.number(static_cast<std::uint32_t>(RecordField::counted), settled.counted ? 1 : 0);
}

std::optional<Intent> decode_intent(std::string_view payload) {
  auto common = decode(payload);
  if (!common) return std::nullopt;
  return Intent{.event = std::move(common->event),
                .scopes = std::move(common->scopes),
                .reserved = common->amounts,
                .admitted_at = common->admitted_at,
                .epoch = std::move(common->epoch)};
}

std::optional<SettledEvent> decode_settled(std::string_view payload) {
  auto common = decode(payload);
  if (!common) return std::nullopt;
  return SettledEvent{.event = std::move(common->event),
                      .scopes = std::move(common->scopes),
                      .amounts = common->amounts,
                      .admitted_at = common->admitted_at,
                      .epoch = std::move(common->epoch),
                      .counted = common->counted};
}

std::optional<core::Uuid> decode_request_id(std::string_view payload) {
  const auto field = FieldReader(payload).next();
  if (!field || field->number != 1 || field->kind != WireKind::uuid) return std::nullopt;
  core::Uuid id;
  std::ranges::copy(field->bytes, id.bytes.begin());
  return id;
}

SettledEvent interrupted(Intent intent) {
  SettledEvent settled{.event = std::move(intent.event),
                       .scopes = std::move(intent.scopes),
                       .amounts = intent.reserved,
                       .admitted_at = intent.admitted_at,
                       .epoch = std::move(intent.epoch)};
  UsageEvent& event = settled.event;
  event.usage_source = "interrupted";
  event.error_code = "interrupted";
  event.status_code = 0;
  event.charged = true;
  event.refused_count = 0;
  event.total_tokens = settled.amounts.tokens;
  if (event.cost_source != "unpriced") event.cost_nanos = settled.amounts.cost_nanos;
  if (!event.accounted_at && settled.admitted_at != core::SystemTime{})
    event.accounted_at = settled.admitted_at;
  return settled;
}

namespace {
/// Ids, names and a few numbers.
constexpr std::size_t kUsualMemo = 400;
}  // namespace

std::string to_memo(const UsageEvent& event) {
  std::string memo;
  memo.reserve(kUsualMemo);
  // Eighteen texts: the second try fits whatever they hold.
  for (const std::size_t longest : {kMemoBytes, std::size_t{128}}) {
    memo.clear();
    FieldWriter writer(memo, longest);
    encode_event(event, writer);
    if (memo.size() <= kMemoBytes) break;
  }
  return memo;
}

core::Result<UsageEvent> from_memo(std::string_view memo) {
  auto common = decode(memo);
  if (!common || memo.empty())
    return core::fail(core::ErrorCode::invalid_request, {}, "not a reservation's memo");
  return std::move(common->event);
}

}  // namespace relayna::ledger
