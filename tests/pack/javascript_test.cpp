// Packs that JavaScript wrote, tests/golden/packs/javascript_*.pack, as C++ collections and in stores; and packs for
// JavaScript to read, cpp_for_javascript_*.pack. What they hold stands in packages/coppice/test: support/golden.ts and
// collections/pack-golden.test.ts.
//
// To write the latter anew, run with COPPICE_WRITE_GOLDEN=<directory>; those that are there stay.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "store_support.hpp"

namespace coppice::pack_test {
namespace {

[[nodiscard]] std::string golden(const std::string& name) { return std::string(GOLDEN_DIRECTORY) + "/" + name; }

/// Writes a pack of that name, if that is asked for and there is none.
void write_golden(const std::string& name, const bytes& pack) {
  const char* const directory = std::getenv("COPPICE_WRITE_GOLDEN");
  if (directory == nullptr || std::filesystem::exists(std::string(directory) + "/" + name)) return;
  std::ofstream to(std::string(directory) + "/" + name, std::ios::binary);
  to.write(reinterpret_cast<const char*>(pack.data()), static_cast<std::streamsize>(pack.size()));
}
/// The pack of that name is these bytes.
void expect_golden(const std::string& name, const bytes& expected) {
  write_golden(name, expected);
  EXPECT_EQ(bytes_of_file(golden(name)), expected) << name;
}

// ------------------------------------------------------------------------------------------------ from JavaScript

TEST(pack_from_javascript, is_sound_and_tells_its_versions) {
  const bytes pack = bytes_of_file(golden("javascript_versions.pack"));
  pack_reader reader(pack);
  reader.verify();
  std::vector<std::string> names;
  for (const pack_version& version : reader.versions()) {
    names.push_back(version.name);
    EXPECT_EQ(version.elements, "") << version.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"numbers", "changed", "texts", "mixed", "set", "list", "inserted",
                                             "pushed", "words", "empty", "empty list"}));
}

/// Values of sets and vectors too, which no store holds.
TEST(pack_from_javascript, is_not_sound_if_a_value_is_no_encoding) {
  const bytes pack = bytes_of_file(golden("javascript_versions.pack"));
  const auto sections = sections_of(pack);
  std::size_t found = 0;
  for (std::size_t at = 0; at + 6 < pack.size(); ++at) {
    if (std::memcmp(pack.data() + at, "onetwo", 6) != 0) continue;
    ++found;
    bytes changed = pack;
    changed[at] = std::byte{0xff};  // no ASCII
    seal(changed, sections);
    pack_reader reader(changed);
    const auto [code, message] = error_of([&] { reader.verify(); });
    EXPECT_EQ(code, errc::corrupt);
    EXPECT_NE(message.find("not encoded as it must be"), std::string::npos) << message;
  }
  EXPECT_EQ(found, 1U);
}

TEST(pack_from_javascript, is_read_as_collections) {
  const bytes pack = bytes_of_file(golden("javascript_versions.pack"));
  pack_reader reader(pack);
  using numbers_map = map<int, double>;
  numbers_map numbers;
  for (int i = 0; i < 100; ++i) numbers = numbers.set(i, i * 1.5);
  EXPECT_EQ(reader.read<numbers_map>("numbers"), numbers);
  EXPECT_EQ(reader.read<numbers_map>("changed"), numbers.set(7, -1).erase(8));
  EXPECT_EQ(reader.read<text_map>("texts"), text_map()
                                                .set("short", "text")
                                                .set("long", std::string(300, 'x'))
                                                .set("\xc3\xbc"
                                                     "bung",
                                                     "gr\xc3\xb6\xc3\x9f"
                                                     "er"));
  EXPECT_EQ(reader.read<set<std::string>>("set"), set<std::string>().insert("a").insert("b").insert("\xc3\xbc"));
  vector<int> list;
  for (int i = 0; i < 1000; ++i) list = list.push_back(i);
  EXPECT_EQ(reader.read<vector<int>>("list"), list);
  EXPECT_EQ(reader.read<vector<int>>("inserted"), list.take(500).push_back(-1) + list.drop(500));
  EXPECT_EQ(reader.read<vector<int>>("pushed"), list.push_back(1000));
  EXPECT_EQ(reader.read<vector<std::string>>("words"),
            vector<std::string>().push_back("one").push_back("two").push_back(std::string(300, 'x')));
  EXPECT_TRUE(reader.read<text_map>("empty").empty());
  EXPECT_TRUE(reader.read<vector<int>>("empty list").empty());
}

class pack_for_javascript : public store_test {
 protected:
  [[nodiscard]] static store_options seeded(std::uint64_t seed) {
    store_options options;
    options.limit_bytes = std::uint64_t{64} << 20;
    options.seed = seed;
    return options;
  }
};

