// Snapshots: they do not change, their bytes stay, and they outlive the handle they came from.
#include <algorithm>
#include <set>

#include "tests/store/support.hpp"

namespace store_test {
namespace {

class snapshot_test : public store_case {
 protected:
  store store_ = store::open("snapshots");
};

TEST_F(snapshot_test, does_not_see_later_writes) {
  store_.set("a", 1);
  const snapshot before = store_.snapshot();
  store_.set("a", 2);
  store_.set("b", 3);
  store_.erase("a");
  EXPECT_EQ(before.get("a")->as_int64(), 1);
  EXPECT_FALSE(before.contains("b"));
  EXPECT_EQ(before.size(), 1U);
  EXPECT_FALSE(store_.contains("a"));
}

TEST_F(snapshot_test, views_stay_valid_as_long_as_it_lives_over_many_collections) {
  const std::string content(5000, 'x');
  store_.set("small", "held");
  store_.set("large", content);
  const snapshot held = store_.snapshot();
  const value_view small = *held.get("small");
  const value_view large = *held.get("large");
  for (int round = 0; round < 5; ++round) {
    store_.clear();
    for (int i = 0; i < 2000; ++i) store_.set(i, std::string(300, static_cast<char>('a' + round)));
    store_.collect();
    ASSERT_EQ(small.as_string(), "held");
    ASSERT_EQ(large.as_string(), content);
  }
  EXPECT_TRUE(store_.check().ok());
}

TEST_F(snapshot_test, outlives_the_handle_it_came_from) {
  std::optional<snapshot> held;
  {
    store handle = store::open("snapshots");
    handle.set("a", "still here");
    held = handle.snapshot();
    handle.close();
    EXPECT_EQ(code_of([&] { (void)handle.get("a"); }), errc::closed);
  }
  store_.clear();
  store_.collect();
  EXPECT_EQ(held->get("a")->as_string(), "still here");
  const snapshot copy = *held;
  held.reset();
  EXPECT_EQ(copy.get("a")->as_string(), "still here");
}

TEST_F(snapshot_test, a_copy_pins_on_its_own) {
  store_.set("a", 1);
  std::optional<snapshot> first = store_.snapshot();
  const snapshot second = *first;
  EXPECT_EQ(store_.stats().pins, 2U);
  first.reset();
  store_.set("a", 2);
  store_.collect();
  EXPECT_EQ(second.get("a")->as_int64(), 1);
  EXPECT_EQ(store_.stats().pins, 1U);
}

TEST_F(snapshot_test, assignment_releases_what_was_held) {
  store_.set("a", 1);
  snapshot held = store_.snapshot();
  store_.set("a", 2);
  held = store_.snapshot();
  EXPECT_EQ(held.get("a")->as_int64(), 2);
  EXPECT_EQ(store_.stats().pins, 1U);
  const snapshot other = held;
  held = other;
  EXPECT_EQ(held.get("a")->as_int64(), 2);
  EXPECT_EQ(store_.stats().pins, 2U);
}

TEST_F(snapshot_test, tells_version_and_time_of_its_commit) {
  const auto before = std::chrono::system_clock::now() - std::chrono::seconds(1);
  store_.set("a", 1);
  const snapshot held = store_.snapshot();
  store_.set("a", 2);
  EXPECT_EQ(store_.version(), held.version() + 1);
  EXPECT_GE(held.committed_at(), before);
  EXPECT_LE(held.committed_at(), std::chrono::system_clock::now() + std::chrono::seconds(1));
}

TEST_F(snapshot_test, iterates_over_each_entry_once_in_an_order_of_content_and_seed_alone) {
  store forward = store::open("forward", seeded());
  store backward = store::open("backward", seeded());
  for (int i = 0; i < 1000; ++i) forward.set(i, i * 3);
  for (int i = 1999; i >= 0; --i) backward.set(i, i * 3);
  for (int i = 1000; i < 2000; ++i) backward.erase(i);
  std::vector<std::int64_t> order[2];
  const snapshot snapshots[2] = {forward.snapshot(), backward.snapshot()};
  for (int which = 0; which < 2; ++which) {
    for (const entry& each : snapshots[which]) {
      EXPECT_EQ(each.value.as_int64(), *each.key.as_int64() * 3);
      order[which].push_back(*each.key.as_int64());
    }
  }
  EXPECT_EQ(order[0].size(), 1000U);
  EXPECT_EQ(std::set<std::int64_t>(order[0].begin(), order[0].end()).size(), 1000U);
  EXPECT_EQ(order[0], order[1]);
}

TEST_F(snapshot_test, an_iterator_pins_what_it_walks_and_a_copy_walks_on_its_own) {
  for (int i = 0; i < 100; ++i) store_.set(i, i);
  std::optional<snapshot> held = store_.snapshot();
  snapshot::iterator it = held->begin();
  held.reset();
  store_.clear();
  store_.collect();
  for (int i = 0; i < 50; ++i) ++it;
  snapshot::iterator other = it;
  int left = 0;
  for (; !(it == std::default_sentinel); ++it) {
    EXPECT_EQ(it->key, it->value);
    EXPECT_EQ(it->key, other->key);
    ++other;
    ++left;
  }
  EXPECT_EQ(left, 50);
  EXPECT_TRUE(other == std::default_sentinel);
}

TEST_F(snapshot_test, of_an_empty_store_has_no_entries) {
  const snapshot empty = store_.snapshot();
  EXPECT_EQ(empty.size(), 0U);
  EXPECT_TRUE(empty.begin() == empty.end());
  empty.for_each([](const entry&) {
    ADD_FAILURE();
    return true;
  });
}

TEST_F(snapshot_test, for_each_stops_when_told) {
  for (int i = 0; i < 100; ++i) store_.set(i, i);
  int met = 0;
  store_.snapshot().for_each([&met](const entry&) { return ++met < 7; });
  EXPECT_EQ(met, 7);
}

TEST_F(snapshot_test, diff_tells_exactly_what_changed) {
  random_content random(5);
  model before;
  for (int i = 0; i < 400; ++i) {
    const value key = random.key(500);
    value content = random.content();
    store_.set(key.view(), content.view());
    before.insert_or_assign(identity_of(key.view()), std::move(content));
  }
  const snapshot older = store_.snapshot();
  model after = before;
  for (int i = 0; i < 60; ++i) {
    const value key = random.key(500);
    if (i % 3 == 0) {
      store_.erase(key.view());
      after.erase(identity_of(key.view()));
    } else {
      value content = random.content();
      store_.set(key.view(), content.view());
      after.insert_or_assign(identity_of(key.view()), std::move(content));
    }
  }
  diff_range changes = store_.snapshot().diff(older);
  model rebuilt = before;
  while (const std::optional<change> found = changes.next()) {
    const std::string id = identity_of(found->key);
    const auto was = before.find(id);
    ASSERT_EQ(was == before.end(), found->kind == change_kind::added);
    if (was != before.end()) {
      ASSERT_TRUE(was->second.view() == found->before);
    }
    if (found->kind == change_kind::removed) {
      rebuilt.erase(id);
    } else {
      ASSERT_FALSE(found->kind == change_kind::changed && found->before == found->after);
      rebuilt.insert_or_assign(id, value(found->after));
    }
  }
  EXPECT_TRUE(rebuilt == after);
}

TEST_F(snapshot_test, diff_of_equal_versions_is_empty) {
  for (int i = 0; i < 300; ++i) store_.set(i, i);
  const snapshot older = store_.snapshot();
  store_.set(5, 6);
  store_.set(5, 5);
  EXPECT_FALSE(store_.snapshot().diff(older).next());
}

TEST_F(snapshot_test, diff_with_another_store_is_refused_even_under_the_same_path) {
  store_.set("a", 1);
  const snapshot mine = store_.snapshot();
  store other = store::open("other");
  other.set("a", 1);
  EXPECT_EQ(code_of([&] { (void)mine.diff(other.snapshot()); }), errc::invalid_argument);

  store::destroy("snapshots");
  store successor = store::open("snapshots");
  successor.set("b", std::string(4000, 'b'));
  EXPECT_EQ(successor.path(), store_.path());
  EXPECT_EQ(code_of([&] { (void)successor.snapshot().diff(mine); }), errc::invalid_argument);
}

}  // namespace
}  // namespace store_test
