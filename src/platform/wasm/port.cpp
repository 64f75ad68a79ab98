// The port on WebAssembly: one memory that grows and never shrinks, shared by the workers of one program.
//
// A slot belongs to a worker. Nothing tells a worker that another one is gone, so the host does: each worker has a
// number (`region::file`), the word of its slot holds it, and release_worker() clears the words of one that has ended.
//
// Threads may not be put to sleep everywhere (not where a page runs): there waits are short and busy.
//
// Thread safety: all functions may run in any worker.
#include "src/platform/port.hpp"

#include <atomic>

#include "src/platform/wasm/workers.hpp"

// Given by who instantiates the module.
extern "C" {
[[clang::import_module("coppice"), clang::import_name("now_ms")]] double coppice_now_ms();
[[clang::import_module("coppice"), clang::import_name("random")]] std::uint32_t coppice_random();
[[clang::import_module("coppice"), clang::import_name("thread")]] std::uint32_t coppice_thread();
// 1; 0, and at once, if this thread may not be put to sleep.
[[clang::import_module("coppice"), clang::import_name("sleep")]] std::uint32_t coppice_sleep(double ms);
}

namespace coppice::platform {

namespace {

constexpr std::uint64_t ns_per_ms = 1'000'000;

// Zero: nobody. Written by the worker itself, and by release_worker().
std::atomic<std::uint32_t> slot_workers[max_workers];
std::atomic<std::uint32_t> last_worker;

failure unsupported(const char* what) noexcept { return {errc::unsupported, 0, what, 0, 0}; }

}  // namespace

std::uint32_t new_worker() noexcept { return last_worker.fetch_add(1, std::memory_order_relaxed) + 1; }

void release_worker(std::uint32_t worker) noexcept {
  for (std::atomic<std::uint32_t>& word : slot_workers) {
    std::uint32_t seen = worker;
    word.compare_exchange_strong(seen, 0, std::memory_order_acq_rel);
  }
}

std::uint32_t worker_of_slot(std::uint32_t slot) noexcept {
  return slot < max_workers ? slot_workers[slot].load(std::memory_order_acquire) : 0;
}

result<void> commit(int, std::uint64_t offset, std::uint64_t length) noexcept {
  const std::uint64_t end = offset + length;
  const std::uint64_t pages = (region_offset + end + page_bytes - 1) / page_bytes;
  for (;;) {
    reach(end);
    const std::uint64_t now = __builtin_wasm_memory_size(0);
    if (now >= pages) return {};
    // Another worker may grow it at the same time: then there is more than was needed, for later.
    if (__builtin_wasm_memory_grow(0, static_cast<std::size_t>(pages - now)) == static_cast<std::size_t>(-1)) {
      reach(end);
      if (__builtin_wasm_memory_size(0) >= pages) return {};
      return failure{errc::out_of_space, 0, "growing the memory", pages * page_bytes, now * page_bytes};
    }
  }
}

result<void> decommit(int, std::uint64_t, std::uint64_t) noexcept { return unsupported("giving memory back"); }

void unmap(region& mapped) noexcept { mapped = region{}; }

std::byte* map_scratch(std::size_t) noexcept { return nullptr; }
void unmap_scratch(std::byte*, std::size_t) noexcept {}

wake_reason wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t timeout_ns) noexcept {
  const double until = coppice_now_ms() + (static_cast<double>(timeout_ns) / ns_per_ms);
  while (word.load(std::memory_order_acquire) == expected) {
    if (coppice_now_ms() >= until) return wake_reason::timed_out;
  }
  return wake_reason::woken;
}

std::uint32_t wake(const std::atomic<std::uint32_t>&, std::uint32_t) noexcept { return 0; }

void sleep_ns(std::uint64_t duration_ns) noexcept {
  const double ms = static_cast<double>(duration_ns) / ns_per_ms;
  if (coppice_sleep(ms) != 0) return;
  const double until = coppice_now_ms() + ms;
  while (coppice_now_ms() < until) {
  }
}

bool may_sleep() noexcept { return coppice_sleep(0) != 0; }

bool register_for_heavy_fence() noexcept { return false; }
void heavy_fence() noexcept { std::atomic_thread_fence(std::memory_order_seq_cst); }

result<bool> try_lock_slot(int worker, std::uint32_t slot) noexcept {
  if (slot >= max_workers)
    return failure{errc::busy, 0, "claiming a slot: there are too many workers", slot, max_workers};
  std::uint32_t nobody = 0;
  return slot_workers[slot].compare_exchange_strong(nobody, static_cast<std::uint32_t>(worker),
                                                    std::memory_order_acq_rel);
}

void unlock_slot(int worker, std::uint32_t slot) noexcept {
  auto seen = static_cast<std::uint32_t>(worker);
  slot_workers[slot].compare_exchange_strong(seen, 0, std::memory_order_acq_rel);
}

result<bool> slot_is_locked(int worker, std::uint32_t slot) noexcept {
  const std::uint32_t seen = slot_workers[slot].load(std::memory_order_acquire);
  return seen != 0 && seen != static_cast<std::uint32_t>(worker);
}

std::uint64_t wall_clock_ms() noexcept { return static_cast<std::uint64_t>(coppice_now_ms()); }
std::uint64_t monotonic_ns() noexcept { return static_cast<std::uint64_t>(coppice_now_ms() * ns_per_ms); }
result<std::uint64_t> random_seed() noexcept { return (std::uint64_t{coppice_random()} << 32) | coppice_random(); }
std::uint32_t process_id() noexcept { return coppice_thread(); }
boot_identity current_boot() noexcept { return {}; }

}  // namespace coppice::platform
