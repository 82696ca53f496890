// The bytes of a spool file as a crash, or a disk, may have left them. The first byte says how the input is
// used: as a file's frames, as one record's payload, or as the place and kind of damage to a sound file.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/check.hpp"
#include "ledger/codec.hpp"
#include "ledger/spool/frame.hpp"

namespace {

using namespace relayna::ledger;

std::vector<std::string> frames_in(std::string_view bytes) {
  FrameReader reader(bytes);
  std::vector<std::string> out;
  std::size_t taken = 0;
  while (const auto frame = reader.next()) {
    taken += frame->size;
    FUZZ_CHECK(frame->payload.size() + kFrameHeader == frame->size);
    out.emplace_back(frame->payload);
  }
  FUZZ_CHECK(taken + reader.rest().size() == bytes.size());
  return out;
}

/// What is read is written the same way, and read again.
void check_payload(std::string_view payload) {
  const auto settled = decode_settled(payload);
  const auto intent = decode_intent(payload);
  FUZZ_CHECK(settled.has_value() == intent.has_value());
  (void)parse_delivered(payload);
  if (!settled) return;
  std::string once;
  encode(*settled, once);
  const auto again = decode_settled(once);
  FUZZ_CHECK(again);
  std::string twice;
  encode(*again, twice);
  FUZZ_CHECK(once == twice);
  if (const auto id = decode_request_id(once)) FUZZ_CHECK(again->event.request_id == id->str());
  const std::string memo = to_memo(interrupted(*intent).event);
  FUZZ_CHECK(memo.size() <= kMemoBytes);
  FUZZ_CHECK(from_memo(memo));
}

/// Whatever one change does, the frames before it are there, and nothing that was not written.
void check_damage(std::string_view input) {
  std::string file;
  std::vector<std::string> payloads;
  std::vector<std::size_t> ends;
  for (std::size_t at = 0; at < input.size(); at += 16) {
    payloads.emplace_back(input.substr(at, 16));
    append_frame(file, RecordType::event, [&](std::string& out) { out += payloads.back(); });
    ends.push_back(file.size());
  }
  FUZZ_CHECK(frames_in(file) == payloads);
  if (file.empty()) return;
  const std::size_t at = static_cast<unsigned char>(input.front()) * file.size() / 256;
  const auto flip = static_cast<unsigned char>(input.back() | 1);
  std::string broken = file;
  broken[at] = static_cast<char>(static_cast<unsigned char>(broken[at]) ^ flip);
  const auto read = frames_in(broken);
  FUZZ_CHECK(read.size() == static_cast<std::size_t>(
                                std::ranges::count_if(ends, [&](std::size_t end) { return end <= at; })));
  FUZZ_CHECK(std::equal(read.begin(), read.end(), payloads.begin()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      for (const std::string& payload : frames_in(bytes)) check_payload(payload);
      break;
    case 1:
      check_payload(bytes);
      break;
    default:
      check_damage(bytes);
  }
  return 0;
}
