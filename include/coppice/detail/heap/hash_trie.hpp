// What map and set are made of: a trie of typed leaves with its owner, its seed and its Hash.
//
// A hash_trie owns one root. Copies share it. Changes are made in place as far as nodes have no other owner, else on
// copies: `store`, `erase` and the others change this object, and whoever wants to keep the old version copies it
// first. If there is no memory, or an element throws, they throw and this object is as it was.
//
// Two tries can only be walked together under one seed and one Hash: `under_hash_of` copies one of them where they
// differ.
//
// Thread safety: any number of threads may read one object; see coppice/memory.hpp.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "coppice/detail/heap/element_iterator.hpp"
#include "coppice/detail/heap/key_hash.hpp"
#include "coppice/detail/heap/statistics.hpp"
#include "coppice/detail/heap/typed_build.hpp"
#include "coppice/detail/heap/typed_leaf.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_check.hpp"
#include "coppice/detail/trie_cursor.hpp"
#include "coppice/detail/trie_diff.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "coppice/detail/trie_join.hpp"

namespace coppice::detail {

template <class Element, class Hash, class Equal, class Memory, unsigned LeafEntries>
class hash_trie {
 public:
  using element = typename Element::type;
  using key_type = typename Element::key_type;
  using leaf_type = typed_leaf<Element, key_hash<Hash>, Equal, LeafEntries>;
  using view_type = typename Memory::template view<typed_nodes<leaf_type>>;
  using edit_type = typename Memory::template edit<typed_nodes<leaf_type>>;
  using ref_type = std::byte*;
  template <class Projection>
  using iterator = element_iterator<view_type, leaf_type, Projection>;

