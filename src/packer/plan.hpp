// How one version of a vector is made of another one, when leaves tell which parts they share.
//
// Where most of the leaves that they share have the same places in both, elements are replaced there, and the tree
// keeps its shape. Otherwise the new one is put together of parts of the old one and of what is new.
//
// Thread safety: pure functions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace coppice::packer {

/// A leaf by a name, and how many of its elements belong to the version.
struct leaf_place {
  std::uint32_t name = 0;
  std::uint32_t size = 0;

  friend bool operator==(const leaf_place&, const leaf_place&) = default;
};

/// Calls `to.place(leaf, position)` for a leaf whose elements replace those from a position on, or are appended;
/// `to.keep(count)`, after which there are only so many; and `to.follow(from, end)`, after which the elements [from,
/// end) of the old version follow. Each returns whether to go on. False: one has not.
template <class To>
class plan {
 public:
  plan(const std::vector<leaf_place>& older, const std::vector<leaf_place>& newer, To& to)
      : older_(older), newer_(newer), to_(to) {
    std::uint64_t position = 0;
    for (std::uint32_t i = 0; i < older.size(); ++i) {
      known_.emplace(older[i].name, known_leaf{i, position});
      position += older[i].size;
    }
    old_size_ = position;
  }

  [[nodiscard]] bool follow() {
    std::size_t aligned = 0, same = 0, found = 0;
    const std::size_t common = std::min(older_.size(), newer_.size());
    for (; aligned < common && older_[aligned].size == newer_[aligned].size; ++aligned) {
      if (older_[aligned] == newer_[aligned]) ++same;
    }
    for (const leaf_place& leaf : newer_) found += find(leaf) != nullptr ? 1 : 0;
    return same >= found ? replace(aligned) : put_together();
  }

 private:
  struct known_leaf {
    std::uint32_t index;
    std::uint64_t position;
  };

  /// Where a leaf is in the old version, of which that has as many elements; or null.
  [[nodiscard]] const known_leaf* find(const leaf_place& leaf) const {
    const auto found = known_.find(leaf.name);
    return found != known_.end() && older_[found->second.index] == leaf ? &found->second : nullptr;
  }
  [[nodiscard]] bool keep(std::uint64_t count) {
    return count == old_size_ || to_.keep(static_cast<std::uint32_t>(count));
  }

  /// The first leaves of both are as long as each other.
  [[nodiscard]] bool replace(std::size_t aligned) {
    std::uint64_t position = 0;
    for (std::size_t i = 0; i < aligned; ++i) position += newer_[i].size;
    if (!keep(position)) return false;
    position = 0;
    for (std::size_t i = 0; i < newer_.size(); ++i) {
      const bool is_there = i < aligned && older_[i] == newer_[i];
      if (!is_there && !to_.place(newer_[i], static_cast<std::uint32_t>(position))) return false;
      position += newer_[i].size;
    }
    return true;
  }

  /// Leaves that follow each other in both versions are taken over together.
  [[nodiscard]] bool put_together() {
    std::uint64_t position = 0;
    std::size_t i = 0;
    for (; i < newer_.size() && i < older_.size() && newer_[i] == older_[i]; ++i) position += newer_[i].size;
    if (!keep(position)) return false;
    while (i < newer_.size()) {
      const known_leaf* const known = find(newer_[i]);
      if (known == nullptr) {
        if (!to_.place(newer_[i], static_cast<std::uint32_t>(position))) return false;
        position += newer_[i++].size;
        continue;
      }
      std::uint64_t end = known->position;
      for (std::size_t j = known->index; i < newer_.size() && j < older_.size() && newer_[i] == older_[j]; ++i, ++j) {
        end += newer_[i].size;
      }
      if (!to_.follow(static_cast<std::uint32_t>(known->position), static_cast<std::uint32_t>(end))) return false;
      position += end - known->position;
    }
    return true;
  }

  const std::vector<leaf_place>& older_;
  const std::vector<leaf_place>& newer_;
  To& to_;
  std::unordered_map<std::uint32_t, known_leaf> known_;
  std::uint64_t old_size_ = 0;
};

}  // namespace coppice::packer
