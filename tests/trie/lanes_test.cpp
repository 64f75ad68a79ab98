// The vector operations on tags and sizes agree with plain loops, on every port of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "coppice/detail/packed_layout.hpp"

namespace coppice::detail {
namespace {

template <class Lanes>
class lanes : public ::testing::Test {};
using widths = ::testing::Types<lane_array<2>, lane_array<16>, lane_array<17>, lane_array<32>>;
TYPED_TEST_SUITE(lanes, widths);

TYPED_TEST(lanes, agree_with_plain_loops) {
  std::mt19937_64 random(1);
  constexpr unsigned most = TypeParam::chunks == 1 ? 16 : 32;
  for (unsigned round = 0; round < 2000; ++round) {
    std::uint8_t bytes[48];
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(round % 2 == 0 ? random() : random() % 4);
    const auto n = static_cast<unsigned>(random() % (most + 1));
    std::sort(bytes, bytes + n);
    const auto value = static_cast<std::uint8_t>(round % 2 == 0 ? bytes[random() % 48] : random() % 5);
    const auto* from = reinterpret_cast<const std::byte*>(bytes);
    std::uint32_t equal = 0, sum = 0;
    unsigned below = 0;
    for (unsigned i = 0; i < n; ++i) {
      if (bytes[i] == value) equal |= std::uint32_t{1} << i;
      if (bytes[i] < value) ++below;
      sum += bytes[i];
    }
    ASSERT_EQ(TypeParam::equal(from, value, n), equal);
    ASSERT_EQ(TypeParam::below(from, value, n), below);
    ASSERT_EQ(TypeParam::sum(from, n), sum);
    std::byte copy[32];
    TypeParam::copy(copy, from);
    ASSERT_EQ(std::memcmp(copy, from, TypeParam::bytes), 0);
  }
}

TEST(bytes, equal_and_copy_at_every_length) {
  std::mt19937 random(2);
  for (std::size_t size = 0; size <= 200; ++size) {
    std::vector<std::byte> a(size), b;
    for (auto& byte : a) byte = static_cast<std::byte>(random());
    b = a;
    ASSERT_TRUE(equal_bytes(a.data(), b.data(), size));
    for (std::size_t i = 0; i < size; ++i) {
      b[i] ^= std::byte{1};
      ASSERT_FALSE(equal_bytes(a.data(), b.data(), size)) << size << " " << i;
      b[i] ^= std::byte{1};
    }
  }
}

TEST(bits, tags_slots_and_prefixes) {
  constexpr std::uint64_t hash = 0x123456789abcdef1U;
  EXPECT_EQ(hash_tag(hash, 0), 0x12);
  EXPECT_EQ(hash_tag(hash, 4), 0x23);
  EXPECT_EQ(hash_tag(hash, 60), 0x10);
  EXPECT_EQ(hash_tag(hash, 64), 0x00);
  EXPECT_EQ(hash_slot(hash, 8, 4), 3U);
  EXPECT_EQ(hash_prefix(hash, 0), 0U);
  EXPECT_EQ(hash_prefix(hash, 12), 0x1230000000000000U);
  EXPECT_EQ(hash_prefix(hash, 64), hash);
  EXPECT_EQ(known_hash(hash_prefix(hash, 12), 12, hash_tag(hash, 12)), hash_prefix(hash, 20));
  EXPECT_EQ(known_hash(hash, 64, 0), hash);
}

}  // namespace
}  // namespace coppice::detail
