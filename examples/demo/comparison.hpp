// Two versions of the store side by side: what differs, how long it took to find out, and a few examples.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coppice/store.hpp"

namespace coppice::demo {

struct comparison {
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  std::uint64_t changed = 0;
  double milliseconds = 0;
  std::vector<std::string> examples;  ///< the first few changed records, a line each, before and after
  std::string problem;                ///< empty if looking at every entry finds the same differences
};

[[nodiscard]] comparison compare(const snapshot& older, const snapshot& newer);

}  // namespace coppice::demo