  hash_trie() noexcept(std::is_nothrow_default_constructible_v<Hash>) : hash_{process_seed(), Hash()} {}
  explicit hash_trie(const key_hash<Hash>& hash) noexcept : hash_(hash) {}
  hash_trie(const hash_trie& other) noexcept : root_(other.root_), hash_(other.hash_) {
    if (root_ != nullptr) view_type::retain(root_);
  }
  hash_trie(hash_trie&& other) noexcept : root_(std::exchange(other.root_, nullptr)), hash_(other.hash_) {}
  hash_trie& operator=(const hash_trie& other) noexcept {
    hash_trie copy(other);
    swap(copy);
    return *this;
  }
  hash_trie& operator=(hash_trie&& other) noexcept {
    hash_trie taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~hash_trie() {
    if (root_ != nullptr) view_type::release(root_);
  }
  void swap(hash_trie& other) noexcept {
    std::swap(root_, other.root_);
    std::swap(hash_, other.hash_);
  }

  // ---- reading

  [[nodiscard]] ref_type root() const noexcept { return root_; }
  [[nodiscard]] const key_hash<Hash>& hash() const noexcept { return hash_; }
  [[nodiscard]] std::size_t size() const noexcept { return trie_size(view(), root_); }
  template <class Query>
  [[nodiscard]] const element* find(const Query& query) const noexcept {
    return trie_find(view(), leaf(), root_, typed_query<Query>{&query}, hash_(query));
  }
  template <class Projection>
  [[nodiscard]] element_range<iterator<Projection>> all() const noexcept {
    return {iterator<Projection>(view(), root_, 0), {}, size()};
  }
  /// Part `index` of `parts` parts that follow each other and whose sizes differ by one at most.
  template <class Projection>
  [[nodiscard]] element_range<iterator<Projection>> part(std::size_t index, std::size_t parts) const noexcept {
    const auto before = [&](std::size_t i) { return size() / parts * i + std::min(i, size() % parts); };
    const std::size_t from = before(index), to = before(index + 1);
    return {iterator<Projection>(view(), root_, from), iterator<Projection>(view(), root_, to), to - from};
  }
  /// Calls `f(elements, count)` for one leaf after the other until it returns false; returns whether it never did.
  template <class F>
  bool each_leaf(const F& f) const {
    leaf_stream<view_type> leaves(view(), root_);
    while (const std::byte* node = leaves.next()) {
      if (!f(leaf_type::elements_of(node), count_of(node))) return false;
    }
    return true;
  }
  [[nodiscard]] const char* broken() const noexcept { return trie_check(view(), leaf(), root_).broken; }

  // ---- changing

  /// Stores an element in the place of the one with its key, if there is any.
  trie_change store(element&& made) {
    edit_type edit{view()};
    const leaf_type how = leaf();
    return take(edit, trie_set(edit, how, root_, how.make_item(made, true)));
  }

  /// Stores the element that `make()` returns if there is none with the key of `query`.
  template <class Query, class Make>
  trie_change store_if_absent(const Query& query, const Make& make) {
    edit_type edit{view()};
    const leaf_type how = leaf();
    trie_editor<edit_type, leaf_type> editor(edit, how, root_, hash_(query));
    if (editor.locate(typed_query<Query>{&query})) return trie_change::none;
    return add(edit, how, editor, make());
  }

  /// Replaces the value of a key by `f(value)`; where the key is missing, stores the element that `make()` returns, or
  /// nothing if `make` is null. The functions must leave this object alone.
  template <class Query, class F, class Make>
  trie_change update(const Query& query, F& f, const Make& make) {
    edit_type edit{view()};
    const leaf_type how = leaf();
    trie_editor<edit_type, leaf_type> editor(edit, how, root_, hash_(query));
    if (editor.locate(typed_query<Query>{&query})) {
      const element& old = *editor.found().at;
      element made(old.first, f(old.second));
      return take(edit, editor.set(how.make_item(made, true)));
    }
    if constexpr (std::same_as<Make, std::nullptr_t>) {
      return trie_change::none;
    } else {
      return add(edit, how, editor, make());
    }
  }

  template <class Query>
  trie_change erase(const Query& query) {
    edit_type edit{view()};
    const leaf_type how = leaf();
    trie_editor<edit_type, leaf_type> editor(edit, how, root_, hash_(query));
    if (!editor.locate(typed_query<Query>{&query})) return trie_change::none;
    return take(edit, editor.erase());
  }

  // ---- whole tries

  /// A trie of the `count` elements at `elements`, which are moved from if `movable`. Of elements with one key the last
  /// one stays.
  [[nodiscard]] static hash_trie build(const key_hash<Hash>& hash, element* elements, std::size_t count, bool movable) {
    hash_trie made(hash);
    edit_type edit{view()};
    const leaf_type how = made.leaf();
    const auto items = items_in_order(how, elements, count, movable);
    const auto built = trie_build(edit, how, items.data(), static_cast<std::uint32_t>(items.size()));
    if (!built.ok) edit.raise();
    made.root_ = built.root;
    return made;
  }

  /// Whether two tries have the same hash of every key.
  [[nodiscard]] bool hashes_like(const hash_trie& other) const noexcept {
    if (hash_.seed != other.hash_.seed) return false;
    if constexpr (std::is_empty_v<Hash>) {
      return true;
    } else if constexpr (std::equality_comparable<Hash>) {
      return hash_.hash == other.hash_.hash;
    } else {
      return root_ == other.root_;
    }
  }
  /// This trie, or a copy of its elements with the hash of the other.
  [[nodiscard]] hash_trie under_hash_of(const hash_trie& other) const {
    if (hashes_like(other)) return *this;
    if constexpr (std::same_as<element, bool>) {  // a vector of them has no elements to point to
      hash_trie copy(other.hash_);
      for (bool each : all<std::identity>()) copy.store(std::move(each));
      return copy;
    } else {
      std::vector<element> copies;
      copies.reserve(size());
      each_leaf([&](const element* elements, std::uint32_t count) {
        copies.insert(copies.end(), elements, elements + count);
        return true;
      });
      return build(other.hash_, copies.data(), copies.size(), true);
    }
  }

  /// Both must have the same hash. `choose(left entry, right entry)` as in trie_join.
  template <class Choose>
  [[nodiscard]] static hash_trie join(join_operation operation, const hash_trie& left, const hash_trie& right,
                                      Choose&& choose) {
    hash_trie made(left.hash_);
    edit_type edit{view()};
    const leaf_type how = made.leaf();
    const auto joined = trie_join(edit, how, operation, left.root_, right.root_, choose);
    if (!joined.ok) edit.raise();
    made.root_ = joined.root;
    return made;
  }

  [[nodiscard]] bool same_content(const hash_trie& other) const {
    if (root_ == other.root_) return true;
    if (size() != other.size()) return false;
    const hash_trie like = other.under_hash_of(*this);
    return trie_equal(view(), leaf(), root_, like.root_);
  }

  [[nodiscard]] collection_statistics statistics(const hash_trie* other) const {
    collection_statistics sum;
    std::unordered_set<const std::byte*> theirs;
    if (other != nullptr) each_node(other->root_, 1, [&](const std::byte* node, unsigned) { theirs.insert(node); });
    each_node(root_, 1, [&](const std::byte* node, unsigned depth) {
      ++sum.nodes;
      sum.bytes += bytes_of(node);
      sum.depth = std::max(sum.depth, depth);
      if (!theirs.contains(node)) return;
      ++sum.shared_nodes;
      sum.shared_bytes += bytes_of(node);
    });
    return sum;
  }

  [[nodiscard]] leaf_type leaf() const noexcept {
    static_assert(std::copy_constructible<element>,
                  "coppice: elements of persistent collections must be copy constructible, because versions share them "
                  "and a change copies the leaf that it is in; hold what cannot be copied by std::shared_ptr");
    static_assert(std::is_nothrow_destructible_v<element>, "coppice: destructors of elements must not throw");
    return leaf_type(hash_);
  }
  [[nodiscard]] static const view_type& view() noexcept {
    static constexpr view_type nodes{};
    return nodes;
  }

 private:
  template <class Editor>
  trie_change add(edit_type& edit, const leaf_type& how, Editor& editor, element&& made) {
    const auto item = how.make_item(made, true);
    (void)editor.locate(leaf_type::key_of(item));
    return take(edit, editor.set(item));
  }

  trie_change take(edit_type& edit, const edit_result<ref_type>& result) {
    root_ = result.root;
    if (result.change == trie_change::out_of_space) edit.raise();
    return result.change;
  }

  template <class F>
  static void each_node(ref_type node, unsigned depth, const F& f) {
    if (node == nullptr) return;
    f(node, depth);
    if (kind_of(node) != node_kind::branch) return;
    // By a loop, not by each_child, which is for functions that do not throw.
    for (unsigned slot = 0; slot < trie_fan_out; slot = end_of_child<ref_type>(node, slot)) {
      each_node(child_of<ref_type>(node, slot), depth + 1, f);
    }
  }

  ref_type root_ = nullptr;
  key_hash<Hash> hash_;
};

}  // namespace coppice::detail
