// Small things that the typed collections share: names that stand in their interfaces, and how they read ranges.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/detail/heap/statistics.hpp"
#include "coppice/detail/trie_diff.hpp"

namespace coppice {

/// What has become of a key: added, removed or changed.
using detail::diff_kind;

/// What stats() returns: nodes, bytes, depth, shared_nodes, shared_bytes.
using detail::collection_statistics;

/// A seed for the hashes of a collection, in the place of the random one of the process.
struct hash_seed {
  std::uint64_t value;
};

/// Names a version; compares equal to itself only. Not an address to read from.
class version_identity {
 public:
  explicit version_identity(const void* root) noexcept : root_(root) {}
  [[nodiscard]] friend bool operator==(version_identity, version_identity) noexcept = default;

 private:
  const void* root_;
};

namespace detail {

struct collection_access;
struct pack_access;

template <class Hash, class Equal>
concept transparent = requires {
  typename Hash::is_transparent;
  typename Equal::is_transparent;
};
/// What may be looked up: what converts to a key, and if both functions are transparent whatever they take.
template <class Query, class K, class Hash, class Equal>
concept lookup_key = std::convertible_to<const Query&, K> || transparent<Hash, Equal>;

/// Whether looking it up cannot throw. What is converted may: a string needs memory.
template <class Query, class K, class Hash, class Equal>
inline constexpr bool looks_up_safely =
    std::same_as<Query, K> || transparent<Hash, Equal> || std::is_nothrow_convertible_v<const Query&, K>;

/// The form in which it is looked up.
template <class K, class Hash, class Equal, class Query>
[[nodiscard]] inline decltype(auto) lookup_form(const Query& query) noexcept(looks_up_safely<Query, K, Hash, Equal>) {
  if constexpr (transparent<Hash, Equal> || std::same_as<Query, K>) {
    return static_cast<const Query&>(query);
  } else {
    return static_cast<K>(query);
  }
}

template <class Range, class Element>
concept elements_for = requires(Range& range) {
  { *std::begin(range) } -> std::convertible_to<Element>;
  std::end(range);
};

struct project_first {
  template <class Element>
  [[nodiscard]] const auto& operator()(const Element& element) const noexcept {
    return element.first;
  }
};
struct project_second {
  template <class Element>
  [[nodiscard]] const auto& operator()(const Element& element) const noexcept {
    return element.second;
  }
};

/// A trie of a range. Elements that lie side by side are read where they are; others are gathered first.
template <class Trie, class Iterator, class Sentinel, class Hash>
[[nodiscard]] Trie built_from(const Hash& hash, Iterator first, Sentinel last) {
  using element = typename Trie::element;
  if constexpr (std::contiguous_iterator<Iterator> && std::sized_sentinel_for<Sentinel, Iterator> &&
                std::same_as<std::iter_value_t<Iterator>, element>) {
    // Not movable, hence never written to.
    return Trie::build(hash, const_cast<element*>(std::to_address(first)), static_cast<std::size_t>(last - first),
                       false);
  } else if constexpr (std::same_as<element, bool>) {  // a vector of them has no elements to point to
    Trie made(hash);
    for (; first != last; ++first) made.store(static_cast<bool>(*first));
    return made;
  } else {
    std::vector<element> elements;
    for (; first != last; ++first) elements.emplace_back(*first);
    return Trie::build(hash, elements.data(), elements.size(), true);
  }
}

template <class Trie, class F>
bool visit_chunks(const Trie& trie, F& f) {
  return trie.each_leaf([&](const typename Trie::element* elements, std::size_t count) {
    const std::span<const typename Trie::element> chunk(elements, count);
    if constexpr (std::is_void_v<decltype(f(chunk))>) {
      f(chunk);
      return true;
    } else {
      return static_cast<bool>(f(chunk));
    }
  });
}

template <class Projection, class Trie>
[[nodiscard]] auto partitioned(const Trie& trie, std::size_t parts) {
  std::vector<decltype(trie.template all<Projection>())> ranges;
  ranges.reserve(parts);
  for (std::size_t i = 0; i < parts; ++i) ranges.push_back(trie.template part<Projection>(i, parts));
  return ranges;
}

/// Goes through what the `next()` of a cursor returns, once.
template <class Cursor>
class cursor_iterator {
  Cursor* cursor_;
  const typename Cursor::change* at_;

 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = typename Cursor::change;
  using reference = const value_type&;
  using pointer = const value_type*;
  using difference_type = std::ptrdiff_t;

  explicit cursor_iterator(Cursor& cursor) : cursor_(&cursor), at_(cursor.next()) {}
  [[nodiscard]] reference operator*() const noexcept { return *at_; }
  [[nodiscard]] pointer operator->() const noexcept { return at_; }
  cursor_iterator& operator++() noexcept(noexcept(cursor_->next())) {
    at_ = cursor_->next();
    return *this;
  }
  void operator++(int) noexcept(noexcept(cursor_->next())) { ++*this; }
  [[nodiscard]] friend bool operator==(const cursor_iterator& a, std::default_sentinel_t) noexcept {
    return a.at_ == nullptr;
  }
};

/// A cursor over the differences of two tries, both of which it holds.
template <class Trie>
class trie_difference {
 public:
  using change = typename Trie::difference;
  using iterator = cursor_iterator<trie_difference>;

  trie_difference(const Trie& older, const Trie& newer)
      : older_(older.under_hash_of(newer)),
        newer_(newer),
        nodes_(newer_.view()),
        leaf_(newer_.leaf()),
        cursor_(nodes_, leaf_, older_.root(), newer_.root()) {}
  trie_difference(const trie_difference&) = delete;
  trie_difference& operator=(const trie_difference&) = delete;

  /// The next change, valid until the call after it; null at the end.
  [[nodiscard]] const change* next() noexcept(Trie::stays_readable) {
    return change_.read(cursor_) ? &change_ : nullptr;
  }
  /// Goes on where the cursor stands.
  [[nodiscard]] iterator begin() noexcept(Trie::stays_readable) { return iterator(*this); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 private:
  Trie older_;
  Trie newer_;
  [[no_unique_address]] typename Trie::view_type nodes_;
  typename Trie::leaf_type leaf_;
  trie_diff_cursor<typename Trie::view_type, typename Trie::leaf_type> cursor_;
  change change_;
};

}  // namespace detail
}  // namespace coppice
