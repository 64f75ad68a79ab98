// Leaves that hold C++ objects: the policy of the trie for maps and sets of any types.
//
// Layout: node_header, whose `count` is n, then
//   16       u8 tag[R]     the eight hash bits after the leaf's depth, hence ascending; R is B rounded up to 16
//   ...      element[n]    from the first multiple of the element's alignment on
//   ...      room          for further elements, in leaves that were changed in place
// Elements with equal hashes are in the order of their keys, or, where keys have no order, in any. In a leaf of more
// than B elements all hashes are equal, and so are all tags.
//
// There is no limit in bytes: elements are of one size.
//
// Exceptions. What the trie calls is noexcept. An element whose copy throws is handled as a full memory is: what was
// made is destroyed again, `make` returns null, the trie leaves everything as it was, and the memory keeps the
// exception for the collection to throw on (memory.hpp). Hash, Equal and the comparisons of keys and values must not
// throw.
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
#include "coppice/detail/heap/memory.hpp"
#include "coppice/detail/leaf.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/packed_layout.hpp"

namespace coppice::detail {

/// A key that lies somewhere else, with the two relations that the trie asks for.
template <class Key, class Equal>
struct typed_key {
  const Key* at = nullptr;

  /// Keys have an order that goes with their equality. An Equal of the user's own may take for equal what < tells
  /// apart.
  [[nodiscard]] static constexpr bool ordered() noexcept {
    return (std::same_as<Equal, std::equal_to<>> || std::same_as<Equal, std::equal_to<Key>>) &&
           requires(const Key& key) {
             { key < key } -> std::convertible_to<bool>;
           };
  }
  template <class Other>
  [[nodiscard]] bool same_as(const Other& other) const noexcept {
    return Equal{}(*at, *other.at);
  }
  /// Negative, zero or positive; zero for all keys where they have no order.
  [[nodiscard]] int compare(const typed_key& other) const noexcept {
    if constexpr (ordered()) {
      return *at < *other.at ? -1 : *other.at < *at ? 1 : 0;
    } else {
      return 0;
    }
  }
};

/// What is looked up in the place of a key: anything that Equal compares with keys.
template <class Query>
struct typed_query {
  const Query* at;
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

/// Elements of a map.
template <class K, class V>
struct map_element {
  using type = std::pair<K, V>;
  using key_type = K;
  using value_type = V;
  [[nodiscard]] static const K& key(const type& element) noexcept { return element.first; }
  [[nodiscard]] static const V& value(const type& element) noexcept { return element.second; }
};

/// What a set stores beside its keys.
struct no_value {
  friend constexpr bool operator==(no_value, no_value) noexcept { return true; }
};

/// Elements of a set.
template <class T>
struct set_element {
  using type = T;
  using key_type = T;
  using value_type = no_value;
  // An element outlives what is read of it: it lies in a leaf.
  // NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter)
  [[nodiscard]] static const T& key(const type& element) noexcept { return element; }
  [[nodiscard]] static const no_value& value(const type&) noexcept { return nothing; }
  static constexpr no_value nothing{};
};

/// An element to be stored. `movable`: it is given away.
template <class Element>
struct typed_item {
  std::uint64_t hash;
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
  bool roomy;         // a new leaf leaves room for the changes that will follow
  [[nodiscard]] bool shrinks() const noexcept { return added == nullptr; }
};

/// Whether elements may be copied and moved as bytes. (A std::pair of numbers is not trivially copyable, because its
/// assignment is not trivial; nodes never assign.)
template <class Element>
inline constexpr bool copies_as_bytes =
    std::is_trivially_copy_constructible_v<Element> && std::is_trivially_move_constructible_v<Element> &&
    std::is_trivially_destructible_v<Element>;

/// B where the user chooses none: leaves of about half a KiB, smaller ones where an element costs more to copy.
template <class Element>
[[nodiscard]] constexpr unsigned default_leaf_entries() noexcept {
  if (!copies_as_bytes<Element>) return sizeof(Element) <= 16 ? 16 : 8;
  return sizeof(Element) <= 16 ? 32 : sizeof(Element) <= 32 ? 16 : 8;
}

/// `MaxEntries` is B; 0: default_leaf_entries.
template <class Element, class Hash, class Equal, unsigned MaxEntries>
class typed_leaf {
 public:
  using element = typename Element::type;
  using key_type = typed_key<typename Element::key_type, Equal>;
  using value_type = typed_value<typename Element::value_type>;
  using item = typed_item<Element>;
  using segment = leaf_segment<item>;
  using change = typed_change<item>;
  /// What iteration yields. Valid as long as the version.
  struct entry {
    key_type key;
    value_type value;
    const element* at;
  };

