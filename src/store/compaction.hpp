// Compaction: a collection frees lines, but a block goes back to the system only when all of it is free, and what is
// left of a large store that shrank, or of many versions that nobody reads any more, lies scattered over many blocks.
// So the newest version is moved out of the blocks that are mostly free.
//
// Nodes never move: they are copied, in transactions of this process that change no entry, so that readers, snapshots
// and a kill meet what they meet with any other write. Each takes 1/16 or 1/256 of the trie, and leaves the writers'
// lock free for as long afterwards.
#pragma once

#include "src/store/state.hpp"

namespace coppice::store_detail {

/// Copies what lies in mostly free blocks, if that will free much more than it takes and if older versions do not hold
/// most of it. True: something was moved, and a collection will free the blocks. Ends early, without an error, where
/// there is no room for the copies or where the writers' lock cannot be had in time. O(nodes). Precondition: this
/// thread has no transaction open; a collection has just finished.
bool compact(open_arena& arena);

}  // namespace coppice::store_detail
