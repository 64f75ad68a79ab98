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

TEST_F(memory_test, is_bounded_though_no_writer_lives_long_enough_for_a_collection) {
  store tested = store::open("short-lived");
  fill(tested);
  tested.collect();
  const store_stats before = tested.stats();
  constexpr int writers = 300, writes_each = 250;
  std::mt19937_64 random(1);
  for (std::uint64_t round = 1; round <= writers; ++round) {
    child_process writer([&] {
      store mine = store::open("short-lived");
      for (int i = 0; i < writes_each; ++i) {
        const auto key = static_cast<std::int64_t>(random() % keys);
        mine.set(key, text_of(key, round));
      }
      ::raise(SIGKILL);
      return 0;
    });
    ASSERT_EQ(writer.join(), -SIGKILL);
    random.discard(writes_each);
  }
  const store_stats after = tested.stats();
  EXPECT_GT(after.collections, before.collections + 2);
  EXPECT_LT(after.committed_bytes, before.live_bytes * 5) << "live bytes " << before.live_bytes;
  const check_report report = tested.check();
  EXPECT_TRUE(report.ok()) << report.broken;
}

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
  for (int i = 0; i < 3; ++i) {
    scatter(tested, 30'000);
    tested.collect();
  }
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
  EXPECT_EQ(code_of([&] { tested.collect(); }), errc::ok);
  EXPECT_EQ(difference(tested.snapshot(), content), "");
  const check_report report = tested.check();
  EXPECT_TRUE(report.ok()) << report.broken;
  tested.set(1, "there is room again");
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
