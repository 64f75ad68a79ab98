// What an atom does for one thread: values, identities, exceptions, lives.
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/set.hpp"
#include "support.hpp"

namespace coppice::atom_test {
namespace {

static_assert(!std::is_copy_constructible_v<atom<int>> && !std::is_move_constructible_v<atom<int>>);
static_assert(std::is_default_constructible_v<atom<map<int, int>>>);

class atom_cell : public atom_suite {};

TEST_F(atom_cell, holds_what_was_stored_last) {
  atom<counted> cell;
  EXPECT_EQ(cell.load(), 0);
  cell.store(1);
  EXPECT_EQ(cell.load(), 1);
  EXPECT_EQ(cell.exchange(2), 1);
  EXPECT_EQ(cell.load(), 2);
  EXPECT_EQ(counted::live, 1);
}

TEST_F(atom_cell, gives_snapshots_that_stay_as_they_are) {
  atom<counters> cell(counters{{1, 10}});
  const counters before = cell.load();
  const counters made = cell.update([](const counters& now) { return now.set(2, 20); });
  EXPECT_EQ(before.size(), 1);
  EXPECT_EQ(made.size(), 2);
  EXPECT_EQ(cell.load().identity(), made.identity());
}

TEST_F(atom_cell, update_that_returns_the_same_version_stores_nothing) {
  atom<counters> cell(counters{{1, 10}});
  const auto before = cell.load().identity();
  const std::int64_t live = counted::live;
  cell.update([](const counters& now) { return now.erase(7); });
  EXPECT_EQ(cell.load().identity(), before);
  EXPECT_EQ(counted::live, live);
}

TEST_F(atom_cell, update_calls_again_when_the_value_was_changed_meanwhile) {
  atom<counters> cell;
  int calls = 0;
  cell.update([&](const counters& now) {
    if (++calls < 4) cell.store(now.set(calls, 0));
    return now.set(100, 0);
  });
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(cell.load().size(), 4);
}

TEST_F(atom_cell, compare_exchange_knows_collections_by_version) {
  atom<counters> cell(counters{{1, 10}});
  counters equal{{1, 10}};
  ASSERT_EQ(equal, cell.load());
  EXPECT_FALSE(cell.compare_exchange(equal, counters()));
  EXPECT_EQ(equal.identity(), cell.load().identity());
  EXPECT_TRUE(cell.compare_exchange(equal, counters()));
  EXPECT_TRUE(cell.load().empty());
}

TEST_F(atom_cell, compare_exchange_knows_other_values_by_equality) {
  atom<counted> cell(1);
  counted expected = 2;
  EXPECT_FALSE(cell.compare_exchange(expected, 3));
  EXPECT_EQ(expected, 1);
  EXPECT_TRUE(cell.compare_exchange(expected, 3));
  EXPECT_EQ(cell.load(), 3);
}

TEST_F(atom_cell, an_exception_of_the_function_changes_nothing) {
  atom<counters> cell(counters{{1, 10}});
  const auto before = cell.load().identity();
  EXPECT_THROW(cell.update([](const counters&) -> counters { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(cell.load().identity(), before);
}

TEST_F(atom_cell, an_exception_of_any_copy_changes_nothing) {
  atom<counted> cell(1);
  const auto refused_at_first = [&](auto&& act) {
    // Fails at the first copy, then at the second, until no copy is left to fail.
    for (std::int64_t allowed = 0;; ++allowed) {
      counted::copies_allowed = allowed;
      bool thrown = false;
      try {
        act();
      } catch (const std::runtime_error&) {
        thrown = true;
      }
      counted::copies_allowed = INT64_MAX;
      if (!thrown) return allowed > 0;
      EXPECT_EQ(cell.load(), 1);
      EXPECT_EQ(counted::live, 1);
    }
  };
  EXPECT_TRUE(refused_at_first([&] { (void)cell.load(); }));
  EXPECT_TRUE(refused_at_first([&] { (void)cell.exchange(1); }));
  EXPECT_TRUE(refused_at_first([&] { cell.update([](const counted&) { return counted(1); }); }));
}

TEST_F(atom_cell, a_version_is_freed_when_its_last_reader_lets_go) {
  atom<counters> cell(counters{{1, 10}});
  bool again = false;
  cell.update([&](const counters& now) {
    if (std::exchange(again, true)) {
      EXPECT_EQ(counted::live, 0);
      return now;
    }
    cell.store(counters());
    EXPECT_EQ(now.at(1), 10);  // still read here
    return now.set(2, 20);
  });
  EXPECT_TRUE(again);
  EXPECT_TRUE(cell.load().empty());
}

TEST_F(atom_cell, holds_any_type_that_can_be_copied) {
  atom<std::string> text("a string that is longer than what fits into the object itself");
  EXPECT_EQ(text.exchange("short").size(), 61);
  atom<std::vector<std::shared_ptr<int>>> shared;
  shared.update([](auto list) {
    list.push_back(std::make_shared<int>(7));
    return list;
  });
  EXPECT_EQ(shared.load().front().use_count(), 2);
  atom<set<int>> numbers;
  EXPECT_EQ(numbers.update([](const set<int>& now) { return now.insert(3); }), set<int>{3});
}

}  // namespace
}  // namespace coppice::atom_test
