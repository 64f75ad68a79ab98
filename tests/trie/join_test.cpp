// Union, intersection and difference are what std::map says, in canonical shape; what is shared stays shared.
#include "coppice/detail/trie_join.hpp"
#include "support.hpp"

namespace coppice::trie_test {
namespace {

template <class Configuration>
class trie_join_of : public ::testing::Test {};
TYPED_TEST_SUITE(trie_join_of, few_configurations);

model_map model_join(join_operation operation, const model_map& left, const model_map& right, join_side side) {
  model_map all;
  for (const auto& [key, value] : left) {
    const auto other = right.find(key);
    const bool both = other != right.end();
    if (operation == join_operation::set_difference ? both : operation == join_operation::set_intersection && !both)
      continue;
    all[key] = both && side == join_side::right ? other->second : value;
  }
  if (operation == join_operation::set_union) all.insert(right.begin(), right.end());
  return all;
}

template <class Configuration>
void check_join(const owned_map<Configuration>& left, const model_map& left_model,
                const owned_map<Configuration>& right, const model_map& right_model) {
  using map_type = owned_map<Configuration>;
  auto& memory = left.memory();
  for (const auto operation :
       {join_operation::set_union, join_operation::set_intersection, join_operation::set_difference}) {
    for (const auto side : {join_side::left, join_side::right}) {
      const auto choose = [&](const auto& a, const auto& b) {
        EXPECT_EQ(text(a.key), text(b.key));
        EXPECT_FALSE(text(a.value) == text(b.value));
        return side;
      };
      memory.begin_edit();
      const auto joined = trie_join(memory, map_type::leaf, operation, left.root(), right.root(), choose);
      memory.end_edit();
      ASSERT_TRUE(joined.ok);
      const map_type result(memory, joined.root);
      const model_map expected = model_join(operation, left_model, right_model, side);
      ASSERT_EQ(result.broken(), "");
      ASSERT_EQ(result.content(), expected);
      const map_type built = build_map<Configuration>(memory, expected);
      ASSERT_TRUE(same_shape<Configuration>(memory, result.root(), built.root()));
      if (expected == left_model && (operation == join_operation::set_difference || side == join_side::left) &&
          Configuration::leaf_type::max_entries == 24 && left.root() != result.root()) {
        // Only what was left for the second walk may be copied, and it is not where nothing changes.
        ADD_FAILURE() << "a result like the left side is the left side";
      }
    }
  }
  ASSERT_EQ(left.broken(), "");
  ASSERT_EQ(left.content(), left_model);
  ASSERT_EQ(right.content(), right_model);
}

TYPED_TEST(trie_join_of, a_lineage_and_strangers) {
  typename TypeParam::memory_type memory;
  {
    for (std::uint64_t seed = 0; seed < 16; ++seed) {
      text_source source(seed, seed % 3 == 0 ? 20 : 400);
      owned_map<TypeParam> map(memory);
      model_map model;
      fill_randomly(map, model, source, seed % 4 == 1 ? 20 : 300);
      owned_map<TypeParam> other = map;
      model_map other_model = model;
      fill_randomly(other, other_model, source, seed % 2 == 0 ? 6 : 200);
      check_join(map, model, other, other_model);
      owned_map<TypeParam> stranger(memory);
      model_map stranger_model;
      fill_randomly(stranger, stranger_model, source, seed % 5 == 0 ? 400 : 30);
      check_join(map, model, stranger, stranger_model);
      check_join(stranger, stranger_model, map, model);
      const owned_map<TypeParam> empty(memory);
      check_join(map, model, empty, {});
      check_join(empty, {}, map, model);
      check_join(map, model, map, model);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
  if constexpr (requires { memory.live(); }) {
    EXPECT_EQ(memory.live(), 0U);
  }
}

TYPED_TEST(trie_join_of, maps_that_runs_out_of_space_leaves_nothing_behind) {
  using map_type = owned_map<TypeParam>;
  typename TypeParam::memory_type memory;
  text_source source(3, 200);
  map_type left(memory), right(memory);
  model_map left_model, right_model;
  fill_randomly(left, left_model, source, 120);
  fill_randomly(right, right_model, source, 120);
  const auto right_side = [](const auto&, const auto&) { return join_side::right; };
  for (const auto operation :
       {join_operation::set_union, join_operation::set_intersection, join_operation::set_difference}) {
    for (std::size_t allowed = 0;; ++allowed) {
      ASSERT_LT(allowed, 10000U);
      std::size_t live = 0;
      if constexpr (requires { memory.live(); }) live = memory.live();
      memory.begin_edit();
      memory.fail_after(allowed);
      const auto joined = trie_join(memory, map_type::leaf, operation, left.root(), right.root(), right_side);
      memory.fail_never();
      memory.end_edit();
      if (joined.ok) {
        const map_type result(memory, joined.root);
        ASSERT_EQ(result.content(), model_join(operation, left_model, right_model, join_side::right));
        break;
      }
      if constexpr (requires { memory.live(); }) {
        ASSERT_EQ(memory.live(), live);
      }
      ASSERT_EQ(left.broken(), "");
      ASSERT_EQ(right.broken(), "");
    }
  }
  ASSERT_EQ(left.content(), left_model);
  ASSERT_EQ(right.content(), right_model);
}

TEST(trie_join_cost, maps_that_differ_in_few_keys_share_the_rest) {
  using configuration_type = configuration<bump_memory, default_limits, seeded_hash>;
  using map_type = owned_map<configuration_type>;
  bump_memory memory;
  map_type map(memory);
  for (int i = 0; i < 20000; ++i) (void)map.set("key" + std::to_string(i), "value");
  map_type other = map;
  for (int i = 0; i < 10; ++i) (void)other.set("new" + std::to_string(i), "value");
  const std::size_t before = memory.allocations();
  const auto left_side = [](const auto&, const auto&) { return join_side::left; };
  const auto joined = trie_join(memory, map_type::leaf, join_operation::set_union, map.root(), other.root(), left_side);
  ASSERT_TRUE(joined.ok);
  EXPECT_EQ(joined.root, other.root()) << "the union with a subset is the larger map itself";
  EXPECT_LT(memory.allocations() - before, 100U);
}

}  // namespace
}  // namespace coppice::trie_test
