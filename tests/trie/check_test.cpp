// The checker names what is broken, and survives any bytes.
#include <sys/mman.h>

#include "support.hpp"

namespace coppice::trie_test {
namespace {

using configuration_type = configuration<bump_memory, tiny_limits, seeded_hash>;
using map_type = owned_map<configuration_type>;

/// A copy of a bump memory's bytes that ends where an unreadable page begins.
class guarded_bytes {
 public:
  using ref_type = std::uint32_t;

  explicit guarded_bytes(const bump_memory& from) : used_(from.used()) {
    const std::size_t page = 4096;
    length_ = (used_ + page - 1) / page * page + page;
    void* map = mmap(nullptr, length_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) std::abort();
    map_ = static_cast<std::byte*>(map);
    if (mprotect(map_ + length_ - page, page, PROT_NONE) != 0) std::abort();
    base_ = map_ + length_ - page - used_;
    std::memcpy(base_, from.address(0), used_);
  }
  guarded_bytes(const guarded_bytes&) = delete;
  guarded_bytes& operator=(const guarded_bytes&) = delete;
  ~guarded_bytes() { munmap(map_, length_); }

  [[nodiscard]] const std::byte* address(ref_type ref) const noexcept {
    return base_ + std::size_t{ref} * granule_bytes;
  }
  [[nodiscard]] std::size_t readable_bytes(ref_type ref) const noexcept {
    const std::size_t at = std::size_t{ref} * granule_bytes;
    return ref == 0 || at >= used_ ? 0 : used_ - at;
  }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  [[nodiscard]] std::byte& at(std::size_t offset) noexcept { return base_[offset]; }

