// What every trie of a typed collection is: a root, owned, the memory that it is in, and the hash of its keys; and what
// is alike for all of them.
//
// Copies share the root. A change is made through `begin_edit` and `take`: in place as far as nodes have no other
// owner, else on copies.
//
// Two tries can only be walked together under one seed and one Hash: `under_hash_of` copies one of them where they
// differ.
//
// A Trie derives from trie_root<Trie, ...> and has: `element`, `leaf_type`, `iterator<Projection>`, `leaf()`,
// `each_leaf(f)`, `fill(elements, count, movable)`, which gives an empty one its elements, and `same_elements(other)`,
// for two of one size that cannot be walked together.
//
// Thread safety: any number of threads may read one object; see coppice/memory.hpp.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/element_iterator.hpp"
#include "coppice/detail/heap/key_hash.hpp"
#include "coppice/detail/heap/statistics.hpp"
#include "coppice/detail/node.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_build.hpp"
#include "coppice/detail/trie_check.hpp"
#include "coppice/detail/trie_diff.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "coppice/detail/trie_join.hpp"

namespace coppice::detail {

template <class Trie, class Memory, class Nodes, class Hash>
class trie_root {
 public:
  using view_type = typename Memory::template view<Nodes>;
  using edit_type = typename Memory::template edit<Nodes>;
  using handle_type = typename Memory::handle;
  using ref_type = typename view_type::ref_type;
  static constexpr bool stays_readable = handle_type::stays_readable;

  trie_root() noexcept(std::is_nothrow_default_constructible_v<Hash>) : hash_{handle_.seed(), Hash()} {}
  explicit trie_root(const key_hash<Hash>& hash) noexcept : hash_(hash) {}
  /// Takes over the root.
  trie_root(const handle_type& handle, ref_type root, const key_hash<Hash>& hash) noexcept
      : handle_(handle), root_(root), hash_(hash) {}
  trie_root(const trie_root& other) noexcept : handle_(other.handle_), root_(other.root_), hash_(other.hash_) {
    if (root_ != ref_type{}) view_type::retain(root_);
  }
  trie_root(trie_root&& other) noexcept
      : handle_(std::move(other.handle_)), root_(std::exchange(other.root_, ref_type{})), hash_(other.hash_) {}
  trie_root& operator=(const trie_root& other) noexcept {
    trie_root copy(other);
    *this = std::move(copy);
    return *this;
  }
  trie_root& operator=(trie_root&& other) noexcept {
    if (this == &other) return *this;
    const ref_type dropped = std::exchange(root_, std::exchange(other.root_, ref_type{}));
    handle_ = std::move(other.handle_);
    hash_ = other.hash_;
    // Last: it may destroy elements, and what they hold.
    if (dropped != ref_type{}) view_type::release(dropped);
    return *this;
  }
  ~trie_root() {
    if (root_ != ref_type{}) view_type::release(root_);
  }

  [[nodiscard]] ref_type root() const noexcept { return root_; }
  [[nodiscard]] const handle_type& handle() const noexcept { return handle_; }
  [[nodiscard]] const key_hash<Hash>& hash() const noexcept { return hash_; }
  [[nodiscard]] bool empty() const noexcept { return root_ == ref_type{}; }
  /// Where the root is, or null.
  [[nodiscard]] const void* address() const noexcept(stays_readable) {
    return empty() ? nullptr : view().address(root_);
  }
  [[nodiscard]] std::size_t size() const noexcept(stays_readable) { return trie_size(view(), root_); }
  [[nodiscard]] view_type view() const noexcept(stays_readable) { return handle_.template view<view_type>(); }

  // ---- reading

  /// All elements, as an element_range.
  template <class Projection>
  [[nodiscard]] auto all() const noexcept(stays_readable) {
    using iterator = typename Trie::template iterator<Projection>;
    return element_range<iterator>{iterator(view(), root_, 0), {}, size()};
  }
  /// Part `index` of `parts` parts that follow each other and whose sizes differ by one at most.
  template <class Projection>
  [[nodiscard]] auto part(std::size_t index, std::size_t parts) const noexcept(stays_readable) {
    using iterator = typename Trie::template iterator<Projection>;
    const auto before = [&](std::size_t i) { return size() / parts * i + std::min(i, size() % parts); };
    const std::size_t from = before(index), to = before(index + 1);
    return element_range<iterator>{iterator(view(), root_, from), iterator(view(), root_, to), to - from};
  }
  /// In an arena: where it is, and the parameters of its shape.
  template <class Record>
  void describe(Record& record) const noexcept {
    record.root = root_;
    record.seed = hash_.seed;
    record.leaf_parameter = Trie::leaf_type::max_entries;
  }
  [[nodiscard]] const char* broken() const noexcept(stays_readable) {
    return trie_check(view(), self().leaf(), root_).broken;
  }

  // ---- whole tries

