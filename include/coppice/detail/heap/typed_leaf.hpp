// Leaves that hold C++ objects: the policy of the trie for maps of any types.
//
// Layout: node_header, whose `count` is n, then
//   16       u8 tag[n]     the eight hash bits after the leaf's depth, hence ascending
//   ...      a gap         room to grow in place
//   .. end   element[n]    the first one last, so that an insertion moves only the elements that follow it and the
//                          tags may grow towards them
// The node has at least 16 + 16 * ceil(B / 16) bytes before the elements' end: tags are read in vectors of 16. Elements
// with equal hashes are in the order of their keys, or, where keys have no order, in any.
//
// B = MaxEntries. There is no limit in bytes: elements are of one size.
//
// Exceptions. What the trie calls is noexcept. An element whose copy throws is handled as a full memory is: what was
// made is destroyed again, `make` returns null, the trie leaves everything as it was, and the memory keeps the
// exception for the collection to throw on (memory.hpp).
//
// Thread safety: a policy is a value; its functions only read.
#pragma once

#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/branch.hpp"
#include "coppice/detail/leaf.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/packed_layout.hpp"

namespace coppice::detail {

/// A key that lies somewhere else, with the two relations that the trie asks for.
template <class Key, class Equal>
struct typed_key {
  const Key* at = nullptr;

  [[nodiscard]] bool same_as(const typed_key& other) const noexcept { return Equal{}(*at, *other.at); }
  /// Negative, zero or positive; zero for all keys where they have no order.
  [[nodiscard]] int compare(const typed_key& other) const noexcept {
    if constexpr (requires(const Key& a, const Key& b) {
                    { a < b } -> std::convertible_to<bool>;
                  }) {
      return *at < *other.at ? -1 : *other.at < *at ? 1 : 0;
    } else {
      return 0;
    }
  }
};

/// A value likewise. Values without == are never the same.
template <class Value>
struct typed_value {
  const Value* at = nullptr;

  [[nodiscard]] bool same_as(const typed_value& other) const noexcept {
    if constexpr (std::equality_comparable<Value>) {
      return at == other.at || *at == *other.at;
    } else {
      return at == other.at;
    }
  }
};

/// In the place of the tags of a leaf that waits to be destroyed.
struct waiting_leaf {
  std::byte* next;
  void (*free)(std::byte* leaf) noexcept;
};

/// Elements of a map.
template <class K, class V>
struct map_element {
  using type = std::pair<K, V>;
  using key_type = K;
  using value_type = V;
  [[nodiscard]] static const K& key(const type& element) noexcept { return element.first; }
  [[nodiscard]] static const V& value(const type& element) noexcept { return element.second; }
};

/// An element to be stored. `movable`: it is given away.
template <class Element, class Equal>
struct typed_item {
  std::uint64_t hash;
  typed_key<typename Element::key_type, Equal> key;
  typed_value<typename Element::value_type> value;
  typename Element::type* element;
  bool movable;
};

/// A change of one element, prepared.
template <class Item>
struct typed_change {
  const Item* added;
  std::uint32_t index;
  std::uint32_t removed;
  leaf_measure size;  // afterwards
  [[nodiscard]] bool shrinks() const noexcept { return added == nullptr; }
};

template <class Element, class Hash, class Equal, unsigned MaxEntries>
class typed_leaf {
 public:
  using element = typename Element::type;
  using key_type = typed_key<typename Element::key_type, Equal>;
  using value_type = typed_value<typename Element::value_type>;
  using item = typed_item<Element, Equal>;
  using segment = leaf_segment<item>;
  using change = typed_change<item>;
  using lanes = lane_array<MaxEntries>;
  /// What iteration yields. Valid as long as the version.
  struct entry {
    key_type key;
    value_type value;
  };

  static constexpr unsigned max_entries = MaxEntries;
  static constexpr std::size_t alignment = alignof(element) > granule_bytes ? alignof(element) : granule_bytes;
  static constexpr bool copies_safely = std::is_nothrow_copy_constructible_v<element>;
  static constexpr bool moves_safely =
      std::is_nothrow_move_constructible_v<element> && std::is_nothrow_destructible_v<element>;

