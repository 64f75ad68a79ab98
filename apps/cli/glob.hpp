// Patterns over string keys.
#pragma once

#include <string>
#include <string_view>

namespace coppice::cli {

/// The shell's patterns, by fnmatch(3), over the whole key: * ? [a-z] [!a-z], and a backslash before a character that
/// is meant literally. * also matches '/' and a leading dot. A key that holds a zero byte matches nothing: fnmatch
/// cannot see it. ? is one character once main has set a UTF-8 locale; glibc then takes a match byte by byte as well.
class glob_pattern {
 public:
  explicit glob_pattern(std::string pattern) : pattern_(std::move(pattern)) {}
  [[nodiscard]] bool matches(std::string_view key) const;

 private:
  std::string pattern_;
};

}  // namespace coppice::cli
