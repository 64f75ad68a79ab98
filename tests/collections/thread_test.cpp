// Threads that share the versions of one map: each finds in its own what it put there, and all nodes are freed.
#include <atomic>
#include <mutex>
#include <thread>

#include "support.hpp"

namespace coppice::collection_test {
namespace {

using shared_map = map<std::uint64_t, std::string, hash<std::uint64_t>, std::equal_to<>, atomic_heap, 4>;

[[nodiscard]] std::string text(std::uint64_t thread, std::uint64_t number) {
  return "thread " + std::to_string(thread) + " has stored number " + std::to_string(number);
}
[[nodiscard]] shared_map first_version() {
  auto changing = shared_map().transient();
  for (std::uint64_t i = 0; i < 2000; ++i) changing.set(i, text(0, i));
  return std::move(changing).persistent();
}
template <class Work>
void in_threads(unsigned count, const Work& work) {
  std::vector<std::thread> threads;
  for (unsigned i = 1; i <= count; ++i) threads.emplace_back(work, i);
  for (std::thread& each : threads) each.join();
}

TEST(threads, change_versions_of_one_map_apart_from_each_other) {
  const shared_map first = first_version();
  std::atomic<int> wrong{0};
  in_threads(4, [&](std::uint64_t thread) {
    std::mt19937_64 random(thread);
    shared_map own = first;
    std::vector<shared_map> kept;
    number_map mine;
    for (int step = 0; step < 3000; ++step) {
      const std::uint64_t number = random() % 2000;
      if (random() % 4 == 0) {
        own = std::move(own).erase(number);
        mine[number] = 0;
      } else {
        own = std::move(own).set(number, text(thread, number + 1));
        mine[number] = 1;
      }
      if (step % 100 == 0) kept.push_back(own);
      if (kept.size() > 5) kept.erase(kept.begin());
    }
    for (std::uint64_t number = 0; number < 2000; ++number) {
      const std::string* found = own.find(number);
      const auto changed = mine.find(number);
      const bool right = changed == mine.end()  ? found != nullptr && *found == text(0, number)
                         : changed->second == 0 ? found == nullptr
                                                : found != nullptr && *found == text(thread, number + 1);
      wrong += right ? 0 : 1;
    }
    wrong += own.check() == nullptr ? 0 : 1;
    wrong += first.merge(own).size() == 2000 ? 0 : 1;
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_STREQ(first.check(), nullptr);
  for (std::uint64_t i = 0; i < 2000; ++i) ASSERT_EQ(first.at(i), text(0, i));
}

TEST(threads, hand_versions_on_to_each_other) {
  std::mutex lock;
  shared_map current = first_version();
  std::atomic<int> wrong{0};
  in_threads(4, [&](std::uint64_t thread) {
    for (std::uint64_t step = 0; step < 500; ++step) {
      shared_map seen;
      {
        const std::lock_guard hold(lock);
        seen = current;
      }
      const std::uint64_t mine = 10'000 * thread + step;
      wrong += step == 0 || seen.contains(mine - 1) ? 0 : 1;
      const shared_map next = seen.set(mine, text(thread, mine));
      const std::lock_guard hold(lock);
      current = next.identity() == current.identity() ? next : current.set(mine, text(thread, mine));
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(current.size(), 4000U);
  EXPECT_STREQ(current.check(), nullptr);
}

TEST(threads, read_parts_of_one_map) {
  const shared_map all = first_version();
  const auto parts = all.partition(4);
  std::atomic<std::uint64_t> sum{0};
  in_threads(4, [&](std::uint64_t thread) {
    std::uint64_t own = 0;
    for (const auto& [key, value] : parts[thread - 1]) own += value == text(0, key) ? key : 0;
    sum += own;
  });
  EXPECT_EQ(sum, 2000U * 1999U / 2U);
}

TEST(threads, drop_the_last_versions_together) {
  for (int round = 0; round < 200; ++round) {
    auto changing = map<std::uint64_t, std::shared_ptr<int>>().transient();
    const auto counted = std::make_shared<int>(round);
    for (std::uint64_t i = 0; i < 100; ++i) changing.set(i, counted);
    std::vector<map<std::uint64_t, std::shared_ptr<int>>> versions(4, std::move(changing).persistent());
    in_threads(4, [&](std::uint64_t thread) {
      auto& own = versions[thread - 1];
      if (thread % 2 == 0) own = std::move(own).erase(thread);
      own = {};
    });
    ASSERT_EQ(counted.use_count(), 1);
  }
}

}  // namespace
}  // namespace coppice::collection_test
