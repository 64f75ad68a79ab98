// The port: everything Coppice asks of the operating system. posix/ implements it; a WebAssembly port can follow.
//
// Nothing here allocates from the heap, throws, or keeps state, except the file descriptor inside a `region`. A
// function that can fail returns `result`; preconditions are asserted. Unless said otherwise functions are safe to call
// from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "coppice/result.hpp"

namespace coppice::platform {

/// Addresses that every region reserves, whatever its size: refs reach 64 GiB.
inline constexpr std::uint64_t reserved_bytes = std::uint64_t{64} << 30;

// ---------------------------------------------------------------------------------------------- files and mappings

/// An open, mapped file. Plain data: who holds it closes it, once.
struct region {
  int file = -1;
  std::byte* base = nullptr;  // reserved_bytes of addresses; reading past the file's end is a fault
};

#if defined(__wasm__)
/// In WebAssembly there is one region, at a fixed place above the module's own data: so refs become addresses by an
/// offset that is part of the instruction.
inline constexpr std::uint32_t region_offset = 1U << 20;
/// What memory grows by.
inline constexpr std::uint64_t page_bytes = 64 * 1024;
#endif

/// Before bytes below `end`, an offset of the region, are used that another thread has committed.
#if defined(__wasm__)
inline void reach(std::uint64_t end) noexcept {
  // V8 checks addresses against a size that each thread has for itself, and that is brought up to date a little after
  // another thread has grown the memory; an attempt to grow does so at once.
  if (__builtin_wasm_memory_size(0) < (region_offset + end + page_bytes - 1) / page_bytes) {
    (void)__builtin_wasm_memory_grow(0, 0);
  }
}
#else
inline void reach(std::uint64_t) noexcept {}
#endif

/// Identity of a file, to notice that a path now names another one.
struct file_identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t links = 0;            // 0: no path names it any more
  std::uint64_t size_bytes = 0;       // apparent length
  std::uint64_t allocated_bytes = 0;  // what it occupies
  friend bool operator==(const file_identity& a, const file_identity& b) {
    return a.device == b.device && a.inode == b.inode;
  }
};

/// Opens an existing regular file for reading and writing, following no symlink in the last component. The file must be
/// owned by the effective user. Close-on-exec.
/// Errors: not_found, permission (also: another owner, a symlink), not_a_store (not a regular file), system.
result<int> open_file(const char* path) noexcept;

/// A new, nameless file in the directory of `path`, with `mode` (whatever the umask); publish_file() names it. Nothing
/// is left behind by a process killed in between. Errors: permission, not_found (no such directory), out_of_space,
/// unsupported (no O_TMPFILE there), system.
result<int> create_unnamed_file(const char* path, std::uint32_t mode) noexcept;

/// Gives a nameless file its path, atomically; never replaces.
/// Errors: exists, permission, not_found (no such directory), out_of_space, system.
result<void> publish_file(int file, const char* path) noexcept;

/// Removes the path. Errors: not_found, permission, system.
result<void> remove_file(const char* path) noexcept;

/// Opens a regular file of any owner for reading. Close-on-exec. Errors: not_found, permission, not_a_store (not a
/// regular file), system.
result<int> open_for_reading(const char* path) noexcept;

/// Reads bytes [offset, offset + size) of a file. Errors: corrupt (the file is shorter), system.
result<void> read_at(int file, std::uint64_t offset, std::byte* to, std::size_t size) noexcept;

/// Writes all bytes at an offset. Errors: out_of_space, system.
result<void> write_at(int file, std::uint64_t offset, const std::byte* from, std::size_t size) noexcept;

/// Whether the path is free, or that of a regular file (symlinks are followed): what replace_file() may take the place
/// of. Errors: invalid_argument (it is something else), permission, system.
result<void> require_file_or_nothing(const char* path) noexcept;

/// Has the content of a nameless file on disk, and then gives it the path, in the place of what has it now: who opens
/// the path gets the one or the other, whole, whatever is killed. A kill may leave the file under `spare_path`, a path
/// in the same directory that is used for this alone; the next replace_file() with this spare path removes it. Errors:
/// permission, not_found, out_of_space, busy (others replace the same path, and are stopped or very slow), system.
result<void> replace_file(int file, const char* path, const char* spare_path) noexcept;

void close_file(int file) noexcept;

/// Identity of an open file / of what a path names now (no symlink followed). Errors: not_found, permission, system.
result<file_identity> identify(int file) noexcept;
result<file_identity> identify(const char* path) noexcept;

