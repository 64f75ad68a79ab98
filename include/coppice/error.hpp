// The exception that the public classes throw.
#pragma once

#include <stdexcept>
#include <string>

#include "coppice/result.hpp"

namespace coppice {

/// What the public classes throw. `what()` is one sentence that names the store, the limit and the way out.
class error : public std::runtime_error {
 public:
  error(errc code, const std::string& message, int os_error = 0)
      : std::runtime_error(message), code_(code), os_error_(os_error) {}
  [[nodiscard]] errc code() const noexcept { return code_; }
  /// errno of the system call that failed, or 0.
  [[nodiscard]] int os_error() const noexcept { return os_error_; }

 private:
  errc code_;
  int os_error_;
};

}  // namespace coppice
