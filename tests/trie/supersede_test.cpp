// What an edit tells a memory that traces: the nodes that its result no longer contains. A node named wrongly would be
// used again while it is read; a node not named waits for a collection.
#include <set>

#include "support.hpp"

namespace coppice::trie_test {
namespace {

class tracing_memory : public bump_memory {
 public:
  void supersede(ref_type node) noexcept { named_.push_back(node); }
  [[nodiscard]] std::vector<ref_type> take_named() noexcept { return std::exchange(named_, {}); }

 private:
  std::vector<ref_type> named_;
};

template <class Configuration>
class trie_supersede : public ::testing::Test {};
using tracing_configurations = ::testing::Types<configuration<tracing_memory, default_limits, seeded_hash>,
                                                configuration<tracing_memory, default_limits, few_bits_hash>,
                                                configuration<tracing_memory, tiny_limits, seeded_hash>,
                                                configuration<tracing_memory, tiny_limits, few_bits_hash>,
                                                configuration<tracing_memory, tiny_limits, equal_hash>>;
TYPED_TEST_SUITE(trie_supersede, tracing_configurations);

using node_set = std::set<std::uint32_t>;

void add_reachable(const tracing_memory& memory, std::uint32_t node, node_set& found) {
  if (node == 0 || !found.insert(node).second) return;
  const auto& header = *reinterpret_cast<const node_header*>(memory.address(node));
  for_each_ref<std::uint32_t>(header, [&](std::uint32_t child) { add_reachable(memory, child, found); });
}

node_set reachable(const tracing_memory& memory, std::uint32_t root) {
  node_set found;
  add_reachable(memory, root, found);
  return found;
}

/// Returns how many of the nodes that went were named.
std::size_t expect_only_gone(tracing_memory& memory, const node_set& before, const node_set& after) {
  const std::vector<std::uint32_t> named = memory.take_named();
  const node_set distinct(named.begin(), named.end());
  EXPECT_EQ(distinct.size(), named.size()) << "a node was named twice";
  for (const std::uint32_t node : distinct) {
    EXPECT_TRUE(before.contains(node)) << "named, but not of the base";
    EXPECT_FALSE(after.contains(node)) << "named, but still in the result";
  }
  return distinct.size();
}

TYPED_TEST(trie_supersede, names_what_single_edits_replace_and_nothing_else) {
  tracing_memory memory;
  owned_map<TypeParam> map(memory);
  text_source source(1, 300);
  std::size_t named = 0, gone = 0;
  for (unsigned i = 0; i < 1500; ++i) {
    const node_set before = reachable(memory, map.root());
    const bool shrink = i / 300 % 2 == 1;
    if (source.number(10) < (shrink ? 3U : 7U)) {
      (void)map.set(source.key(), source.value());
    } else {
      (void)map.erase(source.key());
    }
    const node_set after = reachable(memory, map.root());
    named += expect_only_gone(memory, before, after);
    for (const std::uint32_t node : before) gone += after.contains(node) ? 0U : 1U;
    if (this->HasFailure()) return;
  }
  // All but blobs and leaves that were merged away.
  EXPECT_GT(named * 2, gone);
}

TYPED_TEST(trie_supersede, names_what_a_transaction_replaces_and_nothing_else) {
  tracing_memory memory;
  owned_map<TypeParam> map(memory);
  text_source source(2, 300);
  for (unsigned round = 0; round < 60; ++round) {
    const node_set before = reachable(memory, map.root());
    {
      const edit_scope<tracing_memory> edits(memory);
      for (unsigned i = 0; i < 30; ++i) {
        if (source.number(10) < (round % 6 < 3 ? 8U : 3U)) {
          (void)map.set(source.key(), source.value());
        } else {
          (void)map.erase(source.key());
        }
      }
    }
    (void)expect_only_gone(memory, before, reachable(memory, map.root()));
    if (this->HasFailure()) return;
  }
}

TYPED_TEST(trie_supersede, an_edit_that_changes_nothing_names_nothing) {
  tracing_memory memory;
  owned_map<TypeParam> map(memory);
  for (int i = 0; i < 200; ++i) (void)map.set("key" + std::to_string(i), "value");
  (void)memory.take_named();
  for (int i = 0; i < 200; ++i) {
    (void)map.set("key" + std::to_string(i), "value");
    (void)map.erase("missing" + std::to_string(i));
  }
  EXPECT_TRUE(memory.take_named().empty());
}

}  // namespace
}  // namespace coppice::trie_test
