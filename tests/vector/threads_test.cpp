// Versions of one vector in several threads: each reads, appends to, changes and drops them as it likes.
#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "support.hpp"

namespace coppice::vector_test {
namespace {

template <class T>
class vector_threads : public ::testing::Test {};
using elements = ::testing::Types<std::uint64_t, std::string>;
TYPED_TEST_SUITE(vector_threads, elements);

template <class T>
void expect_counting(const vector<T>& all, std::uint64_t count) {
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(all[i], made_from<T>(next++));
}

TYPED_TEST(vector_threads, share_a_tail_and_append_to_it) {
  using T = TypeParam;
  constexpr unsigned threads = 4, rounds = 60, each = 40;
  vector<T> shared;
  for (std::uint64_t i = 0; i < 500; ++i) shared = std::move(shared).push_back(made_from<T>(i));
  for (unsigned round = 0; round < rounds; ++round) {
    std::atomic<unsigned> ready = 0;
    std::vector<std::thread> workers;
    std::vector<vector<T>> results(threads);
    for (unsigned id = 0; id < threads; ++id) {
      workers.emplace_back([&, id] {
        ++ready;
        while (ready.load() < threads) std::this_thread::yield();
        vector<T> mine = shared;  // all of them copy and append to the same object
        for (std::uint64_t i = 0; i < each; ++i) mine = mine.push_back(made_from<T>(1000 * id + i));
        results[id] = mine;
      });
    }
    for (std::thread& worker : workers) worker.join();
    for (unsigned id = 0; id < threads; ++id) {
      ASSERT_EQ(results[id].check(), nullptr);
      ASSERT_EQ(results[id].size(), shared.size() + each);
      for (std::uint64_t i = 0; i < each; ++i) {
        ASSERT_EQ(results[id][shared.size() + i], made_from<T>(1000 * id + i));
      }
    }
    shared = round % 7 == 6 ? shared.drop(9).push_back(made_from<T>(3)) : shared.push_back(made_from<T>(3));
  }
}

TYPED_TEST(vector_threads, change_slice_and_drop_versions_of_one) {
  using T = TypeParam;
  constexpr unsigned threads = 4;
  vector<T> first;
  for (std::uint64_t i = 0; i < 2000; ++i) first = std::move(first).push_back(made_from<T>(i));
  std::vector<std::thread> workers;
  for (unsigned id = 0; id < threads; ++id) {
    workers.emplace_back([&first, id] {
      vector<T> mine = first;
      for (std::uint64_t i = 0; i < 300; ++i) {
        const std::uint64_t at = (i * 7919 + id * 31) % 2000;
        mine = first.set(at, made_from<T>(at)).take(at + 1) + first.drop(at + 1);
        ASSERT_EQ(mine.size(), 2000U);
        mine = std::move(mine).set(at, made_from<T>(5)).push_back(made_from<T>(6));
        ASSERT_EQ(mine[at], made_from<T>(5));
      }
      ASSERT_EQ(mine.check(), nullptr);
    });
  }
  for (std::thread& worker : workers) worker.join();
  expect_counting(first, 2000);
}

}  // namespace
}  // namespace coppice::vector_test
