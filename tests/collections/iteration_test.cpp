// Going through maps: iterators, keys and values, chunks and partitions.
#include <ranges>
#include <type_traits>

#include "support.hpp"

namespace coppice::collection_test {
namespace {

static_assert(std::forward_iterator<map<int, std::string>::const_iterator>);
static_assert(std::forward_iterator<set<std::string>::const_iterator>);
static_assert(std::ranges::forward_range<const map<int, std::string>>);
static_assert(std::ranges::sized_range<const map<int, std::string>>);
static_assert(std::ranges::common_range<const set<int>>);
static_assert(std::ranges::forward_range<map<int, int>::range>);
static_assert(std::ranges::forward_range<map<int, int>::key_range>);
static_assert(std::ranges::sized_range<map<int, int>::value_range>);
static_assert(std::input_iterator<map_diff<map<int, int>>::iterator>);
static_assert(std::ranges::input_range<map_diff<map<int, int>>>);
static_assert(std::ranges::input_range<set_diff<set<int>>>);
static_assert(std::is_same_v<std::iter_reference_t<map<int, int>::const_iterator>, const std::pair<int, int>&>);
static_assert(std::is_nothrow_move_constructible_v<map<int, int>> &&
              std::is_nothrow_copy_constructible_v<map<int, int>>);
static_assert(std::is_nothrow_default_constructible_v<map<int, int>>);
static_assert(std::regular<map<int, int>> && std::regular<set<int>>);

template <class Map>
class map_iteration : public map_case<Map> {
 protected:
  static constexpr std::array<std::uint64_t, 8> sizes = {0, 1, 2, 3, 9, 33, 100, 1500};

