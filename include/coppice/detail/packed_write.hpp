// The packed leaf as a policy of the trie: making leaves from segments of other leaves and new items.
//
// Ownership: a new leaf retains the blobs that it takes over from other leaves, and owns the blobs that it makes. When
// an allocation fails everything made so far is released.
//
// Thread safety: see node.hpp.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/detail/copy.hpp"
#include "coppice/detail/packed_policy.hpp"

namespace coppice::detail {

/// How an item is encoded with at most `max_inline` bytes of key and of value in the entry.
struct item_shape {
  std::size_t bytes = 0;
  unsigned flags = 0;
  unsigned code = 0;

  item_shape() = default;
  template <class Ref>
  item_shape(const packed_item<Ref>& item, std::size_t max_inline) noexcept
      : flags((item.key.size > max_inline ? external_key_flag : 0U) |
              (item.value.size > max_inline || is_collection(item.value.kind) ? external_value_flag : 0U)),
        code(flags == 0 ? code_of(item.value.kind) : 0U) {
    const std::size_t key = (flags & external_key_flag) != 0 ? 0 : item.key.size;
    const std::size_t value = (flags & external_value_flag) != 0 ? 4 : item.value.size;
    bytes = (code != 0 ? 2 : long_form_bytes(flags)) + key + value;
  }
  [[nodiscard]] unsigned refs() const noexcept {
    return ((flags & external_key_flag) != 0 ? 1U : 0U) + ((flags & external_value_flag) != 0 ? 1U : 0U);
  }
  [[nodiscard]] bool fits_narrow() const noexcept { return flags == 0 && bytes <= narrow_entry_bytes; }
};

/// Writes an entry. `first_ref` is the index that its first blob has in the leaf.
template <class Ref>
inline void encode_item(std::byte* to, const packed_item<Ref>& item, const item_shape& shape,
                        std::uint32_t first_ref) noexcept {
  to[0] = static_cast<std::byte>(static_cast<unsigned>(item.key.kind) | (shape.code << 5));
  if (shape.code != 0) {
    to[1] = static_cast<std::byte>(item.key.size);
    copy_bytes(to + 2, item.key.data, item.key.size);
    copy_bytes(to + 2 + item.key.size, item.value.data, item.value.size);
    return;
  }
  to[1] = static_cast<std::byte>(static_cast<unsigned>(item.value.kind) | shape.flags);
  std::byte* rest = to + long_form_bytes(shape.flags);
  if ((shape.flags & external_key_flag) != 0) {
    store(to + 2, first_ref);
    store(to + 6, item.hash);
    ++first_ref;
  } else {
    to[2] = static_cast<std::byte>(item.key.size);
    copy_bytes(rest, item.key.data, item.key.size);
    rest += item.key.size;
  }
  if ((shape.flags & external_value_flag) != 0) {
    store(rest, first_ref);
  } else {
    copy_bytes(rest, item.value.data, item.value.size);
  }
}

/// Room to grow for a narrow leaf that this edit may change in place. A memory may say for how many entries.
template <class Leaf, class Memory>
[[nodiscard]] inline std::size_t edit_slack(const Memory& memory, std::size_t entries, std::size_t bytes) noexcept {
  if (memory.edit_token() == 0 || entries >= Leaf::max_entries) return 0;
  std::size_t more = 2;
  if constexpr (requires { Memory::entries_of_room; }) more = Memory::entries_of_room;
  if (more > Leaf::max_entries - entries) more = Leaf::max_entries - entries;
  return round_to_granules(more * (bytes / entries + 2)) - granule_bytes;
}

/// Builds one leaf from segments.
template <class Leaf, class Memory>
class packed_writer {
  using Ref = typename Leaf::ref_type;
  using segment = typename Leaf::segment;
  using narrow = typename Leaf::narrow;
  using wide = typename Leaf::wide;

 public:
  packed_writer(const Leaf& leaf, Memory& memory, unsigned depth, const segment* segments, unsigned count) noexcept
      : leaf_(leaf), memory_(memory), segments_(segments), segment_count_(count), depth_(depth) {}

  [[nodiscard]] Ref make() noexcept {
    for (unsigned i = 0; i < segment_count_; ++i) add(segments_[i]);
    assert(entries_ > 0);
    return refs_ == 0 && largest_ <= narrow_entry_bytes && entries_ <= Leaf::max_entries ? make_narrow() : make_wide();
  }

