// coppice::set: a persistent (immutable) hash set. What map.hpp says of maps holds for sets: values that share all but
// what differs, changes in place where nothing is shared, errors, complexity, thread safety.
//
//     coppice::set<std::string> seen{"a", "b"};
//     auto more = seen.insert("c");                           // seen still has two
//     auto news = more.subtract(seen);
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/collection.hpp"
#include "coppice/detail/heap/hash_trie.hpp"
#include "coppice/hash.hpp"
#include "coppice/memory.hpp"

namespace coppice {

template <class Set>
class transient_set;
template <class Set>
class set_diff;

/// A persistent set of T. The parameters are those of map.
template <class T, class Hash = hash<T>, class Equal = std::equal_to<>, class Memory = atomic_heap,
          unsigned LeafEntries = 0>
class set {
  using trie = typename Memory::template trie<detail::set_element<T>, Hash, Equal, LeafEntries>;

  static constexpr bool reads_safely = trie::stays_readable;
  template <class Query>
  static constexpr bool finds_safely = reads_safely && detail::looks_up_safely<Query, T, Hash, Equal>;

 public:
  using key_type = T;
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using hasher = Hash;
  using key_equal = Equal;
  using memory_type = Memory;
  /// What find() gives: const T*, null where there is nothing; a std::optional<T> where elements are encoded.
  using found_element = typename trie::template found<T>;
  using reference = typename trie::template given<T>;
  using const_reference = reference;
  /// Forward iterator over `const T&`, or over T likewise.
  using const_iterator = typename trie::template iterator<std::identity>;
  using iterator = const_iterator;
  using range = detail::element_range<const_iterator>;
  using transient_type = transient_set<set>;

  /// The empty set, without memory of its own.
  set() noexcept(std::is_nothrow_default_constructible_v<Hash>) = default;
  /// The empty set with a seed of its own, which sets that are made from this one take over: for tests.
  explicit set(hash_seed seed, const Hash& hash = Hash()) noexcept : trie_({seed.value, hash}) {}
  /// Of equal elements the last one stays. O(n), bottom up.
  set(std::initializer_list<T> elements) : set(elements.begin(), elements.end()) {}
  template <std::input_iterator Iterator, std::sentinel_for<Iterator> Sentinel>
  set(Iterator first, Sentinel last)
      : trie_(detail::built_from<trie>(trie().hash(), std::move(first), std::move(last))) {}
  /// From any range of what converts to elements.
  template <class Range>  // not even asked for elements of a set: T may be a type that is not complete yet
    requires(!std::same_as<std::remove_cvref_t<Range>, set>) && detail::elements_for<Range, T>
  explicit set(Range&& elements) : set(std::begin(elements), std::end(elements)) {}

  [[nodiscard]] size_type size() const noexcept(reads_safely) { return trie_.size(); }
  [[nodiscard]] bool empty() const noexcept { return trie_.empty(); }

  /// The element that equals `key`, or null. Valid as long as a set that holds it.
  template <detail::lookup_key<T, Hash, Equal> Query = T>
  [[nodiscard]] found_element find(const Query& key) const noexcept(finds_safely<Query>) {
    return trie_.find_key(sought(key));
  }
  template <detail::lookup_key<T, Hash, Equal> Query = T>
  [[nodiscard]] bool contains(const Query& key) const noexcept(finds_safely<Query>) {
    return trie_.contains(sought(key));
  }
  /// 0 or 1.
  template <detail::lookup_key<T, Hash, Equal> Query = T>
  [[nodiscard]] size_type count(const Query& key) const noexcept(finds_safely<Query>) {
    return contains(key) ? 1 : 0;
  }

  /// With `element`; if an equal one is there, the same set. The rvalue form reuses this one's nodes.
  [[nodiscard]] set insert(T element) const& { return set(*this).insert(std::move(element)); }
  [[nodiscard]] set insert(T element) && {
    trie_.store_if_absent(element, [&] { return std::move(element); });
    return std::move(*this);
  }
  /// Without `key`; where it is missing, the same set.
  template <detail::lookup_key<T, Hash, Equal> Query = T>
  [[nodiscard]] set erase(const Query& key) const& {
    return set(*this).erase(key);
  }
  template <detail::lookup_key<T, Hash, Equal> Query = T>
  [[nodiscard]] set erase(const Query& key) && {
    trie_.erase(sought(key));
    return std::move(*this);
  }

  /// A set to be changed many times. O(1).
  [[nodiscard]] transient_type transient() const& noexcept { return transient_type(*this); }
  [[nodiscard]] transient_type transient() && noexcept { return transient_type(std::move(*this)); }

  [[nodiscard]] const_iterator begin() const noexcept(reads_safely) {
    return trie_.template all<std::identity>().begin();
  }
  [[nodiscard]] const_iterator end() const noexcept { return {}; }
  /// See map::for_each_chunk.
  template <class F>
  bool for_each_chunk(F&& f) const {
    return detail::visit_chunks(trie_, f);
  }
  /// See map::partition.
  [[nodiscard]] std::vector<range> partition(size_type parts) const {
    return detail::partitioned<std::identity>(trie_, parts);
  }

  // Sets of different seeds are first brought under that of the left one, in O(n).