  typed_leaf() = default;
  explicit typed_leaf(const Hash& hash) noexcept : hash_(hash) {}

  [[nodiscard]] std::uint64_t hash(const key_type& key) const noexcept { return hash_(*key.at); }
  [[nodiscard]] item make_item(element& from, bool movable) const noexcept {
    return {hash_(Element::key(from)), {&Element::key(from)}, {&Element::value(from)}, &from, movable};
  }

  [[nodiscard]] static bool is_leaf(node_kind kind) noexcept { return kind == node_kind::typed_leaf; }
  [[nodiscard]] static bool fits(const leaf_measure& size) noexcept { return size.count <= MaxEntries; }
  [[nodiscard]] static leaf_measure measure(const std::byte* node) noexcept { return {count_of(node), 0}; }
  [[nodiscard]] static leaf_measure measure(const std::byte*, std::uint32_t from, std::uint32_t to) noexcept {
    return {to - from, 0};
  }
  [[nodiscard]] static std::size_t item_bytes(const item&) noexcept { return 0; }
  [[nodiscard]] static bool item_less(const item& a, const item& b) noexcept {
    return a.hash != b.hash ? a.hash < b.hash : a.key.compare(b.key) < 0;
  }

  /// The element of a node at an index.
  [[nodiscard]] static const element* element_at(const std::byte* node, std::uint32_t index) noexcept {
    return reinterpret_cast<const element*>(node + bytes_of(node)) - 1 - index;
  }
  [[nodiscard]] static std::uint8_t tag_at(const std::byte* node, std::uint32_t index) noexcept {
    return std::to_integer<std::uint8_t>(node[tags_offset + index]);
  }

  /// The element of a key, or null. `query` is anything that Equal compares with keys.
  template <class Query>
  [[nodiscard]] const element* find_query(const std::byte* node, const Query& query,
                                          std::uint64_t hash) const noexcept {
    const std::uint32_t count = count_of(node);
    if (count > MaxEntries) return find_among_equals(node, query, hash);
    std::uint32_t candidates = lanes::equal(node + tags_offset, hash_tag(hash, depth_of(node)), count);
    for (; candidates != 0; candidates &= candidates - 1) {
      const element* found = element_at(node, static_cast<unsigned>(__builtin_ctz(candidates)));
      if (Equal{}(Element::key(*found), query)) return found;
    }
    return nullptr;
  }
  template <readable_memory Memory>
  [[nodiscard]] const element* find(const Memory&, const std::byte* node, const key_type& key,
                                    std::uint64_t hash) const noexcept {
    return find_query(node, *key.at, hash);
  }

  /// Where a key is or belongs.
  template <readable_memory Memory>
  [[nodiscard]] leaf_position locate(const Memory& memory, const std::byte* node, const key_type& key,
                                     std::uint64_t hash) const noexcept {
    const std::uint32_t count = count_of(node);
    if (count > MaxEntries) return locate_among_equals(memory, node, key, hash);
    const std::uint8_t tag = hash_tag(hash, depth_of(node));
    const std::uint32_t first = lanes::below(node + tags_offset, tag, count);
    std::uint32_t last = first;  // candidates are [first, last)
    for (; last < count && tag_at(node, last) == tag; ++last) {
      if (key_at(memory, node, last).same_as(key)) return {last, true};
    }
    return {place_among(*this, memory, node, key, hash, {first, last}), false};
  }

  template <readable_memory Memory>
  [[nodiscard]] std::uint64_t hash_at(const Memory&, const std::byte* node, std::uint32_t index) const noexcept {
    return hash_(Element::key(*element_at(node, index)));
  }
  template <readable_memory Memory>
  [[nodiscard]] static key_type key_at(const Memory&, const std::byte* node, std::uint32_t index) noexcept {
    return {&Element::key(*element_at(node, index))};
  }
  template <readable_memory Memory>
  [[nodiscard]] static entry entry_at(const Memory&, const std::byte* node, std::uint32_t index) noexcept {
    return entry_of(*element_at(node, index));
  }
  /// An element as one to be stored elsewhere; it will be copied.
  template <readable_memory Memory>
  [[nodiscard]] item item_at(const Memory&, const std::byte* node, std::uint32_t index) const noexcept {
    // Not movable, hence never written to.
    return make_item(const_cast<element&>(*element_at(node, index)), false);
  }
  template <readable_memory Memory>
  [[nodiscard]] static bool has_value(const Memory&, const std::byte* node, std::uint32_t index,
                                      const value_type& value) noexcept {
    return value_type{&Element::value(*element_at(node, index))}.same_as(value);
  }

