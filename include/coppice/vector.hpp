// Persistent vectors: every version is a value that never changes, and making the next one shares almost all of it.
//
//   coppice::vector<int> one{1, 2, 3};
//   auto two = one.push_back(4);                        // one is still {1, 2, 3}
//   two = std::move(two).set(0, 9);                     // nobody else has it: changed in place
//   auto both = one + two.drop(1);                      // O(log n)
//
//   auto t = both.transient();                          // many changes in place, O(1) to begin and to end
//   for (int i = 0; i < 1000; ++i) t.push_back(i);
//   both = std::move(t).persistent();
//
// It is an RRB tree (detail/heap/rrb_layout.hpp) with leaves of about 1 KiB, n below is the size.
//
// Const and moved. Functions that make a version leave the one they are called on as it was, and, called on an rvalue,
// reuse it: nodes that no other version has are changed in place. What was moved from is empty.
//
// Same version. A change that changes nothing (an equal element set, none taken away, nothing appended) returns the
// same version: identity() is equal. Elements are compared by ==, floating point numbers by their bits.
//
// Lifetime of elements. Versions share leaves, and may use different parts of one. An element that no version has any
// more is destroyed with the leaf that it is in: at once if no other version has the leaf, else when the last of these
// is gone.
//
// Elements must be copy constructible. T may be incomplete where a vector of it is only named or declared as a member.
// Copies that do not throw, and moves that do not, are what makes changes in place possible.
//
// Errors: std::out_of_range if an argument is, before anything is changed; std::length_error above max_size();
// std::bad_alloc; what a copy of an element throws. In each case all versions are as they were, also those that were
// to be moved from.
//
// Thread safety: as memory.hpp says. With atomic_heap different objects may be used by different threads at once,
// whatever they share; one object may be read, and asked for further versions, by several threads while none assigns to
// it or moves from it.
#pragma once

#include <algorithm>
#include <cassert>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "coppice/detail/heap/rrb_build.hpp"
#include "coppice/detail/heap/rrb_check.hpp"
#include "coppice/detail/heap/rrb_compare.hpp"
#include "coppice/detail/heap/rrb_concat.hpp"
#include "coppice/detail/heap/rrb_cursor.hpp"
#include "coppice/detail/heap/rrb_diff.hpp"
#include "coppice/detail/heap/rrb_edit.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_leaf.hpp"
#include "coppice/detail/heap/rrb_slice.hpp"
#include "coppice/detail/heap/rrb_stats.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"
#include "coppice/detail/heap/statistics.hpp"
#include "coppice/memory.hpp"

namespace coppice {

/// Which version an object has: equal means the same nodes, found in O(1). Valid while one of the versions exists.
struct vector_identity {
  const void* root = nullptr;
  const void* tail = nullptr;
  std::size_t size = 0;
  friend bool operator==(const vector_identity&, const vector_identity&) = default;
};

/// What stats() returns: nodes, bytes, depth, shared_nodes, shared_bytes.
using detail::collection_statistics;

/// Positions [old_first, old_last) of the older version were replaced by [new_first, new_last) of the newer. One of the
/// two may be empty.
struct vector_change {
  std::size_t old_first = 0;
  std::size_t old_last = 0;
  std::size_t new_first = 0;
  std::size_t new_last = 0;
  friend bool operator==(const vector_change&, const vector_change&) = default;
};

template <class Vector>
class vector_diff;
template <class Vector>
class transient_vector;

namespace detail {
struct collection_access;
struct pack_access;
}  // namespace detail

/// A persistent vector. Memory: coppice/memory.hpp. LeafBits: log2 of the elements in a leaf, 0 for what suits
/// T; BranchBits: log2 of the children of a branch, 2 to 5.
template <class T, class Memory = atomic_heap, unsigned LeafBits = 0, unsigned BranchBits = 4>
class vector {
  using handle_type = typename Memory::handle;
  static constexpr bool reads_safely = handle_type::stays_readable;

