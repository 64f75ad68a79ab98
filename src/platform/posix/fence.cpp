// The asymmetric fence: membarrier(2), global expedited.
//
// The kernel interrupts every processor that runs a thread of a registered process and has it execute a full barrier. A
// process registers to be interrupted; issuing the barrier needs no registration. The registration belongs to the
// address space: fork copies it to the child, exec drops it. So it is remembered in an ordinary static variable, which
// fork copies and exec drops just the same.
//
// Thread safety: all functions may run on any thread.
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

#include "src/platform/port.hpp"

namespace coppice::platform {
namespace {

enum class registration : std::uint8_t { unknown, done, refused };

/// Written by whichever threads register first, all with the same outcome; read by every caller. Release and acquire: a
/// thread that sees `done` comes after the registering system call.
constinit std::atomic<registration> remembered{registration::unknown};

long membarrier(int command) noexcept { return ::syscall(SYS_membarrier, command, 0U, 0); }

}  // namespace

bool register_for_heavy_fence() noexcept {
  const registration known = remembered.load(std::memory_order_acquire);
  if (known != registration::unknown) return known == registration::done;
  constexpr long needed = MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED;
  const long offered = membarrier(MEMBARRIER_CMD_QUERY);  // negative: no such call, or a sandbox forbids it
  const bool done =
      offered >= 0 && (offered & needed) == needed && membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) == 0;
  remembered.store(done ? registration::done : registration::refused, std::memory_order_release);
  return done;
}

void heavy_fence() noexcept {
  assert(remembered.load(std::memory_order_relaxed) == registration::done);
  if (membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED) == 0) return;
  // Old kernels may fail for want of memory. The unexpedited form allocates nothing; it takes milliseconds.
  if (membarrier(MEMBARRIER_CMD_GLOBAL) == 0) return;
  std::abort();  // going on without the barrier could free what a reader still reads
}

}  // namespace coppice::platform
