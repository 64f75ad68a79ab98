// The packed leaf as a policy of the trie: the class, and its reading half. packed_leaf.hpp is what to include.
//
// A Leaf policy tells the trie how entries are hashed, found, ordered, measured and written; the trie knows branches
// and the leaf condition only (a prefix is one leaf if `fits` or it holds one distinct hash). See trie.hpp for what the
// trie asks of a policy.
//
// B = MaxEntries, S = MaxBytes, V = MaxInline. They are part of the arena format.
//
// Thread safety: a policy is a value; its functions only read.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/branch.hpp"
#include "coppice/detail/hash.hpp"
#include "coppice/detail/leaf.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/packed_entry.hpp"
#include "coppice/detail/packed_layout.hpp"

namespace coppice::detail {

template <class Item>
struct packed_change;

template <class Ref, class Hash = seeded_hash, unsigned MaxEntries = 24, unsigned MaxBytes = 1536,
          unsigned MaxInline = 255>
class packed_leaf {
 public:
  static_assert(MaxInline <= 255, "the length of a key in an entry has one byte");
  using ref_type = Ref;
  using key_type = packed_key;
  using value_type = packed_value;
  using item = packed_item<Ref>;
  using segment = leaf_segment<item>;
  using narrow = narrow_leaf<MaxEntries>;
  using wide = wide_leaf<Ref, MaxEntries>;
  using lanes = lane_array<MaxEntries>;
  /// What iteration yields. Valid as long as the version.
  struct entry {
    packed_key key;
    packed_value value;
  };

  static constexpr unsigned max_entries = MaxEntries;
  static constexpr unsigned max_bytes = MaxBytes;
  static constexpr bool keys_ordered = true;
  static constexpr bool leaves_room = false;  // beyond what rounding to granules gives
  static constexpr unsigned max_inline = MaxInline;

  packed_leaf() = default;
  explicit packed_leaf(const Hash& hash) noexcept : hash_(hash) {}

  [[nodiscard]] std::uint64_t hash(const packed_key& key) const noexcept { return hash_(key.kind, key.data, key.size); }
  [[nodiscard]] std::uint64_t hash_of_short(const short_key& key) const noexcept {
    return hash_.of_short(key.kind, key.number, key.size);
  }
  [[nodiscard]] item make_item(const packed_key& key, const packed_value& value) const noexcept {
    return {hash(key), key, value, Ref{}, Ref{}};
  }
  [[nodiscard]] static const packed_key& key_of(const item& of) noexcept { return of.key; }
  [[nodiscard]] static bool is_leaf(node_kind kind) noexcept {
    return kind == node_kind::packed_leaf || kind == node_kind::packed_leaf_wide;
  }
  /// The size part of the leaf condition (T1).
  [[nodiscard]] static bool fits(const leaf_measure& size) noexcept {
    return size.count <= MaxEntries && size.bytes <= MaxBytes;
  }
  [[nodiscard]] static leaf_measure measure(const std::byte* node) noexcept {
    if (is_narrow(node)) {
      const narrow leaf(node);
      return {leaf.count, leaf.sum(leaf.count)};
    }
    const wide leaf(node);
    return {leaf.count, leaf.bytes()};
  }
  /// The same for the entries [from, to).
  [[nodiscard]] static leaf_measure measure(const std::byte* node, std::uint32_t from, std::uint32_t to) noexcept {
    if (is_narrow(node)) {
      const narrow leaf(node);
      return {to - from, leaf.sum(to) - leaf.sum(from)};
    }
    const wide leaf(node);
    return {to - from, std::uint64_t{leaf.begin_of(to)} - leaf.begin_of(from)};
  }
  [[nodiscard]] static std::size_t entry_bytes(const std::byte* node, std::uint32_t index) noexcept {
    return entry_of(node, index).size;
  }
  /// Order of entries: by hash, then by key.
  [[nodiscard]] static bool item_less(const item& a, const item& b) noexcept {
    // Not `a.hash <`, which g++ takes for the template coppice::hash if that is declared before.
    return a.hash != b.hash ? b.hash > a.hash : a.key.compare(b.key) < 0;
  }

  /// The value of a key. `hash` is the key's.
  template <readable_memory Memory>
  [[nodiscard]] std::optional<packed_value> find(const Memory& memory, const std::byte* node, const packed_key& key,
                                                 std::uint64_t hash) const noexcept {
    if (!is_narrow(node)) return find_wide(memory, node, key, hash);
    const narrow leaf(node);
    std::uint32_t candidates = lanes::equal(leaf.tags(), hash_tag(hash, depth_of(node)), leaf.count);
    for (; candidates != 0; candidates &= candidates - 1) {
      const encoded_entry found = leaf.entry(static_cast<unsigned>(__builtin_ctz(candidates)));
      if (has_inline_key(found, key)) return inline_value(found);
    }
    return std::nullopt;
  }

