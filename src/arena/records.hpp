// Version records: claiming one for a commit, and freeing those that nothing names.
//
// A record is free (version 0, claim 0), claimed (claim: its owner), or a version. Records are freed by a scan
// (collector.hpp) and by nothing else, so whoever holds a pin that names a record by its version may read it without
// any check.
//
// Thread safety: claim_record() any thread of any process; scan_roots() under the collector lock.
#pragma once

#include <cstdint>

#include "coppice/result.hpp"
#include "src/arena/session.hpp"

namespace coppice::arena {

/// A free record, claimed by the session. O(1) amortised; now and then it runs a scan. Errors: out_of_space, busy.
result<std::uint32_t> claim_record(session& self) noexcept;

/// Receives the root of each live version; false: no room, the scan is given up.
struct root_sink {
  bool (*take)(void* context, ref root) noexcept;
  void* context;
};

struct scan_result {
  std::uint32_t used = 0;    // records
  std::uint64_t oldest = 0;  // version that is alive
};

/// One scan (s1 to s7): hands every live version's root to `sink` (if any) and frees all records that are not live.
/// Drops the pins of dead slots if `recover_dead`. Returns what is in use afterwards. Precondition: the collector lock
/// is held. Errors: system (the sink had no room), busy (overtaken after a wrong verdict on the lock).
result<scan_result> scan_roots(session& self, const root_sink* sink, bool recover_dead) noexcept;

}  // namespace coppice::arena
