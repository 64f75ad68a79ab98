// Naming a field of an object.
#include "apps/cli/field_path.hpp"

#include <gtest/gtest.h>

namespace coppice::cli {
namespace {

using nlohmann::json;

TEST(field_path, finds_a_field_at_the_top) {
  const json tree{{"id", 7}};
  ASSERT_NE(find_field(tree, "id"), nullptr);
  EXPECT_EQ(*find_field(tree, "id"), 7);
}

TEST(field_path, follows_dots_into_objects) {
  const json tree{{"a", {{"b", {{"c", "deep"}}}}}};
  ASSERT_NE(find_field(tree, "a.b.c"), nullptr);
  EXPECT_EQ(*find_field(tree, "a.b.c"), "deep");
}

TEST(field_path, prefers_a_name_that_has_the_dot_itself) {
  const json tree{{"a.b", 1}, {"a", {{"b", 2}, {"b.c", 3}}}};
  EXPECT_EQ(*find_field(tree, "a.b"), 1);
  EXPECT_EQ(*find_field(tree, "a.b.c"), 3);
}

TEST(field_path, finds_nothing_where_there_is_nothing) {
  const json tree{{"a", {{"b", 2}}}, {"list", {1, 2}}};
  for (const char* path : {"", ".", "b", "a.c", "a.b.c", "a.", ".a", "list.0"}) {
    EXPECT_EQ(find_field(tree, path), nullptr) << path;
  }
  EXPECT_EQ(find_field(json::array({1}), "0"), nullptr);
  EXPECT_EQ(find_field(json(), "a"), nullptr);
}

}  // namespace
}  // namespace coppice::cli
