// The functions of the C library that compilers call by themselves, for a module that has no library.
//
// Compiled with -fno-builtin: else a loop below could become a call of the function that it is in. Copies of known
// length are instructions and do not come here.
//
// Thread safety: pure functions of the bytes they are given.
#include <wasm_simd128.h>

#include <cstddef>
#include <cstdint>

extern "C" {

void* memcpy(void* to, const void* from, std::size_t size) {
  __builtin_memmove(to, from, size);
  return to;
}

void* memmove(void* to, const void* from, std::size_t size) {
  __builtin_memmove(to, from, size);
  return to;
}

void* memset(void* to, int value, std::size_t size) {
  __builtin_memset(to, value, size);
  return to;
}

int memcmp(const void* left, const void* right, std::size_t size) {
  const auto* a = static_cast<const unsigned char*>(left);
  const auto* b = static_cast<const unsigned char*>(right);
  for (; size >= 16; size -= 16, a += 16, b += 16) {
    const std::uint32_t equal = wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(a), wasm_v128_load(b)));
    if (equal != 0xffffU) {
      const auto at = static_cast<unsigned>(__builtin_ctz(~equal));
      return a[at] < b[at] ? -1 : 1;
    }
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

}  // extern "C"