 public:
  using value_type = T;
  using memory_type = Memory;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = const T&;
  using const_reference = const T&;
  using pointer = const T*;
  using const_pointer = const T*;
  /// Random access. Valid while the object that it is of lives and is not assigned to or moved from; so are references.
  using const_iterator = detail::rrb_iterator<T, LeafBits, BranchBits, typename Memory::link>;
  using iterator = const_iterator;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;
  using reverse_iterator = const_reverse_iterator;
  using transient_type = transient_vector<vector>;
  using diff_type = vector_diff<vector>;

  // ---- construction

  /// Empty; allocates nothing.
  vector() noexcept = default;
  /// The same version, O(1).
  vector(const vector& other) noexcept : handle_(other.handle_), version_(other.version_) {
    detail::rrb_retain(view(), version_);
  }
  vector(vector&& other) noexcept : handle_(std::move(other.handle_)), version_(std::exchange(other.version_, {})) {}
  /// O(n), leaf by leaf.
  vector(std::initializer_list<T> elements) : vector(elements.begin(), elements.end()) {}
  template <std::input_iterator Iterator, std::sentinel_for<Iterator> Sentinel>
  vector(Iterator first, Sentinel last) {
    append_all(std::ranges::subrange(std::move(first), std::move(last)));
  }
  vector(size_type count, const T& value) {
    for (; count != 0; --count) push(value);
  }
  /// From any input range of what T is constructed from.
  template <class Range>
    requires(!std::same_as<std::remove_cvref_t<Range>, vector> && std::ranges::input_range<Range>)
  explicit vector(Range&& range) {
    append_all(std::forward<Range>(range));
  }

  vector& operator=(const vector& other) noexcept {
    vector(other).swap(*this);
    return *this;
  }
  vector& operator=(vector&& other) noexcept {
    if (this == &other) return *this;
    handle_ = std::move(other.handle_);
    release(std::exchange(version_, std::exchange(other.version_, {})));
    return *this;
  }
  ~vector() { release(version_); }
  void swap(vector& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(version_, other.version_);
  }
  friend void swap(vector& a, vector& b) noexcept { a.swap(b); }

  // ---- reading

  /// O(1).
  [[nodiscard]] size_type size() const noexcept { return version_.size(); }
  [[nodiscard]] bool empty() const noexcept { return version_.size() == 0; }
  [[nodiscard]] static constexpr size_type max_size() noexcept { return detail::rrb_max_size; }

  /// O(log n), in practice constant: 3 steps for a million elements. Precondition: index < size().
  [[nodiscard]] const T& operator[](size_type index) const noexcept(reads_safely) {
    return detail::rrb_at<layout>(version(), index);
  }
  /// The same; throws std::out_of_range where there is no such element.
  [[nodiscard]] const T& at(size_type index) const {
    require_index(index);
    return (*this)[index];
  }
  /// Precondition: not empty.
  [[nodiscard]] const T& front() const noexcept(reads_safely) { return (*this)[0]; }
  [[nodiscard]] const T& back() const noexcept(reads_safely) { return (*this)[size() - 1]; }

  [[nodiscard]] const_iterator begin() const noexcept(reads_safely) { return {&version(), 0}; }
  [[nodiscard]] const_iterator end() const noexcept(reads_safely) { return {&version(), version_.size()}; }
  [[nodiscard]] const_iterator cbegin() const noexcept(reads_safely) { return begin(); }
  [[nodiscard]] const_iterator cend() const noexcept(reads_safely) { return end(); }
  [[nodiscard]] const_reverse_iterator rbegin() const noexcept(reads_safely) { return const_reverse_iterator(end()); }
  [[nodiscard]] const_reverse_iterator rend() const noexcept(reads_safely) { return const_reverse_iterator(begin()); }

  /// Calls `f(std::span<const T>)` for all elements in order, as many at a time as lie side by side: the fastest way to
  /// read a vector.
  template <class F>
  void for_each_chunk(F&& f) const {
    auto each = [&f](const T* data, std::size_t count) { f(std::span<const T>(data, count)); };
    detail::rrb_each_chunk<layout>(version(), each);
  }

