// Many threads on one handle: readers see whole versions only, writers lose nothing.
#include <atomic>
#include <thread>

#include "tests/store/support.hpp"

namespace store_test {
namespace {

class thread_test : public store_case {
 protected:
  store store_ = store::open("threads");
  std::atomic<bool> stop_{false};
  std::atomic<int> wrong_{0};
};

constexpr int keys = 64;

/// Every transaction keeps the sum of all values.
void move_some(store& target, random_content& random) {
  const auto from = static_cast<std::int64_t>(random.below(keys));
  const auto to = static_cast<std::int64_t>(random.below(keys));
  const auto amount = static_cast<std::int64_t>(random.below(100));
  target.transact([&](transaction& work) {
    work.set(from, *work.get(from)->as_int64() - amount);
    work.set(to, *work.get(to)->as_int64() + amount);
  });
}

std::int64_t sum_of(const snapshot& seen) {
  std::int64_t sum = 0;
  seen.for_each([&sum](const entry& each) {
    sum += *each.value.as_int64();
    return true;
  });
  return sum;
}

TEST_F(thread_test, readers_see_whole_transactions_while_writers_write) {
  for (std::int64_t i = 0; i < keys; ++i) store_.set(i, 1000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([this, t] {
      random_content random(static_cast<std::uint64_t>(t));
      for (int i = 0; i < 4000; ++i) move_some(store_, random);
      stop_ = true;
    });
  }
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      std::uint64_t last = 0;
      while (!stop_) {
        const snapshot seen = store_.snapshot();
        if (seen.size() != keys || sum_of(seen) != keys * 1000 || seen.version() < last) ++wrong_;
        last = seen.version();
        const snapshot copy = seen;
        if (copy.version() != last || !store_.get(5)) ++wrong_;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong_, 0);
  EXPECT_EQ(sum_of(store_.snapshot()), keys * 1000);
  EXPECT_EQ(store_.version(), store_.snapshot().version());
  EXPECT_TRUE(store_.check().ok());
}

TEST_F(thread_test, memory_is_collected_and_used_again_under_readers) {
  std::vector<std::thread> threads;
  const auto content = [](int key, int round) {
    return std::string(static_cast<std::size_t>(100 + (key * 7 + round) % 900), static_cast<char>('a' + key % 26));
  };
  for (int key = 0; key < 200; ++key) store_.set(key, content(key, 0));
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 1; round < 150; ++round) {
        for (int key = t; key < 200; key += 2) store_.set(key, content(key, round));
      }
      stop_ = true;
    });
  }
  threads.emplace_back([&] {
    while (!stop_) store_.collect();
  });
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      random_content random(static_cast<std::uint64_t>(t));
      while (!stop_) {
        const auto key = static_cast<int>(random.below(200));
        const auto right = [&](const value_view& found) {
          const auto text = *found.as_string();
          if (text.size() < 100 || text.find_first_not_of(static_cast<char>('a' + key % 26)) != text.npos) ++wrong_;
        };
        if (!store_.visit(key, right)) ++wrong_;
        const std::optional<value> copy = store_.get(key);
        if (copy) {
          right(copy->view());
        } else {
          ++wrong_;
        }
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong_, 0);
  EXPECT_GT(store_.stats().collections, 1U);
  EXPECT_TRUE(store_.check().ok());
}

TEST_F(thread_test, increments_from_many_threads_all_count) {
  store_.set("n", 0);
  std::vector<std::thread> threads;
  constexpr int each_adds = 1500;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < each_adds; ++i) {
        store_.transact([](transaction& work) { work.set("n", *work.get("n")->as_int64() + 1); });
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(store_.get("n")->view().as_int64(), 4 * each_adds);
}

TEST_F(thread_test, more_threads_than_reading_cells_may_read_at_once) {
  store_.set("k", "read by all");
  std::vector<std::thread> threads;
  std::atomic<int> inside{0};
  constexpr int count = 80;
  for (int t = 0; t < count; ++t) {
    threads.emplace_back([&] {
      const bool found = store_.visit("k", [&](const value_view& seen) {
        ++inside;
        while (inside < count) std::this_thread::yield();
        if (seen.as_string() != "read by all") ++wrong_;
      });
      if (!found) ++wrong_;
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong_, 0);
  EXPECT_EQ(store_.stats().pins, 0U);
}

TEST_F(thread_test, handles_are_opened_and_closed_while_others_work) {
  for (std::int64_t i = 0; i < keys; ++i) store_.set(i, 1000);
  std::vector<std::thread> threads;
  threads.emplace_back([this] {
    random_content random(1);
    for (int i = 0; i < 2000; ++i) move_some(store_, random);
    stop_ = true;
  });
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([this, t] {
      random_content random(static_cast<std::uint64_t>(t) + 7);
      while (!stop_) {
        store own = store::open("threads");
        move_some(own, random);
        const snapshot held = own.snapshot();
        own.close();
        if (sum_of(held) != keys * 1000) ++wrong_;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong_, 0);
  EXPECT_TRUE(store_.check().ok());
  EXPECT_EQ(store_.stats().slots_used, 1U);
}

}  // namespace
}  // namespace store_test
