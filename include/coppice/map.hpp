// coppice::map: a persistent (immutable) hash map.
//
// A map is a value. Copying one is O(1) and shares everything; a "change" returns a new map that shares all but a path
// of nodes with the old one, which stays as it was. An expiring map (`std::move(m).set(...)`) is changed in place where
// no other map shares its nodes; `transient()` gives a map with ordinary mutating functions that does so throughout.
//
//     coppice::map<std::string, int> ages{{"ada", 36}, {"alan", 41}};
//     auto older = ages.set("ada", 37);                       // ages still says 36
//     for (const auto& change : coppice::diff(ages, older)) use(change.key(), change.before(), change.after());
//
// Complexity, with n elements and leaves of up to B elements: O(log n) for find, set, insert, update and erase, with
// base 16, so five nodes at a million; keys of one hash are searched in O(log n) where the key type has < and == of its
// own, else one by one. Whole-map operations skip what the maps share: see each.
//
// The order of iteration is that of the seeded hashes: the same for equal maps of one seed, and of no other meaning.
//
// Errors: std::bad_alloc, what a copied or moved element throws, std::length_error beyond 2^32 - 1 elements, and what
// functions given by the caller throw. The map is then as it was; an argument that was given as an rvalue may have been
// moved from. Hash, Equal and the comparisons of keys and values must not throw.
//
// Thread safety: coppice/memory.hpp.
//
// The structure is described in coppice/detail/trie.hpp: prefix leaves under branches of 16, a form of P. Bagwell's
// hash array mapped trie (Ideal Hash Trees, 2001) with the extendible hashing of R. Fagin et al. (1979) inside
// branches; its shape is canonical as in M. Steindorfer and J. Vinju, Optimizing Hash-Array Mapped Tries (2015).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/collection.hpp"
#include "coppice/detail/heap/hash_trie.hpp"
#include "coppice/hash.hpp"
#include "coppice/memory.hpp"

namespace coppice {

template <class Map>
class transient_map;
template <class Map>
class map_diff;

/// A persistent map from K to V. `Hash` and `Equal`: see coppice/hash.hpp; Equal is a stateless function object. If
/// Hash and Equal both declare `is_transparent`, as the default ones do for strings, every function that takes a key
/// for looking up takes anything that the two accept. `LeafEntries`: elements in a leaf at most, 1 to 32; 0 chooses by
/// their size.
template <class K, class V, class Hash = hash<K>, class Equal = std::equal_to<>, class Memory = atomic_heap,
          unsigned LeafEntries = 0>
class map {
  using trie = typename Memory::template trie<detail::map_element<K, V>, Hash, Equal, LeafEntries>;

  static constexpr bool reads_safely = trie::stays_readable;
  template <class Query>
  static constexpr bool finds_safely = reads_safely && detail::looks_up_safely<Query, K, Hash, Equal>;

 public:
  using key_type = K;
  using mapped_type = V;
  using value_type = std::pair<K, V>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using hasher = Hash;
  using key_equal = Equal;
  using memory_type = Memory;
  /// What find() gives: const V*, null where there is nothing; a std::optional<V> where elements are encoded.
  using found_value = typename trie::template found<V>;
  /// What at() gives: const V&, or V likewise.
  using given_value = typename trie::template given<V>;
  using reference = typename trie::template given<value_type>;
  using const_reference = reference;
  /// Forward iterator over `const std::pair<K, V>&`, or over pairs likewise.
  using const_iterator = typename trie::template iterator<std::identity>;
  using iterator = const_iterator;
  /// A range of elements, keys or values; has begin(), end(), size() and empty().
  using range = detail::element_range<const_iterator>;
  using key_range = detail::element_range<typename trie::template iterator<detail::project_first>>;
  using value_range = detail::element_range<typename trie::template iterator<detail::project_second>>;
  using transient_type = transient_map<map>;

