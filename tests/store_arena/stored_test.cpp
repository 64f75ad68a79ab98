// Collections as values: what is stored is what is found, it does not change any more, and storing it again is nothing
// new.
#include <array>
#include <optional>

#include "support.hpp"

namespace store_test {

struct point {
  std::int32_t x;
  std::int32_t y;
  friend bool operator==(const point&, const point&) = default;
};

}  // namespace store_test

template <>
inline constexpr std::string_view coppice::stored_name<store_test::point> = "tests: point";

namespace store_test {
namespace {

using number_set = arena_set<u64>;

class stored_collection : public collection_case {
 protected:
  stored_collection() : collection_case("stored") {}
  template <class Collection>
  void put(const value_view& key, const Collection& collection) {
    store_.transact([&](transaction& work) { work.set(key, collection); });
  }
  /// What `make()` returns, made in a transaction.
  template <class Make>
  void make(const value_view& key, const Make& made) {
    store_.transact([&](transaction& work) { work.set(key, made()); });
  }
  static void expect_counted(const numbers& of, u64 count, u64 more = 0) {
    EXPECT_EQ(of.check(), nullptr);
    ASSERT_EQ(of.size(), count);
    for (u64 i = 0; i < count; ++i) ASSERT_EQ(of.at(i), i + more);
  }
};

TEST_F(stored_collection, is_found_by_a_snapshot_and_by_the_next_transaction) {
  make("numbers", [] { return counted(1000); });
  expect_counted(now<numbers>("numbers"), 1000);
  store_.transact([](transaction& work) {
    auto found = work.get<numbers>("numbers");
    ASSERT_TRUE(found);
    expect_counted(*found, 1000);
    EXPECT_FALSE(work.get<numbers>("others"));
    work.set("numbers", found->set(1000, 1000));
    expect_counted(work.get<numbers>("numbers").value(), 1001);
  });
  expect_counted(now<numbers>("numbers"), 1001);
  EXPECT_FALSE(store_.snapshot().get<numbers>("others"));
}

TEST_F(stored_collection, holds_elements_of_all_kinds_that_are_bytes) {
  using pairs = arena_map<std::pair<std::int32_t, std::int32_t>, point>;
  using doubles = arena_vector<double>;
  using arrays = arena_vector<std::array<char, 300>>;
  using flags = arena_set<bool>;
  store_.transact([](transaction& work) {
    work.set("pairs", pairs{{{1, 2}, {3, 4}}, {{-1, -2}, {-3, -4}}});
    work.set("doubles", doubles{0.5, -0.0, 1e300});
    work.set("arrays", arrays{{'a', 'b'}, {'c'}});
    work.set("flags", flags{true, false});
    work.set("optional", arena_vector<std::optional<int>>{1, std::nullopt, 3});
  });
  const pairs found = now<pairs>("pairs");
  EXPECT_EQ(found.size(), 2U);
  EXPECT_EQ(found.at({1, 2}), (point{3, 4}));
  EXPECT_EQ(found.at({-1, -2}), (point{-3, -4}));
  const doubles real = now<doubles>("doubles");
  EXPECT_EQ(real.at(0), 0.5);
  EXPECT_TRUE(std::signbit(real.at(1)));
  EXPECT_EQ(now<arrays>("arrays").at(0)[1], 'b');
  EXPECT_EQ(now<flags>("flags").size(), 2U);
  EXPECT_EQ(now<arena_vector<std::optional<int>>>("optional").at(1), std::nullopt);
}

TEST_F(stored_collection, may_be_empty) {
  store_.transact([](transaction& work) {
    work.set("map", numbers());
    work.set("set", number_set());
    work.set("vector", number_vector());
    work.set("text", arena_map<std::string, std::string>());
    work.set("emptied", counted(300).subtract(counted(400)));
  });
  EXPECT_TRUE(now<numbers>("map").empty());
  EXPECT_TRUE(now<number_set>("set").empty());
  EXPECT_TRUE(now<number_vector>("vector").empty());
  EXPECT_TRUE((now<arena_map<std::string, std::string>>("text").empty()));
  EXPECT_TRUE(now<numbers>("emptied").empty());
  EXPECT_EQ(store_.snapshot().size(), 5U);
  store_.transact([](transaction& work) {
    work.set("map", work.get<numbers>("map")->set(1, 2));
    work.set("set", work.get<number_set>("set")->insert(1));
    work.set("vector", work.get<number_vector>("vector")->push_back(1));
  });
  EXPECT_EQ(now<numbers>("map").at(1), 2U);
  EXPECT_EQ(now<number_vector>("vector").at(0), 1U);
}

TEST_F(stored_collection, may_have_been_made_empty_before_the_transaction) {
  numbers outside;
  number_vector list;
  EXPECT_TRUE(outside.empty());
  EXPECT_EQ(outside.find(1), nullptr);
  put("empty", outside);
  store_.transact([&](transaction& work) {
    work.set("map", outside.set(1, 2));
    work.set("vector", list.push_back(3));
    work.set("made inside", numbers().set(1, 2));
  });
  EXPECT_TRUE(now<numbers>("empty").empty());
  map_diff<numbers> same(now<numbers>("map"), now<numbers>("made inside"));  // one seed, or it would have to copy
  EXPECT_EQ(same.next(), nullptr);
  EXPECT_EQ(now<numbers>("map").at(1), 2U);
  EXPECT_EQ(now<number_vector>("vector").at(0), 3U);
  EXPECT_TRUE(outside.empty());
  EXPECT_TRUE(list.empty());
}

TEST_F(stored_collection, is_one_version_under_two_keys) {
  store_.transact([](transaction& work) {
    const numbers both = counted(500);
    work.set("a", both);
    work.set("b", both);
  });
  const snapshot seen = store_.snapshot();
  EXPECT_EQ(seen.get<numbers>("a")->identity(), seen.get<numbers>("b")->identity());
  store_.transact([](transaction& work) {
    auto changed = work.get<numbers>("a").value();
    changed = std::move(changed).set(3, 0).erase(4);
    work.set("a", changed);
  });
  expect_counted(now<numbers>("b"), 500);
  EXPECT_EQ(now<numbers>("a").at(3), 0U);
  store_.transact([](transaction& work) { work.erase("a"); });
  store_.collect();
  expect_counted(now<numbers>("b"), 500);
}

TEST_F(stored_collection, stored_again_is_nothing_new) {
  store_.transact([](transaction& work) {
    work.set("map", counted(500));
    work.set("vector", number_vector{1, 2, 3});
    work.set("set", number_set{1, 2, 3});
    work.set("text", arena_set<std::string>{"a", "b"});
  });
  const std::uint64_t version = store_.version();
  store_.transact([](transaction& work) {
    work.set("map", work.get<numbers>("map").value());
    work.set("map", work.get<numbers>("map")->set(3, 3).insert(3, 9).erase(1000));
    work.set("vector", work.get<number_vector>("vector")->set(1, 2));
    work.set("set", work.get<number_set>("set")->insert(1).erase(9));
    work.set("text", work.get<arena_set<std::string>>("text")->insert("a"));
  });
  EXPECT_EQ(store_.version(), version);
  const snapshot seen = store_.snapshot();
  store_.transact([&](transaction& work) { work.set("map", seen.get<numbers>("map").value()); });
  EXPECT_EQ(store_.version(), version);
}

TEST_F(stored_collection, replaces_a_value_of_another_kind_and_is_replaced_by_one) {
  store_.set("k", "text");
  make("k", [] { return counted(10); });
  expect_counted(now<numbers>("k"), 10);
  make("k", [] { return number_vector{1}; });
  EXPECT_EQ(now<number_vector>("k").size(), 1U);
  // The bytes of the two records differ in nothing but what they are of.
  make("k", [] { return numbers(); });
  make("k", [] { return number_set(); });
  EXPECT_TRUE(now<number_set>("k").empty());
  store_.set("k", 7);
  EXPECT_EQ(store_.get("k")->view().as_int64(), 7);
}

TEST_F(stored_collection, does_not_change_when_what_it_was_stored_from_does) {
  store_.transact([](transaction& work) {
    numbers map = counted(300);
    number_vector list;
    for (u64 i = 0; i < 300; ++i) list = std::move(list).push_back(i);
    work.set("map", map);
    work.set("list", list);
    for (u64 i = 0; i < 300; ++i) {
      map = std::move(map).set(i, 0);
      list = std::move(list).set(i, 0);
    }
    list = std::move(list).push_back(7);
    auto map_changing = std::move(map).transient();
    for (u64 i = 0; i < 300; i += 2) map_changing.erase(i);
    EXPECT_EQ(map_changing.size(), 150U);
    expect_counted(work.get<numbers>("map").value(), 300);
    // And what was fetched may change, without what is stored.
    auto fetched = work.get<numbers>("map").value();
    auto again = work.get<numbers>("map").value();
    for (u64 i = 0; i < 300; ++i) fetched = std::move(fetched).set(i, 1);
    expect_counted(again, 300);
    again = std::move(again).erase(1);
    expect_counted(work.get<numbers>("map").value(), 300);
  });
  expect_counted(now<numbers>("map"), 300);
  const auto list = now<number_vector>("list");
  ASSERT_EQ(list.size(), 300U);
  for (u64 i = 0; i < 300; ++i) ASSERT_EQ(list[i], i);
}

TEST_F(stored_collection, has_leaves_that_are_appended_to_in_its_own_transaction_only) {
  store_.transact([](transaction& work) {
    const auto list = number_vector{1, 2, 3}.push_back(4);
    work.set("list", list);
    EXPECT_EQ(list.push_back(5).identity().tail, list.identity().tail);
  });
  const auto published = now<number_vector>("list");
  EXPECT_EQ(published.size(), 4U);
  store_.transact([&](transaction& work) {
    EXPECT_NE(published.push_back(6).identity().tail, published.identity().tail);
    EXPECT_NE(work.get<number_vector>("list")->push_back(6).identity().tail, published.identity().tail);
  });
}

TEST_F(stored_collection, is_changed_in_place_once_it_is_a_copy_of_its_own) {
  store_.transact([&](transaction& work) {
    auto changing = counted(2000).transient();
    work.set("numbers", changing.persistent());
    for (u64 i = 0; i < 2000; ++i) changing.set(i, 0);
    const auto before = (*changing).identity();
    for (u64 i = 0; i < 2000; ++i) changing.set(i, 1);
    EXPECT_EQ((*changing).identity(), before);
    numbers map = std::move(changing).persistent();
    const auto root = map.identity();
    for (u64 i = 0; i < 2000; ++i) map = std::move(map).set(i, 2);
    EXPECT_EQ(map.identity(), root);
    expect_counted(work.get<numbers>("numbers").value(), 2000);
  });
}

TEST_F(stored_collection, assigned_to_what_it_was_made_from_uses_its_nodes_again) {
  store_.transact([&](transaction& work) {
    numbers map = counted(1000);
    for (u64 i = 0; i < 200'000; ++i) map = map.set(i % 1000, i);
    work.set("numbers", map);
  });
  // Two hundred thousand paths of about a KiB would be a hundred times that.
  EXPECT_LT(store_.stats().committed_bytes, std::uint64_t{4} << 20);
  EXPECT_EQ(now<numbers>("numbers").at(0), 199'000U);
}

TEST_F(stored_collection, of_a_snapshot_outlives_it_and_its_store) {
  make("numbers", [] { return counted(1000); });
  std::optional<numbers> held;
  {
    store other = store::open("stored");
    held = other.snapshot().get<numbers>("numbers");
    other.close();
  }
  make("numbers", [] { return counted(5, 7); });
  for (int i = 0; i < 3; ++i) {
    make("filler", [] { return counted(20'000, 9); });
    store_.collect();
    expect_counted(*held, 1000);
  }
  EXPECT_EQ(store_.stats().pins, 1U);
  held.reset();
  EXPECT_EQ(store_.stats().pins, 0U);
}

TEST_F(stored_collection, of_a_snapshot_is_changed_in_a_transaction_that_borrows_it) {
  store_options options;
  options.limit_bytes = std::uint64_t{12} << 20;
  store small = store::open("small", options);
  small.transact([](transaction& work) { work.set("numbers", counted(30'000)); });
  std::optional<snapshot> seen = small.snapshot();
  std::optional<numbers> old = seen->get<numbers>("numbers");
  small.clear();
  small.collect();
  small.transact([&](transaction& work) {
    work.set("untouched", seen->get<numbers>("numbers").value());
    work.set("numbers", std::move(*old).set(0, 1));
    old.reset();
    seen.reset();
    // Nobody has the old version but the transaction, which collects when space runs out.
    const std::uint64_t collections = small.stats().collections;
    std::vector<numbers> garbage;
    EXPECT_EQ(code_of([&] {
                for (;;) garbage.push_back(counted(10'000));
              }),
              errc::out_of_space);
    EXPECT_GT(small.stats().collections, collections);
    EXPECT_EQ(small.stats().pins, 3U);
  });
  EXPECT_EQ(small.stats().pins, 0U);
  small.collect();
  small.transact([](transaction& work) { work.set("filler", counted(20'000, 9)); });
  expect_counted(small.snapshot().get<numbers>("untouched").value(), 30'000);
  const auto changed = small.snapshot().get<numbers>("numbers").value();
  EXPECT_EQ(changed.at(0), 1U);
  EXPECT_EQ(changed.at(29'999), 29'999U);
  EXPECT_EQ(changed.check(), nullptr);
  EXPECT_TRUE(small.check().ok());
}

TEST_F(stored_collection, of_a_snapshot_can_be_combined_with_one_of_the_transaction) {
  store_.transact([](transaction& work) {
    work.set("map", counted(100));
    work.set("list", number_vector{1, 2, 3});
  });
  const snapshot seen = store_.snapshot();
  store_.transact([&](transaction& work) {
    const numbers old = seen.get<numbers>("map").value();
    const numbers mine = numbers{{1000, 1}};
    EXPECT_EQ(old.merge(mine).size(), 101U);
    EXPECT_EQ(mine.merge(old).size(), 101U);
    EXPECT_EQ(old, work.get<numbers>("map").value());
    int changes = 0;
    for ([[maybe_unused]] const auto& each : diff(old, mine)) ++changes;
    EXPECT_EQ(changes, 101);
    const number_vector list = seen.get<number_vector>("list").value();
    number_vector made{7};
    EXPECT_EQ((list + made).size(), 4U);
    EXPECT_EQ((made + list).size(), 4U);
    made += list;
    made = list + std::move(made);
    EXPECT_EQ(made, (number_vector{1, 2, 3, 7, 1, 2, 3}));
    work.set("list", made);
  });
  EXPECT_EQ(now<number_vector>("list").size(), 7U);
}

TEST_F(stored_collection, is_not_there_after_a_transaction_that_throws) {
  make("numbers", [] { return counted(10); });
  const std::uint64_t version = store_.version();
  EXPECT_THROW(store_.transact([](transaction& work) {
    work.set("numbers", work.get<numbers>("numbers")->set(1, 0));
    work.set("more", counted(5000));
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_EQ(store_.version(), version);
  expect_counted(now<numbers>("numbers"), 10);
  EXPECT_FALSE(store_.snapshot().get<numbers>("more"));
  make("more", [] { return counted(6000); });
  expect_counted(now<numbers>("more"), 6000);
}

TEST_F(stored_collection, survives_swaps_and_assignments_of_its_handles) {
  store_.transact([](transaction& work) {
    numbers a = counted(50), b = counted(60, 1);
    std::swap(a, b);
    expect_counted(a, 60, 1);
    numbers& same = a;
    a = same;
    a = std::move(same);
    expect_counted(a, 60, 1);
    number_vector v{1, 2}, w{3};
    swap(v, w);
    number_vector& alias = v;
    v = alias;
    v = std::move(alias);
    EXPECT_EQ(v, number_vector{3});
    b = a;
    b = std::move(b).set(0, 9);
    expect_counted(a, 60, 1);
    work.set("a", a);
    a = numbers();
    expect_counted(work.get<numbers>("a").value(), 60, 1);
  });
}

TEST_F(stored_collection, is_seen_as_a_collection_by_those_who_do_not_know_its_type) {
  make("numbers", [] { return counted(10); });
  const snapshot seen = store_.snapshot();
  EXPECT_EQ(seen.get("numbers")->kind(), value_kind::map);
  std::size_t met = 0;
  seen.for_each([&](const entry& each) {
    met += each.value.kind() == value_kind::map;
    return true;
  });
  EXPECT_EQ(met, 1U);
}

TEST_F(stored_collection, of_two_stores_at_once_change_in_their_own) {
  store other = store::open("other");
  store_.transact([&](transaction& outer) {
    numbers mine = counted(100);
    other.transact([&](transaction& inner) {
      numbers theirs = counted(100, 1);
      for (u64 i = 0; i < 100; ++i) {
        mine = std::move(mine).set(i, i + 2);
        theirs = std::move(theirs).set(i, i + 3);
      }
      inner.set("numbers", theirs);
      EXPECT_NE(mine, theirs);
      int changes = 0;
      for ([[maybe_unused]] const auto& each : diff(theirs, theirs.set(1, 1))) ++changes;
      EXPECT_EQ(changes, 1);
    });
    // The outer one is the thread's again.
    mine = mine.merge(numbers{{1000, 1}}).erase(1000);
    outer.set("numbers", mine);
  });
  expect_counted(now<numbers>("numbers"), 100, 2);
  expect_counted(other.snapshot().get<numbers>("numbers").value(), 100, 3);
  EXPECT_TRUE(other.check().ok());
}

TEST_F(stored_collection, is_iterated_in_parts_and_by_chunks) {
  make("numbers", [] { return counted(1000); });
  const numbers found = now<numbers>("numbers");
  std::size_t met = 0;
  for (const auto& part : found.partition(7)) met += static_cast<std::size_t>(std::distance(part.begin(), part.end()));
  found.for_each_chunk([&](auto chunk) { met += chunk.size(); });
  for (const auto& [key, content] : found) met += key == content;
  EXPECT_EQ(met, 3000U);
}

}  // namespace
}  // namespace store_test
