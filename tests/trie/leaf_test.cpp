// Packed leaves byte by byte, and at the limits of their forms.
#include "support.hpp"

namespace coppice::trie_test {
namespace {

/// The first eight bytes of a key are its hash, so that a test can place it.
struct chosen_hash {
  std::uint64_t operator()(value_kind, const std::byte* data, std::size_t size) const noexcept {
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < 8; ++i) hash = hash << 8 | (i < size ? std::to_integer<std::uint64_t>(data[i]) : 0);
    return hash;
  }
};
struct plain {
  using memory_type = bump_memory;
  using leaf_type = packed_leaf<std::uint32_t, chosen_hash, 16, 1024, 255>;
};
using plain_map = owned_map<plain>;

std::string node_bytes(const plain_map& map) {
  const std::byte* node = map.memory().address(map.root());
  return {reinterpret_cast<const char*>(node), bytes_of(node)};
}

TEST(packed_leaf_format, narrow_leaf) {
  bump_memory memory;
  plain_map map(memory);
  (void)map.set("zz", "value");
  (void)map.set("a", {"xyz", value_kind::bigint});
  const char expected[] =
      "\x02\x00\x00\x00\x03\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"  // kind, depth, granules, count
      "az"                                                                // tags
      "\x07\x09"                                                          // sizes
      "\0\0\0\0\0\0\0\0\0\0\0\0"                                          // gap
      "\x25\x02zzvalue"                                                   // ASCII key, value of code 1
      "\x05\x09\x01"                                                      // ASCII key; long form: bigint
      "axyz";
  EXPECT_EQ(node_bytes(map), std::string(expected, sizeof(expected) - 1));
}

TEST(packed_leaf_format, wide_leaf_and_blob) {
  bump_memory memory;
  plain_map map(memory);
  (void)map.set("k", {std::string(300, 'v'), value_kind::document});
  const char expected[] =
      "\x04\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"  // kind, depth, granules, count
      "\x01\x00\x00\x00\x08\x00\x00\x00"                                  // refs, bytes
      "\x04\x00\x00\x00"                                                  // the blob, which follows in memory
      "\x08\x00\x00\x00k"                                                 // end, tag
      "\x05\x48\x01k\0\0\0\0"                                             // external document, index 0
      "\0\0\0\0\0\0\0";
  EXPECT_EQ(node_bytes(map), std::string(expected, sizeof(expected) - 1));
  const std::byte* blob = memory.address(4);
  EXPECT_EQ(kind_of(blob), node_kind::blob);
  EXPECT_EQ(bytes_of(blob), 336U);
  EXPECT_EQ(load<std::uint64_t>(blob + 16), 300U);
  EXPECT_EQ(std::memcmp(blob + 24, std::string(300, 'v').data(), 300), 0);
}

TEST(packed_leaf_limits, keys_and_values_around_every_limit) {
  counted_memory memory;
  {
    using configuration_type = configuration<counted_memory, default_limits, seeded_hash>;
    owned_map<configuration_type> map(memory);
    model_map model;
    const std::size_t sizes[] = {0, 1, 2, 100, 125, 126, 127, 128, 250, 251, 252, 253, 254, 255, 256, 257, 1000, 65536};
    for (const std::size_t key_size : sizes) {
      for (const std::size_t value_size : sizes) {
        for (const auto kind : {value_kind::bytes, value_kind::bigint}) {
          const text key(std::string(key_size, 'k') + std::to_string(value_size) +
                         std::to_string(static_cast<int>(kind)));
          const text value(std::string(value_size, 'v'), kind);
          ASSERT_EQ(map.set(key, value), trie_change::inserted);
          ASSERT_EQ(map.set(key, value), trie_change::none);
          model[key] = value;
          ASSERT_EQ(map.find(key), value);
        }
      }
    }
    ASSERT_EQ(map.broken(), "");
    ASSERT_EQ(map.content(), model);
    for (const auto& [key, value] : model) {
      ASSERT_EQ(map.erase(key), trie_change::erased);
    }
    EXPECT_EQ(map.root(), nullptr) << "the empty map is the null root";
  }
  EXPECT_EQ(memory.live(), 0U);
}

TEST(packed_leaf_limits, update_may_make_a_value_external_and_back) {
  bump_memory memory;
  using configuration_type = configuration<bump_memory, default_limits, seeded_hash>;
  owned_map<configuration_type> map(memory);
  for (int i = 0; i < 10; ++i) (void)map.set("key" + std::to_string(i), "small");
  const auto shape = build_map<configuration_type>(memory, map.content());
  for (const std::size_t size : {10U, 300U, 20U, 255U, 256U, 1000000U, 0U}) {
    ASSERT_EQ(map.set("key5", std::string(size, 'x')), trie_change::replaced);
    ASSERT_EQ(map.broken(), "");
    ASSERT_EQ(map.find("key5"), text(std::string(size, 'x')));
  }
  (void)map.set("key5", "small");
  EXPECT_TRUE(same_shape<configuration_type>(memory, map.root(), shape.root()));
}

TEST(packed_leaf_limits, prefixes_of_63_and_64_bits) {
  using Leaf = packed_leaf<std::uint32_t, chosen_hash, 2, 1024, 255>;
  struct tiny {
    using memory_type = bump_memory;
    using leaf_type = Leaf;
  };
  bump_memory memory;
  owned_map<tiny> map(memory);
  model_map model;
  const std::string shared = "1234567";
  for (const char* tail : {"a0", "a1", "a2", "b0", "b1", "b2", "c", "`", "a", "b"}) {
    ASSERT_EQ(map.set(shared + tail, tail), trie_change::inserted);
    model[shared + tail] = tail;
    ASSERT_EQ(map.broken(), "");
  }
  ASSERT_EQ(map.content(), model);
  while (!model.empty()) {
    ASSERT_EQ(map.erase(model.begin()->first), trie_change::erased);
    model.erase(model.begin());
    ASSERT_EQ(map.broken(), "");
    ASSERT_EQ(map.content(), model);
  }
}

}  // namespace
}  // namespace coppice::trie_test
