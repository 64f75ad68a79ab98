// Shapes that are known to break relaxed trees, and how high they become.
#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "support.hpp"

namespace coppice::vector_test {
namespace {

/// Whether it has leaves and branches of 4.
template <class Vector>
inline constexpr bool is_narrow = false;
template <class Memory>
inline constexpr bool is_narrow<vector<std::uint64_t, Memory, 2, 2>> = true;

template <class Vector>
[[nodiscard]] Vector counting(std::uint64_t from, std::uint64_t count) {
  std::vector<std::uint64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), from);
  return Vector(numbers);
}

/// Elements count up from 0, by index as well as in order, and the tree is sound.
template <class Vector>
void expect_counting(const Vector& vector, std::uint64_t count) {
  ASSERT_EQ(vector.check(), nullptr);
  ASSERT_EQ(vector.size(), count);
  std::uint64_t next = 0;
  for (const std::uint64_t element : vector) ASSERT_EQ(element, next++);
  for (std::uint64_t i = 0; i < count; i += 1 + i / 64) ASSERT_EQ(vector[i], i);
}

/// A tree whose branches are on average at least half full.
template <class Vector>
void expect_low(const Vector& vector, unsigned leaf_bits, unsigned branch_bits) {
  const auto bits = static_cast<unsigned>(std::bit_width(vector.size() | 1));
  const unsigned least = bits > leaf_bits ? bits - leaf_bits : 0;
  EXPECT_LE(vector.stats().depth, least / (branch_bits - 1) + 3);
}

template <class Vector>
class vector_shape : public ::testing::Test {};
TYPED_TEST_SUITE(vector_shape, two_shapes);

TYPED_TEST(vector_shape, eight_times_seventeen_elements) {
  TypeParam all;
  for (std::uint64_t i = 0; i < 8; ++i) all = all + counting<TypeParam>(i * 17, 17);
  expect_counting(all, 8 * 17);
}
TYPED_TEST(vector_shape, a_tree_just_over_a_power_and_a_full_one) {
  expect_counting(counting<TypeParam>(0, 1056) + counting<TypeParam>(1056, 1024), 2080);
  expect_counting(counting<TypeParam>(0, 1024) + counting<TypeParam>(1024, 1056), 2080);
}
TYPED_TEST(vector_shape, every_cut_put_together) {
  const TypeParam all = counting<TypeParam>(0, 600);
  for (std::uint64_t at = 0; at <= 600; ++at) {
    const TypeParam again = all.take(at) + all.drop(at);
    expect_counting(again, 600);
    ASSERT_EQ(again.stats().depth, all.stats().depth);
  }
}
TYPED_TEST(vector_shape, concatenated_with_itself_like_rabbits) {
  TypeParam older = counting<TypeParam>(0, 3), newer = counting<TypeParam>(0, 5);
  for (unsigned i = 0; i < 20; ++i) {
    older = std::exchange(newer, newer + older);
    ASSERT_EQ(newer.check(), nullptr);
  }
  EXPECT_EQ(newer.size(), 75025U);
  for (std::uint64_t i = 0; i < newer.size(); i += 97)
    ASSERT_EQ(newer[i], newer.begin()[static_cast<std::ptrdiff_t>(i)]);
}
TYPED_TEST(vector_shape, doubled_until_it_is_too_long) {
  TypeParam all = counting<TypeParam>(0, 100);
  while (all.size() <= TypeParam::max_size() / 2) all += all;
  EXPECT_EQ(all[all.size() - 1], 99U);
  EXPECT_EQ(all[all.size() / 2 + 5], all[5]);
  EXPECT_LT(all.stats().nodes, 20'000U);
  const auto before = all.identity();
  EXPECT_THROW((void)(all + all), std::length_error);
  EXPECT_EQ(all.identity(), before);
}
TYPED_TEST(vector_shape, singletons_appended_by_concatenation) {
  TypeParam all;
  for (std::uint64_t i = 0; i < 5000; ++i) all = all + TypeParam{i};
  expect_counting(all, 5000);
  EXPECT_EQ(all.stats().depth, counting<TypeParam>(0, 5000).stats().depth);
}
TYPED_TEST(vector_shape, singletons_put_before) {
  TypeParam all;
  for (std::uint64_t i = 5000; i-- > 0;) all = all.push_front(i);
  expect_counting(all, 5000);
  expect_low(all, is_narrow<TypeParam> ? 2 : 7, is_narrow<TypeParam> ? 2 : 4);
}
TYPED_TEST(vector_shape, short_ones_leaning_left_and_right) {
  TypeParam left, right;
  for (std::uint64_t i = 0; i < 700; ++i) {
    left = left + counting<TypeParam>(i * 7, 7);
    right = counting<TypeParam>((699 - i) * 7, 7) + right;
  }
  expect_counting(left, 4900);
  expect_counting(right, 4900);
  EXPECT_EQ(left, right);
  expect_low(left, is_narrow<TypeParam> ? 2 : 7, is_narrow<TypeParam> ? 2 : 4);
  expect_low(right, is_narrow<TypeParam> ? 2 : 7, is_narrow<TypeParam> ? 2 : 4);
}
TYPED_TEST(vector_shape, slices_of_slices) {
  TypeParam all = counting<TypeParam>(0, 4000);
  std::uint64_t first = 0;
  while (all.size() > 3) {
    const std::uint64_t from = all.size() / 7, to = all.size() - 1 - all.size() / 5;
    all = all.slice(from, to);
    first += from;
    ASSERT_EQ(all.check(), nullptr);
    for (std::uint64_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], first + i);
  }
}
TYPED_TEST(vector_shape, queue_stays_low) {
  TypeParam queue = counting<TypeParam>(0, 300);
  for (std::uint64_t i = 300; i < 4000; ++i) queue = std::move(queue).push_back(i).drop(1);
  ASSERT_EQ(queue.check(), nullptr);
  ASSERT_EQ(queue.size(), 300U);
  for (std::uint64_t i = 0; i < 300; ++i) ASSERT_EQ(queue[i], 3700 + i);
  EXPECT_LE(queue.stats().depth, counting<TypeParam>(0, 300).stats().depth + 1);
}
TYPED_TEST(vector_shape, elements_moved_about_a_thousand_times) {
  TypeParam all = counting<TypeParam>(0, 2000);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const std::uint64_t from = i * 7919 % 1900, to = i * 104729 % 1900;
    all = all.erase(from, from + 50).insert(to, all.slice(from, from + 50));
    ASSERT_EQ(all.check(), nullptr);
  }
  ASSERT_EQ(all.size(), 2000U);
  std::vector<std::uint64_t> sorted(all.begin(), all.end());
  std::sort(sorted.begin(), sorted.end());
  for (std::uint64_t i = 0; i < 2000; ++i) ASSERT_EQ(sorted[i], i);
  expect_low(all, is_narrow<TypeParam> ? 2 : 7, is_narrow<TypeParam> ? 2 : 4);
}

}  // namespace
}  // namespace coppice::vector_test