 private:
  void add(const segment& part) noexcept {
    entries_ += part.size();
    if (part.node != nullptr && Leaf::is_narrow(part.node)) {
      bytes_ += Leaf::measure(part.node, part.from, part.to).bytes;
      return;
    }
    for (std::uint32_t i = part.from; i < part.to; ++i) {
      std::size_t size = 0;
      if (part.node == nullptr) {
        const item_shape shape(part.items[i], Leaf::max_inline);
        size = shape.bytes;
        refs_ += shape.refs();
      } else {
        const encoded_entry at = Leaf::entry_of(part.node, i);
        size = at.size;
        refs_ += parse_entry(at.data, at.size).refs();
      }
      bytes_ += size;
      if (size > largest_) largest_ = size;
    }
  }

  [[nodiscard]] std::uint8_t tag_of(const segment& part, std::uint32_t index) const noexcept {
    if (part.node == nullptr) return hash_tag(part.items[index].hash, depth_);
    const unsigned depth = depth_of(part.node);
    const std::uint8_t tag = Leaf::tag_at(part.node, index);
    if (depth == depth_) return tag;
    if (depth > depth_) return hash_tag(known_hash(part.prefix, depth, tag), depth_);
    return hash_tag(leaf_.hash_at(memory_, part.node, index), depth_);
  }

  [[nodiscard]] Ref make_narrow() noexcept {
    const auto bytes = static_cast<std::size_t>(bytes_), entries = static_cast<std::size_t>(entries_);
    const std::uint64_t token = memory_.edit_token();
    const std::size_t node_bytes = narrow::node_bytes(entries, bytes) + edit_slack<Leaf>(memory_, entries, bytes);
    const auto made = memory_.allocate(node_bytes);
    if (made.address == nullptr) return {};
    write_header(made.address, node_kind::packed_leaf, depth_, node_bytes, static_cast<std::uint32_t>(entries), token);
    std::byte* tags = made.address + narrow_tags_offset;
    std::byte* sizes = tags + entries;
    std::byte* at = made.address + node_bytes;
    clear_bytes(sizes + entries, static_cast<std::size_t>(at - (sizes + entries)) - bytes);
    for (unsigned i = 0; i < segment_count_; ++i) {
      const segment& part = segments_[i];
      if (part.node != nullptr && Leaf::is_narrow(part.node)) {
        at = copy_narrow(part, tags, sizes, at);
      } else {
        at = put_narrow(part, tags, sizes, at);
      }
      tags += part.size();
      sizes += part.size();
    }
    return made.ref;
  }

  /// Copies a run of a narrow leaf; entries are written downwards from `at`. Returns where they begin.
  [[nodiscard]] std::byte* copy_narrow(const segment& part, std::byte* tags, std::byte* sizes,
                                       std::byte* at) const noexcept {
    const narrow leaf(part.node);
    const std::uint32_t first = leaf.sum(part.from), last = leaf.sum(part.to);
    copy_bytes(sizes, leaf.sizes() + part.from, part.size());
    copy_bytes(at - (last - first), leaf.end() - last, last - first);
    const unsigned depth = depth_of(part.node);
    if (depth == depth_) {
      copy_bytes(tags, leaf.tags() + part.from, part.size());
    } else if (depth > depth_) {
      for (std::uint32_t i = part.from; i < part.to; ++i) {
        *tags++ = static_cast<std::byte>(hash_tag(known_hash(part.prefix, depth, leaf.tag(i)), depth_));
      }
    } else {
      const std::byte* entry = leaf.end() - first;
      for (std::uint32_t i = part.from; i < part.to; ++i) {
        const auto size = std::to_integer<std::size_t>(leaf.sizes()[i]);
        entry -= size;
        *tags++ = static_cast<std::byte>(hash_tag(leaf_.hash(Leaf::inline_key({entry, size})), depth_));
      }
    }
    return at - (last - first);
  }

  /// The same for items, and for entries of a wide leaf.
  [[nodiscard]] std::byte* put_narrow(const segment& part, std::byte* tags, std::byte* sizes,
                                      std::byte* at) const noexcept {
    for (std::uint32_t i = part.from; i < part.to; ++i) {
      *tags++ = static_cast<std::byte>(tag_of(part, i));
      std::size_t size = 0;
      if (part.node == nullptr) {
        const item_shape shape(part.items[i], Leaf::max_inline);
        size = shape.bytes;
        encode_item(at - size, part.items[i], shape, 0);
      } else {
        const encoded_entry from = Leaf::entry_of(part.node, i);
        size = from.size;
        copy_bytes(at - size, from.data, size);
      }
      at -= size;
      *sizes++ = static_cast<std::byte>(size);
    }
    return at;
  }

