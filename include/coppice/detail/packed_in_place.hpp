// The packed leaf as a policy of the trie: the most common step of a long edit, without preparing for any other.
//
// Nearly all entries that an edit stores after its first few go into a narrow leaf that it made itself and that has
// room, or replace a value by one of the same length. Then the leaf changes in place, and of the branches above it only
// the counts. Whatever else may be the case is left to trie_edit.hpp.
//
// Thread safety: see trie.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/copy.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/packed_change.hpp"
#include "coppice/detail/trie_edit.hpp"

namespace coppice::detail {

/// What storing in place came to.
enum class in_place : std::uint8_t {
  no,  ///< nothing changed: it takes more than that
  refused,
  unchanged,
  inserted,
  replaced,
};

template <node_memory Memory, class Leaf>
class packed_in_place {
  using Ref = typename Memory::ref_type;
  using item = typename Leaf::item;
  using narrow = typename Leaf::narrow;
  using lanes = typename Leaf::lanes;

 public:
  packed_in_place(Memory& memory, const item& added) noexcept : memory_(memory), added_(added) {}

  /// `before(const packed_value&)` sees the value that would be replaced by another, and may refuse. Nothing is
  /// allocated.
  template <class Before>
  [[nodiscard, gnu::flatten]] in_place set(Ref root, Before&& before) noexcept {
    std::byte* const leaf = descend(root);
    if (leaf == nullptr) return in_place::no;
    const narrow old(leaf);
    const std::uint8_t tag = hash_tag(added_.hash, depth_of(leaf));
    const std::uint32_t candidates = lanes::equal(old.tags(), tag, old.count);
    if (candidates == 0) return insert(leaf, tag);
    if ((candidates & (candidates - 1)) != 0) return in_place::no;
    return replace(old.entry(static_cast<unsigned>(__builtin_ctz(candidates))), before);
  }

 private:
  /// The leaf at the place of the hash, if it and all above it are of this edit.
  [[nodiscard]] std::byte* descend(Ref root) noexcept {
    std::uint64_t rest = added_.hash;
    for (Ref ref = root; ref != Ref{}; rest <<= trie_branch_bits) {
      if (!memory_.editable(ref)) return nullptr;
      std::byte* const node = memory_.writable(ref);
      if (kind_of(node) == node_kind::packed_leaf) return node;
      if (kind_of(node) != node_kind::branch) return nullptr;
      branches_[levels_++] = node;
      ref = child_of<Ref>(node, hash_slot(rest, 0, trie_branch_bits));
    }
    return nullptr;
  }

  template <class Before>
  [[nodiscard]] in_place replace(const encoded_entry& at, Before& before) const noexcept {
    const unsigned code = code_of(added_.value.kind);
    const auto first = std::to_integer<unsigned>(at.data[0]);
    if (first <= kind_mask || code == 0 || at.size != 2 + added_.key.size + added_.value.size) return in_place::no;
    const packed_key key{at.data + 2, std::to_integer<std::size_t>(at.data[1]),
                         static_cast<value_kind>(first & kind_mask)};
    if (!key.same_as(added_.key)) return in_place::no;
    const packed_value value{key.data + key.size, at.size - 2 - key.size, coded_kinds[first >> 5]};
    if (value.same_as(added_.value)) return in_place::unchanged;
    if (!before(value)) return in_place::refused;
    auto* const entry = const_cast<std::byte*>(at.data);
    entry[0] = static_cast<std::byte>((first & kind_mask) | (code << 5));
    move_bytes(entry + 2 + key.size, added_.value.data, value.size);
    return in_place::replaced;
  }

  [[nodiscard]] in_place insert(std::byte* leaf, std::uint8_t tag) noexcept {
    const narrow old(leaf);
    const unsigned code = code_of(added_.value.kind);
    const std::size_t bytes = 2 + added_.key.size + added_.value.size;
    // Each length by itself, so that their sum cannot wrap around.
    if (code == 0 || added_.key.size > Leaf::max_inline || added_.value.size > Leaf::max_inline ||
        bytes > narrow_entry_bytes || old.count >= Leaf::max_entries) {
      return in_place::no;
    }
    const std::uint32_t total = old.sum(old.count);
    const std::size_t capacity = bytes_of(leaf);
    if (total + bytes > Leaf::max_bytes || narrow::node_bytes(old.count + 1, total + bytes) > capacity) {
      return in_place::no;
    }
    std::byte* const end = leaf + capacity;
    const auto inside = [&](const packed_view& view) { return view.data < end && view.data + view.size > leaf; };
    if (inside(added_.key) || inside(added_.value)) return in_place::no;
    const unsigned index = lanes::below(old.tags(), tag, old.count);
    const std::uint32_t before = old.sum(index);
    move_bytes(end - total - bytes, end - total, total - before);
    std::byte* const tags = leaf + narrow_tags_offset;
    const std::uint32_t count = old.count + 1;
    const bool room = tags + 2 * std::size_t{count} + lanes::bytes <= end - total - bytes;
    edit_arrays<lanes>(tags, old.count, index, true, room);
    tags[index] = static_cast<std::byte>(tag);
    tags[count + index] = static_cast<std::byte>(bytes);
    store(leaf + offsetof(node_header, count), count);
    std::byte* const entry = end - before - bytes;
    entry[0] = static_cast<std::byte>(static_cast<unsigned>(added_.key.kind) | (code << 5));
    entry[1] = static_cast<std::byte>(added_.key.size);
    copy_bytes(entry + 2, added_.key.data, added_.key.size);
    copy_bytes(entry + 2 + added_.key.size, added_.value.data, added_.value.size);
    for (unsigned i = 0; i < levels_; ++i) add_to_count(branches_[i], 1);
    return in_place::inserted;
  }

  Memory& memory_;
  const item& added_;
  std::byte* branches_[max_branch_levels];
  unsigned levels_ = 0;
};

}  // namespace coppice::detail
