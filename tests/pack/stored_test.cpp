// Typed collections inside stores, in packs.
#include "stored.hpp"

namespace coppice::pack_test {
namespace {

using pack_stored = store_test;

TEST_F(pack_stored, all_kinds_come_back_in_a_new_store) {
  store from = open("from");
  const auto versions = fill_collections(from, 4, 3000);
  const bytes pack = packed(from, versions);
  pack_reader reader(pack);
  reader.verify();
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const store made = store::create_from(reader, i, path("new" + std::to_string(i)));
    expect_same_collections(made.snapshot(), versions[i]);
    expect_sound(made);
  }
}

TEST_F(pack_stored, and_in_stores_under_the_same_seed_and_another_all_versions_of_them) {
  for (const bool same_seed : {true, false}) {
    store from = open("from" + std::to_string(same_seed), {.seed = 5});
    store into = open("into" + std::to_string(same_seed), {.seed = same_seed ? 5 : 6});
    const auto versions = fill_collections(from, 7, 1000);
    const bytes pack = packed(from, versions);
    pack_reader reader(pack);
    const auto made = into.restore_all(reader);
    ASSERT_EQ(made.size(), versions.size());
    for (std::size_t i = 0; i < made.size(); ++i) expect_same_collections(made[i], versions[i]);
    expect_sound(into);
  }
}

TEST_F(pack_stored, they_can_be_changed_where_they_are_restored) {
  for (const std::uint64_t seed : {5U, 6U}) {
    store from = open("from" + std::to_string(seed), {.seed = 5});
    store into = open("into" + std::to_string(seed), {.seed = seed});
    const auto versions = fill_collections(from, 2, 1000);
    const bytes pack = packed(from, versions);
    pack_reader reader(pack);
    into.restore(reader, 1);
    for (unsigned i = 2; i < 6; ++i) {
      from.transact([&](transaction& t) { change_collections(t, i, 1000); });
      into.transact([&](transaction& t) { change_collections(t, i, 1000); });
    }
    expect_same_collections(into.snapshot(), from.snapshot());
    expect_same_collections(versions[1], versions[1]);
    expect_sound(into);
  }
}

TEST_F(pack_stored, versions_share_in_the_pack_and_where_they_are_restored) {
  store from = open("from", {.seed = 5});
  store one = open("one", {.seed = 5}), all = open("all", {.seed = 5});
  const auto versions = fill_collections(from, 60, 3000);
  const std::size_t first = packed(from, {versions[0]}).size();
  const bytes pack = packed(from, versions);
  EXPECT_LT(pack.size(), 3 * first);
  pack_reader reader(pack);
  one.restore(reader, 0);
  const auto made = all.restore_all(reader);
  expect_same_collections(made[59], versions[59]);
  (void)one.collect();
  (void)all.collect();
  EXPECT_LT(all.stats().live_bytes, 4 * one.stats().live_bytes);
}

TEST_F(pack_stored, equal_content_gives_equal_packs) {
  store a = open("a", {.seed = 5}), b = open("b", {.seed = 5});
  (void)fill_collections(a, 3, 500);
  const bytes pack = packed(a, {a.snapshot()});
  pack_reader reader(pack);
  b.restore(reader, 0);
  EXPECT_EQ(packed(a, {a.snapshot()}).size(), packed(b, {b.snapshot()}).size());
  b.restore(reader, 0);
  const bytes once = packed(b, {b.snapshot()});
  b.restore(reader, 0);
  const bytes again = packed(b, {b.snapshot()});
  // But for the version's number and time.
  EXPECT_EQ(sections_of(once)[1].header.checksum, sections_of(again)[1].header.checksum);
}

TEST_F(pack_stored, only_what_a_base_lacks_is_packed_and_a_chain_made_one) {
  store from = open("from");
  const auto versions = fill_collections(from, 3, 3000);
  const bytes base = packed(from, {versions[0]});
  const pack_memory_source base_source(base);
  pack_reader base_reader(base_source);
  pack_memory_sink sink;
  pack_writer writer(sink, base_reader);
  writer.add(versions[1]);
  writer.add(versions[2]);
  writer.finish();
  EXPECT_LT(sink.bytes().size(), base.size() / 3);
  const pack_memory_source source(sink.bytes());
  pack_reader reader(source, base_reader);
  reader.verify();
  expect_same_collections(store::create_from(reader, 1, path("made")).snapshot(), versions[2]);

  pack_memory_sink one;
  pack_reader* const chain[] = {&base_reader, &reader};
  compact(chain, one, {});
  pack_reader whole(one.bytes());
  whole.verify();
  expect_same_collections(store::create_from(whole, 2, path("whole")).snapshot(), versions[2]);
}

TEST_F(pack_stored, differences_name_the_collections_that_changed) {
  store from = open("from");
  const auto versions = fill_collections(from, 1, 100);
  from.transact([](transaction& t) { t.set("odd", t.get<numbers>("odd")->insert(1'000'000)); });
  for (const bool together : {true, false}) {
    const bytes both = packed(from, {versions[0], from.snapshot()}), other = packed(from, {from.snapshot()});
    pack_reader older(both), newer(together ? both : other);
    std::vector<std::string> changed;
    diff(older, 0, newer, together ? 1 : 0, [&](const pack_change& change) {
      EXPECT_EQ(change.kind, diff_kind::changed);
      EXPECT_EQ(change.after.kind(), value_kind::set);
      EXPECT_EQ(change.after.collection_size(), 101U);
      changed.emplace_back(change.key.as_string().value());
      return true;
    });
    EXPECT_EQ(changed, std::vector<std::string>{"odd"});
  }
}

TEST_F(pack_stored, under_a_fresh_seed_they_are_refused) {
  store from = open("from");
  from.transact([](transaction& t) { t.set("typed", prices().set(1, 2)); });
  const auto [code, message] = error_of([&] { (void)packed(from, {from.snapshot()}, {.seed = pack_seed::fresh}); });
  EXPECT_EQ(code, errc::unsupported);
  EXPECT_NE(message.find("pack_seed::own"), std::string::npos) << message;
}

TEST_F(pack_stored, what_cannot_be_packed_is_refused) {
  using large_leaves = map<std::string, int, hash<std::string>, std::equal_to<>, store_arena, 8>;
  store from = open("from");
  from.transact([](transaction& t) { t.set("typed", large_leaves().set("a", 2)); });
  EXPECT_EQ(error_of([&] { (void)packed(from, {from.snapshot()}); }).first, errc::unsupported);
}

TEST_F(pack_stored, other_readers_are_told) {
  store from = open("from");
  from.transact([](transaction& t) { t.set("typed", prices().set(1, 2)); });
  const bytes pack = packed(from, {from.snapshot()});
  pack_reader reader(pack);
  const auto read = [&] { (void)reader.read<map<std::string, double>>(0); };
  EXPECT_NE(error_of(read).first, errc::ok);
}

TEST_F(pack_stored, a_store_that_is_full_stays_as_it_was) {
  store from = open("from", {.seed = 5});
  const auto versions = fill_collections(from, 1, 20'000);
  const bytes pack = packed(from, versions);
  pack_reader reader(pack);
  for (const std::uint64_t seed : {5U, 6U}) {
    store_options small;
    small.limit_bytes = std::uint64_t{4} << 20;
    small.seed = seed;
    store into = store::open(path("small" + std::to_string(seed)), small);
    into.set("a", 1);
    EXPECT_EQ(error_of([&] { into.restore(reader, 0); }).first, errc::out_of_space);
    EXPECT_EQ(into.snapshot().size(), 1U);
    expect_sound(into);
  }
}

}  // namespace
}  // namespace coppice::pack_test
