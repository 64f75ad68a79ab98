// Packs on others: only what the base lacks, chains of them, and one pack of a chain.
#include <deque>

#include "support.hpp"

namespace coppice::pack_test {
namespace {

/// Packs of which each is made on the one before.
class chain {
 public:
  template <class Collection>
  const bytes& add(const std::vector<Collection>& versions, const std::string& name = "",
                   const pack_options& options = {}) {
    pack_memory_sink sink;
    if (readers_.empty()) {
      pack_writer writer(sink, options);
      add_all(writer, versions, name);
    } else {
      pack_writer writer(sink, readers_.back(), options);
      add_all(writer, versions, name);
    }
    packs_.push_back(std::move(sink).bytes());
    sources_.emplace_back(packs_.back());
    if (readers_.empty()) {
      readers_.emplace_back(sources_.back());
    } else {
      readers_.emplace_back(sources_.back(), readers_.back());
    }
    return packs_.back();
  }
  [[nodiscard]] pack_reader& operator[](std::size_t index) { return readers_[index]; }
  [[nodiscard]] const bytes& pack(std::size_t index) const { return packs_[index]; }
  [[nodiscard]] bytes compacted() {
    std::vector<pack_reader*> all;
    for (pack_reader& reader : readers_) all.push_back(&reader);
    pack_memory_sink sink;
    compact(all, sink);
    return std::move(sink).bytes();
  }

 private:
  template <class Collection>
  static void add_all(pack_writer& writer, const std::vector<Collection>& versions, const std::string& name) {
    for (const Collection& version : versions) writer.add(name, version);
    writer.finish();
  }

