// Other processes: they read what was published, by pointer, and a process that is killed in the middle of a
// transaction leaves the version before or the one after, and no memory behind.
#include <atomic>

#include "support.hpp"

namespace store_test {
namespace {

using collections_of_processes = store_case;

TEST_F(collections_of_processes, are_read_by_pointer) {
  store writer = store::open("shared");
  writer.transact([](transaction& work) {
    auto changing = numbers().transient();
    for (u64 i = 0; i < 5000; ++i) changing.set(i, i * i);
    work.set("numbers", std::move(changing).persistent());
    work.set("texts", texts{{"key", std::string(100'000, 'x')}});
    work.set("list", number_vector(std::size_t{3000}, 7));
  });
  child_process child([] {
    store own = store::open("shared");
    const snapshot seen = own.snapshot();
    const numbers found = seen.get<numbers>("numbers").value();
    if (found.size() != 5000 || found.check() != nullptr) return 10;
    const u64* const at = found.find(70);
    if (at == nullptr || *at != 4900 || at != found.find(70)) return 11;
    if (seen.get<texts>("texts")->at("key").size() != 100'000) return 12;
    const auto list = seen.get<number_vector>("list").value();
    if (list.size() != 3000 || list[2999] != 7 || list.check() != nullptr) return 13;
    own.transact([&](transaction& work) {
      work.set("numbers", found.set(70, 1));
      work.set("list", work.get<number_vector>("list")->push_back(8));
    });
    return *at == 4900 ? 0 : 14;
  });
  EXPECT_EQ(child.join(), 0);
  EXPECT_EQ(writer.snapshot().get<numbers>("numbers")->at(70), 1U);
  EXPECT_EQ(writer.snapshot().get<number_vector>("list")->back(), 8U);
  EXPECT_TRUE(writer.check().ok());
}

/// Version i of all collections: known by i alone.
struct plan {
  static constexpr u64 keys = 400;

  static void apply(store& to, u64 i) {
    to.transact([&](transaction& work) {
      auto map = work.get<numbers>("numbers").value_or(numbers());
      auto text = work.get<texts>("texts").value_or(texts()).transient();
      auto list = work.get<number_vector>("list").value_or(number_vector());
      for (u64 k = 0; k < 12; ++k) {
        map = map.set((i * 12 + k) % keys, i);
        text.set(std::to_string((i * 12 + k) % keys), std::string((i + k) % 400, 'x') + std::to_string(i));
        list = std::move(list).push_back(i);
      }
      if (list.size() > 3000) list = list.drop(600);
      if (i % 7 == 0) map = std::move(map).erase(i * 12 % keys).set(i * 12 % keys, i);
      work.set("numbers", map);
      work.set("texts", std::move(text).persistent());
      work.set("list", list);
      work.set("again", map);
      work.set("count", i + 1);
    });
  }
  /// The number of versions, or nothing if they are not all the same.
  static std::optional<u64> version_of(const snapshot& seen) {
    const auto counted = seen.get("count");
    if (!counted) return seen.size() == 0 ? std::optional<u64>(0) : std::nullopt;
    const auto count = static_cast<u64>(counted->as_int64().value());
    const numbers map = seen.get<numbers>("numbers").value();
    const texts text = seen.get<texts>("texts").value();
    const number_vector list = seen.get<number_vector>("list").value();
    if (!(seen.get<numbers>("again").value() == map) || list.back() != count - 1) return std::nullopt;
    if (map.check() != nullptr || text.check() != nullptr || list.check() != nullptr) return std::nullopt;
    const u64 known = std::min(keys, count * 12);
    if (map.size() != known || text.size() != known) return std::nullopt;
    for (u64 back = 1; back <= known; ++back) {
      const u64 i = (count * 12 - back) / 12, k = (count * 12 - back) % keys;
      if (map.at(k) != i || !text.at(std::to_string(k)).ends_with(std::to_string(i))) return std::nullopt;
    }
    return count;
  }
};

TEST_F(collections_of_processes, killed_at_any_time_are_of_the_version_before_or_after) {
  std::mt19937_64 random(std::random_device{}());
  store survivor = store::open("killed");
  u64 count = 0;
  for (int kill = 0; kill < 80; ++kill) {
    SCOPED_TRACE("kill " + std::to_string(kill));
    child_process writer([&] {
      store own = store::open("killed");
      for (u64 i = count;; ++i) {
        plan::apply(own, i);
        if (i % 64 == 63) own.collect();
      }
      return 0;
    });
    ::usleep(static_cast<useconds_t>(random() % 12'000));
    ASSERT_EQ(writer.kill(), -SIGKILL);
    check_report report = survivor.check();
    ASSERT_TRUE(report.ok()) << report.broken;
    const auto now = plan::version_of(survivor.snapshot());
    ASSERT_TRUE(now);
    ASSERT_GE(*now, count);
    count = *now;
    plan::apply(survivor, count++);
    ASSERT_EQ(plan::version_of(survivor.snapshot()), count);
  }
  survivor.collect();
  survivor.collect();
  const check_report report = survivor.check();
  EXPECT_TRUE(report.ok()) << report.broken;
  EXPECT_EQ(report.orphaned_bytes, 0U);
  EXPECT_EQ(survivor.stats().pins, 0U);
  // What the dead have left behind is gone.
  EXPECT_LT(report.live_bytes, std::uint64_t{1} << 20);
  EXPECT_LT(survivor.stats().committed_bytes, std::uint64_t{16} << 20);
}

TEST_F(collections_of_processes, borrowed_by_one_that_is_killed_are_given_back) {
  store survivor = store::open("borrowed");
  survivor.transact([](transaction& work) { work.set("numbers", numbers{{1, 2}}); });
  child_process borrower([] {
    store own = store::open("borrowed");
    const snapshot seen = own.snapshot();
    own.transact([&](transaction& work) {
      work.set("numbers", seen.get<numbers>("numbers")->set(3, 4));
      ::raise(SIGKILL);
    });
    return 0;
  });
  EXPECT_EQ(borrower.join(), -SIGKILL);
  survivor.set("k", 1);
  survivor.collect();
  EXPECT_EQ(survivor.stats().pins, 0U);
  EXPECT_EQ(survivor.snapshot().get<numbers>("numbers")->size(), 1U);
  EXPECT_TRUE(survivor.check().ok());
}

}  // namespace
}  // namespace store_test
