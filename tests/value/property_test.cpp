// Properties of encodings on random data.
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>

#include "tests/value/support.hpp"

namespace coppice::test {
namespace {

/// Doubles of any bits, with the interesting ones often.
rc::Gen<double> any_double() {
  return rc::gen::oneOf(
      rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), from_bits),
      rc::gen::map(rc::gen::inRange<std::int64_t>(-two_53 - 4, two_53 + 5),
                   [](std::int64_t n) { return static_cast<double>(n); }),
      rc::gen::map(rc::gen::inRange<std::int64_t>(-8, 8),
                   [](std::int64_t n) { return static_cast<double>(two_53 + n); }),
      rc::gen::map(rc::gen::inRange<std::int64_t>(-100, 100),
                   [](std::int64_t n) { return static_cast<double>(n) / 4; }),
      rc::gen::element(0.0, -0.0, infinity, -infinity, from_bits(0x7ff8000000000000), from_bits(0xfff0000000000001)));
}

std::span<const std::byte> as_span(const std::string& text) { return std::as_bytes(std::span(text)); }

/// What goes through memory comes back: as an owning value, and as kind and bytes.
bool survives(const value_view& view) {
  const value owned(view);
  const std::string memory(reinterpret_cast<const char*>(view.raw().data()), view.raw().size());
  return owned.view() == view && value_view::stored(view.kind(), as_span(memory)) == view &&
         is_valid_encoding(view.kind(), as_span(memory));
}

TEST(property, doubles_keep_their_bits_as_values) {
  EXPECT_TRUE(rc::check([] {
    const double x = *any_double();
    RC_ASSERT(survives(x));
    RC_ASSERT(bits_of(value_view(x).as_double().value()) == bits_of(x));
  }));
}

TEST(property, doubles_are_the_same_key_if_and_only_if_they_are_the_same_number) {
  EXPECT_TRUE(rc::check([] {
    const double x = *any_double();
    const double y = *rc::gen::oneOf(any_double(), rc::gen::element(x, -x, std::nextafter(x, infinity)));
    const bool same = x == y || (std::isnan(x) && std::isnan(y));
    RC_ASSERT((key(x) == key(y)) == same);
    RC_ASSERT(survives(key(x)));
  }));
}

TEST(property, int64_and_double_meet_exactly_in_the_safe_integers) {
  EXPECT_TRUE(rc::check([] {
    const std::int64_t n =
        *rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange<std::int64_t>(two_53 - 4, two_53 + 4),
                        rc::gen::inRange<std::int64_t>(-two_53 - 4, -two_53 + 4));
    const bool safe = n > -two_53 && n < two_53;
    RC_ASSERT((key(n) == key(static_cast<double>(n))) == safe);
    RC_ASSERT(key(n) == value_view(n));
    RC_ASSERT(value_view(n).as_int64() == n);
    RC_ASSERT(survives(n));
  }));
}

TEST(property, int64_reads_as_a_double_if_and_only_if_nothing_is_lost) {
  EXPECT_TRUE(rc::check([] {
    const std::int64_t n =
        *rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange<std::int64_t>(two_53 - 9, two_53 + 9));
    const auto number = value_view(n).as_double();
    const bool exact = static_cast<long double>(static_cast<double>(n)) == static_cast<long double>(n);
    RC_ASSERT(number.has_value() == exact);
  }));
}

TEST(property, strings_come_back_and_carry_the_right_flag) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    const bool ascii =
        std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
    const value_view view(text);
    RC_ASSERT(view.kind() == (ascii ? value_kind::string_ascii : value_kind::string_wtf8));
    RC_ASSERT(view.as_string() == text);
    RC_ASSERT(key(view) == view);
    RC_ASSERT(survives(view));
  }));
}

TEST(property, strings_are_equal_as_their_bytes_are) {
  EXPECT_TRUE(rc::check([](const std::string& left, const std::string& right) {
    RC_ASSERT((value_view(left) == value_view(right)) == (left == right));
    const std::string copy = left;
    RC_ASSERT(value_view(left) == value_view(copy));
  }));
}

TEST(property, bytes_and_documents_come_back) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    const value_view data(as_span(text));
    RC_ASSERT(survives(data));
    RC_ASSERT(std::ranges::equal(data.as_bytes().value(), as_span(text)));
    if (text.empty()) return;
    const value_view document = value_view::document(as_span(text));
    RC_ASSERT(survives(document));
    RC_ASSERT(std::ranges::equal(document.as_document().value(), as_span(text)));
    RC_ASSERT(!(document == data));
  }));
}

}  // namespace
}  // namespace coppice::test
