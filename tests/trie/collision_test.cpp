// Leaves of one hash: any size, searched in O(log n), left by other hashes, and merged again.
#include "coppice/detail/trie_diff.hpp"
#include "support.hpp"

namespace coppice::trie_test {
namespace {

using colliding = configuration<bump_memory, default_limits, equal_hash>;
using colliding_map = owned_map<colliding>;

TEST(collision_leaf, holds_hundreds_of_thousands_of_entries) {
  constexpr std::uint32_t entries = 300000;
  bump_memory memory;
  std::vector<std::string> keys;
  for (std::uint32_t i = 0; i < entries; ++i) keys.push_back("key" + std::to_string(i));
  std::sort(keys.begin(), keys.end());
  const std::string large(300, 'x');
  std::vector<colliding_map::leaf_type::item> items;
  for (std::uint32_t i = 0; i < entries; ++i) {  // every third value is external: more refs than 16 bits can count
    const std::string& value = i % 3 == 0 ? large : keys[i];
    items.push_back(colliding_map::leaf.make_item(
        {reinterpret_cast<const std::byte*>(keys[i].data()), keys[i].size(), value_kind::string_ascii},
        {reinterpret_cast<const std::byte*>(value.data()), value.size(), value_kind::string_ascii}));
  }
  const auto built = trie_build(memory, colliding_map::leaf, items.data(), entries);
  ASSERT_TRUE(built.ok);
  colliding_map map(memory, built.root);
  ASSERT_EQ(kind_of(memory.address(map.root())), node_kind::packed_leaf_wide);
  ASSERT_EQ(map.broken(), "");
  ASSERT_EQ(map.size(), entries);
  for (std::uint32_t i = 0; i < entries; i += 97) {
    ASSERT_EQ(map.find(text(keys[i])), text(i % 3 == 0 ? large : keys[i]));
    ASSERT_EQ(map.find(text(keys[i] + "?")), std::nullopt);
  }
  ASSERT_EQ(map.set("key77", "changed"), trie_change::replaced);
  ASSERT_EQ(map.set("new", "inserted"), trie_change::inserted);
  ASSERT_EQ(map.erase("key78"), trie_change::erased);
  ASSERT_EQ(map.broken(), "");
  ASSERT_EQ(map.size(), entries);
  ASSERT_EQ(map.find("key77"), text("changed"));
  trie_diff_cursor<bump_memory, colliding_map::leaf_type> cursor(memory, colliding_map::leaf, built.root, map.root());
  diff_change<colliding_map::leaf_type> change;
  unsigned changes = 0;
  while (cursor.next(change)) ++changes;
  EXPECT_EQ(changes, 3U);
}

/// Keys that start with 'o' have another hash, which differs in the last bit only.
struct last_bit_hash {
  std::uint64_t operator()(value_kind, const std::byte* data, std::size_t size) const noexcept {
    return 0x8000000000000000U | (size > 0 && data[0] == std::byte{'o'} ? 1U : 0U);
  }
};

TEST(collision_leaf, a_different_hash_never_joins_it) {
  using split = configuration<bump_memory, default_limits, last_bit_hash>;
  for (const bool edit : {false, true}) {
    bump_memory memory;
    owned_map<split> map(memory);
    if (edit) memory.begin_edit();
    for (int i = 0; i < 40; ++i) (void)map.set("key" + std::to_string(i), "value");
    ASSERT_NE(kind_of(memory.address(map.root())), node_kind::branch) << "one hash is one leaf";
    ASSERT_EQ(map.set("other", "value"), trie_change::inserted);
    ASSERT_EQ(map.broken(), "");
    ASSERT_EQ(kind_of(memory.address(map.root())), node_kind::branch);
    ASSERT_EQ(map.find("other"), text("value"));
    ASSERT_EQ(map.erase("other"), trie_change::erased);
    ASSERT_EQ(map.broken(), "");
    ASSERT_NE(kind_of(memory.address(map.root())), node_kind::branch) << "and becomes one again";
    (void)map.set("other", "value");
    for (int i = 0; i < 17; ++i) (void)map.erase("key" + std::to_string(i));
    ASSERT_EQ(map.broken(), "");
    ASSERT_NE(kind_of(memory.address(map.root())), node_kind::branch) << "twenty-four entries are one leaf";
  }
}

}  // namespace
}  // namespace coppice::trie_test