 private:
  std::byte* map_;
  std::byte* base_;
  std::size_t length_;
  std::size_t used_;
};

map_type sample(bump_memory& memory) {
  model_map model;
  for (int i = 0; i < 24; ++i) model["key" + std::to_string(i)] = "value" + std::to_string(i);
  model["large"] = std::string(100, 'v');
  model[std::string(60, 'k')] = {std::string(70, 'v'), value_kind::bigint};
  return build_map<configuration_type>(memory, model);
}

TEST(trie_check_of, every_changed_byte_is_survived_and_most_are_found) {
  bump_memory memory;
  const map_type map = sample(memory);
  guarded_bytes bytes(memory);
  std::size_t found = 0, tried = 0;
  for (std::size_t offset = granule_bytes; offset < bytes.used(); ++offset) {
    for (const unsigned flip : {0x01U, 0x10U, 0x80U, 0xffU}) {
      bytes.at(offset) ^= static_cast<std::byte>(flip);
      const auto report = trie_check(bytes, map_type::leaf, map.root());
      ++tried;
      if (report.broken != nullptr) {
        ++found;
      } else {  // then it can be read
        std::uint64_t entries = 0;
        trie_for_each(bytes, map_type::leaf, map.root(), [&](const auto& entry) {
          ++entries;
          EXPECT_TRUE(trie_find(bytes, map_type::leaf, map.root(), entry.key).has_value());
        });
        ASSERT_EQ(entries, map.size());
      }
      bytes.at(offset) ^= static_cast<std::byte>(flip);
    }
  }
  // Bytes of values, edit tokens and padding are free to be anything.
  EXPECT_GT(found * 100, tried * 50) << found << " of " << tried;
}

TEST(trie_check_of, many_changed_bytes_are_survived) {
  bump_memory memory;
  const map_type map = sample(memory);
  const guarded_bytes original(memory);
  guarded_bytes bytes(memory);
  std::mt19937_64 random(1);
  for (unsigned round = 0; round < 20000; ++round) {
    std::vector<std::size_t> changed;
    for (unsigned i = 0; i < 1 + round % 6; ++i) {
      changed.push_back(granule_bytes + random() % (bytes.used() - granule_bytes));
      bytes.at(changed.back()) = static_cast<std::byte>(random() % 3 == 0 ? random() % 8 : random());
    }
    (void)trie_check(bytes, map_type::leaf, map.root());
    for (const std::size_t offset : changed) bytes.at(offset) = original.address(0)[offset];
  }
  ASSERT_EQ(trie_check(bytes, map_type::leaf, map.root()).broken, nullptr);
}

TEST(trie_check_of, refs_to_nowhere) {
  bump_memory memory;
  const map_type map = sample(memory);
  guarded_bytes bytes(memory);
  for (const std::uint32_t root : {1000000U, 0xffffffffU, static_cast<std::uint32_t>(bytes.used() / granule_bytes)}) {
    EXPECT_STREQ(trie_check(bytes, map_type::leaf, root).broken, "T8 refs name nodes");
  }
  EXPECT_EQ(trie_check(bytes, map_type::leaf, 0U).broken, nullptr) << "the empty map is sound";
}

TEST(trie_check_of, visits_every_node_once_and_can_be_stopped) {
  bump_memory memory;
  const map_type map = sample(memory);
  std::map<std::uint32_t, int> visits;
  const auto report =
      trie_check(memory, map_type::leaf, map.root(), [&](std::uint32_t ref) { return ++visits[ref] == 1; });
  EXPECT_EQ(report.broken, nullptr);
  EXPECT_EQ(visits.size(), memory.allocations());
  EXPECT_STREQ(trie_check(memory, map_type::leaf, map.root(), [](std::uint32_t) { return false; }).broken,
               "stopped by the visitor");
}

/// Changes one byte of the node that `choose` accepts, and expects this report.
template <class Choose, class Change>
void expect_broken(const char* name, const Choose& choose, const Change& change) {
  bump_memory memory;
  const map_type map = sample(memory);
  guarded_bytes bytes(memory);
  std::uint32_t chosen = 0;
  (void)trie_check(memory, map_type::leaf, map.root(), [&](std::uint32_t ref) {
    if (chosen == 0 && choose(memory.address(ref))) chosen = ref;
    return true;
  });
  ASSERT_NE(chosen, 0U);
  change(&bytes.at(std::size_t{chosen} * granule_bytes));
  const auto report = trie_check(bytes, map_type::leaf, map.root());
  ASSERT_NE(report.broken, nullptr) << name;
  EXPECT_STREQ(report.broken, name);
}

bool is_branch(const std::byte* node) { return kind_of(node) == node_kind::branch; }
bool is_pair(const std::byte* node) { return kind_of(node) == node_kind::packed_leaf && count_of(node) == 2; }
bool is_wide(const std::byte* node) { return kind_of(node) == node_kind::packed_leaf_wide; }

TEST(trie_check_of, broken_invariants_are_named) {
  expect_broken("T3 a branch has the count of its subtree", is_branch,
                [](std::byte* node) { node[8] ^= std::byte{1}; });
  expect_broken("T8 a branch has its size", is_branch, [](std::byte* node) { node[4] ^= std::byte{1}; });
  expect_broken("T1 a node has the depth of its place", is_pair, [](std::byte* node) { node[1] ^= std::byte{32}; });
  expect_broken("T8 a child is a branch or a leaf", is_pair, [](std::byte* node) { node[0] = std::byte{3}; });
  expect_broken("T2 a tag has the bits after the prefix", is_pair, [](std::byte* node) { node[16] ^= std::byte{1}; });
  expect_broken("T1 a leaf has entries", is_pair, [](std::byte* node) { node[8] = std::byte{0}; });
  expect_broken("T1 a narrow leaf has at most B entries", is_pair, [](std::byte* node) { node[8] = std::byte{3}; });
  expect_broken("T8 entries lie in their leaf", is_pair, [](std::byte* node) { node[18] = std::byte{255}; });
  expect_broken("T8 a wide leaf has the size of its parts", is_wide, [](std::byte* node) { node[16] ^= std::byte{4}; });
}

}  // namespace
}  // namespace coppice::trie_test