  static constexpr unsigned max_entries = MaxEntries != 0 ? MaxEntries : default_leaf_entries<element>();
  using lanes = lane_array<max_entries>;
  static constexpr std::size_t alignment = alignof(element) > granule_bytes ? alignof(element) : granule_bytes;
  static constexpr bool keys_ordered = key_type::ordered();
  static constexpr bool leaves_room = true;
  static constexpr bool copies_safely = std::is_nothrow_copy_constructible_v<element>;
  static constexpr bool moves_safely =
      std::is_nothrow_move_constructible_v<element> && std::is_nothrow_destructible_v<element>;

  typed_leaf() = default;
  explicit typed_leaf(const Hash& hash) noexcept : hash_(hash) {}

  [[nodiscard]] std::uint64_t hash(const key_type& key) const noexcept { return hash_(*key.at); }
  [[nodiscard]] item make_item(element& from, bool movable) const noexcept {
    return {hash_(Element::key(from)), &from, movable};
  }
  [[nodiscard]] static key_type key_of(const item& of) noexcept { return {&Element::key(*of.element)}; }

  [[nodiscard]] static bool is_leaf(node_kind kind) noexcept { return kind == node_kind::typed_leaf; }
  [[nodiscard]] static bool fits(const leaf_measure& size) noexcept { return size.count <= max_entries; }
  [[nodiscard]] static leaf_measure measure(const std::byte* node) noexcept { return {count_of(node), 0}; }
  [[nodiscard]] static leaf_measure measure(const std::byte*, std::uint32_t from, std::uint32_t to) noexcept {
    return {to - from, 0};
  }
  [[nodiscard]] static std::size_t item_bytes(const item&) noexcept { return 0; }
  [[nodiscard]] static bool item_less(const item& a, const item& b) noexcept {
    // Not `a.hash <`, which g++ takes for the template coppice::hash if that is declared before.
    return a.hash != b.hash ? b.hash > a.hash : key_of(a).compare(key_of(b)) < 0;
  }

  /// The elements of a node, in order.
  [[nodiscard]] static const element* elements_of(const std::byte* node) noexcept {
    return reinterpret_cast<const element*>(node + elements_offset);
  }
  [[nodiscard]] static const element* element_at(const std::byte* node, std::uint32_t index) noexcept {
    return elements_of(node) + index;
  }
  [[nodiscard]] static std::uint8_t tag_at(const std::byte* node, std::uint32_t index) noexcept {
    return std::to_integer<std::uint8_t>(node[tags_offset + (index < lanes::bytes ? index : 0)]);
  }

  /// The element of a key_type or typed_query, or null.
  template <readable_memory Memory, class Key>
  [[nodiscard]] const element* find(const Memory&, const std::byte* node, const Key& key,
                                    std::uint64_t hash) const noexcept {
    const std::uint32_t count = count_of(node);
    if (count > max_entries) {
      const leaf_position at = locate_among_equals(node, key, hash);
      return at.found ? element_at(node, at.index) : nullptr;
    }
    std::uint32_t candidates = lanes::equal(node + tags_offset, hash_tag(hash, depth_of(node)), count);
    for (; candidates != 0; candidates &= candidates - 1) {
      const element* found = element_at(node, static_cast<unsigned>(__builtin_ctz(candidates)));
      if (Equal{}(Element::key(*found), *key.at)) return found;
    }
    return nullptr;
  }

