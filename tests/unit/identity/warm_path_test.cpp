#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "relayna/http/fields.hpp"
#include "relayna/identity/credentials.hpp"

#include "identity/key_table.hpp"

// A request with a warm key costs no allocation on its way through authentication. Counted in this thread
// only, so other tests of the program are unaffected.

// ThreadSanitizer brings its own operators and admits no others; there is no such test then.
#if !__has_feature(thread_sanitizer)

namespace {
thread_local std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace relayna::identity {
namespace {

TEST(WarmPath, AllocatesNothing) {
  const std::string secret = "rk_live_" + std::string(64, 'a');
  http::Fields fields;
  fields.add("Host", "gateway.test");
  fields.add("Authorization", "Bearer " + secret);
  fields.add("Content-Type", "application/json");
  core::Hmac hasher("pepper");

  runtime::OffloadPool pool(1, "test");
  const core::FakeClock clock;
  runtime::Shard shard(0, pool, clock);
  KeyCache cache(shard, [&](const core::Digest& hash) -> core::Result<std::optional<domain::VirtualKey>> {
    domain::VirtualKey key;
    key.id = "an id longer than the small string optimisation";
    key.hash = hash;
    return key;
  });
  const core::Digest hash = hasher(secret);
  struct Ask {
    static runtime::Task<void> run(KeyCache* from, core::Digest of) { (void)co_await from->authenticate(of); }
  };
  shard.tasks().spawn(Ask::run(&cache, hash));
  while (shard.tasks().size() > 0) shard.io().run_one_for(std::chrono::seconds(10));
  cache.mark_used(cache.find_fresh(hash));  // the first use of each interval is noted in a list

  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    const auto text = read_virtual_key(fields);
    const auto key = cache.find_fresh(hasher(*text));
    const auto usable = check_usable(*key, clock.wall());
    cache.mark_used(key);
    ASSERT_TRUE(usable);
  }
  EXPECT_EQ(allocations, before);
  EXPECT_GT(before, 0U) << "the counter works";
}

}  // namespace
}  // namespace relayna::identity

#endif
