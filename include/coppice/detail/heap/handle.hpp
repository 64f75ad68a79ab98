// The heap as Memory parameter of the collections.
//
// A Memory has these members:
//   handle       what a collection knows of its memory besides its nodes; on the heap nothing (shared/handle.hpp has
//   more) view<Nodes>  reads and shares nodes; Nodes tells what the nodes of a collection are like (memory.hpp)
//   edit<Nodes>  makes them
//   link         how branches of RRB trees store their children (link.hpp)
//   holds<T>     whether elements of a type can be in it as they are
//   trie<...>    what maps and sets of a kind of elements are made of
//
// Thread safety: has no state.
#pragma once

#include <cstdint>

#include "coppice/detail/heap/key_hash.hpp"
#include "coppice/detail/heap/link.hpp"
#include "coppice/detail/heap/memory.hpp"

namespace coppice::detail {

/// The part of a collection that names its memory. Made, copied, moved and assigned together with the refs.
class heap_handle {
 public:
  /// Whether what a collection holds can be read as long as the collection lives.
  static constexpr bool stays_readable = true;

  /// The seed of collections that are given no other.
  [[nodiscard]] static std::uint64_t seed() noexcept { return process_seed(); }
  /// Throws where nothing can be read any more.
  static void require_readable() noexcept {}
  /// Nodes to be read.
  template <class View>
  [[nodiscard]] static View view() noexcept {
    return View{};
  }
  /// Nodes to be changed: in place, where nobody else has them.
  template <class Edit>
  [[nodiscard]] static Edit edit() noexcept {
    return Edit{};
  }
  /// The same for a change that reads nodes of another collection too, or makes it part of this one: `consumes` if it
  /// takes the other's place as well as this one's.
  template <class Edit>
  [[nodiscard]] static Edit edit_with(const heap_handle&, bool) noexcept {
    return Edit{};
  }
  /// Whether refs of both mean the same.
  [[nodiscard]] static bool reaches(const heap_handle&) noexcept { return true; }
};

template <class Element, class Hash, class Equal, class Memory, unsigned LeafEntries>
class hash_trie;

/// The heap with counts changed by Count, and memory from Source.
template <class Count, class Source>
struct counted_heap {
  using handle = heap_handle;
  using link = pointer_link;
  template <class Nodes>
  using view = heap_memory<Count, Nodes, Source>;
  template <class Nodes>
  using edit = heap_edit<Count, Nodes, Source>;
  template <class Element>
  static constexpr bool holds = true;
  template <class Element, class Hash, class Equal, unsigned LeafEntries>
  using trie = hash_trie<Element, Hash, Equal, counted_heap, LeafEntries>;
};

}  // namespace coppice::detail