  /// Where a key is or belongs; where a typed_query is.
  template <readable_memory Memory, class Key>
  [[nodiscard]] leaf_position locate(const Memory& memory, const std::byte* node, const Key& key,
                                     std::uint64_t hash) const noexcept {
    const std::uint32_t count = count_of(node);
    if (count > max_entries) return locate_among_equals(node, key, hash);
    const std::uint8_t tag = hash_tag(hash, depth_of(node));
    const std::uint32_t first = lanes::below(node + tags_offset, tag, count);
    std::uint32_t last = first;  // candidates are [first, last)
    for (; last < count && tag_at(node, last) == tag; ++last) {
      if (key_at(memory, node, last).same_as(key)) return {last, true};
    }
    if constexpr (std::same_as<Key, key_type>) {
      return {place_among(*this, memory, node, key, hash, {first, last}), false};
    } else {
      return {};
    }
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
                                      const item& of) noexcept {
    return value_type{&Element::value(*element_at(node, index))}.same_as({&Element::value(*of.element)});
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
  [[nodiscard]] typename Memory::ref_type make(Memory& memory, unsigned depth, const segment* segments, unsigned count,
                                               bool roomy = false) const noexcept {
    std::uint32_t total = 0;
    for (unsigned i = 0; i < count; ++i) total += segments[i].size();
    writer<Memory> into(memory, depth, total);
    if (!into.open(roomy ? with_room(total) : total)) return {};
    for (unsigned i = 0; i < count; ++i) {
      const segment& part = segments[i];
      if (part.node != nullptr && depth_of(part.node) == depth) {
        if (!into.add_run(part.node, part.from, part.to)) return into.give_up();
        continue;
      }
      for (std::uint32_t k = part.from; k < part.to; ++k) {
        const bool done = part.node == nullptr
                              ? into.add(part.items[k])
                              : into.add(*element_at(part.node, k), hash_tag(hash_at(memory, part.node, k), depth));
        if (!done) return into.give_up();
      }
    }
    return into.finish();
  }

  [[nodiscard]] static change plan(const std::byte* node, std::uint32_t index, std::uint32_t removed, const item* added,
                                   bool roomy) noexcept {
    return {added, index, removed, {std::uint64_t{count_of(node)} - removed + (added != nullptr ? 1U : 0U), 0}, roomy};
  }

  /// A new leaf like `node` with the change.
  template <node_memory Memory>
  [[nodiscard]] typename Memory::ref_type splice(Memory& memory, const std::byte* node, std::uint64_t,
                                                 const change& wanted) const noexcept {
    const std::uint32_t old_count = count_of(node);
    const auto count = static_cast<std::uint32_t>(wanted.size.count);
    writer<Memory> into(memory, depth_of(node), count);
    if (!into.open(wanted.roomy ? with_room(count) : count)) return {};
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
      // Tags end at `lanes::bytes`: those of a leaf of more than B elements cannot be moved up.
      if (count == 0 || old_count > max_entries) return false;
      if (count > max_entries || node_bytes(count) > bytes_of(node)) return false;
      const item* added = wanted.added;
      if (added != nullptr && !copies_safely && !added->movable) return false;
      auto* const elements = reinterpret_cast<element*>(node + elements_offset);
      if (added != nullptr && lies_inside(added->element, elements, elements + old_count)) return false;
      element* const place = elements + wanted.index;
      if (wanted.removed != 0) place->~element();
      if (count != old_count) {
        shift(place, elements + old_count, added != nullptr);
        std::byte* const tags = node + tags_offset + wanted.index;
        const std::uint32_t next = wanted.index + wanted.removed;
        std::memmove(tags + (added != nullptr ? 1 : 0), tags + wanted.removed, old_count - next);
        store(node + offsetof(node_header, count), count);
      }
      if (added != nullptr) {
        construct(place, *added);
        node[tags_offset + wanted.index] = static_cast<std::byte>(hash_tag(added->hash, depth_of(node)));
      }
      return true;
    }
  }

  /// Ends the lifetime of a node's elements.
  static void destroy(std::byte* node) noexcept {
    std::destroy_n(reinterpret_cast<element*>(node + elements_offset), count_of(node));
  }

  /// Bytes of a node for `count` elements.
  [[nodiscard]] static constexpr std::size_t node_bytes(std::size_t count) noexcept {
    return (elements_offset + count * sizeof(element) + alignment - 1) / alignment * alignment;
  }

 private:
  static constexpr std::size_t tags_offset = sizeof(node_header);
  static constexpr std::size_t elements_offset =
      (tags_offset + lanes::bytes + alignof(element) - 1) / alignof(element) * alignof(element);
  static_assert(lanes::bytes >= sizeof(waiting_leaf), "a leaf that waits to be destroyed is linked through its tags");

  /// How many elements a new leaf gets room for that is likely to grow.
  [[nodiscard]] static constexpr std::uint32_t with_room(std::uint32_t count) noexcept {
    const std::uint32_t more = count + count / 3 + 1;
    return count > max_entries ? count : more < max_entries ? more : max_entries;
  }

  /// Fills a new node from the first element on.
  template <class Memory>
  class writer {
   public:
    using Ref = typename Memory::ref_type;
    writer(Memory& memory, unsigned depth, std::uint32_t count) noexcept
        : memory_(memory), depth_(depth), count_(count) {}