  /// Calls `f(entry)` for every entry in order until it returns false; returns whether it never did.
  template <readable_memory Memory, class F>
  static bool each(const Memory&, const std::byte* node, F&& f) {
    const std::uint32_t count = count_of(node);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!f(entry_of(*element_at(node, i)))) return false;
    }
    return true;
  }

  // ---- writing

  /// A new leaf from segments, in order, owned by the caller; null when there is no space, or a copy threw.
  template <node_memory Memory>
  [[nodiscard]] typename Memory::ref_type make(Memory& memory, unsigned depth, const segment* segments,
                                               unsigned count) const noexcept {
    std::uint32_t total = 0;
    for (unsigned i = 0; i < count; ++i) total += segments[i].size();
    writer<Memory> into(memory, depth, total);
    if (!into.open()) return {};
    for (unsigned i = 0; i < count; ++i) {
      const segment& part = segments[i];
      for (std::uint32_t k = part.from; k < part.to; ++k) {
        const bool done = part.node != nullptr ? into.add(*element_at(part.node, k), tag_of(part, k, depth))
                                               : into.add(part.items[k]);
        if (!done) return into.give_up();
      }
    }
    return into.finish();
  }

  [[nodiscard]] static change plan(const std::byte* node, std::uint32_t index, std::uint32_t removed,
                                   const item* added) noexcept {
    return {added, index, removed, {std::uint64_t{count_of(node)} - removed + (added != nullptr ? 1U : 0U), 0}};
  }

  /// A new leaf like `node` with the change.
  template <node_memory Memory>
  [[nodiscard]] typename Memory::ref_type splice(Memory& memory, const std::byte* node, std::uint64_t,
                                                 const change& wanted) const noexcept {
    const unsigned depth = depth_of(node);
    const std::uint32_t old_count = count_of(node);
    const auto count = static_cast<std::uint32_t>(wanted.size.count);
    writer<Memory> into(memory, depth, count);
    if (!into.open()) return {};
    if (!into.add_run(node, 0, wanted.index)) return into.give_up();
    if (wanted.added != nullptr && !into.add(*wanted.added)) return into.give_up();
    if (!into.add_run(node, wanted.index + wanted.removed, old_count)) return into.give_up();
    return into.finish();
  }

  /// The same in place, if the node has room and elements can be moved without an exception. False: nothing was
  /// changed.
  [[nodiscard]] static bool edit(std::byte* node, const change& wanted) noexcept {
    if constexpr (!moves_safely) {
      return false;
    } else {
      const std::uint32_t old_count = count_of(node), count = static_cast<std::uint32_t>(wanted.size.count);
      if (count == 0 || count > MaxEntries || node_bytes(count) > bytes_of(node)) return false;
      const item* added = wanted.added;
      if (added != nullptr && !copies_safely && !added->movable) return false;
      element* const end = reinterpret_cast<element*>(node + bytes_of(node));
      element* const place = end - 1 - wanted.index;
      if (added != nullptr && lies_inside(added->element, end - old_count, end)) return false;
      std::byte* tags = node + tags_offset;
      if (wanted.removed != 0) place->~element();
      if (count != old_count) {
        shift(place, end - old_count, added != nullptr);
        const std::uint32_t next = wanted.index + wanted.removed;
        std::memmove(tags + wanted.index + (added != nullptr ? 1 : 0), tags + next, old_count - next);
        store(node + offsetof(node_header, count), count);
      }
      if (added != nullptr) {
        construct(place, *added);
        tags[wanted.index] = static_cast<std::byte>(hash_tag(added->hash, depth_of(node)));
      }
      return true;
    }
  }

  /// Ends the lifetime of a node's elements.
  static void destroy(std::byte* node) noexcept {
    if constexpr (!std::is_trivially_destructible_v<element>) {
      element* const end = reinterpret_cast<element*>(node + bytes_of(node));
      std::destroy(end - count_of(node), end);
    }
  }

  /// Bytes of a node for `count` elements.
  [[nodiscard]] static constexpr std::size_t node_bytes(std::size_t count) noexcept {
    const std::size_t read = tags_offset + (count > lanes::bytes ? count : lanes::bytes);
    const std::size_t front = tags_offset + (count > least_tag_room ? count : least_tag_room);
    const std::size_t exact = front + count * sizeof(element);
    const std::size_t bytes = exact > read ? exact : read;
    return (bytes + alignment - 1) / alignment * alignment;
  }

 private:
  static constexpr std::size_t tags_offset = sizeof(node_header);
  // A leaf that waits to be destroyed is linked through its tags (memory.hpp).
  static constexpr std::size_t least_tag_room = std::is_trivially_destructible_v<element> ? 0 : sizeof(waiting_leaf);

  /// Fills a new node from the first element on.
  template <class Memory>
  class writer {
   public:
    using Ref = typename Memory::ref_type;
    writer(Memory& memory, unsigned depth, std::uint32_t count) noexcept
        : memory_(memory), depth_(depth), count_(count), bytes_(node_bytes(count)) {}

    [[nodiscard]] bool open() noexcept {
      const auto made = memory_.allocate(bytes_);
      ref_ = made.ref;
      node_ = made.address;
      if (node_ == nullptr) return false;
      write_header(node_, node_kind::typed_leaf, depth_, bytes_, count_, memory_.edit_token());
      next_ = reinterpret_cast<element*>(node_ + bytes_);
      return true;
    }
    [[nodiscard]] bool add(const element& from, std::uint8_t tag) noexcept {
      return put(tag, [&](element* to) noexcept(copies_safely) { std::construct_at(to, from); });
    }
    [[nodiscard]] bool add(const item& from) noexcept {
      return put(hash_tag(from.hash, depth_),
                 [&](element* to) noexcept(copies_safely&& moves_safely) { construct(to, from); });
    }
    /// Elements [from, to) of a leaf of the same depth.
    [[nodiscard]] bool add_run(const std::byte* node, std::uint32_t from, std::uint32_t to) noexcept {
      if constexpr (std::is_trivially_copyable_v<element>) {
        const std::uint32_t run = to - from;
        if (run == 0) return true;
        std::memcpy(node_ + tags_offset + done_, node + tags_offset + from, run);
        next_ -= run;
        std::memcpy(static_cast<void*>(next_), element_at(node, to - 1), run * sizeof(element));
        done_ += run;
        return true;
      } else {
        for (std::uint32_t i = from; i < to; ++i) {
          if (!add(*element_at(node, i), tag_at(node, i))) return false;
        }
        return true;
      }
    }
    [[nodiscard]] Ref finish() const noexcept {
      assert(done_ == count_);
      return ref_;
    }
    /// Destroys what was made. Returns null.
    [[nodiscard]] Ref give_up() noexcept {
      std::destroy(next_, reinterpret_cast<element*>(node_ + bytes_));
      store(node_ + offsetof(node_header, count), std::uint32_t{0});
      memory_.release(ref_);
      return {};
    }

   private:
    template <class Make>
    [[nodiscard]] bool put(std::uint8_t tag, const Make& make) noexcept {
      node_[tags_offset + done_] = static_cast<std::byte>(tag);
      if constexpr (noexcept(make(next_))) {
        make(next_ - 1);
      } else {
        try {
          make(next_ - 1);
        } catch (...) {
          memory_.keep_exception();
          return false;
        }
      }
      --next_;
      ++done_;
      return true;
    }

    Memory& memory_;
    unsigned depth_;
    std::uint32_t count_;
    std::size_t bytes_;
    Ref ref_{};
    std::byte* node_ = nullptr;
    element* next_ = nullptr;  // the last one made
    std::uint32_t done_ = 0;
  };

  static void construct(element* to, const item& from) noexcept(copies_safely && moves_safely) {
    if constexpr (std::is_move_constructible_v<element>) {
      if (from.movable) {
        std::construct_at(to, std::move(*from.element));
        return;
      }
    }
    std::construct_at(to, static_cast<const element&>(*from.element));
  }

  /// Opens or closes a gap at `place` by moving the elements before it, down to `first`, by one.
  static void shift(element* place, element* first, bool open) noexcept {
    if constexpr (std::is_trivially_copyable_v<element>) {
      if (open) {
        std::memmove(static_cast<void*>(first - 1), first,
                     static_cast<std::size_t>(place + 1 - first) * sizeof(element));
      } else {
        std::memmove(static_cast<void*>(first + 1), first, static_cast<std::size_t>(place - first) * sizeof(element));
      }
    } else if (open) {
      for (element* at = first; at <= place; ++at) relocate(at - 1, at);
    } else {
      for (element* at = place; at > first; --at) relocate(at, at - 1);
    }
  }
  static void relocate(element* to, element* from) noexcept {
    std::construct_at(to, std::move(*from));
    from->~element();
  }
  [[nodiscard]] static bool lies_inside(const element* at, const element* first, const element* end) noexcept {
    return std::less_equal<>{}(first, at) && std::less<>{}(at, end);
  }

  [[nodiscard]] static entry entry_of(const element& at) noexcept {
    return {{&Element::key(at)}, {&Element::value(at)}};
  }

  /// The tag that an element of a segment has in a leaf of this depth.
  [[nodiscard]] std::uint8_t tag_of(const segment& part, std::uint32_t index, unsigned depth) const noexcept {
    if (depth_of(part.node) == depth) return tag_at(part.node, index);
    return hash_tag(hash_(Element::key(*element_at(part.node, index))), depth);
  }

  /// In a leaf of more than B elements all hashes are equal.
  template <class Query>
  [[nodiscard]] const element* find_among_equals(const std::byte* node, const Query& query,
                                                 std::uint64_t hash) const noexcept {
    if (hash_(Element::key(*element_at(node, 0))) != hash) return nullptr;
    for (std::uint32_t i = 0; i < count_of(node); ++i) {
      const element* found = element_at(node, i);
      if (Equal{}(Element::key(*found), query)) return found;
    }
    return nullptr;
  }
  template <readable_memory Memory>
  [[nodiscard]] leaf_position locate_among_equals(const Memory& memory, const std::byte* node, const key_type& key,
                                                  std::uint64_t hash) const noexcept {
    const std::uint32_t count = count_of(node);
    const std::uint64_t common = hash_at(memory, node, 0);
    if (hash != common) return {hash < common ? 0 : count, false};
    std::uint32_t low = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (key_at(memory, node, i).same_as(key)) return {i, true};
      if (key_at(memory, node, i).compare(key) <= 0) low = i + 1;
    }
    return {low, false};
  }

  [[no_unique_address]] Hash hash_{};
};

