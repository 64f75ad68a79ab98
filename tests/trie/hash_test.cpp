// The hash is part of the arena format: these numbers never change.
#include "coppice/detail/hash.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <set>
#include <string>
#include <string_view>

namespace coppice::detail {
namespace {

std::uint64_t hash_of(std::uint64_t seed, value_kind kind, std::string_view bytes) {
  return seeded_hash{seed}(kind, reinterpret_cast<const std::byte*>(bytes.data()), bytes.size());
}

std::string letters(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

TEST(hash, golden_values) {
  struct golden {
    std::uint64_t seed;
    value_kind kind;
    std::size_t size;
    std::uint64_t hash;
  };
  constexpr golden values[] = {
      {0x0U, value_kind::int64, 0, 0x71f49a36157e8b18U},
      {0x0U, value_kind::int64, 1, 0x0a3ae9aebad19264U},
      {0x0U, value_kind::int64, 2, 0x77c972ea1c92322aU},
      {0x0U, value_kind::int64, 3, 0x933fa0527504e537U},
      {0x0U, value_kind::int64, 4, 0x75f5a0a93c09c0a1U},
      {0x0U, value_kind::int64, 5, 0xda8303e635521d70U},
      {0x0U, value_kind::int64, 7, 0x27d9ec269c95cfd1U},
      {0x0U, value_kind::int64, 8, 0x574d11054b144103U},
      {0x123456789abcdefU, value_kind::int64, 0, 0x629ef1317dce56bfU},
      {0x123456789abcdefU, value_kind::int64, 1, 0x5fc854b7362278f1U},
      {0x123456789abcdefU, value_kind::int64, 2, 0x1f1bdcc633f6b900U},
      {0x123456789abcdefU, value_kind::int64, 3, 0xdc50365ede0d62ebU},
      {0x123456789abcdefU, value_kind::int64, 4, 0x515cbb9b6538793eU},
      {0x123456789abcdefU, value_kind::int64, 5, 0xc34e7206fb7a5c56U},
      {0x123456789abcdefU, value_kind::int64, 7, 0x3e41ae77dda46f32U},
      {0x123456789abcdefU, value_kind::int64, 8, 0x899acb9b4b4d5183U},
      {0x0U, value_kind::string_ascii, 0, 0x77afdd426f7aa0bbU},
      {0x0U, value_kind::string_ascii, 1, 0x6dfdd1fe4d60cae2U},
      {0x0U, value_kind::string_ascii, 2, 0x5054c5616057ec23U},
      {0x0U, value_kind::string_ascii, 3, 0x055598eb66ed1e2aU},
      {0x0U, value_kind::string_ascii, 4, 0x66ad6befc675f2b6U},
      {0x0U, value_kind::string_ascii, 5, 0xbc52d711b3978766U},
      {0x0U, value_kind::string_ascii, 7, 0x05681aefaffb8929U},
      {0x0U, value_kind::string_ascii, 8, 0xbe1e9eb87b7de457U},
      {0x0U, value_kind::string_ascii, 9, 0x4a5f2be026a4aaaaU},
      {0x0U, value_kind::string_ascii, 16, 0x19221718e8b0bb3bU},
      {0x0U, value_kind::string_ascii, 17, 0xd5e50f3b40154209U},
      {0x0U, value_kind::string_ascii, 18, 0x40b10fc8d916548aU},
      {0x0U, value_kind::string_ascii, 64, 0x2cfe5479695d0216U},
      {0x0U, value_kind::string_ascii, 128, 0xfa9297e6361eb6e7U},
      {0x0U, value_kind::string_ascii, 129, 0x5f06b991391eafabU},
      {0x0U, value_kind::string_ascii, 240, 0xe73b7b6c1280cc95U},
      {0x0U, value_kind::string_ascii, 241, 0x3e0f980894764678U},
      {0x0U, value_kind::string_ascii, 1000, 0x2980476c67407fe6U},
      {0x123456789abcdefU, value_kind::string_ascii, 0, 0x9a8b3e8a69a02c66U},
      {0x123456789abcdefU, value_kind::string_ascii, 1, 0x97cec0b36246a705U},
      {0x123456789abcdefU, value_kind::string_ascii, 2, 0x2f1c51a5c3ee0bfdU},
      {0x123456789abcdefU, value_kind::string_ascii, 3, 0x01ec382de921608bU},
      {0x123456789abcdefU, value_kind::string_ascii, 4, 0x79b10ba6be64dd2bU},
      {0x123456789abcdefU, value_kind::string_ascii, 5, 0x0799ad0318592d20U},
      {0x123456789abcdefU, value_kind::string_ascii, 7, 0x0963ad36bfa41416U},
      {0x123456789abcdefU, value_kind::string_ascii, 8, 0xa68ac5df8f9c9b47U},
      {0x123456789abcdefU, value_kind::string_ascii, 9, 0x507feb717efb7349U},
      {0x123456789abcdefU, value_kind::string_ascii, 16, 0xd2ce4354c29e5d84U},
      {0x123456789abcdefU, value_kind::string_ascii, 17, 0x955bcb9ca77d4ea9U},
      {0x123456789abcdefU, value_kind::string_ascii, 18, 0xc1721dff78acabcdU},
      {0x123456789abcdefU, value_kind::string_ascii, 64, 0x7005f2150994b0b0U},
      {0x123456789abcdefU, value_kind::string_ascii, 128, 0x1183f9d300b2f856U},
      {0x123456789abcdefU, value_kind::string_ascii, 129, 0x84e567ca31cf6358U},
      {0x123456789abcdefU, value_kind::string_ascii, 240, 0x04d712e4ffab3982U},
      {0x123456789abcdefU, value_kind::string_ascii, 241, 0x6a2598d760e962a6U},
      {0x123456789abcdefU, value_kind::string_ascii, 1000, 0x257386ed13532c84U},
  };
  for (const golden& value : values) {
    EXPECT_EQ(hash_of(value.seed, value.kind, letters(value.size)), value.hash)
        << "seed " << value.seed << " kind " << static_cast<int>(value.kind) << " size " << value.size;
  }
}

TEST(hash, long_keys_are_plain_xxh3) {
  const std::string text = letters(100);
  const std::uint64_t lead = (static_cast<std::uint64_t>(value_kind::bytes) + 1) * 0x9e3779b97f4a7c15U;
  EXPECT_EQ(hash_of(99, value_kind::bytes, text), XXH3_64bits_withSeed(text.data(), text.size(), 99 ^ lead));
}

TEST(hash, kind_length_and_seed_matter) {
  std::set<std::uint64_t> seen;
  unsigned hashes = 0;
  for (unsigned kind = 0; kind < 13; ++kind) {
    for (std::size_t size = 0; size <= 40; ++size) {
      for (std::uint64_t seed = 0; seed < 3; ++seed) {
        seen.insert(hash_of(seed, static_cast<value_kind>(kind), std::string(size, '\0')));
        ++hashes;
      }
    }
  }
  EXPECT_EQ(seen.size(), hashes);
}

TEST(hash, short_keys_spread_over_leading_and_trailing_bits) {
  constexpr unsigned keys = 1U << 16;
  std::set<std::uint64_t> leading, trailing;
  for (std::uint64_t i = 0; i < keys; ++i) {
    char bytes[8];
    std::memcpy(bytes, &i, 8);
    const std::uint64_t hash = hash_of(0, value_kind::int64, {bytes, 8});
    leading.insert(hash >> 48);
    trailing.insert(hash & 0xffff);
  }
  // Of 65536 random draws out of 65536, 63.2 % are distinct.
  EXPECT_NEAR(static_cast<double>(leading.size()) / keys, 0.632, 0.01);
  EXPECT_NEAR(static_cast<double>(trailing.size()) / keys, 0.632, 0.01);
}

}  // namespace
}  // namespace coppice::detail
