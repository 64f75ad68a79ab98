// The packed leaf as a policy of the trie: changing one entry.
//
// `plan` measures a change. `splice` is the path of ordinary updates: a copy of a narrow leaf with one entry inserted,
// replaced or removed, in bulk copies; what is or becomes wide is made anew (packed_write.hpp). `edit` changes a narrow
// leaf in place.
//
// Thread safety: see node.hpp.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/detail/copy.hpp"
#include "coppice/detail/packed_policy.hpp"
#include "coppice/detail/packed_write.hpp"

namespace coppice::detail {

/// A change of one entry of a leaf, prepared: what it will hold, and the numbers that writing it needs.
template <class Item>
struct packed_change {
  const Item* added;
  item_shape shape;  // of the item
  std::uint32_t index;
  std::uint32_t removed;
  leaf_measure size;  // afterwards
  std::size_t removed_bytes;
  std::uint32_t before = 0;  // bytes of the entries before the change; of a narrow leaf
  std::uint32_t after = 0;   // and behind it
  bool stays_narrow = false;

  [[nodiscard]] bool shrinks() const noexcept { return added == nullptr || shape.bytes < removed_bytes; }
};

template <class Ref, class Hash, unsigned B, unsigned S, unsigned V>
auto packed_leaf<Ref, Hash, B, S, V>::plan(const std::byte* node, std::uint32_t index, std::uint32_t removed,
                                           const item* added, bool) noexcept -> change {
  change wanted{added, item_shape(), index, removed, {}, 0};
  if (added != nullptr) wanted.shape = item_shape(*added, V);
  const std::uint32_t old_count = count_of(node);
  wanted.size.count = std::uint64_t{old_count} - removed + (added != nullptr ? 1 : 0);
  if (is_narrow(node)) {
    const narrow leaf(node);
    const std::uint32_t total = leaf.sum(old_count);
    wanted.before = leaf.sum(index);
    if (removed != 0) wanted.removed_bytes = std::to_integer<std::size_t>(leaf.sizes()[index]);
    wanted.after = total - wanted.before - static_cast<std::uint32_t>(wanted.removed_bytes);
    wanted.size.bytes = wanted.before + wanted.shape.bytes + wanted.after;
    wanted.stays_narrow = wanted.size.count <= B && wanted.shape.fits_narrow();
  } else {
    if (removed != 0) wanted.removed_bytes = entry_bytes(node, index);
    wanted.size.bytes = measure(node).bytes - wanted.removed_bytes + wanted.shape.bytes;
  }
  return wanted;
}

/// Zeros the gap [from, to) of a narrow leaf whose entries are not written yet: at least 16 bytes follow `from`.
inline void clear_gap(std::byte* from, const std::byte* to) noexcept {
  const auto size = static_cast<std::size_t>(to - from);
  store(from, std::uint64_t{0});
  store(from + 8, std::uint64_t{0});
  if (size > lane_count) clear_bytes(from, size);
}

template <class Ref, class Hash, unsigned B, unsigned S, unsigned V>
template <node_memory Memory>
Ref packed_leaf<Ref, Hash, B, S, V>::splice(Memory& memory, const std::byte* node, std::uint64_t prefix,
                                            const change& wanted) const noexcept {
  const unsigned depth = depth_of(node);
  const std::uint32_t old_count = count_of(node), index = wanted.index, next = index + wanted.removed;
  const bool adds = wanted.added != nullptr;
  if (!wanted.stays_narrow) {
    const segment parts[3] = {{node, nullptr, 0, index, prefix},
                              {nullptr, wanted.added, 0, adds ? 1U : 0U, 0},
                              {node, nullptr, next, old_count, prefix}};
    return make(memory, depth, parts, 3);
  }
  const narrow old(node);
  const auto count = static_cast<std::uint32_t>(wanted.size.count);
  const auto bytes = static_cast<std::size_t>(wanted.size.bytes);
  const std::uint64_t token = memory.edit_token();
  const std::size_t exact = narrow::node_bytes(count, bytes);
  const std::size_t node_bytes = exact + edit_slack<packed_leaf>(memory, count, bytes);
  const auto made = memory.allocate(node_bytes);
  if (made.address == nullptr) return {};
  std::byte* end = made.address + node_bytes;

  if (count == old_count && wanted.removed_bytes == wanted.shape.bytes && bytes_of(node) == node_bytes) {
    move_bytes(made.address, node, node_bytes);
    write_header(made.address, node_kind::packed_leaf, depth, node_bytes, count, token);
    encode_item(end - wanted.before - wanted.shape.bytes, *wanted.added, wanted.shape, 0);
    return made.ref;
  }
  write_header(made.address, node_kind::packed_leaf, depth, node_bytes, count, token);
  const unsigned keep = adds ? 1 : 0;
  std::byte* tags = made.address + narrow_tags_offset;
  std::byte* sizes = tags + count;
  lanes::copy(tags, old.tags());
  lanes::copy(tags + index + keep, old.tags() + next);
  lanes::copy(sizes, old.sizes());
  lanes::copy(sizes + index + keep, old.sizes() + next);
  clear_gap(sizes + count, end - bytes);
  move_bytes(end - wanted.before, old.end() - wanted.before, wanted.before);
  move_bytes(end - bytes, old.end() - wanted.before - wanted.removed_bytes - wanted.after, wanted.after);
  if (adds) {
    tags[index] = static_cast<std::byte>(hash_tag(wanted.added->hash, depth));
    sizes[index] = static_cast<std::byte>(wanted.shape.bytes);
    encode_item(end - wanted.before - wanted.shape.bytes, *wanted.added, wanted.shape, 0);
  }
  return made.ref;
}

/// Inserts or removes one byte at `index` in each of two arrays of `count` bytes that stand side by side. With `room`,
/// a vector's length of bytes behind the new arrays may be written.
template <class Lanes>
[[gnu::always_inline]] inline void edit_arrays(std::byte* arrays, std::uint32_t count, std::uint32_t index, bool insert,
                                               bool room) noexcept {
  const std::uint32_t next = insert ? index : index + 1, place = insert ? index + 1 : index;
  const std::uint32_t now = insert ? count + 1 : count - 1;
  std::byte tags_after[Lanes::bytes], sizes[Lanes::bytes], sizes_after[Lanes::bytes];
  Lanes::copy(tags_after, arrays + next);
  Lanes::copy(sizes, arrays + count);
  Lanes::copy(sizes_after, arrays + count + next);
  if (room) {
    Lanes::copy(arrays + place, tags_after);
    Lanes::copy(arrays + now, sizes);
    Lanes::copy(arrays + now + place, sizes_after);
  } else {
    move_bytes(arrays + place, tags_after, count - next);
    move_bytes(arrays + now, sizes, index);
    move_bytes(arrays + now + place, sizes_after, count - next);
  }
}

template <class Ref, class Hash, unsigned B, unsigned S, unsigned V>
bool packed_leaf<Ref, Hash, B, S, V>::edit(std::byte* node, const change& wanted) noexcept {
  const narrow old(node);
  const std::size_t capacity = bytes_of(node);
  const auto count = static_cast<std::uint32_t>(wanted.size.count);
  const auto bytes = static_cast<std::size_t>(wanted.size.bytes);
  if (!wanted.stays_narrow || count == 0 || narrow::node_bytes(count, bytes) > capacity) return false;
  std::byte* end = node + capacity;
  const bool adds = wanted.added != nullptr;
  if (adds) {
    // What is stored may come out of this very leaf, whose bytes are about to move.
    const auto inside = [&](const packed_view& view) { return view.data < end && view.data + view.size > node; };
    if (inside(wanted.added->key) || inside(wanted.added->value)) return false;
  }
  if (wanted.removed_bytes != wanted.shape.bytes) {
    move_bytes(end - bytes, end - wanted.before - wanted.removed_bytes - wanted.after, wanted.after);
  }
  std::byte* tags = node + narrow_tags_offset;
  if (count != old.count) {
    const bool room = tags + 2 * std::size_t{count} + lanes::bytes <= end - bytes;
    edit_arrays<lanes>(tags, old.count, wanted.index, adds, room);
    store(node + offsetof(node_header, count), count);
  }
  if (adds) {
    encode_item(end - wanted.before - wanted.shape.bytes, *wanted.added, wanted.shape, 0);
    tags[wanted.index] = static_cast<std::byte>(hash_tag(wanted.added->hash, depth_of(node)));
    tags[count + wanted.index] = static_cast<std::byte>(wanted.shape.bytes);
  }
  return true;
}

}  // namespace coppice::detail
