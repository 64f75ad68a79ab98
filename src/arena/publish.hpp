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

/// Makes `root` a version of its own that `cell`, a claimed pin of the session, names from now on; HEAD stays. For
/// arenas made with `create_options::apart`, in which each session publishes what it alone derives. Base and whatever
/// else the nodes refer to must be pinned. The allocator is not settled: its blocks are given up by who calls,
/// afterwards (A5). O(1) amortised. Errors: out_of_space (records), busy.
result<version_ref> publish_apart(session& self, ref root, pin& cell) noexcept;

}  // namespace coppice::arena