  /// Disjoint ranges that cover all elements in order, for as many threads; none is larger than another by more than
  /// one. Fewer than `parts` if there are fewer elements.
  [[nodiscard]] std::vector<std::ranges::subrange<const_iterator>> partition(size_type parts) const {
    const size_type count = std::min(parts, size());
    std::vector<std::ranges::subrange<const_iterator>> ranges;
    ranges.reserve(count);
    size_type first = 0;
    for (size_type i = 0; i < count; ++i) {
      const size_type last = first + size() / count + (i < size() % count ? 1 : 0);
      ranges.emplace_back(const_iterator{&version(), first}, const_iterator{&version(), last});
      first = last;
    }
    return ranges;
  }

  // ---- one element

  /// With an element appended. Amortised O(1); where this is the newest version of its kind, no element is copied.
  [[nodiscard]] vector push_back(const T& value) const& {
    return changed([&](vector& next) { next.push(value); });
  }
  [[nodiscard]] vector push_back(T&& value) const& {
    return changed([&](vector& next) { next.push(std::move(value)); });
  }
  [[nodiscard]] vector push_back(const T& value) && {
    push(value);
    return std::move(*this);
  }
  [[nodiscard]] vector push_back(T&& value) && {
    push(std::move(value));
    return std::move(*this);
  }
  /// Without the last element; the same version if there is none. Amortised O(1).
  [[nodiscard]] vector pop_back() const& { return take(empty() ? 0 : size() - 1); }
  [[nodiscard]] vector pop_back() && { return std::move(*this).take(empty() ? 0 : size() - 1); }
  /// With an element before all others. O(log n), and the copy of a leaf.
  [[nodiscard]] vector push_front(const T& value) const& { return vector().push_back(value) + *this; }
  [[nodiscard]] vector push_front(const T& value) && { return vector().push_back(value) + std::move(*this); }
  /// With the element at `index` replaced. O(log n), and the copy of a leaf.
  [[nodiscard]] vector set(size_type index, const T& value) const& { return set(index, T(value)); }
  [[nodiscard]] vector set(size_type index, T&& value) const& {
    require_index(index);
    return with(index, value);
  }
  [[nodiscard]] vector set(size_type index, const T& value) && { return std::move(*this).set(index, T(value)); }
  [[nodiscard]] vector set(size_type index, T&& value) && {
    require_index(index);
    replace(index, value);
    return std::move(*this);
  }
  /// With `f(element)` in the place of the element at `index`.
  template <class F>
  [[nodiscard]] vector update(size_type index, F&& f) const& {
    return set(index, T(std::invoke(std::forward<F>(f), at(index))));
  }
  template <class F>
  [[nodiscard]] vector update(size_type index, F&& f) && {
    return std::move(*this).set(index, T(std::invoke(std::forward<F>(f), at(index))));
  }

  // ---- many elements; O(log n) each, and the copy of a leaf

  /// The first `count` elements; count <= size().
  [[nodiscard]] vector take(size_type count) const& {
    return changed([&](vector& next) { next.shorten(count); });
  }
  [[nodiscard]] vector take(size_type count) && {
    shorten(count);
    return std::move(*this);
  }
  /// Without the first `count` elements; count <= size().
  [[nodiscard]] vector drop(size_type count) const& {
    return changed([&](vector& next) { next.behead(count); });
  }
  [[nodiscard]] vector drop(size_type count) && {
    behead(count);
    return std::move(*this);
  }
  /// Elements [from, to); from <= to <= size().
  [[nodiscard]] vector slice(size_type from, size_type to) const& {
    require_range(from, to);
    return take(to).drop(from);
  }
  [[nodiscard]] vector slice(size_type from, size_type to) && {
    require_range(from, to);
    vector next = take(to).drop(from);
    *this = vector();
    return next;
  }
  /// With an element before position `at`; at <= size().
  [[nodiscard]] vector insert(size_type at, const T& value) const {
    require_position(at);
    return take(at).push_back(value) + drop(at);
  }
  /// With all elements of another vector before position `at`.
  [[nodiscard]] vector insert(size_type at, const vector& elements) const {
    require_position(at);
    if (elements.empty()) return *this;
    return take(at) + elements + drop(at);
  }
  /// Without the element at `index`.
  [[nodiscard]] vector erase(size_type index) const {
    require_index(index);
    return erase(index, index + 1);
  }
  /// Without elements [from, to).
  [[nodiscard]] vector erase(size_type from, size_type to) const {
    require_range(from, to);
    if (from == to) return *this;
    return take(from) + drop(to);
  }
  /// With the elements of a range appended: O(k), leaf by leaf.
  template <std::ranges::input_range Range>
  [[nodiscard]] vector append(Range&& range) const {
    return changed([&](vector& next) { next.append_all(std::forward<Range>(range)); });
  }

