// What is told of a pack without the types of its elements, and that what is sound is found so.
#include "support.hpp"

namespace coppice::pack_test {
namespace {

TEST(pack_examine, counts_nodes_and_bytes) {
  const number_map base = versions_of_numbers(20'000, 20'000).back();
  const std::vector<number_map> versions{base, base.set(1, 77), base.set(2, 77)};
  const bytes pack = serialize(versions);
  pack_reader reader(pack);
  reader.verify();
  const pack_statistics found = reader.statistics(3);
  EXPECT_EQ(found.file_bytes, pack.size());
  EXPECT_EQ(found.values.nodes, 0U);
  EXPECT_LT(found.branches.bytes + found.leaves.bytes, found.raw_bytes);
  std::size_t alone = 0;
  for (const number_map& version : versions) alone += version.stats().nodes;
  EXPECT_EQ(found.versions.nodes, alone);
  EXPECT_GT(found.sharing(), 2.9);
  EXPECT_LT(found.sharing(), 3.0);
  ASSERT_EQ(found.largest.size(), 3U);
  EXPECT_GE(found.largest[0].bytes, found.largest[1].bytes);
  EXPECT_EQ(found.largest[0].kind, pack_statistics::record::leaf);
  EXPECT_GT(found.largest[0].entries, 20U);
  EXPECT_EQ(found.largest[0].version, "0");
}

TEST(pack_examine, tells_large_values_and_who_has_them) {
  pack_memory_sink sink;
  pack_writer writer(sink);
  writer.add("small", map<int, std::string>{{1, "a"}});
  writer.add("large", map<int, std::string>{{1, std::string(5000, 'x')}});
  writer.finish();
  pack_reader reader(sink.bytes());
  reader.verify();
  const pack_statistics found = reader.statistics(1);
  ASSERT_EQ(found.largest.size(), 1U);
  EXPECT_EQ(found.largest[0].kind, pack_statistics::record::value);
  EXPECT_EQ(found.largest[0].version, "large");
  EXPECT_EQ(found.values.nodes, 1U);
}

TEST(pack_examine, a_pack_of_nothing) {
  const bytes pack = serialize(std::vector<number_map>());
  pack_reader reader(pack);
  reader.verify();
  EXPECT_EQ(reader.statistics().sharing(), 1.0);
  EXPECT_TRUE(reader.statistics().largest.empty());
}

TEST(pack_examine, collections_of_all_kinds_are_sound) {
  pack_memory_sink sink;
  pack_writer writer(sink);
  for (const auto& each : versions_of_map<text_map>(300, 30, text_of, text_of)) writer.add(each);
  for (const auto& each : versions_of_vector<vector<std::string>>(300, 30, text_of)) writer.add(each);
  for (const auto& each : versions_of_vector<vector<int, local_heap, 1, 2>>(
           300, 10, [](std::uint64_t number) { return static_cast<int>(number); })) {
    writer.add(each);
  }
  writer.add(set<int>{1, 2, 3});
  writer.finish();
  pack_reader reader(sink.bytes());
  reader.verify();
  EXPECT_GT(reader.statistics().sharing(), 1.0);
}

}  // namespace
}  // namespace coppice::pack_test
