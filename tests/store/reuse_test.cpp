// Nodes that updates replaced are used again without a collection: never while somebody reads them, whoever collects
// meanwhile.
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/store/support.hpp"

namespace store_test {
namespace {

class reuse_test : public store_case {};

constexpr int keys = 500;

std::string text_of(std::int64_t key, std::uint64_t round) {
  // Long enough that what is overwritten is noticed, of sizes that come back.
  const std::size_t size = 8 + (static_cast<std::size_t>(key) * 7 + round) % 120;
  return std::string(size, static_cast<char>('a' + (static_cast<std::uint64_t>(key) + round) % 26));
}

/// Whether every value of a version is of one round.
bool is_whole(const snapshot& seen) {
  std::optional<std::uint64_t> round;
  bool whole = true;
  std::uint64_t count = 0;
  seen.for_each([&](const entry& each) {
    if (each.key.as_string()) return true;
    if (!round) round = static_cast<std::uint64_t>(*seen.get("round")->as_int64());
    whole = whole && each.value.as_string() == text_of(*each.key.as_int64(), *round);
    ++count;
    return whole;
  });
  return whole && (count == 0 || count == keys);
}

void write_round(store& target, std::uint64_t round) {
  target.transact([round](transaction& work) {
    work.set("round", static_cast<std::int64_t>(round));
    for (std::int64_t key = 0; key < keys; ++key) work.set(key, text_of(key, round));
  });
}

TEST_F(reuse_test, versions_stay_whole_while_others_collect_and_hold_snapshots) {
  store first = store::open("shared");
  store second = store::open("shared");
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::atomic<std::uint64_t> rounds{0};
  const auto write_through = [&](store& target) {
    while (!stop.load()) {
      const std::uint64_t round = rounds.fetch_add(1);
      write_round(target, round);
      // Single writes of the same bytes in between: their own versions, and reuse of few nodes at a time.
      for (int i = 0; i < 50; ++i) target.set("spare", static_cast<std::int64_t>(round * 50) + i);
    }
  };
  std::thread writers[] = {std::thread(write_through, std::ref(first)), std::thread(write_through, std::ref(second))};
  std::thread collector([&] {
    store third = store::open("shared");
    while (!stop.load()) {
      third.collect();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  std::thread reader([&] {
    std::vector<snapshot> held;
    while (rounds.load() < 20) std::this_thread::yield();
    for (int i = 0; i < 3000; ++i) {
      held.push_back(first.snapshot());
      if (held.size() > 4) held.erase(held.begin());
      for (const snapshot& each : held) torn += is_whole(each) ? 0 : 1;
    }
    stop = true;
  });
  reader.join();
  for (std::thread& writer : writers) writer.join();
  collector.join();
  EXPECT_EQ(torn.load(), 0);
  EXPECT_GT(rounds.load(), 10U);
  first.collect();
  const check_report report = first.check();
  EXPECT_TRUE(report.ok()) << report.broken;
  EXPECT_TRUE(is_whole(second.snapshot()));
}

/// Reads when its thread ends, after whatever the thread's first read had set up is gone.
struct late_reader {
  const store* from = nullptr;
  std::atomic<int>* found = nullptr;
  ~late_reader() {
    if (from != nullptr && from->get("k")) ++*found;
  }
};

TEST_F(reuse_test, reads_at_the_end_of_a_thread_are_reads_like_any_other) {
  store tested = store::open("late");
  tested.set("k", 1);
  std::atomic<int> found{0};
  constexpr int threads = 100;  // more than there are pins for threads, one after the other and at once
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) {
    all.emplace_back([&] {
      thread_local late_reader late;
      late.from = &tested;
      late.found = &found;
      if (tested.get("k")) ++found;
    });
  }
  for (int i = 0; i < 20'000; ++i) tested.set("other", i);
  for (std::thread& thread : all) thread.join();
  EXPECT_EQ(found.load(), 2 * threads);
  EXPECT_TRUE(tested.check().ok());
}

TEST_F(reuse_test, checking_beside_collections_and_writers_is_held_up_by_none) {
  store tested = store::open("beside");
  store other = store::open("beside");
  write_round(tested, 0);
  std::atomic<bool> stop{false};
  std::thread collector([&] {
    while (!stop.load()) other.collect();
  });
  for (std::uint64_t round = 1; round < 20; ++round) {
    write_round(tested, round);
    EXPECT_TRUE(tested.check().ok());
  }
  stop = true;
  collector.join();
  EXPECT_TRUE(is_whole(tested.snapshot()));
}

TEST_F(reuse_test, a_snapshot_stays_as_it_was_through_many_single_updates) {
  store tested = store::open("held");
  write_round(tested, 7);
  const snapshot before = tested.snapshot();
  for (int i = 0; i < 30'000; ++i) tested.set(i % keys, text_of(i % keys, static_cast<std::uint64_t>(i)));
  EXPECT_TRUE(is_whole(before));
  EXPECT_TRUE(tested.check().ok());
}

TEST_F(reuse_test, what_a_transaction_replaced_and_rolled_back_is_still_there) {
  store tested = store::open("rolled-back");
  for (std::uint64_t round = 0; round < 200; ++round) {
    write_round(tested, round);
    EXPECT_THROW(tested.transact([round](transaction& work) {
      for (std::int64_t key = 0; key < keys; key += 3) work.set(key, text_of(key, round + 1000));
      throw std::runtime_error("changed my mind");
    }),
                 std::runtime_error);
    ASSERT_TRUE(is_whole(tested.snapshot())) << round;
  }
  EXPECT_TRUE(tested.check().ok());
}

TEST_F(reuse_test, collecting_inside_a_transaction_of_the_same_thread_is_refused_at_once) {
  store tested = store::open("nested");
  tested.transact([&](transaction& work) {
    work.set("k", 1);
    EXPECT_EQ(code_of([&] { tested.collect(); }), errc::busy);
  });
  EXPECT_EQ(tested.get("k")->view().as_int64(), 1);
}

TEST_F(reuse_test, collecting_waits_for_a_transaction_to_end) {
  store tested = store::open("waiting");
  write_round(tested, 0);
  std::atomic<bool> inside{false};
  std::atomic<bool> ended{false};
  std::thread writer([&] {
    tested.transact([&](transaction& work) {
      for (std::int64_t key = 0; key < keys; ++key) work.set(key, text_of(key, 1));
      work.set("round", 1);
      inside = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(250));
      ended = true;
    });
  });
  while (!inside) std::this_thread::yield();
  tested.collect();
  EXPECT_TRUE(ended.load());
  writer.join();
  EXPECT_TRUE(is_whole(tested.snapshot()));
  EXPECT_TRUE(tested.check().ok());
}

}  // namespace
}  // namespace store_test
