// Codecs of a program's own types, as the documents show them.
#include <stdexcept>

#include "support.hpp"

namespace coppice::codec_test {
namespace {

/// Without min_bytes a type counts as one byte.
static_assert(codec_detail::least_bytes<named>() == 1);
static_assert(codec_detail::least_bytes<point>() == 12);
static_assert(codec_detail::least_bytes<tree>() == 2);
static_assert(codec_detail::least_bytes<std::monostate>() == 0);

TEST(codec_custom, a_struct_is_its_fields) { EXPECT_EQ(hex_of(point{7, 2}), hex_of(std::tuple(7, 2.0))); }

TEST(codec_custom, structs_nest_in_collections) {
  const map<std::string, std::vector<point>> places{{"a", {{1, 2}, {3, 4}}}, {"b", {}}};
  const auto decoded = decode<map<std::string, std::vector<point>>>(encode(places));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, places);
}

TEST(codec_custom, a_type_needs_no_default_value) {
  const std::vector<named> names{named("a"), named("b")};
  const auto decoded = decode<std::vector<named>>(encode(names));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, names);
}

TEST(codec_custom, a_variant_without_value_is_refused) {
  std::variant<int, std::deque<int>> value = 1;
  EXPECT_THROW(value.emplace<std::deque<int>>(std::numeric_limits<std::size_t>::max()), std::length_error);
  ASSERT_TRUE(value.valueless_by_exception());
  try {
    (void)encode(value);
    FAIL();
  } catch (const error& why) {
    EXPECT_EQ(why.code(), errc::invalid_argument);
  }
}

}  // namespace
}  // namespace coppice::codec_test
