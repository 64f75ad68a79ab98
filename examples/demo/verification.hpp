// Whether a snapshot is what the writers' transactions promise: every record whole, every ledger entry right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "catalogue.hpp"
#include "coppice/store.hpp"

namespace coppice::demo {

struct verification {
  std::string problem;  ///< empty: none
  std::uint64_t records = 0;
  std::uint64_t digest = 0;  ///< of all keys and values, in the snapshot's order
};

/// Sees every entry.
[[nodiscard]] verification verify_all(const snapshot& version, const catalogue& expected);

/// Sees one record, by its id; returns what is wrong with it.
[[nodiscard]] std::string verify_one(const snapshot& version, std::string_view id);

/// Of all keys and values, without looking into them.
[[nodiscard]] std::uint64_t digest_of(const snapshot& version);

}  // namespace coppice::demo
