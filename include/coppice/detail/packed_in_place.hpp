// The packed leaf as a policy of the trie: the most common step of a long edit, without preparing for any other.
//
// Nearly all entries that an edit stores after its first few go into a narrow leaf that it made itself and that has
// room, or replace a value by one of the same length. Then the leaf changes in place, and of the branches above it only
// the counts. A leaf that is full mostly becomes two below the same branch. Whatever else may be the case is left to
// trie_edit.hpp.
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
  packed_in_place(Memory& memory, const Leaf& policy, const item& added) noexcept
      : memory_(memory), policy_(policy), added_(added) {}

  /// `before(const packed_value&)` sees the value that would be replaced by another, and may refuse.
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

  /// Whether set() has made nodes.
  [[nodiscard]] bool has_split() const noexcept { return has_split_; }

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
        bytes > narrow_entry_bytes) {
      return in_place::no;
    }
    const std::uint32_t total = old.sum(old.count);
    const std::size_t capacity = bytes_of(leaf);
    std::byte* const end = leaf + capacity;
    const auto inside = [&](const packed_view& view) { return view.data < end && view.data + view.size > leaf; };
    if (inside(added_.key) || inside(added_.value)) return in_place::no;
    if (old.count >= Leaf::max_entries || total + bytes > Leaf::max_bytes) {
      std::byte* const half = split(leaf, tag, bytes);
      return half == nullptr ? in_place::no : insert(half, hash_tag(added_.hash, depth_of(half)));
    }
    if (narrow::node_bytes(old.count + 1, total + bytes) > capacity) return in_place::no;
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

  /// Parts a full leaf by the next bit of the hash, so that either half has a leaf of its own. Returns the one in which
  /// the entry, of so many bytes, belongs, which has room for it. Null: nothing changed, it takes more than that.
  [[nodiscard, gnu::noinline]] std::byte* split(const std::byte* leaf, std::uint8_t tag, std::size_t bytes) noexcept {
    const unsigned depth = depth_of(leaf);
    if (levels_ == 0 || depth % trie_branch_bits == 0) return nullptr;  // it would take a branch
    const narrow old(leaf);
    const unsigned goes = tag >> 7;
    const unsigned low = lanes::below(old.tags(), 0x80, old.count);
    const std::uint32_t low_bytes = old.sum(low), total = old.sum(old.count);
    const unsigned counts[2] = {low, old.count - low};
    const std::uint32_t sizes[2] = {low_bytes, total - low_bytes};
    if (counts[1 - goes] == 0 || counts[goes] >= Leaf::max_entries || sizes[goes] + bytes > Leaf::max_bytes) {
      return nullptr;
    }
    allocation<Ref> made[2];
    for (unsigned half = 0; half < 2; ++half) {
      const std::size_t entries = counts[half] + (half == goes ? 1 : 0);
      const std::size_t held = sizes[half] + (half == goes ? bytes : 0);
      const std::size_t node_bytes = narrow::node_bytes(entries, held) + edit_slack<Leaf>(memory_, entries, held);
      made[half] = memory_.allocate(node_bytes);
      if (made[half].address == nullptr) {
        if (half == 1) memory_.release(made[0].ref);
        return nullptr;
      }
      write_header(made[half].address, node_kind::packed_leaf, depth + 1, node_bytes, counts[half],
                   memory_.edit_token());
    }
    copy_halves(leaf, low, low_bytes, total, made);
    std::byte* const branch = branches_[levels_ - 1];
    const slot_range range = range_of(added_.hash, depth_of(branch), depth);
    const Ref parted = child_of<Ref>(branch, range.first);
    for (unsigned i = 0; i < range.width; ++i) {
      set_child(branch, range.first + i, made[i < range.width / 2 ? 0 : 1].ref);
    }
    memory_.release(parted);
    has_split_ = true;
    return made[goes].address;
  }

  /// Fills two leaves, a bit deeper than this one, with its entries: the first `low` of them, which have `low_bytes` of
  /// `total`, and the others.
  void copy_halves(const std::byte* leaf, unsigned low, std::uint32_t low_bytes, std::uint32_t total,
                   const allocation<Ref> (&made)[2]) const noexcept {
    const narrow old(leaf);
    const unsigned depth = depth_of(leaf) + 1;
    typename Leaf::position place(leaf);
    for (unsigned half = 0; half < 2; ++half) {
      std::byte* const to = made[half].address;
      const unsigned first = half == 0 ? 0 : low, count = count_of(to);
      std::byte* const tags = to + narrow_tags_offset;
      std::byte* const end = to + bytes_of(to);
      const std::uint32_t size = half == 0 ? low_bytes : total - low_bytes;
      for (unsigned i = 0; i < count; ++i, place.advance()) {
        tags[i] = static_cast<std::byte>(hash_tag(policy_.hash(place.get(memory_).key), depth));
      }
      copy_bytes(tags + count, old.sizes() + first, count);
      std::byte* const used = tags + 2 * std::size_t{count};
      clear_bytes(used, static_cast<std::size_t>(end - used) - size);
      copy_bytes(end - size, old.end() - (half == 0 ? low_bytes : total), size);
    }
  }

  Memory& memory_;
  const Leaf& policy_;
  const item& added_;
  std::byte* branches_[max_branch_levels];
  unsigned levels_ = 0;
  bool has_split_ = false;
};

}  // namespace coppice::detail