  /// The empty map, without memory of its own.
  map() noexcept(std::is_nothrow_default_constructible_v<Hash>) = default;
  /// The empty map with a seed of its own, which maps that are made from this one take over: for tests.
  explicit map(hash_seed seed, const Hash& hash = Hash()) noexcept : trie_({seed.value, hash}) {}
  /// Of elements with one key the last one stays. O(n), bottom up: much faster than n times set().
  map(std::initializer_list<value_type> elements) : map(elements.begin(), elements.end()) {}
  template <std::input_iterator Iterator, std::sentinel_for<Iterator> Sentinel>
  map(Iterator first, Sentinel last)
      : trie_(detail::built_from<trie>(trie().hash(), std::move(first), std::move(last))) {}
  /// From any range of what converts to elements.
  template <class Range>  // not even asked for elements of a map: the value may be a type that is not complete yet
    requires(!std::same_as<std::remove_cvref_t<Range>, map>) && detail::elements_for<Range, value_type>
  explicit map(Range&& elements) : map(std::begin(elements), std::end(elements)) {}

  [[nodiscard]] size_type size() const noexcept(reads_safely) { return trie_.size(); }
  [[nodiscard]] bool empty() const noexcept { return trie_.empty(); }

  // ---- looking up

  /// The value of a key, or null. Valid as long as a map that holds it.
  template <detail::lookup_key<K, Hash, Equal> Query = K>
  [[nodiscard]] found_value find(const Query& key) const noexcept(finds_safely<Query>) {
    return trie_.find_value(sought(key));
  }
  template <detail::lookup_key<K, Hash, Equal> Query = K>
  [[nodiscard]] bool contains(const Query& key) const noexcept(finds_safely<Query>) {
    return trie_.contains(sought(key));
  }
  /// 0 or 1.
  template <detail::lookup_key<K, Hash, Equal> Query = K>
  [[nodiscard]] size_type count(const Query& key) const noexcept(finds_safely<Query>) {
    return contains(key) ? 1 : 0;
  }
  /// Throws std::out_of_range where the key is missing.
  template <detail::lookup_key<K, Hash, Equal> Query = K>
  [[nodiscard]] given_value at(const Query& key) const {
    const found_value found = find(key);
    if (!found) throw std::out_of_range("coppice::map::at: no such key; find() returns null instead");
    return *found;
  }
  /// The value of a key, or a value-initialised one that lives for ever.
  template <detail::lookup_key<K, Hash, Equal> Query = K>
  [[nodiscard]] given_value operator[](const Query& key) const {
    const found_value found = find(key);
    if (found) return *found;
    static const V none{};
    return none;
  }
  /// A copy of the value of a key, or `otherwise`.
  template <detail::lookup_key<K, Hash, Equal> Query = K>
  [[nodiscard]] V get_or(const Query& key, V otherwise) const {
    const found_value found = find(key);
    return found ? *found : std::move(otherwise);
  }

  // ---- changing one key. Each returns the map with the change; the rvalue forms reuse this one's nodes.

  /// With `key` at `value`. If it is there already (by ==, where V has it), the same map.
  [[nodiscard]] map set(K key, V value) const& { return map(*this).set(std::move(key), std::move(value)); }
  [[nodiscard]] map set(K key, V value) && {
    trie_.store(value_type(std::move(key), std::move(value)));
    return std::move(*this);
  }
  /// With `key` at `value` only if the key is missing; else the same map.
  [[nodiscard]] map insert(K key, V value) const& { return map(*this).insert(std::move(key), std::move(value)); }
  [[nodiscard]] map insert(K key, V value) && {
    trie_.store_if_absent(key, [&] { return value_type(std::move(key), std::move(value)); });
    return std::move(*this);
  }
  [[nodiscard]] map insert(value_type element) const& {
    return insert(std::move(element.first), std::move(element.second));
  }
  [[nodiscard]] map insert(value_type element) && {
    return std::move(*this).insert(std::move(element.first), std::move(element.second));
  }
  /// With `f(const V&)` in the place of the value; where the key is missing, with `f` of a value-initialised V.
  template <class F, detail::lookup_key<K, Hash, Equal> Query = K>
  [[nodiscard]] map update(const Query& key, F&& f) const& {
    return map(*this).update(key, std::forward<F>(f));
  }
  template <class F, detail::lookup_key<K, Hash, Equal> Query = K>
  [[nodiscard]] map update(const Query& key, F&& f) && {
    trie_.update(sought(key), f, [&] { return value_type(K(key), f(V{})); });
    return std::move(*this);
  }
  /// With `f(const V&)` in the place of the value; where the key is missing, the same map.
  template <class F, detail::lookup_key<K, Hash, Equal> Query = K>
  [[nodiscard]] map update_if_exists(const Query& key, F&& f) const& {
    return map(*this).update_if_exists(key, std::forward<F>(f));
  }
  template <class F, detail::lookup_key<K, Hash, Equal> Query = K>
  [[nodiscard]] map update_if_exists(const Query& key, F&& f) && {
    trie_.update(sought(key), f, nullptr);
    return std::move(*this);
  }
  /// Without `key`; where it is missing, the same map.
  template <detail::lookup_key<K, Hash, Equal> Query = K>
  [[nodiscard]] map erase(const Query& key) const& {
    return map(*this).erase(key);
  }
  template <detail::lookup_key<K, Hash, Equal> Query = K>
  [[nodiscard]] map erase(const Query& key) && {
    trie_.erase(sought(key));
    return std::move(*this);
  }

