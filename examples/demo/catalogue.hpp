// Which packages there are, by group; and the keys of what is not a package.
//
// Ledger, all int64 under string keys:
//   "#total/<group>"   sum of `installs` over the group's records
//   "#count/<group>"   number of the group's records
//   "#writer/<n>"      number of the last transaction that writer n committed
// A record is under its id, or under its id and a '+' while it is renamed; never under both, never under none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/store.hpp"

namespace coppice::demo {

struct group {
  std::string name;
  std::vector<std::string> ids;
  std::int64_t installs = 0;
};

struct catalogue {
  std::vector<group> groups;
  std::uint64_t records = 0;
  /// What every snapshot holds: records, and ledger entries without those of writers.
  [[nodiscard]] std::uint64_t entries() const { return records + 2 * groups.size(); }
};

[[nodiscard]] inline std::string total_key(std::string_view group) { return "#total/" + std::string(group); }
[[nodiscard]] inline std::string count_key(std::string_view group) { return "#count/" + std::string(group); }
[[nodiscard]] inline std::string writer_key(std::size_t number) { return "#writer/" + std::to_string(number); }
[[nodiscard]] inline std::string renamed(std::string_view id) { return std::string(id) + '+'; }

/// Reads the records and writes their ledger. Throws std::runtime_error if there are none, or one is broken.
[[nodiscard]] catalogue make_catalogue(store& target);

}  // namespace coppice::demo
