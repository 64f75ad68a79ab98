// The checker of packed leaves. It trusts nothing inside the node: every offset is proved before it is followed.
//
// Thread safety: see node.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/detail/collection_record.hpp"
#include "coppice/detail/packed_leaf.hpp"

namespace coppice::detail {

/// Bytes that may be read from a ref on: 0 for a ref that names nothing. A memory that can tell has the member.
template <readable_memory Memory>
[[nodiscard]] inline std::size_t readable_bytes(const Memory& memory, typename Memory::ref_type ref) noexcept {
  if constexpr (requires { memory.readable_bytes(ref); }) {
    return static_cast<std::size_t>(memory.readable_bytes(ref));
  } else {
    return static_cast<std::size_t>(-1) / 2;
  }
}

/// Whether a node's header can be read, and the node lies where it may.
template <readable_memory Memory>
[[nodiscard]] inline bool node_in_bounds(const Memory& memory, typename Memory::ref_type ref) noexcept {
  const std::size_t readable = readable_bytes(memory, ref);
  if (readable < min_node_bytes) return false;
  const std::size_t bytes = bytes_of(memory.address(ref));
  return bytes >= min_node_bytes && bytes <= readable;
}

/// Checks one packed leaf whose node lies in bounds.
template <class Leaf, class Memory>
class packed_checker {
  using Ref = typename Leaf::ref_type;
  using narrow = typename Leaf::narrow;
  using wide = typename Leaf::wide;

 public:
  packed_checker(const Leaf& leaf, const Memory& memory, const std::byte* node) noexcept
      : leaf_(leaf), memory_(memory), node_(node), count_(count_of(node)) {}

  /// Null, or the name of the broken invariant. Calls `on_blob(ref)` for every blob; if that returns false the check
  /// stops.
  template <class OnBlob>
  [[nodiscard]] const char* check(std::uint64_t prefix, OnBlob&& on_blob) noexcept {
    if (count_ == 0) return "T1 a leaf has entries";
    const char* broken = Leaf::is_narrow(node_) ? check_narrow_frame() : check_wide_frame();
    if (broken != nullptr) return broken;
    std::size_t largest = 0;
    for (std::uint32_t i = 0; i < count_; ++i) {
      const encoded_entry at = Leaf::entry_of(node_, i);
      if (at.size > largest) largest = at.size;
      broken = check_entry(at, on_blob);
      if (broken == nullptr) broken = check_order(i, prefix);
      if (broken != nullptr) return broken;
    }
    if (Leaf::is_narrow(node_)) return nullptr;
    if (next_ref_ != wide(node_).refs) return "T7 every ref of a leaf is used by one entry";
    if (next_ref_ == 0 && count_ <= Leaf::max_entries && largest <= narrow_entry_bytes) {
      return "T3 a leaf is wide only if it must be";
    }
    return nullptr;
  }

 private:
  [[nodiscard]] const char* check_narrow_frame() const noexcept {
    if (count_ > Leaf::max_entries) return "T1 a narrow leaf has at most B entries";
    if (narrow_tags_offset + 2 * std::size_t{count_} + Leaf::lanes::bytes > bytes_of(node_)) {
      return "T8 a leaf has room for its tags and sizes";
    }
    const narrow leaf(node_);
    if (narrow::node_bytes(count_, leaf.sum(count_)) > bytes_of(node_)) return "T8 entries lie in their leaf";
    return nullptr;
  }

  [[nodiscard]] const char* check_wide_frame() const noexcept {
    const wide leaf(node_);
    const std::uint64_t needed = wide::node_bytes(count_, leaf.bytes(), leaf.refs);
    if (needed != bytes_of(node_)) return "T8 a wide leaf has the size of its parts";
    std::uint32_t last = 0;
    for (std::uint32_t i = 0; i < count_; ++i) {
      if (leaf.end_of(i) < last || leaf.end_of(i) > leaf.bytes()) return "T8 entries lie in their leaf";
      last = leaf.end_of(i);
    }
    return last == leaf.bytes() ? nullptr : "T8 entries fill their leaf";
  }