  /// Concatenation: O(log n), and the copy of a few leaves.
  [[nodiscard]] friend vector operator+(const vector& a, const vector& b) { return joined(a, nullptr, b, nullptr); }
  [[nodiscard]] friend vector operator+(vector&& a, const vector& b) {
    return &a == &b ? joined(b, nullptr, b, nullptr) : joined(a, &a, b, nullptr);
  }
  [[nodiscard]] friend vector operator+(const vector& a, vector&& b) {
    return &a == &b ? joined(a, nullptr, a, nullptr) : joined(a, nullptr, b, &b);
  }
  [[nodiscard]] friend vector operator+(vector&& a, vector&& b) {
    return &a == &b ? joined(a, nullptr, a, nullptr) : joined(a, &a, b, &b);
  }
  vector& operator+=(const vector& other) { return *this = std::move(*this) + other; }
  vector& operator+=(vector&& other) { return *this = std::move(*this) + std::move(other); }

  // ---- changing many times

  /// A mutable vector with these elements, O(1).
  [[nodiscard]] transient_type transient() const& { return transient_type(*this); }
  [[nodiscard]] transient_type transient() && { return transient_type(std::move(*this)); }

  // ---- comparing

  /// O(1) for the same version; what two versions share at the same positions is not compared.
  [[nodiscard]] friend bool operator==(const vector& a, const vector& b) {
    if (a.size() != b.size()) return false;
    const auto equal = [](const T* x, const T* y, std::uint64_t count) {
      return static_cast<std::uint64_t>(std::mismatch(x, x + count, y).first - x);
    };
    return detail::rrb_first_difference<layout>(a.version(), b.version(), equal) == a.size();
  }
  /// Lexicographic, by <=> of the elements, or < where there is no <=>.
  [[nodiscard]] friend auto operator<=>(const vector& a, const vector& b) {
    const auto equal = [](const T* x, const T* y, std::uint64_t count) {
      return static_cast<std::uint64_t>(
          std::mismatch(x, x + count, y, [](const T& p, const T& q) { return order(p, q) == 0; }).first - x);
    };
    const std::uint64_t at = detail::rrb_first_difference<layout>(a.version(), b.version(), equal);
    using category = decltype(order(a[0], b[0]));
    return at < std::min(a.size(), b.size()) ? order(a[at], b[at]) : category(a.size() <=> b.size());
  }
  /// Equal for equal vectors; of the elements' std::hash.
  [[nodiscard]] friend std::size_t hash_value(const vector& of) {
    std::size_t hash = of.size();
    of.for_each_chunk([&hash](std::span<const T> chunk) {
      for (const T& element : chunk) hash = (hash ^ std::hash<T>{}(element)) * 0x9e3779b97f4a7c15U + (hash >> 29);
    });
    return hash;
  }
  /// What was replaced between two versions, as a cursor. What they share is skipped, wherever it was moved by slices
  /// and concatenations, so it costs what was changed (detail/heap/rrb_diff.hpp). Changes come in order and do not
  /// touch. Where T has ==, ranges of equal length are compared element by element, others are trimmed by what is equal
  /// at both ends; otherwise a change covers the leaves that are not shared.
  [[nodiscard]] static diff_type diff(const vector& older, const vector& newer) { return diff_type(older, newer); }

