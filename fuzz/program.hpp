// What the fuzzers share whose input is a program: its bytes, and how they say that something is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace coppice::fuzz {

[[noreturn]] inline void fail(const char* what) {
  std::fprintf(stderr, "fuzzer: %s\n", what);
  std::abort();
}
inline void require(bool ok, const char* what) {
  if (!ok) fail(what);
}

/// Bytes that are read one by one; zeros after the end.
class program {
 public:
  program(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
  [[nodiscard]] bool done() const { return at_ == end_; }
  [[nodiscard]] unsigned byte() { return done() ? 0U : *at_++; }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

}  // namespace coppice::fuzz
