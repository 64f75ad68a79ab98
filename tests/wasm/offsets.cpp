// Sizes and offsets of every struct that lies in shared memory or in a pack, as a table that can be compared between
// compilers: the same arena format must come out on x86-64 and on wasm32.
//
// On wasm32 the table is looked up in the object file, between its first and its last row; elsewhere this is a program
// that writes it to standard output. A new struct is one line below: its name and its fields.
#include <cstddef>
#include <cstdint>

#include "coppice/detail/collection_record.hpp"
#include "coppice/detail/node.hpp"
#include "src/arena/layout.hpp"

namespace {

struct row {
  char name[56];         // "struct" or "struct.field"
  std::uint32_t offset;  // of the field; of a struct its alignment
  std::uint32_t size;
};

template <std::size_t Length>
constexpr row make_row(const char (&name)[Length], std::size_t offset, std::size_t size) {
  static_assert(Length <= sizeof(row::name));
  row made{};
  for (std::size_t i = 0; i < Length; ++i) made.name[i] = name[i];
  made.offset = static_cast<std::uint32_t>(offset);
  made.size = static_cast<std::uint32_t>(size);
  return made;
}

#define FIELD(type, field) make_row(#type "." #field, offsetof(type, field), sizeof(type::field)),

// FIELDS(type, a, b, ...) is FIELD(type, a) FIELD(type, b) ...; each EXPAND level rescans four times.
#define EXPAND(...) EXPAND3(EXPAND3(EXPAND3(EXPAND3(__VA_ARGS__))))
#define EXPAND3(...) EXPAND2(EXPAND2(EXPAND2(EXPAND2(__VA_ARGS__))))
#define EXPAND2(...) EXPAND1(EXPAND1(EXPAND1(EXPAND1(__VA_ARGS__))))
#define EXPAND1(...) __VA_ARGS__
#define PARENTHESES ()
#define FIELDS(type, ...) __VA_OPT__(EXPAND(FIELDS_STEP(type, __VA_ARGS__)))
#define FIELDS_STEP(type, first, ...) FIELD(type, first) __VA_OPT__(FIELDS_AGAIN PARENTHESES(type, __VA_ARGS__))
#define FIELDS_AGAIN() FIELDS_STEP

#define LAYOUT(type, ...) make_row(#type, alignof(type), sizeof(type)), FIELDS(type, __VA_ARGS__)

using namespace coppice::arena;  // NOLINT(google-build-using-namespace): short names in the table
using coppice::detail::collection_record;
using coppice::detail::node_header;

// clang-format off: one line a struct

[[gnu::used]] constexpr row table[] = {
    make_row("<layout table of coppice", 0, 0),
    LAYOUT(node_header, kind, depth, edit_high, granules, count, edit_low)
    LAYOUT(identity, magic, format, layout_hash, limit_bytes, seed, created_ms, boot_id, branch_bits, fence, leaf_entries,
           leaf_bytes, inline_bytes, hash_function, durability, checksum, reserved)
    LAYOUT(control_words, head, state, segment_count, file_end, writer_lock, collector_lock, grow_lock, scan, cycle,
           edit_tokens, block_cursor, record_cursor, allocated_bytes, allocated_at_cycle, live_bytes, free_lines,
           record_chunks, slot_high, collections, recoveries, allocated_at_step, allocated_at_end, last_apart)
    LAYOUT(header, id, words, record_directory)
    LAYOUT(version_record, version, claim, handed, kept, root, reserved_root, committed_ms, reserved)
    LAYOUT(process_slot, word, extension, pins_high, opened_ms, process, host, reserved, pins)
    LAYOUT(pin_extension, next, reserved, pins)
    LAYOUT(segment_metadata, words, next, lines, marks)
    LAYOUT(collection_record, root, tail, size, seed, element_type, tail_count, leaf_parameter, branch_parameter, height,
           unused)
    make_row("layout table of coppice>", 0, 0),
};
// clang-format on

}  // namespace

#if !defined(__wasm__)
#include <cstdio>

int main() { return std::fwrite(table, sizeof(table), 1, stdout) == 1 ? 0 : 1; }
#endif