  [[nodiscard]] vector_identity identity() const noexcept { return {version_.root, version_.tail, version_.size()}; }
  /// Nodes that the version has several times count once. O(n / elements in a leaf).
  [[nodiscard]] collection_statistics stats() const { return stats(vector()); }
  /// The same, with what is shared with another version.
  [[nodiscard]] collection_statistics stats(const vector& other) const {
    std::unordered_set<const std::byte*> others, all;
    const auto ignore = [](const std::byte*) {};
    detail::rrb_node_visitor<layout, decltype(ignore)>(others, ignore).visit(other.version());
    collection_statistics found;
    if (!empty()) found.depth = unsigned{version_.height} + 1;
    const auto add = [&](const std::byte* node) {
      ++found.nodes;
      found.bytes += detail::bytes_of(node);
      if (!others.contains(node)) return;
      ++found.shared_nodes;
      found.shared_bytes += detail::bytes_of(node);
    };
    detail::rrb_node_visitor<layout, decltype(add)>(all, add).visit(version());
    return found;
  }
  /// Null, or the invariant of the tree that is broken (R1-R6). For tests.
  [[nodiscard]] const char* check() const noexcept(reads_safely) {
    return detail::rrb_check<layout>(view(), version());
  }

 private:
  friend transient_type;
  friend diff_type;
  friend struct detail::collection_access;
  friend struct detail::pack_access;
  template <class U, class M, unsigned L, unsigned B>
  friend class vector;
  // Types of complete elements; named in the bodies of functions only.
  using layout = detail::rrb_layout<T, LeafBits, BranchBits, typename Memory::link>;
  using nodes = detail::rrb_nodes<layout>;
  using view = typename Memory::template view<nodes>;
  using edit = typename Memory::template edit<nodes>;

  /// To be read; throws where it cannot be any more.
  [[nodiscard]] const detail::rrb_version& version() const noexcept(reads_safely) {
    handle_.require_readable();
    return version_;
  }
  [[nodiscard]] edit begin_edit() {
    static_assert(Memory::template holds<T>,
                  "coppice: an arena holds elements that are copied as bytes and mean the same in every process: no "
                  "pointers, no views, no alignment above 16; see coppice::shares_as_bytes");
    return handle_.template edit<edit>();
  }
  // In an arena: what a store keeps of it, and back.
  template <class Record>
  [[nodiscard]] static vector of_record(const handle_type& where, const Record& record) {
    vector made;
    made.handle_ = where;
    const auto at = [&](std::uint32_t ref) { return ref == 0 ? nullptr : where.address(ref); };
    made.version_ = {at(record.root), at(record.tail), record.size - record.tail_count, record.tail_count,
                     record.height};
    return made;
  }
  template <class Record>
  void describe(Record& record) const noexcept {
    record.root = handle_type::ref_of(version_.root);
    record.tail = handle_type::ref_of(version_.tail);
    record.tail_count = version_.tail_count;
    record.height = static_cast<std::uint8_t>(version_.height);
    record.leaf_parameter = layout::leaf_bits;
    record.branch_parameter = layout::branch_bits;
  }
  [[nodiscard]] const handle_type& where() const noexcept { return handle_; }
  static void release(const detail::rrb_version& version) noexcept { detail::rrb_release(view(), version); }

  /// A version made from this one by a function that changes it in place where it is unique. While this one is kept
  /// nothing in it is.
  template <class Change>
  [[nodiscard]] vector changed(Change&& change) const {
    vector next(*this);
    change(next);
    return next;
  }

  // ---- changes in place; each leaves everything as it was if it throws

