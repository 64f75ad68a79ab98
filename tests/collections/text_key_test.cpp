// Keys looked up in other forms than their own: strings by views and literals, and by functions of the user that say
// what they take.
#include <stdexcept>
#include <string_view>

#include "support.hpp"

namespace coppice::collection_test {
namespace {

using namespace std::string_view_literals;

template <class Map>
class text_keys : public ::testing::Test {};
/// Default leaves, collisions in small and in large leaves.
template <class Hash>
struct transparent : Hash {
  using is_transparent = void;
};
struct text_hash {
  using is_transparent = void;
  std::uint64_t operator()(std::string_view key, std::uint64_t seed) const noexcept {
    return hash<std::string_view>{}(key, seed);
  }
};
using text_configurations =
    ::testing::Types<map<std::string, int>, map<std::string, int, text_hash, std::equal_to<>, local_heap, 2>,
                     map<std::string, int, transparent<constant<text_hash>>, std::equal_to<>, atomic_heap, 2>,
                     map<std::string, int, transparent<sparse<text_hash>>, std::equal_to<>, local_heap>,
                     map<std::string, int, text_hash, std::equal_to<std::string>>>;  // not transparent: converts
TYPED_TEST_SUITE(text_keys, text_configurations);

TYPED_TEST(text_keys, views_and_literals_find) {
  const TypeParam map{{"ada", 36}, {"alan", 41}, {"grace", 85}, {"", 1}};
  EXPECT_EQ(map.at("ada"), 36);
  EXPECT_EQ(map.at(std::string("alan")), 41);
  EXPECT_EQ(map[""], 1);
  EXPECT_TRUE(map.contains("grace"));
  EXPECT_EQ(map.count("nobody"), 0U);
  EXPECT_EQ(map.get_or("nobody", -1), -1);
  const char* text = "ada";
  EXPECT_NE(map.find(text), nullptr);
  if constexpr (requires { typename TypeParam::key_equal::is_transparent; }) {
    EXPECT_EQ(map.at("gracefully"sv.substr(0, 5)), 85);
    EXPECT_EQ(map["nobody"sv], 0);
  }
}

TYPED_TEST(text_keys, views_and_literals_erase_and_update) {
  TypeParam map{{"ada", 36}, {"alan", 41}, {"grace", 85}};
  const auto one_more = [](int old) { return old + 1; };
  map = map.update("ada", one_more).update_if_exists("alan", one_more).update_if_exists("nobody", one_more);
  map = std::move(map).update("new", one_more);
  EXPECT_EQ(map, (TypeParam{{"ada", 37}, {"alan", 42}, {"grace", 85}, {"new", 1}}));
  map = map.erase("ada");
  map = std::move(map).erase("nobody").erase("alan");
  EXPECT_EQ(map, (TypeParam{{"grace", 85}, {"new", 1}}));
  auto changing = map.transient();
  EXPECT_TRUE(changing.update("grace", one_more));
  EXPECT_TRUE(changing.update("other", one_more));
  EXPECT_FALSE(changing.update_if_exists("nobody", one_more));
  EXPECT_TRUE(changing.erase("new"));
  EXPECT_NE(changing.find("other"), nullptr);
  EXPECT_EQ(*changing, (TypeParam{{"grace", 86}, {"other", 1}}));
  EXPECT_STREQ(changing->check(), nullptr);
}

TYPED_TEST(text_keys, are_found_among_many) {
  auto changing = TypeParam().transient();
  for (int i = 0; i < 200; ++i) changing.set(std::to_string(i), i);
  for (int i = 0; i < 200; ++i) {
    const std::string text = std::to_string(i);
    ASSERT_EQ(changing->at(text.c_str()), i);
    changing.update(text.c_str(), [](int old) { return old + 1; });
    ASSERT_EQ(changing->at(text), i + 1);
  }
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(changing.erase(std::to_string(i).c_str()));
  EXPECT_TRUE(changing.empty());
}

TEST(text_elements, sets_take_views_and_literals) {
  set<std::string> seen{"a", "b"};
  EXPECT_TRUE(seen.contains("a"sv));
  EXPECT_EQ(*seen.find("b"), "b");
  EXPECT_EQ(seen.count("c"), 0U);
  seen = seen.erase("a"sv);
  seen = std::move(seen).erase("nothing");
  auto changing = seen.transient();
  EXPECT_TRUE(changing.contains("b"sv));
  EXPECT_TRUE(changing.erase("b"));
  EXPECT_TRUE(changing.empty());
}

TEST(text_elements, strings_of_other_characters_are_keys_too) {
  const map<std::u16string, int> wide{{u"eins", 1}};
  EXPECT_EQ(wide.at(u"eins"), 1);
  const set<std::u8string> utf8{u8"ö"};
  EXPECT_TRUE(utf8.contains(std::u8string_view(u8"ö")));
  const map<std::string_view, int> views{{"a", 1}};
  EXPECT_EQ(views.at(std::string("a")), 1);
}

/// A key that is made of a number, if it likes that.
struct picky {
  int of;
  picky(int number) : of(number) {  // NOLINT(google-explicit-constructor): converted in lookups
    if (number < 0) throw std::out_of_range("negative");
  }
  friend bool operator==(const picky&, const picky&) = default;
};
struct picky_hash {
  std::uint64_t operator()(const picky& key) const noexcept { return static_cast<std::uint64_t>(key.of); }
};
TEST(converted_keys, may_throw_while_they_are_converted) {
  using picky_map = map<picky, int, picky_hash>;
  const picky_map map{{1, 10}, {2, 20}};
  static_assert(noexcept(map.find(std::declval<const picky&>())));
  static_assert(!noexcept(map.find(1)) && !noexcept(map.contains(1)) && !noexcept(map.count(1)));
  static_assert(noexcept(coppice::map<std::string, int>().find("text")));
  EXPECT_EQ(map.at(2), 20);
  EXPECT_THROW((void)map.find(-1), std::out_of_range);
  EXPECT_THROW((void)map.contains(-1), std::out_of_range);
  EXPECT_THROW((void)map.erase(-1), std::out_of_range);
  EXPECT_THROW((void)map.transient().find(-1), std::out_of_range);
  EXPECT_THROW((void)(set<picky, picky_hash>{1, 2}.contains(-1)), std::out_of_range);
  EXPECT_EQ(map.size(), 2U);
}

/// Equal and Hash of the user: the case does not matter. The spelling that was stored last stays with set().
TEST(text_of_any_case, is_one_key) {
  using any_case_map = map<std::string, int, any_case_hash, any_case_equal>;
  any_case_map map{{"Ada", 1}, {"ADA", 2}, {"ada", 3}};
  EXPECT_EQ(map.size(), 1U);
  EXPECT_EQ(map.at("aDa"), 3);
  EXPECT_EQ(map.begin()->first, "ada");
  map = map.set("ADA", 4);
  EXPECT_EQ(map.size(), 1U);
  EXPECT_EQ(map.begin()->first, "ADA");
  map = map.insert("Ada", 5).update("Ada", [](int old) { return old + 1; });
  EXPECT_EQ(map.begin()->first, "ADA");
  EXPECT_EQ(map.at("ada"), 5);
  const any_case_map other{{"ada", 5}, {"Alan", 6}};
  EXPECT_EQ(map, other.erase("ALAN"));
  EXPECT_EQ(map.merge(other).size(), 2U);
  EXPECT_EQ(other.intersect(map).size(), 1U);
  EXPECT_TRUE(map.subtract(other).empty());
  EXPECT_EQ(diff(map, other.erase("alan")).next(), nullptr);
}

TEST(text_of_any_case, is_one_key_where_all_keys_collide) {
  using any_case_map = map<std::string, int, constant<any_case_seeded_hash>, any_case_equal, local_heap, 4>;
  auto changing = any_case_map().transient();
  for (int i = 0; i < 20; ++i) changing.set("Key" + std::to_string(i), i);
  for (int i = 19; i >= 0; --i) changing.set("KEY" + std::to_string(i), i + 100);
  const auto map = std::move(changing).persistent();
  EXPECT_STREQ(map.check(), nullptr);
  EXPECT_EQ(map.size(), 20U);
  auto lower = any_case_map().transient();
  for (int i = 10; i < 30; ++i) lower.set("key" + std::to_string(i), i + 100);
  EXPECT_EQ(map.merge(*lower).size(), 30U);
  EXPECT_EQ(map.intersect(*lower).size(), 10U);
  EXPECT_EQ(map.subtract(*lower).size(), 10U);
  std::size_t changes = 0;
  for (const auto& change : diff(map, *lower)) {
    EXPECT_NE(change.kind(), diff_kind::changed);
    ++changes;
  }
  EXPECT_EQ(changes, 20U);
}

}  // namespace
}  // namespace coppice::collection_test
