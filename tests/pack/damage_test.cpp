// Damaged and malicious packs: every truncation and every change of a byte is refused, or reads as something sound;
// never more.
#include "support.hpp"

namespace coppice::pack_test {
namespace {

using words = vector<std::string, local_heap, 2, 2>;
using small_map = map<std::uint64_t, std::string, hash<std::uint64_t>, std::equal_to<>, local_heap, 3>;
using other_map = map<std::uint64_t, std::string, hash<std::uint64_t>, std::equal_to<>, local_heap, 4>;
using other_words = vector<std::string, local_heap, 1, 2>;
using small_set = set<std::uint16_t, hash<std::uint16_t>, std::equal_to<>, local_heap, 2>;

/// All kinds of records in less than two thousand bytes.
struct sample {
  small_map numbers{hash_seed{1}};
  words text;
  small_set odd{hash_seed{2}};
  bytes pack;

  explicit sample(pack_compression compression = pack_compression::none) {
    for (std::uint64_t i = 0; i < 20; ++i) numbers = numbers.set(i, std::to_string(i));
    numbers = numbers.set(5, std::string(260, 'x'));
    for (int i = 0; i < 30; ++i) text = text.push_back(std::to_string(i));
    text = text.erase(7).push_back(std::string(260, 'x'));
    for (std::uint16_t i = 1; i < 12; i = static_cast<std::uint16_t>(i + 2)) odd = odd.insert(i);
    pack_memory_sink sink;
    pack_writer writer(sink, {.compression = compression});
    writer.add("numbers", numbers);
    writer.add("changed", numbers.set(3, "three").erase(4));
    writer.add("text", text);
    writer.add("shorter", text.take(17));
    writer.add("longer", text.push_back("more"));
    writer.add("odd", odd);
    writer.finish();
    pack = std::move(sink).bytes();
  }
};

template <class Collection>
void read_soundly(pack_reader& reader, std::size_t index) {
  try {
    const auto read = reader.read<Collection>(index);
    if (const char* const broken = read.check(); broken != nullptr) ADD_FAILURE() << broken;
    std::size_t count = 0;
    for (const auto& each : read) count += sizeof(each) != 0;
    EXPECT_EQ(count, read.size());
  } catch (const error& bad) {
    EXPECT_TRUE(bad.code() == errc::corrupt || bad.code() == errc::unsupported ||
                bad.code() == errc::invalid_argument || bad.code() == errc::not_found)
        << bad.what();
  }
}

/// What needs no types. A pack that is verified has no version that could not be built anew for its shape.
void look_into(pack_reader& reader) {
  try {
    reader.verify();
    EXPECT_GE(reader.statistics().sharing(), 0.0);
  } catch (const error& bad) {
    EXPECT_TRUE(bad.code() == errc::corrupt || bad.code() == errc::unsupported || bad.code() == errc::not_found)
        << bad.what();
  }
}

/// Reads all that is there as all that it may be. Returns whether the pack could be opened.
bool read_everything(std::span<const std::byte> pack) {
  try {
    // Small limits: what a changed count asks for is refused, not tried.
    pack_reader reader(pack, {.max_decompressed_bytes = 1 << 20, .max_rebuilt_elements = 10'000});
    look_into(reader);
    for (std::size_t i = 0; i < reader.versions().size(); ++i) {
      read_soundly<small_map>(reader, i);
      read_soundly<other_map>(reader, i);
      read_soundly<words>(reader, i);
      read_soundly<other_words>(reader, i);
      read_soundly<small_set>(reader, i);
    }
    return true;
  } catch (const error& bad) {
    EXPECT_TRUE(bad.code() == errc::corrupt || bad.code() == errc::unsupported || bad.code() == errc::version_mismatch)
        << bad.what();
    return false;
  }
}

TEST(pack_damage, a_sample_is_read) {
  const sample of;
  EXPECT_LT(of.pack.size(), 3000U);
  pack_reader reader(of.pack);
  EXPECT_EQ(reader.read<small_map>("numbers"), of.numbers);
  EXPECT_EQ(reader.read<words>("longer"), of.text.push_back("more"));
  EXPECT_EQ(reader.read<small_set>("odd"), of.odd);
}

TEST(pack_damage, every_truncation_is_refused) {
  const sample of;
  for (std::size_t size = 0; size < of.pack.size(); ++size) {
    EXPECT_FALSE(read_everything(std::span(of.pack).first(size))) << size;
  }
  bytes longer = of.pack;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(read_everything(longer));
}

/// A pack whose checksums are not made right again is never read wrongly.
TEST(pack_damage, every_change_of_a_byte_is_found) {
  for (const pack_compression compression : {pack_compression::none, pack_compression::zstd}) {
    const sample of(compression);
    bytes pack = of.pack;
    for (std::size_t at = 0; at < pack.size(); ++at) {
      const std::byte before = pack[at];
      for (unsigned change = 1; change < 256; change += test::random_steps(12) == 12 ? 1U : 37U) {
        pack[at] = before ^ static_cast<std::byte>(change);
        EXPECT_THROW(
            {
              pack_reader reader(pack);
              for (std::size_t i = 0; i < 6; ++i) {
                if (i < 2) (void)reader.read<small_map>(i);
                if (i >= 2 && i < 5) (void)reader.read<words>(i);
              }
              (void)reader.read<small_set>(5);
            },
            error)
            << "byte " << at << " changed by " << change;
      }
      pack[at] = before;
    }
  }
}

/// With checksums made right, what is changed is another pack: sound, or refused.
TEST(pack_damage, every_change_of_a_byte_under_right_checksums_is_refused_or_sound) {
  const sample of;
  const auto sections = sections_of(of.pack);
  std::size_t opened = 0;
  for (std::size_t at = 0; at < of.pack.size(); ++at) {
    for (unsigned change = 1; change < 256; change += test::random_steps(12) == 12 ? 5U : 61U) {
      bytes pack = of.pack;
      pack[at] ^= static_cast<std::byte>(change);
      seal(pack, sections);
      opened += read_everything(pack) ? 1U : 0U;
    }
  }
  EXPECT_GT(opened, 1000U);
}

TEST(pack_damage, an_error_names_the_byte_and_the_reason) {
  const sample of;
  const auto sections = sections_of(of.pack);
  bytes pack = of.pack;
  // The kind of the last record.
  const auto& nodes = sections[1];
  ASSERT_EQ(nodes.header.kind, detail::pack_section_kind::nodes);
  pack[nodes.content()] = std::byte{77};
  seal(pack, sections);
  const auto [code, message] = error_of([&] { (void)pack_reader(pack).read<small_map>(0); });
  EXPECT_EQ(code, errc::corrupt);
  EXPECT_NE(message.find("there is no such kind of record, at byte " + std::to_string(nodes.content())),
            std::string::npos)
      << message;
}

}  // namespace
}  // namespace coppice::pack_test
