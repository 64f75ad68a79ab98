// The checker of an arena: walks all that the roots reach, verifies every invariant, and accounts for every byte.
//
// Invariants, as named in `broken`
//   C1  control words, directories and the header are in their domains
//   C2  a root, and every ref of a reachable node, names a whole node inside the arena
//   C3  reachable nodes have a known kind and a length that holds their refs, do not overlap, and carry no edit token
//   that is
//       still to be handed out
//   C4  reachable nodes lie only in blocks that are owned, unswept or swept
//   C5  no reachable byte lies in a line that the current map of a swept block calls free
//   C6  every control block is linked, as header, slots, metadata, records or pins; what is linked is so once and holds
//   no nodes C7  HEAD names a record at its version; locks, records and blocks name slots that exist C8  memory stands
//   behind every block that is not a hole
//
// Preconditions: the writer and the collector lock are held by the caller. Readers may come and go meanwhile. In an
// arena without HEAD, where nobody takes the writer lock, no session publishes or gives up anything meanwhile.
#pragma once

#include <cstdint>

#include "src/arena/session.hpp"

namespace coppice::arena {

struct check_result {
  const char* broken = nullptr;  // names the invariant, or null
  std::uint64_t where = 0;       // byte offset, index or number: what `broken` says
  std::uint64_t nodes = 0;
  std::uint32_t versions = 0;
  std::uint32_t pins = 0;
  std::uint64_t live_bytes = 0;
  std::uint64_t garbage_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t owned_bytes = 0;
  std::uint64_t orphaned_bytes = 0;
  std::uint64_t control_bytes = 0;
  std::uint64_t committed_bytes = 0;
};

/// Called with the root of each version that is pinned or newest, once each (for checks of what the nodes mean).
/// Returns what is broken, or null, and where.
struct version_visitor {
  const char* (*visit)(void* context, ref root, std::uint64_t& where) noexcept;
  void* context;
};

check_result check(session& self, const version_visitor* visitor) noexcept;

}  // namespace coppice::arena