  /// The same for a key that is a number already, which need not be in memory.
  template <readable_memory Memory>
  [[nodiscard]] std::optional<packed_value> find(const Memory& memory, const std::byte* node, const short_key& key,
                                                 std::uint64_t hash) const noexcept {
    if (!is_narrow(node)) {
      std::byte bytes[8];
      store(bytes, key.number);
      return find_wide(memory, node, {bytes, key.size, key.kind}, hash);
    }
    const narrow leaf(node);
    std::uint32_t candidates = lanes::equal(leaf.tags(), hash_tag(hash, depth_of(node)), leaf.count);
    for (; candidates != 0; candidates &= candidates - 1) {
      const encoded_entry found = leaf.entry(static_cast<unsigned>(__builtin_ctz(candidates)));
      const packed_key inside = inline_key(found);
      if (inside.kind == key.kind && inside.size == key.size && load_short(inside.data, key.size) == key.number) {
        return inline_value(found);
      }
    }
    return std::nullopt;
  }

  /// Where a key is or belongs.
  template <readable_memory Memory>
  [[nodiscard]] leaf_position locate(const Memory& memory, const std::byte* node, const packed_key& key,
                                     std::uint64_t hash) const noexcept {
    const std::uint32_t count = count_of(node);
    if (count > MaxEntries) return locate_among_equals(memory, node, key, hash);
    const bool is_narrow_leaf = is_narrow(node);
    const std::byte* tags = is_narrow_leaf ? narrow(node).tags() : wide(node).tags();
    const std::uint8_t tag = hash_tag(hash, depth_of(node));
    const std::uint32_t first = lanes::below(tags, tag, count);
    std::uint32_t last = first;  // candidates, if any, are [first, last)
    for (; last < count && std::to_integer<std::uint8_t>(tags[last]) == tag; ++last) {
      if (is_narrow_leaf ? has_inline_key(narrow(node).entry(last), key) : has_key(memory, node, last, key, hash)) {
        return {last, true};
      }
    }
    return {place_among(*this, memory, node, key, hash, {first, last}), false};
  }

  template <readable_memory Memory>
  [[nodiscard]] std::uint64_t hash_at(const Memory& memory, const std::byte* node, std::uint32_t index) const noexcept {
    const encoded_entry at = entry_of(node, index);
    (void)memory;
    if (is_narrow(node)) return hash(inline_key(at));
    const entry_parts parts = parse_entry(at.data, at.size);
    return parts.external_key() ? parts.key_hash : hash_(parts.key_kind, parts.key, parts.key_size);
  }

  [[nodiscard]] static std::uint8_t tag_at(const std::byte* node, std::uint32_t index) noexcept {
    return is_narrow(node) ? narrow(node).tag(index) : wide(node).tag(index);
  }

  template <readable_memory Memory>
  [[nodiscard]] packed_key key_at(const Memory& memory, const std::byte* node, std::uint32_t index) const noexcept {
    const encoded_entry at = entry_of(node, index);
    return key_of(memory, node, parse_entry(at.data, at.size));
  }

  template <readable_memory Memory>
  [[nodiscard]] packed_value value_at(const Memory& memory, const std::byte* node, std::uint32_t index) const noexcept {
    const encoded_entry at = entry_of(node, index);
    return value_of(memory, node, parse_entry(at.data, at.size));
  }

  template <readable_memory Memory>
  [[nodiscard]] entry entry_at(const Memory& memory, const std::byte* node, std::uint32_t index) const noexcept {
    const encoded_entry at = entry_of(node, index);
    return resolve(memory, node, at);
  }

  /// An entry as one to be stored elsewhere; its blobs will be shared.
  template <readable_memory Memory>
  [[nodiscard]] item item_at(const Memory& memory, const std::byte* node, std::uint32_t index) const noexcept {
    const encoded_entry at = entry_of(node, index);
    const entry_parts parts = parse_entry(at.data, at.size);
    const entry views = resolve(memory, node, at);
    item copy{parts.external_key() ? parts.key_hash : hash(views.key), views.key, views.value, Ref{}, Ref{}};
    if (parts.external_key()) copy.key_blob = wide(node).ref(parts.key_index);
    if (parts.external_value()) copy.value_blob = wide(node).ref(parts.value_index);
    return copy;
  }