  template <class Value>
  void push(Value&& value) {
    if constexpr (std::is_nothrow_constructible_v<T, Value&&>) {
      edit memory = begin_edit();
      std::byte* const tail = version_.tail;
      const std::uint32_t count = version_.tail_count;
      if (tail != nullptr && layout::has_room(tail, count)) {
        // Elements of versions that are gone must be destroyed first, if that means anything.
        if (memory.editable(tail) && (!layout::holds_objects || memory.filled(tail) == count)) {
          std::construct_at(layout::places(tail) + count, std::forward<Value>(value));
          layout::set_count(tail, count + 1);
          ++version_.tail_count;
          return;
        }
        if (detail::rrb_append_in_place<layout>(memory, tail, count, std::forward<Value>(value))) {
          ++version_.tail_count;
          return;
        }
      }
    }
    // Copies, so that neither this object nor the argument has an address for the sake of the rare case.
    if (size() >= max_size()) throw std::length_error("coppice::vector: longer than max_size()");
    T given(std::forward<Value>(value));
    version_ = push_slowly(begin_edit(), version_, given);
  }
  [[nodiscard, gnu::noinline]] static detail::rrb_version push_slowly(edit memory, detail::rrb_version version,
                                                                      T& given) {
    if (!detail::rrb_push<layout>(memory, version, given)) memory.raise();
    return version;
  }

  [[nodiscard]] static bool same(const T& a, const T& b) {
    if constexpr (std::is_floating_point_v<T>) {
      return std::memcmp(&a, &b, sizeof(T)) == 0;
    } else if constexpr (std::equality_comparable<T>) {
      return a == b;
    } else {
      return false;
    }
  }
  void replace(size_type index, T& value) {
    if (same((*this)[index], value)) return;
    edit memory = begin_edit();
    if (!detail::rrb_set<layout>(memory, version_, index, value)) memory.raise();
  }
  [[nodiscard]] vector with(size_type index, T& value) const {
    if (same((*this)[index], value)) return *this;
    vector next;
    next.handle_ = handle_;
    edit memory = next.begin_edit();
    std::byte* const made = detail::rrb_set_apart<layout>(memory, version_, index, value);
    if (made == nullptr) memory.raise();
    detail::rrb_supersede_path<layout>(memory, version_, index);
    next.version_ = version_;
    const bool in_tail = index >= version_.tree_size;
    (in_tail ? next.version_.tail : next.version_.root) = made;
    std::byte* const other = in_tail ? version_.root : version_.tail;
    if (other != nullptr) memory.retain(other);
    return next;
  }

  void shorten(size_type count) {
    require_position(count);
    if (count == size()) return;
    if (count == 0) return vector().swap(*this);
    edit memory = begin_edit();
    if (!detail::rrb_take<layout>(memory, version_, count)) memory.raise();
  }
  void behead(size_type count) {
    require_position(count);
    if (count == 0) return;
    if (count == size()) return vector().swap(*this);
    edit memory = begin_edit();
    if (!detail::rrb_drop<layout>(memory, version_, count)) memory.raise();
  }

  [[nodiscard]] static std::vector<detail::rrb_shared_run> shared(const vector& older, const vector& newer) {
    return detail::rrb_matcher<layout>::match(older.version(), newer.version());
  }

  /// `a_owned`, `b_owned`: the same objects if they are consumed, else null.
  [[nodiscard]] static vector joined(const vector& a, vector* a_owned, const vector& b, vector* b_owned) {
    if (a.size() > max_size() - b.size()) throw std::length_error("coppice::vector: longer than max_size()");
    vector next;
    handle_type& handle = a_owned != nullptr ? a_owned->handle_ : next.handle_ = a.handle_;
    edit memory = handle.template edit_with<edit>(b.handle_, a_owned != nullptr && b_owned != nullptr);
    if (!detail::rrb_concat<layout>(memory, a.version_, a_owned != nullptr, b.version_, b_owned != nullptr,
                                    next.version_)) {
      memory.raise();
    }
    // What was owned is now part of the result; of two versions of which one is empty, the other one is.
    if (a_owned != nullptr) {
      a_owned->version_ = {};
      next.handle_ = std::move(a_owned->handle_);
    }
    if (b_owned != nullptr) b_owned->version_ = {};
    return next;
  }

