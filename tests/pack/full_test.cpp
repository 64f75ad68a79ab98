// Packs and stores that do not fit: a store's limit, a full disk, a limit of the process; and stores that cannot be
// written. What was there stays, nothing is left behind, and the error tells what to do.
#include <fcntl.h>
#include <sys/resource.h>

#include <csignal>

#include "store_support.hpp"

namespace coppice::pack_test {
namespace {

class pack_full : public store_test {
 protected:
  /// How many names there are in the directory.
  [[nodiscard]] std::size_t names() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory_.path()), {}));
  }
};

/// A pack of a store that takes more than 4 MiB, and whether it has the seed of the store that it goes into.
class pack_too_large : public pack_full, public ::testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    store from = open("from", {.seed = 5});
    (void)fill(from, 2, 400);  // with one long value
    small_ = packed(from, {from.snapshot()});
    std::vector<snapshot> all{from.snapshot()};
    for (int i = 0; i < 9; ++i) {
      from.set("large " + std::to_string(i), std::string(700'000, static_cast<char>('a' + i)));
      all.push_back(from.snapshot());
    }
    last_ = of(all.back());
    pack_ = packed(from, {all.back()});
    all_ = packed(from, all);
    from.close();
    store::destroy(path("from"));
    options_.limit_bytes = std::uint64_t{8} << 20;
    options_.seed = GetParam() ? 5 : 6;
  }
  static void expect_full(const std::pair<errc, std::string>& refused, const std::string& name) {
    EXPECT_EQ(refused.first, errc::out_of_space) << refused.second;
    EXPECT_NE(refused.second.find(name), std::string::npos) << refused.second;
    EXPECT_NE(refused.second.find("larger limit_bytes"), std::string::npos) << refused.second;
  }

  store_options options_;
  content last_;
  bytes small_, pack_, all_;
};

TEST_P(pack_too_large, for_a_store_changes_nothing_and_loses_nothing) {
  store into = store::open(path("into"), options_);
  into.set("old", "here");
  const std::uint64_t version = into.version();
  for (int i = 0; i < 20; ++i) {
    pack_reader reader(pack_);
    expect_full(error_of([&] { into.restore(reader, 0); }), "into");
    EXPECT_EQ(into.version(), version);
  }
  EXPECT_EQ(of(into.snapshot()), (content{{"old", "here"}}));
  expect_sound(into);
  // There is as much room as before.
  pack_reader small(small_);
  into.restore(small, 0);
  EXPECT_EQ(into.size(), small.versions()[0].size);
  expect_nothing_lost(into);
}

TEST_P(pack_too_large, the_versions_before_one_that_does_not_fit_are_restored) {
  store into = store::open(path("into"), options_);
  into.set("old", "here");
  pack_reader reader(all_);
  expect_full(error_of([&] { (void)into.restore_all(reader); }), "into");
  const snapshot last = into.snapshot();
  ASSERT_GT(last.version(), 3U);
  EXPECT_EQ(last.size(), reader.versions()[static_cast<std::size_t>(last.version() - 3)].size) << "a whole version";
  expect_sound(into);
}

TEST_P(pack_too_large, for_a_new_store_leaves_none) {
  pack_reader reader(pack_);
  for (int i = 0; i < 5; ++i) {
    expect_full(error_of([&] { (void)store::create_from(reader, 0, path("new"), options_); }), "new");
    EXPECT_EQ(names(), 0U);
  }
  options_.limit_bytes = std::uint64_t{64} << 20;
  store made = store::create_from(reader, 0, path("new"), options_);
  EXPECT_EQ(of(made.snapshot()), last_);
  expect_nothing_lost(made);
}

INSTANTIATE_TEST_SUITE_P(seeds, pack_too_large, ::testing::Bool());

/// Many keys may share one long value, which a pack has once and a store has for each.
TEST_F(pack_full, values_that_stand_for_many_do_not_fill_the_memory_of_the_process) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep what was freed";
#endif
  pack_memory_sink sink;
  {
    map<std::uint64_t, std::string> all;
    const std::string value(std::size_t{1} << 20, 'v');
    for (std::uint64_t i = 0; i < 600; ++i) all = std::move(all).set(i, value);
    pack_writer writer(sink);
    writer.add(all);
    writer.finish();
  }
  ASSERT_LT(sink.bytes().size(), std::size_t{2} << 20);
  child_process child([&] {
    struct rusage before{}, after{};
    ::getrusage(RUSAGE_SELF, &before);
    pack_reader reader(sink.bytes());
    store_options small;
    small.limit_bytes = std::uint64_t{8} << 20;
    const errc code = error_of([&] { (void)store::create_from(reader, 0, path("new"), small); }).first;
    ::getrusage(RUSAGE_SELF, &after);
    return platform::test::passed(code == errc::out_of_space && after.ru_maxrss - before.ru_maxrss < 300 * 1024);
  });
  EXPECT_EQ(child.join(), 0);
}

