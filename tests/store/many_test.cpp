// Many handles, many snapshots, a reader that does not move on.
#include <sys/resource.h>

#include "tests/store/support.hpp"

namespace store_test {
namespace {

using many_test = store_case;

/// Two files for each handle.
bool allow_many_files() {
  struct rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  if (limit.rlim_cur >= 1500) return true;
  limit.rlim_cur = limit.rlim_max < 1500 ? limit.rlim_max : 1500;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 1500;
}

TEST_F(many_test, the_513th_handle_is_refused_and_a_closed_one_makes_room) {
  if (!allow_many_files()) GTEST_SKIP() << "too few files may be open";
  std::vector<store> handles;
  for (int i = 0; i < 512; ++i) handles.push_back(store::open("crowded"));
  EXPECT_EQ(handles[0].stats().slots_used, 512U);
  const outcome refused = outcome_of([] { store::open("crowded"); });
  EXPECT_EQ(refused.code, errc::busy);
  EXPECT_NE(refused.message.find("'crowded'"), std::string::npos) << refused.message;
  EXPECT_NE(refused.message.find("512"), std::string::npos) << refused.message;
  EXPECT_NE(refused.message.find("open"), std::string::npos) << refused.message;
  handles[511].set("k", 1);
  EXPECT_EQ(handles[0].get("k")->view().as_int64(), 1);
  handles[100].close();
  store late = store::open("crowded");
  EXPECT_EQ(late.get("k")->view().as_int64(), 1);
  EXPECT_TRUE(late.check().ok());
}

TEST_F(many_test, a_hundred_thousand_snapshots_at_once) {
  constexpr int count = 100'000;
  store tested = store::open("pinned");
  std::vector<snapshot> held;
  held.reserve(count);
  for (int i = 0; i < count; ++i) {
    if (i % 100 == 0) tested.set("k", i);
    held.push_back(tested.snapshot());
  }
  EXPECT_EQ(tested.stats().pins, static_cast<std::uint32_t>(count));
  tested.collect();
  for (int i = 0; i < count; i += 37) {
    ASSERT_EQ(held[static_cast<std::size_t>(i)].get("k")->as_int64(), i / 100 * 100);
  }
  const check_report report = tested.check();
  EXPECT_TRUE(report.ok()) << report.broken;
  EXPECT_GE(report.versions, 1000U);
  held.clear();
  EXPECT_EQ(tested.stats().pins, 0U);
  tested.set("k", -1);
  tested.collect();
  EXPECT_EQ(tested.check().versions, 1U);
  // The room for pins is used again.
  const std::uint64_t control = tested.check().control_bytes;
  for (int i = 0; i < count; ++i) held.push_back(tested.snapshot());
  EXPECT_EQ(tested.check().control_bytes, control);
}

TEST_F(many_test, many_versions_are_kept_as_long_as_they_are_pinned) {
  store tested = store::open("versions");
  std::vector<snapshot> held;
  for (int i = 0; i < 5000; ++i) {
    tested.set(i % 100, i);
    held.push_back(tested.snapshot());
  }
  tested.collect();
  for (int i = 0; i < 5000; ++i) {
    const snapshot& each = held[static_cast<std::size_t>(i)];
    ASSERT_EQ(each.get(i % 100)->as_int64(), i);
    ASSERT_EQ(each.size(), static_cast<std::uint64_t>(i < 100 ? i + 1 : 100));
  }
  const check_report report = tested.check();
  EXPECT_TRUE(report.ok()) << report.broken;
  EXPECT_EQ(report.versions, 5000U);
}

TEST_F(many_test, a_stalled_reader_keeps_its_version_and_nothing_else) {
  store tested = store::open("stalled");
  for (int i = 0; i < 1000; ++i) tested.set(i, std::string(200, 'o'));
  const snapshot stalled = tested.snapshot();
  tested.collect();
  const std::uint64_t live_then = tested.check().live_bytes;
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 1000; ++i) tested.set(i, std::string(200, static_cast<char>('a' + round % 26)));
    if (round % 3 == 0) tested.collect();
  }
  tested.collect();
  const check_report report = tested.check();
  EXPECT_TRUE(report.ok()) << report.broken;
  EXPECT_EQ(report.versions, 2U);
  EXPECT_EQ(report.live_bytes, 2 * live_then);
  EXPECT_LT(tested.stats().committed_bytes, std::uint64_t{32} << 20);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(stalled.get(i)->as_string(), std::string(200, 'o'));
}

TEST_F(many_test, without_a_snapshot_memory_stays_bounded_over_many_updates) {
  store tested = store::open("bounded");
  for (int i = 0; i < 200'000; ++i) tested.set(i % 1000, std::string(64, static_cast<char>('a' + i % 26)));
  EXPECT_LT(tested.stats().committed_bytes, std::uint64_t{8} << 20);
}

}  // namespace
}  // namespace store_test
