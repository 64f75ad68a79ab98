// Any history of set, erase and update leaves what std::map holds, in the one canonical shape; old versions never
// change.
#include "support.hpp"

namespace coppice::trie_test {
namespace {

template <class Configuration>
class trie_model : public ::testing::Test {};
TYPED_TEST_SUITE(trie_model, all_configurations);

template <class Configuration>
class history {
 public:
  history(std::uint64_t seed, unsigned keys) : source_(seed, keys) {}

  void run(unsigned steps, bool edit) {
    for (unsigned i = 0; i < steps; ++i) {
      if (!edit && i % 16 == 0) versions_.emplace_back(map_, model_);
      if (edit && i % 64 == 0) {
        memory_.end_edit();
        versions_.emplace_back(map_, model_);
        memory_.begin_edit();
      }
      step();
      ASSERT_EQ(map_.broken(), "") << "step " << i;
      ASSERT_EQ(map_.size(), model_.size()) << "step " << i;
      if (i % 8 == 0) compare(map_, model_);
      if (::testing::Test::HasFatalFailure()) return;
    }
    memory_.end_edit();
    compare(map_, model_);
    for (const auto& [map, model] : versions_) {
      ASSERT_EQ(map.broken(), "");
      compare(map, model);
    }
  }

 private:
  using map_type = owned_map<Configuration>;

  void step() {
    const text key = source_.key();
    const auto known = model_.find(key);
    const bool missing = known == model_.end();
    const std::uint64_t choice = source_.number(10);
    // Phases of growth and of shrinking, so that leaves split and merge again.
    const bool shrink = (++steps_ / 150) % 2 == 1;
    if (choice < (shrink ? 3U : 6U)) {
      const text value = source_.value();
      const trie_change expected = missing                  ? trie_change::inserted
                                   : known->second == value ? trie_change::none
                                                            : trie_change::replaced;
      ASSERT_EQ(map_.set(key, value), expected);
      model_[key] = value;
    } else if (choice < 9) {
      ASSERT_EQ(map_.erase(key), missing ? trie_change::none : trie_change::erased);
      model_.erase(key);
    } else {
      const text value = source_.value();
      const auto change = map_.update(key, [&](const packed_value* old) -> update_decision<packed_value> {
        EXPECT_EQ(old == nullptr, missing);
        if (old != nullptr) {
          EXPECT_EQ(text(*old), known->second);
        }
        if (old == nullptr) return {update_action::set, value.view()};
        return source_.number(2) == 0 ? update_decision<packed_value>{}
                                      : update_decision<packed_value>{update_action::erase, {}};
      });
      if (missing) model_[key] = value;
      if (change == trie_change::erased) model_.erase(key);
    }
    const auto now = model_.find(key);
    ASSERT_EQ(map_.find(key), now == model_.end() ? std::nullopt : std::optional<text>(now->second));
  }

  void compare(const map_type& map, const model_map& model) {
    ASSERT_EQ(map.content(), model);
    for (const auto& [key, value] : model) ASSERT_EQ(map.find(key), value);
    const map_type built = build_map<Configuration>(memory_, model);
    ASSERT_EQ(built.broken(), "");
    ASSERT_TRUE(same_shape<Configuration>(memory_, map.root(), built.root()));
  }

  typename Configuration::memory_type memory_;
  text_source source_;
  map_type map_{memory_};
  model_map model_;
  std::vector<std::pair<map_type, model_map>> versions_;
  unsigned steps_ = 0;
};

TYPED_TEST(trie_model, few_keys_persistent) { history<TypeParam>(1, 30).run(900, false); }
TYPED_TEST(trie_model, many_keys_persistent) { history<TypeParam>(2, 400).run(900, false); }
TYPED_TEST(trie_model, few_keys_edited_in_place) { history<TypeParam>(3, 30).run(900, true); }
TYPED_TEST(trie_model, many_keys_edited_in_place) { history<TypeParam>(4, 400).run(900, true); }

TYPED_TEST(trie_model, nothing_leaks) {
  typename TypeParam::memory_type memory;
  {
    text_source source(5, 200);
    owned_map<TypeParam> map(memory);
    std::vector<owned_map<TypeParam>> versions;
    for (unsigned i = 0; i < 1500; ++i) {
      if (source.number(3) != 0) {
        (void)map.set(source.key(), source.value());
      } else {
        (void)map.erase(source.key());
      }
      if (i % 50 == 0) versions.push_back(map);
    }
  }
  if constexpr (requires { memory.live(); }) {
    EXPECT_EQ(memory.live(), 0U);
  }
}

}  // namespace
}  // namespace coppice::trie_test
