// A memory for tests, like an arena's: 32-bit refs into one buffer, bump allocation, edit tokens, no counts.
//
// What an edit releases of its own nodes is overwritten and used again, so that a use after release is seen. Allocation
// can be made to fail after a number of allocations.
#pragma once

#include <sys/mman.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "coppice/detail/memory.hpp"

namespace coppice::trie_test {

class bump_memory {
 public:
  using ref_type = std::uint32_t;

  explicit bump_memory(std::size_t bytes = std::size_t{1} << 30, bool populate = false) : bytes_(bytes) {
    void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (populate ? MAP_POPULATE : 0), -1, 0);
    if (base == MAP_FAILED) std::abort();
    base_ = static_cast<std::byte*>(base);
  }
  bump_memory(const bump_memory&) = delete;
  bump_memory& operator=(const bump_memory&) = delete;
  ~bump_memory() { munmap(base_, bytes_); }

  [[nodiscard]] const std::byte* address(ref_type ref) const noexcept {
    return base_ + std::size_t{ref} * detail::granule_bytes;
  }
  [[nodiscard]] std::size_t readable_bytes(ref_type ref) const noexcept {
    const std::size_t at = std::size_t{ref} * detail::granule_bytes;
    return ref == 0 || at >= used_ ? 0 : used_ - at;
  }
  [[nodiscard]] detail::allocation<ref_type> allocate(std::size_t bytes) noexcept {
    assert(bytes % detail::granule_bytes == 0 && bytes >= detail::min_node_bytes);
    if (failing_ && allowed_ == 0) return {};
    if (failing_) --allowed_;
    ++allocations_;
    const std::size_t granules = bytes / detail::granule_bytes;
    if (granules < free_.size() && !free_[granules].empty()) {
      const ref_type ref = free_[granules].back();
      free_[granules].pop_back();
      return {ref, base_ + std::size_t{ref} * detail::granule_bytes};
    }
    if (used_ + bytes > bytes_) return {};
    const auto ref = static_cast<ref_type>(used_ / detail::granule_bytes);
    used_ += bytes;
    return {ref, base_ + std::size_t{ref} * detail::granule_bytes};
  }
  [[nodiscard]] std::uint64_t edit_token() const noexcept { return token_; }
  [[nodiscard]] bool editable(ref_type ref) const noexcept { return token_ != 0 && header(ref).edit_token() == token_; }
  [[nodiscard]] std::byte* writable(ref_type ref) noexcept {
    assert(editable(ref));
    return base_ + std::size_t{ref} * detail::granule_bytes;
  }
  void retain(ref_type) noexcept {}
  void release(ref_type ref) noexcept {
    if (!editable(ref)) return;
    const std::size_t bytes = header(ref).size_bytes();
    const std::size_t granules = bytes / detail::granule_bytes;
    if (granules >= free_.size()) return;
    if (poison_) std::memset(writable(ref), 0xdd, bytes);
    free_[granules].push_back(ref);
  }

  /// From now on new nodes can be edited in place, until end_edit().
  void begin_edit() noexcept { token_ = ++last_token_; }
  void end_edit() noexcept {
    token_ = 0;
    for (auto& list : free_) list.clear();
  }
  /// The next `count` allocations succeed, later ones fail.
  void fail_after(std::size_t count) noexcept {
    failing_ = true;
    allowed_ = count;
  }
  void fail_never() noexcept { failing_ = false; }
  void set_poison(bool on) noexcept { poison_ = on; }
  [[nodiscard]] std::size_t allocations() const noexcept { return allocations_; }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  /// Forgets everything allocated since `used` was taken.
  void rewind(std::size_t used) noexcept { used_ = used; }

 private:
  [[nodiscard]] const detail::node_header& header(ref_type ref) const noexcept {
    return *reinterpret_cast<const detail::node_header*>(address(ref));
  }

  std::byte* base_;
  std::size_t bytes_;
  std::size_t used_ = detail::granule_bytes;
  std::uint64_t token_ = 0;
  std::uint64_t last_token_ = 0;
  std::vector<std::vector<ref_type>> free_{512};
  std::size_t allocations_ = 0;
  std::size_t allowed_ = 0;
  bool failing_ = false;
  bool poison_ = true;
};
static_assert(detail::node_memory<bump_memory>);

}  // namespace coppice::trie_test
