// What a collection in an arena knows of its memory besides its nodes: the space that they are in, and since when it is
// alone with them (space.hpp).
//
// Thread safety: as the space's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/key_hash.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/shared/link.hpp"
#include "coppice/detail/shared/space.hpp"

namespace coppice::detail {

/// Throws error invalid_argument: there is no transaction that the collection could be changed in. (In the library.)
[[noreturn]] void raise_no_transaction();
/// Throws error invalid_argument: the collections are of different stores.
[[noreturn]] void raise_other_store();

/// Nodes of tries, by ref.
class space_view {
 public:
  using ref_type = std::uint32_t;
  space_view() noexcept = default;
  explicit space_view(const arena_space* space) noexcept : base_(space == nullptr ? nullptr : space->base()) {}

  [[nodiscard]] const std::byte* address(ref_type ref) const noexcept {
    return base_ + std::uint64_t{ref} * granule_bytes;
  }
  static void retain(ref_type) noexcept {}
  static void release(ref_type) noexcept {}

 private:
  const std::byte* base_ = nullptr;
};

/// Nodes of RRB trees, by address (link.hpp).
class space_nodes {
 public:
  using ref_type = std::byte*;
  space_nodes() noexcept = default;
  explicit space_nodes(const arena_space*) noexcept {}

  [[nodiscard]] static const std::byte* address(ref_type ref) noexcept { return ref; }
  static void retain(ref_type) noexcept {}
  static void release(ref_type) noexcept {}
  /// How many places of a leaf are taken; see heap_memory.
  [[nodiscard]] static std::uint32_t filled(const std::byte* leaf) noexcept { return count_of(leaf); }
};

/// What the two kinds of edits share. Elements are copied as bytes, so nothing throws meanwhile.
class space_changes {
 public:
  space_changes(arena_space& space, std::uint64_t since) noexcept : space_(&space), since_(since) {}

  [[nodiscard]] std::uint64_t edit_token() const noexcept { return space_->now(); }
  static void keep_exception() noexcept { std::terminate(); }
  [[noreturn]] void raise() const {
    space_->raise_trouble();
    __builtin_unreachable();  // g++ does not believe a virtual function
  }

 protected:
  [[nodiscard]] bool alone_with(const std::byte* node) const noexcept { return arena_space::stamp_of(node) >= since_; }
  [[nodiscard]] arena_space& space() const noexcept { return *space_; }
  [[nodiscard]] std::uint64_t since() const noexcept { return since_; }

 private:
  arena_space* space_;
  std::uint64_t since_;
};

class space_edit : public space_view, public space_changes {
 public:
  space_edit(arena_space& space, std::uint64_t since) noexcept : space_view(&space), space_changes(space, since) {}

  [[nodiscard]] allocation<ref_type> allocate(std::size_t bytes) noexcept { return space().allocate(bytes); }
  [[nodiscard]] bool editable(ref_type ref) const noexcept { return alone_with(address(ref)); }
  [[nodiscard]] std::byte* writable(ref_type ref) noexcept { return space().address(ref); }
  static void retain(ref_type) noexcept {}
  void release(ref_type ref) noexcept {
    if (editable(ref)) space().take_back(ref);
  }
  void supersede(ref_type ref) noexcept { space().replaced(since(), ref); }
};

/// What algorithms release here is left to the arena's collection: they release whole trees, of which a part may live
/// on.
class space_node_edit : public space_nodes, public space_changes {
 public:
  space_node_edit(arena_space& space, std::uint64_t since) noexcept
      : space_nodes(&space), space_changes(space, since) {}

  [[nodiscard]] allocation<ref_type> allocate(std::size_t bytes) noexcept {
    const auto made = space().allocate(bytes);
    return {made.address, made.address};
  }
  [[nodiscard]] bool editable(ref_type ref) const noexcept { return alone_with(ref); }
  [[nodiscard]] static std::byte* writable(ref_type ref) noexcept { return ref; }
  void supersede(ref_type ref) noexcept { space().replaced(since(), ref_of(ref)); }
  /// Only in a leaf that nobody has seen yet: what is published never changes.
  [[nodiscard]] bool claim(ref_type leaf, std::uint32_t from, std::uint32_t to) noexcept {
    if (count_of(leaf) != from || !space().made_here(leaf)) return false;
    store(leaf + offsetof(node_header, count), to);
    return true;
  }
};

class arena_handle {
 public:
  static constexpr bool stays_readable = false;

