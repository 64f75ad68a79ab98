// What set, erase and update promise beyond their result: no change costs nothing, values may come out of the map
// itself, and nothing but this edit's nodes is written.
#include "support.hpp"

namespace coppice::trie_test {
namespace {

template <class Configuration>
class trie_edits : public ::testing::Test {};
TYPED_TEST_SUITE(trie_edits, few_configurations);

TYPED_TEST(trie_edits, no_change_returns_the_same_root_and_allocates_nothing) {
  typename TypeParam::memory_type memory;
  text_source source(1, 200);
  owned_map<TypeParam> map(memory);
  model_map model;
  fill_randomly(map, model, source, 300);
  const auto root = map.root();
  const std::size_t before = memory.allocations();
  for (const auto& [key, value] : model) {
    ASSERT_EQ(map.set(key, value), trie_change::none);
    ASSERT_EQ(map.erase(text("no " + key.bytes)), trie_change::none);
    ASSERT_EQ(map.update(key, [](const packed_value*) { return update_decision<packed_value>{}; }), trie_change::none);
    ASSERT_EQ(map.update(
                  key, [](const packed_value* old) { return update_decision<packed_value>{update_action::set, *old}; }),
              trie_change::none);
  }
  ASSERT_EQ(map.root(), root);
  ASSERT_EQ(memory.allocations(), before);
}

TYPED_TEST(trie_edits, a_value_may_come_out_of_the_same_map) {
  typename TypeParam::memory_type memory;
  text_source source(2, 60);
  owned_map<TypeParam> map(memory);
  model_map model;
  memory.begin_edit();
  fill_randomly(map, model, source, 100);
  for (unsigned i = 0; i < 1000 && !model.empty(); ++i) {
    auto from = model.begin();
    std::advance(from, static_cast<std::ptrdiff_t>(source.number(model.size())));
    const auto view = trie_find(memory, map.leaf, map.root(), from->first.view());
    ASSERT_TRUE(view.has_value());
    const text key = source.key();
    const text value = from->second;
    (void)map.update(key,
                     [&](const packed_value*) { return update_decision<packed_value>{update_action::set, *view}; });
    model[key] = value;
    ASSERT_EQ(map.find(key), value);
    ASSERT_EQ(map.broken(), "");
    if (source.number(3) == 0) {
      const text gone = source.key();
      (void)map.erase(gone);
      model.erase(gone);
    }
  }
  memory.end_edit();
  ASSERT_EQ(map.content(), model);
}

TYPED_TEST(trie_edits, erase_to_empty_returns_the_null_root) {
  using Ref = typename TypeParam::memory_type::ref_type;
  for (const bool edit : {false, true}) {
    typename TypeParam::memory_type memory;
    text_source source(3, 300);
    owned_map<TypeParam> map(memory);
    model_map model;
    fill_randomly(map, model, source, 500);
    if (edit) memory.begin_edit();
    while (!model.empty()) {
      auto victim = model.begin();
      std::advance(victim, static_cast<std::ptrdiff_t>(source.number(model.size())));
      ASSERT_EQ(map.erase(victim->first), trie_change::erased);
      model.erase(victim);
      ASSERT_EQ(map.broken(), "");
    }
    ASSERT_EQ(map.root(), Ref{});
    ASSERT_EQ(map.size(), 0U);
  }
}

TYPED_TEST(trie_edits, published_bytes_never_change) {
  if constexpr (std::is_same_v<typename TypeParam::memory_type, bump_memory>) {
    bump_memory memory;
    text_source source(4, 150);
    owned_map<TypeParam> map(memory);
    model_map model;
    for (unsigned round = 0; round < 20; ++round) {
      memory.begin_edit();
      const std::size_t published = memory.used();
      const std::vector<std::byte> bytes(memory.address(0), memory.address(0) + published);
      fill_randomly(map, model, source, 100);
      memory.end_edit();
      ASSERT_EQ(std::memcmp(bytes.data(), memory.address(0), published), 0);
    }
    ASSERT_EQ(map.content(), model);
  }
}

TEST(trie_edit_in_place, a_transaction_allocates_little) {
  using configuration_type = configuration<bump_memory, default_limits, seeded_hash>;
  bump_memory memory;
  owned_map<configuration_type> map(memory);
  memory.begin_edit();
  for (int i = 0; i < 20000; ++i) (void)map.set("key" + std::to_string(i), "some value of some length");
  memory.end_edit();
  ASSERT_EQ(map.broken(), "");
  ASSERT_EQ(map.size(), 20000U);
  EXPECT_LT(memory.used(), 20000U * 80U);
  EXPECT_LT(memory.allocations(), 20000U);
}

}  // namespace
}  // namespace coppice::trie_test
