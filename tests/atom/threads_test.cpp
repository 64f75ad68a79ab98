// What threads do to one atom together: no update is lost, nobody goes back in time, and everything is freed.
#include <thread>
#include <utility>
#include <vector>

#include "support.hpp"

namespace coppice::atom_test {
namespace {

class atom_threads : public atom_suite {};

/// Runs `act(i)` in `count` threads.
template <class F>
void in_threads(int count, const F& act) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&act, i] { act(i); });
}

TEST_F(atom_threads, no_update_of_many_is_lost) {
  constexpr int threads = 6, updates = 2000, keys = 40;
  atom<counters> cell;
  in_threads(threads, [&](int) {
    for (int i = 0; i < updates; ++i) {
      cell.update([&](const counters& now) {
        return now.update(i % keys, [](const counted& count) { return counted(count.number() + 1); });
      });
    }
  });
  const counters all = cell.load();
  EXPECT_EQ(all.check(), nullptr);
  for (int key = 0; key < keys; ++key) EXPECT_EQ(all.at(key), threads * updates / keys);
}

TEST_F(atom_threads, readers_see_whole_versions_that_never_go_back) {
  // Every version has one number under all keys.
  constexpr int keys = 20, versions = 3000;
  const auto version = [](std::uint64_t number) {
    auto made = counters().transient();
    for (int key = 0; key < keys; ++key) made.set(key, number);
    return std::move(made).persistent();
  };
  atom<counters> cell(version(0));
  in_threads(4, [&](int thread) {
    if (thread == 0) {
      for (std::uint64_t i = 1; i <= versions; ++i) cell.store(version(i));
      return;
    }
    for (std::uint64_t last = 0; last != versions;) {
      const counters now = cell.load();
      const std::uint64_t number = now.at(0).number();
      ASSERT_EQ(now.size(), keys);
      for (const auto& [key, value] : now) ASSERT_EQ(value.number(), number);
      ASSERT_GE(number, last);
      last = number;
    }
  });
}

TEST_F(atom_threads, exchange_hands_out_every_value_once) {
  constexpr std::uint64_t threads = 4, each = 20000;
  atom<counted> cell(0);
  std::vector<std::vector<std::uint64_t>> taken(threads);
  in_threads(threads, [&](int thread) {
    const auto index = static_cast<std::uint64_t>(thread);
    for (std::uint64_t i = 1; i <= each; ++i) taken[index].push_back(cell.exchange(index * each + i).number());
  });
  std::vector<int> seen(threads * each + 1);
  ++seen[cell.load().number()];
  for (const auto& numbers : taken) {
    for (const std::uint64_t number : numbers) ++seen[number];
  }
  EXPECT_EQ(seen, std::vector<int>(threads * each + 1, 1));
}

TEST_F(atom_threads, compare_exchange_lets_one_of_many_win) {
  constexpr int threads = 4, each = 20000;
  atom<counted> cell(0);
  in_threads(threads, [&](int) {
    for (int i = 0; i < each; ++i) {
      counted expected = cell.load();
      while (!cell.compare_exchange(expected, counted(expected.number() + 1))) {
      }
    }
  });
  EXPECT_EQ(cell.load(), threads * each);
}

TEST_F(atom_threads, what_was_written_before_a_store_is_seen_after_the_load) {
  int plain = 0;
  atom<counted> cell(0);
  in_threads(2, [&](int thread) {
    if (thread == 0) {
      plain = 7;
      cell.store(1);
    } else {
      while (cell.load() == 0) {
      }
      EXPECT_EQ(plain, 7);
    }
  });
}

TEST_F(atom_threads, writers_that_throw_disturb_nobody) {
  atom<counters> cell;
  in_threads(4, [&](int thread) {
    for (int i = 0; i < 2000; ++i) {
      const auto act = [&](const counters& now) {
        if (thread % 2 == 0 && i % 3 != 0) throw std::runtime_error("no");
        return now.update(0, [](const counted& count) { return counted(count.number() + 1); });
      };
      try {
        cell.update(act);
      } catch (const std::runtime_error&) {
        (void)cell.load();
      }
    }
  });
  EXPECT_EQ(cell.load().at(0), 2 * 2000 + 2 * 667);
}

}  // namespace
}  // namespace coppice::atom_test
