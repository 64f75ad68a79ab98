// Iterators over the elements of a trie of typed leaves, in canonical order (by hash).
//
// An iterator holds the path to its leaf, some 300 bytes: it is cheap to move on, and dear to copy. It is valid as long
// as a version that holds the nodes.
//
// Thread safety: any number of threads may iterate over one version, each with its own iterators.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/trie_cursor.hpp"

namespace coppice::detail {

/// Iterates over what `Projection` makes of each element, which is a reference into it.
template <class View, class Leaf, class Projection>
class element_iterator {
  using element = typename Leaf::element;

 public:
  using iterator_category = std::forward_iterator_tag;
  using reference = decltype(Projection{}(std::declval<const element&>()));
  using value_type = std::remove_cvref_t<reference>;
  using pointer = const value_type*;
  using difference_type = std::ptrdiff_t;

  /// The end of every version.
  element_iterator() noexcept = default;
  /// The element with so many others before it, or the end.
  element_iterator(const View& view, typename View::ref_type root, std::uint64_t before) noexcept
      : leaves_(view, root, before) {
    enter_leaf();
    at_ += before;
  }

  [[nodiscard]] reference operator*() const noexcept { return Projection{}(*at_); }
  [[nodiscard]] pointer operator->() const noexcept { return &**this; }
  element_iterator& operator++() noexcept {
    if (++at_ == end_) enter_leaf();
    return *this;
  }
  element_iterator operator++(int) noexcept {
    element_iterator before = *this;
    ++*this;
    return before;
  }
  [[nodiscard]] friend bool operator==(const element_iterator& a, const element_iterator& b) noexcept {
    return a.at_ == b.at_;
  }

 private:
  void enter_leaf() noexcept {
    const std::byte* leaf = leaves_.next();
    at_ = leaf == nullptr ? nullptr : Leaf::elements_of(leaf);
    end_ = leaf == nullptr ? nullptr : at_ + count_of(leaf);
  }

  const element* at_ = nullptr;
  const element* end_ = nullptr;
  leaf_stream<View> leaves_;
};

/// Some consecutive elements of a version. Valid as long as a version that holds them.
template <class Iterator>
class element_range {
 public:
  using iterator = Iterator;
  using const_iterator = Iterator;
  using value_type = typename Iterator::value_type;

  element_range() noexcept = default;
  element_range(const Iterator& begin, const Iterator& end, std::size_t size) noexcept
      : begin_(begin), end_(end), size_(size) {}
  [[nodiscard]] Iterator begin() const noexcept { return begin_; }
  [[nodiscard]] Iterator end() const noexcept { return end_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

 private:
  Iterator begin_;
  Iterator end_;
  std::size_t size_ = 0;
};

}  // namespace coppice::detail
