// Fuzzer of the codecs: the first byte chooses a type, the others are decoded as one.
//
// Whatever can be decoded is the encoding of what it gives, byte by byte; collections besides are sound. The types are
// those of the unit tests.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "tests/codec/samples.hpp"

namespace coppice::codec_test {
namespace {

void require(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "codec_fuzz: %s\n", what);
  std::abort();
}

template <class T>
void run(std::span<const std::byte> bytes) {
  const auto decoded = decode<T>(bytes);
  if (!decoded.ok()) {
    require(decoded.why().subject <= bytes.size() && decoded.why().limit == bytes.size(), "a failure lies outside");
    return;
  }
  const std::vector<std::byte> again = encode(*decoded);
  require(again.size() == bytes.size() && std::equal(again.begin(), again.end(), bytes.begin()),
          "a value has two encodings");
  if constexpr (requires { decoded->check(); }) require(decoded->check() == nullptr, "a collection is not sound");
}

}  // namespace
}  // namespace coppice::codec_test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coppice::codec_test;
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  unsigned index = 0;
  each_sample([&]<class T>(const T&) {
    if (index++ == data[0]) run<T>(bytes);
  });
  return 0;
}
