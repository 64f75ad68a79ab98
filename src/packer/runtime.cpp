// What compilers and the standard library ask of a system: memory, random numbers, an end.
//
// Memory is taken from the module's own, which grows, in sizes of which there are eight to each power of two. What is
// given back is kept by size. Where there is no more the host is told, which throws: nothing here does.
//
// Thread safety: one thread.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "src/packer/host.hpp"

// NOLINTBEGIN(bugprone-reserved-identifier, cert-dcl37-c, cert-dcl51-cpp, readability-identifier-naming): the linker's
extern "C" std::byte __heap_base;
extern "C" void __wasm_call_ctors();
// NOLINTEND(bugprone-reserved-identifier, cert-dcl37-c, cert-dcl51-cpp, readability-identifier-naming)

/// To be called first. If nothing did this, the linker would have each function do it, and end the program after it.
COPPICE_EXPORT(initialize) void export_initialize() { __wasm_call_ctors(); }

namespace {

constexpr std::size_t page_bytes = 65536;
constexpr std::size_t head_bytes = 16;
constexpr unsigned sizes = 8 * 32;

/// Before each piece of memory.
struct alignas(head_bytes) piece_head {
  std::uint32_t size_class = 0;
  piece_head* next = nullptr;  // of those given back
};
static_assert(sizeof(piece_head) == head_bytes);

piece_head* given_back[sizes];
std::uintptr_t next_free;
std::uintptr_t memory_end;

/// The class of a size, and the size of all of that class.
struct size_class {
  unsigned number;
  std::size_t bytes;
};
[[nodiscard]] size_class class_of(std::size_t size) noexcept {
  if (size < 128) size = 128;
  const unsigned log = static_cast<unsigned>(std::bit_width(size - 1)) - 1;
  const std::size_t step = std::size_t{1} << (log - 3);
  const std::size_t bytes = (size + step - 1) & ~(step - 1);
  return {(log - 3) * 8 + static_cast<unsigned>(((bytes - 1) >> (log - 3)) & 7U), bytes};
}

[[nodiscard]] void* allocate(std::size_t size) noexcept {
  if (size > std::size_t{1} << 31) return nullptr;
  const size_class wanted = class_of(size + head_bytes);
  if (piece_head* const found = given_back[wanted.number]; found != nullptr) {
    given_back[wanted.number] = found->next;
    return found + 1;
  }
  if (next_free == 0) {
    next_free = (reinterpret_cast<std::uintptr_t>(&__heap_base) + head_bytes - 1) & ~(head_bytes - 1);
    memory_end = __builtin_wasm_memory_size(0) * page_bytes;
  }
  if (wanted.bytes > memory_end - next_free) {
    const std::size_t lacking = wanted.bytes - (memory_end - next_free);
    // Some in advance: growing takes long where the engine moves the memory.
    const std::size_t pages = (lacking + page_bytes - 1) / page_bytes, ahead = memory_end / page_bytes / 8;
    if (__builtin_wasm_memory_grow(0, pages + ahead) == SIZE_MAX && __builtin_wasm_memory_grow(0, pages) == SIZE_MAX) {
      return nullptr;
    }
    memory_end = __builtin_wasm_memory_size(0) * page_bytes;
  }
  auto* const head = reinterpret_cast<piece_head*>(next_free);
  next_free += wanted.bytes;
  head->size_class = wanted.number;
  return head + 1;
}

void give_back(void* memory) noexcept {
  if (memory == nullptr) return;
  piece_head* const head = static_cast<piece_head*>(memory) - 1;
  head->next = given_back[head->size_class];
  given_back[head->size_class] = head;
}

[[noreturn]] void out_of_memory() noexcept {
  coppice_out_of_memory();
  __builtin_trap();
}

}  // namespace

void* operator new(std::size_t size) {
  void* const made = allocate(size);
  if (made == nullptr) out_of_memory();
  return made;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return operator new(size); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }

// Without this one and abort_message() the library's own would bring printf() along.
_LIBCPP_BEGIN_NAMESPACE_STD
void __libcpp_verbose_abort(const char*, ...) { __builtin_trap(); }  // NOLINT(cert-dcl50-cpp): the library's name
_LIBCPP_END_NAMESPACE_STD

extern "C" {

// What the standard library throws here is that something would be longer than there are addresses.
// NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming): the names are the compiler's
void* __cxa_allocate_exception(std::size_t) { out_of_memory(); }
[[noreturn]] void __cxa_throw(void*, void*, void*) { out_of_memory(); }
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)

void abort() { __builtin_trap(); }
void abort_message(const char*, ...) { __builtin_trap(); }  // NOLINT(cert-dcl50-cpp): likewise

int getentropy(void* to, std::size_t size) {
  auto* const bytes = static_cast<std::byte*>(to);
  for (std::size_t at = 0; at < size; at += sizeof(std::uint32_t)) {
    const std::uint32_t random = coppice_random();
    std::memcpy(bytes + at, &random, size - at < sizeof(random) ? size - at : sizeof(random));
  }
  return 0;
}

}  // extern "C"
