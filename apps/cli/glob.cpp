#include "glob.hpp"

#include <fnmatch.h>

namespace coppice::cli {

bool glob_pattern::matches(std::string_view key) const {
  if (key.find('\0') != std::string_view::npos) return false;
  const std::string terminated(key);
  return ::fnmatch(pattern_.c_str(), terminated.c_str(), 0) == 0;
}

}  // namespace coppice::cli
