// Damaged and malicious packs of stores with typed collections: refused, or sound; and the store stays whole.
#include "stored.hpp"

namespace coppice::pack_test {
namespace {

using pack_stored_damage = store_test;

/// Uses a collection in all ways, whatever is in it. What it is like depends on elements that nobody could check.
template <class Collection, class Change>
void use(store& of, const char* key, const Change& change) {
  const snapshot version = of.snapshot();
  const auto found = version.get(key);
  if (!found || !is_collection(found->kind())) return;
  try {
    const auto collection = version.get<Collection>(key);
    if (!collection) return;
    (void)collection->check();
    std::size_t count = 0;
    for (const auto& each : *collection) count += sizeof(each) != 0;
    EXPECT_EQ(count, collection->size());
    of.transact([&](transaction& t) { t.set(key, change(*collection)); });
  } catch (const error& bad) {
    // Of another type than the program's; or an element is not encoded as it must be.
    EXPECT_TRUE(bad.code() == errc::invalid_argument || bad.code() == errc::corrupt) << bad.what();
  }
}

void use_all(store& of) {
  use<prices>(of, "prices", [](const prices& m) {
    prices made = m;
    for (std::uint64_t i = 0; i < 30; ++i) made = std::move(made).set(i, 1.0).erase(i + 3);
    return made;
  });
  use<points>(of, "points", [](const points& m) { return m.set(3, {}).erase(4); });
  use<numbers>(of, "odd", [](const numbers& s) { return s.insert(4).erase(5); });
  use<positions>(of, "positions", [](const positions& v) { return v.push_back(4).set(0, 7).drop(1) + v; });
  use<texts>(of, "texts", [](const texts& m) { return m.set("a", "b").erase("key 1"); });
  use<words>(of, "words", [](const words& s) { return s.insert("a"); });
  use<lines>(of, "lines", [](const lines& v) { return v.push_back("a").set(0, "b").drop(1) + v; });
  use<flags>(of, "flags", [](const flags& v) { return v.push_back(4).set(0, 7).drop(1) + v; });
}

TEST_F(pack_stored_damage, every_change_of_a_byte_under_right_checksums_is_refused_or_sound) {
  store from = open("from", {.seed = 5});
  // Without the values of more than 1 MiB.
  const auto versions = [&] {
    from.transact([](transaction& t) { change_collections(t, 0, 12); });
    const snapshot first = from.snapshot();
    from.transact([](transaction& t) { change_collections(t, 2, 12); });
    return std::vector<snapshot>{first, from.snapshot()};
  }();
  const bytes sample = packed(from, versions);
  EXPECT_LT(sample.size(), 8000U);
  const auto sections = sections_of(sample);
  store same = open("same", {.seed = 5}), other = open("other", {.seed = 6});
  std::size_t restored = 0, refused = 0;
  for (std::size_t at = 0; at < sample.size(); ++at) {
    for (unsigned change = 1; change < 256; change += test::random_steps(12) == 12 ? 41U : 101U) {
      bytes pack = sample;
      pack[at] ^= static_cast<std::byte>(change);
      seal(pack, sections);
      store& into = change % 2 == 0 ? other : same;
      const std::uint64_t before = into.snapshot().version();
      try {
        pack_reader reader(pack, {.max_decompressed_bytes = 1 << 20, .max_rebuilt_elements = 10'000});
        into.restore(reader, at % 2);
        ++restored;
        use_all(into);
      } catch (const error& bad) {
        EXPECT_TRUE(bad.code() == errc::corrupt || bad.code() == errc::unsupported ||
                    bad.code() == errc::version_mismatch || bad.code() == errc::invalid_argument ||
                    bad.code() == errc::not_found)
            << bad.what();
        EXPECT_EQ(into.snapshot().version(), before);
        ++refused;
      }
    }
    if (at % 500 == 0) {
      expect_sound(same);
      expect_sound(other);
    }
  }
  EXPECT_GT(restored, 1000U);
  EXPECT_GT(refused, 1000U);
  expect_sound(same);
  expect_sound(other);
}

}  // namespace
}  // namespace coppice::pack_test
