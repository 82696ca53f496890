// What it costs a request to be remembered for operators: one record into the ring of its shard, as
// remember.cpp fills it.
//   request_feed_bench [records]    under callgrind, the difference of two counts of records is instructions

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <time.h>

#include "relayna/pipeline/request_feed.hpp"

namespace {

using namespace relayna;

double thread_cpu_ns() {
  timespec at{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) * 1e9 + static_cast<double>(at.tv_nsec);
}

void fill(pipeline::FinishedRequest& out, const std::shared_ptr<const pipeline::AppliedRules>& rules,
          std::uint64_t number) noexcept {
  out.request_id = "0192f0c1-0000-7000-8000-000000000001";
  out.trace_id = "0af7651916cd43dd8448eb211c80319c";
  out.correlation_id = "0192f0c1-0000-7000-8000-000000000001";
  out.key_id = "0192f0c1-0000-7000-8000-000000000002";
  out.project_id = "0192f0c1-0000-7000-8000-000000000003";
  out.team_id = "0192f0c1-0000-7000-8000-000000000004";
  out.method = "POST";
  out.route = "/v1/chat/completions";
  out.path = "/v1/chat/completions";
  out.model = "gpt-4o-mini";
  out.provider = "litellm";
  out.credential_source = "provider";
  out.status = 200;
  out.input_tokens = static_cast<std::int64_t>(number);
  out.output_tokens = 16;
  out.cost_nanos = 42'000;
  out.usage_source = "reported";
  out.reserved_tokens = 4'196;
  out.request_bytes = 512;
  out.response_bytes = 1'024;
  out.time_to_first_token = std::chrono::milliseconds(12);
  out.attempts_made = 1;
  auto& attempt = out.attempts[out.attempts_traced++];
  attempt.provider = "litellm";
  attempt.status = 200;
  attempt.took = std::chrono::milliseconds(12);
  out.rules = rules;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 5'000'000;
  pipeline::RequestFeed feed(1);
  auto& ring = feed.ring(0);
  const auto rules = std::make_shared<const pipeline::AppliedRules>();
  const auto write = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
      ring.add([&](pipeline::FinishedRequest& out) noexcept { fill(out, rules, i); });
  };
  write(2 * pipeline::RequestFeed::kRemembered);  // every slot has been used
  const double began = thread_cpu_ns();
  write(records);
  std::printf("%.1f ns CPU a record, %zu bytes each\n",
              (thread_cpu_ns() - began) / static_cast<double>(records), sizeof(pipeline::FinishedRequest));
  return ring.end() == records + 2 * pipeline::RequestFeed::kRemembered ? 0 : 1;
}
