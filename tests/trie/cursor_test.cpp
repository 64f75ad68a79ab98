// Iteration: every entry once, in canonical order, from both interfaces; early exit stops.
#include "support.hpp"

namespace coppice::trie_test {
namespace {

template <class Configuration>
class trie_iteration : public ::testing::Test {};
TYPED_TEST_SUITE(trie_iteration, few_configurations);

TYPED_TEST(trie_iteration, cursor_and_for_each_agree_and_are_in_canonical_order) {
  using map_type = owned_map<TypeParam>;
  typename TypeParam::memory_type memory;
  for (const unsigned steps : {0U, 1U, 3U, 40U, 800U}) {
    text_source source(steps, 400);
    map_type map(memory);
    model_map model;
    fill_randomly(map, model, source, steps);
    std::vector<std::pair<text, text>> visited;
    EXPECT_TRUE(trie_for_each(memory, map.leaf, map.root(),
                              [&](const auto& entry) { visited.emplace_back(text(entry.key), text(entry.value)); }));
    ASSERT_EQ(visited.size(), model.size());
    std::size_t at = 0;
    trie_cursor<typename map_type::memory_type, typename map_type::leaf_type> cursor(memory, map.root());
    for (; !cursor.done(); cursor.advance(), ++at) {
      ASSERT_LT(at, visited.size());
      ASSERT_EQ(text(cursor.entry().key), visited[at].first);
      ASSERT_EQ(text(cursor.entry().value), visited[at].second);
    }
    ASSERT_EQ(at, visited.size());
    for (std::size_t i = 1; i < visited.size(); ++i) {
      const std::uint64_t last = map.leaf.hash(visited[i - 1].first.view()),
                          next = map.leaf.hash(visited[i].first.view());
      ASSERT_TRUE(last < next || (last == next && visited[i - 1].first.view().compare(visited[i].first.view()) < 0));
    }
    for (std::size_t stop = 1; stop <= visited.size(); stop += 1 + stop / 2) {
      std::size_t calls = 0;
      EXPECT_FALSE(trie_for_each(memory, map.leaf, map.root(), [&](const auto&) { return ++calls < stop; }));
      EXPECT_EQ(calls, stop);
    }
  }
}

}  // namespace
}  // namespace coppice::trie_test
