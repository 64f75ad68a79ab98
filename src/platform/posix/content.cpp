// Files as strings of bytes: reading, writing, and taking the place of another.
//
// Thread safety: all functions may run on any thread; races on a path are decided by the kernel.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "src/platform/port.hpp"
#include "src/platform/posix/os_error.hpp"

namespace coppice::platform {

using posix::from_errno;

result<int> open_for_reading(const char* path) noexcept {
  assert(path != nullptr);
  int file = -1;
  do {
    file = ::open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  } while (file < 0 && errno == EINTR);
  if (file < 0) return from_errno(errno, "opening a file");
  struct stat status{};
  const bool known = ::fstat(file, &status) == 0;
  if (known && S_ISREG(status.st_mode)) return file;
  const failure why = known ? failure{errc::not_a_store, 0, "opening a file: not a regular file"}
                            : from_errno(errno, "reading the status of a file");
  ::close(file);
  return why;
}

result<void> read_at(int file, std::uint64_t offset, std::byte* to, std::size_t size) noexcept {
  while (size != 0) {
    const ::ssize_t read = ::pread(file, to, size, static_cast<off_t>(offset));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return from_errno(errno, "reading a file");
    if (read == 0) return failure{errc::corrupt, 0, "the file has become shorter", offset};
    to += read;
    offset += static_cast<std::uint64_t>(read);
    size -= static_cast<std::size_t>(read);
  }
  return {};
}

result<void> write_at(int file, std::uint64_t offset, const std::byte* from, std::size_t size) noexcept {
  while (size != 0) {
    const ::ssize_t written = ::pwrite(file, from, size, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return from_errno(errno, "writing a file");
    from += written;
    offset += static_cast<std::uint64_t>(written);
    size -= static_cast<std::size_t>(written);
  }
  return {};
}

result<void> require_file_or_nothing(const char* path) noexcept {
  assert(path != nullptr);
  struct stat status{};
  if (::stat(path, &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};  // the latter is for who makes the file to tell
    return from_errno(errno, "reading the status of a path");
  }
  if (S_ISREG(status.st_mode)) return {};
  return failure{errc::invalid_argument, 0, "it is a directory, a device or a pipe, of which no file takes the place"};
}

namespace {

/// Of the file descriptions that have a file open under its spare path: who has it may rename or remove it.
constexpr std::uint32_t naming_lock = 0;

/// Removes what a process that was killed has left under a spare path. What a living one has there stays: it has the
/// lock as long as the file may have this name.
void remove_stale(const char* spare_path) noexcept {
  const result<int> found = open_file(spare_path);
  if (!found) return;
  const result<bool> locked = try_lock_slot(*found, naming_lock);
  if (locked && *locked) {
    const auto opened = identify(*found), named = identify(spare_path);
    if (opened && named && *opened == *named) ::unlink(spare_path);
  }
  ::close(*found);
}

}  // namespace

result<void> replace_file(int file, const char* path, const char* spare_path) noexcept {
  assert(file >= 0 && path != nullptr && spare_path != nullptr);
  if (::fsync(file) != 0) return from_errno(errno, "writing a file to disk");
  remove_stale(spare_path);
  // Without another in its place one step does it, and nothing can be left behind.
  result<void> named = publish_file(file, path);
  if (named || named.why().code != errc::exists) return named;
  const result<bool> locked = try_lock_slot(file, naming_lock);
  if (!locked) return locked.why();
  constexpr int most_tries = 2000;
  for (int tries = 0;; ++tries) {
    named = publish_file(file, spare_path);
    if (named || named.why().code != errc::exists) break;
    if (tries == most_tries) return failure{errc::busy, 0, "naming a file: others are giving one the same name"};
    sleep_ns(1'000'000);
    remove_stale(spare_path);
  }
  if (!named) return named;
  if (::rename(spare_path, path) == 0) return {};
  const int os_error = errno;
  ::unlink(spare_path);
  return from_errno(os_error, "naming a file");
}

void close_file(int file) noexcept { ::close(file); }

}  // namespace coppice::platform
