// Restoring into stores that others write to meanwhile: threads of this process, and other processes.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "store_support.hpp"

namespace coppice::pack_test {
namespace {

class pack_concurrent : public store_test {};

/// A store under one seed with versions of another, between which some others try to write all the time.
class pack_between : public pack_concurrent, public ::testing::WithParamInterface<bool> {
 protected:
  [[nodiscard]] static store_options seeded(std::uint64_t seed) {
    store_options options;
    options.seed = seed;
    return options;
  }
  /// A handle whose writes fail at once while the lock is held.
  [[nodiscard]] store impatient(const std::string& name) const {
    store_options options;
    options.timeout = std::chrono::milliseconds(0);
    return open(name, options);
  }
  /// False: the lock was held.
  [[nodiscard]] static bool write(store& into, std::uint64_t key) {
    try {
      into.set("key " + std::to_string(key % 50), "meanwhile");
      return true;
    } catch (const error& why) {
      EXPECT_EQ(why.code(), errc::busy) << why.what();
      return false;
    }
  }

  const std::uint64_t seed_ = GetParam() ? 5 : 6;
};

/// What a writer between two versions replaces would be used again, though the next version shares it with the one
/// before.
TEST_P(pack_between, two_versions_nothing_that_they_share_is_replaced) {
  store from = open("from", seeded(5));
  const auto versions = fill(from, 400, 50);  // many small ones: the lock is free as often as it is held
  const bytes pack = packed(from, versions);
  for (int round = 0; round < 5; ++round) {
    const std::string name = "into" + std::to_string(round);
    store into = open(name, seeded(seed_)), same = impatient(name);
    std::atomic<bool> restored{false};
    const std::uint64_t first_version = into.version();
    {
      std::vector<snapshot> made;
      std::thread writer([&] {
        while (into.version() < first_version + 380) {  // so that what they share is in the last one too
        }
        for (std::uint64_t key = 0, done = 0; !restored && done < 20; ++key) done += write(same, key) ? 1U : 0U;
      });
      pack_reader reader(pack);
      made = into.restore_all(reader);
      restored = true;
      writer.join();
      EXPECT_EQ(made.back().version() - made.front().version(), versions.size() - 1);
    }
    const content last = of(into.snapshot());
    expect_sound(into);
    // Whatever was replaced is used again now.
    for (std::uint64_t i = 0; i < 1600; ++i) (i / 400 % 2 == 0 ? same : into).set("other " + std::to_string(i % 50), i);
    for (const auto& [key, text] : last) ASSERT_EQ(into.get(key)->view().as_string(), text) << key;
    same.close();
    expect_nothing_lost(into);
  }
}

INSTANTIATE_TEST_SUITE_P(seeds, pack_between, ::testing::Bool());

/// What was read of a pack that is refused is let go of before others may write to the same memory.
TEST_F(pack_concurrent, a_refused_pack_beside_transactions_of_other_threads) {
  store from = open("from", {.seed = 5}), into = open("into", {.seed = 5});
  const auto versions = fill(from, 1, test::random_steps(20'000) + 500);
  bytes pack = packed(from, versions);
  // The last node but one: the root's last child.
  pack[sections_of(pack)[sections_of(pack).size() - 3].end() - 40] ^= std::byte{1};
  std::atomic<bool> done{false};
  std::uint64_t written = 0;
  std::thread writer([&] {
    for (; !done || written == 0; ++written) {
      into.transact([&](transaction& t) {
        for (std::uint64_t k = 0; k < 200; ++k) t.set("own " + std::to_string(k), std::to_string(written * k));
      });
    }
  });
  for (int i = 0; i < 20; ++i) {
    pack_reader reader(pack);
    EXPECT_EQ(error_of([&] { into.restore(reader, 0); }).first, errc::corrupt);
  }
  done = true;
  writer.join();
  EXPECT_EQ(into.size(), 200U);
  for (std::uint64_t k = 0; k < 200; ++k) {
    EXPECT_EQ(into.get("own " + std::to_string(k))->view().as_string(), std::to_string((written - 1) * k));
  }
  expect_nothing_lost(into);
}

/// Processes that restore and processes that write: the lock orders them, and each version is one or the other's.
TEST_F(pack_concurrent, processes_restore_and_write_at_once) {
  store from = open("from", {.seed = 5});
  const auto versions = fill(from, 3, 300);
  const bytes pack = packed(from, versions);
  store into = open("into", {.seed = 6});
  constexpr int rounds = 30;
  const auto restore = [&](std::size_t version) {
    store own = open("into");
    for (int i = 0; i < rounds; ++i) {
      pack_reader reader(pack);
      own.restore(reader, version);
      // Whatever others have put in since: all of the version's own keys that they leave alone are there.
      const snapshot seen = own.snapshot();
      for (const char* key : {"key 100", "key 222"}) {
        const auto found = seen.get(key);
        if (!found || found->as_string() != text_of(std::stoull(key + 4))) return 1;
      }
    }
    return 0;
  };
  const auto put = [&](std::uint64_t number) {
    store own = open("into");
    for (std::uint64_t i = 0; i < 40U * rounds; ++i) own.set("put " + std::to_string(number), i);
    return 0;
  };
  {
    child_process one([&] { return restore(1); }), two([&] { return restore(2); });
    child_process three([&] { return put(3); }), four([&] { return put(4); });
    EXPECT_EQ(one.join(), 0);
    EXPECT_EQ(two.join(), 0);
    EXPECT_EQ(three.join(), 0);
    EXPECT_EQ(four.join(), 0);
  }
  // Every write was a version of its own, and the last of them is seen.
  EXPECT_EQ(into.version(), 1U + 2U * rounds + 2U * 40U * rounds);
  into.set("put 3", "last");
  content now;
  for (const entry& each : into.snapshot()) {
    const auto key = std::string(*each.key.as_string());
    if (!key.starts_with("put ")) now.emplace(key, *each.value.as_string());
  }
  EXPECT_TRUE(now == of(versions[1]) || now == of(versions[2]));
  EXPECT_EQ(into.get("put 3")->view().as_string(), "last");
  {
    pack_reader reader(pack);
    into.restore(reader, 0);
  }
  EXPECT_EQ(of(into.snapshot()), of(versions[0]));
  expect_nothing_lost(into);
}

/// Processes that write packs of one name: each of them is whole, one is the last, and nothing is left beside it.
TEST_F(pack_concurrent, processes_write_the_same_file) {
  const auto write = [&](int number) {
    for (int i = 0; i < 50; ++i) {
      pack_file_sink sink(path("a.pack"));
      pack_writer writer(sink);
      writer.add(map<int, int>{{number, i}});
      writer.finish();
      const pack_file_source source(path("a.pack"));
      pack_reader reader(source);
      if (reader.read<map<int, int>>(0).size() != 1) return 1;
    }
    return 0;
  };
  {
    child_process one([&] { return write(1); }), two([&] { return write(2); }), three([&] { return write(3); });
    EXPECT_EQ(one.join(), 0);
    EXPECT_EQ(two.join(), 0);
    EXPECT_EQ(three.join(), 0);
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 1);
  const pack_file_source source(path("a.pack"));
  const auto last = pack_reader(source).read<map<int, int>>(0);
  EXPECT_EQ(last.begin()->second, 49);
}

/// Two processes make a store of one name: one does, the other is told.
TEST_F(pack_concurrent, one_of_two_makes_the_store) {
  store from = open("from");
  const auto versions = fill(from, 2, 300);
  const bytes pack = packed(from, versions);
  for (int round = 0; round < 20; ++round) {
    const std::string name = path("new" + std::to_string(round));
    const auto make = [&](std::size_t version) {
      pack_reader reader(pack);
      return static_cast<int>(error_of([&] { (void)store::create_from(reader, version, name); }).first);
    };
    child_process one([&] { return make(0); }), two([&] { return make(1); });
    const int first = one.join(), second = two.join();
    EXPECT_TRUE((first == 0 && second == static_cast<int>(errc::exists)) ||
                (second == 0 && first == static_cast<int>(errc::exists)))
        << first << ", " << second;
    store made = store::open(name);
    EXPECT_EQ(of(made.snapshot()), of(versions[first == 0 ? 0 : 1]));
    expect_nothing_lost(made);
  }
}

}  // namespace
}  // namespace coppice::pack_test
