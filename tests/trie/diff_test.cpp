// The difference of two versions is exactly what std::map says, in canonical order, and costs what changed.
#include "coppice/detail/trie_diff.hpp"
#include "support.hpp"

namespace coppice::trie_test {
namespace {

template <class Configuration>
class trie_diff : public ::testing::Test {};
TYPED_TEST_SUITE(trie_diff, few_configurations);

struct expected_change {
  diff_kind kind;
  text before, after;
  friend bool operator==(const expected_change&, const expected_change&) = default;
};
using changes = std::map<text, expected_change>;

changes model_diff(const model_map& older, const model_map& newer) {
  changes all;
  for (const auto& [key, value] : older) {
    const auto now = newer.find(key);
    if (now == newer.end()) {
      all[key] = {diff_kind::removed, value, {}};
    } else if (!(now->second == value)) {
      all[key] = {diff_kind::changed, value, now->second};
    }
  }
  for (const auto& [key, value] : newer) {
    if (!older.contains(key)) all[key] = {diff_kind::added, {}, value};
  }
  return all;
}

template <class Configuration>
changes trie_changes(const owned_map<Configuration>& older, const owned_map<Configuration>& newer) {
  using map_type = owned_map<Configuration>;
  trie_diff_cursor<typename map_type::memory_type, typename map_type::leaf_type> cursor(older.memory(), map_type::leaf,
                                                                                        older.root(), newer.root());
  diff_change<typename map_type::leaf_type> change;
  changes all;
  std::uint64_t last_hash = 0;
  while (cursor.next(change)) {
    const std::uint64_t hash = map_type::leaf.hash(change.key);
    EXPECT_GE(hash, last_hash) << "not in canonical order";
    last_hash = hash;
    expected_change seen{change.kind, {}, {}};
    if (change.kind != diff_kind::added) seen.before = text(change.before);
    if (change.kind != diff_kind::removed) seen.after = text(change.after);
    EXPECT_TRUE(all.emplace(text(change.key), seen).second) << "a key twice";
  }
  return all;
}

TYPED_TEST(trie_diff, of_a_lineage_and_of_strangers) {
  typename TypeParam::memory_type memory;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    text_source source(seed, seed % 3 == 0 ? 20 : 300);
    owned_map<TypeParam> map(memory);
    model_map model;
    fill_randomly(map, model, source, 250);
    const owned_map<TypeParam> older = map;
    const model_map older_model = model;
    ASSERT_TRUE(trie_changes(older, map).empty());
    fill_randomly(map, model, source, seed % 2 == 0 ? 5 : 200);
    ASSERT_EQ(trie_changes(older, map), model_diff(older_model, model));
    ASSERT_EQ(trie_changes(map, older), model_diff(model, older_model));
    owned_map<TypeParam> stranger(memory);
    model_map stranger_model;
    fill_randomly(stranger, stranger_model, source, 60);
    ASSERT_EQ(trie_changes(stranger, map), model_diff(stranger_model, model));
    ASSERT_EQ(trie_changes(map, stranger), model_diff(model, stranger_model));
    const owned_map<TypeParam> empty(memory);
    ASSERT_EQ(trie_changes(empty, map), model_diff({}, model));
    ASSERT_EQ(trie_changes(map, empty), model_diff(model, {}));
    const auto twin = build_map<TypeParam>(memory, model);
    ASSERT_TRUE(trie_changes(map, twin).empty());
    ASSERT_TRUE(trie_equal(memory, owned_map<TypeParam>::leaf, map.root(), twin.root()));
    ASSERT_EQ(trie_equal(memory, owned_map<TypeParam>::leaf, map.root(), older.root()), model == older_model);
  }
}

/// Counts how many nodes are looked at.
struct counting_memory {
  using ref_type = std::uint32_t;
  const bump_memory* base;
  mutable std::size_t reads = 0;
  [[nodiscard]] const std::byte* address(ref_type ref) const noexcept {
    ++reads;
    return base->address(ref);
  }
};

TEST(trie_diff_cost, one_change_reads_one_path) {
  using configuration_type = configuration<bump_memory, default_limits, seeded_hash>;
  using map_type = owned_map<configuration_type>;
  bump_memory memory;
  map_type map(memory);
  for (int i = 0; i < 20000; ++i) (void)map.set("key" + std::to_string(i), "value");
  const map_type older = map;
  (void)map.set("key777", "other");
  counting_memory counting{&memory};
  trie_diff_cursor<counting_memory, map_type::leaf_type> cursor(counting, map_type::leaf, older.root(), map.root());
  diff_change<map_type::leaf_type> change;
  ASSERT_TRUE(cursor.next(change));
  EXPECT_EQ(text(change.key), text("key777"));
  EXPECT_FALSE(cursor.next(change));
  EXPECT_LT(counting.reads, 2U * 16U * 5U);
}

}  // namespace
}  // namespace coppice::trie_test