  /// A map to be changed many times. O(1).
  [[nodiscard]] transient_type transient() const& noexcept { return transient_type(*this); }
  [[nodiscard]] transient_type transient() && noexcept { return transient_type(std::move(*this)); }

  // ---- iterating

  [[nodiscard]] const_iterator begin() const noexcept(reads_safely) {
    return trie_.template all<std::identity>().begin();
  }
  [[nodiscard]] const_iterator end() const noexcept { return {}; }
  [[nodiscard]] key_range keys() const noexcept(reads_safely) { return trie_.template all<detail::project_first>(); }
  [[nodiscard]] value_range values() const noexcept(reads_safely) {
    return trie_.template all<detail::project_second>();
  }
  /// Calls `f(std::span<const value_type>)` for one leaf's elements after the other: the fastest way through. If `f`
  /// returns bool, false stops. Returns whether all were visited.
  template <class F>
  bool for_each_chunk(F&& f) const {
    return detail::visit_chunks(trie_, f);
  }
  /// `parts` ranges that follow each other, hold every element once, and differ in size by one at most: work for
  /// as many threads. Valid as long as the map. O(parts).
  [[nodiscard]] std::vector<range> partition(size_type parts) const {
    return detail::partitioned<std::identity>(trie_, parts);
  }

  // ---- whole maps. Maps of different seeds are first brought under that of the left one, in O(n).

  /// All elements of both; where both have a key, the value of `other`. O(what the two do not share).
  [[nodiscard]] map merge(const map& other) const {
    return joined(detail::join_operation::set_union, other, detail::join_side::right);
  }
  /// The same, where both have a key with different values, with `resolve(key, value here, value there)`.
  template <class Resolve>
  [[nodiscard]] map merge(const map& other, Resolve&& resolve) const;
  /// The elements whose keys `other` has too, with the values of this map.
  [[nodiscard]] map intersect(const map& other) const {
    return joined(detail::join_operation::set_intersection, other, detail::join_side::left);
  }
  /// The elements whose keys `other` does not have.
  [[nodiscard]] map subtract(const map& other) const {
    return joined(detail::join_operation::set_difference, other, detail::join_side::left);
  }

  /// Same elements (requires == of V); skips what the two share.
  [[nodiscard]] friend bool operator==(const map& a, const map& b)
    requires std::equality_comparable<V>
  {
    return a.trie_.same_content(b.trie_);
  }

  /// Equal identities mean one and the same version: the cheapest test for "nothing has changed". Different ones mean
  /// nothing. Valid as long as both maps.
  [[nodiscard]] version_identity identity() const noexcept(reads_safely) { return version_identity(trie_.address()); }
  /// Nodes, bytes and depth of this version, and what of it is shared with `other`. O(n).
  [[nodiscard]] collection_statistics stats() const { return trie_.statistics(nullptr); }
  [[nodiscard]] collection_statistics stats(const map& other) const { return trie_.statistics(&other.trie_); }
  /// Which invariant of the structure is broken, or null: for tests. O(n).
  [[nodiscard]] const char* check() const noexcept(reads_safely) { return trie_.broken(); }

 private:
  friend class transient_map<map>;
  friend class map_diff<map>;
  friend struct detail::collection_access;
  friend struct detail::pack_access;