    /// Allocates room for so many elements.
    [[nodiscard]] bool open(std::uint32_t room) noexcept {
      const std::size_t bytes = node_bytes(room);
      const auto made = memory_.allocate(bytes);
      ref_ = made.ref;
      node_ = made.address;
      if (node_ == nullptr) return false;
      write_header(node_, node_kind::typed_leaf, depth_, bytes, count_, memory_.edit_token());
      elements_ = reinterpret_cast<element*>(node_ + elements_offset);
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
      const bool tagged = to <= lanes::bytes && done_ + (to - from) <= lanes::bytes;
      if (copies_as_bytes<element> && tagged) {
        std::memmove(node_ + tags_offset + done_, node + tags_offset + from, to - from);
        std::memmove(static_cast<void*>(elements_ + done_), elements_of(node) + from, (to - from) * sizeof(element));
        done_ += to - from;
        return true;
      }
      for (std::uint32_t i = from; i < to; ++i) {
        if (!add(*element_at(node, i), tag_at(node, i))) return false;
      }
      return true;
    }
    [[nodiscard]] Ref finish() const noexcept {
      assert(done_ == count_);
      return ref_;
    }
    /// Destroys what was made. Returns null.
    [[nodiscard]] Ref give_up() noexcept {
      store(node_ + offsetof(node_header, count), done_);
      memory_.release(ref_);
      return {};
    }

   private:
    template <class Make>
    [[nodiscard]] bool put(std::uint8_t tag, const Make& make) noexcept {
      if (done_ < lanes::bytes) node_[tags_offset + done_] = static_cast<std::byte>(tag);
      element* const to = elements_ + done_;
      if constexpr (noexcept(make(to))) {
        make(to);
      } else {
        try {
          make(to);
        } catch (...) {
          memory_.keep_exception();
          return false;
        }
      }
      ++done_;
      return true;
    }

    Memory& memory_;
    unsigned depth_;
    std::uint32_t count_;
    Ref ref_{};
    std::byte* node_ = nullptr;
    element* elements_ = nullptr;
    std::uint32_t done_ = 0;
  };

  static void construct(element* to, const item& from) noexcept(copies_safely && moves_safely) {
    if (from.movable) {
      std::construct_at(to, std::move(*from.element));
    } else {
      std::construct_at(to, static_cast<const element&>(*from.element));
    }
  }

  /// Opens a gap at `place` by moving it and what follows, up to `end`, by one; or closes the gap at `place`.
  static void shift(element* place, element* end, bool open) noexcept {
    if constexpr (copies_as_bytes<element>) {
      element* const from = open ? place : place + 1;
      std::memmove(static_cast<void*>(open ? place + 1 : place), from,
                   static_cast<std::size_t>(end - from) * sizeof(element));
    } else if (open) {
      for (element* at = end; at > place; --at) relocate(at, at - 1);
    } else {
      for (element* at = place; at + 1 < end; ++at) relocate(at, at + 1);
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
    return {{&Element::key(at)}, {&Element::value(at)}, &at};
  }

  /// In a leaf of more than B elements all hashes are equal; it is searched by halves where keys have an order.
  template <class Key>
  [[nodiscard]] leaf_position locate_among_equals(const std::byte* node, const Key& key,
                                                  std::uint64_t hash) const noexcept {
    const std::uint32_t count = count_of(node);
    const element* elements = elements_of(node);
    const std::uint64_t common = hash_(Element::key(*elements));
    if (hash != common) return {hash < common ? 0 : count, false};
    if constexpr (key_type::ordered() && requires { Element::key(*elements) < *key.at; }) {
      std::uint32_t low = 0;
      for (std::uint32_t high = count; low < high;) {
        const std::uint32_t middle = low + (high - low) / 2;
        if (Element::key(elements[middle]) < *key.at) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return {low, low < count && Equal{}(Element::key(elements[low]), *key.at)};
    } else {
      for (std::uint32_t i = 0; i < count; ++i) {
        if (Equal{}(Element::key(elements[i]), *key.at)) return {i, true};
      }
      return {count, false};
    }
  }

  [[no_unique_address]] Hash hash_{};
};

/// Where the nodes of a trie with such leaves have their children and elements, for heap_memory.
template <class Leaf>
struct typed_nodes {
  static constexpr std::size_t alignment = Leaf::alignment;
  static constexpr bool holds_objects = !std::is_trivially_destructible_v<typename Leaf::element>;
  [[nodiscard]] static bool is_leaf(const std::byte* node) noexcept { return kind_of(node) != node_kind::branch; }
  template <class F>
  static void each_child(std::byte* branch, F&& f) noexcept {
    each_distinct(reinterpret_cast<std::byte* const*>(branch + branch_refs_offset), trie_fan_out, std::forward<F>(f));
  }
  static void destroy(std::byte* leaf) noexcept { Leaf::destroy(leaf); }
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