  /// Whether storing this value would change nothing (T6).
  template <readable_memory Memory>
  [[nodiscard]] bool has_value(const Memory& memory, const std::byte* node, std::uint32_t index,
                               const item& of) const noexcept {
    const encoded_entry at = entry_of(node, index);
    if (is_short(at)) return inline_value(at).same_as(of.value);
    const entry_parts parts = parse_entry(at.data, at.size);
    return (parts.flags & expiry_flag) == 0 && value_of(memory, node, parts).same_as(of.value);
  }

  /// Calls `f(entry)` for every entry in order until it returns false; returns whether it never did.
  template <readable_memory Memory, class F>
  bool each(const Memory& memory, const std::byte* node, F&& f) const {
    if (is_narrow(node)) {
      const narrow leaf(node);
      const std::byte* at = leaf.end();
      for (unsigned i = 0; i < leaf.count; ++i) {
        const auto size = std::to_integer<std::size_t>(leaf.sizes()[i]);
        at -= size;
        if (!f(entry{inline_key({at, size}), inline_value({at, size})})) return false;
      }
      return true;
    }
    const wide leaf(node);
    for (std::uint32_t i = 0; i < leaf.count; ++i) {
      if (!f(resolve(memory, node, leaf.entry(i)))) return false;
    }
    return true;
  }

  /// A place in a leaf, moved on one entry at a time; cheaper than entry_at() for each.
  class position {
   public:
    position() noexcept = default;
    explicit position(const std::byte* node) noexcept : node_(node), left_(count_of(node)) {
      if (!is_narrow(node)) return;
      size_ = narrow(node).sizes();
      end_ = narrow(node).end();
    }
    [[nodiscard]] bool done() const noexcept { return left_ == 0; }
    /// Entries from here to the end of the leaf.
    [[nodiscard]] std::uint32_t left() const noexcept { return left_; }
    /// Precondition: !done().
    template <readable_memory Memory>
    [[nodiscard]] entry get(const Memory& memory) const noexcept {
      if (size_ == nullptr) return resolve(memory, node_, wide(node_).entry(count_of(node_) - left_));
      const encoded_entry at{end_ - std::to_integer<std::size_t>(*size_), std::to_integer<std::size_t>(*size_)};
      return {inline_key(at), inline_value(at)};
    }
    /// Precondition: !done().
    void advance() noexcept {
      --left_;
      if (size_ != nullptr) end_ -= std::to_integer<std::size_t>(*size_++);
    }

   private:
    const std::byte* node_ = nullptr;
    const std::byte* size_ = nullptr;  // in a narrow leaf: of the entry
    const std::byte* end_ = nullptr;   // and where it ends
    std::uint32_t left_ = 0;
  };

  // ---- writing: packed_write.hpp and packed_change.hpp

  /// A change of one entry, prepared.
  using change = packed_change<item>;

  /// Bytes that the entry of an item takes in a leaf.
  [[nodiscard]] static std::size_t item_bytes(const item& of) noexcept;
  /// A new leaf from segments, in order, owned by the caller; null when there is no space.
  template <node_memory Memory>
  [[nodiscard]] Ref make(Memory& memory, unsigned depth, const segment* segments, unsigned count) const noexcept;
  /// Prepares to replace `removed` (0 or 1) entries at `index` by the item (null: by nothing).
  [[nodiscard]] static change plan(const std::byte* node, std::uint32_t index, std::uint32_t removed, const item* added,
                                   bool in_place) noexcept;
  /// A new leaf like `node` with the change. The leaf's prefix is given.
  template <node_memory Memory>
  [[nodiscard]] Ref splice(Memory& memory, const std::byte* node, std::uint64_t prefix,
                           const change& wanted) const noexcept;
  /// The same in place, if the node has room. False: nothing was changed.
  [[nodiscard]] static bool edit(std::byte* node, const change& wanted) noexcept;

 private:
  template <class Policy, class Memory>
  friend class packed_writer;
  template <class Policy, class Memory>
  friend class packed_checker;

  [[nodiscard]] static bool is_narrow(const std::byte* node) noexcept {
    return kind_of(node) == node_kind::packed_leaf;
  }
  [[nodiscard]] static encoded_entry entry_of(const std::byte* node, std::uint32_t index) noexcept {
    return is_narrow(node) ? narrow(node).entry(index) : wide(node).entry(index);
  }

