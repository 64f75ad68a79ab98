// Typed collections as values of a named store: every thread and process that opens the store reads the same nodes.
//
//   using price_map = coppice::arena_map<std::uint32_t, double>;        // product to price
//
//   auto store = coppice::store::open("shop");
//   store.transact([](coppice::transaction& t) {
//     auto prices = t.get<price_map>("prices").value_or(price_map());
//     t.set("prices", prices.set(7, 1.25).set(9, 3.5));                 // O(changes): what is old is shared
//   });
//   auto prices = store.snapshot().get<price_map>("prices").value();    // O(1), no copy
//   const double* price = prices.find(7);                               // into the shared memory
//
// The Memory parameter store_arena makes map, set and vector such collections; they have the same functions as on the
// heap. What is different:
//
// - They are changed inside a transaction, by the thread that runs it: each version is O(1) to keep there, and is
//   published by transaction::set(key, collection). Everything that is not published is garbage when the transaction
//   ends. Outside, changing one throws error invalid_argument.
// - A collection of a transaction ends with it: reading it later throws error closed. One of a snapshot lives as long
//   as it is held, and keeps its version of the store. It may be changed inside a transaction too, which borrows it.
// - Nodes have no counts. `std::move(m).set(...)` and transients change nodes in place that no other handle of the
//   transaction has; `m = m.set(...)` uses the nodes that it replaces again.
// - Elements are copied as bytes and read by pointer, so they must mean the same in every process: see shares_as_bytes.
// - A collection is refused (error invalid_argument) where the store has one of another kind, type of elements, or
//   node size under that key. Hash must be coppice::hash, or a class with `static constexpr std::string_view
//   stored_name`: it must be the same in all programs, so std::hash is none.
//
// Errors: as for stores (coppice::error) instead of std::bad_alloc: out_of_space where the store is full.
// Thread safety: collections of a snapshot may be read by any number of threads, and copied; those of a transaction
// belong to its thread.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>

#include "coppice/detail/collection_record.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/shared/element_type.hpp"
#include "coppice/detail/shared/encoded_trie.hpp"
#include "coppice/detail/shared/encoded_vector.hpp"
#include "coppice/detail/shared/handle.hpp"
#include "coppice/hash.hpp"
#include "coppice/map.hpp"
#include "coppice/set.hpp"
#include "coppice/store.hpp"
#include "coppice/vector.hpp"

