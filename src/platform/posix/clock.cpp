// Clocks, randomness and identities.
//
// The monotonic clock is CLOCK_MONOTONIC: it stands still while the machine is suspended, and processes in different
// time namespaces see it with different offsets, so it measures durations and orders nothing between containers.
//
// Thread safety: all functions may run on any thread.
#include <fcntl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "src/platform/port.hpp"

namespace coppice::platform {
namespace {

timespec now(clockid_t clock) noexcept {
  timespec time{};
  [[maybe_unused]] const int read = ::clock_gettime(clock, &time);
  assert(read == 0);
  return time;
}

/// Value of a hexadecimal digit, or -1.
constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" to bytes; all zero unless there are exactly 32 digits.
boot_identity parse_uuid(const char* text, std::size_t length) noexcept {
  boot_identity boot{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < length && text[i] != '\n'; ++i) {
    if (text[i] == '-') continue;
    const int digit = hex_digit(text[i]);
    if (digit < 0 || digits == 2 * sizeof(boot.bytes)) return {};
    std::uint8_t& byte = boot.bytes[digits / 2];
    byte = static_cast<std::uint8_t>(byte * 16 + digit);
    ++digits;
  }
  return digits == 2 * sizeof(boot.bytes) ? boot : boot_identity{};
}

}  // namespace

std::uint64_t wall_clock_ms() noexcept {
  const timespec time = now(CLOCK_REALTIME_COARSE);  // read at every commit; exact to a few milliseconds
  return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
}

std::uint64_t monotonic_ns() noexcept {
  const timespec time = now(CLOCK_MONOTONIC);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

result<std::uint64_t> random_seed() noexcept {
  std::uint64_t seed = 0;
  ssize_t count = -1;
  do {
    count = ::getrandom(&seed, sizeof(seed), 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return failure{errc::system, errno, "reading random bytes"};
  assert(count == sizeof(seed));  // never short for 256 bytes or less
  return seed;
}

std::uint32_t process_id() noexcept { return static_cast<std::uint32_t>(::getpid()); }

boot_identity current_boot() noexcept {
  const int file = ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  char text[64];
  const ssize_t count = ::read(file, text, sizeof(text));
  ::close(file);
  return count > 0 ? parse_uuid(text, static_cast<std::size_t>(count)) : boot_identity{};
}

}  // namespace coppice::platform
