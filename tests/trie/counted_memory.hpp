// A memory for tests, like the heap's: pointers as refs, a plain count in front of every node.
//
// It proves the ownership rule of memory.hpp: a node is freed when its last owner releases it, and then overwritten; a
// release of a freed node aborts; `live()` must be 0 in the end. A node is editable while it has one owner.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/memory.hpp"

namespace coppice::trie_test {

class counted_memory {
 public:
  using ref_type = std::byte*;

  counted_memory() = default;
  counted_memory(const counted_memory&) = delete;
  counted_memory& operator=(const counted_memory&) = delete;

  [[nodiscard]] const std::byte* address(ref_type ref) const noexcept {
    require(count(ref) > 0 && count(ref) < freed, "use after free");
    return ref;
  }
  [[nodiscard]] detail::allocation<ref_type> allocate(std::size_t bytes) noexcept {
    assert(bytes % detail::granule_bytes == 0 && bytes >= detail::min_node_bytes);
    if (failing_ && allowed_ == 0) return {};
    if (failing_) --allowed_;
    ++allocations_;
    ++live_;
    auto* block = static_cast<std::byte*>(std::malloc(bytes + front));
    if (block == nullptr) std::abort();
    std::memset(block, 0xcd, bytes + front);
    count(block + front) = 1;
    return {block + front, block + front};
  }
  [[nodiscard]] std::uint64_t edit_token() const noexcept { return 1; }
  [[nodiscard]] bool editable(ref_type ref) const noexcept { return count(ref) == 1; }
  [[nodiscard]] std::byte* writable(ref_type ref) noexcept {
    require(editable(ref), "write to a shared node");
    return ref;
  }
  void retain(ref_type ref) noexcept {
    require(count(ref) > 0 && count(ref) < freed, "retain of a freed node");
    ++count(ref);
  }
  void release(ref_type ref) noexcept {
    require(count(ref) > 0 && count(ref) < freed, "release of a freed node");
    if (--count(ref) > 0) return;
    release_children(ref);
    const std::size_t bytes = reinterpret_cast<const detail::node_header*>(ref)->size_bytes();
    count(ref) = freed;
    std::memset(ref, 0xdd, bytes);
    --live_;
    std::free(ref - front);
  }

  void begin_edit() noexcept {}
  void end_edit() noexcept {}
  void fail_after(std::size_t allowed) noexcept {
    failing_ = true;
    allowed_ = allowed;
  }
  void fail_never() noexcept { failing_ = false; }
  [[nodiscard]] std::size_t allocations() const noexcept { return allocations_; }
  [[nodiscard]] std::size_t live() const noexcept { return live_; }

 private:
  static constexpr std::size_t front = 16;
  static constexpr std::uint64_t freed = 0xdeadbeefU;

  [[nodiscard]] static std::uint64_t& count(ref_type ref) noexcept {
    return *reinterpret_cast<std::uint64_t*>(ref - front);
  }
  static void require(bool ok, const char* what) noexcept {
    if (ok) return;
    std::fputs(what, stderr);
    std::abort();
  }
  void release_children(ref_type ref) noexcept {
    const detail::kind_layout& layout = detail::kind_table[std::to_integer<unsigned>(ref[0])];
    std::uint32_t refs = layout.fixed_count;
    if (refs == 0 && layout.count_offset != 0) refs = detail::load<std::uint32_t>(ref + layout.count_offset);
    ref_type previous = nullptr;
    for (std::uint32_t i = 0; i < refs; ++i) {
      const auto child = detail::load<ref_type>(ref + layout.refs_offset + i * sizeof(ref_type));
      if (child != nullptr && child != previous) release(child);
      previous = child;
    }
  }

  std::size_t allocations_ = 0;
  std::size_t live_ = 0;
  std::size_t allowed_ = 0;
  bool failing_ = false;
};
static_assert(detail::node_memory<counted_memory>);

}  // namespace coppice::trie_test
