// Vectors in an arena whose elements cannot lie there as they are: an RRB tree of refs to blobs, each of which holds an
// element as codec<T> encodes it. Elements are given by value.
//
// It has the functions of coppice::vector (vector.hpp), with the same cost, and that of the codec.
//
// Thread safety: as vector.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

#include "coppice/codec.hpp"
#include "coppice/detail/packed_entry.hpp"
#include "coppice/detail/shared/element_type.hpp"
#include "coppice/detail/shared/encoded_trie.hpp"
#include "coppice/detail/shared/handle.hpp"
#include "coppice/detail/shared/link.hpp"
#include "coppice/vector.hpp"

namespace coppice {

struct store_arena;

namespace detail {

/// An element of the inner vector: a blob in the arena that the element lies in. Equal ones are one blob.
struct blob_ref {
  using is_ref = void;
  std::uint32_t ref = 0;
  friend bool operator==(blob_ref, blob_ref) = default;

  /// Precondition: this one lies in the arena.
  [[nodiscard]] packed_view content() const noexcept {
    const auto* const here = reinterpret_cast<const std::byte*>(this);
    return view_of_blob(arena_of(here) + std::uint64_t{ref} * granule_bytes, value_kind::bytes);
  }
};

/// Decodes what an iterator over refs is at.
template <class T, class Inner>
class decoding_iterator {
 public:
  using iterator_concept = std::random_access_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = T;
  using reference = T;
  using difference_type = std::ptrdiff_t;
  using pointer = void;

  decoding_iterator() = default;
  explicit decoding_iterator(const Inner& at) noexcept : at_(at) {}

  [[nodiscard]] T operator*() const { return decode_stored<T>(at_->content()); }
  [[nodiscard]] T operator[](difference_type offset) const { return *(*this + offset); }
  decoding_iterator& operator++() noexcept {
    ++at_;
    return *this;
  }
  decoding_iterator operator++(int) noexcept { return decoding_iterator(at_++); }
  decoding_iterator& operator--() noexcept {
    --at_;
    return *this;
  }
  decoding_iterator operator--(int) noexcept { return decoding_iterator(at_--); }
  decoding_iterator& operator+=(difference_type offset) noexcept {
    at_ += offset;
    return *this;
  }
  decoding_iterator& operator-=(difference_type offset) noexcept { return *this += -offset; }
  [[nodiscard]] friend decoding_iterator operator+(decoding_iterator at, difference_type offset) noexcept {
    return at += offset;
  }
  [[nodiscard]] friend decoding_iterator operator+(difference_type offset, decoding_iterator at) noexcept {
    return at += offset;
  }
  [[nodiscard]] friend decoding_iterator operator-(decoding_iterator at, difference_type offset) noexcept {
    return at -= offset;
  }
  [[nodiscard]] friend difference_type operator-(const decoding_iterator& a, const decoding_iterator& b) noexcept {
    return a.at_ - b.at_;
  }
  [[nodiscard]] friend bool operator==(const decoding_iterator& a, const decoding_iterator& b) noexcept {
    return a.at_ == b.at_;
  }
  [[nodiscard]] friend auto operator<=>(const decoding_iterator& a, const decoding_iterator& b) noexcept {
    return a.at_ <=> b.at_;
  }

 private:
  Inner at_;
};

}  // namespace detail

/// A vector in an arena of elements that are encoded.
template <class T, unsigned LeafBits, unsigned BranchBits>
  requires(!shares_as_bytes<T>)
class vector<T, store_arena, LeafBits, BranchBits> {
  using inner = vector<detail::blob_ref, store_arena, LeafBits, BranchBits>;

 public:
  using value_type = T;
  using memory_type = store_arena;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T;
  using const_reference = T;
  using const_iterator = detail::decoding_iterator<T, typename inner::const_iterator>;
  using iterator = const_iterator;
  using transient_type = transient_vector<vector>;
  using diff_type = vector_diff<vector>;

  vector() noexcept = default;
  vector(std::initializer_list<T> elements) : vector(elements.begin(), elements.end()) {}
  template <std::input_iterator Iterator, std::sentinel_for<Iterator> Sentinel>
  vector(Iterator first, Sentinel last) {
    append_all(std::ranges::subrange(std::move(first), std::move(last)));
  }
  vector(size_type count, const T& value) {
    if (count == 0) return;
    const detail::blob_ref one = stored(value);
    refs_ = inner(std::move(refs_)).append(std::vector<detail::blob_ref>(count, one));
  }
  template <class Range>
    requires(!std::same_as<std::remove_cvref_t<Range>, vector> && std::ranges::input_range<Range>)
  explicit vector(Range&& range) {
    append_all(std::forward<Range>(range));
  }
  void swap(vector& other) noexcept { refs_.swap(other.refs_); }
  friend void swap(vector& a, vector& b) noexcept { a.swap(b); }