  /// For a vector that is dropped if this throws.
  template <class Range>
  void append_all(Range&& range) {
    using source = std::remove_reference_t<Range>;
    if constexpr (std::ranges::contiguous_range<source> && std::ranges::sized_range<source> &&
                  std::same_as<std::remove_cv_t<std::ranges::range_value_t<source>>, T>) {
      const auto count = static_cast<std::size_t>(std::ranges::size(range));
      if (count > max_size() - size()) throw std::length_error("coppice::vector: longer than max_size()");
      if (count == 0) return;
      edit memory = begin_edit();
      if (!detail::rrb_append_copies<layout>(memory, version_, std::to_address(std::ranges::begin(range)), count))
        memory.raise();
    } else {
      for (auto&& element : range) push(T(std::forward<decltype(element)>(element)));
    }
  }

  [[nodiscard]] static auto order(const T& a, const T& b) {
    if constexpr (std::three_way_comparable<T>) {
      return a <=> b;
    } else {
      return a < b ? std::weak_ordering::less : b < a ? std::weak_ordering::greater : std::weak_ordering::equivalent;
    }
  }

  void require_index(size_type index) const {
    if (index >= size()) refuse("index " + std::to_string(index));
  }
  void require_position(size_type at) const {
    if (at > size()) refuse("position " + std::to_string(at));
  }
  void require_range(size_type from, size_type to) const {
    if (from > to || to > size()) refuse("range " + std::to_string(from) + " to " + std::to_string(to));
  }
  [[noreturn, gnu::cold]] void refuse(const std::string& what) const {
    throw std::out_of_range("coppice::vector: " + what + " in a vector of size " + std::to_string(size()));
  }

  [[no_unique_address]] handle_type handle_;
  detail::rrb_version version_;
};

template <std::input_iterator Iterator, class Sentinel>
vector(Iterator, Sentinel) -> vector<std::iter_value_t<Iterator>>;

/// A vector that is changed in place, step by step. It shares what it has not changed with the version that it was made
/// from and with those taken from it. Errors, cost and what is left after an exception as for vector; it belongs to one
/// thread.
template <class Vector>
class transient_vector {
 public:
  using value_type = typename Vector::value_type;
  using size_type = typename Vector::size_type;
  using const_reference = typename Vector::const_reference;
  using const_iterator = typename Vector::const_iterator;

  transient_vector() noexcept = default;
  explicit transient_vector(Vector from) noexcept : vector_(std::move(from)) {}

  [[nodiscard]] size_type size() const noexcept { return vector_.size(); }
  [[nodiscard]] bool empty() const noexcept { return vector_.empty(); }
  /// Precondition: index < size(). The reference is valid until the next change.
  [[nodiscard]] const_reference operator[](size_type index) const noexcept(Vector::reads_safely) {
    return vector_[index];
  }
  [[nodiscard]] const_reference at(size_type index) const { return vector_.at(index); }
  [[nodiscard]] const_iterator begin() const noexcept(Vector::reads_safely) { return vector_.begin(); }
  [[nodiscard]] const_iterator end() const noexcept(Vector::reads_safely) { return vector_.end(); }

  void push_back(const value_type& value) { vector_.push(value); }
  void push_back(value_type&& value) { vector_.push(std::move(value)); }
  /// Does nothing if there is no element.
  void pop_back() { vector_.shorten(empty() ? 0 : size() - 1); }
  void set(size_type index, const value_type& value) { set(index, value_type(value)); }
  void set(size_type index, value_type&& value) {
    vector_.require_index(index);
    vector_.replace(index, value);
  }
  template <class F>
  void update(size_type index, F&& f) {
    set(index, value_type(std::invoke(std::forward<F>(f), at(index))));
  }
  void take(size_type count) { vector_.shorten(count); }
  void drop(size_type count) { vector_.behead(count); }
  /// The elements of a range, all or none.
  template <std::ranges::input_range Range>
  void append(Range&& range) {
    vector_ = vector_.append(std::forward<Range>(range));
  }
  void append(const Vector& other) { vector_ += other; }