/// Maps the file shared, readable and writable, over reserved_bytes of addresses that begin at a multiple of as many,
/// for which twice as many must be free; takes over the descriptor (closes it on failure too). Growing the file needs
/// no new mapping. The mapping does not hold the open file description of `file`, so it keeps no slot lock alive. Needs
/// /proc. Errors: out_of_space (addresses), permission, not_found (no /proc), system.
result<region> map_file(int file) noexcept;

/// Unmaps and closes; only unmaps if the file is -1, as in a child that closed it by close_inherited(). Precondition:
/// mapped by map_file and not unmapped since.
void unmap(region& mapped) noexcept;

/// Makes bytes [offset, offset + length) of the file real, extending it as needed: after success, touching them cannot
/// fail. New bytes read as zero; bytes already there are kept. Idempotent, safe to repeat after a kill, and safe
/// concurrently. Uses fallocate(2) and never an emulation that writes. Precondition: both multiples of 4096.
/// Errors: out_of_space, unsupported (the file system cannot), system.
result<void> commit(int file, std::uint64_t offset, std::uint64_t length) noexcept;

/// Gives the memory of [offset, offset + length) back; it reads as zero, and must be committed again before it is
/// written. Same preconditions. Errors: unsupported, system.
result<void> decommit(int file, std::uint64_t offset, std::uint64_t length) noexcept;

/// Process-private scratch memory, zeroed, page aligned, lazily backed; null when there is none.
std::byte* map_scratch(std::size_t length) noexcept;
void unmap_scratch(std::byte* scratch, std::size_t length) noexcept;

// ---------------------------------------------------------------------------------------------- waiting

enum class wake_reason : std::uint8_t { woken, value_differs, timed_out };

/// Sleeps while `word` holds `expected`, at most `timeout_ns`, across processes (the word lies in a shared mapping).
/// Spurious wakes are reported as `woken`. Compares and sleeps atomically.
wake_reason wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t timeout_ns) noexcept;

/// Wakes at most `count` sleepers of `word`, in any process; returns how many.
std::uint32_t wake(const std::atomic<std::uint32_t>& word, std::uint32_t count) noexcept;

/// Sleeps without a word.
void sleep_ns(std::uint64_t duration_ns) noexcept;
/// Whether this thread may be put to sleep; else waits are busy.
bool may_sleep() noexcept;

/// A hint inside a spin loop.
inline void spin_pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// ---------------------------------------------------------------------------------------------- asymmetric fence

/// Whether heavy_fence() may be used: membarrier(2) global expedited, registered for this process on the first call. A
/// child of fork inherits the registration, exec drops it. Cheap after the first call.
bool register_for_heavy_fence() noexcept;

/// A full memory barrier on every thread of every registered process. Costs microseconds. Pairs with light_fence().
/// Precondition: register_for_heavy_fence() returned true here and in every process concerned.
void heavy_fence() noexcept;

/// The reader's side: orders an earlier store before a later load, given that the other side uses heavy_fence(). Free.
inline void light_fence() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

// ---------------------------------------------------------------------------------------------- process slots

/// Slot locks are byte-range locks owned by the open file description (OFD): the kernel releases them when the last
/// descriptor of it is gone, however the process ended, and they work across PID namespaces. Two descriptors of one
/// file, opened apart, exclude each other even inside one process. The lock of slot i is one byte at an offset far
/// beyond any data, so it never meets a reader or writer of the file.

/// Takes the lock of a slot through `file` without waiting. True: held. False: another holds it.
/// Errors: unsupported, system.
result<bool> try_lock_slot(int file, std::uint32_t slot) noexcept;

/// Releases it. Precondition: held through this `file`.
void unlock_slot(int file, std::uint32_t slot) noexcept;

/// Whether somebody else (not `file`) holds the lock. Only a hint: act on "nobody" only after try_lock_slot().
result<bool> slot_is_locked(int file, std::uint32_t slot) noexcept;

/// Closes a descriptor in a child after fork. Never unlocks: the locks belong to the parent too.
void close_inherited(int file) noexcept;

// ---------------------------------------------------------------------------------------------- clocks, randomness

/// Milliseconds since 1970-01-01 UTC, exact to about ten. May jump.
std::uint64_t wall_clock_ms() noexcept;
/// Nanoseconds of a clock that only moves forward while this machine runs; the same in every process of it.
std::uint64_t monotonic_ns() noexcept;
/// 64 bits from the system's random source. Errors: system.
result<std::uint64_t> random_seed() noexcept;
/// Process id, for messages and statistics only, never for liveness.
std::uint32_t process_id() noexcept;

/// The running boot: all zero where the platform does not tell.
struct boot_identity {
  std::uint8_t bytes[16];
};
boot_identity current_boot() noexcept;

}  // namespace coppice::platform
