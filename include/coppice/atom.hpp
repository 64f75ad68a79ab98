// coppice::atom: a cell that threads share, which holds one version of a value.
//
// The value is anything that can be copied; what it is made for are maps, sets and vectors, whose copies are O(1).
// Readers take snapshots, writers put new versions in the place of old ones:
//
//     coppice::atom<coppice::map<std::string, int>> stock;
//     stock.update([](const auto& now) { return now.update("pears", [](int n) { return n + 1; }); });
//     auto snapshot = stock.load();                           // stays as it is, whatever others do
//
// How. What must be one step is to read where the value is and to say that somebody reads it there. Values lie in boxes
// on the heap, and the address of the current box shares one word with the number of those who are reading it now: a
// reader adds one to that word, copies the value, and takes the one back. A writer swaps the word; the readers that
// stood in it it adds to the balance of the old box, from which those that find the word changed subtract themselves.
// Whoever makes it zero frees the box. This is the split reference count (A. Williams, C++ Concurrency in Action, 7.2).
//   B1  the word's count is the claims on the current box that have not been given back
//   B2  the balance of a box is zero or negative until it was replaced; after that it is the claims left on it
//   B3  a box enters a word once: while it is claimed, its address names no other
//   B4  there are fewer than 2^20 claims at once: boxes are aligned to 16 bytes and addresses have 48 bits
// (Boxes of 64 bytes would leave 22 bits, more than Linux has threads, but cost an update 237 ns instead of 163: malloc
// is slow at alignment.)
//
// Nobody waits for anybody: a reader or writer that is stopped anywhere holds up no other, and costs one old box. A
// claim is one addition; it is given back, and a box replaced, by compare-and-swap, again when others came or went
// between.
//
// Measured in ns an operation, -O2, one atom of a map of 1,000 numbers for one and for two threads; update() adds one
// to one of the numbers (the two cores had other work too, so that two threads often took turns):
//
//                                      load        update
//     this                          8.8   8.8    163   165
//     std::mutex and a map          9.1   9.1    155   155
//     std::atomic<shared_ptr>      13.9  13.9    176   182
//
// std::atomic<std::shared_ptr> would have been preferred, but for three reasons. The one of libstdc++ 12 locks a bit,
// spinning: a thread that loses its processor there holds up all others. Its readers unlock with a relaxed operation
// (shared_ptr_atomic.h, load), so a writer's change of the pointer is a race with their reading it, and the thread
// sanitizer says so. And libc++ 19 has none. A word of 16 bytes would need libatomic; hazard pointers would save the
// second change of the word for a registry of threads and a list of boxes to be freed later.
//
// Errors: std::bad_alloc, and what copies of the value and functions given by the caller throw; the atom is then as it
// was. No deadlocks: functions may use the atom that calls them.
//
// Thread safety: any number of threads may use one atom, except to construct and destroy it. Versions are seen in one
// order by all threads, and with a version what its writer did before.
#pragma once

#include <atomic>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "coppice/memory.hpp"

namespace coppice {

namespace detail {

template <class T>
concept has_identity = requires(const T& value) {
  { value.identity() == value.identity() } -> std::convertible_to<bool>;
};
template <class T>
concept of_one_thread = requires { requires std::same_as<typename T::memory_type, local_heap>; };

}  // namespace detail

/// A shared cell that holds a T. Not copied, not moved.
template <class T>
class atom {
  static_assert(std::copy_constructible<T> && std::is_object_v<T> && !std::is_const_v<T>,
                "coppice::atom: the value must be copy constructible, because readers get copies");
  static_assert(!detail::of_one_thread<T>,
                "coppice::atom: collections in local_heap belong to one thread; use atomic_heap, the default");

 public:
  using value_type = T;

  atom()
    requires std::default_initializable<T>
      : atom(T()) {}
  explicit atom(T value) : word_(word_of(boxed(std::move(value)).release())) {}
  atom(const atom&) = delete;
  atom& operator=(const atom&) = delete;
  ~atom() { delete box_of(word_.load(std::memory_order_acquire)); }

  /// The value as it is now. A copy of a collection, O(1); it may be the last to let go of a version replaced
  /// meanwhile, and then frees it, as every function here.
  [[nodiscard]] T load() const { return T(claim(*this).value()); }

  /// Puts `value` in the place of what is there.
  void store(T value) {
    const word next = word_of(boxed(std::move(value)).release());
    // Acquire: what readers did with the old box comes before freeing it. Release: readers see the new one.
    const word before = word_.exchange(next, std::memory_order_acq_rel);
    settle(box_of(before), claims_in(before));
  }

  /// The same, and returns what was there.
  T exchange(T value) {
    auto next = boxed(std::move(value));
    for (;;) {
      claim current(*this);
      T before(current.value());
      if (current.replace(next)) return before;
    }
  }

