// Waiting: futexes in shared mappings, and sleeping.
//
// The futex calls go without FUTEX_PRIVATE_FLAG: the kernel then finds a word by file and offset, so waiters and wakers
// meet across processes and across mappings at different addresses.
//
// Thread safety: all functions may run on any thread.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "src/platform/port.hpp"

namespace coppice::platform {
namespace {

constexpr std::uint64_t ns_per_second = 1'000'000'000;

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t), "the kernel sees the bare word");
static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "a lock would not be shared between processes");
static_assert(sizeof(time_t) == 8 && sizeof(long) == 8, "struct timespec is the kernel's");

constexpr timespec to_timespec(std::uint64_t ns) noexcept {
  return {static_cast<time_t>(ns / ns_per_second), static_cast<long>(ns % ns_per_second)};
}

}  // namespace

wake_reason wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t timeout_ns) noexcept {
  const timespec timeout = to_timespec(timeout_ns);  // FUTEX_WAIT takes a duration, on the monotonic clock
  if (::syscall(SYS_futex, &word, FUTEX_WAIT, expected, &timeout, nullptr, 0) == 0) return wake_reason::woken;
  switch (errno) {
    case EAGAIN:
      return wake_reason::value_differs;
    case ETIMEDOUT:
      return wake_reason::timed_out;
    default:
      assert(errno == EINTR);  // a signal: a spurious wake
      return wake_reason::woken;
  }
}

std::uint32_t wake(const std::atomic<std::uint32_t>& word, std::uint32_t count) noexcept {
  if (count == 0) return 0;  // the kernel would wake one
  const int at_most = static_cast<int>(std::min<std::uint32_t>(count, INT_MAX));
  const long woken = ::syscall(SYS_futex, &word, FUTEX_WAKE, at_most, nullptr, nullptr, 0);
  assert(woken >= 0);
  return woken > 0 ? static_cast<std::uint32_t>(woken) : 0;
}

void sleep_ns(std::uint64_t duration_ns) noexcept {
  timespec rest = to_timespec(duration_ns);
  while (::clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) == EINTR) {
  }
}

bool may_sleep() noexcept { return true; }

}  // namespace coppice::platform