TEST_F(pack_for_javascript, what_came_from_there_is_restored_into_stores) {
  const bytes pack = bytes_of_file(golden("javascript_versions.pack"));
  for (const std::uint64_t seed : {std::uint64_t{0x0123456789abcdef}, std::uint64_t{1}}) {  // taken over; built anew
    pack_reader reader(pack);
    store into = store::open(path("into " + std::to_string(seed)), seeded(seed));
    into.restore(reader, 1);
    EXPECT_EQ(into.size(), 99U);
    EXPECT_EQ(into.get(7)->view().as_int64(), -1);
    EXPECT_FALSE(into.get(8));
    into.restore(reader, 3);
    EXPECT_EQ(into.get("int64")->view().as_int64(), std::int64_t{1} << 60);
    EXPECT_EQ(into.get("bigint")->kind(), value_kind::bigint);
    EXPECT_TRUE(into.check().broken.empty());
  }
}

// ------------------------------------------------------------------------------------------------ for JavaScript

TEST_F(pack_for_javascript, collections) {
  pack_memory_sink sink;
  pack_writer writer(sink, {.fixed_seed = 5});
  map<std::string, int> ages(hash_seed{1});
  for (int i = 0; i < 100; ++i) ages = ages.set("name " + std::to_string(i), i);
  writer.add("ages", ages);
  writer.add("older", ages.set("name 7", 8).erase("name 9"));
  writer.add("large", map<std::int64_t, std::int64_t>(hash_seed{1}).set(std::int64_t{1} << 60, 1).set(2, -3));
  writer.add("flags", map<std::uint8_t, bool>(hash_seed{1}).set(1, true).set(2, false));
  writer.add("words", set<std::string>(hash_seed{1}).insert("a").insert("\xc3\xbc").insert(std::string(300, 'x')));
  vector<double> list;
  for (int i = 0; i < 500; ++i) list = list.push_back(i / 4.0);
  writer.add("list", list);
  writer.add("inserted", list.take(100).push_back(-1) + list.drop(100));
  writer.add("blobs", vector<std::vector<std::byte>>().push_back({std::byte{1}, std::byte{2}}));
  writer.finish();
  expect_golden("cpp_for_javascript_collections.pack", std::move(sink).bytes());
}

TEST_F(pack_for_javascript, versions_of_a_store) {
  store from = store::open(path("from"), seeded(3));
  const std::byte bytes_value[] = {std::byte{1}, std::byte{2}, std::byte{3}};
  const std::byte document[] = {std::byte{0x81}, std::byte{0xa1}, std::byte{'a'}, std::byte{1}};
  from.set("text",
           "gr\xc3\xb6\xc3\x9f"
           "er");
  from.set("long", std::string(300, 'x'));
  from.set(7, 1.5);
  from.set("large", std::int64_t{1} << 60);
  from.set(nullptr, true);
  from.set("document", value_view::document(document));
  from.set("bytes", std::span<const std::byte>(bytes_value));
  std::vector<snapshot> versions{from.snapshot()};
  from.set("text", "other");
  from.erase(7);
  versions.push_back(from.snapshot());
  pack_memory_sink sink;
  from.pack(sink, versions, {});
  write_golden("cpp_for_javascript_store.pack", sink.bytes());
  // The times of its versions are those of the run, so these are not the same bytes each time.
  const bytes pack = bytes_of_file(golden("cpp_for_javascript_store.pack"));
  EXPECT_EQ(pack.size(), sink.bytes().size());
}

TEST_F(pack_for_javascript, compressed) {
  pack_memory_sink sink;
  pack_writer writer(sink, {.compression = pack_compression::zstd, .fixed_seed = 5});
  writer.add(text_map(hash_seed{1}).set("a", std::string(5000, 'x')));
  writer.finish();
  write_golden("cpp_for_javascript_compressed.pack", sink.bytes());
  const bytes pack = bytes_of_file(golden("cpp_for_javascript_compressed.pack"));
  EXPECT_EQ(pack_reader(pack).read<text_map>(0).size(), 1U);
}

TEST_F(pack_for_javascript, collections_that_it_has_no_counterpart_of) {
  pack_memory_sink sink;
  pack_writer writer(sink, {.fixed_seed = 5});
  writer.add(map<int, std::vector<int>>(hash_seed{1}).set(1, {2, 3}));
  writer.finish();
  expect_golden("cpp_for_javascript_unknown.pack", std::move(sink).bytes());
}

TEST_F(pack_for_javascript, incremental_ones) {
  number_map numbers(hash_seed{7});
  for (std::uint64_t i = 0; i < 100; ++i) numbers = numbers.set(i, i);
  pack_memory_sink sink;
  pack_writer base(sink);
  base.add(numbers);
  base.finish();
  const bytes base_bytes = std::move(sink).bytes();
  pack_reader reader(base_bytes);
  pack_memory_sink more_sink;
  pack_writer more(more_sink, reader);
  more.add(numbers.set(1, 2));
  more.finish();
  expect_golden("cpp_for_javascript_on_base.pack", std::move(more_sink).bytes());
}

}  // namespace
}  // namespace coppice::pack_test
