// What a store occupies: bounded whoever dies, and given back.
#include <signal.h>

#include "tests/store/support.hpp"

namespace store_test {
namespace {

class memory_test : public store_case {};

constexpr std::int64_t keys = 8000;

/// About a thousand bytes: a leaf of its own.
std::string text_of(std::int64_t key, std::uint64_t round) {
  return std::string(900 + (static_cast<std::size_t>(key) % 100), static_cast<char>('a' + round % 26));
}

void fill(store& target) {
  target.transact([](transaction& work) {
    for (std::int64_t key = 0; key < keys; ++key) work.set(key, text_of(key, 0));
  });
}

TEST_F(memory_test, is_bounded_though_no_writer_lives_long_enough_for_a_collection) {
  store tested = store::open("short-lived");
  fill(tested);
  tested.collect();
  const store_stats before = tested.stats();
  constexpr int writers = 300, writes_each = 250;
  std::mt19937_64 random(1);
  for (std::uint64_t round = 1; round <= writers; ++round) {
    child_process writer([&] {
      store mine = store::open("short-lived");
      for (int i = 0; i < writes_each; ++i) {
        const auto key = static_cast<std::int64_t>(random() % keys);
        mine.set(key, text_of(key, round));
      }
      ::raise(SIGKILL);
      return 0;
    });
    ASSERT_EQ(writer.join(), -SIGKILL);
    random.discard(writes_each);
  }
  const store_stats after = tested.stats();
  EXPECT_GT(after.collections, before.collections + 2);
  EXPECT_LT(after.committed_bytes, before.live_bytes * 5) << "live bytes " << before.live_bytes;
  const check_report report = tested.check();
  EXPECT_TRUE(report.ok()) << report.broken;
}

}  // namespace
}  // namespace store_test
