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

result<void> replace_file(int file, const char* path, const char* spare_path) noexcept {
  assert(file >= 0 && path != nullptr && spare_path != nullptr);
  if (::fsync(file) != 0) return from_errno(errno, "writing a file to disk");
  if (const result<void> named = publish_file(file, spare_path); !named) return named.why();
  if (::rename(spare_path, path) == 0) return {};
  const int os_error = errno;
  ::unlink(spare_path);
  return from_errno(os_error, "naming a file");
}

void close_file(int file) noexcept { ::close(file); }

}  // namespace coppice::platform
