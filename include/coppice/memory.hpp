// Where the nodes of typed collections live: the Memory parameter of map, set and vector.
//
//   atomic_heap   the private heap, with counts that threads may change together: the default
//   local_heap    the same without atomic instructions: cheaper, for collections that stay in one thread
//
//   store_arena   a named store (coppice/store_arena.hpp): for all threads and processes that open it
//
// A program only names one of these. What a Memory consists of is told in detail/heap/handle.hpp.
//
// Thread safety: collections in atomic_heap are values like std::shared_ptr: different objects may be used by different
// threads at the same time even if they share nodes; one object needs a lock, or an atom, as soon as one thread changes
// it. Collections in local_heap that share nodes belong to one thread together.
#pragma once

#include "coppice/detail/heap/handle.hpp"
#include "coppice/detail/heap/node_cache.hpp"

namespace coppice {

/// The private heap with atomic counts.
struct atomic_heap : detail::counted_heap<detail::atomic_count, detail::cached_source> {};

/// The private heap with plain counts, for one thread.
struct local_heap : detail::counted_heap<detail::plain_count, detail::cached_source> {};

}  // namespace coppice
