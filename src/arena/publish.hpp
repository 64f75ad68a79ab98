// Publication: how a root becomes a version (w3 to w9 of docs/decisions/arena-reclamation.md).
#pragma once

#include <cstdint>

#include "coppice/result.hpp"
#include "src/arena/allocator.hpp"
#include "src/arena/session.hpp"

namespace coppice::arena {

/// Makes `root` the newest version, derived from `base`, which is pinned. Then settles the allocator. On success all
/// processes see the version, and its number is returned. On failure nothing changed and the allocator is rolled back.
/// Errors: busy (another version was published since base; only after a wrong verdict on a lock), out_of_space
/// (records).
result<std::uint64_t> publish(session& self, allocator& nodes, version_ref base, ref root) noexcept;

}  // namespace coppice::arena