/// With a file system of 32 MiB.
class pack_disk : public pack_full {
 protected:
  void SetUp() override {
    const std::string why_not = directory_.mount_here("tmpfs", "size=32m,mode=700");
    if (!why_not.empty()) GTEST_SKIP() << "no file system of our own: " << why_not;
    store from = open("from", {.seed = 5});
    (void)fill(from, 1);
    pack_ = packed(from, {from.snapshot()});
    from.close();
    store::destroy(path("from"));
  }
  void TearDown() override {
    if (ballast_ >= 0) ::close(ballast_);
  }
  /// Leaves so much free.
  void fill_disk(std::uint64_t left) {
    const std::filesystem::space_info space = std::filesystem::space(directory_.path());
    ballast_ = ::open(path("ballast").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    ASSERT_GE(ballast_, 0);
    ASSERT_EQ(::fallocate(ballast_, 0, 0, static_cast<off_t>(space.available - left)), 0);
  }
  void empty_disk() const { ASSERT_EQ(::ftruncate(ballast_, 0), 0); }

  bytes pack_;
  int ballast_ = -1;
};

TEST_F(pack_disk, that_is_full_leaves_a_store_as_it_was) {
  store into = open("into");
  into.set("old", "here");
  fill_disk(1 << 20);
  pack_reader reader(pack_);
  const auto [code, message] = error_of([&] { into.restore(reader, 0); });
  EXPECT_EQ(code, errc::out_of_space);
  EXPECT_NE(message.find("file system that holds it is full"), std::string::npos) << message;
  EXPECT_EQ(of(into.snapshot()), (content{{"old", "here"}}));
  expect_sound(into);
  into.set("old", "there");
  empty_disk();
  into.restore(reader, 0);
  EXPECT_EQ(into.size(), reader.versions()[0].size);
  expect_nothing_lost(into);
}

TEST_F(pack_disk, that_is_full_has_no_half_made_store) {
  pack_reader reader(pack_);
  for (const std::uint64_t left : {1U << 14, 3U << 20}) {
    fill_disk(left);
    const auto [code, message] = error_of([&] { (void)store::create_from(reader, 0, path("new")); });
    EXPECT_EQ(code, errc::out_of_space) << message;
    EXPECT_EQ(names(), 1U) << "only the ballast";
    // What the nameless file had is free again.
    EXPECT_EQ(std::filesystem::space(directory_.path()).available, left);
    ::close(ballast_);
    std::filesystem::remove(path("ballast"));
  }
  ballast_ = -1;
  store made = store::create_from(reader, 0, path("new"));
  expect_nothing_lost(made);
}

TEST_F(pack_disk, that_is_full_leaves_the_pack_that_was_there) {
  store from = open("from");
  (void)fill(from, 1);
  {
    pack_file_sink sink(path("a.pack"));
    from.pack(sink);
  }
  const std::uint64_t size = std::filesystem::file_size(path("a.pack"));
  fill_disk(1 << 16);
  const auto [code, message] = error_of([&] {
    pack_file_sink sink(path("a.pack"));
    from.pack(sink);
  });
  EXPECT_EQ(code, errc::out_of_space);
  EXPECT_NE(message.find("pack '" + path("a.pack") + "'"), std::string::npos) << message;
  EXPECT_NE(message.find("No space left on device"), std::string::npos) << message;
  EXPECT_EQ(names(), 3U);
  EXPECT_EQ(std::filesystem::file_size(path("a.pack")), size);
  const pack_file_source source(path("a.pack"));
  pack_reader(source).verify();
}

TEST_F(pack_full, limit_of_file_sizes_leaves_the_pack_and_no_store) {
  store from = open("from", {.seed = 5});
  (void)fill(from, 1);
  {
    pack_file_sink sink(path("a.pack"));
    from.pack(sink);
  }
  child_process child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const store own = open("from");
    const struct rlimit small{1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const auto [code, message] = error_of([&] {
      pack_file_sink sink(path("a.pack"));
      own.pack(sink);
    });
    if (code != errc::out_of_space || message.find(path("a.pack") + "'") == std::string::npos) return 1;
    if (message.find("File too large") == std::string::npos) return 2;
    const pack_file_source source(path("a.pack"));
    pack_reader reader(source);
    reader.verify();
    const auto created = error_of([&] { (void)store::create_from(reader, 0, path("new")); });
    if (created.first != errc::out_of_space || created.second.find("new") == std::string::npos) return 3;
    return names() == 2 ? 0 : 4;
  });
  EXPECT_EQ(child.join(), 0);
}

TEST_F(pack_full, stores_that_cannot_be_written) {
  store from = open("from");
  from.set("k", 1);
  const bytes pack = packed(from, {from.snapshot()});
  pack_reader reader(pack);
  {
    store_options options;
    options.read_only = true;
    store read = open("from", options);
    const auto [code, message] = error_of([&] { read.restore(reader, 0); });
    EXPECT_EQ(code, errc::read_only);
    EXPECT_NE(message.find("open it without read_only"), std::string::npos) << message;
    EXPECT_EQ(error_of([&] { (void)read.restore_all(reader); }).first, errc::read_only);
    pack_memory_sink sink;
    read.pack(sink);
  }
  store closed = open("from");
  closed.close();
  EXPECT_EQ(error_of([&] { closed.restore(reader, 0); }).first, errc::closed);
  EXPECT_EQ(error_of([&] { (void)closed.restore_all(reader); }).first, errc::closed);
  pack_memory_sink sink;
  EXPECT_EQ(error_of([&] { closed.pack(sink); }).first, errc::closed);
  from.transact([&](transaction&) {
    EXPECT_EQ(error_of([&] { from.restore(reader, 0); }).first, errc::busy) << "inside a transaction of its own";
  });
  store_options impatient;
  impatient.timeout = std::chrono::milliseconds(20);
  from.transact([&](transaction& t) {
    t.set("k", 2);
    store other = open("from", impatient);
    EXPECT_EQ(error_of([&] { other.restore(reader, 0); }).first, errc::busy) << "another writes";
  });
  store gone = open("gone");
  store::destroy(path("gone"));
  EXPECT_EQ(error_of([&] { gone.restore(reader, 0); }).first, errc::closed);
  EXPECT_EQ(from.get("k")->view().as_int64(), 2);
  expect_nothing_lost(from);
}

}  // namespace
}  // namespace coppice::pack_test
