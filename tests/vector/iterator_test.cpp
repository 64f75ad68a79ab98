// Iterators go to every place, in every way.
#include <algorithm>
#include <iterator>
#include <numeric>
#include <ranges>
#include <string>

#include "support.hpp"

namespace coppice::vector_test {
namespace {

using numbers = vector<std::uint64_t, atomic_heap, 2, 2>;
static_assert(std::random_access_iterator<numbers::const_iterator>);
static_assert(std::sized_sentinel_for<numbers::const_iterator, numbers::const_iterator>);
static_assert(std::ranges::random_access_range<const numbers>);
static_assert(std::ranges::common_range<const numbers> && std::ranges::sized_range<const numbers>);
static_assert(std::same_as<std::iter_reference_t<numbers::const_iterator>, const std::uint64_t&>);
static_assert(std::is_trivially_copyable_v<numbers::const_iterator>);

/// Counting up; relaxed at many places.
[[nodiscard]] numbers counting(std::uint64_t count) {
  std::vector<std::uint64_t> all(count);
  std::iota(all.begin(), all.end(), std::uint64_t{0});
  const numbers flat(all);
  numbers made;
  for (std::uint64_t at = 0; at < count;) {
    const std::uint64_t to = std::min(count, at + 1 + at % 23);
    made += flat.slice(at, to);
    at = to;
  }
  return made;
}

TEST(vector_iterator, moves_between_any_two_places) {
  const numbers all = counting(120);
  for (std::ptrdiff_t from = 0; from <= 120; ++from) {
    for (std::ptrdiff_t to = 0; to <= 120; ++to) {
      auto at = all.begin() + from;
      at += to - from;
      ASSERT_EQ(at - all.begin(), to);
      ASSERT_EQ(at == all.end(), to == 120);
      if (to != 120) {
        ASSERT_EQ(*at, static_cast<std::uint64_t>(to));
        ASSERT_EQ((all.begin() + from)[to - from], *at);
      }
      ASSERT_EQ(at <=> (all.begin() + from), to <=> from);
    }
  }
}
TEST(vector_iterator, steps_forwards_and_backwards) {
  const numbers all = counting(500);
  std::uint64_t next = 0;
  for (auto at = all.begin(); at != all.end(); at++) ASSERT_EQ(*at, next++);
  for (auto at = all.end(); at != all.begin();) ASSERT_EQ(*--at, --next);
  for (auto at = all.rbegin(); at != all.rend(); ++at) ASSERT_EQ(*at, 499 - next++);
}
TEST(vector_iterator, serves_algorithms) {
  const numbers all = counting(1000);
  EXPECT_EQ(std::ranges::lower_bound(all, 617U) - all.begin(), 617);
  EXPECT_TRUE(std::binary_search(all.begin(), all.end(), 999U));
  EXPECT_TRUE(std::ranges::is_sorted(all));
  EXPECT_EQ(std::accumulate(all.begin(), all.end(), std::uint64_t{0}), 499'500U);
  EXPECT_EQ(std::ranges::distance(all | std::views::filter([](std::uint64_t x) { return x % 2 == 0; })), 500);
  std::vector<std::uint64_t> sorted(2000);
  std::ranges::merge(all, all, sorted.begin());
  EXPECT_EQ(sorted[999], 499U);
}
TEST(vector_iterator, serves_algorithms_where_a_leaf_stands_twice) {
  const numbers once = counting(100);
  const numbers twice = once + once;
  EXPECT_EQ(std::ranges::count(twice, 5U), 2);
  EXPECT_NE(twice.begin(), twice.begin() + 100);
}
TEST(vector_iterator, of_an_empty_vector_is_at_the_end) {
  const numbers none;
  EXPECT_EQ(none.begin(), none.end());
  EXPECT_EQ(numbers::const_iterator(), numbers::const_iterator());
}
TEST(vector_iterator, shows_members) {
  const vector<std::string> words{"one", "three"};
  EXPECT_EQ((words.begin() + 1)->size(), 5U);
}

}  // namespace
}  // namespace coppice::vector_test
