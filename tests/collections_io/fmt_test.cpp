// fmt/ranges.h formats maps and sets as those of the standard library, by their begin(), key_type and mapped_type:
// there is no header of ours for it. These tests fail where the collections stop being such ranges.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "coppice/map.hpp"
#include "coppice/set.hpp"

namespace coppice::io_test {
namespace {

TEST(collections_fmt, maps_and_sets_of_one_element) {
  EXPECT_EQ(fmt::format("{}", map<int, std::string>{{1, "a"}}), R"({1: "a"})");
  EXPECT_EQ(fmt::format("{}", map<std::string, double>{{"pi", 3.5}}), R"({"pi": 3.5})");
  EXPECT_EQ(fmt::format("{}", set<std::string>{"x"}), R"({"x"})");
}

TEST(collections_fmt, empty_ones) {
  EXPECT_EQ(fmt::format("{}", map<int, int>()), "{}");
  EXPECT_EQ(fmt::format("{}", set<int>()), "{}");
}

TEST(collections_fmt, all_elements_in_the_order_of_iteration) {
  const map<int, int> squares{{1, 1}, {2, 4}, {3, 9}};
  const std::vector<std::pair<int, int>> listed(squares.begin(), squares.end());
  EXPECT_EQ(fmt::format("{}", squares),
            fmt::format("{{{}: {}, {}: {}, {}: {}}}", listed[0].first, listed[0].second, listed[1].first,
                        listed[1].second, listed[2].first, listed[2].second));
}

TEST(collections_fmt, nested_ones_as_those_of_the_standard_library) {
  const map<int, set<int>> ours{{1, {2}}};
  const std::map<int, std::set<int>> standard{{1, {2}}};
  EXPECT_EQ(fmt::format("{}", ours), fmt::format("{}", standard));
  EXPECT_EQ(fmt::format("{}", ours), "{1: {2}}");
  EXPECT_EQ(fmt::format("{}", std::vector<map<int, int>>{{{1, 2}}, {}}), "[{1: 2}, {}]");
  EXPECT_EQ(fmt::format("{}", map<int, map<int, int>>{{1, {}}}), "{1: {}}");
}

TEST(collections_fmt, formats_of_elements) { EXPECT_EQ(fmt::format("{::#04x}", set<int>{10}), "{0x0a}"); }

TEST(collections_fmt, keys_values_and_parts) {
  const map<int, std::string> one{{1, "a"}};
  EXPECT_EQ(fmt::format("{} {}", one.keys(), one.values()), R"([1] ["a"])");
  EXPECT_EQ(fmt::format("{}", *one.begin()), R"((1, "a"))");
  EXPECT_EQ(fmt::format("{}", fmt::join(set<int>{7}, "; ")), "7");
  EXPECT_EQ(fmt::format("{}", fmt::join(one.keys(), "; ")), "1");
  EXPECT_EQ(fmt::format("{}", one.partition(1)), R"([[(1, "a")]])");
}

}  // namespace
}  // namespace coppice::io_test
