// What a WebAssembly program and its worker's heap hand each other: fixed places in the worker's own memory.
//
// A key is put at `input`, a value right behind it; numbers go as arguments. What is larger than the input is put into
// a node of its own first (coppice_blob) and named by that node's ref, which stands in `input` instead. Answers stand
// in `reply`; the bytes that they point to are valid until the next call that changes something.
//
// The offsets are known to packages/coppice/src/core/exchange.ts; a test compares them.
//
// Thread safety: one worker's.
#pragma once

#include <cstddef>
#include <cstdint>

namespace coppice::worker {

/// Kinds that only this interface has, beside those of value_kind.
inline constexpr std::uint32_t number_kind = 0x1e;  // of a key or value given as a double: int64 or float64
inline constexpr std::uint32_t small_kind = 0x1d;   // of a number in a batch: an integer of 32 bits
inline constexpr std::uint32_t blob_flag = 0x20;    // its bytes lie in a node of their own

/// The answer to a call.
struct reply {
  double number = 0;       // a number of kind number_kind
  std::uint32_t data = 0;  // address of other bytes
  std::uint32_t size = 0;
  std::uint32_t kind = 0;
  std::uint32_t unused = 0;
};

/// One entry of a batch. Numbers stand in `number`, small integers in `small`; strings that are ASCII in `text`, at
/// this offset; others at this address.
struct batch_part {
  union {
    double number;
    std::int32_t small;
    struct {
      std::uint32_t at;
      std::uint32_t size;
    } bytes;
  };
};

inline constexpr std::uint32_t batch_entries = 512;
inline constexpr std::uint32_t text_bytes = 32 * 1024;
inline constexpr std::uint32_t input_bytes = 64 * 1024;

/// Entries of a version, in order.
struct batch {
  std::uint32_t count = 0;
  std::uint32_t text_size = 0;
  std::uint16_t kinds[batch_entries];  // of the key, and of the value in the high byte
  batch_part parts[batch_entries][2];  // of the key, and of the value
  char text[text_bytes];
};

struct exchange {
  struct reply reply;
  struct batch batch;
  alignas(16) std::byte input[input_bytes];
  alignas(16) std::byte old[256];  // the value that was replaced
};

}  // namespace coppice::worker
