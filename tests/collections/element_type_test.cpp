// Elements of unusual types: maps within themselves, values that are empty, or cannot be compared, compact or huge.
#include <array>
#include <filesystem>
#include <memory>
#include <tuple>

#include "support.hpp"

namespace coppice::collection_test {

/// A map of itself: the value type is incomplete where the map is named.
struct tree {
  std::string name;
  map<std::string, tree> children;
  friend bool operator==(const tree& a, const tree& b) { return a.name == b.name && a.children == b.children; }
};
struct chain {
  map<int, chain> next;
};
struct family;
struct family_hash {
  std::uint64_t operator()(const family& of, std::uint64_t seed) const noexcept;
};
struct family {
  set<family, family_hash> members;
  friend bool operator==(const family& a, const family& b) { return a.members == b.members; }
};
inline std::uint64_t family_hash::operator()(const family& of, std::uint64_t seed) const noexcept {
  return hash<set<family, family_hash>>{}(of.members, seed);
}

namespace {

TEST(element_types, a_map_may_hold_maps_of_its_own_kind) {
  tree root{"root", {}};
  root.children = root.children.set("a", {"a", {}}).set("b", {"b", {}});
  const tree older = root;
  root.children =
      root.children.update("a", [](const tree& old) { return tree{old.name, old.children.set("leaf", {"leaf", {}})}; });
  EXPECT_EQ(root.children.at("a").children.at("leaf").name, "leaf");
  EXPECT_TRUE(older.children.at("a").children.empty());
  EXPECT_EQ(root.children.at("b"), older.children.at("b"));
  EXPECT_FALSE(root == older);
  EXPECT_EQ(root.children["missing"].name, "");
  const auto merged = older.children.merge(root.children);
  EXPECT_EQ(merged.at("a"), root.children.at("a"));
}

TEST(element_types, a_set_may_hold_sets_of_its_own_kind) {
  const family none, one{{none}}, two{{none, one}};
  EXPECT_EQ(two.members.size(), 2U);
  EXPECT_TRUE(two.members.contains(family{{family{}}}));
  EXPECT_EQ(two.members.insert(one).identity(), two.members.identity());
}

TEST(element_types, maps_within_maps_are_freed_without_a_deep_stack) {
  map<int, chain> outer;
  for (int i = 0; i < 300'000; ++i) outer = map<int, chain>().set(1, chain{std::move(outer)});
  EXPECT_EQ(outer.size(), 1U);
  outer = {};
  EXPECT_TRUE(outer.empty());
}

TEST(element_types, values_may_be_empty) {
  auto changing = map<int, nothing>().transient();
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(changing.set(i, {}));
  for (int i = 0; i < 500; ++i) EXPECT_FALSE(changing.set(i, {}));
  const auto map = changing.persistent();
  EXPECT_EQ(map.size(), 500U);
  EXPECT_NE(map.find(7), nullptr);
  EXPECT_EQ(map.merge(map.erase(3)).identity(), map.identity());
  EXPECT_EQ(map.intersect(map.erase(3)).size(), 499U);
  EXPECT_STREQ(map.check(), nullptr);
}

struct one_for_all {
  std::uint64_t operator()(nothing, std::uint64_t seed) const noexcept { return seed; }
};
TEST(element_types, a_set_of_an_empty_type_holds_one_element) {
  const auto set = coppice::set<nothing, one_for_all>().insert({}).insert({});
  EXPECT_EQ(set.size(), 1U);
  EXPECT_TRUE(set.contains(nothing{}));
  EXPECT_TRUE(set.erase(nothing{}).empty());
}

TEST(element_types, values_need_not_be_comparable) {
  struct opaque {
    int of = 0;
  };
  using opaque_map = map<int, opaque, hash<int>, std::equal_to<>, local_heap, 2>;
  opaque_map map{{1, {10}}, {2, {20}}, {3, {30}}};
  map = map.set(1, {11}).update(2, [](const opaque& old) { return opaque{old.of + 1}; });
  EXPECT_EQ(map.at(1).of, 11);
  EXPECT_EQ(map.at(2).of, 21);
  EXPECT_EQ(map.merge(opaque_map(hash_seed{5}).set(3, {31}).set(4, {40})).at(3).of, 31);
  EXPECT_EQ(map.intersect(map.erase(1)).size(), 2U);
  const auto merged =
      merge3(map, map.set(7, {70}), map.set(8, {80}),
             [](int, const opaque*, const opaque* ours, const opaque*) { return std::optional(*ours); });
  EXPECT_EQ(merged.size(), 5U);
  static_assert(!std::equality_comparable<opaque_map>);
}

TEST(element_types, aligned_elements_are_aligned) {
  set<int> seen;
  map<int, aligned_number, hash<int>, std::equal_to<>, atomic_heap, 3> map;
  for (int i = 0; i < 100; ++i) map = std::move(map).set(i, {static_cast<std::uint64_t>(i)});
  for (const auto& [key, value] : map) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&value) % alignof(aligned_number), 0U);
    EXPECT_EQ(value.number, static_cast<std::uint64_t>(key));
    seen = std::move(seen).insert(key);
  }
  EXPECT_EQ(seen.size(), 100U);
}

