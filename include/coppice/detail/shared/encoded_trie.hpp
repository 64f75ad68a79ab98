// What map and set are made of in an arena where their elements cannot lie there as they are: a trie of packed leaves,
// whose keys and values are the bytes of codec<T> (coppice/codec.hpp). Elements are given by value.
//
// It has the functions of hash_trie. Keys are hashed and compared by their bytes, under the seed of the collection:
// hence they have the default Hash and Equal.
//
// Errors: bytes that cannot be decoded, in a store that is damaged, throw error corrupt.
// Thread safety: as hash_trie.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/codec.hpp"
#include "coppice/detail/collection_record.hpp"
#include "coppice/detail/heap/element_iterator.hpp"
#include "coppice/detail/heap/key_hash.hpp"
#include "coppice/detail/heap/trie_root.hpp"
#include "coppice/detail/heap/typed_leaf.hpp"
#include "coppice/detail/packed_leaf.hpp"
#include "coppice/detail/shared/handle.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_build.hpp"
#include "coppice/detail/trie_check.hpp"
#include "coppice/detail/trie_cursor.hpp"
#include "coppice/detail/trie_diff.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "coppice/detail/trie_join.hpp"
#include "coppice/hash.hpp"

namespace coppice::detail {

/// Nodes of tries of packed leaves, for a Memory that asks.
struct packed_nodes;

[[nodiscard]] inline packed_view encoded_view(std::span<const std::byte> bytes) noexcept {
  return {bytes.data(), bytes.size(), value_kind::bytes};
}
template <class T>
[[nodiscard]] T decode_stored(const packed_view& stored) {
  result<T> decoded = decode<T>({stored.data, stored.size});
  if (!decoded) throw decode_error(decoded.why());
  return *std::move(decoded);
}

/// Encodes as a Key what may be looked up in its place: text is not copied before.
template <class Key, class Query>
void encode_as(const Query& query, byte_buffer& to) {
  if constexpr (std::same_as<Query, Key>) {
    encode(query, to);
  } else if constexpr (std::same_as<Key, std::string> && std::convertible_to<const Query&, std::string_view>) {
    encode(std::string_view(query), to);
  } else {
    encode(static_cast<Key>(query), to);
  }
}

/// The bytes of a Key to be looked up.
template <class Key>
class encoded_key {
 public:
  template <class Query>
  explicit encoded_key(const Query& query) {
    encode_as<Key>(query, buffer_);
  }
  [[nodiscard]] packed_view view() const noexcept { return encoded_view(buffer_.bytes()); }

 private:
  byte_buffer buffer_;
};

/// Encodes and decodes elements of maps and sets.
template <class Element>
struct element_coder {
  using element = typename Element::type;
  using key_type = typename Element::key_type;
  using mapped_type = typename Element::value_type;
  static constexpr bool is_set = std::same_as<mapped_type, no_value>;

  [[nodiscard]] static mapped_type value_of(const packed_view& stored) {
    if constexpr (is_set) {
      return {};
    } else {
      return decode_stored<mapped_type>(stored);
    }
  }
  [[nodiscard]] static element element_of(const packed_view& key, const packed_view& value) {
    if constexpr (is_set) {
      return decode_stored<key_type>(key);
    } else {
      return element(decode_stored<key_type>(key), decode_stored<mapped_type>(value));
    }
  }
  static void encode_value(const mapped_type& value, byte_buffer& to) {
    if constexpr (!is_set) encode(value, to);
  }
};

/// Iterates over what `Projection` makes of each element, by value.
template <class Leaf, class Element, class Projection>
class encoded_iterator {
  using coder = element_coder<Element>;
  using element = typename coder::element;

 public:
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = std::remove_cvref_t<decltype(Projection{}(std::declval<const element&>()))>;
  using reference = value_type;
  using difference_type = std::ptrdiff_t;
  /// What -> gives: holds the element.
  class pointer {
   public:
    explicit pointer(value_type&& of) : value_(std::move(of)) {}
    [[nodiscard]] const value_type* operator->() const noexcept { return &value_; }

   private:
    value_type value_;
  };

  encoded_iterator() noexcept = default;
  /// The element with so many others before it, or the end.
  encoded_iterator(const space_view& nodes, std::uint32_t root, std::uint64_t before) noexcept
      : nodes_(nodes), leaves_(nodes, root, before) {
    enter_leaf();
    for (; before != 0; --before) position_.advance();
  }

