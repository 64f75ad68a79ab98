// Whichever allocation of an operation fails, the map is as it was, still owned, and nothing leaks.
#include "support.hpp"

namespace coppice::trie_test {
namespace {

template <class Configuration>
class trie_out_of_space : public ::testing::Test {};
TYPED_TEST_SUITE(trie_out_of_space, few_configurations);

template <class Configuration>
class failing_history {
  using map_type = owned_map<Configuration>;

 public:
  void run(bool edit) {
    if (edit) memory_.begin_edit();
    for (unsigned i = 0; i < 700; ++i) {
      if (i % 40 == 0) kept_.emplace_back(map_, model_);
      if (edit && i % 40 == 0) memory_.begin_edit();
      const bool shrink = i / 150 % 2 == 1;
      const text key = source_.key(), value = source_.value();
      if (source_.number(10) < (shrink ? 3U : 7U)) {
        until_it_works([&] { return map_.set(key, value); });
        model_[key] = value;
      } else {
        until_it_works([&] { return map_.erase(key); });
        model_.erase(key);
      }
      ASSERT_EQ(map_.broken(), "");
      if (::testing::Test::HasFatalFailure()) return;
    }
    memory_.end_edit();
    ASSERT_EQ(map_.content(), model_);
    for (const auto& [map, model] : kept_) ASSERT_EQ(map.content(), model);
  }
  [[nodiscard]] typename Configuration::memory_type& memory() { return memory_; }
  void clear() {
    kept_.clear();
    map_ = map_type(memory_);
  }

 private:
  template <class Operation>
  void until_it_works(const Operation& operation) {
    for (std::size_t allowed = 0;; ++allowed) {
      ASSERT_LT(allowed, 1000U);
      const auto root = map_.root();
      std::size_t live = 0;
      if constexpr (requires { memory_.live(); }) live = memory_.live();
      memory_.fail_after(allowed);
      const trie_change change = operation();
      memory_.fail_never();
      if (change != trie_change::out_of_space) return;
      ASSERT_EQ(map_.root(), root);
      ASSERT_EQ(map_.broken(), "");
      if (allowed < 3) {
        ASSERT_EQ(map_.content(), model_);
      }
      if constexpr (requires { memory_.live(); }) {
        ASSERT_EQ(memory_.live(), live);
      }
    }
  }

  typename Configuration::memory_type memory_;
  text_source source_{11, 120};
  map_type map_{memory_};
  model_map model_;
  std::vector<std::pair<map_type, model_map>> kept_;
};

TYPED_TEST(trie_out_of_space, persistent) {
  failing_history<TypeParam> history;
  history.run(false);
  history.clear();
  if constexpr (requires { history.memory().live(); }) {
    EXPECT_EQ(history.memory().live(), 0U);
  }
}

TYPED_TEST(trie_out_of_space, edited_in_place) {
  failing_history<TypeParam> history;
  history.run(true);
}

TYPED_TEST(trie_out_of_space, bulk_build) {
  using map_type = owned_map<TypeParam>;
  typename TypeParam::memory_type memory;
  text_source source(12, 300);
  model_map model;
  for (int i = 0; i < 150; ++i) model[source.key()] = source.value();
  std::vector<typename map_type::leaf_type::item> items;
  for (const auto& [key, value] : model) items.push_back(map_type::leaf.make_item(key.view(), value.view()));
  std::sort(items.begin(), items.end(), map_type::leaf_type::item_less);
  for (std::size_t allowed = 0;; ++allowed) {
    memory.fail_after(allowed);
    const auto built = trie_build(memory, map_type::leaf, items.data(), static_cast<std::uint32_t>(items.size()));
    memory.fail_never();
    if (built.ok) {
      EXPECT_EQ(map_type(memory, built.root).content(), model);
      break;
    }
    if constexpr (requires { memory.live(); }) {
      ASSERT_EQ(memory.live(), 0U);
    }
  }
}

}  // namespace
}  // namespace coppice::trie_test
