// Whole maps: merge, with and without a resolver, intersect and subtract, over all overlaps, sizes and seeds.
#include "support.hpp"

namespace coppice::collection_test {
namespace {

template <class Map>
class map_join : public map_case<Map> {
 protected:
  /// Calls `check(left, right, left content, right content)` for maps that overlap in all ways.
  template <class Check>
  void for_all_overlaps(const Check& check) {
    struct bounds {
      std::uint64_t from, to;
    };
    const bounds all[] = {{0, 0}, {0, 1}, {0, 100}, {50, 150}, {100, 200}, {40, 43}, {0, 300}, {290, 292}};
    for (const bounds& left : all) {
      for (const bounds& right : all) {
        for (const std::uint64_t more : {0U, 1U}) {
          const number_map ours = numbers(left.from, left.to), theirs = numbers(right.from, right.to, more);
          check(this->map_of(ours, 1), this->map_of(theirs, 1 + (left.from + right.to) % 2), ours, theirs);
          if (this->HasFatalFailure()) return;
        }
      }
    }
  }
};
TYPED_TEST_SUITE(map_join, few_map_configurations);

TYPED_TEST(map_join, merge_takes_all_and_prefers_the_other) {
  this->for_all_overlaps([](const auto& ours, const auto& theirs, const auto& left, const auto& right) {
    number_map expected = right;
    expected.insert(left.begin(), left.end());
    ASSERT_TRUE(holds(ours.merge(theirs), expected));
    ASSERT_TRUE(holds(ours, left));
    ASSERT_TRUE(holds(theirs, right));
  });
}

TYPED_TEST(map_join, merge_asks_the_resolver_where_values_differ) {
  using mapped = typename TypeParam::mapped_type;
  this->for_all_overlaps([](const auto& ours, const auto& theirs, const auto& left, const auto& right) {
    number_map expected = right;
    expected.insert(left.begin(), left.end());
    std::size_t conflicts = 0, asked = 0;
    for (const auto& [key, value] : left) {
      if (!right.contains(key) || right.at(key) == value) continue;
      expected[key] = 7777;
      ++conflicts;
    }
    const auto merged = ours.merge(theirs, [&](const auto& key, const mapped& here, const mapped& there) {
      EXPECT_TRUE(ours.at(key) == here);
      EXPECT_TRUE(theirs.at(key) == there);
      ++asked;
      return made_from<mapped>(7777);
    });
    ASSERT_TRUE(holds(merged, expected));
    ASSERT_EQ(asked, conflicts);
  });
}

TYPED_TEST(map_join, intersect_keeps_common_keys_with_its_own_values) {
  this->for_all_overlaps([](const auto& ours, const auto& theirs, const auto& left, const auto& right) {
    number_map expected;
    for (const auto& [key, value] : left) {
      if (right.contains(key)) expected[key] = value;
    }
    ASSERT_TRUE(holds(ours.intersect(theirs), expected));
  });
}

TYPED_TEST(map_join, subtract_leaves_out_the_keys_of_the_other) {
  this->for_all_overlaps([](const auto& ours, const auto& theirs, const auto& left, const auto& right) {
    number_map expected = left;
    for (const auto& [key, value] : right) expected.erase(key);
    ASSERT_TRUE(holds(ours.subtract(theirs), expected));
  });
}

TYPED_TEST(map_join, joining_with_itself_or_a_part_keeps_the_identity) {
  const TypeParam map = this->map_of(numbers(0, 150));
  const TypeParam part = map.erase(this->key(3)).erase(this->key(77));
  EXPECT_EQ(map.merge(map).identity(), map.identity());
  EXPECT_EQ(map.merge(part).identity(), map.identity());
  EXPECT_EQ(part.merge(map).identity(), map.identity());
  EXPECT_EQ(map.merge(TypeParam()).identity(), map.identity());
  EXPECT_EQ(TypeParam().merge(map).identity(), map.identity());
  EXPECT_EQ(map.intersect(map).identity(), map.identity());
  EXPECT_EQ(part.intersect(map).identity(), part.identity());
  EXPECT_EQ(map.subtract(TypeParam()).identity(), map.identity());
  EXPECT_TRUE(map.subtract(map).empty());
  EXPECT_TRUE(holds(map.subtract(part), {{3, 3}, {77, 77}}));
}

TYPED_TEST(map_join, the_result_has_the_seed_of_the_left_one) {
  const TypeParam left = this->map_of(numbers(0, 50), 1), right = this->map_of(numbers(25, 75), 2);
  const TypeParam merged = left.merge(right), other_way = right.merge(left);
  EXPECT_TRUE(merged == other_way);
  EXPECT_TRUE(holds(merged, numbers(0, 75)));
  // Of one seed and content: canonical, hence alike node by node.
  EXPECT_EQ(merged.stats().nodes, this->map_of(numbers(0, 75), 1).stats().nodes);
  EXPECT_EQ(other_way.stats().nodes, this->map_of(numbers(0, 75), 2).stats().nodes);
}

}  // namespace
}  // namespace coppice::collection_test
