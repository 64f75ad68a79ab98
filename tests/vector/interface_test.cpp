// What the documentation of vector says of its functions.
#include <cmath>
#include <iterator>
#include <limits>
#include <list>
#include <sstream>
#include <string>
#include <unordered_set>
#include <utility>

#include "support.hpp"

namespace coppice::vector_test {
namespace {

using numbers = vector<std::uint64_t>;
static_assert(sizeof(numbers) == 32);

[[nodiscard]] numbers counting(std::uint64_t count) {
  numbers all;
  for (std::uint64_t i = 0; i < count; ++i) all = std::move(all).push_back(i);
  return all;
}

TEST(vector_interface, is_constructed_from_whatever_holds_elements) {
  EXPECT_TRUE(numbers().empty());
  EXPECT_EQ((numbers{0, 1, 2}), counting(3));
  EXPECT_EQ(numbers(std::vector<std::uint64_t>{0, 1, 2}), counting(3));
  const std::list<int> list{0, 1, 2};
  EXPECT_EQ(numbers(list), counting(3));
  EXPECT_EQ(numbers(list.begin(), list.end()), counting(3));
  std::istringstream text("0 1 2");
  EXPECT_EQ(numbers(std::istream_iterator<std::uint64_t>(text), std::istream_iterator<std::uint64_t>()), counting(3));
  EXPECT_EQ(numbers(300, 7).size(), 300U);
  EXPECT_EQ(numbers(300, 7)[299], 7U);
  const vector deduced(list.begin(), list.end());
  EXPECT_EQ(deduced.back(), 2);
}

TEST(vector_interface, a_change_that_changes_nothing_is_the_same_version) {
  for (const std::uint64_t size : {0U, 1U, 100U, 5000U}) {
    const numbers all = counting(size);
    const auto same = all.identity();
    EXPECT_EQ(all.take(size).identity(), same);
    EXPECT_EQ(all.drop(0).identity(), same);
    EXPECT_EQ(all.slice(0, size).identity(), same);
    EXPECT_EQ(all.erase(size, size).identity(), same);
    EXPECT_EQ(all.insert(size / 2, numbers()).identity(), same);
    EXPECT_EQ(all.append(std::vector<std::uint64_t>()).identity(), same);
    EXPECT_EQ((all + numbers()).identity(), same);
    EXPECT_EQ((numbers() + all).identity(), same);
    if (size == 0) {
      EXPECT_EQ(all.pop_back().identity(), same);
      continue;
    }
    EXPECT_EQ(all.set(size / 2, size / 2).identity(), same);
    EXPECT_EQ(all.update(0, [](std::uint64_t x) { return x; }).identity(), same);
    EXPECT_NE(all.set(0, 99).identity(), same);
    EXPECT_NE(all.push_back(1).identity(), same);
    EXPECT_NE(all.pop_back().identity(), same);
  }
}

TEST(vector_interface, zeros_of_both_signs_are_different_elements) {
  const vector<double> zero{0.0};
  EXPECT_TRUE(std::signbit(zero.set(0, -0.0)[0]));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const vector<double> none{nan};
  EXPECT_EQ(none.set(0, nan).identity(), none.identity());
}

TEST(vector_interface, arguments_out_of_range_are_refused_before_anything_changes) {
  const numbers all = counting(10);
  EXPECT_THROW((void)all.at(10), std::out_of_range);
  EXPECT_THROW((void)all.set(10, 1), std::out_of_range);
  EXPECT_THROW((void)all.update(10, [](std::uint64_t x) { return x; }), std::out_of_range);
  EXPECT_THROW((void)all.take(11), std::out_of_range);
  EXPECT_THROW((void)all.drop(11), std::out_of_range);
  EXPECT_THROW((void)all.slice(3, 2), std::out_of_range);
  EXPECT_THROW((void)all.slice(3, 11), std::out_of_range);
  EXPECT_THROW((void)all.insert(11, 1), std::out_of_range);
  EXPECT_THROW((void)all.insert(11, all), std::out_of_range);
  EXPECT_THROW((void)all.erase(10), std::out_of_range);
  EXPECT_THROW((void)all.erase(4, 11), std::out_of_range);
  numbers moved = all;
  EXPECT_THROW((void)std::move(moved).take(11), std::out_of_range);
  EXPECT_THROW((void)std::move(moved).set(10, 1), std::out_of_range);
  EXPECT_EQ(moved, all);  // NOLINT(bugprone-use-after-move): an error leaves it as it was
  try {
    (void)all.at(12);
  } catch (const std::out_of_range& error) {
    EXPECT_STREQ(error.what(), "coppice::vector: index 12 in a vector of size 10");
  }
}

TEST(vector_interface, an_argument_may_be_an_element) {
  numbers all = counting(130);
  for (int i = 0; i < 300; ++i) all = std::move(all).push_back(all[7]);
  EXPECT_EQ(all.back(), 7U);
  all = std::move(all).set(3, all[9]);
  EXPECT_EQ(all[3], 9U);
  all = std::move(all).push_front(all[9]);
  EXPECT_EQ(all.front(), 9U);
  all += all;
  EXPECT_EQ(all.size(), 862U);
  all = std::move(all) + std::move(all);
  EXPECT_EQ(all.size(), 1724U);
  EXPECT_EQ(all.check(), nullptr);
}

TEST(vector_interface, moved_vectors_are_changed_in_place) {
  numbers all = counting(5000);
  const void* const root = all.identity().root;
  const void* const tail = all.identity().tail;
  all = std::move(all).set(2000, 1).push_back(3);
  EXPECT_EQ(all.identity().root, root);
  EXPECT_EQ(all.identity().tail, tail);
  const numbers kept = all;
  all = std::move(all).set(2000, 2);
  EXPECT_NE(all.identity().root, root);
  EXPECT_EQ(kept[2000], 1U);
}

TEST(vector_interface, versions_append_to_one_tail_until_they_part) {
  const numbers one = counting(1000);
  const numbers two = one.push_back(1);
  EXPECT_EQ(two.identity().tail, one.identity().tail);
  const numbers other = one.push_back(2);
  EXPECT_NE(other.identity().tail, one.identity().tail);
  EXPECT_EQ(two.back(), 1U);
  EXPECT_EQ(other.back(), 2U);
  EXPECT_EQ(one.size(), 1000U);
}

TEST(vector_interface, a_transient_changes_nothing_but_itself) {
  const numbers all = counting(3000);
  auto edit = all.transient();
  for (std::uint64_t i = 0; i < 3000; ++i) edit.set(i, i * 2);
  const numbers doubled = edit.persistent();
  edit.push_back(1);
  edit.pop_back();
  edit.pop_back();
  edit.update(0, [](std::uint64_t) { return 5U; });
  edit.append(std::vector<std::uint64_t>{1, 2, 3});
  edit.append(all);
  edit.take(5000);
  edit.drop(1);
  EXPECT_THROW(edit.set(4999, 1), std::out_of_range);
  const numbers last = std::move(edit).persistent();
  EXPECT_EQ(all, counting(3000));
  EXPECT_EQ(doubled[2999], 5998U);
  EXPECT_EQ(doubled[0], 0U);
  EXPECT_EQ(last.size(), 4999U);
  EXPECT_EQ(last[0], 2U);
  EXPECT_EQ(last.check(), nullptr);
}

TEST(vector_interface, is_compared_like_a_sequence) {
  const numbers all = counting(3000);
  EXPECT_EQ(all, all);
  EXPECT_EQ(all, all.take(1700) + all.drop(1700));
  EXPECT_EQ(all.drop(5).take(2000), all.slice(5, 2005));
  EXPECT_NE(all, all.set(1, 0));
  EXPECT_NE(all, all.take(2999));
  EXPECT_LT(all.take(2999), all);
  EXPECT_LT(all, all.set(2500, 9999));
  EXPECT_GT(all, all.set(2500, 0));
  EXPECT_EQ(numbers() <=> numbers(), std::strong_ordering::equal);
  EXPECT_LT(numbers(), all);
  struct ordered {
    int value;
    bool operator<(const ordered& other) const { return value < other.value; }
  };
  EXPECT_LT((vector<ordered>{{1}, {2}}), (vector<ordered>{{1}, {3}}));
}

TEST(vector_interface, equal_vectors_have_equal_hashes) {
  const numbers all = counting(3000);
  EXPECT_EQ(std::hash<numbers>{}(all), std::hash<numbers>{}(all.take(99) + all.drop(99)));
  EXPECT_NE(std::hash<numbers>{}(all), std::hash<numbers>{}(all.set(4, 5)));
  const std::unordered_set<numbers> set{all, all.take(9), all.drop(0)};
  EXPECT_EQ(set.size(), 2U);
}

TEST(vector_interface, is_partitioned_evenly) {
  const numbers all = counting(1000) + counting(37);
  for (const std::size_t parts : {1U, 2U, 3U, 7U, 1037U, 5000U}) {
    const auto ranges = all.partition(parts);
    EXPECT_EQ(ranges.size(), std::min<std::size_t>(parts, all.size()));
    auto at = all.begin();
    for (const auto& range : ranges) {
      EXPECT_EQ(range.begin(), at);
      EXPECT_LE(range.size() - all.size() / ranges.size(), 1U);
      at = range.end();
    }
    EXPECT_EQ(at, all.end());
  }
  EXPECT_TRUE(all.partition(0).empty());
  EXPECT_TRUE(numbers().partition(4).empty());
}

TEST(vector_interface, statistics_tell_what_is_shared) {
  const numbers all = counting(100'000);
  const auto alone = all.stats();
  EXPECT_LT(alone.bytes, 100'000 * 9U);
  EXPECT_EQ(alone.shared_nodes, 0U);
  const auto shared = all.set(50'000, 1).stats(all);
  EXPECT_EQ(shared.nodes, alone.nodes);
  EXPECT_EQ(shared.shared_nodes, alone.nodes - alone.depth);
  EXPECT_GT(shared.shared_bytes, alone.bytes * 98 / 100);
  EXPECT_EQ((all + all).stats().nodes < alone.nodes * 3 / 2, true);
  EXPECT_EQ(numbers().stats().nodes, 0U);
}

}  // namespace
}  // namespace coppice::vector_test
