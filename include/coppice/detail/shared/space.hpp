// The arena of a store as typed collections see it: a version to read from, or a transaction to write in.
//
// Collections in an arena have no counts. Which nodes a collection alone has, and may change in place, is told by
// stamps. A space that is written in has a clock; nodes carry the time at which they were made where packed nodes have
// their edit token. Each handle of a collection knows since when it has been alone: its nodes of that time or later are
// in no other collection. Copying a handle moves the clock on, and then neither is alone with any node that there was:
//
//     stamp of a node < `since` of every handle that reaches it, if more than one does
//
// Times are drawn from the arena's source of edit tokens and never repeat, so nodes of earlier transactions, which are
// published, are older than anything a handle may call its own.
//
// `m = m.set(k, v)` copies m, changes the copy, and drops m: the nodes that the change has replaced are then in no
// collection. The space remembers what one copy replaced, and takes these nodes back when the copy is assigned to what
// it was made from. Everything else that is left behind is found by the arena's collection.
//
// A space is owned by the handles that use it, by count, and outlives its transaction only to tell them that it has
// ended.
//
// Thread safety: a space to read from may be shared by threads. One that is written in belongs to the thread of the
// transaction, with all its handles.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/node.hpp"

namespace coppice::detail {

// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor): only release() destroys it, when the count ends
class arena_space {
 public:
  using ref = std::uint32_t;
  /// No node is made so late.
  static constexpr std::uint64_t never = ~std::uint64_t{0};

  /// `over`: whether it has ended, which others tell it.
  arena_space(const std::byte* base, bool writes, std::uint64_t seed, const bool* over) noexcept
      : base_(base), seed_(seed), over_(over), writes_(writes) {}
  arena_space(const arena_space&) = delete;
  arena_space& operator=(const arena_space&) = delete;

  void retain() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  [[nodiscard]] const std::byte* base() const noexcept { return base_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  [[nodiscard]] bool writes() const noexcept { return writes_; }
  [[nodiscard]] bool ended() const noexcept { return *over_; }
  /// Throws error closed: the transaction is over.
  [[noreturn]] virtual void raise_ended() const = 0;

  // ---- writing

  [[nodiscard]] virtual allocation<ref> allocate(std::size_t bytes) noexcept = 0;
  /// Takes back a node that was made in this space and that no collection has.
  virtual void take_back(ref node) noexcept = 0;
  /// Keeps the version that another space reads from until this one's transaction has been published.
  virtual void borrow(arena_space& from) = 0;
  /// Throws why the last allocate() returned nothing.
  [[noreturn]] virtual void raise_trouble() const = 0;

  /// The stamp of nodes that are made now.
  [[nodiscard]] std::uint64_t now() noexcept {
    if (begun_ == never) [[unlikely]]
      begin();
    return now_;
  }
  [[nodiscard]] static std::uint64_t stamp_of(const std::byte* node) noexcept {
    return load<node_header>(node).edit_token();
  }
  [[nodiscard]] std::byte* address(ref node) const noexcept {
    return const_cast<std::byte*>(base_) + std::uint64_t{node} * granule_bytes;
  }
  /// Whether a node was made in this transaction.
  [[nodiscard]] bool made_here(const std::byte* node) const noexcept { return stamp_of(node) >= begun_; }

  /// A later time: what there is now is older. `never` once the arena has no more.
  [[nodiscard]] std::uint64_t tick() noexcept {
    if (now() == last_) draw();
    return now_ == 0 ? never : ++now_;
  }

  /// A handle that was alone since `since` is being copied: returns since when each of the two is alone from now on.
  struct parted {
    std::uint64_t original;
    std::uint64_t copy;
  };
  [[nodiscard]] parted part(std::uint64_t since) noexcept {
    const std::uint64_t original = tick(), copy = tick();
    last_copy_.before = since;
    last_copy_.original = original;
    last_copy_.copy = copy;
    last_copy_.count = 0;
    return {original, copy};
  }
  /// A change of the handle that is alone since `since` has replaced a node of its base.
  void replaced(std::uint64_t since, ref node) noexcept {
    if (since != last_copy_.copy || since == never || last_copy_.count == most_replaced) return;
    if (stamp_of(address(node)) >= last_copy_.before) last_copy_.replaced[last_copy_.count++] = node;
  }
  /// A handle takes the place of another one, which is dropped. Returns since when it is alone then.
  [[nodiscard]] std::uint64_t replace(std::uint64_t dropped, std::uint64_t by) noexcept {
    if (by == never || by != last_copy_.copy || dropped != last_copy_.original) return by;
    for (unsigned i = 0; i < last_copy_.count; ++i) take_back(last_copy_.replaced[i]);
    const std::uint64_t since = last_copy_.before == never ? by : last_copy_.before;
    last_copy_.copy = never;
    last_copy_.count = 0;
    return since;
  }

  /// The space of the transaction that this thread is in, or null. One that has ended while it was the current one was
  /// left behind by fork().
  [[nodiscard]] static arena_space* current() noexcept {
    arena_space* const space = here();
    return space != nullptr && !space->ended() ? space : nullptr;
  }

 protected:
  virtual ~arena_space() = default;
  /// More times: sets now_ and last_, both later than all before; or, where there are none, both to 0.
  virtual void draw() noexcept = 0;
  /// Makes it the current one of this thread, and returns the one before.
  static arena_space* enter(arena_space* space) noexcept { return std::exchange(here(), space); }

  std::uint64_t now_ = 0;
  std::uint64_t last_ = 0;  // to be had without draw()

 private:
  static constexpr unsigned most_replaced = 32;
  struct last_copy {
    std::uint64_t before = never;    // since when the original was alone
    std::uint64_t original = never;  // and since when it is now
    std::uint64_t copy = never;
    unsigned count = 0;
    ref replaced[most_replaced] = {};
  };

  /// The clock starts when it is first looked at: most transactions have no typed collections.
  void begin() noexcept {
    draw();
    if (now_ != 0) begun_ = now_;
  }

  // One for the library and all that use it, even where these hide their symbols.
  [[nodiscard, gnu::visibility("default")]] static arena_space*& here() noexcept {
    static thread_local arena_space* space = nullptr;
    return space;
  }

  std::uint64_t begun_ = never;  // the first time of this transaction
  const std::byte* base_;
  std::uint64_t seed_;
  const bool* over_;
  bool writes_;
  std::atomic<std::uint32_t> count_{1};
  last_copy last_copy_;
};

}  // namespace coppice::detail
