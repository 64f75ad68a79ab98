// What the collections ask of memory.
//
// A `readable_memory` turns refs into addresses; a `node_memory` also makes nodes. The trie is compiled against these
// concepts only. Arena memory has no counts: `retain` does nothing, and `release` of a node that this edit made itself
// may hand the bytes back at once. Heap memory counts: every ref that the trie stores is retained, every ref that it
// gives up is released, so the algorithms keep one ownership rule for both.
//
// Ownership rule. A ref is *owned* by whoever must release it. A node owns its children. `allocate` returns an owned
// ref. Copying a child ref into a new node retains it first. An algorithm that fails releases everything that it made
// and leaves its input owned by the caller.
//
// Thread safety: a memory object belongs to one thread; many may exist over the same bytes.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "coppice/detail/node.hpp"

namespace coppice::detail {

/// A new node: its ref and its writable address, or a null address when there is no space.
template <class Ref>
struct allocation {
  Ref ref{};
  std::byte* address = nullptr;
};

template <class M>
concept readable_memory = requires(const M& memory, typename M::ref_type ref) {
  requires std::equality_comparable<typename M::ref_type>;
  requires std::default_initializable<typename M::ref_type>;  // value-initialised is null
  { memory.address(ref) } noexcept -> std::same_as<const std::byte*>;
};

template <class M>
concept node_memory =
    readable_memory<M> && requires(M& memory, typename M::ref_type ref, std::size_t bytes, const node_header* node) {
      /// `bytes` is a multiple of granule_bytes and at least min_node_bytes. The bytes are not initialised.
      { memory.allocate(bytes) } noexcept -> std::same_as<allocation<typename M::ref_type>>;
      /// The token that new nodes of this edit carry; 0: nothing made here is ever edited in place.
      { memory.edit_token() } noexcept -> std::same_as<std::uint64_t>;
      /// May this node be changed in place? On the heap: unique; in an arena: it carries the current edit token.
      { memory.editable(ref) } noexcept -> std::same_as<bool>;
      /// Writable address of a node for which editable() holds.
      { memory.writable(ref) } noexcept -> std::same_as<std::byte*>;
      { memory.retain(ref) } noexcept -> std::same_as<void>;
      { memory.release(ref) } noexcept -> std::same_as<void>;
    };

/// Tells a memory that traces, and wants to know, that the result of this edit does not contain this node of its base.
/// Memories that count learn it by release().
template <node_memory Memory>
inline void supersede(Memory& memory, typename Memory::ref_type node) noexcept {
  if constexpr (requires { memory.supersede(node); }) memory.supersede(node);
}

/// A memory as walkers keep it: small ones by value, so that a walker may outlive the object that it was made with;
/// others by address.
template <readable_memory Memory>
class kept_memory {
  static constexpr bool by_value = std::is_trivially_copyable_v<Memory> && sizeof(Memory) <= sizeof(void*);

 public:
  kept_memory() noexcept = default;
  explicit kept_memory(const Memory& memory) noexcept {
    if constexpr (by_value) {
      kept_ = memory;
    } else {
      kept_ = &memory;
    }
  }
  [[nodiscard]] const Memory& operator*() const noexcept {
    if constexpr (by_value) {
      return kept_;
    } else {
      return *kept_;
    }
  }
  [[nodiscard]] const Memory* operator->() const noexcept { return &**this; }

 private:
  [[no_unique_address]] std::conditional_t<by_value, Memory, const Memory*> kept_{};
};

}  // namespace coppice::detail