  // ---- reading

  [[nodiscard]] size_type size() const noexcept { return refs_.size(); }
  [[nodiscard]] bool empty() const noexcept { return refs_.empty(); }
  [[nodiscard]] static constexpr size_type max_size() noexcept { return inner::max_size(); }
  [[nodiscard]] T operator[](size_type index) const { return detail::decode_stored<T>(refs_[index].content()); }
  [[nodiscard]] T at(size_type index) const { return detail::decode_stored<T>(refs_.at(index).content()); }
  [[nodiscard]] T front() const { return (*this)[0]; }
  [[nodiscard]] T back() const { return (*this)[size() - 1]; }
  [[nodiscard]] const_iterator begin() const { return const_iterator(refs_.begin()); }
  [[nodiscard]] const_iterator end() const { return const_iterator(refs_.end()); }
  [[nodiscard]] const_iterator cbegin() const { return begin(); }
  [[nodiscard]] const_iterator cend() const { return end(); }
  /// Calls `f(std::span<const T>)` for all elements in order, a leaf at a time.
  template <class F>
  void for_each_chunk(F&& f) const {
    std::vector<T> decoded;
    refs_.for_each_chunk([&](std::span<const detail::blob_ref> chunk) {
      decoded.clear();
      for (const detail::blob_ref& each : chunk) decoded.push_back(detail::decode_stored<T>(each.content()));
      f(std::span<const T>(decoded));
    });
  }
  [[nodiscard]] std::vector<std::ranges::subrange<const_iterator>> partition(size_type parts) const {
    std::vector<std::ranges::subrange<const_iterator>> ranges;
    for (const auto& each : refs_.partition(parts)) {
      ranges.emplace_back(const_iterator(each.begin()), const_iterator(each.end()));
    }
    return ranges;
  }

  // ---- versions; see vector.hpp

  [[nodiscard]] vector push_back(const T& value) const& { return vector(*this).push_back(value); }
  [[nodiscard]] vector push_back(const T& value) && {
    push(value);
    return std::move(*this);
  }
  [[nodiscard]] vector pop_back() const& { return vector(*this).pop_back(); }
  [[nodiscard]] vector pop_back() && {
    shorten(empty() ? 0 : size() - 1);
    return std::move(*this);
  }
  [[nodiscard]] vector push_front(const T& value) const { return vector().push_back(value) + *this; }
  [[nodiscard]] vector set(size_type index, const T& value) const& { return vector(*this).set(index, value); }
  [[nodiscard]] vector set(size_type index, const T& value) && {
    require_index(index);
    replace(index, value);
    return std::move(*this);
  }
  template <class F>
  [[nodiscard]] vector update(size_type index, F&& f) const& {
    return set(index, T(std::invoke(std::forward<F>(f), at(index))));
  }
  template <class F>
  [[nodiscard]] vector update(size_type index, F&& f) && {
    return std::move(*this).set(index, T(std::invoke(std::forward<F>(f), at(index))));
  }
  [[nodiscard]] vector take(size_type count) const& { return vector(refs_.take(count)); }
  [[nodiscard]] vector take(size_type count) && { return vector(std::move(refs_).take(count)); }
  [[nodiscard]] vector drop(size_type count) const& { return vector(refs_.drop(count)); }
  [[nodiscard]] vector drop(size_type count) && { return vector(std::move(refs_).drop(count)); }
  [[nodiscard]] vector slice(size_type from, size_type to) const { return vector(refs_.slice(from, to)); }
  [[nodiscard]] vector insert(size_type at, const T& value) const {
    refs_.require_position(at);
    return take(at).push_back(value) + drop(at);
  }
  [[nodiscard]] vector insert(size_type at, const vector& elements) const {
    return vector(refs_.insert(at, elements.refs_));
  }
  [[nodiscard]] vector erase(size_type index) const { return vector(refs_.erase(index)); }
  [[nodiscard]] vector erase(size_type from, size_type to) const { return vector(refs_.erase(from, to)); }
  template <std::ranges::input_range Range>
  [[nodiscard]] vector append(Range&& range) const {
    vector next(*this);
    next.append_all(std::forward<Range>(range));
    return next;
  }
  [[nodiscard]] friend vector operator+(const vector& a, const vector& b) { return vector(a.refs_ + b.refs_); }
  [[nodiscard]] friend vector operator+(vector&& a, const vector& b) { return vector(std::move(a.refs_) + b.refs_); }
  [[nodiscard]] friend vector operator+(const vector& a, vector&& b) { return vector(a.refs_ + std::move(b.refs_)); }
  [[nodiscard]] friend vector operator+(vector&& a, vector&& b) {
    return vector(std::move(a.refs_) + std::move(b.refs_));
  }
  vector& operator+=(const vector& other) {
    refs_ += other.refs_;
    return *this;
  }

