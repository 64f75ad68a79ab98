// What is encoded comes back, and equal content has equal bytes.
#include <bit>
#include <random>

#include "support.hpp"

namespace coppice::codec_test {
namespace {

template <class T>
void expect_round_trip(const T& value) {
  const tight_bytes bytes(encode(value));
  const auto decoded = decode<T>(bytes.span());
  ASSERT_TRUE(decoded.ok()) << decoded.why().reason << " at " << decoded.why().subject;
  EXPECT_TRUE(*decoded == value) << hex(bytes.span());
}

TEST(codec_round_trip, values_of_all_kinds) {
  each_sample([](const auto& value) { expect_round_trip(value); });
}

TEST(codec_round_trip, empty_ones) {
  expect_round_trip(std::string());
  expect_round_trip(std::vector<int>());
  expect_round_trip(std::vector<bool>());
  expect_round_trip(std::map<int, int>());
  expect_round_trip(map<int, int>());
  expect_round_trip(set<std::string>());
  expect_round_trip(std::tuple<>());
  expect_round_trip(std::monostate());
  expect_round_trip(std::array<int, 0>());
}

TEST(codec_round_trip, limits_of_integers) {
  const auto both = [](auto zero) {
    expect_round_trip(std::numeric_limits<decltype(zero)>::min());
    expect_round_trip(std::numeric_limits<decltype(zero)>::max());
  };
  both(std::int8_t{}), both(std::uint8_t{}), both(short{}), both(static_cast<unsigned short>(0)), both(0), both(0U);
  both(0L), both(0UL), both(0LL), both(0ULL), both(char8_t{}), both(char32_t{});
}

TEST(codec_round_trip, floating_point_numbers_keep_their_bits) {
  for (const std::uint64_t bits :
       std::initializer_list<std::uint64_t>{0x8000000000000000, 0x7ff8000000000001, 0xfff4000000000000, 1}) {
    const auto decoded = decode<double>(encode(std::bit_cast<double>(bits)));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(std::bit_cast<std::uint64_t>(*decoded), bits);
  }
  const auto infinite = decode<float>(encode(-std::numeric_limits<float>::infinity()));
  EXPECT_EQ(*infinite, -std::numeric_limits<float>::infinity());
}

TEST(codec_round_trip, vectors_of_bool_of_every_length) {
  std::vector<bool> bits;
  for (int i = 0; i < 40; ++i) {
    expect_round_trip(bits);
    bits.push_back(i % 3 == 0);
  }
}

TEST(codec_round_trip, counts_of_several_bytes) {
  for (const std::size_t size : {127U, 128U, 16383U, 16384U, 70000U}) expect_round_trip(std::string(size, 'x'));
}

TEST(codec_round_trip, a_decoded_view_lies_in_the_input) {
  const std::vector<std::byte> bytes = encode(std::string_view("abc"));
  const auto view = decode<std::string_view>(bytes);
  EXPECT_EQ(static_cast<const void*>(view->data()), bytes.data() + 1);
}

TEST(codec_round_trip, maps_have_the_same_bytes_whatever_their_seed_order_and_type) {
  std::mt19937 random(7);
  std::map<std::string, std::uint32_t> ordered;
  map<std::string, std::uint32_t> one(hash_seed{1}), other(hash_seed{2});
  for (int i = 0; i < 2000; ++i) {
    const std::string key = std::to_string(random() % 5000);
    const auto value = static_cast<std::uint32_t>(random());
    ordered[key] = value;
    one = std::move(one).set(key, value);
  }
  for (const auto& [key, value] : ordered) other = std::move(other).set(key, value);
  const std::unordered_map<std::string, std::uint32_t> unordered(ordered.begin(), ordered.end());
  const std::vector<std::byte> bytes = encode(ordered);
  EXPECT_EQ(encode(one), bytes);
  EXPECT_EQ(encode(other), bytes);
  EXPECT_EQ(encode(unordered), bytes);
  const auto decoded = decode<map<std::string, std::uint32_t>>(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, one);
  EXPECT_EQ(decoded->check(), nullptr);
}

TEST(codec_round_trip, sets_have_the_same_bytes_whatever_their_seed_and_type) {
  set<std::int64_t> one(hash_seed{3}), other(hash_seed{4});
  std::set<std::int64_t> ordered;
  for (std::int64_t i = -500; i < 500; ++i) {
    one = std::move(one).insert(i * 77);
    other = std::move(other).insert(i * -77).insert(i * 77);
    ordered.insert(i * 77);
  }
  other = std::move(other).erase(77 * 500);
  EXPECT_EQ(encode(one), encode(ordered));
  EXPECT_EQ(encode(other), encode(ordered));
}

TEST(codec_round_trip, writes_to_any_writer) {
  struct counting {
    std::size_t size = 0;
    void append(std::span<const std::byte> bytes) { size += bytes.size(); }
  } writer;
  encode(std::vector<std::string>{"ab", "c"}, writer);
  encode(7, writer);
  EXPECT_EQ(writer.size, 6 + 4);
}

}  // namespace
}  // namespace coppice::codec_test
