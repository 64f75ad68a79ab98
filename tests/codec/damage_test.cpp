// Bytes that are no encoding: every kind of damage is found, named and placed, and nothing is read outside the input.
#include <random>

#include "support.hpp"

namespace coppice::codec_test {
namespace {

TEST(codec_damage, what_is_cut_short_anywhere_is_refused) {
  each_sample([]<class T>(const T& value) {
    const std::vector<std::byte> whole = encode(value);
    ASSERT_FALSE(whole.empty());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const tight_bytes part(std::span{whole}.first(size));
      const auto decoded = decode<T>(part.span());
      ASSERT_FALSE(decoded.ok()) << hex(whole) << " cut to " << size;
      EXPECT_EQ(decoded.why().code, errc::corrupt);
      EXPECT_LE(decoded.why().subject, size);
      EXPECT_EQ(decoded.why().limit, size);
    }
  });
}

TEST(codec_damage, what_goes_on_after_the_value_is_refused) {
  each_sample([]<class T>(const T& value) {
    std::vector<std::byte> bytes = encode(value);
    bytes.push_back({});
    const auto decoded = decode<T>(bytes);
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.why().subject, bytes.size() - 1);
  });
}

/// Bytes that can be decoded at all are the encoding of what they give.
template <class T>
void expect_canonical(std::span<const std::byte> bytes) {
  const tight_bytes input(bytes);
  const auto decoded = decode<T>(input.span());
  if (!decoded.ok()) return;
  EXPECT_EQ(hex_of(*decoded), hex(bytes));
}

TEST(codec_damage, changed_bytes_are_refused_or_mean_another_value) {
  std::mt19937 random(11);
  each_sample([&]<class T>(const T& value) {
    const std::vector<std::byte> whole = encode(value);
    for (unsigned round = 0; round < 300; ++round) {
      std::vector<std::byte> changed = whole;
      for (unsigned i = 0; i <= round % 3; ++i) {
        changed[random() % changed.size()] = static_cast<std::byte>(random() >> random() % 8);
      }
      if (round % 5 == 0) changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(random() % changed.size()));
      expect_canonical<T>(changed);
    }
  });
}

TEST(codec_damage, random_bytes_are_refused_or_mean_a_value) {
  std::mt19937 random(13);
  each_sample([&]<class T>(const T&) {
    for (unsigned round = 0; round < 300; ++round) {
      std::vector<std::byte> bytes(random() % 24);
      for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 2 == 0 ? random() % 4 : random());
      expect_canonical<T>(bytes);
    }
  });
}

constexpr const char* too_short = "the bytes end in the middle of a value";
constexpr const char* too_many = "a count is larger than the bytes after it allow";

TEST(codec_damage, values_outside_their_range_are_named) {
  expect_failure<bool>("02", 0, "a boolean is neither 0 nor 1");
  expect_failure<std::vector<bool>>("0106", 1, "bits after the last one are not zero");
  expect_failure<std::pair<bool, color>>("0003", 1, "a number is none of its enumeration");
  expect_failure<closed>("01000000", 0, "a number is none of its enumeration");
  expect_failure<closed>("06000000", 0, "a number is none of its enumeration");
  expect_failure<std::optional<int>>("02", 0, "a boolean is neither 0 nor 1");
  expect_failure<std::variant<int, bool>>("02", 0, "a variant has no alternative of this index");
  expect_failure<std::pair<bool, int>>("01020304", 1, too_short);
}

TEST(codec_damage, counts_have_one_form) {
  expect_failure<std::string>("8000", 0, "a count is not in its shortest form");
  expect_failure<std::string>("810061", 0, "a count is not in its shortest form");
  expect_failure<std::string>("ffffffffffffffffff02", 0, "a count has more than 64 bits");
  expect_failure<std::string>("ffffffffffffffffffff01", 0, "a count has more than 64 bits");
  expect_failure<std::string>("ffff", 2, too_short);
}

TEST(codec_damage, counts_that_the_input_cannot_hold_are_named) {
  expect_failure<std::string>("ffffffffffffffffff0161", 0, too_many);
  expect_failure<std::vector<std::uint64_t>>("ffffffffffffffffff0161", 0, too_many);
  expect_failure<std::vector<std::uint32_t>>("0201000000020000", 0, too_many);
  expect_failure<std::vector<point>>("ffffffffffffffff7f", 0, too_many);
  expect_failure<std::vector<bool>>("ffffffffffffffffff0101", 0, too_many);
  expect_failure<std::vector<bool>>("0901", 1, too_short);
  expect_failure<map<int, int>>("02010000000000000002000000000000", 0, too_many);
}

TEST(codec_damage, keys_in_another_order_or_twice_are_named) {
  const char* const not_ascending = "the keys of a map or set are not in ascending order of their bytes";
  expect_failure<set<std::uint8_t>>("020201", 2, not_ascending);
  expect_failure<std::set<std::uint8_t>>("020101", 2, not_ascending);
  expect_failure<map<std::uint8_t, bool>>("0201000101", 3, not_ascending);
  expect_failure<std::unordered_map<std::uint8_t, bool>>("0201000000", 3, not_ascending);
}

TEST(codec_damage, keys_that_are_equal_but_not_in_bytes_are_named) {
  // 0.0 and -0.0
  const char* const zeros = "0200000000000000000000000000000080";
  expect_failure<set<double>>(zeros, 0, "two keys of a map or set are equal");
  expect_failure<std::set<double>>(zeros, 17, "two keys of a map or set are equal");
}

TEST(codec_damage, nesting_has_a_limit) {
  tree nested;
  for (int i = 0; i < 50; ++i) nested = tree{"", {std::move(nested)}};
  const std::string bytes = hex_of(nested);
  EXPECT_EQ(why_not<tree>(bytes).code, errc::ok);
  EXPECT_EQ(why_not<tree>(bytes, 102).code, errc::ok);
  EXPECT_EQ(why_not<tree>(bytes, 100).code, errc::unsupported);
  // Each level is an empty name and one child; 100,000 levels.
  std::vector<std::byte> deep;
  for (int i = 0; i < 100000; ++i) deep.insert(deep.end(), {std::byte{0}, std::byte{1}});
  EXPECT_EQ(decode<tree>(deep).why().code, errc::unsupported);
}

TEST(codec_damage, errors_say_what_where_and_what_to_do) {
  const error damaged = decode_error(why_not<bool>("02"));
  EXPECT_EQ(damaged.code(), errc::corrupt);
  EXPECT_STREQ(
      damaged.what(),
      "coppice::decode: a boolean is neither 0 nor 1, at byte 0 of 1; the bytes are cut short, damaged, or not "
      "of this type: encode the value again, and decode the same type");
  const error deep = decode_error(why_not<tree>("00010000", 2));
  EXPECT_EQ(deep.code(), errc::unsupported);
  EXPECT_STREQ(
      deep.what(),
      "coppice::decode: values are nested too deeply, at byte 2 of 4; if the data is trusted, decode it with a "
      "larger max_depth");
}

}  // namespace
}  // namespace coppice::codec_test