/// What trie_check asks of a Leaf policy.
template <class Element, class Hash, class Equal, unsigned MaxEntries, readable_memory Memory, class OnBlob>
[[nodiscard]] inline const char* check_leaf(const typed_leaf<Element, Hash, Equal, MaxEntries>& leaf,
                                            const Memory& memory, const std::byte* node, std::uint64_t prefix,
                                            OnBlob&&) noexcept {
  using Leaf = typed_leaf<Element, Hash, Equal, MaxEntries>;
  const std::uint32_t count = count_of(node);
  const unsigned depth = depth_of(node);
  if (count == 0) return "T1 no leaf is empty";
  if (Leaf::node_bytes(count) > bytes_of(node)) return "T8 a leaf has room for its entries";
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t hash = leaf.hash_at(memory, node, i);
    if (hash_prefix(hash, depth) != prefix) return "T1 entries have the prefix of their leaf";
    if (Leaf::tag_at(node, i) != hash_tag(hash, depth)) return "T2 tags are the bits after the prefix";
    if (i == 0) continue;
    const std::uint64_t before = leaf.hash_at(memory, node, i - 1);
    if (before > hash) return "T2 entries are in the order of their hashes";
    if (before != hash) continue;
    const auto left = Leaf::entry_at(memory, node, i - 1).key, right = Leaf::entry_at(memory, node, i).key;
    if (left.compare(right) > 0) return "T4 equal hashes are in the order of keys";
    if (left.same_as(right)) return "T4 a key stands once";
  }
  return nullptr;
}

}  // namespace coppice::detail
