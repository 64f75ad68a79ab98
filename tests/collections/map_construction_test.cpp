// How maps are made, copied, moved and assigned.
#include <forward_list>
#include <list>
#include <map>
#include <sstream>

#include "support.hpp"

namespace coppice::collection_test {
namespace {

template <class Map>
class map_construction : public map_case<Map> {};
TYPED_TEST_SUITE(map_construction, few_map_configurations);

TYPED_TEST(map_construction, a_new_map_is_empty) {
  const TypeParam map;
  EXPECT_TRUE(map.empty());
  EXPECT_TRUE(holds(map, {}));
  EXPECT_EQ(map.begin(), map.end());
  EXPECT_EQ(map.stats().nodes, 0U);
}

TYPED_TEST(map_construction, a_range_of_any_size_makes_what_single_changes_make) {
  for (const std::uint64_t count : {1U, 2U, 3U, 8U, 9U, 33U, 100U, 1000U}) {
    const number_map content = numbers(0, count);
    const TypeParam built(this->elements(content));
    ASSERT_TRUE(holds(built, content)) << count;
    auto single = TypeParam().transient();
    for (const auto& [key, value] : content) single.set(this->key(key), this->value(value));
    ASSERT_TRUE(*single == built) << count;
    ASSERT_EQ(single->stats().nodes, built.stats().nodes) << count;
  }
}

TYPED_TEST(map_construction, of_elements_with_one_key_the_last_stays) {
  std::vector<typename TypeParam::value_type> elements;
  for (std::uint64_t i = 0; i < 500; ++i) elements.emplace_back(this->key(i % 50), this->value(i));
  EXPECT_TRUE(holds(TypeParam(elements), numbers(0, 50, 450)));
  EXPECT_TRUE(holds(TypeParam(elements.begin(), elements.begin() + 51), [] {
    number_map content = numbers(0, 50);
    content[0] = 50;
    return content;
  }()));
}

TYPED_TEST(map_construction, iterators_of_every_category_will_do) {
  const number_map content = numbers(0, 70);
  const auto elements = this->elements(content);
  using pair = typename TypeParam::value_type;
  const std::list<pair> list(elements.begin(), elements.end());
  const std::forward_list<pair> forward(elements.begin(), elements.end());
  EXPECT_TRUE(holds(TypeParam(list), content));
  EXPECT_TRUE(holds(TypeParam(list.begin(), list.end()), content));
  EXPECT_TRUE(holds(TypeParam(forward), content));
  EXPECT_TRUE(holds(TypeParam(elements.data(), elements.data() + elements.size()), content));
  EXPECT_TRUE(holds(TypeParam(std::counted_iterator(list.begin(), 70), std::default_sentinel), content));
  EXPECT_TRUE(holds(TypeParam(elements.rbegin(), elements.rend()), content));
  const TypeParam map(elements);
  EXPECT_TRUE(holds(TypeParam(map.begin(), map.end()), content));
  auto spare = elements;
  EXPECT_TRUE(holds(TypeParam(std::make_move_iterator(spare.begin()), std::make_move_iterator(spare.end())), content));
  EXPECT_TRUE(holds(TypeParam(elements.begin(), elements.begin()), {}));
}

TYPED_TEST(map_construction, a_range_is_left_as_it_is) {
  const number_map content = numbers(0, 40);
  auto elements = this->elements(content);
  const auto before = elements;
  EXPECT_TRUE(holds(TypeParam(elements), content));
  EXPECT_TRUE(holds(TypeParam(elements.begin(), elements.end()), content));
  EXPECT_TRUE(elements == before);
}

TYPED_TEST(map_construction, braces_list_elements) {
  const TypeParam map{{this->key(1), this->value(1)}, {this->key(2), this->value(3)}, {this->key(2), this->value(2)}};
  EXPECT_TRUE(holds(map, numbers(1, 3)));
}

TYPED_TEST(map_construction, copies_share_and_stay_apart) {
  const TypeParam map = this->map_of(numbers(0, 30));
  TypeParam copy = map;
  EXPECT_EQ(copy.identity(), map.identity());
  copy = std::move(copy).set(this->key(3), this->value(77));
  EXPECT_TRUE(holds(map, numbers(0, 30)));
  copy = map;
  EXPECT_EQ(copy.identity(), map.identity());
}

TYPED_TEST(map_construction, a_map_may_be_assigned_to_itself) {
  TypeParam map = this->map_of(numbers(0, 30));
  TypeParam& same = map;
  map = same;
  EXPECT_TRUE(holds(map, numbers(0, 30)));
  map = std::move(same);
  EXPECT_TRUE(holds(map, numbers(0, 30)));
  std::swap(map, same);
  EXPECT_TRUE(holds(map, numbers(0, 30)));
}

// NOLINTBEGIN(bugprone-use-after-move): what is left is what is tested
TYPED_TEST(map_construction, a_map_moved_from_is_empty_and_can_be_used) {
  TypeParam map = this->map_of(numbers(0, 30), 5);
  const TypeParam taken = std::move(map);
  EXPECT_TRUE(holds(map, {}));
  EXPECT_TRUE(holds(map.set(this->key(1), this->value(1)), numbers(1, 2)));
  EXPECT_EQ(map.begin(), map.end());
  EXPECT_TRUE(taken == map.merge(taken));
  const TypeParam changed = std::move(map).set(this->key(1), this->value(1));
  EXPECT_TRUE(holds(map, {}));
  EXPECT_TRUE(holds(changed, numbers(1, 2)));
  map = taken;
  EXPECT_TRUE(holds(map, numbers(0, 30)));
  auto changing = std::move(map).transient();
  EXPECT_TRUE(holds(map, {}));
  EXPECT_TRUE(holds(std::move(changing).persistent(), numbers(0, 30)));
  EXPECT_TRUE(changing.empty());
  EXPECT_TRUE(changing.set(this->key(1), this->value(1)));
  EXPECT_TRUE(holds(*changing, numbers(1, 2)));
}
// NOLINTEND(bugprone-use-after-move)

TEST(map_construction_from, what_converts_to_elements) {
  const std::map<int, const char*> old{{1, "one"}, {2, "two"}};
  const map<long, std::string> converted(old);
  EXPECT_EQ(converted.size(), 2U);
  EXPECT_EQ(converted.at(2), "two");
  const std::pair<int, int> plain[] = {{1, 2}, {3, 4}};
  EXPECT_EQ((map<int, int>(plain).at(3)), 4);
  EXPECT_EQ((map<int, int>(std::begin(plain), std::end(plain)).at(1)), 2);
}

TEST(map_construction_from, a_stream_that_can_be_read_once) {
  std::istringstream words("to be or not to be");
  const set<std::string> seen{std::istream_iterator<std::string>(words), std::istream_iterator<std::string>()};
  EXPECT_EQ(seen, (set<std::string>{"be", "not", "or", "to"}));
}

}  // namespace
}  // namespace coppice::collection_test
