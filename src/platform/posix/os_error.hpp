// From errno to failure: the one table for the calls that take a path or a file.
//
// Thread safety: pure functions.
#pragma once

#include <cerrno>
#include <cstdint>

#include "coppice/result.hpp"

namespace coppice::platform::posix {

[[nodiscard]] constexpr errc code_of(int os_error) noexcept {
  switch (os_error) {
    case ENOENT:
    case ENOTDIR:
      return errc::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:  // O_NOFOLLOW met a symlink
      return errc::permission;
    case EEXIST:
      return errc::exists;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return errc::out_of_space;
    case EOPNOTSUPP:
    case ENOSYS:
      return errc::unsupported;
    default:
      return errc::system;
  }
}

/// Precondition: `os_error` is an errno, not 0; `reason` is a string literal.
[[nodiscard]] inline failure from_errno(int os_error, const char* reason, std::uint64_t subject = 0,
                                        std::uint64_t limit = 0) noexcept {
  assert(os_error != 0);
  return {code_of(os_error), os_error, reason, subject, limit};
}

/// "/proc/self/fd/N": the name by which an open file, even a nameless one, is opened again or linked.
class descriptor_path {
 public:
  explicit descriptor_path(int file) noexcept {
    assert(file >= 0);
    char digits[10];
    int count = 0;
    for (auto rest = static_cast<unsigned>(file); count == 0 || rest != 0; rest /= 10) {
      digits[count++] = static_cast<char>('0' + rest % 10);
    }
    while (count > 0) text_[length_++] = digits[--count];
    text_[length_] = '\0';
  }
  [[nodiscard]] const char* c_str() const noexcept { return text_; }

 private:
  char text_[32] = "/proc/self/fd/";
  int length_ = sizeof("/proc/self/fd/") - 1;
};

}  // namespace coppice::platform::posix
