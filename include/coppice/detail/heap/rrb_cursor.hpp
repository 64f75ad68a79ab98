// Iterators over a version.
//
// An iterator knows the leaf that it is in, so that going on within one is an addition and a comparison; at the end of
// a leaf it goes down from the root again, which costs little per element and needs no stack. The function that does so
// takes and returns values: an iterator whose address is never taken lives in registers.
//
// Thread safety: see rrb_tree.hpp. An iterator points to the version object.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"

namespace coppice::detail {

/// The leaf that has a position; at the end, an empty one.
template <class T, unsigned LeafBits, unsigned BranchBits, class Link>
[[nodiscard, gnu::noinline]] rrb_chunk<T> rrb_chunk_or_end(const rrb_version* version, std::uint64_t index) noexcept {
  if (index >= version->size()) return {nullptr, version->size(), version->size()};
  return rrb_chunk_at<rrb_layout<T, LeafBits, BranchBits, Link>>(*version, index);
}

/// T may be incomplete where the iterator is only named.
template <class T, unsigned LeafBits, unsigned BranchBits, class Link>
class rrb_iterator {
 public:
  using iterator_category = std::random_access_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = const T*;
  using reference = const T&;

  rrb_iterator() = default;
  rrb_iterator(const rrb_version* version, std::uint64_t index) noexcept : version_(version) { enter(index); }

  [[nodiscard]] reference operator*() const noexcept { return *operator->(); }
  [[nodiscard]] pointer operator->() const noexcept { return reinterpret_cast<pointer>(base_ + index_ * sizeof(T)); }
  [[nodiscard]] reference operator[](difference_type offset) const noexcept { return *(*this + offset); }

  rrb_iterator& operator++() noexcept {
    if (++index_ == end_) [[unlikely]]
      enter(index_);
    return *this;
  }
  rrb_iterator operator++(int) noexcept {
    rrb_iterator before = *this;
    ++*this;
    return before;
  }
  rrb_iterator& operator--() noexcept {
    if (index_-- == first_) [[unlikely]]
      enter(index_);
    return *this;
  }
  rrb_iterator operator--(int) noexcept {
    rrb_iterator before = *this;
    --*this;
    return before;
  }
  rrb_iterator& operator+=(difference_type offset) noexcept {
    index_ += static_cast<std::uint64_t>(offset);
    if (index_ < first_ || index_ >= end_) enter(index_);
    return *this;
  }
  rrb_iterator& operator-=(difference_type offset) noexcept { return *this += -offset; }
  [[nodiscard]] friend rrb_iterator operator+(rrb_iterator at, difference_type offset) noexcept { return at += offset; }
  [[nodiscard]] friend rrb_iterator operator+(difference_type offset, rrb_iterator at) noexcept { return at += offset; }
  [[nodiscard]] friend rrb_iterator operator-(rrb_iterator at, difference_type offset) noexcept { return at -= offset; }
  [[nodiscard]] friend difference_type operator-(const rrb_iterator& a, const rrb_iterator& b) noexcept {
    return static_cast<difference_type>(a.index_ - b.index_);
  }
  [[nodiscard]] friend bool operator==(const rrb_iterator& a, const rrb_iterator& b) noexcept {
    return a.index_ == b.index_;
  }
  [[nodiscard]] friend std::strong_ordering operator<=>(const rrb_iterator& a, const rrb_iterator& b) noexcept {
    return a.index_ <=> b.index_;
  }

 private:
  void enter(std::uint64_t index) noexcept {
    const rrb_chunk<T> chunk = rrb_chunk_or_end<T, LeafBits, BranchBits, Link>(version_, index);
    base_ = reinterpret_cast<std::uintptr_t>(chunk.data) - chunk.first * sizeof(T);
    index_ = index;
    first_ = chunk.first;
    end_ = chunk.end;
  }

  const rrb_version* version_ = nullptr;
  std::uintptr_t base_ = 0;  // where position 0 would be, if all were like those of this leaf: [first_, end_)
  std::uint64_t index_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace coppice::detail
