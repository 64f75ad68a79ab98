// Packs that somebody has changed, with right checksums, restored into stores: refused with place and reason, and the
// store is as it was; or restored as something sound.
#include <limits>

#include "store_support.hpp"

namespace coppice::pack_test {
namespace {

/// A store with all that a pack of one may have, in two versions.
struct store_sample {
  static constexpr std::uint64_t seed = 5;
  std::vector<content> versions;
  bytes pack;

  explicit store_sample(const std::string& path) {
    store_options options;
    options.seed = seed;
    store from = store::open(path, options);
    std::vector<snapshot> made;
    from.transact([](transaction& t) {
      for (int i = 0; i < 60; ++i) t.set("key " + std::to_string(i), std::to_string(i));
      t.set("long", std::string(400, 'v'));
      t.set(std::string(300, 'k'), "of a long key");
    });
    made.push_back(from.snapshot());
    from.set("key 7", "changed");
    made.push_back(from.snapshot());
    for (const snapshot& each : made) versions.push_back(of(each));
    pack = packed(from, made);
    from.close();
    store::destroy(path);
  }
};

class pack_hostile : public store_test {
 protected:
  void SetUp() override {
    store_options options;
    options.limit_bytes = std::uint64_t{8} << 20;
    for (const std::uint64_t seed : {store_sample::seed, store_sample::seed + 1}) {
      options.seed = seed;
      store& into = into_.emplace_back(open("into" + std::to_string(seed), options));
      into.set("old", "here");
    }
    names_ = names();
  }
  void TearDown() override {
    EXPECT_EQ(names(), names_) << "something is left of new stores";
    for (store& into : into_) {
      into.clear();
      into.set("old", "here");
      expect_nothing_lost(into);
      EXPECT_LT(into.check().live_bytes, 1000U) << "something is lost";
    }
  }
  [[nodiscard]] std::size_t names() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory_.path()), {}));
  }

  static void expect_told(const std::pair<errc, std::string>& refused) {
    const auto& [code, message] = refused;
    EXPECT_TRUE(code == errc::corrupt || code == errc::unsupported || code == errc::version_mismatch ||
                code == errc::invalid_argument || code == errc::not_found || code == errc::out_of_space)
        << static_cast<int>(code) << ": " << message;
    if (code == errc::corrupt) {
      EXPECT_NE(message.find("at byte "), std::string::npos) << message;
    }
  }
  /// True if it was restored.
  static bool restore(pack_reader& reader, std::size_t index, store& into) {
    const std::uint64_t version = into.version(), size = into.size();
    const auto refused = error_of([&] { into.restore(reader, index); });
    if (refused.first == errc::ok) {
      EXPECT_EQ(into.size(), reader.versions()[index].size);
    } else {
      expect_told(refused);
      EXPECT_EQ(into.version(), version);
      EXPECT_EQ(into.size(), size);
    }
    expect_sound(into);
    return refused.first == errc::ok;
  }
  bool create(pack_reader& reader, std::size_t index) const {
    store_options options;
    options.limit_bytes = std::uint64_t{8} << 20;
    const auto refused = error_of([&] {
      const store made = store::create_from(reader, index, path("new"), options);
      EXPECT_EQ(made.size(), reader.versions()[index].size);
      expect_sound(made);
    });
    if (refused.first != errc::ok) {
      expect_told(refused);
      return false;
    }
    store::destroy(path("new"));
    return true;
  }
  /// In all ways, and in one. Returns how many were refused.
  unsigned restore_everywhere(const bytes& pack, bool anew) {
    unsigned refused = 0;
    const auto why = error_of([&] {
      pack_reader reader(pack, {.max_decompressed_bytes = 1 << 20, .max_rebuilt_elements = 10'000});
      for (std::size_t i = 0; i < reader.versions().size(); ++i) {
        for (store& into : into_) refused += restore(reader, i, into) ? 0U : 1U;
        if (anew) refused += create(reader, i) ? 0U : 1U;
      }
    });
    if (why.first == errc::ok) return refused;
    expect_told(why);
    return refused + 1;
  }

  store_sample sample_{path("from")};
  std::vector<store> into_;
  std::size_t names_ = 0;
};

TEST_F(pack_hostile, a_sample_is_restored) {
  EXPECT_LT(sample_.pack.size(), 3000U);
  EXPECT_EQ(restore_everywhere(sample_.pack, true), 0U);
  for (const store& into : into_) EXPECT_EQ(of(into.snapshot()), sample_.versions.back());
}

TEST_F(pack_hostile, every_change_of_a_byte_under_right_checksums_is_refused_or_sound) {
  const auto sections = sections_of(sample_.pack);
  unsigned refused = 0, tried = 0;
  for (std::size_t at = 0; at < sample_.pack.size(); ++at) {
    for (unsigned change = 1; change < 256; change += test::random_steps(12) == 12 ? 51U : 200U, ++tried) {
      bytes pack = sample_.pack;
      pack[at] ^= static_cast<std::byte>(change);
      seal(pack, sections);
      refused += restore_everywhere(pack, tried % 8 == 0) != 0 ? 1U : 0U;
      if (HasFailure()) FAIL() << "byte " << at << " changed by " << change;
    }
  }
  std::printf("%u of %u changes refused\n", refused, tried);
  EXPECT_GT(refused, tried / 4);
  EXPECT_LT(refused, tried) << "what is changed in a value is another value";
}

TEST_F(pack_hostile, every_truncation_is_refused) {
  for (std::size_t size = 0; size < sample_.pack.size(); ++size) {
    EXPECT_NE(restore_everywhere(bytes(sample_.pack.begin(), sample_.pack.begin() + static_cast<std::ptrdiff_t>(size)),
                                 false),
              0U)
        << size;
  }
}

/// The pack with a section that lacks its last bytes, and all lengths and checksums right for that.
[[nodiscard]] bytes shortened(const bytes& pack, std::size_t section, std::size_t by) {
  auto sections = sections_of(pack);
  bytes made(pack.begin(), pack.begin() + sizeof(detail::pack_header));
  std::vector<section_place> places;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    section_place here = sections[i];
    const std::size_t content = here.content(), size = here.header.stored_bytes - (i == section ? by : 0);
    here.offset = made.size();
    here.header.stored_bytes = here.header.raw_bytes = static_cast<std::uint32_t>(size);
    const auto header = std::as_bytes(std::span(&here.header, 1));
    made.insert(made.end(), header.begin(), header.end());
    made.insert(made.end(), pack.begin() + static_cast<std::ptrdiff_t>(content),
                pack.begin() + static_cast<std::ptrdiff_t>(content + size));
    places.push_back(here);
  }
  made.insert(made.end(), pack.end() - sizeof(detail::pack_trailer), pack.end());
  const std::size_t trailer = made.size() - sizeof(detail::pack_trailer);
  detail::store(made.data() + trailer, std::uint64_t{places.back().offset});
  detail::store(made.data() + trailer + 8, std::uint64_t{made.size()});
  seal(made, places);
  return made;
}

