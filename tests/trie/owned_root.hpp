// A root with its owner.
#pragma once

#include <utility>

#include "coppice/detail/trie_edit.hpp"

namespace coppice::trie_test {

/// Copies share the root, and whoever changes his then copies the path.
template <class Memory>
class owned_root {
 public:
  using Ref = typename Memory::ref_type;

  explicit owned_root(Memory& memory, Ref root = Ref{}) noexcept : memory_(&memory), root_(root) {}
  owned_root(const owned_root& other) noexcept : memory_(other.memory_), root_(other.root_) {
    if (root_ != Ref{}) memory_->retain(root_);
  }
  owned_root& operator=(owned_root other) noexcept {
    std::swap(root_, other.root_);
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~owned_root() {
    if (root_ != Ref{}) memory_->release(root_);
  }

  [[nodiscard]] Ref get() const noexcept { return root_; }
  [[nodiscard]] Memory& memory() const noexcept { return *memory_; }
  /// Gives the root away.
  [[nodiscard]] Ref give() noexcept { return std::exchange(root_, Ref{}); }
  /// What an edit that consumed the root made of it.
  detail::trie_change take(const detail::edit_result<Ref>& edited) noexcept {
    root_ = edited.root;
    return edited.change;
  }

 private:
  Memory* memory_;
  Ref root_;
};

}  // namespace coppice::trie_test