  /// Whether a range meets every key from 0 on once.
  template <class Range>
  [[nodiscard]] static bool meets_all(const Map& map, const Range& range) {
    auto left = map.transient();
    for (const auto& each : range) {
      if (!left.erase(each.first)) return false;
    }
    return left.empty();
  }
};
TYPED_TEST_SUITE(map_iteration, few_map_configurations);

TYPED_TEST(map_iteration, meets_every_element_once) {
  for (const std::uint64_t size : this->sizes) {
    const TypeParam map = this->map_of(numbers(0, size, 1));
    EXPECT_TRUE(this->meets_all(map, map));
    std::size_t count = 0;
    for (const auto& [key, value] : map) {
      EXPECT_TRUE(map.at(key) == value);
      ++count;
    }
    EXPECT_EQ(count, size);
  }
}

TYPED_TEST(map_iteration, can_be_repeated_from_any_place) {
  const TypeParam map = this->map_of(numbers(0, 200));
  auto at = map.begin();
  std::advance(at, 77);
  const auto kept = at;
  auto other = kept;
  EXPECT_EQ(at++, kept);
  EXPECT_NE(at, kept);
  EXPECT_EQ(++other, at);
  EXPECT_EQ(&*other, &*at);
  EXPECT_EQ(&at->first, &(*at).first);
  EXPECT_EQ(std::distance(kept, map.end()), 123);
  EXPECT_TRUE(std::equal(at, map.end(), other, map.end()));
  EXPECT_EQ(typename TypeParam::const_iterator(), map.end());
}

TYPED_TEST(map_iteration, goes_the_same_way_through_equal_maps_of_one_seed) {
  const TypeParam one = this->map_of(numbers(0, 200)), other = this->map_of(numbers(0, 300), 5);
  TypeParam same = this->map_of(numbers(0, 300));
  for (std::uint64_t i = 200; i < 300; ++i) same = std::move(same).erase(this->key(i));
  EXPECT_EQ(one, same);
  if constexpr (std::is_same_v<typename TypeParam::key_equal, plain_equal> &&
                requires(typename TypeParam::key_type key) { key < key; }) {
    EXPECT_TRUE(std::equal(one.begin(), one.end(), same.begin(), same.end()));
  }
  EXPECT_EQ(std::distance(other.begin(), other.end()), 300);
}

TYPED_TEST(map_iteration, ranges_of_keys_and_values_follow_the_elements) {
  const TypeParam map = this->map_of(numbers(0, 100, 7));
  EXPECT_EQ(map.keys().size(), 100U);
  EXPECT_FALSE(map.values().empty());
  EXPECT_TRUE(TypeParam().keys().empty());
  const auto keys = map.keys();
  const auto values = map.values();
  EXPECT_TRUE(std::ranges::equal(keys, map, {}, {}, &TypeParam::value_type::first));
  EXPECT_TRUE(std::ranges::equal(values, map, {}, {}, &TypeParam::value_type::second));
  EXPECT_EQ(&*keys.begin(), &map.begin()->first);
}

TYPED_TEST(map_iteration, algorithms_of_the_library_work) {
  const TypeParam map = this->map_of(numbers(0, 100));
  const auto is_five = [](const auto& each) { return each.second == made_from<typename TypeParam::mapped_type>(5); };
  EXPECT_EQ(std::ranges::count_if(map, is_five), 1);
  const auto found = std::ranges::find_if(map, is_five);
  ASSERT_NE(found, map.end());
  EXPECT_TRUE(found->first == this->key(5));
  EXPECT_EQ(std::ranges::distance(map), 100);
  auto others = map | std::views::filter([&](const auto& each) { return !is_five(each); });
  EXPECT_EQ(std::ranges::distance(others), 99);
}

TYPED_TEST(map_iteration, chunks_hold_every_element_once) {
  for (const std::uint64_t size : this->sizes) {
    const TypeParam map = this->map_of(numbers(0, size));
    std::vector<typename TypeParam::value_type> met;
    EXPECT_TRUE(map.for_each_chunk([&](auto chunk) {
      static_assert(std::is_same_v<decltype(chunk), std::span<const typename TypeParam::value_type>>);
      EXPECT_FALSE(chunk.empty());
      met.insert(met.end(), chunk.begin(), chunk.end());
    }));
    EXPECT_TRUE(this->meets_all(map, met));
    EXPECT_TRUE(std::equal(met.begin(), met.end(), map.begin(), map.end()));
  }
}

TYPED_TEST(map_iteration, chunks_end_where_the_function_says_so) {
  const TypeParam map = this->map_of(numbers(0, 1000));
  std::size_t met = 0;
  EXPECT_FALSE(map.for_each_chunk([&](auto chunk) {
    met += chunk.size();
    return false;
  }));
  EXPECT_EQ(met > 0 && (met < 1000 || map.stats().nodes == 1), true);
  EXPECT_TRUE(map.for_each_chunk([](auto) { return true; }));
  EXPECT_TRUE(TypeParam().for_each_chunk([](auto) { return false; }));
  EXPECT_THROW(map.for_each_chunk([](auto) { throw std::logic_error("stop"); }), std::logic_error);
}

TYPED_TEST(map_iteration, parts_follow_each_other_and_are_alike_in_size) {
  for (const std::uint64_t size : this->sizes) {
    const TypeParam map = this->map_of(numbers(0, size));
    for (const std::size_t parts : {1U, 2U, 3U, 7U, 16U, 100U, 2000U}) {
      const auto ranges = map.partition(parts);
      ASSERT_EQ(ranges.size(), parts);
      auto at = map.begin();
      for (const auto& part : ranges) {
        ASSERT_GE(part.size(), size / parts);
        ASSERT_LE(part.size(), (size + parts - 1) / parts);
        ASSERT_EQ(part.empty(), part.begin() == part.end());
        std::size_t count = 0;
        for (const auto& each : part) {
          ASSERT_EQ(&each, &*at);
          ++at;
          ++count;
        }
        ASSERT_EQ(count, part.size());
      }
      ASSERT_EQ(at, map.end());
    }
  }
  EXPECT_TRUE(this->map_of(numbers(0, 10)).partition(0).empty());
}

}  // namespace
}  // namespace coppice::collection_test