  /// In the transaction of this thread, if there is one.
  arena_handle() noexcept : space_(arena_space::current()), since_(arena_space::never) {
    if (space_ == nullptr) return;
    space_->retain();
    since_ = space_->now();
  }
  /// Of nodes that other collections may have too.
  explicit arena_handle(arena_space& space) noexcept
      : space_(&space), since_(space.writes() ? space.tick() : arena_space::never) {
    space_->retain();
  }
  arena_handle(const arena_handle& other) noexcept : space_(other.space_), since_(arena_space::never) {
    if (space_ == nullptr) return;
    space_->retain();
    if (!space_->writes() || space_->ended()) return;
    const auto [original, copy] = space_->part(other.since_);
    other.since_ = original;  // NOLINT(cert-oop58-cpp): neither is alone any more; what can be read stays the same
    since_ = copy;
  }
  arena_handle(arena_handle&& other) noexcept
      : space_(std::exchange(other.space_, nullptr)), since_(std::exchange(other.since_, arena_space::never)) {}
  arena_handle& operator=(const arena_handle& other) noexcept {
    *this = arena_handle(other);
    return *this;
  }
  arena_handle& operator=(arena_handle&& other) noexcept {
    if (this == &other) return *this;
    if (space_ != nullptr && space_ == other.space_ && !space_->ended()) {
      other.since_ = space_->replace(since_, other.since_);
    }
    if (space_ != nullptr) space_->release();
    space_ = std::exchange(other.space_, nullptr);
    since_ = std::exchange(other.since_, arena_space::never);
    return *this;
  }
  ~arena_handle() {
    if (space_ != nullptr) space_->release();
  }

  /// That of the store; before the collection is in one, that of the process.
  [[nodiscard]] std::uint64_t seed() const noexcept { return space_ == nullptr ? process_seed() : space_->seed(); }

  /// Throws error closed if the transaction is over.
  void require_readable() const {
    if (space_ != nullptr && space_->ended()) space_->raise_ended();
  }
  /// The same.
  template <class View>
  [[nodiscard]] View view() const {
    require_readable();
    return View(space_);
  }
  /// Throws error closed, or invalid_argument where this thread has no transaction for it.
  template <class Edit>
  [[nodiscard]] Edit edit() {
    require_writable();
    return Edit(*space_, since_);
  }
  template <class Edit>
  [[nodiscard]] Edit edit_with(const arena_handle& other, bool consumes) {
    const std::uint64_t alone =
        consumes && space_ == other.space_ ? (since_ > other.since_ ? since_ : other.since_) : arena_space::never;
    other.require_readable();
    require_writable();
    if (other.space_ != nullptr && other.space_ != space_) {
      if (!reaches(other)) raise_other_store();
      space_->borrow(*other.space_);
    }
    // Whatever is made of the two has nodes of both.
    since_ = space_->tick();
    if (other.space_ == space_) other.since_ = space_->tick();
    return Edit(*space_, alone);
  }

  /// Somebody else has the nodes from now on too.
  void share() const noexcept {
    if (space_ != nullptr && space_->writes()) since_ = space_->tick();
  }
  [[nodiscard]] arena_space* space() const noexcept { return space_; }
  [[nodiscard]] std::byte* address(std::uint32_t ref) const noexcept { return space_->address(ref); }
  [[nodiscard]] static std::uint32_t ref_of(const std::byte* node) noexcept { return detail::ref_of(node); }
  /// Whether refs of both mean the same.
  [[nodiscard]] bool reaches(const arena_handle& other) const noexcept {
    return space_ == nullptr || other.space_ == nullptr || space_->base() == other.space_->base();
  }

 private:
  void require_writable() {
    if (space_ != nullptr && space_->ended()) space_->raise_ended();
    if (space_ != nullptr && space_->writes()) return;
    arena_space* const here = arena_space::current();
    if (here == nullptr) raise_no_transaction();
    if (space_ != nullptr) {
      if (space_->base() != here->base()) raise_other_store();
      here->borrow(*space_);
      space_->release();
    }
    space_ = here;
    space_->retain();
    since_ = space_->tick();
  }

  arena_space* space_;
  mutable std::uint64_t since_;
};

}  // namespace coppice::detail
