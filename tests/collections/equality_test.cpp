// What makes maps equal, their hashes, their identities and what they share.
#include <unordered_set>

#include "support.hpp"

template <>
struct std::hash<coppice::test::fragile> {
  std::size_t operator()(const coppice::test::fragile& of) const noexcept { return of.number(); }
};
template <>
struct std::hash<coppice::test::aligned_number> {
  std::size_t operator()(const coppice::test::aligned_number& of) const noexcept { return of.number; }
};

namespace coppice::collection_test {
namespace {

template <class Map>
class map_equality : public map_case<Map> {};
TYPED_TEST_SUITE(map_equality, few_map_configurations);

TYPED_TEST(map_equality, depends_on_content_alone) {
  for (const std::uint64_t size : {0U, 1U, 4U, 50U, 500U}) {
    const number_map content = numbers(0, size);
    const TypeParam map = this->map_of(content), other = this->map_of(content, 5);
    EXPECT_TRUE(map == TypeParam(this->elements(content)));
    EXPECT_TRUE(map == other);
    EXPECT_TRUE(other == map);
    EXPECT_TRUE(map != map.set(this->key(size), this->value(1)));
    if (size == 0) continue;
    EXPECT_TRUE(map != map.erase(this->key(0)));
    EXPECT_TRUE(map != map.set(this->key(0), this->value(77)));
    EXPECT_TRUE(other != map.set(this->key(0), this->value(77)));
    EXPECT_TRUE(other != map.erase(this->key(0)).set(this->key(size), this->value(size)));
    EXPECT_TRUE(map == map.set(this->key(0), this->value(77)).set(this->key(0), this->value(0)));
  }
}

TYPED_TEST(map_equality, equal_maps_have_equal_hashes) {
  const std::hash<TypeParam> as_key;
  std::unordered_set<std::size_t> hashes;
  for (const std::uint64_t size : {0U, 1U, 2U, 50U}) {
    const TypeParam map = this->map_of(numbers(0, size)), other = this->map_of(numbers(0, size), 5);
    EXPECT_EQ(as_key(map), as_key(other));
    EXPECT_EQ(hash<TypeParam>{}(map, 9), hash<TypeParam>{}(other, 9));
    hashes.insert(as_key(map));
    hashes.insert(as_key(map.set(this->key(0), this->value(5))));
    hashes.insert(hash<TypeParam>{}(map, 1));
  }
  EXPECT_GE(hashes.size(), 9U);
}

TYPED_TEST(map_equality, statistics_count_what_is_shared) {
  const TypeParam map = this->map_of(numbers(0, 500));
  const auto own = map.stats();
  EXPECT_GT(own.nodes, 0U);
  EXPECT_GE(own.bytes, 500 * sizeof(typename TypeParam::value_type));
  EXPECT_GE(own.depth, 1U);
  EXPECT_EQ(own.shared_nodes, 0U);

  const TypeParam copy = map;
  EXPECT_EQ(copy.stats(map).shared_nodes, own.nodes);
  EXPECT_EQ(copy.stats(map).shared_bytes, own.bytes);

  const TypeParam changed = map.set(this->key(7), this->value(1));
  const auto of_changed = changed.stats(map);
  EXPECT_EQ(of_changed.nodes, own.nodes);
  EXPECT_GE(of_changed.shared_nodes + own.depth, own.nodes);  // all but a path
  EXPECT_LT(of_changed.shared_nodes, own.nodes);
  EXPECT_EQ(this->map_of(numbers(0, 500)).stats(map).shared_nodes, 0U);
}

TYPED_TEST(map_equality, a_map_of_another_seed_takes_over_that_of_the_left) {
  const TypeParam left = this->map_of(numbers(0, 100), 3);
  const TypeParam merged = left.merge(this->map_of(numbers(100, 110), 4));
  EXPECT_EQ(merged.stats().nodes, this->map_of(numbers(0, 110), 3).stats().nodes);  // canonical under one seed
  EXPECT_EQ(left.merge(this->map_of(numbers(20, 30), 4)).identity(), left.identity());
  EXPECT_EQ(left.intersect(this->map_of(numbers(0, 200), 4)).identity(), left.identity());
}

TEST(set_equality, depends_on_content_alone) {
  const set<std::string> one{"a", "b", "c"}, other{"c", "b", "a", "b"};
  EXPECT_EQ(one, other);
  auto seeded = set<std::string>(hash_seed{17}).insert("a").insert("b");
  EXPECT_NE(one, seeded);
  seeded = seeded.insert("c");
  EXPECT_EQ(one, seeded);
  EXPECT_EQ(std::hash<set<std::string>>{}(one), std::hash<set<std::string>>{}(seeded));
  EXPECT_NE(std::hash<set<std::string>>{}(one), std::hash<set<std::string>>{}(one.erase("a")));
}

TEST(collections_as_keys, are_found_by_content) {
  using inner = map<std::string, int>;
  map<inner, std::string> names;
  names = names.set({{"a", 1}}, "first").set({{"a", 2}}, "second").set(inner(hash_seed{1}).set("a", 1), "third");
  EXPECT_EQ(names.size(), 2U);
  EXPECT_EQ(names.at(inner(hash_seed{2}).set("a", 1)), "third");
  set<set<int>> families;
  families = families.insert({1, 2}).insert({2, 1}).insert({});
  EXPECT_EQ(families.size(), 2U);
  EXPECT_STREQ(families.check(), nullptr);
}

}  // namespace
}  // namespace coppice::collection_test
