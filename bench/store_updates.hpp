// Updates of a filled store: values rewritten one put at a time in lookup order, both sides alike.
//
// Thread safety: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "store_suite.hpp"

namespace coppice::bench {

/// How many generations `count` updates in a row need.
[[nodiscard]] inline std::uint64_t generations_of(const fixture& fix, std::size_t count) {
  return count / fix.entries() + 1;
}

/// Rewrites `count` values, round and round; around(k, put) must call put() once.
template <class Side, class Around>
void update_values(fixture& fix, Side& side, std::uint64_t first_generation, std::size_t count, Around&& around) {
  const workload& work = fix.work();
  value_buffer values(work);
  std::uint64_t generation = first_generation;
  for (std::size_t k = 0, turn = 0; k < count; ++k) {
    const bytes_view value = values.make(work.lookup_entry(turn), generation);
    around(k, [&] { side.put(work.lookup_key(turn), value); });
    if (++turn == work.entries()) {
      turn = 0;
      ++generation;
    }
  }
}

/// One contestant for each side that runs: measure(side, first_generation) for each round. Both sides see the same
/// generations in the same round, so that they can be compared afterwards.
template <class Measure>
[[nodiscard]] std::vector<contestant> updating_contestants(fixture& fix, int rounds, std::size_t count,
                                                           Measure measure) {
  const std::uint64_t each = generations_of(fix, count);
  const std::uint64_t first = fix.take_generations(each * static_cast<std::uint64_t>(rounds));
  std::vector<contestant> sides;
  if (fix.run().run_ours) {
    sides.push_back({store_side::name, [&fix, measure, each, next = first]() mutable {
                       return measure(fix.ours(), std::exchange(next, next + each));
                     }});
  }
  if (fix.run().run_lmdb) {
    sides.push_back({lmdb_side::name, [&fix, measure, each, next = first]() mutable {
                       return measure(fix.lmdb(), std::exchange(next, next + each));
                     }});
  }
  return sides;
}

}  // namespace coppice::bench