  /// Puts `f(const T&)` in the place of the value, and returns it. `f` is called again if another thread has changed
  /// the value meanwhile, so it must do nothing but compute. If it returns the version that it was given, nothing is
  /// stored.
  template <std::invocable<const T&> F>
    requires std::convertible_to<std::invoke_result_t<F&, const T&>, T>
  T update(F&& f) {
    for (;;) {
      claim current(*this);
      T made = std::invoke(f, current.value());
      if constexpr (detail::has_identity<T>) {
        if (same(made, current.value())) return made;
      }
      auto next = boxed(made);
      if (current.replace(next)) return made;
    }
  }

  /// Puts `desired` in the place of `expected`, if that is what is there, and returns true; else copies what is there
  /// to `expected` and returns false. Collections are the same if they are one version (identity()), other values if
  /// they are equal.
  bool compare_exchange(T& expected, T desired)
    requires(detail::has_identity<T> || std::equality_comparable<T>)
  {
    auto next = boxed(std::move(desired));
    for (;;) {
      claim current(*this);
      if (!same(expected, current.value())) {
        expected = current.value();
        return false;
      }
      if (current.replace(next)) return true;
    }
  }

 private:
  /// The address of a box, in units of its alignment, and above it how many are reading it.
  using word = std::uint64_t;
  static_assert(std::atomic<word>::is_always_lock_free);
  static constexpr unsigned address_bits = 48, alignment_bits = 4;
  static constexpr std::size_t box_alignment = 1U << alignment_bits;
  static constexpr word one_claim = word{1} << (address_bits - alignment_bits);
  static constexpr word address_mask = one_claim - 1;

  struct alignas(box_alignment) box {
    explicit box(T of) : value(std::move(of)) {}
    const T value;
    std::atomic<std::int64_t> balance{0};  // B2. Written by whoever replaces the box, and readers that find it replaced
  };

  [[nodiscard]] static box* box_of(word from) noexcept {
    return reinterpret_cast<box*>(static_cast<std::uintptr_t>((from & address_mask) << alignment_bits));
  }
  [[nodiscard]] static word word_of(const box* of) noexcept {
    return word{reinterpret_cast<std::uintptr_t>(of)} >> alignment_bits;
  }
  [[nodiscard]] static std::int64_t claims_in(word from) noexcept {
    return static_cast<std::int64_t>(from / one_claim);
  }
  [[nodiscard]] static bool same_box(word a, word b) noexcept { return ((a ^ b) & address_mask) == 0; }

  /// A box whose address fits into the word. Where the system hands out higher ones, there is no memory for us.
  [[nodiscard]] static std::unique_ptr<box> boxed(T value) {
    auto made = std::make_unique<box>(std::move(value));
    if (word{reinterpret_cast<std::uintptr_t>(made.get())} >> address_bits != 0) throw std::bad_alloc();
    return made;
  }

  /// Adds to the balance of a box that is in no word any more; frees it at zero (B2).
  static void settle(box* of, std::int64_t claims) noexcept {
    // Release: this thread is done with the box. Acquire: all others are, where this makes it zero.
    if (of->balance.fetch_add(claims, std::memory_order_acq_rel) + claims == 0) delete of;
  }

  [[nodiscard]] static bool same(const T& a, const T& b) {
    if constexpr (detail::has_identity<T>) {
      return a.identity() == b.identity();
    } else {
      return a == b;
    }
  }

  /// The current box, which is not freed while this lives.
  class claim {
   public:
    // Acquire: what the writer put into the box is seen. What follows in the release sequence of that writer's store
    // are read-modify-writes only.
    explicit claim(const atom& of) noexcept
        : of_(of), seen_(of.word_.fetch_add(one_claim, std::memory_order_acquire) + one_claim) {
      assert(claims_in(seen_) != 0);  // B4
    }
    claim(const claim&) = delete;
    claim& operator=(const claim&) = delete;
    ~claim() {
      if (held_) give_back();
    }
    [[nodiscard]] const T& value() const noexcept { return box_of(seen_)->value; }

    /// Puts `next` in the place of this box, with which the claim ends. False: another box has taken its place, and
    /// nothing was done.
    [[nodiscard]] bool replace(std::unique_ptr<box>& next) noexcept {
      word now = seen_;
      // As in store(). The word is read again when it fails: only the count may differ.
      while (!of_.word_.compare_exchange_weak(now, word_of(next.get()), std::memory_order_acq_rel,
                                              std::memory_order_relaxed)) {
        if (!same_box(now, seen_)) return false;
      }
      (void)next.release();
      held_ = false;
      settle(box_of(seen_), claims_in(now) - 1);
      return true;
    }

   private:
    void give_back() noexcept {
      word now = seen_;
      // Release: the value was read before a writer that sees the count may free it.
      while (!of_.word_.compare_exchange_weak(now, now - one_claim, std::memory_order_release,
                                              std::memory_order_relaxed)) {
        if (!same_box(now, seen_)) return settle(box_of(seen_), -1);
      }
    }

    const atom& of_;
    word seen_;
    bool held_ = true;
  };

  mutable std::atomic<word> word_;  // B1. Written by all: readers come and go, writers put in another box
};

}  // namespace coppice
