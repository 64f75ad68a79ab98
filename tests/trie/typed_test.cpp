// The trie over typed leaves on the counted heap: any history leaves what std::map holds, versions never change,
// whatever throws or fails leaves everything as it was, and nothing leaks.
#include <memory>
#include <random>

#include "typed_support.hpp"

namespace coppice::trie_test {
namespace {

template <class Configuration>
class typed_trie : public ::testing::Test {
 protected:
  using map_type = typed_map<Configuration>;
  using K = typename Configuration::key;
  using V = typename Configuration::value;
  using model_type = std::map<K, V>;

  void TearDown() override {
    failing_source::allowed = fragile::copies_allowed = static_cast<std::size_t>(-1);
    EXPECT_EQ(failing_source::live, 0U);
    EXPECT_EQ(fragile::live, 0);
  }

  /// Growth and shrinking by turns. A version is kept every `keep` steps (0: never), so that what follows copies.
  void run(unsigned steps, unsigned keys, unsigned keep) {
    map_type map;
    model_type model;
    std::vector<std::pair<map_type, model_type>> versions;
    for (unsigned i = 0; i < steps; ++i) {
      if (keep != 0 && i % keep == 0) versions.emplace_back(map, model);
      const std::uint64_t number = random_() % keys;
      const K key = made_from<K>(number);
      const bool known = model.contains(key);
      if (random_() % 10 < (i / 400 % 2 == 0 ? 7U : 3U)) {
        const V value = made_from<V>(random_() % 4);
        const trie_change expected = !known                   ? trie_change::inserted
                                     : model.at(key) == value ? trie_change::none
                                                              : trie_change::replaced;
        ASSERT_EQ(map.set(key, value), expected);
        model.insert_or_assign(key, value);
      } else {
        ASSERT_EQ(map.erase(key), known ? trie_change::erased : trie_change::none);
        model.erase(key);
      }
      ASSERT_EQ(map.broken(), "") << "step " << i;
      ASSERT_EQ(map.size(), model.size());
      const V* found = map.find(key);
      ASSERT_EQ(found != nullptr, model.contains(key));
      if (found != nullptr) {
        ASSERT_EQ(*found, model.at(key));
      }
    }
    ASSERT_EQ(map.content(), model);
    ASSERT_TRUE(map.ascends());
    for (const auto& [version, content] : versions) {
      ASSERT_EQ(version.broken(), "");
      ASSERT_EQ(version.content(), content);
      ASSERT_EQ(map.differences_from(version), differences(content, model));
    }
  }

  [[nodiscard]] static std::size_t differences(const model_type& older, const model_type& newer) {
    std::size_t count = 0;
    for (const auto& [key, value] : older) count += !newer.contains(key) || !(newer.at(key) == value) ? 1U : 0U;
    for (const auto& [key, value] : newer) count += older.contains(key) ? 0U : 1U;
    return count;
  }

  /// Repeats a change with one more of `budget` each time until it succeeds; until then nothing may have changed.
  template <class Change>
  void until_it_works(map_type& map, std::size_t& budget, const Change& change) {
    for (std::size_t allowed = 0;; ++allowed) {
      ASSERT_LT(allowed, 2000U);
      const auto root = map.root();
      const auto nodes = failing_source::live;
      const auto elements = fragile::live;
      budget = allowed;
      bool worked = true;
      try {
        change();
      } catch (const std::bad_alloc&) {
        worked = false;
      } catch (const std::runtime_error&) {
        worked = false;
      }
      budget = static_cast<std::size_t>(-1);
      if (worked) return;
      ASSERT_EQ(map.root(), root);
      ASSERT_EQ(failing_source::live, nodes);
      ASSERT_EQ(fragile::live, elements);
    }
  }

  void run_failing(std::size_t& budget, unsigned keep) {
    map_type map;
    model_type model;
    std::vector<std::pair<map_type, model_type>> versions;
    for (unsigned i = 0; i < 300; ++i) {
      if (keep != 0 && i % keep == 0) versions.emplace_back(map, model);
      const K key = made_from<K>(random_() % 60);
      if (random_() % 10 < (i / 100 % 2 == 0 ? 7U : 3U)) {
        const V value = made_from<V>(random_() % 4);
        until_it_works(map, budget, [&] { (void)map.set(key, value); });
        model.insert_or_assign(key, value);
      } else {
        until_it_works(map, budget, [&] { (void)map.erase(key); });
        model.erase(key);
      }
      if (this->HasFatalFailure()) return;
      ASSERT_EQ(map.broken(), "");
    }
    ASSERT_EQ(map.content(), model);
    for (const auto& [version, content] : versions) ASSERT_EQ(version.content(), content);
  }

  std::mt19937_64 random_{1};
};
TYPED_TEST_SUITE(typed_trie, typed_configurations);

TYPED_TEST(typed_trie, holds_what_a_map_holds_when_versions_are_kept) { this->run(3000, 300, 16); }
TYPED_TEST(typed_trie, holds_what_a_map_holds_when_edited_in_place) { this->run(6000, 300, 0); }
TYPED_TEST(typed_trie, holds_what_a_map_holds_with_few_keys) { this->run(3000, 12, 7); }
TYPED_TEST(typed_trie, is_unchanged_when_memory_fails_at_any_step) {
  this->run_failing(failing_source::allowed, 5);
  this->run_failing(failing_source::allowed, 0);
}
TYPED_TEST(typed_trie, is_unchanged_when_a_copy_throws_at_any_step) {
  this->run_failing(fragile::copies_allowed, 5);
  this->run_failing(fragile::copies_allowed, 0);
}

/// A value that holds a map of itself.
struct nested;
struct nested_hash {
  std::uint64_t operator()(std::uint64_t key) const noexcept { return good_hash{}(key); }
};
struct nested {
  using leaf = typed_leaf<map_element<std::uint64_t, std::shared_ptr<nested>>, nested_hash, std::equal_to<>, 4>;
  using memory = heap_edit<atomic_count, typed_nodes<leaf>, failing_source>;

  explicit nested(std::shared_ptr<nested> inner) {
    leaf::element made(1, std::move(inner));
    root = trie_set(nodes, leaf{}, root, leaf{}.make_item(made, true)).root;
  }
  nested(const nested&) = delete;
  nested& operator=(const nested&) = delete;
  ~nested() { nodes.release(root); }

  memory nodes;
  memory::ref_type root = nullptr;
};

TEST(typed_trie_nesting, a_million_maps_in_each_other_are_freed_without_a_deep_stack) {
  std::shared_ptr<nested> outer;
  for (int i = 0; i < 1'000'000; ++i) outer = std::make_shared<nested>(std::move(outer));
  EXPECT_EQ(failing_source::live, 1'000'000U);
  outer.reset();
  EXPECT_EQ(failing_source::live, 0U);
}

}  // namespace
}  // namespace coppice::trie_test