TEST(element_types, elements_may_be_large) {
  using page = std::array<char, 70'000>;
  map<int, page> map;
  for (char i = 0; i < 20; ++i) {
    page made{};
    made.fill(i);
    map = std::move(map).set(i, made);
  }
  const auto changed = map.erase(3);
  EXPECT_EQ(changed.size(), 19U);
  EXPECT_EQ(map.at(7)[69'999], 7);
  EXPECT_STREQ(map.check(), nullptr);
}

TEST(element_types, values_that_cannot_be_copied_are_held_by_pointers) {
  map<int, std::shared_ptr<const int>> map;
  map = map.set(1, std::make_shared<const int>(5));
  const auto kept = map;
  map = map.erase(1);
  EXPECT_EQ(*kept.at(1), 5);
  EXPECT_EQ(kept.at(1).use_count(), 1);
}

TEST(element_types, numbers_pairs_tuples_and_ranges_are_keys) {
  enum class colour : std::uint8_t { red, green };
  EXPECT_EQ((map<colour, int>{{colour::red, 1}, {colour::green, 2}}.at(colour::green)), 2);
  EXPECT_EQ((map<double, int>{{0.0, 1}, {-0.0, 2}, {0.5, 3}}.size()), 2U);
  EXPECT_EQ((map<std::pair<int, std::string>, int>{{{1, "a"}, 1}, {{1, "b"}, 2}}.at({1, "b"})), 2);
  EXPECT_EQ((map<std::tuple<int, char, long>, int>{{{1, 'a', 2}, 7}}.at({1, 'a', 2})), 7);
  EXPECT_EQ((set<std::vector<int>>{{1, 2}, {1, 2}, {2, 1}}.size()), 2U);
  EXPECT_EQ((set<std::array<int, 2>>{{1, 2}, {1, 2}, {2, 1}}.size()), 2U);
  EXPECT_EQ((set<std::vector<bool>>{{true, false}, {true, false}, {true}}.size()), 2U);
  EXPECT_EQ((set<std::optional<int>>{1, 1, std::nullopt}.size()), 2U);
  const int numbers[2] = {};
  EXPECT_EQ((set<const int*>{&numbers[0], &numbers[1], &numbers[0]}.size()), 2U);
  EXPECT_EQ((set<std::chrono::seconds>{std::chrono::seconds(1), std::chrono::minutes(1)}.size()), 2U);
}

TEST(element_types, a_set_of_bool_holds_two) {
  const set<bool> both{true, false, true}, one(std::vector<bool>{true});
  EXPECT_EQ(both.size(), 2U);
  EXPECT_EQ(both.merge(set<bool>(hash_seed{3}).insert(true)), both);
  EXPECT_EQ(both.subtract(one), set<bool>{false});
}

/// A path is a range of paths.
TEST(element_types, paths_are_keys) {
  const map<std::filesystem::path, int> sizes{{"/a/b", 1}, {"/a/c", 2}, {"/a//b", 3}};
  EXPECT_EQ(sizes.size(), 2U);
  EXPECT_EQ(sizes.at("/a/b"), 3);
}

/// What has a Hash with state takes it from the map that it is made from.
struct salted_hash {
  std::uint64_t salt = 0;
  std::uint64_t operator()(int key, std::uint64_t seed) const noexcept { return hash<int>{}(key, seed ^ salt); }
  friend bool operator==(const salted_hash&, const salted_hash&) = default;
};
TEST(element_types, hashes_may_have_state) {
  using salted_map = map<int, int, salted_hash>;
  salted_map one(hash_seed{1}, {5}), other(hash_seed{1}, {6});
  for (int i = 0; i < 100; ++i) {
    one = std::move(one).set(i, i);
    other = std::move(other).set(i + 50, i + 50);
  }
  EXPECT_EQ(one.merge(other).size(), 150U);
  EXPECT_EQ(one.intersect(other), other.intersect(one));
  EXPECT_EQ(one.subtract(other).size(), 50U);
  EXPECT_STREQ(one.merge(other).check(), nullptr);
}

}  // namespace
}  // namespace coppice::collection_test
