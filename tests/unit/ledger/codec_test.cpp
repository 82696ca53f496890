#include "ledger/codec.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "contract/store/samples.hpp"
#include "ledger/event_fields.hpp"
#include "ledger/wire.hpp"
#include "samples.hpp"

namespace relayna::ledger::test {
namespace {

using relayna::test::same;
using relayna::test::sample_event;

TEST(LedgerCodec, KeepsEveryField) {
  const SettledEvent settled{
      .event = sample_event(),
      .scopes = {"global", "end_user:x|model:gpt-4*", ""},
      .amounts = {.tokens = -5, .cost_nanos = std::numeric_limits<std::int64_t>::max()},
      .admitted_at = relayna::test::at(3, 4),
      .epoch = "an epoch",
      .counted = true};
  const auto read = decode_settled(bytes_of(settled));
  ASSERT_TRUE(read);
  EXPECT_TRUE(same(read->event, settled.event));
  EXPECT_EQ(read->scopes, settled.scopes);
  EXPECT_EQ(read->amounts, settled.amounts);
  EXPECT_EQ(read->admitted_at, settled.admitted_at);
  EXPECT_EQ(read->epoch, settled.epoch);
  EXPECT_TRUE(read->counted);
}

TEST(LedgerCodec, KeepsWhatIsUnsetAndExtremes) {
  domain::UsageEvent event;
  EXPECT_TRUE(same(decode_settled(bytes_of(SettledEvent{.event = event}))->event, event));
  event.request_id = "no uuid";
  event.end_user = std::string("nul\0\xff", 5);
  event.input_tokens = 0;  // not the same as unset
  event.output_tokens = std::numeric_limits<std::int64_t>::min();
  event.status_code = std::numeric_limits<int>::min();
  event.created_at = core::SystemTime::min();
  event.accounted_at = core::SystemTime{};
  EXPECT_TRUE(same(decode_intent(bytes_of(Intent{.event = event}))->event, event));
}

TEST(LedgerCodec, ARecordCutAnywhereIsRefusedOrShorter) {
  const std::string whole =
      bytes_of(SettledEvent{.event = sample_event(), .scopes = {"global"}, .epoch = "e"});
  std::size_t accepted = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    if (decode_settled(std::string(whole, 0, size))) ++accepted;  // between two fields
  }
  EXPECT_LE(accepted, 50U);
  EXPECT_TRUE(decode_request_id(whole));
  EXPECT_FALSE(decode_request_id(whole.substr(0, 10)));
}

TEST(LedgerCodec, FieldsOfANewerVersionArePassedOver) {
  std::string bytes = bytes_of(sample_settled(1));
  FieldWriter newer(bytes);
  newer.number(700, 1);
  newer.bytes(999, "text");
  newer.uuid(70'000, core::Uuid{});
  const auto read = decode_settled(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(bytes_of(*read), bytes_of(sample_settled(1)));
}

TEST(LedgerCodec, AFieldOfAnotherKindIsMalformed) {
  for (const std::uint32_t field : {6U, 14U, 15U, 34U, 1'000U, 1'001U, 1'004U}) {
    std::string number;
    FieldWriter(number).number(field, 1);
    std::string text;
    FieldWriter(text).bytes(field, "1");
    EXPECT_NE(decode_settled(number).has_value(), decode_settled(text).has_value()) << field;
  }
  std::string beyond_int;
  FieldWriter(beyond_int).number(13, std::int64_t{1} << 40);
  EXPECT_FALSE(decode_settled(beyond_int));
}

/// Makes all texts long.
struct Longer {
  void id(std::uint32_t, std::string&) {}
  void text(std::uint32_t, std::string& value) { value.assign(100'000, 'x'); }
  void flag(std::uint32_t, bool&) {}
  void number(std::uint32_t, auto&) {}
  void optional(std::uint32_t, auto&) {}
  void time(std::uint32_t, auto&) {}
  void optional_time(std::uint32_t, auto&) {}
};

TEST(LedgerCodec, AMemoFitsWhateverCallersSent) {
  domain::UsageEvent event = sample_event();
  EXPECT_TRUE(same(*from_memo(to_memo(event)), event));
  Longer longer;
  event_fields(event, longer);
  const std::string memo = to_memo(event);
  EXPECT_LE(memo.size(), kMemoBytes);
  const auto read = from_memo(memo);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->request_id, event.request_id);
  EXPECT_EQ(read->created_at, event.created_at);
  EXPECT_FALSE(from_memo(""));
  EXPECT_FALSE(from_memo("\x03"));
}

TEST(LedgerCodec, AnInterruptedRequestIsChargedWhatItReserved) {
  const Intent intent = sample_intent(5);
  const SettledEvent settled = interrupted(intent);
  EXPECT_EQ(settled.event.request_id, intent.event.request_id);
  EXPECT_EQ(settled.event.usage_source, "interrupted");
  EXPECT_EQ(settled.event.error_code, "interrupted");
  EXPECT_EQ(settled.event.status_code, 0);
  EXPECT_TRUE(settled.event.charged);
  EXPECT_EQ(settled.event.total_tokens, 4'196);
  EXPECT_EQ(settled.event.cost_nanos, 42'000'000);
  EXPECT_EQ(settled.event.accounted_at, intent.admitted_at);
  EXPECT_EQ(settled.amounts, intent.reserved);
  EXPECT_EQ(settled.scopes, intent.scopes);
  EXPECT_FALSE(settled.counted);
  Intent unpriced = intent;
  unpriced.event.cost_source = "unpriced";
  EXPECT_EQ(interrupted(unpriced).event.cost_nanos, std::nullopt);
}

}  // namespace
}  // namespace relayna::ledger::test