  std::deque<bytes> packs_;
  std::deque<pack_memory_source> sources_;
  std::deque<pack_reader> readers_;
};

[[nodiscard]] number_map large_map() { return versions_of_numbers(30'000, 30'000).back(); }

TEST(pack_incremental, holds_what_the_base_lacks) {
  const number_map base = large_map();
  const number_map changed = base.set(1, 1'000'001).erase(2);
  chain packs;
  const std::size_t whole = packs.add(std::vector{base}).size();
  EXPECT_LT(packs.add(std::vector{changed}).size(), 4000U);
  EXPECT_GT(whole, 100'000U);
  EXPECT_EQ(packs[1].read<number_map>(0), changed);
  EXPECT_EQ(packs[1].read<number_map>(0).check(), nullptr);
  // Nothing new: not one node.
  EXPECT_LT(packs.add(std::vector{base}).size(), 250U);
  EXPECT_EQ(packs[2].read<number_map>(0), base);
}

TEST(pack_incremental, finds_nodes_by_their_content) {
  // Equal maps that were made apart, and even read from elsewhere, have nothing but their content in common.
  const number_map base = large_map();
  const number_map again = deserialize<number_map>(serialize(std::vector{base}))[0];
  EXPECT_FALSE(base.identity() == again.identity());
  chain packs;
  packs.add(std::vector{base});
  EXPECT_LT(packs.add(std::vector{again.set(7, 8)}).size(), 4000U);
}

TEST(pack_incremental, takes_over_the_seed_of_its_base) {
  const number_map base = large_map();
  chain packs;
  packs.add(std::vector{base}, "", {.seed = pack_seed::fresh});
  EXPECT_LT(packs.add(std::vector{base.set(7, 8)}).size(), 4000U);
  EXPECT_EQ(packs[1].read<number_map>(0), base.set(7, 8));
}

TEST(pack_incremental, goes_on_and_on) {
  chain packs;
  std::vector<number_map> versions{large_map()};
  packs.add(versions, "0");
  for (std::uint64_t i = 1; i <= 10; ++i) {
    versions.push_back(versions.back().set(i * 100, i));
    EXPECT_LT(packs.add(std::vector{versions.back()}, std::to_string(i)).size(), 4000U);
  }
  for (std::size_t i = 0; i < versions.size(); ++i) {
    EXPECT_EQ(packs[i].read<number_map>(0), versions[i]);
  }
}

TEST(pack_incremental, of_collections_of_all_kinds) {
  chain packs;
  const auto texts = versions_of_map<text_map>(300, 30, text_of, text_of);
  packs.add(texts);
  const vector<std::string> words{"a", std::string(1000, 'b'), "c"};
  packs.add(std::vector{words, words.push_back("d")});
  packs.add(std::vector<set<int>>{{1, 2}, {}});
  packs.add(std::vector{words.push_back("d").push_back("e"), words.take(2)});
  packs.add(std::vector{texts.back().set("new", std::string(400, 'n'))});
  EXPECT_TRUE(are(packs[0].read_all<text_map>(), texts));
  EXPECT_TRUE(are(packs[1].read_all<vector<std::string>>(), {words, words.push_back("d")}));
  EXPECT_EQ(packs[2].read<set<int>>(0), (set<int>{1, 2}));
  EXPECT_TRUE(are(packs[3].read_all<vector<std::string>>(), {words.push_back("d").push_back("e"), words.take(2)}));
  EXPECT_EQ(packs[4].read<text_map>(0), texts.back().set("new", std::string(400, 'n')));
}

TEST(pack_incremental, is_only_read_with_its_base) {
  chain packs;
  packs.add(std::vector{number_map{{1, 2}}}, "a");
  packs.add(std::vector{number_map{{1, 2}, {3, 4}}}, "b");
  chain others;
  others.add(std::vector{number_map{{5, 6}}}, "c");
  const pack_memory_source source(packs.pack(1));
  pack_reader alone(source);
  ASSERT_EQ(alone.versions().size(), 1U);
  EXPECT_EQ(alone.versions()[0].name, "b");
  EXPECT_EQ(alone.versions()[0].size, 2U);
  EXPECT_EQ(alone.versions()[0].elements, "?");
  EXPECT_EQ(alone.base(), packs[0].digest());
  EXPECT_EQ(packs[0].base(), std::nullopt);
  const auto [code, message] = error_of([&] { (void)alone.read<number_map>(0); });
  EXPECT_EQ(code, errc::not_found);
  EXPECT_NE(message.find("made on another one"), std::string::npos) << message;
  EXPECT_EQ(error_of([&] { const pack_reader wrong(source, others[0]); }).first, errc::corrupt);
  EXPECT_EQ(error_of([&] { const pack_reader wrong(source, alone); }).first, errc::corrupt);
  pack_memory_sink sink;
  EXPECT_EQ(error_of([&] { const pack_writer writer(sink, alone); }).first, errc::not_found);
  const pack_memory_source first(packs.pack(0));
  EXPECT_EQ(error_of([&] { const pack_reader wrong(first, others[0]); }).first, errc::corrupt);
}

TEST(pack_incremental, on_a_damaged_base_is_not_written) {
  const number_map base = large_map();
  bytes pack = serialize(std::vector{base});
  pack[pack.size() / 2] ^= std::byte{1};
  const pack_memory_source source(pack);
  pack_reader reader(source);
  pack_memory_sink sink;
  pack_writer writer(sink, reader);
  writer.add(base.set(1, 2));
  EXPECT_EQ(error_of([&] { writer.finish(); }).first, errc::corrupt);
}

TEST(pack_incremental, a_chain_becomes_one_pack) {
  chain packs;
  std::vector<number_map> versions{large_map()};
  packs.add(versions, "0");
  for (std::uint64_t i = 1; i <= 5; ++i) {
    versions.push_back(versions.back().set(i * 100, i));
    packs.add(std::vector{versions.back()}, std::to_string(i));
  }
  const bytes one = packs.compacted();
  pack_reader reader(one);
  EXPECT_EQ(reader.base(), std::nullopt);
  ASSERT_EQ(reader.versions().size(), versions.size());
  for (std::size_t i = 0; i < versions.size(); ++i) {
    EXPECT_EQ(reader.read<number_map>(std::to_string(i)), versions[i]);
  }
  EXPECT_LT(one.size(), packs.pack(0).size() + 5 * 4000);
}

TEST(pack_incremental, one_pack_of_one_is_the_same) {
  for (const bytes& pack :
       {serialize(versions_of_numbers(3000, 100)), serialize(versions_of_map<text_map>(300, 30, text_of, text_of))}) {
    pack_reader reader(pack);
    pack_reader* const all[] = {&reader};
    pack_memory_sink sink;
    compact(all, sink);
    EXPECT_EQ(sink.bytes(), pack);
  }
}

TEST(pack_incremental, of_versions_with_one_name_the_last_one_stays) {
  chain packs;
  packs.add(std::vector{number_map{{1, 2}}}, "newest");
  packs.add(std::vector{number_map{{3, 4}}}, "newest");
  const bytes one = packs.compacted();
  pack_reader reader(one);
  ASSERT_EQ(reader.versions().size(), 1U);
  EXPECT_EQ(reader.read<number_map>("newest"), (number_map{{3, 4}}));
}

TEST(pack_incremental, packs_of_different_origin_become_one) {
  const bytes a = serialize(versions_of_numbers(3000, 500)), b = serialize(std::vector<vector<int>>{{1, 2, 3}, {1, 2}});
  pack_reader first(a), second(b);
  pack_reader* const all[] = {&first, &second};
  pack_memory_sink sink;
  compact(all, sink, {.compression = pack_compression::zstd});
  pack_reader reader(sink.bytes());
  ASSERT_EQ(reader.versions().size(), 9U);
  EXPECT_EQ(reader.read<number_map>(6), versions_of_numbers(3000, 500)[6]);
  EXPECT_EQ(reader.read<vector<int>>(8), (vector<int>{1, 2}));
}

TEST(pack_incremental, the_digest_is_that_of_b2sum) {
  pack_memory_sink sink;
  pack_writer writer(sink);
  writer.finish();
  pack_reader reader(sink.bytes());
  // Of an empty pack, whose bytes never change: b2sum -l 256.
  std::string hex;
  for (const std::byte each : reader.digest()) {
    hex += "0123456789abcdef"[std::to_integer<unsigned>(each) >> 4];
    hex += "0123456789abcdef"[std::to_integer<unsigned>(each) & 15];
  }
  EXPECT_EQ(hex, "80ef08a6bb0462babc3bce8760b25bc4329f73fb38ed868f260a691dbedf4b52");
}

}  // namespace
}  // namespace coppice::pack_test