  [[nodiscard]] reference operator*() const {
    const auto [key, value] = position_.get(nodes_);
    return Projection{}(coder::element_of(key, value));
  }
  [[nodiscard]] pointer operator->() const { return pointer(**this); }
  encoded_iterator& operator++() noexcept {
    position_.advance();
    if (position_.done()) enter_leaf();
    return *this;
  }
  encoded_iterator operator++(int) noexcept {
    encoded_iterator before = *this;
    ++*this;
    return before;
  }
  [[nodiscard]] friend bool operator==(const encoded_iterator& a, const encoded_iterator& b) noexcept {
    return a.leaf_ == b.leaf_ && a.position_.left() == b.position_.left();
  }

 private:
  void enter_leaf() noexcept {
    leaf_ = leaves_.next();
    position_ = leaf_ == nullptr ? typename Leaf::position() : typename Leaf::position(leaf_);
  }

  space_view nodes_;
  const std::byte* leaf_ = nullptr;
  typename Leaf::position position_;
  leaf_stream<space_view> leaves_;
};

template <class Element, class Hash, class Equal, class Memory, unsigned LeafEntries>
class encoded_trie
    : public trie_root<encoded_trie<Element, Hash, Equal, Memory, LeafEntries>, Memory, packed_nodes, Hash> {
  using base = trie_root<encoded_trie, Memory, packed_nodes, Hash>;
  friend base;
  using coder = element_coder<Element>;

 public:
  using element = typename coder::element;
  using key_type = typename coder::key_type;
  using mapped_type = typename coder::mapped_type;
  using leaf_type = packed_leaf<std::uint32_t, seeded_hash, LeafEntries == 0 ? stored_leaf_entries : LeafEntries>;
  using base::base;
  using base::root;
  using base::view;
  using typename base::edit_type;
  using typename base::view_type;
  template <class Projection>
  using iterator = encoded_iterator<leaf_type, Element, Projection>;
  template <class T>
  using found = std::optional<T>;
  template <class T>
  using given = T;
  /// A difference to another trie, decoded.
  class difference {
   public:
    [[nodiscard]] diff_kind kind() const noexcept { return raw_.kind; }
    [[nodiscard]] const key_type& key() const noexcept { return *key_; }
    [[nodiscard]] const mapped_type* before() const noexcept { return before_.has_value() ? &*before_ : nullptr; }
    [[nodiscard]] const mapped_type* after() const noexcept { return after_.has_value() ? &*after_ : nullptr; }

    /// Of sets.
    [[nodiscard]] const key_type& element() const noexcept
      requires std::same_as<mapped_type, no_value>
    {
      return key();
    }

    template <class Cursor>
    [[nodiscard]] bool read(Cursor& from) {
      if (!from.next(raw_)) return false;
      key_.emplace(decode_stored<key_type>(raw_.key));
      before_.reset();
      after_.reset();
      if (raw_.kind != diff_kind::added) before_.emplace(coder::value_of(raw_.before));
      if (raw_.kind != diff_kind::removed) after_.emplace(coder::value_of(raw_.after));
      return true;
    }

   private:
    diff_change<leaf_type> raw_;
    std::optional<key_type> key_;
    std::optional<mapped_type> before_;
    std::optional<mapped_type> after_;
  };

  // ---- reading

  template <class Query>
  [[nodiscard]] bool contains(const Query& query) const {
    return find_stored(encoded_key<key_type>(query)).has_value();
  }
  template <class Query>
  [[nodiscard]] std::optional<key_type> find_key(const Query& query) const {
    const encoded_key<key_type> key(query);
    if (!find_stored(key)) return std::nullopt;
    return decode_stored<key_type>(key.view());
  }
  template <class Query>
  [[nodiscard]] std::optional<mapped_type> find_value(const Query& query) const {
    const auto stored = find_stored(encoded_key<key_type>(query));
    if (!stored) return std::nullopt;
    return coder::value_of(*stored);
  }
  /// Calls `f(elements, count)` for the elements of one leaf after the other, until it returns false.
  template <class F>
  bool each_leaf(const F& f) const {
    const view_type nodes = view();
    std::vector<element> elements;
    leaf_stream<view_type> leaves(nodes, root());
    while (const std::byte* node = leaves.next()) {
      elements.clear();
      for (typename leaf_type::position at(node); !at.done(); at.advance()) {
        const auto [key, value] = at.get(nodes);
        elements.push_back(coder::element_of(key, value));
      }
      if (!f(static_cast<const element*>(elements.data()), static_cast<std::uint32_t>(elements.size()))) return false;
    }
    return true;
  }

  // ---- changing

  trie_change store(element&& made) {
    byte_buffer buffer;
    encode(Element::key(made), buffer);
    const std::size_t middle = buffer.bytes().size();
    coder::encode_value(Element::value(made), buffer);
    const std::span<const std::byte> bytes(buffer.bytes());
    return store_encoded(encoded_view(bytes.first(middle)), encoded_view(bytes.subspan(middle)));
  }
  template <class Query, class Make>
  trie_change store_if_absent(const Query& query, const Make& make) {
    return contains(query) ? trie_change::none : store(make());
  }
  template <class Query, class F, class Make>
  trie_change update(const Query& query, F& f, const Make& make) {
    const encoded_key<key_type> key(query);
    if (const auto old = find_stored(key)) {
      byte_buffer value;
      coder::encode_value(mapped_type(f(coder::value_of(*old))), value);
      return store_encoded(key.view(), encoded_view(value.bytes()));
    }
    if constexpr (std::same_as<Make, std::nullptr_t>) {
      return trie_change::none;
    } else {
      return store(make());
    }
  }
  template <class Query>
  trie_change erase(const Query& query) {
    const encoded_key<key_type> key(query);
    edit_type edit = this->begin_edit();
    return this->take(edit, trie_erase(edit, leaf(), root(), key.view()));
  }

  [[nodiscard]] leaf_type leaf() const noexcept {
    static_assert(std::same_as<Hash, coppice::hash<key_type>> && std::same_as<Equal, std::equal_to<>>,
                  "coppice: keys that an arena holds encoded are hashed and compared by their bytes: leave Hash and "
                  "Equal as they are");
    return leaf_type(seeded_hash{this->hash().seed});
  }

 private:
  void fill(const element* elements, std::size_t count, bool) {
    if (count == 0) return;
    edit_type edit = this->begin_edit();
    const leaf_type how = leaf();
    byte_buffer buffer;
    std::vector<std::size_t> ends;  // of each key and value
    ends.reserve(2 * count);
    for (const element* each = elements; each != elements + count; ++each) {
      encode(Element::key(*each), buffer);
      ends.push_back(buffer.bytes().size());
      coder::encode_value(Element::value(*each), buffer);
      ends.push_back(buffer.bytes().size());
    }
    using item = typename leaf_type::item;
    std::vector<item> items;
    items.reserve(count);
    const std::span<const std::byte> bytes(buffer.bytes());
    std::size_t begin = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t middle = ends[2 * i], end = ends[2 * i + 1];
      items.push_back(how.make_item(encoded_view(bytes.subspan(begin, middle - begin)),
                                    encoded_view(bytes.subspan(middle, end - middle))));
      begin = end;
    }
    // Stable, for keys follow each other in the buffer. (std::stable_sort uses what clang reports as deprecated.)
    std::sort(items.begin(), items.end(), [](const item& x, const item& y) noexcept {
      if (x.hash != y.hash) return y.hash > x.hash;
      const auto order = x.key.compare(y.key);
      return order != 0 ? order < 0 : std::less<>{}(x.key.data, y.key.data);
    });
    const auto same_key = [](const item& a, const item& b) noexcept { return a.key.same_as(b.key); };
    // Backwards, so that the one kept of each run is its last.
    items.erase(items.begin(), std::unique(items.rbegin(), items.rend(), same_key).base());
    this->take_made(edit, trie_build(edit, how, items.data(), static_cast<std::uint32_t>(items.size())));
  }
  [[nodiscard]] bool same_elements(const encoded_trie& other) const {
    const view_type nodes = view(), theirs = other.view();
    return trie_for_each(nodes, leaf(), root(), [&](const auto& each) {
      const auto there = trie_find(theirs, other.leaf(), other.root(), each.key);
      return there.has_value() && there->same_as(each.value);
    });
  }
  [[nodiscard]] std::optional<packed_view> find_stored(const encoded_key<key_type>& key) const {
    return trie_find(view(), leaf(), root(), key.view());
  }
  trie_change store_encoded(const packed_view& key, const packed_view& value) {
    edit_type edit = this->begin_store();
    return this->take(edit, trie_set(edit, leaf(), root(), key, value));
  }
};

}  // namespace coppice::detail