  [[nodiscard]] Ref make_wide() noexcept {
    const std::uint64_t node_bytes = wide::node_bytes(entries_, bytes_, refs_);
    if (node_bytes > wide_limit || entries_ > 0xffffffffU) return {};
    const auto made = memory_.allocate(static_cast<std::size_t>(node_bytes));
    if (made.address == nullptr) return {};
    node_ = made.address;
    const auto entries = static_cast<std::uint32_t>(entries_);
    write_header(node_, node_kind::packed_leaf_wide, depth_, static_cast<std::size_t>(node_bytes), entries,
                 memory_.edit_token());
    std::memset(node_ + node_bytes - granule_bytes, 0, granule_bytes);
    store(node_ + wide_ref_count_offset, std::uint32_t{0});  // counts up: a release half-way finds what is there
    store(node_ + wide_bytes_offset, static_cast<std::uint32_t>(bytes_));
    ends_ = node_ + wide_refs_offset + refs_ * sizeof(Ref);
    tags_ = ends_ + 4 * std::size_t{entries};
    first_ = tags_ + entries;
    clear_tail(static_cast<std::size_t>(node_bytes));
    for (unsigned s = 0; s < segment_count_; ++s) {
      for (std::uint32_t i = segments_[s].from; i < segments_[s].to; ++i) {
        if (!put_wide(segments_[s], i)) {
          memory_.release(made.ref);
          return {};
        }
      }
    }
    return made.ref;
  }

  void clear_tail(std::size_t node_bytes) noexcept {
    std::byte* used = first_ + bytes_;
    clear_bytes(used, static_cast<std::size_t>(node_ + node_bytes - used));
  }

  [[nodiscard]] bool put_wide(const segment& part, std::uint32_t index) noexcept {
    *tags_++ = static_cast<std::byte>(tag_of(part, index));
    std::byte* to = first_ + written_;
    if (part.node == nullptr) {
      const auto& item = part.items[index];
      const item_shape shape(item, Leaf::max_inline);
      encode_item(to, item, shape, written_refs_);
      written_ += static_cast<std::uint32_t>(shape.bytes);
      if ((shape.flags & external_key_flag) != 0 && !own_blob(item.key_blob, item.key)) return false;
      if ((shape.flags & external_value_flag) != 0 && !own_blob(item.value_blob, item.value)) return false;
    } else {
      const encoded_entry from = Leaf::entry_of(part.node, index);
      copy_bytes(to, from.data, from.size);
      written_ += static_cast<std::uint32_t>(from.size);
      if (!Leaf::is_narrow(part.node)) share_refs(part.node, to, from.size);
    }
    store(ends_, written_);
    ends_ += 4;
    return true;
  }

  /// Takes over the blobs of an entry copied to `to`, and numbers them anew.
  void share_refs(const std::byte* node, std::byte* to, std::size_t size) noexcept {
    const entry_parts parts = parse_entry(to, size);
    if (parts.external_key()) {
      store(to + 2, written_refs_);
      share(wide(node).ref(parts.key_index));
    }
    if (parts.external_value()) {
      store(to + size - 4, written_refs_);
      share(wide(node).ref(parts.value_index));
    }
  }
  [[nodiscard]] bool own_blob(Ref blob, const packed_view& bytes) noexcept {
    if (blob == Ref{}) return own(make_blob(memory_, bytes));
    share(blob);
    return true;
  }
  void share(Ref ref) noexcept {
    memory_.retain(ref);
    (void)own(ref);
  }
  [[nodiscard]] bool own(Ref ref) noexcept {
    if (ref == Ref{}) return false;
    store(node_ + wide_refs_offset + written_refs_ * sizeof(Ref), ref);
    store(node_ + wide_ref_count_offset, ++written_refs_);
    return true;
  }

  static constexpr std::uint64_t wide_limit = 0xf0000000U;

  const Leaf& leaf_;
  Memory& memory_;
  const segment* segments_;
  unsigned segment_count_;
  unsigned depth_;
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t refs_ = 0;
  std::size_t largest_ = 0;
  std::byte* node_ = nullptr;
  std::byte* ends_ = nullptr;
  std::byte* tags_ = nullptr;
  std::byte* first_ = nullptr;
  std::uint32_t written_ = 0;
  std::uint32_t written_refs_ = 0;
};

template <class Ref, class Hash, unsigned B, unsigned S, unsigned V>
std::size_t packed_leaf<Ref, Hash, B, S, V>::item_bytes(const item& of) noexcept {
  return item_shape(of, V).bytes;
}

template <class Ref, class Hash, unsigned B, unsigned S, unsigned V>
template <node_memory Memory>
Ref packed_leaf<Ref, Hash, B, S, V>::make(Memory& memory, unsigned depth, const segment* segments,
                                          unsigned count) const noexcept {
  return packed_writer<packed_leaf, Memory>(*this, memory, depth, segments, count).make();
}

}  // namespace coppice::detail
