// Handles: ways to open, read-only ones, two in one process, closing and destroying.
#include <sys/stat.h>

#include "tests/store/support.hpp"

namespace store_test {
namespace {

using handle_test = store_case;

store_options with_mode(open_mode mode) {
  store_options options;
  options.mode = mode;
  return options;
}

TEST_F(handle_test, modes_decide_between_finding_and_making) {
  EXPECT_EQ(code_of([] { store::open("a", with_mode(open_mode::open_existing)); }), errc::not_found);
  store::open("a", with_mode(open_mode::create_new)).set("k", 1);
  EXPECT_EQ(code_of([] { store::open("a", with_mode(open_mode::create_new)); }), errc::exists);
  EXPECT_EQ(store::open("a", with_mode(open_mode::open_existing)).size(), 1U);
  EXPECT_EQ(store::open("a").size(), 1U);
}

TEST_F(handle_test, open_existing_makes_no_directory) {
  const std::string missing = directory_ / "not-there";
  use(missing);
  EXPECT_EQ(code_of([] { store::open("a", with_mode(open_mode::open_existing)); }), errc::not_found);
  EXPECT_FALSE(std::filesystem::exists(missing));
  EXPECT_TRUE(store::list().empty());
  store::open("a");
  EXPECT_TRUE(std::filesystem::exists(missing));
}

TEST_F(handle_test, a_text_with_a_slash_is_a_path) {
  const std::string path = directory_ / "by-path.coppice";
  store by_path = store::open(path);
  by_path.set("k", 1);
  EXPECT_EQ(by_path.path(), path);
  EXPECT_EQ(by_path.name(), path);
  EXPECT_EQ(store::open("by-path.coppice").size(), 1U) << "the directory of names holds the same file";
  store::destroy(path);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(handle_test, the_directory_is_private_and_the_file_has_the_mode_asked_for) {
  const std::string fresh = directory_ / "stores";
  use(fresh);
  const mode_t before = ::umask(0);
  store::open("private");
  store_options options;
  options.file_mode = 0640;
  store::open("shared", options);
  ::umask(before);
  struct stat status{};
  ASSERT_EQ(::stat(fresh.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
  ASSERT_EQ(::stat((fresh + "/private").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  ASSERT_EQ(::stat((fresh + "/shared").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST_F(handle_test, read_only_reads_and_refuses_every_write) {
  store writer = store::open("a");
  writer.set("k", 1);
  store_options options = with_mode(open_mode::open_existing);
  options.read_only = true;
  store reader = store::open("a", options);
  EXPECT_EQ(reader.get("k")->view().as_int64(), 1);
  const snapshot held = reader.snapshot();
  writer.set("k", 2);
  EXPECT_EQ(held.get("k")->as_int64(), 1);
  EXPECT_EQ(reader.get("k")->view().as_int64(), 2);
  const outcome refused = outcome_of([&] { reader.set("k", 3); });
  EXPECT_EQ(refused.code, errc::read_only);
  EXPECT_NE(refused.message.find("'a'"), std::string::npos) << refused.message;
  EXPECT_EQ(code_of([&] { reader.erase("k"); }), errc::read_only);
  EXPECT_EQ(code_of([&] { reader.clear(); }), errc::read_only);
  EXPECT_EQ(code_of([&] { reader.set_many({}); }), errc::read_only);
  EXPECT_EQ(code_of([&] { reader.transact([](transaction&) { ADD_FAILURE(); }); }), errc::read_only);
  EXPECT_EQ(code_of([&] { reader.collect(); }), errc::read_only);
  EXPECT_TRUE(reader.check().ok());
}

TEST_F(handle_test, two_handles_of_one_process_are_two_mappings_of_one_store) {
  store first = store::open("a");
  store second = store::open("a");
  EXPECT_EQ(first.stats().slots_used, 2U);
  for (int i = 0; i < 3000; ++i) {
    store& writer = i % 2 == 0 ? first : second;
    store& reader = i % 2 == 0 ? second : first;
    const auto length = static_cast<std::size_t>(50 + i % 100);
    writer.set(i % 500, std::string(length, 'a'));
    ASSERT_EQ(reader.get(i % 500)->view().as_string()->size(), length);
  }
  const snapshot held = first.snapshot();
  second.clear();
  second.collect();
  EXPECT_EQ(held.size(), 500U);
  EXPECT_TRUE(first.check().ok());
  const snapshot newer = second.snapshot();
  diff_range changes = newer.diff(held);
  int removed = 0;
  while (changes.next()) ++removed;
  EXPECT_EQ(removed, 500);
}

TEST_F(handle_test, a_closed_handle_answers_closed_and_frees_its_slot) {
  store watcher = store::open("a");
  store handle = store::open("a");
  handle.set("k", 1);
  EXPECT_EQ(watcher.stats().slots_used, 2U);
  handle.close();
  handle.close();
  EXPECT_EQ(watcher.stats().slots_used, 1U);
  const outcome refused = outcome_of([&] { (void)handle.get("k"); });
  EXPECT_EQ(refused.code, errc::closed);
  EXPECT_NE(refused.message.find("'a'"), std::string::npos) << refused.message;
  EXPECT_EQ(code_of([&] { handle.set("k", 2); }), errc::closed);
  EXPECT_EQ(code_of([&] { (void)handle.snapshot(); }), errc::closed);
  EXPECT_EQ(code_of([&] { (void)handle.stats(); }), errc::closed);
  EXPECT_EQ(code_of([&] { (void)handle.check(); }), errc::closed);
  EXPECT_EQ(handle.name(), "a");
  watcher.set("k", 3);
}

TEST_F(handle_test, moving_a_handle_moves_the_store) {
  store first = store::open("a");
  first.set("k", 1);
  store second = std::move(first);
  EXPECT_EQ(second.get("k")->view().as_int64(), 1);
  EXPECT_EQ(second.stats().slots_used, 1U);
}

TEST_F(handle_test, after_destroy_open_handles_answer_closed_and_the_name_is_free) {
  store handle = store::open("a");
  handle.set("k", 1);
  const snapshot held = handle.snapshot();
  store::destroy("a");
  EXPECT_EQ(code_of([&] { (void)handle.get("k"); }), errc::closed);
  EXPECT_EQ(code_of([&] { handle.set("k", 2); }), errc::closed);
  EXPECT_EQ(held.get("k")->as_int64(), 1) << "a snapshot stays readable";
  EXPECT_TRUE(store::list().empty());
  EXPECT_EQ(code_of([] { store::destroy("a"); }), errc::not_found);
  store again = store::open("a", with_mode(open_mode::create_new));
  EXPECT_EQ(again.size(), 0U);
  EXPECT_EQ(code_of([&] { (void)handle.size(); }), errc::closed);
}

TEST_F(handle_test, destroy_waits_for_nobody) {
  store handle = store::open("a");
  handle.transact([](transaction& work) {
    work.set("k", 1);
    store::destroy("a");
  });
  EXPECT_TRUE(store::list().empty());
}

TEST_F(handle_test, limits_out_of_range_are_refused) {
  store_options options;
  options.limit_bytes = (std::uint64_t{4} << 20) - 1;
  EXPECT_EQ(code_of([&] { store::open("a", options); }), errc::invalid_argument);
  options.limit_bytes = (std::uint64_t{64} << 30) + 1;
  EXPECT_EQ(code_of([&] { store::open("a", options); }), errc::invalid_argument);
  options.limit_bytes = std::uint64_t{64} << 30;
  EXPECT_EQ(store::open("largest", options).stats().limit_bytes, options.limit_bytes);
  options.limit_bytes = std::uint64_t{4} << 20;
  store smallest = store::open("smallest", options);
  smallest.set("k", 1);
  EXPECT_EQ(smallest.stats().limit_bytes, options.limit_bytes);
}

TEST_F(handle_test, stats_tell_what_there_is) {
  store handle = store::open("a");
  for (int i = 0; i < 100; ++i) handle.set(i, std::string(1000, 's'));
  handle.collect();
  const snapshot held = handle.snapshot();
  const store_stats stats = handle.stats();
  EXPECT_EQ(stats.entries, 100U);
  EXPECT_EQ(stats.version, handle.version());
  EXPECT_EQ(stats.slots_used, 1U);
  EXPECT_EQ(stats.slots_total, 512U);
  EXPECT_EQ(stats.pins, 1U);
  EXPECT_GE(stats.collections, 1U);
  EXPECT_GT(stats.live_bytes, 100'000U);
  EXPECT_EQ(stats.live_bytes, handle.check().live_bytes);
  EXPECT_GE(stats.committed_bytes, stats.live_bytes);
}

}  // namespace
}  // namespace store_test
