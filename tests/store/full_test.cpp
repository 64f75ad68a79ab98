// A full arena and a full disk: ordinary errors, readers go on, and the way out works.
#include "tests/store/support.hpp"

namespace store_test {
namespace {

/// Sets keys 0, 1, ... until the store has no space; how many were set.
std::int64_t fill(store& target, std::size_t value_bytes, outcome& refused) {
  for (std::int64_t i = 0;; ++i) {
    refused = outcome_of([&] { target.set(i, std::string(value_bytes, static_cast<char>('a' + i % 26))); });
    if (refused.code != errc::ok) return i;
  }
}

class full_arena : public store_case, public testing::WithParamInterface<std::tuple<std::uint64_t, std::size_t>> {};

TEST_P(full_arena, refuses_and_can_be_emptied_one_by_one_and_filled_again) {
  const auto [limit_mib, value_bytes] = GetParam();
  store_options options;
  options.limit_bytes = limit_mib << 20;
  store tested = store::open("full", options);
  for (int round = 0; round < 3; ++round) {
    outcome refused;
    const std::int64_t count = fill(tested, value_bytes, refused);
    ASSERT_EQ(refused.code, errc::out_of_space);
    ASSERT_NE(refused.message.find("'full'"), std::string::npos) << refused.message;
    ASSERT_NE(refused.message.find(std::to_string(limit_mib << 20)), std::string::npos) << refused.message;
    ASSERT_GT(static_cast<std::uint64_t>(count) * value_bytes, (limit_mib << 20) / 4) << "full too early";
    check_report report = tested.check();
    ASSERT_TRUE(report.ok()) << report.broken;
    ASSERT_EQ(tested.size(), static_cast<std::uint64_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
      ASSERT_EQ(tested.get(i)->view().as_string(), std::string(value_bytes, static_cast<char>('a' + i % 26)));
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const outcome erased = outcome_of([&] { ASSERT_TRUE(tested.erase(i)); });
      ASSERT_EQ(erased.code, errc::ok) << "erasing " << i << " of " << count << " in round " << round << ": "
                                       << erased.message;
    }
    ASSERT_EQ(tested.size(), 0U);
    report = tested.check();
    ASSERT_TRUE(report.ok()) << report.broken;
  }
}

INSTANTIATE_TEST_SUITE_P(sizes, full_arena,
                         testing::Combine(testing::Values(4, 8), testing::Values<std::size_t>(20, 600, 9000, 70'000)));

class full_arena_ways_out : public store_case {
 protected:
  full_arena_ways_out() {
    store_options options;
    options.limit_bytes = std::uint64_t{6} << 20;
    store_.emplace(store::open("full", options));
    filled_ = fill(*store_, 500, refused_);
  }
  std::optional<store> store_;
  std::int64_t filled_ = 0;
  outcome refused_;
};

TEST_F(full_arena_ways_out, clear_works) {
  store_->clear();
  EXPECT_GT(fill(*store_, 500, refused_), filled_ * 9 / 10);
}

TEST_F(full_arena_ways_out, dropping_an_old_snapshot_helps) {
  std::optional<snapshot> held = store_->snapshot();
  store_->clear();
  std::int64_t less = fill(*store_, 500, refused_);
  EXPECT_EQ(refused_.code, errc::out_of_space);
  EXPECT_LT(less, filled_ / 2);
  EXPECT_EQ(held->size(), static_cast<std::uint64_t>(filled_));
  held.reset();
  store_->clear();
  EXPECT_GT(fill(*store_, 500, refused_), filled_ * 9 / 10);
}

TEST_F(full_arena_ways_out, a_transaction_without_space_leaves_everything_as_it_was) {
  const std::uint64_t version = store_->version();
  EXPECT_EQ(code_of([&] {
              store_->transact([](transaction& work) {
                for (int i = 0; i < 100'000; ++i) work.set(-1 - i, std::string(400, 'z'));
              });
            }),
            errc::out_of_space);
  EXPECT_EQ(store_->version(), version);
  EXPECT_EQ(store_->size(), static_cast<std::uint64_t>(filled_));
  EXPECT_TRUE(store_->check().ok());
}

TEST_F(full_arena_ways_out, a_transaction_that_swallows_the_error_commits_what_it_could) {
  for (int i = 0; i < filled_ / 2; ++i) store_->erase(i);
  store_->collect();
  std::vector<int> done;
  int refusals = 0;
  const outcome committed = outcome_of([&] {
    store_->transact([&](transaction& work) {
      for (int i = 0; refusals < 200; ++i) {
        const errc code = code_of(
            [&] { work.set("key " + std::to_string(i), std::string(static_cast<std::size_t>(100 + i % 700), 'z')); });
        if (code == errc::ok) {
          done.push_back(i);
        } else {
          ++refusals;
        }
        if (i % 5 == 0) (void)outcome_of([&] { work.erase("key " + std::to_string(i)); });
      }
    });
  });
  const check_report report = store_->check();
  ASSERT_TRUE(report.ok()) << report.broken;
  const std::uint64_t left = static_cast<std::uint64_t>(filled_ - filled_ / 2);
  if (committed.code != errc::ok) {
    EXPECT_EQ(store_->size(), left);
    return;
  }
  EXPECT_GT(done.size(), 100U);
  for (const int i : done) {
    const std::optional<value> found = store_->get("key " + std::to_string(i));
    if (!found && i % 5 == 0) continue;
    ASSERT_EQ(store_->get("key " + std::to_string(i))->view().as_string()->size(),
              static_cast<std::size_t>(100 + i % 700));
  }
}

TEST_F(full_arena_ways_out, reading_and_snapshots_go_on) {
  std::vector<snapshot> held;
  for (int i = 0; i < 40; ++i) held.push_back(store_->snapshot());
  for (const snapshot& each : held) EXPECT_EQ(each.size(), static_cast<std::uint64_t>(filled_));
  store other = store::open("full");
  EXPECT_EQ(other.size(), static_cast<std::uint64_t>(filled_));
}

class full_disk : public store_case {
 protected:
  void SetUp() override {
    const std::string why_not = directory_.mount_here("tmpfs", "size=32m,mode=700");
    if (!why_not.empty()) GTEST_SKIP() << "no file system of our own: " << why_not;
  }
};

TEST_F(full_disk, is_out_of_space_without_a_fault_and_recovers_when_space_is_free_again) {
  // The disk is filled by another file while the store grows; whoever touches memory without having committed it would
  // die.
  child_process child([&] {
    store tested = store::open("disk");
    const std::string ballast = directory_ / "ballast";
    const int file = ::open(ballast.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0 || ::fallocate(file, 0, 0, 20 << 20) != 0) return 10;
    outcome refused;
    const std::int64_t count = fill(tested, 700, refused);
    if (refused.code != errc::out_of_space || refused.message.find("file system") == std::string::npos) return 11;
    if (count < 1000 || !tested.check().ok()) return 12;
    for (std::int64_t i = 0; i < count; ++i) {
      if (tested.get(i)->view().as_string()->size() != 700) return 13;
    }
    const snapshot held = tested.snapshot();
    // Readers from outside can come too: a new handle needs no new memory.
    if (store::open("disk").size() != static_cast<std::uint64_t>(count)) return 14;
    for (std::int64_t i = 0; i < count; i += 2) {
      if (!tested.erase(i)) return 15;
    }
    if (held.size() != static_cast<std::uint64_t>(count)) return 16;
    ::close(file);
    ::unlink(ballast.c_str());
    for (std::int64_t i = 0; i < count; ++i) tested.set(i, std::string(700, 'n'));
    if (tested.size() != static_cast<std::uint64_t>(count) || !tested.check().ok()) return 17;
    return 0;
  });
  EXPECT_EQ(child.join(), 0) << "a negative number is the signal that ended it";
}

TEST_F(full_disk, creating_a_store_without_space_leaves_no_file) {
  const std::string ballast = directory_ / "ballast";
  const int file = ::open(ballast.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  ASSERT_EQ(::fallocate(file, 0, 0, (32 << 20) - (1 << 20)), 0);
  EXPECT_EQ(code_of([] { store::open("none"); }), errc::out_of_space);
  EXPECT_EQ(store::list(), std::vector<std::string>{"ballast"});
  ::close(file);
  ::unlink(ballast.c_str());
  store::open("some").set("k", 1);
}

}  // namespace
}  // namespace store_test