  [[nodiscard]] static bool is_short(const encoded_entry& at) noexcept {
    return std::to_integer<unsigned>(at.data[0]) > kind_mask;
  }

  template <readable_memory Memory>
  [[nodiscard]] static packed_key key_of(const Memory& memory, const std::byte* node,
                                         const entry_parts& parts) noexcept {
    if (!parts.external_key()) return {parts.key, parts.key_size, parts.key_kind};
    return view_of_blob(memory.address(wide(node).ref(parts.key_index)), parts.key_kind);
  }
  template <readable_memory Memory>
  [[nodiscard]] static packed_value value_of(const Memory& memory, const std::byte* node,
                                             const entry_parts& parts) noexcept {
    if (!parts.external_value()) return {parts.value, parts.value_size, parts.value_kind_};
    return view_of_blob(memory.address(wide(node).ref(parts.value_index)), parts.value_kind_);
  }
  template <readable_memory Memory>
  [[nodiscard]] static entry resolve(const Memory& memory, const std::byte* node, const encoded_entry& at) noexcept {
    if (is_short(at)) return {inline_key(at), inline_value(at)};
    const entry_parts parts = parse_entry(at.data, at.size);
    return {key_of(memory, node, parts), value_of(memory, node, parts)};
  }

  /// The parts of an entry without refs; quicker than parse_entry() for the short form.
  [[nodiscard]] static packed_key inline_key(const encoded_entry& at) noexcept {
    const unsigned first = std::to_integer<unsigned>(at.data[0]);
    if (first > kind_mask) {
      return {at.data + 2, std::to_integer<std::size_t>(at.data[1]), static_cast<value_kind>(first & kind_mask)};
    }
    const entry_parts parts = parse_long_entry(at.data, at.size);
    return {parts.key, parts.key_size, parts.key_kind};
  }
  [[nodiscard]] static packed_value inline_value(const encoded_entry& at) noexcept {
    const unsigned first = std::to_integer<unsigned>(at.data[0]);
    if (first > kind_mask) {
      const std::size_t front = 2 + std::to_integer<std::size_t>(at.data[1]);
      return {at.data + front, at.size - front, coded_kinds[first >> 5]};
    }
    const entry_parts parts = parse_long_entry(at.data, at.size);
    return {parts.value, parts.value_size, parts.value_kind_};
  }

  /// Whether an entry without refs has this key.
  [[nodiscard]] static bool has_inline_key(const encoded_entry& at, const packed_key& key) noexcept {
    const unsigned first = std::to_integer<unsigned>(at.data[0]);
    if (first > kind_mask) {
      return (first & kind_mask) == static_cast<unsigned>(key.kind) &&
             std::to_integer<std::size_t>(at.data[1]) == key.size && equal_bytes(at.data + 2, key.data, key.size);
    }
    return inline_key(at).same_as(key);
  }

  template <readable_memory Memory>
  [[nodiscard]] bool has_key(const Memory& memory, const std::byte* node, std::uint32_t index, const packed_key& key,
                             std::uint64_t hash) const noexcept {
    const encoded_entry at = entry_of(node, index);
    if (is_narrow(node)) return has_inline_key(at, key);
    const entry_parts parts = parse_entry(at.data, at.size);
    if (parts.external_key() && parts.key_hash != hash) return false;
    return key_of(memory, node, parts).same_as(key);
  }

  template <readable_memory Memory>
  [[nodiscard]] std::optional<packed_value> find_wide(const Memory& memory, const std::byte* node,
                                                      const packed_key& key, std::uint64_t hash) const noexcept {
    const leaf_position at = locate(memory, node, key, hash);
    if (!at.found) return std::nullopt;
    return value_at(memory, node, at.index);
  }

  /// In a leaf of more than B entries all hashes are equal, and keys ascend.
  template <readable_memory Memory>
  [[nodiscard]] leaf_position locate_among_equals(const Memory& memory, const std::byte* node, const packed_key& key,
                                                  std::uint64_t hash) const noexcept {
    const std::uint32_t count = count_of(node);
    const std::uint64_t common = hash_at(memory, node, 0);
    if (hash != common) return {hash < common ? 0 : count, false};
    std::uint32_t low = 0;
    for (std::uint32_t high = count; low < high;) {
      const std::uint32_t middle = low + (high - low) / 2;
      const int order = key_at(memory, node, middle).compare(key);
      if (order == 0) return {middle, true};
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return {low, false};
  }

  [[no_unique_address]] Hash hash_{};
};

}  // namespace coppice::detail