namespace coppice {

namespace detail {

template <class Nodes>
struct space_access {
  using view = space_view;
  using edit = space_edit;
};
template <class Layout>
struct space_access<rrb_nodes<Layout>> {
  using view = space_nodes;
  using edit = space_node_edit;
};

}  // namespace detail

/// The arena of a named store: a Memory (coppice/memory.hpp).
struct store_arena {
  using handle = detail::arena_handle;
  using link = detail::arena_link;
  template <class Nodes>
  using view = typename detail::space_access<Nodes>::view;
  template <class Nodes>
  using edit = typename detail::space_access<Nodes>::edit;
  template <class Element>
  static constexpr bool holds = shares_as_bytes<Element>;
  template <class Element, class Hash, class Equal, unsigned LeafEntries>
  using trie = std::conditional_t<shares_as_bytes<typename Element::type>,
                                  detail::hash_trie<Element, Hash, Equal, store_arena, LeafEntries>,
                                  detail::encoded_trie<Element, Hash, Equal, store_arena, LeafEntries>>;
};

template <class K, class V, class Hash = hash<K>, class Equal = std::equal_to<>>
using arena_map = map<K, V, Hash, Equal, store_arena>;
template <class T, class Hash = hash<T>, class Equal = std::equal_to<>>
using arena_set = set<T, Hash, Equal, store_arena>;
template <class T>
using arena_vector = vector<T, store_arena>;

namespace detail {

/// Which hashes mean the same in every program.
template <class Hash>
constexpr void describe_hash(type_digest& to) noexcept {
  if constexpr (requires { Hash::stored_name; }) {
    to.add(std::string_view(Hash::stored_name));
  } else {
    static_assert(portable_hash<Hash>(),
                  "coppice: a hash that is used in a store must be the same in all programs: use coppice::hash for a "
                  "type that it knows, or give your Hash a stored_name");
    to.add(std::uint64_t{1});  // changes with the values of coppice::hash
  }
}

template <class Collection>
[[nodiscard]] constexpr value_kind collection_kind() noexcept {
  if constexpr (requires { typename Collection::mapped_type; }) {
    return value_kind::map;
  } else if constexpr (requires { typename Collection::key_type; } || requires { typename Collection::hasher; }) {
    return value_kind::set;
  } else {
    return value_kind::vector;
  }
}

/// What collection_record::element_type is.
template <class Collection>
[[nodiscard]] constexpr std::uint64_t collection_fingerprint() noexcept {
  using element = typename Collection::value_type;
  constexpr std::size_t bytes = shares_as_bytes<element> ? sizeof(element) : 0;
  static_assert(bytes >> element_size_bits == 0, "coppice: an element in a store has less than 16 MiB");
  type_digest digest;
  describe_element<element>(digest);
  // What is encoded is hashed by its bytes.
  if constexpr (requires { typename Collection::hasher; } && bytes != 0) {
    describe_hash<typename Collection::hasher>(digest);
  }
  return digest.value() << element_size_bits | bytes;
}

/// The way into the private parts of collections.
struct collection_access {
  /// Of a record without its type.
  template <class Collection>
  [[nodiscard]] static Collection open(arena_space& space, const collection_record& record) {
    return Collection::of_record(arena_handle(space), record);
  }
  template <class Collection>
  [[nodiscard]] static collection_record record(const Collection& of) {
    collection_record made;
    of.describe(made);
    made.size = of.size();
    constexpr std::uint64_t type = collection_fingerprint<Collection>();
    made.element_type = type;
    return made;
  }
  /// Where it is; its nodes may be stored, hence are not changed in place any more.
  template <class Collection>
  [[nodiscard]] static arena_space* share(const Collection& of) noexcept {
    of.where().share();
    return of.where().space();
  }
};

/// What find_collection() gives: a space that has been retained, and the record.
struct stored_place {
  arena_space* space = nullptr;
  collection_record record;
};
/// Releases it.
struct held_space {
  arena_space* space;
  ~held_space() {
    if (space != nullptr) space->release();
  }
};

template <class Collection>
concept stored_collection = std::same_as<typename Collection::memory_type, store_arena>;

template <class Collection>
[[nodiscard]] inline std::optional<Collection> opened(const std::optional<stored_place>& found) {
  if (!found) return std::nullopt;
  const held_space held{found->space};
  return collection_access::open<Collection>(*found->space, found->record);
}

}  // namespace detail

template <class Collection>
std::optional<Collection> snapshot::get(const value_view& key) const {
  static_assert(detail::stored_collection<Collection>, "coppice: a collection with the Memory store_arena");
  return detail::opened<Collection>(
      find_collection(key, detail::collection_kind<Collection>(), detail::collection_access::record(Collection())));
}

template <class Collection>
std::optional<Collection> transaction::get(const value_view& key) const {
  static_assert(detail::stored_collection<Collection>, "coppice: a collection with the Memory store_arena");
  return detail::opened<Collection>(
      find_collection(key, detail::collection_kind<Collection>(), detail::collection_access::record(Collection())));
}

template <class Collection>
  requires(!std::convertible_to<const Collection&, value_view>)
void transaction::set(const value_view& key, const Collection& collection) {
  static_assert(detail::stored_collection<Collection>, "coppice: a collection with the Memory store_arena");
  set_collection(key, detail::collection_kind<Collection>(), detail::collection_access::record(collection),
                 detail::collection_access::share(collection));
}

}  // namespace coppice