  template <class Query>
  [[nodiscard]] static decltype(auto) sought(const Query& key) noexcept(
      detail::looks_up_safely<Query, K, Hash, Equal>) {
    return detail::lookup_form<K, Hash, Equal>(key);
  }
  explicit map(trie&& of) noexcept : trie_(std::move(of)) {}
  // In an arena: what a store keeps of it, and back.
  template <class Record>
  [[nodiscard]] static map of_record(const typename Memory::handle& where, const Record& record) {
    return map(trie(where, record.root, {record.seed, Hash()}));
  }
  template <class Record>
  void describe(Record& record) const {
    trie_.describe(record);
  }
  [[nodiscard]] const typename Memory::handle& where() const noexcept { return trie_.handle(); }

  [[nodiscard]] map joined(detail::join_operation operation, const map& other, detail::join_side stays) const {
    const trie like = other.trie_.under_hash_of(trie_);
    return map(trie::join(operation, trie_, like, [=](const auto&, const auto&) noexcept { return stays; }));
  }

  trie trie_;
};

/// A map for many changes in a row, made by map::transient(). It changes nodes in place once they are its own, and
/// copies those that a map shares: the map that it came from, and those taken by persistent(), stay as they are.
///
/// Thread safety: one thread at a time.
template <class Map>
class transient_map {
 public:
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;
  using value_type = typename Map::value_type;
  using const_iterator = typename Map::const_iterator;

  transient_map() = default;
  explicit transient_map(Map of) noexcept : map_(std::move(of)) {}

  /// The map as it is now. O(1); afterwards changes copy again.
  [[nodiscard]] Map persistent() const& noexcept { return map_; }
  [[nodiscard]] Map persistent() && noexcept { return std::move(map_); }
  /// The map to read from; what it gives is valid until the next change.
  [[nodiscard]] const Map& operator*() const noexcept { return map_; }
  [[nodiscard]] const Map* operator->() const noexcept { return &map_; }
  [[nodiscard]] std::size_t size() const noexcept(Map::reads_safely) { return map_.size(); }
  [[nodiscard]] bool empty() const noexcept { return map_.empty(); }
  template <class Query = key_type>
  [[nodiscard]] typename Map::found_value find(const Query& key) const
      noexcept(noexcept(std::declval<const Map&>().find(key))) {
    return map_.find(key);
  }
  [[nodiscard]] const_iterator begin() const noexcept(Map::reads_safely) { return map_.begin(); }
  [[nodiscard]] const_iterator end() const noexcept { return map_.end(); }

  // Each returns whether anything has changed. See map.

  bool set(key_type key, mapped_type value) {
    return changed(map_.trie_.store(value_type(std::move(key), std::move(value))));
  }
  bool insert(key_type key, mapped_type value) {
    return changed(map_.trie_.store_if_absent(key, [&] { return value_type(std::move(key), std::move(value)); }));
  }
  template <class F, class Query = key_type>
  bool update(const Query& key, F&& f) {
    return changed(map_.trie_.update(Map::sought(key), f, [&] { return value_type(key_type(key), f(mapped_type{})); }));
  }
  template <class F, class Query = key_type>
  bool update_if_exists(const Query& key, F&& f) {
    return changed(map_.trie_.update(Map::sought(key), f, nullptr));
  }
  template <class Query = key_type>
  bool erase(const Query& key) {
    return changed(map_.trie_.erase(Map::sought(key)));
  }

 private:
  [[nodiscard]] static bool changed(detail::trie_change change) noexcept { return change != detail::trie_change::none; }