  [[nodiscard]] transient_type transient() const& { return transient_type(*this); }
  [[nodiscard]] transient_type transient() && { return transient_type(std::move(*this)); }

  /// By their encodings; what two versions share at the same positions is not compared.
  [[nodiscard]] friend bool operator==(const vector& a, const vector& b) { return same_content(a, b); }
  [[nodiscard]] friend auto operator<=>(const vector& a, const vector& b) {
    return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
  }
  [[nodiscard]] static diff_type diff(const vector& older, const vector& newer) { return diff_type(older, newer); }

  [[nodiscard]] vector_identity identity() const noexcept { return refs_.identity(); }
  /// Of the tree, without the elements.
  [[nodiscard]] collection_statistics stats() const { return refs_.stats(); }
  [[nodiscard]] collection_statistics stats(const vector& other) const { return refs_.stats(other.refs_); }
  [[nodiscard]] const char* check() const { return refs_.check(); }

 private:
  friend transient_type;
  friend diff_type;
  friend struct detail::collection_access;
  static constexpr bool reads_safely = false;

  explicit vector(inner&& refs) noexcept : refs_(std::move(refs)) {}
  template <class Handle, class Record>
  [[nodiscard]] static vector of_record(const Handle& where, const Record& record) {
    return vector(inner::of_record(where, record));
  }
  template <class Record>
  void describe(Record& record) const noexcept {
    refs_.describe(record);
  }
  [[nodiscard]] const auto& where() const noexcept { return refs_.where(); }

  [[nodiscard]] static bool same_content(const vector& a, const vector& b) {
    if (a.size() != b.size()) return false;
    const auto equal = [](const detail::blob_ref* x, const detail::blob_ref* y, std::uint64_t count) {
      const auto same = [](const detail::blob_ref& p, const detail::blob_ref& q) {
        return p.content().same_as(q.content());
      };
      return static_cast<std::uint64_t>(std::mismatch(x, x + count, y, same).first - x);
    };
    return detail::rrb_first_difference<typename inner::layout>(a.refs_.version(), b.refs_.version(), equal) ==
           a.size();
  }
  [[nodiscard]] detail::blob_ref stored(const T& value) {
    byte_buffer buffer;
    encode(value, buffer);
    return stored(buffer);
  }
  [[nodiscard]] detail::blob_ref stored(const byte_buffer& encoded) {
    auto edit = refs_.handle_.template edit<detail::space_edit>();
    const std::uint32_t made = detail::make_blob(edit, detail::encoded_view(encoded.bytes()));
    if (made == 0) edit.raise();
    return {made};
  }

  // ---- changes in place; each leaves everything as it was if it throws

  void push(const T& value) { refs_.push(stored(value)); }
  void replace(size_type index, const T& value) {
    byte_buffer buffer;
    encode(value, buffer);
    if (refs_[index].content().same_as(detail::encoded_view(buffer.bytes()))) return;
    detail::blob_ref made = stored(buffer);
    refs_.replace(index, made);
  }
  void shorten(size_type count) { refs_.shorten(count); }
  void behead(size_type count) { refs_.behead(count); }
  void require_index(size_type index) const { refs_.require_index(index); }
  template <class Range>
  void append_all(Range&& range) {
    std::vector<detail::blob_ref> made;
    for (auto&& element : range) made.push_back(stored(T(std::forward<decltype(element)>(element))));
    refs_.append_all(made);
  }
  [[nodiscard]] static std::vector<detail::rrb_shared_run> shared(const vector& older, const vector& newer) {
    return inner::shared(older.refs_, newer.refs_);
  }

  inner refs_;
};

}  // namespace coppice
