// What a store occupies: bounded whoever dies, and given back.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/store/support.hpp"

namespace store_test {
namespace {

class memory_test : public store_case {};

constexpr std::int64_t keys = 8000;

/// About a thousand bytes: a leaf of its own.
std::string text_of(std::int64_t key, std::uint64_t round) {
  return std::string(900 + (static_cast<std::size_t>(key) % 100), static_cast<char>('a' + round % 26));
}

void fill(store& target) {
  target.transact([](transaction& work) {
    for (std::int64_t key = 0; key < keys; ++key) work.set(key, text_of(key, 0));
  });
}

/// Processes that write a little, and end.
struct short_life {
  const char* name;
  std::int64_t keys;
  std::size_t value_bytes;
  int processes;
  int writes_each;
  bool killed;
};

class short_lived_writers : public store_case, public testing::WithParamInterface<short_life> {};

TEST_P(short_lived_writers, leave_a_store_of_bounded_size) {
  const short_life& lives = GetParam();
  const auto text = [&](std::uint64_t round) {
    return std::string(lives.value_bytes, static_cast<char>('a' + round % 26));
  };
  store tested = store::open("short-lived");
  tested.transact([&](transaction& work) {
    for (std::int64_t key = 0; key < lives.keys; ++key) work.set(key, text(0));
  });
  tested.collect();
  const store_stats before = tested.stats();
  std::mt19937_64 random(1);
  for (int round = 1; round <= lives.processes; ++round) {
    child_process writer([&] {
      {
        store mine = store::open("short-lived");
        for (int i = 0; i < lives.writes_each; ++i) {
          const auto key = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(lives.keys));
          mine.set(key, text(static_cast<std::uint64_t>(round * lives.writes_each + i)));
        }
        if (lives.killed) ::raise(SIGKILL);
      }
      return 0;
    });
    ASSERT_EQ(writer.join(), lives.killed ? -SIGKILL : 0);
    random.discard(static_cast<unsigned long long>(lives.writes_each));
  }
  const store_stats after = tested.stats();
  EXPECT_GT(after.collections, before.collections + 1);
  // A few megabytes are left alone whatever the size.
  EXPECT_LT(after.committed_bytes, before.live_bytes * 4 + (12U << 20)) << "live bytes " << before.live_bytes;
  const check_report report = tested.check();
  EXPECT_TRUE(report.ok()) << report.broken;
}

// Each process takes from one block, the least there is, to a dozen of them; cycles have from one node to many more
// than a step may mark.
INSTANTIATE_TEST_SUITE_P(lives, short_lived_writers,
                         testing::Values(short_life{"many_blocks_killed", 8000, 950, 300, 250, true},
                                         short_life{"one_block_killed", 8000, 200, 600, 20, true},
                                         short_life{"one_block_ended", 8000, 200, 600, 20, false},
                                         short_life{"one_entry", 1, 20, 600, 1, false},
                                         short_life{"many_nodes", 40'000, 950, 150, 1500, true}),
                         [](const auto& life) { return std::string(life.param.name); });

/// Random keys set anew while every version stays held, so that nothing is used again; then all are let go.
void scatter(store& target, int writes) {
  std::vector<snapshot> held;
  std::mt19937_64 random(2);
  for (int i = 0; i < writes; ++i) {
    const auto key = static_cast<std::int64_t>(random() % keys);
    target.set(key, text_of(key, static_cast<std::uint64_t>(i)));
    if (i % 20 == 0) held.push_back(target.snapshot());
  }
}

model content_of(const store& source) {
  model content;
  source.snapshot().for_each([&](const entry& each) {
    content.emplace(identity_of(each.key), value(each.value));
    return true;
  });
  return content;
}

TEST_F(memory_test, goes_back_to_the_system_though_what_is_left_lies_scattered) {
  store tested = store::open("scattered");
  fill(tested);
  scatter(tested, 60'000);
  const store_stats spread = tested.stats();
  const model content = content_of(tested);
  tested.collect();
  const store_stats collected = tested.stats();
  EXPECT_GT(spread.committed_bytes, 4 * collected.live_bytes) << "the test scattered too little";
  EXPECT_LT(collected.committed_bytes, collected.live_bytes * 3 / 2 + (8U << 20));
  EXPECT_EQ(difference(tested.snapshot(), content), "");
  const check_report report = tested.check();
  EXPECT_TRUE(report.ok()) << report.broken;
  EXPECT_EQ(report.entries, static_cast<std::uint64_t>(keys));
}

TEST_F(memory_test, is_not_moved_about_for_what_older_versions_hold) {
  store tested = store::open("held");
  fill(tested);
  const snapshot first = tested.snapshot();
  scatter(tested, 60'000);
  const std::uint64_t version = tested.version();
  tested.collect();
  EXPECT_EQ(tested.version(), version);
  EXPECT_EQ(*first.get(7)->as_string(), text_of(7, 0));
}

TEST_F(memory_test, is_moved_beside_writers_and_readers_without_a_change_of_any_entry) {
  store tested = store::open("beside");
  fill(tested);
  store other = store::open("beside");
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::thread writer([&] {
    for (std::uint64_t round = 1; !stop.load(); ++round) {
      for (std::int64_t key = 0; key < 100; ++key) other.set(key, text_of(key, round));
    }
  });
  std::thread reader([&] {
    while (!stop.load()) {
      for (std::int64_t key = 100; key < keys; ++key) {
        const auto found = tested.get(key);
        wrong += found && found->view().as_string()->size() == text_of(key, 0).size() ? 0 : 1;
      }
    }
  });
  int lowered = 0;
  for (int i = 0; i < 3; ++i) {
    scatter(tested, 30'000);
    const std::uint64_t before = tested.stats().committed_bytes;
    tested.collect();
    lowered += tested.stats().committed_bytes < before ? 1 : 0;
  }
  EXPECT_GT(lowered, 0);
  stop = true;
  writer.join();
  reader.join();
  EXPECT_EQ(wrong.load(), 0);
  const check_report report = tested.check();
  EXPECT_TRUE(report.ok()) << report.broken;
  EXPECT_EQ(report.entries, static_cast<std::uint64_t>(keys));
}

TEST_F(memory_test, is_left_scattered_where_there_is_no_room_to_move_it) {
  store_options options;
  options.limit_bytes = std::uint64_t{24} << 20;
  store tested = store::open("tight", options);
  fill(tested);
  // Until nothing is left: every block is in use, most of them sparsely.
  std::vector<snapshot> held;
  std::mt19937_64 random(3);
  const outcome refused = outcome_of([&] {
    for (;;) {
      tested.set(static_cast<std::int64_t>(random() % keys), text_of(1, random()));
      held.push_back(tested.snapshot());
    }
  });
  ASSERT_EQ(refused.code, errc::out_of_space);
  held.clear();
  const model content = content_of(tested);
  const std::uint64_t version = tested.version();
  const std::uint64_t collections = tested.stats().collections;
  EXPECT_EQ(code_of([&] { tested.collect(); }), errc::ok);
  EXPECT_EQ(tested.version(), version) << "there was room, and the test is about there being none";
  EXPECT_EQ(tested.stats().collections, collections + 2);
  EXPECT_EQ(difference(tested.snapshot(), content), "");
  const check_report report = tested.check();
  EXPECT_TRUE(report.ok()) << report.broken;
  tested.set(1, "there is room again");
}

TEST_F(memory_test, is_not_moved_for_the_ends_of_large_values) {
  store tested = store::open("tails");
  const std::string large(66'000, 'l');
  tested.transact([&](transaction& work) {
    for (std::int64_t key = 0; key < 400; ++key) work.set(key, large);
  });
  tested.collect();
  const std::uint64_t version = tested.version();
  tested.collect();
  EXPECT_EQ(tested.version(), version);
}

TEST_F(memory_test, is_moved_by_several_at_once_that_are_killed) {
  store tested = store::open("movers");
  fill(tested);
  std::mt19937_64 random(4);
  for (int round = 0; round < 10; ++round) {
    scatter(tested, 30'000);
    const model content = content_of(tested);
    const auto move = [] {
      store mine = store::open("movers");
      for (;;) mine.collect();
      return 0;
    };
    child_process first(move);
    child_process second(move);
    ::usleep(static_cast<useconds_t>(random() % 30'000));
    first.kill();
    tested.collect();
    second.kill();
    ASSERT_EQ(difference(tested.snapshot(), content), "") << "round " << round;
    const check_report report = tested.check();
    ASSERT_TRUE(report.ok()) << report.broken;
  }
  tested.collect();
  tested.collect();  // what the dead held was taken over by the first
  const store_stats after = tested.stats();
  EXPECT_LT(after.committed_bytes, after.live_bytes * 3 / 2 + (8U << 20));
}

}  // namespace
}  // namespace store_test
