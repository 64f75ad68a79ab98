// coppice::hash: equal keys have equal hashes whatever their type, seeds matter, and keys of every regular kind spread
// like random ones: what is measured is the trie that they make.
#include "coppice/hash.hpp"  // before what uses it, as programs may

#include <cmath>
#include <memory>

#include "support.hpp"

namespace coppice::collection_test {
namespace {

TEST(hash_values, follow_equality) {
  EXPECT_EQ(hash<double>{}(0.0, 5), hash<double>{}(-0.0, 5));
  EXPECT_EQ(hash<float>{}(0.0F, 5), hash<float>{}(-0.0F, 5));
  EXPECT_EQ(hash<std::string>{}("some text", 5), hash<std::string_view>{}("some text", 5));
  const std::string with_zero("a\0b", 3);
  EXPECT_NE(hash<std::string>{}(with_zero, 5), hash<std::string>{}("a", 5));
  EXPECT_EQ((hash<std::pair<int, std::string>>{}({1, "a"}, 5)), (hash<std::pair<int, std::string>>{}({1, "a"}, 5)));
  EXPECT_NE((hash<std::pair<int, int>>{}({1, 2}, 5)), (hash<std::pair<int, int>>{}({2, 1}, 5)));
  EXPECT_NE((hash<std::vector<int>>{}({}, 5)), (hash<std::vector<int>>{}({0}, 5)));
  EXPECT_NE((hash<std::vector<std::string>>{}({"ab", "c"}, 5)), (hash<std::vector<std::string>>{}({"a", "bc"}, 5)));
}

TEST(hash_values, depend_on_the_seed) {
  EXPECT_NE(hash<int>{}(5, 1), hash<int>{}(5, 2));
  EXPECT_NE(hash<std::string>{}("text", 1), hash<std::string>{}("text", 2));
  EXPECT_NE((hash<std::pair<int, int>>{}({1, 2}, 1)), (hash<std::pair<int, int>>{}({1, 2}, 2)));
  EXPECT_NE((hash<set<int>>{}({1, 2}, 1)), (hash<set<int>>{}({1, 2}, 2)));
}

constexpr std::uint64_t count = 100'000;

/// The trie of the keys `make(0)`, `make(1)`, ...
template <class Make>
[[nodiscard]] collection_statistics spread(std::uint64_t seed, const Make& make) {
  auto changing = set<decltype(make(std::uint64_t{0}))>(hash_seed{seed}).transient();
  for (std::uint64_t i = 0; i < count; ++i) changing.insert(make(i));
  EXPECT_EQ(changing.size(), count);
  return changing->stats();
}
template <class T>
[[nodiscard]] collection_statistics random_spread() {
  std::mt19937_64 random(1);
  auto changing = set<T>(hash_seed{3}).transient();
  while (changing.size() < count) changing.insert(static_cast<T>(random()));
  return changing->stats();
}

class hash_spread : public ::testing::Test {
 protected:
  template <class Make>
  static void expect_like_random(const char* what, const Make& make) {
    using T = decltype(make(std::uint64_t{0}));
    static const collection_statistics usual =
        random_spread<std::conditional_t<std::is_pointer_v<T>, std::uintptr_t, T>>();
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x5bd1e9955bd1e995}}) {
      const auto here = spread(seed, make);
      EXPECT_LE(here.depth, 7U) << what << ", seed " << seed;
      EXPECT_GT(here.nodes * 10, usual.nodes * 8) << what << ", seed " << seed;
      EXPECT_LT(here.nodes * 10, usual.nodes * 12) << what << ", seed " << seed;
    }
  }
};

TEST_F(hash_spread, of_numbers_in_sequence) {
  expect_like_random("from 0", [](std::uint64_t i) { return i; });
  expect_like_random("int", [](std::uint64_t i) { return static_cast<int>(i); });
  expect_like_random("from 2^63", [](std::uint64_t i) { return (std::uint64_t{1} << 63) + i; });
}

TEST_F(hash_spread, of_multiples_of_powers_of_two) {
  for (const unsigned shift : {4U, 8U, 12U, 16U, 20U, 24U, 28U, 32U, 36U, 40U, 44U, 47U}) {
    const std::string what = "multiples of 2^" + std::to_string(shift);
    expect_like_random(what.c_str(), [shift](std::uint64_t i) { return i << shift; });
  }
  // Beyond, a hundred thousand of them need the low bits too.
  for (const unsigned shift : {48U, 52U, 56U}) {
    const std::string what = "high bits from 2^" + std::to_string(shift);
    expect_like_random(what.c_str(), [shift](std::uint64_t i) { return (i << shift) | (i >> (64 - shift)); });
  }
}

TEST_F(hash_spread, of_small_negative_numbers) {
  expect_like_random("long", [](std::uint64_t i) { return -static_cast<std::int64_t>(i); });
  expect_like_random("int", [](std::uint64_t i) { return -static_cast<int>(i); });
}

TEST_F(hash_spread, of_whole_doubles_and_fractions) {
  expect_like_random("whole", [](std::uint64_t i) { return static_cast<double>(i); });
  expect_like_random("tenths", [](std::uint64_t i) { return static_cast<double>(i) / 10; });
  expect_like_random("negative", [](std::uint64_t i) { return -static_cast<double>(i); });
}

TEST_F(hash_spread, of_pointers_sixteen_bytes_apart) {
  struct alignas(16) cell {
    char bytes[16];
  };
  const auto cells = std::make_unique<cell[]>(count);
  expect_like_random("pointers", [&](std::uint64_t i) { return static_cast<const cell*>(cells.get() + i); });
}

TEST_F(hash_spread, of_pairs_and_short_strings) {
  set<std::pair<int, int>> pairs(hash_seed{1});
  auto changing = std::move(pairs).transient();
  for (int i = 0; i < 316; ++i) {
    for (int j = 0; j < 316; ++j) changing.insert({i, j});
  }
  EXPECT_LE(changing->stats().depth, 7U);
  auto strings = set<std::string>(hash_seed{1}).transient();
  for (std::uint64_t i = 0; i < count; ++i) strings.insert(std::to_string(i));
  EXPECT_LE(strings->stats().depth, 7U);
}

}  // namespace
}  // namespace coppice::collection_test
