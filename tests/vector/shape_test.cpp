// Shapes that are known to break relaxed trees, and how high they become.
#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "support.hpp"

namespace coppice::vector_test {
namespace {

/// Leaves of 4, branches of 4: high trees of few elements.
template <class Memory>
using narrow = vector<std::uint64_t, Memory, 2, 2>;
template <class Memory>
using usual = vector<std::uint64_t, Memory>;

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

/// log2 of the elements in a leaf and of the children of a branch.
template <class Vector>
struct bits_of;
template <class T, class Memory, unsigned LeafBits, unsigned BranchBits>
struct bits_of<vector<T, Memory, LeafBits, BranchBits>> {
  static constexpr unsigned leaf = detail::rrb_layout<T, LeafBits, BranchBits>::leaf_bits;
  static constexpr unsigned branch = BranchBits;
};

/// A tree whose branches are on average at least half full.
template <class Vector>
void expect_low(const Vector& vector) {
  constexpr unsigned leaf_bits = bits_of<Vector>::leaf, branch_bits = bits_of<Vector>::branch;
  const auto bits = static_cast<unsigned>(std::bit_width(vector.size() | 1));
  const unsigned least = bits > leaf_bits ? bits - leaf_bits : 0;
  EXPECT_LE(vector.stats().depth, least / (branch_bits - 1) + 3);
}

template <class Vector>
class vector_shape : public ::testing::Test {};
#ifdef COPPICE_TEST_STORE_ARENA
using shapes = ::testing::Types<narrow<store_arena>, vector<std::uint64_t, store_arena, 1, 3>, usual<store_arena>>;
#else
using shapes = ::testing::Types<narrow<local_heap>, narrow<atomic_heap>, vector<std::uint64_t, local_heap, 1, 3>,
                                vector<std::uint64_t, atomic_heap, 2, 5>, usual<local_heap>, usual<atomic_heap>>;
#endif
TYPED_TEST_SUITE(vector_shape, shapes);

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
TYPED_TEST(vector_shape, concatenated_like_rabbits) {
  std::vector<std::uint64_t> older_model{0, 1, 2}, newer_model{10, 11, 12, 13, 14};
  TypeParam older(older_model), newer(newer_model);
  for (unsigned i = 0; i < 20; ++i) {
    older = std::exchange(newer, newer + older);
    std::vector<std::uint64_t> both(newer_model);
    both.insert(both.end(), older_model.begin(), older_model.end());
    older_model = std::exchange(newer_model, std::move(both));
    ASSERT_TRUE(holds(newer, newer_model));
  }
  EXPECT_EQ(newer.size(), 75025U);
  EXPECT_TRUE(std::ranges::equal(newer, newer_model));
  expect_low(newer);
}
TYPED_TEST(vector_shape, concatenated_with_itself) {
  for (const std::uint64_t count : {1U, 3U, 17U, 100U}) {
    TypeParam all = counting<TypeParam>(0, count);
    while (all.size() < 20'000) {
      all = all + all;
      ASSERT_EQ(all.check(), nullptr);
      ASSERT_EQ(all.size() % count, 0U);
      for (std::uint64_t i = 0; i < all.size(); i += 1 + i / 64) ASSERT_EQ(all[i], i % count);
    }
    expect_low(all);
  }
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
  for (std::uint64_t i = 0; i < 5000; ++i) {
    all = all + TypeParam{i};
    if (i % 16 == 0) {
      ASSERT_EQ(all.check(), nullptr);
    }
  }
  expect_counting(all, 5000);
  EXPECT_EQ(all.stats().depth, counting<TypeParam>(0, 5000).stats().depth);
}
TYPED_TEST(vector_shape, singletons_joined_in_pairs) {
  std::vector<TypeParam> parts;
  for (std::uint64_t i = 0; i < 5000; ++i) parts.push_back(TypeParam{i});
  while (parts.size() > 1) {
    std::vector<TypeParam> pairs;
    for (std::size_t i = 0; i < parts.size(); i += 2) {
      pairs.push_back(i + 1 < parts.size() ? parts[i] + parts[i + 1] : parts[i]);
      ASSERT_EQ(pairs.back().check(), nullptr);
    }
    parts.swap(pairs);
  }
  expect_counting(parts[0], 5000);
  expect_low(parts[0]);
}
TYPED_TEST(vector_shape, singletons_put_before) {
  TypeParam all;
  for (std::uint64_t i = 5000; i-- > 0;) all = all.push_front(i);
  expect_counting(all, 5000);
  expect_low(all);
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
  expect_low(left);
  expect_low(right);
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
TYPED_TEST(vector_shape, slices_of_slices_put_together) {
  TypeParam all = counting<TypeParam>(0, 3000);
  for (std::uint64_t round = 0; round < 40; ++round) {
    const std::uint64_t third = all.size() / 3;
    const TypeParam left = all.slice(0, third + round), right = all.slice(third + round, all.size());
    const std::uint64_t cut = right.size() / (2 + round % 5);
    all = left.slice(0, left.size() / 2) + left.drop(left.size() / 2) +
          (right.take(cut) + right.slice(cut, right.size()));
    expect_counting(all, 3000);
  }
  expect_low(all);
}
/// What is left around the middle of the root is thin on both sides; each time it is doubled the tree would become
/// higher, until it had more levels than any (R5).
TYPED_TEST(vector_shape, cut_out_of_the_middle_and_doubled_again_and_again) {
  constexpr std::uint64_t leaf = std::uint64_t{1} << bits_of<TypeParam>::leaf;
  TypeParam all = counting<TypeParam>(0, 100);
  const std::uint64_t most = leaf << (2 * bits_of<TypeParam>::branch + 2);
  for (unsigned round = 0; round < 48 / (bits_of<TypeParam>::branch - 1) + 6; ++round) {
    const unsigned depth = all.stats().depth;
    while (all.stats().depth <= depth && all.size() < most) {
      all = all + all;
      ASSERT_EQ(all.check(), nullptr);
    }
    TypeParam thin = all;
    const unsigned higher = all.stats().depth;
    const std::uint64_t step = 1 + leaf / 8, count = leaf + 1 + step;
    for (std::uint64_t first = 0; first + count <= all.size() && thin.size() == all.size(); first += step) {
      const TypeParam part = all.slice(first, first + count);
      ASSERT_EQ(part.check(), nullptr);
      if (part.stats().depth == higher) thin = part;
    }
    all = thin.size() < all.size() ? thin : all.slice(all.size() / 3, all.size() / 3 * 2);
    ASSERT_EQ(all.check(), nullptr);
    ASSERT_LE(all.stats().depth, std::bit_width(most) / (bits_of<TypeParam>::branch - 1) + 4);
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
  expect_low(all);
}

}  // namespace
}  // namespace coppice::vector_test