  /// A trie of the `count` elements at `elements`, which are moved from if `movable`. Of elements with one key the last
  /// one stays.
  template <class Element>
  [[nodiscard]] static Trie build(const key_hash<Hash>& hash, Element* elements, std::size_t count, bool movable) {
    Trie made(hash);
    made.fill(elements, count, movable);
    return made;
  }

  /// Whether two tries have the same hash of every key, and can be walked together.
  [[nodiscard]] bool hashes_like(const Trie& other) const noexcept {
    if (hash_.seed != other.hash().seed || !handle_.reaches(other.handle())) return false;
    if constexpr (std::is_empty_v<Hash>) {
      return true;
    } else if constexpr (std::equality_comparable<Hash>) {
      return hash_.hash == other.hash().hash;
    } else {
      return root_ == other.root();
    }
  }
  /// This trie, or a copy of its elements with the hash of the other, and in its memory.
  [[nodiscard]] Trie under_hash_of(const Trie& other) const {
    using element = typename Trie::element;
    handle_.require_readable();
    if (hashes_like(other)) return self();
    Trie copy(other.handle(), ref_type{}, other.hash());
    if constexpr (std::same_as<element, bool>) {  // a vector of them has no elements to point to
      for (bool each : all<std::identity>()) copy.store(std::move(each));
    } else {
      std::vector<element> copies;
      copies.reserve(size());
      self().each_leaf([&](const element* elements, std::uint32_t count) {
        copies.insert(copies.end(), elements, elements + count);
        return true;
      });
      copy.fill(copies.data(), copies.size(), true);
    }
    return copy;
  }

  /// Both must have the same hash. `choose(left entry, right entry)` as in trie_join.
  template <class Choose>
  [[nodiscard]] static Trie join(join_operation operation, const Trie& left, const Trie& right, Choose&& choose) {
    Trie made(left.hash());
    edit_type edit = made.begin_join(left, right);
    const auto how = made.leaf();
    made.take_made(edit, trie_join(edit, how, operation, left.root(), right.root(), choose));
    return made;
  }

  [[nodiscard]] bool same_content(const Trie& other) const {
    handle_.require_readable();
    other.handle().require_readable();
    if (root_ == other.root() && handle_.reaches(other.handle())) return true;
    if (size() != other.size()) return false;
    return hashes_like(other) ? trie_equal(view(), self().leaf(), root_, other.root()) : self().same_elements(other);
  }

  [[nodiscard]] collection_statistics statistics(const trie_root* other) const {
    collection_statistics sum;
    std::unordered_set<const std::byte*> theirs;
    if (other != nullptr) {
      each_node(other->view(), other->root_, 1, [&](const std::byte* node, unsigned) { theirs.insert(node); });
    }
    each_node(view(), root_, 1, [&](const std::byte* node, unsigned depth) {
      ++sum.nodes;
      sum.bytes += bytes_of(node);
      sum.depth = std::max(sum.depth, depth);
      if (!theirs.contains(node)) return;
      ++sum.shared_nodes;
      sum.shared_bytes += bytes_of(node);
    });
    return sum;
  }

 protected:
  [[nodiscard]] edit_type begin_edit() { return handle_.template edit<edit_type>(); }
  /// The same before something is stored. A trie that was made before it had a memory takes over the seed of that now.
  [[nodiscard]] edit_type begin_store() {
    edit_type edit = begin_edit();
    if constexpr (!stays_readable) {
      if (empty() && hash_.seed == process_seed()) hash_.seed = handle_.seed();
    }
    return edit;
  }
  trie_change take(edit_type& edit, const edit_result<ref_type>& result) {
    root_ = result.root;
    if (result.change == trie_change::out_of_space) edit.raise();
    return result.change;
  }
  /// For a trie that is empty: what trie_build and trie_join return.
  template <class Made>
  void take_made(edit_type& edit, const Made& made) {
    if (!made.ok) edit.raise();
    root_ = made.root;
  }

 private:
  /// This object becomes what will be made of two others.
  [[nodiscard]] edit_type begin_join(const trie_root& left, const trie_root& right) {
    handle_ = left.handle_;
    return handle_.template edit_with<edit_type>(right.handle_, false);
  }
  [[nodiscard]] const Trie& self() const noexcept { return static_cast<const Trie&>(*this); }

  template <class F>
  static void each_node(const view_type& nodes, ref_type ref, unsigned depth, const F& f) {
    if (ref == ref_type{}) return;
    const std::byte* const node = nodes.address(ref);
    f(node, depth);
    // By a loop, not by each_child, which is for functions that do not throw.
    const ref_places places = refs_of(*reinterpret_cast<const node_header*>(node));
    ref_type last{};
    for (std::size_t i = 0; i < places.count; ++i) {
      const auto child = load<ref_type>(node + places.offset + (i * sizeof(ref_type)));
      if (child != last) each_node(nodes, child, depth + 1, f);
      last = child;
    }
  }

  [[no_unique_address]] handle_type handle_;
  ref_type root_{};
  key_hash<Hash> hash_;
};

}  // namespace coppice::detail
