// Versions of stores in packs, and back: into new stores, existing ones, and C++ collections.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "store_support.hpp"

namespace coppice::pack_test {
namespace {

using pack_store = store_test;

TEST_F(pack_store, a_version_becomes_a_new_store_of_the_same_nodes) {
  store from = open("from");
  const auto versions = fill(from, 3);
  const bytes pack = packed(from, versions);
  pack_reader reader(pack);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const store made = store::create_from(reader, i, path("new" + std::to_string(i)));
    EXPECT_EQ(of(made.snapshot()), of(versions[i]));
    expect_sound(made);
    // It has the seed, and so the shape.
    EXPECT_EQ(packed(made, {made.snapshot()}).size(), packed(from, {versions[i]}).size());
  }
}

TEST_F(pack_store, the_newest_version_is_packed_if_none_is_named) {
  store from = open("from");
  (void)fill(from, 2);
  pack_memory_sink sink;
  from.pack(sink);
  pack_reader reader(sink.bytes());
  ASSERT_EQ(reader.versions().size(), 1U);
  EXPECT_EQ(of(store::create_from(reader, 0, path("new")).snapshot()), of(from.snapshot()));
}

TEST_F(pack_store, versions_share_in_the_pack) {
  store from = open("from");
  const auto versions = fill(from, 100);
  const std::size_t one = packed(from, {versions[0]}).size();
  EXPECT_LT(packed(from, versions).size(), one + 100 * 6000);
}

TEST_F(pack_store, a_version_becomes_the_content_of_a_store_with_another_seed) {
  store from = open("from"), into = open("into");
  const auto versions = fill(from, 3);
  into.set("old", "gone");
  const snapshot before = into.snapshot();
  const bytes pack = packed(from, versions);
  pack_reader reader(pack);
  into.restore(reader, 1);
  EXPECT_EQ(of(into.snapshot()), of(versions[1]));
  EXPECT_EQ(of(before), (content{{"old", "gone"}}));
  into.restore(reader, 2);
  EXPECT_EQ(of(into.snapshot()), of(versions[2]));
  expect_sound(into);
}

TEST_F(pack_store, all_versions_are_restored_and_share) {
  for (const bool same_seed : {true, false}) {
    store from = open("from" + std::to_string(same_seed), {.seed = 5});
    store into = open("into" + std::to_string(same_seed), {.seed = same_seed ? 5 : 6});
    const auto versions = fill(from, 30);
    const bytes pack = packed(from, versions);
    pack_reader reader(pack);
    const auto made = into.restore_all(reader);
    ASSERT_EQ(made.size(), versions.size());
    for (std::size_t i = 0; i < made.size(); ++i) EXPECT_EQ(of(made[i]), of(versions[i]));
    EXPECT_EQ(of(into.snapshot()), of(versions.back()));
    into.collect();
    expect_sound(into);
    EXPECT_LT(into.check().live_bytes, 2 * from.check().live_bytes);
    // What they share they share here too: written again, the pack has the same size.
    EXPECT_LT(packed(into, made).size(), pack.size() + pack.size() / 20);
  }
}

TEST_F(pack_store, a_pack_for_others_has_another_seed_and_the_same_content) {
  store from = open("from", {.seed = 0x5eed5eed5eed5eed});
  const auto versions = fill(from, 20);
  const bytes pack = packed(from, versions, {.seed = pack_seed::fresh});
  const std::uint64_t seed = 0x5eed5eed5eed5eed;
  const auto* const first = reinterpret_cast<const std::byte*>(&seed);
  EXPECT_EQ(std::search(pack.begin(), pack.end(), first, first + 8), pack.end());
  EXPECT_LT(pack.size(), packed(from, versions).size() * 11 / 10);
  pack_reader reader(pack);
  const store made = store::create_from(reader, 19, path("new"));
  EXPECT_EQ(of(made.snapshot()), of(versions[19]));
  expect_sound(made);
}

TEST_F(pack_store, keys_and_values_of_all_kinds) {
  store from = open("from");
  from.transact([](transaction& t) {
    const std::byte raw[] = {std::byte{0}, std::byte{255}};
    const std::byte document[] = {std::byte{0x93}, std::byte{1}, std::byte{2}, std::byte{3}};
    t.set(nullptr, true);
    t.set(true, nullptr);
    t.set(-5, 0.25);
    t.set(0.5, std::int64_t{1} << 60);
    t.set("text", "\xc3\xa9");
    t.set(std::span<const std::byte>(raw), value_view::document(document));
    t.set(std::string(60'000, 'k'), std::string(3'000'000, 'v'));
    t.set("", "");
    t.set("nan", -0.0);
  });
  for (const pack_seed seed : {pack_seed::own, pack_seed::fresh}) {
    const bytes pack = packed(from, {from.snapshot()}, {.compression = pack_compression::zstd, .seed = seed});
    pack_reader reader(pack);
    for (const bool same : {true, false}) {
      const std::string name = "new" + std::to_string(same) + std::to_string(static_cast<int>(seed));
      store_options options;
      if (!same) options.seed = 77;
      const store made = store::create_from(reader, 0, path(name), options);
      EXPECT_EQ(made.size(), from.size());
      for (const entry& each : from.snapshot()) EXPECT_EQ(made.get(each.key).value(), value(each.value));
      expect_sound(made);
    }
  }
}

TEST_F(pack_store, maps_of_numbers_text_and_booleans_become_stores) {
  pack_memory_sink sink;
  pack_writer writer(sink);
  writer.add(map<std::string, int>{{"ada", 36}, {"alan", -41}});
  writer.add(map<std::uint64_t, double>{{7, 0.5}, {8, 2.0}});
  writer.add(map<bool, std::vector<std::byte>>{{true, {std::byte{1}}}});
  writer.add(map<std::uint64_t, int>{{~std::uint64_t{0}, 1}});
  writer.add(map<int, std::vector<int>>{{1, {1}}});
  writer.add(set<int>{1});
  writer.finish();
  pack_reader reader(sink.bytes());
  store into = open("into");
  into.restore(reader, 0);
  EXPECT_EQ(into.get("alan")->view().as_int64(), -41);
  into.restore(reader, 1);
  EXPECT_EQ(into.size(), 2U);
  EXPECT_EQ(into.get(7)->view().as_double(), 0.5);
  EXPECT_EQ(into.get(8)->view().as_int64(), 2);
  into.restore(reader, 2);
  EXPECT_EQ(into.get(true)->view().as_bytes()->size(), 1U);
  EXPECT_EQ(error_of([&] { into.restore(reader, 3); }).first, errc::corrupt);
  EXPECT_EQ(error_of([&] { into.restore(reader, 4); }).first, errc::unsupported);
  EXPECT_EQ(error_of([&] { into.restore(reader, 5); }).first, errc::invalid_argument);
  EXPECT_EQ(error_of([&] { into.restore(reader, 6); }).first, errc::not_found);
  EXPECT_EQ(into.size(), 1U) << "what fails changes nothing";
  expect_sound(into);
}

TEST_F(pack_store, stores_become_maps_of_what_fits) {
  store from = open("from");
  from.set("a", 1);
  from.set("b", -2);
  const bytes pack = packed(from, {from.snapshot()});
  pack_reader reader(pack);
  EXPECT_EQ((reader.read<map<std::string, int>>(0)), (map<std::string, int>{{"a", 1}, {"b", -2}}));
  EXPECT_EQ((reader.read<map<std::string, double>>(0)), (map<std::string, double>{{"a", 1.0}, {"b", -2.0}}));
  EXPECT_EQ(error_of([&] { (void)reader.read<map<std::string, unsigned>>(0); }).first, errc::invalid_argument);
  EXPECT_EQ(error_of([&] { (void)reader.read<map<int, int>>(0); }).first, errc::invalid_argument);
  EXPECT_EQ(error_of([&] { (void)reader.read<map<std::string, std::vector<int>>>(0); }).first, errc::invalid_argument);
}

TEST_F(pack_store, what_cannot_be_restored_leaves_the_store_as_it_was) {
  store from = open("from"), into = open("into");
  const auto versions = fill(from, 1);
  into.set("old", "here");
  bytes pack = packed(from, versions);
  pack[pack.size() / 2] ^= std::byte{1};
  {
    pack_reader reader(pack);
    EXPECT_EQ(error_of([&] { into.restore(reader, 0); }).first, errc::corrupt);
    EXPECT_EQ(error_of([&] { (void)store::create_from(reader, 0, path("new")); }).first, errc::corrupt);
  }
  EXPECT_FALSE(std::filesystem::exists(path("new")));
  EXPECT_EQ(of(into.snapshot()), (content{{"old", "here"}}));
  store_options small;
  small.limit_bytes = std::uint64_t{4} << 20;
  store full = store::open(path("full"), small);
  full.set("old", "here");
  pack[pack.size() / 2] ^= std::byte{1};
  pack_memory_sink large;
  from.set("large", std::string(5'000'000, 'x'));
  from.pack(large);
  pack_reader reader(large.bytes());
  EXPECT_EQ(error_of([&] { full.restore(reader, 0); }).first, errc::out_of_space);
  EXPECT_EQ(of(full.snapshot()), (content{{"old", "here"}}));
  full.collect();
  expect_sound(full);
  full.set("new", "too");
}

TEST_F(pack_store, a_store_that_is_there_is_not_replaced) {
  store from = open("from");
  const bytes pack = packed(from, {from.snapshot()});
  pack_reader reader(pack);
  EXPECT_EQ(error_of([&] { (void)store::create_from(reader, 0, path("from")); }).first, errc::exists);
}

TEST_F(pack_store, others_see_what_was_there_or_the_whole_version) {
  store from = open("from"), into = open("into");
  const auto versions = fill(from, 2);
  const bytes pack = packed(from, versions);
  std::atomic<bool> done{false};
  std::size_t seen = 0;
  std::thread watcher([&] {
    const store theirs = open("into");
    while (!done) {
      const std::uint64_t size = theirs.snapshot().size();
      EXPECT_TRUE(size == 0 || size == versions[0].size() || size == versions[1].size()) << size;
      ++seen;
    }
  });
  for (int i = 0; i < 20; ++i) {
    pack_reader reader(pack);
    into.restore(reader, static_cast<std::size_t>(i % 2));
  }
  done = true;
  watcher.join();
  EXPECT_GT(seen, 0U);
}

}  // namespace
}  // namespace coppice::pack_test
