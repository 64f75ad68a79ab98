// What every trie of a typed collection is: a root, owned, and the memory that it is in.
//
// Copies share the root. A change is made through `begin_edit` and `take`: in place as far as nodes have no other
// owner, else on copies.
//
// Thread safety: any number of threads may read one object; see coppice/memory.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <utility>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/key_hash.hpp"
#include "coppice/detail/heap/statistics.hpp"
#include "coppice/detail/node.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_edit.hpp"

namespace coppice::detail {

template <class Memory, class Nodes>
class trie_root {
 public:
  using view_type = typename Memory::template view<Nodes>;
  using edit_type = typename Memory::template edit<Nodes>;
  using handle_type = typename Memory::handle;
  using ref_type = typename view_type::ref_type;
  static constexpr bool stays_readable = handle_type::stays_readable;

  trie_root() noexcept = default;
  /// Takes over the root.
  trie_root(const handle_type& handle, ref_type root) noexcept : handle_(handle), root_(root) {}
  trie_root(const trie_root& other) noexcept : handle_(other.handle_), root_(other.root_) {
    if (root_ != ref_type{}) view_type::retain(root_);
  }
  trie_root(trie_root&& other) noexcept
      : handle_(std::move(other.handle_)), root_(std::exchange(other.root_, ref_type{})) {}
  trie_root& operator=(const trie_root& other) noexcept {
    trie_root copy(other);
    *this = std::move(copy);
    return *this;
  }
  trie_root& operator=(trie_root&& other) noexcept {
    if (this == &other) return *this;
    const ref_type dropped = std::exchange(root_, std::exchange(other.root_, ref_type{}));
    handle_ = std::move(other.handle_);
    // Last: it may destroy elements, and what they hold.
    if (dropped != ref_type{}) view_type::release(dropped);
    return *this;
  }
  ~trie_root() {
    if (root_ != ref_type{}) view_type::release(root_);
  }

  [[nodiscard]] ref_type root() const noexcept { return root_; }
  [[nodiscard]] const handle_type& handle() const noexcept { return handle_; }
  [[nodiscard]] bool empty() const noexcept { return root_ == ref_type{}; }
  /// Where the root is, or null.
  [[nodiscard]] const void* address() const noexcept(stays_readable) {
    return empty() ? nullptr : view().address(root_);
  }
  [[nodiscard]] std::size_t size() const noexcept(stays_readable) { return trie_size(view(), root_); }
  [[nodiscard]] view_type view() const noexcept(stays_readable) { return handle_.template view<view_type>(); }

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
  template <class Hash>
  [[nodiscard]] edit_type begin_edit(key_hash<Hash>& hash) {
    edit_type edit = begin_edit();
    if constexpr (!stays_readable) {
      if (empty() && hash.seed == process_seed()) hash.seed = handle_.seed();
    }
    return edit;
  }
  /// This object becomes what will be made of two others.
  [[nodiscard]] edit_type begin_join(const trie_root& left, const trie_root& right) {
    handle_ = left.handle_;
    return handle_.template edit_with<edit_type>(right.handle_, false);
  }
  trie_change take(edit_type& edit, const edit_result<ref_type>& result) {
    root_ = result.root;
    if (result.change == trie_change::out_of_space) edit.raise();
    return result.change;
  }
  void take_new(ref_type root) noexcept { root_ = root; }

 private:
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
};

}  // namespace coppice::detail
