// Sets: making, looking up, changing, going through, and their own relations.
#include "support.hpp"

namespace coppice::collection_test {
namespace {

using number_set = std::set<std::uint64_t>;

template <class Set>
class set_case : public ::testing::Test {
 protected:
  using T = typename Set::value_type;
  [[nodiscard]] static T element(std::uint64_t number) { return made_from<T>(number); }
  [[nodiscard]] static std::vector<T> elements(std::uint64_t from, std::uint64_t to) {
    std::vector<T> made;
    for (std::uint64_t i = from; i < to; ++i) made.push_back(element(i));
    return made;
  }
  [[nodiscard]] static number_set content(std::uint64_t from, std::uint64_t to) {
    number_set made;
    for (std::uint64_t i = from; i < to; ++i) made.insert(made.end(), i);
    return made;
  }
};
TYPED_TEST_SUITE(set_case, few_set_configurations);

TYPED_TEST(set_case, is_made_from_ranges_and_braces) {
  EXPECT_TRUE(holds(TypeParam(), {}));
  for (const std::uint64_t size : {1U, 2U, 9U, 40U, 500U}) {
    auto elements = this->elements(0, size);
    EXPECT_TRUE(holds(TypeParam(elements), this->content(0, size)));
    const auto again = elements;
    elements.insert(elements.end(), again.begin(), again.end());
    EXPECT_TRUE(holds(TypeParam(elements.rbegin(), elements.rend()), this->content(0, size)));
  }
  const TypeParam braces{this->element(1), this->element(2), this->element(1)};
  EXPECT_TRUE(holds(braces, {1, 2}));
  EXPECT_TRUE(holds(TypeParam(braces.begin(), braces.end()), {1, 2}));
}

TYPED_TEST(set_case, lookups_agree) {
  const TypeParam set(this->elements(0, 50));
  EXPECT_TRUE(*set.find(this->element(7)) == this->element(7));
  EXPECT_TRUE(set.contains(this->element(7)));
  EXPECT_EQ(set.count(this->element(7)), 1U);
  EXPECT_EQ(set.find(this->element(50)), nullptr);
  EXPECT_EQ(set.count(this->element(50)), 0U);
}

TYPED_TEST(set_case, changes_leave_the_old_version) {
  const TypeParam set(this->elements(0, 50));
  EXPECT_TRUE(holds(set.insert(this->element(50)), this->content(0, 51)));
  EXPECT_TRUE(holds(TypeParam(set).insert(this->element(50)), this->content(0, 51)));
  EXPECT_TRUE(holds(set.erase(this->element(0)), this->content(1, 50)));
  EXPECT_TRUE(holds(TypeParam(set).erase(this->element(0)), this->content(1, 50)));
  EXPECT_EQ(set.insert(this->element(7)).identity(), set.identity());
  EXPECT_EQ(set.insert(*set.begin()).identity(), set.identity());
  EXPECT_EQ(set.erase(this->element(50)).identity(), set.identity());
  EXPECT_TRUE(holds(set, this->content(0, 50)));
}

TYPED_TEST(set_case, transients_change_and_versions_stay) {
  const TypeParam set(this->elements(0, 50));
  auto changing = set.transient();
  EXPECT_TRUE(changing.insert(this->element(50)));
  EXPECT_FALSE(changing.insert(this->element(50)));
  EXPECT_TRUE(changing.erase(this->element(0)));
  EXPECT_FALSE(changing.erase(this->element(0)));
  const TypeParam kept = changing.persistent();
  while (!changing.empty()) ASSERT_TRUE(changing.erase(*changing.begin()));
  EXPECT_FALSE(changing.contains(this->element(5)));
  EXPECT_EQ(changing.size(), 0U);
  EXPECT_TRUE(holds(kept, this->content(1, 51)));
  EXPECT_TRUE(holds(set, this->content(0, 50)));
  EXPECT_TRUE(holds(std::move(changing).persistent(), {}));
}

TYPED_TEST(set_case, is_gone_through_in_all_ways) {
  const TypeParam set(this->elements(0, 300));
  number_set left = this->content(0, 300);
  EXPECT_EQ(std::ranges::distance(set), 300);
  std::vector<typename TypeParam::value_type> met;
  EXPECT_TRUE(set.for_each_chunk([&](auto chunk) { met.insert(met.end(), chunk.begin(), chunk.end()); }));
  EXPECT_TRUE(std::equal(met.begin(), met.end(), set.begin(), set.end()));
  EXPECT_FALSE(set.for_each_chunk([](auto) { return false; }));
  auto at = set.begin();
  for (const auto& part : set.partition(7)) {
    EXPECT_TRUE(part.size() == 42 || part.size() == 43);
    for (const auto& each : part) EXPECT_EQ(&each, &*at++);
  }
  EXPECT_EQ(at, set.end());
  EXPECT_TRUE(TypeParam(met) == set);
}

TYPED_TEST(set_case, joins_are_those_of_sets) {
  const TypeParam all(this->elements(0, 80)), part(this->elements(20, 40)), other(this->elements(30, 120));
  for (const std::uint64_t seed : {1U, 2U}) {
    const auto like = TypeParam(hash_seed{seed}).merge(other);
    EXPECT_TRUE(holds(all.merge(like), this->content(0, 120)));
    EXPECT_TRUE(holds(like.merge(all), this->content(0, 120)));
    EXPECT_TRUE(holds(all.intersect(like), this->content(30, 80)));
    EXPECT_TRUE(holds(all.subtract(like), this->content(0, 30)));
    EXPECT_TRUE(holds(like.subtract(all), this->content(80, 120)));
    EXPECT_FALSE(part.is_subset_of(like));
    EXPECT_TRUE(all.intersect(like).is_subset_of(like));
  }
  EXPECT_EQ(all.merge(part).identity(), all.identity());
  EXPECT_TRUE(part.is_subset_of(all));
  EXPECT_FALSE(all.is_subset_of(part));
  EXPECT_TRUE(all.is_subset_of(all));
  EXPECT_TRUE(TypeParam().is_subset_of(part));
  EXPECT_TRUE(all.subtract(all).empty());
}

// NOLINTBEGIN(bugprone-use-after-move): what is left is what is tested
TYPED_TEST(set_case, is_empty_and_usable_after_a_move) {
  TypeParam set(this->elements(0, 30));
  TypeParam& same = set;
  set = same;
  set = std::move(same);
  EXPECT_TRUE(holds(set, this->content(0, 30)));
  const TypeParam taken = std::move(set);
  EXPECT_TRUE(holds(set, {}));
  EXPECT_TRUE(holds(set.insert(this->element(0)), {0}));
  EXPECT_TRUE(set.is_subset_of(taken));
}
// NOLINTEND(bugprone-use-after-move)

TYPED_TEST(set_case, statistics_tell_what_is_shared) {
  const TypeParam set(this->elements(0, 200));
  const auto more = set.insert(this->element(200));
  EXPECT_EQ(set.stats(set).shared_nodes, set.stats().nodes);
  EXPECT_LT(more.stats(set).shared_nodes, more.stats().nodes);
}

}  // namespace
}  // namespace coppice::collection_test