TEST_F(pack_hostile, every_shorter_section_under_right_checksums_is_refused) {
  const auto sections = sections_of(sample_.pack);
  EXPECT_EQ(restore_everywhere(shortened(sample_.pack, 0, 0), false), 0U);
  for (std::size_t section = 0; section + 1 < sections.size(); ++section) {
    for (std::size_t by = 1; by <= sections[section].header.stored_bytes; ++by) {
      EXPECT_NE(restore_everywhere(shortened(sample_.pack, section, by), by % 8 == 0), 0U) << section << ", " << by;
      ASSERT_FALSE(HasFailure());
    }
  }
}

/// Beyond what the clock of a program may have a value for.
TEST_F(pack_hostile, a_version_of_another_time_than_clocks_show_is_refused) {
  const auto sections = sections_of(sample_.pack);
  const auto& roots = sections[sections.size() - 2];
  for (const std::int64_t time : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    bytes pack = sample_.pack;
    detail::store(pack.data() + roots.content() + 12, time);  // an empty name, type, size, flags, version
    seal(pack, sections);
    const auto [code, message] = error_of([&] { const pack_reader reader(pack); });
    EXPECT_EQ(code, errc::corrupt);
    EXPECT_NE(message.find("clocks"), std::string::npos) << message;
  }
}

/// A version that says another size, in a pack that has to be built anew.
TEST_F(pack_hostile, a_version_of_another_size_is_refused_at_its_root) {
  const auto sections = sections_of(sample_.pack);
  const auto& roots = sections[sections.size() - 2];
  ASSERT_EQ(roots.header.kind, detail::pack_section_kind::roots);
  bytes pack = sample_.pack;
  // An empty name, the type, then the size.
  ASSERT_EQ(pack[roots.content() + 2], std::byte{62});
  pack[roots.content() + 2] = std::byte{63};
  seal(pack, sections);
  for (store& into : into_) {
    pack_reader reader(pack);
    const auto [code, message] = error_of([&] { into.restore(reader, 0); });
    EXPECT_EQ(code, errc::corrupt);
    EXPECT_NE(message.find("another size than it says"), std::string::npos) << message;
    EXPECT_EQ(message.find("at byte 0;"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace coppice::pack_test
