// Stopped processes: readers never wait for them, writers are busy after their timeout, and they may go on or be
// killed.
#include <gtest/gtest.h>

#include "tests/crash/verdict.hpp"

namespace crash_test {
namespace {

/// Waits until the child has stopped itself.
void await_stop(const child_process& child) {
  int status = 0;
  ASSERT_EQ(::waitpid(child.id(), &status, WUNTRACED), child.id());
  ASSERT_TRUE(WIFSTOPPED(status)) << status;
}

store open_impatient(const std::string& path) {
  coppice::store_options options;
  options.seed = seed;
  options.timeout = std::chrono::milliseconds(60);
  return store::open(path, options);
}

coppice::errc code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const coppice::error& why) {
    return why.code();
  }
  return coppice::errc::ok;
}

class stop_test : public testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return directory_ / "store"; }
  scratch_directory directory_;
  shared_memory shared_;
};

class stopped_writer : public stop_test {
 protected:
  stopped_writer() {
    store_.set("k", "before");
    writer_.emplace([this] {
      store own = open_store(path());
      own.transact([](coppice::transaction& work) {
        work.set("k", "after");
        stop_self();
      });
      return 0;
    });
  }
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(await_stop(*writer_)); }

  store store_ = open_impatient(path());
  std::optional<child_process> writer_;
};

TEST_F(stopped_writer, makes_writers_busy_and_readers_go_on) {
  EXPECT_EQ(code_of([this] { store_.set("other", 1); }), coppice::errc::busy);
  EXPECT_EQ(code_of([this] { store_.erase("k"); }), coppice::errc::busy);
  EXPECT_EQ(code_of([this] { (void)store_.check(); }), coppice::errc::busy);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(store_.get("k")->view().as_string(), "before");
  const coppice::snapshot held = store_.snapshot();
  EXPECT_EQ(store_.stats().slots_used, 2U);
  store late = open_impatient(path());
  EXPECT_EQ(late.get("k")->view().as_string(), "before");
  EXPECT_EQ(code_of([this] { store_.collect(); }), coppice::errc::busy);
  ::kill(writer_->id(), SIGCONT);
  EXPECT_EQ(writer_->join(), 0);
  EXPECT_EQ(store_.get("k")->view().as_string(), "after");
  EXPECT_EQ(held.get("k")->as_string(), "before");
  store_.set("other", 1);
  EXPECT_EQ(store_.stats().writers_recovered, 0U) << "it was stopped, not dead";
  EXPECT_TRUE(store_.check().ok());
}

TEST_F(stopped_writer, killed_while_stopped_is_taken_over) {
  EXPECT_EQ(code_of([this] { store_.set("other", 1); }), coppice::errc::busy);
  writer_->kill();
  store_.set("other", 1);
  EXPECT_EQ(store_.get("k")->view().as_string(), "before");
  EXPECT_EQ(store_.stats().writers_recovered, 1U);
  store_.collect();
  const check_report report = store_.check();
  EXPECT_TRUE(report.ok()) << report.broken;
  EXPECT_EQ(report.orphaned_bytes, 0U);
}

class stopped_collector : public stop_test, public testing::WithParamInterface<step> {
 protected:
  stopped_collector() {
    for (std::uint64_t i = 0; i < done_; ++i) apply(store_, i);
    collector_.emplace([this] {
      store own = open_store(path());
      at_step(*shared_, {GetParam(), 1}, stop_self);
      own.collect();
      return 0;
    });
  }
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(await_stop(*collector_)); }

  void go_on_with(std::uint64_t count) {
    for (std::uint64_t end = done_ + count; done_ < end; ++done_) apply(store_, done_);
    ASSERT_EQ(difference(store_, model_after(done_)), "");
  }
  void expect_clean() {
    store_.collect();
    go_on_with(1);
    store_.collect();
    const check_report report = store_.check();
    ASSERT_TRUE(report.ok()) << report.broken;
    EXPECT_EQ(report.orphaned_bytes, 0U);
    EXPECT_EQ(report.live_bytes, live_bytes_after(directory_ / "fresh", done_));
  }

  store store_ = open_impatient(path());
  std::uint64_t done_ = clear_at + 2;  // most blocks are free by then, so that some are given back
  std::optional<child_process> collector_;
};

TEST_P(stopped_collector, holds_up_neither_readers_nor_writers_and_goes_on) {
  std::optional<coppice::snapshot> then = store_.snapshot();
  const std::uint64_t size_then = then->size();
  ASSERT_NO_FATAL_FAILURE(go_on_with(300));
  // Copied and let go while the scan stands still: the copy is what keeps the version.
  std::optional<coppice::snapshot> copy = *then;
  then.reset();
  EXPECT_EQ(code_of([this] { store_.collect(); }), coppice::errc::busy);
  ::kill(collector_->id(), SIGCONT);
  EXPECT_EQ(collector_->join(), 0);
  EXPECT_EQ(copy->size(), size_then);
  ASSERT_TRUE(store_.check().ok()) << store_.check().broken;
  ASSERT_EQ(difference(store_, model_after(done_)), "");
  copy.reset();
  ASSERT_NO_FATAL_FAILURE(expect_clean());
}

TEST_P(stopped_collector, killed_while_stopped_is_taken_over) {
  ASSERT_NO_FATAL_FAILURE(go_on_with(20));
  collector_->kill();
  ASSERT_NO_FATAL_FAILURE(expect_clean());
  EXPECT_EQ(store_.stats().slots_used, 1U);
}

std::string name_of(const testing::TestParamInfo<step>& info) { return step_name(info.param); }

INSTANTIATE_TEST_SUITE_P(steps, stopped_collector,
                         testing::Values(step::collect_cycle_started, step::collect_scan_active,
                                         step::collect_scan_done, step::collect_records_freed,
                                         step::collect_sweep_started, step::collect_swept_a_block,
                                         step::collect_cycle_done, step::collect_block_changing,
                                         step::collect_block_decommitted),
                         name_of);

}  // namespace
}  // namespace crash_test
