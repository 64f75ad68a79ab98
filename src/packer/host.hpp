// What this module asks of the JavaScript that has instantiated it. All may throw there, which ends the instance.
//
// Thread safety: one thread.
#pragma once

#include <cstddef>
#include <cstdint>

/// A function of the module, under its name there.
#define COPPICE_EXPORT(name) extern "C" [[gnu::used, clang::export_name(#name)]]
/// One that JavaScript gives.
#define COPPICE_IMPORT(name) [[clang::import_module("coppice"), clang::import_name(#name)]]

extern "C" {
COPPICE_IMPORT(random) std::uint32_t coppice_random();
/// Does not return.
COPPICE_IMPORT(out_of_memory) void coppice_out_of_memory();

// ---- writing

/// The next bytes of the pack.
COPPICE_IMPORT(append) void coppice_append(const std::byte* at, std::size_t size);
/// Puts a run (src/worker/run.hpp) of at most `most` elements, from a position on, into the buffer. Returns its bytes.
COPPICE_IMPORT(elements) std::uint32_t coppice_elements(std::uint32_t position, std::uint32_t most);

// ---- reading: what makes a version of the one of its type before it

/// A run of entries of a map or set; at `large` begins the one with large parts.
COPPICE_IMPORT(store) void coppice_store(const std::byte* at, std::uint32_t size, std::uint32_t large);
/// A run of elements in the place of those from a position on.
COPPICE_IMPORT(place)
void coppice_place(const std::byte* at, std::uint32_t size, std::uint32_t large, std::uint32_t position);
/// Only so many elements stay.
COPPICE_IMPORT(keep) void coppice_keep(std::uint32_t count);
/// The elements [from, end) of the version before follow.
COPPICE_IMPORT(follow) void coppice_follow(std::uint32_t from, std::uint32_t end);
}
