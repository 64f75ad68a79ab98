// Where the nodes of typed collections live: the Memory parameter of map, set and vector.
//
//   atomic_heap   the private heap, with counts that threads may change together: the default
//   local_heap    the same without atomic instructions: cheaper, for collections that stay in one thread
//
// A Memory is a type with two templates over the node kinds of a collection (detail/heap/memory.hpp): `view<Nodes>`
// reads and shares nodes, `edit<Nodes>` makes them and is constructed from a view. Both are types of detail/; a program
// only names one of the memories here.
//
// Thread safety: collections in atomic_heap are values like std::shared_ptr: different objects may be used by different
// threads at the same time even if they share nodes; one object needs a lock, or an atom, as soon as one thread changes
// it. Collections in local_heap that share nodes belong to one thread together.
#pragma once

#include "coppice/detail/heap/memory.hpp"
#include "coppice/detail/heap/node_cache.hpp"

namespace coppice {

/// The private heap with atomic counts.
struct atomic_heap {
  template <class Nodes>
  using view = detail::heap_memory<detail::atomic_count, Nodes, detail::cached_source>;
  template <class Nodes>
  using edit = detail::heap_edit<detail::atomic_count, Nodes, detail::cached_source>;
};

/// The private heap with plain counts, for one thread.
struct local_heap {
  template <class Nodes>
  using view = detail::heap_memory<detail::plain_count, Nodes, detail::cached_source>;
  template <class Nodes>
  using edit = detail::heap_edit<detail::plain_count, Nodes, detail::cached_source>;
};

}  // namespace coppice