  Map map_;
};

/// What differs between two maps: a cursor over the keys that were added, removed or changed from `older` to `newer`.
/// Holds both. Costs what the two do not share; reading on is O(1) a change, and stopping early costs nothing. Values
/// without == count as changed wherever the two do not share the leaf that they are in; so they do for merge3.
///
///     for (const auto& change : coppice::diff(older, newer)) use(change.kind(), change.key());
///
/// A change has kind(), key(), before() and after(), which are pointers to values: null for added and for removed keys.
///
/// Thread safety: one thread at a time.
template <class Map>
class map_diff : public detail::trie_difference<typename Map::trie> {
 public:
  using typename detail::trie_difference<typename Map::trie>::change;
  map_diff(const Map& older, const Map& newer)
      : detail::trie_difference<typename Map::trie>(older.trie_, newer.trie_) {}
};

template <class K, class V, class H, class E, class M, unsigned B>
[[nodiscard]] map_diff<map<K, V, H, E, M, B>> diff(const map<K, V, H, E, M, B>& older,
                                                   const map<K, V, H, E, M, B>& newer) {
  return {older, newer};
}

template <class K, class V, class H, class E, class M, unsigned B>
template <class Resolve>
auto map<K, V, H, E, M, B>::merge(const map& other, Resolve&& resolve) const -> map {
  transient_type merged(merge(other));
  map_diff<map> both(*this, other);
  while (const auto* change = both.next()) {
    if (change->kind() != diff_kind::changed) continue;
    merged.set(change->key(), resolve(change->key(), *change->before(), *change->after()));
  }
  return std::move(merged).persistent();
}

/// The map with the changes from `base` to `ours` and those from `base` to `theirs`. Where both changed a key, and not
/// to the same, `resolve(key, const V* base, const V* ours, const V* theirs) -> std::optional<V>` says what becomes of
/// it; null means missing, and nullopt that it is left out. O(the smaller one of the two differences, and what must be
/// opened to find it): the other side is taken over as it is.
template <class K, class V, class H, class E, class M, unsigned B, class Resolve>
[[nodiscard]] map<K, V, H, E, M, B> merge3(const map<K, V, H, E, M, B>& base, const map<K, V, H, E, M, B>& ours,
                                           const map<K, V, H, E, M, B>& theirs, Resolve&& resolve) {
  using map_type = map<K, V, H, E, M, B>;
  // Both differences are walked in step until one of them ends: the side with fewer changes is put onto the other.
  map_diff<map_type> our_changes(base, ours), their_changes(base, theirs);
  bool ours_onto_theirs = false;
  while (their_changes.next() != nullptr) {
    if (our_changes.next() != nullptr) continue;
    ours_onto_theirs = true;
    break;
  }
  const map_type& kept = ours_onto_theirs ? theirs : ours;
  transient_map<map_type> merged(kept);
  const auto same = [](const V* a, const V* b) {
    return a == b || (a != nullptr && b != nullptr && detail::typed_value<V>{a}.same_as({b}));
  };
  map_diff<map_type> changes(base, ours_onto_theirs ? ours : theirs);
  while (const auto* change = changes.next()) {
    const auto found = kept.find(change->key());
    const V* const there = found ? &*found : nullptr;
    if (same(there, change->before())) {
      if (change->after() == nullptr) {
        merged.erase(change->key());
      } else {
        merged.set(change->key(), *change->after());
      }
    } else if (!same(there, change->after())) {
      const V* const our_value = ours_onto_theirs ? change->after() : there;
      const V* const their_value = ours_onto_theirs ? there : change->after();
      std::optional<V> settled = resolve(change->key(), change->before(), our_value, their_value);
      if (settled.has_value()) {
        merged.set(change->key(), *std::move(settled));
      } else {
        merged.erase(change->key());
      }
    }
  }
  return std::move(merged).persistent();
}

/// Does not depend on the seed, nor on the order of iteration. O(n).
template <class K, class V, class H, class E, class M, unsigned B>
struct hash<map<K, V, H, E, M, B>> {
  [[nodiscard]] std::uint64_t operator()(const map<K, V, H, E, M, B>& of, std::uint64_t seed) const noexcept {
    std::uint64_t sum = 0;
    of.for_each_chunk([&](auto elements) {
      for (const auto& [key, value] : elements) sum += hash<V>{}(value, detail::key_hash<H>{seed, H()}(key));
    });
    return detail::hash_number(sum, seed ^ of.size());
  }
};

}  // namespace coppice

template <class K, class V, class H, class E, class M, unsigned B>
// NOLINTNEXTLINE(cert-dcl58-cpp): specialised for a type of our own
struct std::hash<coppice::map<K, V, H, E, M, B>> {
  [[nodiscard]] std::size_t operator()(const coppice::map<K, V, H, E, M, B>& of) const noexcept {
    return coppice::hash<coppice::map<K, V, H, E, M, B>>{}(of, 0);
  }
};