  /// A version with the elements of now, O(1). The next changes copy what they touch.
  [[nodiscard]] Vector persistent() const& noexcept { return vector_; }
  [[nodiscard]] Vector persistent() && noexcept { return std::move(vector_); }

 private:
  Vector vector_;
};

/// The changes from one version to another: see vector::diff. It keeps both.
template <class Vector>
class vector_diff {
 public:
  /// The next change, or none at the end.
  [[nodiscard]] std::optional<vector_change> next() {
    while (advance()) {
      vector_change found = gap_;
      if constexpr (std::equality_comparable<typename Vector::value_type>) {
        if (!trim(found)) continue;
      } else {
        gap_.old_first = gap_.old_last;
        gap_.new_first = gap_.new_last;
      }
      return found;
    }
    return std::nullopt;
  }

 private:
  friend Vector;
  vector_diff(const Vector& older, const Vector& newer)
      : old_(older), new_(newer), runs_(Vector::shared(older, newer)) {}

  /// Moves on to the next part that is not shared, if nothing is left of this one. False: there is none.
  [[nodiscard]] bool advance() {
    while (gap_.old_first == gap_.old_last && gap_.new_first == gap_.new_last) {
      if (next_run_ > runs_.size()) return false;
      const bool last = next_run_ == runs_.size();
      const detail::rrb_shared_run run = last ? detail::rrb_shared_run{old_.size(), new_.size(), 0} : runs_[next_run_];
      ++next_run_;
      gap_ = {old_done_, run.old_first, new_done_, run.new_first};
      old_done_ = run.old_first + run.count;
      new_done_ = run.new_first + run.count;
    }
    return true;
  }

  /// Takes from the gap what is reported next. False: the rest is equal.
  [[nodiscard]] bool trim(vector_change& found) {
    auto a = old_.begin() + static_cast<std::ptrdiff_t>(gap_.old_first);
    auto b = new_.begin() + static_cast<std::ptrdiff_t>(gap_.new_first);
    const bool aligned = gap_.old_last - gap_.old_first == gap_.new_last - gap_.new_first;
    const auto step = [&] {
      ++gap_.old_first;
      ++gap_.new_first;
      ++a;
      ++b;
    };
    while (gap_.old_first != gap_.old_last && gap_.new_first != gap_.new_last && *a == *b) step();
    found = gap_;
    if (aligned) {
      while (gap_.old_first != gap_.old_last && !(*a == *b)) step();
      found.old_last = gap_.old_first;
      found.new_last = gap_.new_first;
    } else {
      gap_ = {};
      while (found.old_first != found.old_last && found.new_first != found.new_last &&
             old_[found.old_last - 1] == new_[found.new_last - 1]) {
        --found.old_last;
        --found.new_last;
      }
    }
    return found.old_first != found.old_last || found.new_first != found.new_last;
  }

  Vector old_;
  Vector new_;
  std::vector<detail::rrb_shared_run> runs_;
  std::size_t next_run_ = 0;
  std::size_t old_done_ = 0;
  std::size_t new_done_ = 0;
  vector_change gap_;  // what is left of the part being reported
};

/// The same as vector::diff, by the name that maps and sets have for it.
template <class T, class Memory, unsigned LeafBits, unsigned BranchBits>
[[nodiscard]] vector_diff<vector<T, Memory, LeafBits, BranchBits>> diff(
    const vector<T, Memory, LeafBits, BranchBits>& older, const vector<T, Memory, LeafBits, BranchBits>& newer) {
  return vector<T, Memory, LeafBits, BranchBits>::diff(older, newer);
}

}  // namespace coppice

/// Of vectors whose elements std::hash knows.
template <class T, class Memory, unsigned LeafBits, unsigned BranchBits>
// NOLINTNEXTLINE(cert-dcl58-cpp): specialised for a type of our own
struct std::hash<coppice::vector<T, Memory, LeafBits, BranchBits>> {
  std::size_t operator()(const coppice::vector<T, Memory, LeafBits, BranchBits>& of) const { return hash_value(of); }
};
