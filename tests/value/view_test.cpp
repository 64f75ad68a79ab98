// Views and owning values: construction, access, copies, lifetimes.
#include <memory>
#include <type_traits>
#include <utility>

#include "tests/value/support.hpp"

namespace coppice::test {
namespace {

static_assert(std::is_trivially_copyable_v<value_view>);
static_assert(std::is_nothrow_default_constructible_v<value_view>);
static_assert(!std::is_constructible_v<value_view, const void*>, "a pointer must not become a boolean");
static_assert(!std::is_constructible_v<value_view, int*>);

TEST(value_view, answers_only_for_its_own_kind) {
  const auto raw = bytes({1, 2});
  const value_view boolean(true);
  const value_view integer(7);
  const value_view text("x");
  const value_view data{std::span<const std::byte>(raw)};
  const value_view document = value_view::document(raw);

  EXPECT_EQ(boolean.as_bool(), true);
  EXPECT_EQ(value_view(false).as_bool(), false);
  EXPECT_EQ(integer.as_bool(), std::nullopt);
  EXPECT_EQ(value_view().as_bool(), std::nullopt);
  EXPECT_EQ(integer.as_int64(), 7);
  EXPECT_EQ(value_view(0.5).as_int64(), std::nullopt);
  EXPECT_EQ(text.as_int64(), std::nullopt);
  EXPECT_EQ(text.as_double(), std::nullopt);
  EXPECT_EQ(text.as_string(), "x");
  EXPECT_EQ(integer.as_string(), std::nullopt);
  EXPECT_EQ(data.as_string(), std::nullopt);
  EXPECT_TRUE(data.as_bytes().has_value());
  EXPECT_FALSE(text.as_bytes().has_value());
  EXPECT_FALSE(document.as_bytes().has_value());
  EXPECT_TRUE(document.as_document().has_value());
  EXPECT_FALSE(data.as_document().has_value());
  EXPECT_TRUE(value_view().is_null());
  EXPECT_TRUE(value_view(nullptr).is_null());
  EXPECT_FALSE(boolean.is_null());
  EXPECT_TRUE(text.is_string());
  EXPECT_TRUE(value_view("\xc3\xa9").is_string());
  EXPECT_FALSE(data.is_string());
}

TEST(value_view, reads_an_int64_as_a_double_only_where_that_is_exact) {
  EXPECT_EQ(value_view(two_53).as_double(), 9007199254740992.0);
  EXPECT_EQ(value_view(two_53 + 1).as_double(), std::nullopt);
  EXPECT_EQ(value_view(two_53 + 2).as_double(), 9007199254740994.0);
  EXPECT_EQ(value_view(-two_53 - 1).as_double(), std::nullopt);
  EXPECT_EQ(value_view(int64_max).as_double(), std::nullopt);
  EXPECT_EQ(value_view(int64_min).as_double(), -9223372036854775808.0);
  EXPECT_EQ(value_view(3).as_double(), 3.0);
}

TEST(value_view, of_a_scalar_owns_its_bytes_through_copies) {
  auto original = std::make_unique<value_view>(std::int64_t{123456789});
  value_view copy = *original;
  value_view assigned("something else");
  assigned = copy;
  original.reset();
  EXPECT_EQ(copy.as_int64(), 123456789);
  EXPECT_EQ(assigned.as_int64(), 123456789);
  EXPECT_EQ(assigned, copy);
  EXPECT_NE(copy.raw().data(), assigned.raw().data());
}

TEST(value_view, of_a_stored_scalar_does_not_keep_a_pointer) {
  auto memory = bytes({42, 0, 0, 0, 0, 0, 0, 0});
  const value_view view = value_view::stored(value_kind::int64, memory);
  memory.assign(8, std::byte{0xff});
  EXPECT_EQ(view.as_int64(), 42);
}

TEST(value_view, of_a_stored_scalar_needs_no_alignment) {
  const auto memory = bytes({0xff, 42, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(value_view::stored(value_kind::int64, std::span(memory).subspan(1)).as_int64(), 42);
}

TEST(value_view, of_a_string_points_at_the_callers_bytes) {
  const std::string text = "a rather long text that no small buffer holds";
  const value_view view(text);
  EXPECT_EQ(static_cast<const void*>(view.raw().data()), static_cast<const void*>(text.data()));
  EXPECT_EQ(view.as_string()->data(), text.data());
}

TEST(value_view, of_nothing_is_empty_and_not_null) {
  const value_view text("");
  const value_view no_pointer{std::string_view()};
  const value_view data{std::span<const std::byte>()};
  EXPECT_EQ(text, no_pointer);
  EXPECT_EQ(text.as_string(), "");
  EXPECT_EQ(no_pointer.as_string(), "");
  EXPECT_TRUE(data.as_bytes()->empty());
  EXPECT_FALSE(text.is_null());
  EXPECT_TRUE(text.raw().empty());
}

TEST(value_view, takes_keys_of_the_largest_size) {
  const std::string text(limits::max_key_bytes, 'k');
  EXPECT_EQ(value_view(text).kind(), value_kind::string_ascii);
  EXPECT_EQ(value_view(text).raw().size(), limits::max_key_bytes);
  EXPECT_EQ(key(text), value_view(text));
}

TEST(value, owns_its_bytes) {
  auto text = std::make_unique<std::string>("a rather long text that no small buffer holds");
  const value owned{value_view(*text)};
  const value_view expected("a rather long text that no small buffer holds");
  text.reset();
  EXPECT_EQ(owned.kind(), value_kind::string_ascii);
  EXPECT_EQ(owned.view(), expected);
}

TEST(value, is_null_when_made_from_nothing) {
  EXPECT_EQ(value().kind(), value_kind::null);
  EXPECT_EQ(value(), value(value_view(nullptr)));
}

TEST(value, copies_and_moves) {
  const value first(value_view(0.5));
  value copy = first;
  const value moved = std::move(copy);
  EXPECT_EQ(moved, first);
  EXPECT_EQ(moved.view().as_double(), 0.5);
  EXPECT_FALSE(moved == value(value_view(0.25)));
}

}  // namespace
}  // namespace coppice::test