  template <class OnBlob>
  [[nodiscard]] const char* check_entry(const encoded_entry& at, OnBlob& on_blob) noexcept {
    if (at.size < 2) return "T8 an entry has its parts";
    const unsigned first = std::to_integer<unsigned>(at.data[0]);
    const unsigned second = std::to_integer<unsigned>(at.data[1]);
    if (first > kind_mask) {
      if (2 + std::size_t{second} > at.size) return "T8 an entry has its parts";
    } else {
      std::size_t needed = long_form_bytes(second) + ((second & external_value_flag) != 0 ? 4 : 0);
      if (needed > at.size) return "T8 an entry has its parts";
      if ((second & external_key_flag) == 0) needed += std::to_integer<std::size_t>(at.data[2]);
      if (needed > at.size) return "T8 an entry has its parts";
      if ((second & external_value_flag) != 0 && needed != at.size) return "T8 an entry has its parts";
      const bool nested = is_collection(static_cast<value_kind>(second & kind_mask));
      if (nested && (second & external_value_flag) == 0) return "T7 collections are external";
    }
    const entry_parts parts = parse_entry(at.data, at.size);
    if (first <= kind_mask && parts.flags == 0 && code_of(parts.value_kind_) != 0)
      return "T3 the short form where it can be";
    if (parts.key_size > Leaf::max_inline || parts.value_size > Leaf::max_inline) return "T7 large parts are external";
    if (Leaf::is_narrow(node_)) return parts.refs() == 0 ? nullptr : "T7 a narrow leaf has no external parts";
    const char* broken = nullptr;
    if (parts.external_key()) broken = check_blob(parts.key_index, node_kind::blob, on_blob);
    if (broken == nullptr && parts.external_value()) {
      const bool nested = is_collection(parts.value_kind_);
      broken = check_blob(parts.value_index, nested ? node_kind::collection : node_kind::blob, on_blob);
    }
    if (broken != nullptr || !parts.external_key()) return broken;
    const packed_key key = Leaf::key_of(memory_, node_, parts);
    return leaf_.hash(key) == parts.key_hash ? nullptr : "T5 an external key has its hash";
  }

  template <class OnBlob>
  [[nodiscard]] const char* check_blob(std::uint32_t index, node_kind kind, OnBlob& on_blob) noexcept {
    if (index != next_ref_ || index >= wide(node_).refs) return "T7 every ref of a leaf is used by one entry";
    ++next_ref_;
    const Ref ref = wide(node_).ref(index);
    if (ref == Ref{} || !node_in_bounds(memory_, ref)) return "T8 refs name nodes";
    const std::byte* blob = memory_.address(ref);
    if (kind_of(blob) != kind || depth_of(blob) != 0 || count_of(blob) != 0)
      return "T7 an external part is a blob, or a collection";
    const auto length = load<std::uint64_t>(blob + blob_length_offset);
    if (kind == node_kind::collection) {
      if (length != sizeof(collection_record)) return "T7 a collection is stored as its record";
    } else if (length <= Leaf::max_inline || length > limits::max_value_bytes) {
      return "T7 large parts are external";
    }
    if (blob_node_bytes(static_cast<std::size_t>(length)) != bytes_of(blob))
      return "T8 a blob has the size of its bytes";
    return on_blob(ref) ? nullptr : "stopped by the visitor";
  }

  [[nodiscard]] const char* check_order(std::uint32_t index, std::uint64_t prefix) noexcept {
    const std::uint64_t hash = leaf_.hash_at(memory_, node_, index);
    const unsigned depth = depth_of(node_);
    if (hash_prefix(hash, depth) != prefix) return "T1 an entry's hash has the leaf's prefix";
    if (Leaf::tag_at(node_, index) != hash_tag(hash, depth)) return "T2 a tag has the bits after the prefix";
    if (index > 0 && hash < last_hash_) return "T2 entries are in the order of their hashes";
    if (index > 0 && hash == last_hash_ &&
        leaf_.key_at(memory_, node_, index - 1).compare(leaf_.key_at(memory_, node_, index)) >= 0) {
      return "T4 equal hashes are in the order of their keys";
    }
    last_hash_ = hash;
    return nullptr;
  }

  const Leaf& leaf_;
  const Memory& memory_;
  const std::byte* node_;
  std::uint32_t count_;
  std::uint32_t next_ref_ = 0;
  std::uint64_t last_hash_ = 0;
};

/// What trie_check asks of a Leaf policy.
template <class Leaf, readable_memory Memory, class OnBlob>
[[nodiscard]] inline const char* check_leaf(const Leaf& leaf, const Memory& memory, const std::byte* node,
                                            std::uint64_t prefix, OnBlob&& on_blob) noexcept {
  return packed_checker<Leaf, Memory>(leaf, memory, node).check(prefix, on_blob);
}

}  // namespace coppice::detail
