// What the tests of packs of stores share: a directory of stores, versions to pack, and what must hold of a store
// afterwards.
#pragma once

#include <map>

#include "coppice/store.hpp"
#include "support.hpp"
#include "tests/platform/support.hpp"

namespace coppice::pack_test {

using platform::test::child_process;
using platform::test::scratch_directory;

/// The text entries of a version.
using content = std::map<std::string, std::string>;

[[nodiscard]] inline content of(const snapshot& version) {
  content all;
  for (const entry& each : version) all.emplace(each.key.as_string().value(), each.value.as_string().value());
  return all;
}

/// Versions of a store, each with a few changes.
[[nodiscard]] inline std::vector<snapshot> fill(store& into, unsigned versions, std::uint64_t entries_of_first = 2000) {
  std::vector<snapshot> made;
  std::vector<std::pair<std::string, std::string>> texts;
  for (std::uint64_t i = 0; i < entries_of_first; ++i) texts.emplace_back("key " + std::to_string(i), text_of(i % 400));
  std::vector<key_value> entries;
  for (const auto& [key, text] : texts) entries.push_back({key, text});
  into.set_many(entries);
  for (unsigned i = 0; i < versions; ++i) {
    made.push_back(into.snapshot());
    into.transact([&](transaction& t) {
      t.set("key " + std::to_string(i * 7), "changed " + std::to_string(i));
      t.erase("key " + std::to_string(i * 11 + 3));
      t.set("new " + std::to_string(i), std::string(400, 'n'));
    });
  }
  return made;
}

[[nodiscard]] inline bytes packed(const store& from, const std::vector<snapshot>& versions,
                                  const pack_options& options = {}) {
  pack_memory_sink sink;
  from.pack(sink, versions, options);
  return std::move(sink).bytes();
}

inline void expect_sound(const store& checked) {
  const check_report report = checked.check();
  EXPECT_TRUE(report.ok()) << report.broken;
}

/// Of a store of which only this handle is open, and no snapshot, after two collections: nothing is left but the newest
/// version. Returns how many bytes that has.
inline std::uint64_t expect_only_newest(const store& alone) {
  const check_report report = alone.check();
  EXPECT_TRUE(report.ok()) << report.broken << " (after collections)";
  EXPECT_EQ(report.versions, 1U);
  EXPECT_EQ(report.orphaned_bytes, 0U);
  EXPECT_EQ(alone.stats().slots_used, 1U);
  EXPECT_EQ(alone.stats().pins, 0U);
  return report.live_bytes;
}
inline void expect_nothing_lost(store& alone) {
  expect_sound(alone);
  alone.collect();
  alone.set("collected", "once more");
  alone.collect();
  expect_only_newest(alone);
}

class store_test : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  [[nodiscard]] store open(const std::string& name, store_options options = {}) const {
    if (options.limit_bytes == store_options().limit_bytes) options.limit_bytes = std::uint64_t{256} << 20;
    return store::open(path(name), options);
  }

  scratch_directory directory_;
};

}  // namespace coppice::pack_test