  /// What is in either. O(what the two do not share), as the two below.
  [[nodiscard]] set merge(const set& other) const { return joined(detail::join_operation::set_union, other); }
  /// What is in both.
  [[nodiscard]] set intersect(const set& other) const {
    return joined(detail::join_operation::set_intersection, other);
  }
  /// What is in this one only.
  [[nodiscard]] set subtract(const set& other) const { return joined(detail::join_operation::set_difference, other); }
  /// Whether every element is in `other` too.
  [[nodiscard]] bool is_subset_of(const set& other) const { return size() <= other.size() && subtract(other).empty(); }

  /// Same elements; skips what the two share.
  [[nodiscard]] friend bool operator==(const set& a, const set& b) { return a.trie_.same_content(b.trie_); }

  /// See map.
  [[nodiscard]] version_identity identity() const noexcept(reads_safely) { return version_identity(trie_.address()); }
  [[nodiscard]] collection_statistics stats() const { return trie_.statistics(nullptr); }
  [[nodiscard]] collection_statistics stats(const set& other) const { return trie_.statistics(&other.trie_); }
  [[nodiscard]] const char* check() const noexcept(reads_safely) { return trie_.broken(); }

 private:
  friend class transient_set<set>;
  friend class set_diff<set>;
  friend struct detail::collection_access;
  friend struct detail::pack_access;

  explicit set(trie&& of) noexcept : trie_(std::move(of)) {}
  // In an arena: what a store keeps of it, and back.
  template <class Record>
  [[nodiscard]] static set of_record(const typename Memory::handle& where, const Record& record) {
    return set(trie(where, record.root, {record.seed, Hash()}));
  }
  template <class Record>
  void describe(Record& record) const {
    trie_.describe(record);
  }
  [[nodiscard]] const typename Memory::handle& where() const noexcept { return trie_.handle(); }
  template <class Query>
  [[nodiscard]] static decltype(auto) sought(const Query& key) noexcept(
      detail::looks_up_safely<Query, T, Hash, Equal>) {
    return detail::lookup_form<T, Hash, Equal>(key);
  }
  [[nodiscard]] set joined(detail::join_operation operation, const set& other) const {
    const trie like = other.trie_.under_hash_of(trie_);
    return set(
        trie::join(operation, trie_, like, [](const auto&, const auto&) noexcept { return detail::join_side::left; }));
  }

  trie trie_;
};

/// A set for many changes in a row, made by set::transient(). See transient_map.
template <class Set>
class transient_set {
 public:
  using value_type = typename Set::value_type;
  using const_iterator = typename Set::const_iterator;

  transient_set() = default;
  explicit transient_set(Set of) noexcept : set_(std::move(of)) {}

  /// The set as it is now. O(1); afterwards changes copy again.
  [[nodiscard]] Set persistent() const& noexcept { return set_; }
  [[nodiscard]] Set persistent() && noexcept { return std::move(set_); }
  /// The set to read from; what it gives is valid until the next change.
  [[nodiscard]] const Set& operator*() const noexcept { return set_; }
  [[nodiscard]] const Set* operator->() const noexcept { return &set_; }
  [[nodiscard]] std::size_t size() const noexcept(Set::reads_safely) { return set_.size(); }
  [[nodiscard]] bool empty() const noexcept { return set_.empty(); }
  template <class Query = value_type>
  [[nodiscard]] bool contains(const Query& key) const noexcept(noexcept(std::declval<const Set&>().contains(key))) {
    return set_.contains(key);
  }
  [[nodiscard]] const_iterator begin() const noexcept(Set::reads_safely) { return set_.begin(); }
  [[nodiscard]] const_iterator end() const noexcept { return set_.end(); }

  /// Each returns whether anything has changed. See set.
  bool insert(value_type element) {
    return set_.trie_.store_if_absent(element, [&] { return std::move(element); }) != detail::trie_change::none;
  }
  template <class Query = value_type>
  bool erase(const Query& key) {
    return set_.trie_.erase(Set::sought(key)) != detail::trie_change::none;
  }

 private:
  Set set_;
};

/// What differs between two sets: a cursor over added and removed elements. See map_diff.
template <class Set>
class set_diff : public detail::trie_difference<typename Set::trie> {
 public:
  using typename detail::trie_difference<typename Set::trie>::change;
  set_diff(const Set& older, const Set& newer)
      : detail::trie_difference<typename Set::trie>(older.trie_, newer.trie_) {}
};

template <class T, class H, class E, class M, unsigned B>
[[nodiscard]] set_diff<set<T, H, E, M, B>> diff(const set<T, H, E, M, B>& older, const set<T, H, E, M, B>& newer) {
  return {older, newer};
}

/// Does not depend on the seed, nor on the order of iteration. O(n).
template <class T, class H, class E, class M, unsigned B>
struct hash<set<T, H, E, M, B>> {
  [[nodiscard]] std::uint64_t operator()(const set<T, H, E, M, B>& of, std::uint64_t seed) const noexcept {
    std::uint64_t sum = 0;
    of.for_each_chunk([&](auto elements) {
      for (const T& element : elements) sum += detail::key_hash<H>{seed, H()}(element);
    });
    return detail::hash_number(sum, seed ^ of.size());
  }
};

}  // namespace coppice

template <class T, class H, class E, class M, unsigned B>
// NOLINTNEXTLINE(cert-dcl58-cpp): specialised for a type of our own
struct std::hash<coppice::set<T, H, E, M, B>> {
  [[nodiscard]] std::size_t operator()(const coppice::set<T, H, E, M, B>& of) const noexcept {
    return coppice::hash<coppice::set<T, H, E, M, B>>{}(of, 0);
  }
};
