// The store against std::map: random operations over every kind of key and value, the checker after each step, and old
// snapshots verified long after.
#include <deque>

#include "tests/store/support.hpp"

namespace store_test {
namespace {

/// Thrown out of transactions on purpose.
struct change_of_mind {};

class model_run {
 public:
  model_run(store& tested, std::uint64_t seed, std::uint64_t keys) : store_(tested), random_(seed), keys_(keys) {}

  void step() {
    switch (random_.below(20)) {
      case 0:
        return transact(true);
      case 1:
      case 2:
        return transact(false);
      case 3:
        return set_many();
      case 4:
        return random_.below(12) == 0 ? clear() : erase();
      case 5:
      case 6:
      case 7:
      case 8:
      case 9:
        return erase();
      case 10:
        return keep_snapshot();
      default:
        return set();
    }
  }

  [[nodiscard]] std::string difference_now() const { return difference(store_.snapshot(), model_); }

  /// The first kept snapshot that is not as it was.
  [[nodiscard]] std::string difference_in_snapshots() const {
    for (const auto& [kept, then] : snapshots_) {
      if (std::string trouble = difference(kept, then); !trouble.empty()) return "an old snapshot: " + trouble;
    }
    return {};
  }

  void one_key_agrees() {
    const value key = random_.key(keys_);
    const auto expected = model_.find(identity_of(key.view()));
    const std::optional<value> found = store_.get(key.view());
    ASSERT_EQ(found.has_value(), expected != model_.end());
    ASSERT_EQ(store_.contains(key.view()), found.has_value());
    if (found) {
      ASSERT_TRUE(*found == expected->second);
    }
    ASSERT_EQ(store_.size(), model_.size());
  }

 private:
  void set() {
    const value key = random_.key(keys_);
    value content = random_.content();
    store_.set(key.view(), content.view());
    model_.insert_or_assign(identity_of(key.view()), std::move(content));
  }

  void erase() {
    const value key = random_.key(keys_);
    const bool there = model_.erase(identity_of(key.view())) != 0;
    ASSERT_EQ(store_.erase(key.view()), there);
  }

  void clear() {
    store_.clear();
    model_.clear();
  }

  void set_many() {
    std::vector<std::pair<value, value>> owned;
    for (std::uint64_t i = random_.below(30); i > 0; --i) owned.emplace_back(random_.key(keys_), random_.content());
    std::vector<key_value> entries;
    for (const auto& [key, content] : owned) {
      entries.push_back({key.view(), content.view()});
      model_.insert_or_assign(identity_of(key.view()), content);
    }
    store_.set_many(entries);
  }

  void transact(bool abandon) {
    model inside = model_;
    const std::uint64_t version = store_.version();
    bool thrown = false;
    try {
      store_.transact([&](transaction& work) {
        for (std::uint64_t i = random_.below(25); i > 0; --i) edit(work, inside);
        ASSERT_EQ(work.size(), inside.size());
        if (abandon) throw change_of_mind();
      });
    } catch (const change_of_mind&) {
      thrown = true;
    }
    ASSERT_EQ(thrown, abandon);
    if (abandon) {
      ASSERT_EQ(store_.version(), version);
    } else {
      model_ = std::move(inside);
    }
  }

  void edit(transaction& work, model& inside) {
    const value key = random_.key(keys_);
    const std::string id = identity_of(key.view());
    const std::uint64_t what = random_.below(40);
    if (what == 0) {
      work.clear();
      inside.clear();
    } else if (what < 14) {
      ASSERT_EQ(work.erase(key.view()), inside.erase(id) != 0);
    } else {
      value content = random_.content();
      work.set(key.view(), content.view());
      inside.insert_or_assign(id, std::move(content));
    }
    const auto found = work.get(key.view());
    const auto expected = inside.find(id);
    ASSERT_EQ(found.has_value(), expected != inside.end());
    if (found) {
      ASSERT_TRUE(*found == expected->second.view());
    }
  }

  void keep_snapshot() {
    snapshots_.emplace_back(store_.snapshot(), model_);
    if (snapshots_.size() > 6) snapshots_.pop_front();
  }

  store& store_;
  random_content random_;
  std::uint64_t keys_;
  model model_;
  std::deque<std::pair<snapshot, model>> snapshots_;
};

class model_test : public store_case, public testing::WithParamInterface<std::uint64_t> {};

TEST_P(model_test, agrees_with_std_map_and_is_sound_after_every_step) {
  store tested = store::open("model", seeded(GetParam()));
  model_run run(tested, GetParam(), 60);
  for (int i = 0; i < 500; ++i) {
    ASSERT_NO_FATAL_FAILURE(run.step()) << "step " << i;
    ASSERT_NO_FATAL_FAILURE(run.one_key_agrees()) << "step " << i;
    const check_report report = tested.check();
    ASSERT_TRUE(report.ok()) << report.broken << " after step " << i;
    ASSERT_EQ(run.difference_now(), "") << "after step " << i;
    if (i % 20 == 19) {
      ASSERT_EQ(run.difference_in_snapshots(), "") << "after step " << i;
    }
    if (i % 60 == 59) tested.collect();
  }
}

TEST_P(model_test, agrees_with_std_map_over_many_keys_and_collections) {
  store tested = store::open("model", seeded(GetParam() * 31));
  model_run run(tested, GetParam() * 17, 3000);
  for (int i = 0; i < 6000; ++i) {
    ASSERT_NO_FATAL_FAILURE(run.step()) << "step " << i;
    ASSERT_NO_FATAL_FAILURE(run.one_key_agrees()) << "step " << i;
    if (i % 500 != 499) continue;
    const check_report report = tested.check();
    ASSERT_TRUE(report.ok()) << report.broken << " after step " << i;
    ASSERT_EQ(run.difference_now(), "") << "after step " << i;
    ASSERT_EQ(run.difference_in_snapshots(), "") << "after step " << i;
    if (i % 1000 == 999) tested.collect();
  }
  EXPECT_GT(tested.stats().collections, 2U);
}

INSTANTIATE_TEST_SUITE_P(seeds, model_test, testing::Values(1, 2, 3));

}  // namespace
}  // namespace store_test
