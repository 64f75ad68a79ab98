// Raw memory for nodes: the global heap behind a small pool of free blocks in each thread.
//
// A change of a persistent collection frees about as many nodes as it makes, and of the same few sizes; the global heap
// takes a fifth of the time of such a change, the pool a tenth of that. Blocks are kept by their size in granules, up
// to `class_bytes` bytes of each size; all others go to the heap at once. A thread that ends gives its blocks back, and
// what is freed on it later (by destructors of other thread-local objects) goes to the heap.
//
// Under the address sanitizer nothing is pooled, so that it sees every use after free.
//
// Thread safety: any thread may free what another has allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/node.hpp"

namespace coppice::detail {

/// The free blocks of one thread. Has no constructor or destructor of its own, so that reaching it costs no check.
struct node_pool {
  static constexpr std::size_t largest_bytes = 1024;
  static constexpr std::size_t class_bytes = 16 * 1024;
  static constexpr std::size_t classes = largest_bytes / granule_bytes + 1;
#if defined(__SANITIZE_ADDRESS__)
  static constexpr bool enabled = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  static constexpr bool enabled = false;
#else
  static constexpr bool enabled = true;
#endif
#else
  static constexpr bool enabled = true;
#endif

  struct list {
    std::byte* first;    // linked through their first bytes
    std::uint32_t room;  // how many more may be kept
    bool open;
  };
  list lists[classes];

  [[nodiscard]] std::byte* take(std::size_t bytes) noexcept {
    list& free = lists[bytes / granule_bytes];
    std::byte* const block = free.first;
    if (block == nullptr) return nullptr;
    free.first = load<std::byte*>(block);
    ++free.room;
    return block;
  }
  /// False: the pool does not want it.
  [[nodiscard]] bool give(std::byte* block, std::size_t bytes) noexcept {
    list& free = lists[bytes / granule_bytes];
    if (free.room == 0 && !begin(free, bytes)) return false;
    store(block, free.first);
    free.first = block;
    --free.room;
    return true;
  }

 private:
  enum class stage : std::uint8_t { fresh, in_use, over };
  struct closer {
    node_pool* pool;
    ~closer() { pool->close(); }
  };

  /// Nothing fits into this list: is it the first time?
  [[nodiscard]] bool begin(list& free, std::size_t bytes) noexcept {
    if (free.open || stage_ == stage::over) return false;
    if (stage_ == stage::fresh) {
      static thread_local const closer at_end_of_thread{this};
      stage_ = stage::in_use;
    }
    free.open = true;
    free.room = static_cast<std::uint32_t>(class_bytes / bytes);
    return true;
  }
  void close() noexcept {
    stage_ = stage::over;
    for (list& free : lists) {
      while (free.first != nullptr) {
        std::byte* const block = free.first;
        free.first = load<std::byte*>(block);
        ::operator delete(block);
      }
      free.room = 0;
      free.open = true;
    }
  }

  stage stage_;
};

inline constinit thread_local node_pool free_nodes{};

/// Where heap_memory has its blocks from. `bytes` is a multiple of granule_bytes.
struct pooled_source {
  [[nodiscard]] static std::byte* allocate(std::size_t bytes, std::size_t alignment) noexcept {
    if (alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      return static_cast<std::byte*>(::operator new(bytes, std::align_val_t{alignment}, std::nothrow));
    }
    if (node_pool::enabled && bytes <= node_pool::largest_bytes) {
      if (std::byte* const block = free_nodes.take(bytes); block != nullptr) return block;
    }
    return static_cast<std::byte*>(::operator new(bytes, std::nothrow));
  }
  static void deallocate(std::byte* block, std::size_t bytes, std::size_t alignment) noexcept {
    if (alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      ::operator delete(block, std::align_val_t{alignment});
      return;
    }
    if (node_pool::enabled && bytes <= node_pool::largest_bytes && free_nodes.give(block, bytes)) return;
    ::operator delete(block);
  }
};

}  // namespace coppice::detail
