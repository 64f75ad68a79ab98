// Packs that earlier versions of the library wrote, in tests/golden/packs: each is read by every later one, and written
// again with the same bytes.
//
// To add files for a new version of the format, run with COPPICE_WRITE_GOLDEN=<directory>; those that are there stay.
#include <cstdlib>

#include "stored.hpp"

namespace coppice::pack_test {
namespace {

[[nodiscard]] std::string golden(const std::string& name) { return std::string(GOLDEN_DIRECTORY) + "/" + name; }
/// Where new ones are to be written, or null.
[[nodiscard]] const char* writes_to() { return std::getenv("COPPICE_WRITE_GOLDEN"); }

// ------------------------------------------------------------------------------------------------ collections

using small_map = map<std::uint64_t, std::string, hash<std::uint64_t>, std::equal_to<>, local_heap, 4>;
using small_vector = vector<std::string, local_heap, 2, 2>;

struct typed_content {
  std::vector<number_map> counted{number_map(hash_seed{7})};
  small_map labelled{hash_seed{8}};
  set<std::string> words{hash_seed{9}};
  std::vector<small_vector> lists;
  vector<double> measured;

  typed_content() {
    for (std::uint64_t i = 0; i < 40; ++i) counted[0] = counted[0].set(i, i * i);
    counted.push_back(counted[0].set(3, 1'000'000).erase(4));
    counted.push_back(number_map(hash_seed{7}));
    for (std::uint64_t i = 0; i < 9; ++i) labelled = labelled.set(i, std::string(i * 40, static_cast<char>('a' + i)));
    for (const char* word : {"", "leaf", "branch", "\xc3\xa9t\xc3\xa9"}) words = words.insert(word);
    small_vector list;
    for (int i = 0; i < 30; ++i) list = list.push_back(std::to_string(i));
    lists = {list, list.set(7, "seven"), list.take(11) + list.drop(13), list.push_back("more")};
    for (int i = 0; i < 20; ++i) measured = measured.push_back(i / 8.0);
  }
};

void write_typed(const typed_content& content, pack_sink& to, const pack_options& options) {
  pack_writer writer(to, options);
  for (std::size_t i = 0; i < content.counted.size(); ++i)
    writer.add("counted " + std::to_string(i), content.counted[i]);
  writer.add("labelled", content.labelled);
  writer.add("words", content.words);
  for (std::size_t i = 0; i < content.lists.size(); ++i) writer.add("list " + std::to_string(i), content.lists[i]);
  writer.add("measured", content.measured);
  writer.finish();
}

void expect_typed(pack_reader& reader) {
  const typed_content wanted;
  for (std::size_t i = 0; i < wanted.counted.size(); ++i) {
    EXPECT_EQ(reader.read<number_map>("counted " + std::to_string(i)), wanted.counted[i]);
  }
  EXPECT_EQ(reader.read<small_map>("labelled"), wanted.labelled);
  EXPECT_EQ(reader.read<set<std::string>>("words"), wanted.words);
  for (std::size_t i = 0; i < wanted.lists.size(); ++i) {
    EXPECT_EQ(reader.read<small_vector>("list " + std::to_string(i)), wanted.lists[i]);
  }
  EXPECT_EQ(reader.read<vector<double>>("measured"), wanted.measured);
  reader.verify();
}

TEST(pack_golden, typed_collections) {
  if (writes_to() != nullptr) {
    for (const auto compression : {pack_compression::none, pack_compression::zstd}) {
      pack_file_sink sink(std::string(writes_to()) +
                          (compression == pack_compression::none ? "/typed.pack" : "/typed_zstd.pack"));
      write_typed({}, sink, {.compression = compression});
    }
  }
  const bytes pack = bytes_of_file(golden("typed.pack"));
  pack_reader reader(pack);
  expect_typed(reader);
  const bytes compressed = bytes_of_file(golden("typed_zstd.pack"));
  pack_reader compressed_reader(compressed);
  expect_typed(compressed_reader);
  pack_memory_sink again;
  write_typed({}, again, {});
  EXPECT_EQ(again.bytes(), pack);
}

// ------------------------------------------------------------------------------------------------ stores

/// Values of all kinds, then typed collections; two versions.
[[nodiscard]] std::vector<snapshot> fill_store(store& into) {
  const std::byte raw[] = {std::byte{0}, std::byte{255}};
  const std::byte messagepack[] = {std::byte{0x92}, std::byte{1}, std::byte{0xc0}};
  into.transact([&](transaction& t) {
    t.set("text", "caf\xc3\xa9");
    t.set("long", std::string(300, 'x'));
    t.set("longer", std::string((std::size_t{1} << 20) + 5, 'y'));
    t.set("bytes", value_view(std::span<const std::byte>(raw)));
    t.set(1, -1);
    t.set(2.5, 1e300);
    t.set(true, nullptr);
    t.set("document", value_view::document(messagepack));
    change_collections(t, 0, 20);
  });
  const snapshot first = into.snapshot();
  into.transact([](transaction& t) {
    t.erase(1);
    change_collections(t, 2, 20);
  });
  return {first, into.snapshot()};
}

using pack_golden_store = store_test;

TEST_F(pack_golden_store, values_and_collections_of_a_store_and_a_pack_on_a_base) {
  store from = open("from", {.seed = 5});
  const auto versions = fill_store(from);
  const pack_options options{.compression = pack_compression::zstd};
  if (writes_to() != nullptr) {
    const std::string directory = writes_to();
    pack_file_sink all(directory + "/store.pack"), base(directory + "/base.pack");
    from.pack(all, versions, options);
    from.pack(base, std::span(versions).first(1), options);
    const pack_file_source source(directory + "/base.pack");
    pack_reader reader(source);
    pack_file_sink rest(directory + "/on_base.pack");
    pack_writer writer(rest, reader, options);
    writer.add(versions[1]);
    writer.finish();
  }
  const pack_file_source all_source(golden("store.pack")), base_source(golden("base.pack")),
      rest_source(golden("on_base.pack"));
  pack_reader all(all_source), base(base_source), rest(rest_source, base);
  const std::pair<pack_reader*, std::size_t> places[] = {{&all, 0}, {&base, 0}, {&all, 1}, {&rest, 0}};
  for (std::size_t i = 0; i < 4; ++i) {
    auto [reader, index] = places[i];
    reader->verify();
    const snapshot& wanted = versions[i / 2];
    for (const std::uint64_t seed : {5U, 6U}) {
      store into = open("into" + std::to_string(i) + std::to_string(seed), {.seed = seed});
      into.restore(*reader, index);
      const snapshot made = into.snapshot();
      expect_same_collections(made, wanted);
      for (const entry& each : wanted) {
        if (is_collection(each.value.kind())) continue;
        EXPECT_EQ(made.get(each.key), each.value);
      }
      expect_sound(into);
    }
  }
  // One that JavaScript reads, and refuses.
  if (writes_to() != nullptr) {
    store small = open("small", {.seed = 5});
    small.transact([](transaction& t) { t.set("prices", prices().set(1, 0.5)); });
    pack_file_sink sink(std::string(writes_to()) + "/typed_in_store.pack");
    small.pack(sink);
  }
  const pack_file_source small_source(golden("typed_in_store.pack"));
  pack_reader small_reader(small_source);
  store small = open("small_made", {.seed = 5});
  small.restore(small_reader, 0);
  EXPECT_EQ(small.snapshot().get<prices>("prices")->at(1), 0.5);

  // The nodes are the same, whoever wrote them; the roots tell when.
  const bytes again = packed(from, versions, {});
  pack_reader again_reader(again);
  const auto written_statistics = all.statistics(), statistics = again_reader.statistics();
  EXPECT_EQ(statistics.leaves.bytes, written_statistics.leaves.bytes);
  EXPECT_EQ(statistics.versions.bytes, written_statistics.versions.bytes);
}

}  // namespace
}  // namespace coppice::pack_test
