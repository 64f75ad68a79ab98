// What one worker holds in a memory that several share: versions of collections, most of them its own alone.
//
// A *version* is an entry of a table that is private to the worker. Its nodes are of three sorts:
//   - its own: they carry its token, lie in blocks that this worker owns, and nobody else knows them. They are changed
//     in place, and used again at once where they are replaced;
//   - unpublished, of several versions of this worker (fork() has parted them): they carry a token that no version has;
//   - published, by this worker or another: never changed.
//
// A *settlement* publishes what the worker holds: a table of the roots of all its versions becomes the one version
// record that it pins, the full blocks are given up, and all tokens end. What no version held is garbage from then on,
// for the collector. It is made when a third of what was taken from blocks since the last one is not in use any more. A
// full memory gets no room before the worker has settled what it dropped, and then there may be none for the table: so
// each chunk of versions has two spare tables of its own, one for the last settlement and one for the next. Between
// settlements the last one stays pinned, so that published nodes which unpublished ones refer to are kept:
//
//     W1  a ref from an unpublished node leads to an unpublished node of this worker, or to one that the last
//         settlement, or a pin of `borrowed_`, reaches
//     W2  a node that carries the token of a version is reached by that version alone
//     W3  tokens that begin before the last settlement are nobody's
//
// To *share* a version is to publish it alone, in O(1). To *attach* to what another worker shares is to pin its record
// and to hold its root; the pin goes with the next settlement, which holds the root itself.
//
// A worker may end at any instruction. Its pins and blocks count for nothing then (slots.cpp), and its nodes live as
// long as others have versions that reach them.
//
// Thread safety: a heap belongs to one worker. Any number may be open on one memory.
#pragma once

#include <cstdint>
#include <span>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/result.hpp"
#include "src/arena/allocator.hpp"
#include "src/arena/collector.hpp"
#include "src/arena/publish.hpp"
#include "src/arena/session.hpp"

namespace coppice::worker {

using arena::ref;

/// What a worker knows of a version. Maps and sets have a root, vectors also a tail.
struct version {
  ref root = 0;
  ref tail = 0;
  std::uint32_t tree_size = 0;   // vectors: elements in the tree
  std::uint32_t tail_count = 0;  // and in the tail
  std::uint64_t token = 0;       // of the nodes that are its own; 0: none are
  std::uint32_t height = 0;      // vectors: of the tree
  std::uint32_t own_bytes = 0;   // of nodes made for it since the last settlement
};
static_assert(sizeof(version) == 32);

/// Names a version in the table of its worker.
using version_index = std::uint32_t;
inline constexpr version_index no_version = 0xffffffffU;

/// What another worker needs to attach to a version.
struct share_token {
  std::uint64_t named = 0;  // arena::version_ref
  std::uint64_t pin = 0;    // offset of the pin that keeps it, in the arena
};

class heap {
 public:
  heap() noexcept = default;
  heap(const heap&) = delete;
  heap& operator=(const heap&) = delete;
  ~heap() { close(); }

  /// Where the session is opened: arena::session::create_in, join, create or open, with `apart`. Then begin().
  [[nodiscard]] arena::session& session() noexcept { return session_; }
  /// `mark_stack`: scratch memory for collections; empty: the platform's. Errors: out_of_space.
  result<void> begin(std::span<ref> mark_stack) noexcept;
  /// Gives everything up. Idempotent.
  void close() noexcept;

  // ---- versions

  /// Holds a version: whose nodes must be published, or this worker's. no_version: no space.
  [[nodiscard]] version_index hold(const version& held) noexcept;
  /// The version at an index that hold() gave.
  [[nodiscard]] version& at(version_index index) noexcept {
    return chunks_[index / versions_per_chunk]->versions[index % versions_per_chunk];
  }
  /// Does not hold it any more. The index may be given again.
  void drop(version_index index) noexcept;
  /// A second version with the same content: from now on neither changes nodes of the other. O(1). no_version: no
  /// space.
  [[nodiscard]] version_index fork(version_index from) noexcept;
  /// Versions that are held.
  [[nodiscard]] std::uint64_t held() const noexcept { return held_; }

  // ---- changing a version

  /// Whether a node is the version's own: only this version reaches it, and it may be changed.
  [[nodiscard]] bool owns(const version& in, const std::byte* node) const noexcept {
    return in.token >= first_token_ && detail::load<detail::node_header>(node).edit_token() == in.token;
  }
  /// Memory in which the version's own nodes may be changed. Until edited().
  [[nodiscard]] arena::allocator& edit(version& changed) noexcept {
    if (changed.token < first_token_) changed.token = draw_token();
    nodes_.edit_as(changed.token);
    net_before_ = nodes_.allocated_bytes() - nodes_.released_bytes();
    return nodes_;
  }
  void edited(version& changed) noexcept {
    const std::uint64_t net = nodes_.allocated_bytes() - nodes_.released_bytes() - net_before_;
    changed.own_bytes += static_cast<std::uint32_t>(net);  // modulo 2^32, as net may be negative
    in_use_ += net;
    nodes_.edit_as(0);
  }
  /// Memory whose nodes nobody will change.
  [[nodiscard]] arena::allocator& nodes() noexcept { return nodes_; }

  /// Whether so much lies idle in this worker's blocks that a settlement is worth while. O(1).
  [[nodiscard]] bool settlement_is_due() const noexcept {
    if (!settles_by_itself_) return false;
    const std::uint64_t idle = held_ * sizeof(version) + in_use_ / 2;
    return nodes_.taken_bytes() >= in_use_ + (idle > least_idle_bytes ? idle : least_idle_bytes);
  }
  /// Whether one is ever due, or only make_room() settles.
  void settle_by_itself(bool wanted) noexcept { settles_by_itself_ = wanted; }
  /// Publishes what is held and gives up the rest. O(versions held). Errors: out_of_space (then all is as before).
  result<void> settle() noexcept;
  /// After an allocation failed: settles, and collects all that can be. Errors: out_of_space.
  result<void> make_room() noexcept;

  /// Keeps a node that no version has yet, like the blob of a value that is about to be stored, as a version would:
  /// until keep_nothing(), or until two more were given. A settlement between making a node and storing it would lose
  /// it else.
  void keep(ref node) noexcept {
    kept_[1] = kept_[0];
    kept_[0] = node;
  }
  void keep_nothing() noexcept { kept_[0] = kept_[1] = 0; }

  // ---- sharing

  /// Publishes a version for others. `record`: a node that reaches it. Errors: out_of_space.
  result<share_token> share(ref record) noexcept;
  /// No worker can attach to it any more; who has done so keeps what it has. False: it is not this worker's.
  bool unshare(const share_token& token) noexcept;
  /// The record that another worker shares; what it reaches is kept until the next settlement, so hold it before.
  /// Wait-free but for finding a pin. Errors: closed (it is not shared any more), invalid_argument (never was a token
  /// of this memory), out_of_space (pins).
  result<ref> attach(const share_token& token) noexcept;

  [[nodiscard]] const arena::mapping& map() const noexcept { return session_.map(); }
  /// Versions of this worker that its tokens share.
  [[nodiscard]] std::uint64_t shared() const noexcept { return shared_; }
  [[nodiscard]] arena::collector& collector() noexcept { return collector_; }

 private:
  static constexpr std::uint32_t versions_per_chunk = 1024;
  static constexpr std::uint32_t max_chunks = 16384;  // 16 million versions
  static constexpr unsigned most_kept = 2;            // of a key and of a value
  static constexpr std::uint64_t least_idle_bytes = std::uint64_t{1} << 20;
  static constexpr std::uint32_t max_borrowed = 1024;
  static constexpr std::uint64_t tokens_at_once = 256;
  static constexpr ref free_mark = 0xffffffffU;  // `tail` of an entry that is free; its `root` is the next one

  /// The part of a table that a chunk of versions needs: a node, with a ref to the part of the chunk before.
  struct alignas(detail::granule_bytes) spare_table {
    detail::node_header header;
    ref refs[2 * versions_per_chunk + most_kept + 1];
  };
  /// A block that is this worker's from beginning to end.
  struct chunk {
    version versions[versions_per_chunk];
    spare_table spare[2];
  };
  static_assert(sizeof(chunk) <= arena::block_bytes);
  static constexpr unsigned no_spare = 2;

  [[nodiscard]] bool add_chunk() noexcept;
  /// Calls f(ref) for all that a settlement publishes, until it returns false. False: it has.
  template <class F>
  [[nodiscard]] bool for_each_held(F&& f) const noexcept;
  /// For the versions of one chunk.
  template <class F>
  [[nodiscard]] static bool for_each_held_of(const chunk& of, F&& f) noexcept;
  [[nodiscard]] unsigned free_spare() const noexcept;
  [[nodiscard]] ref write_spare(unsigned which) noexcept;
  [[nodiscard]] std::uint32_t current_cycle() const noexcept;
  [[nodiscard]] std::uint64_t draw_token() noexcept;
  void end_tokens() noexcept;

  arena::session session_;
  arena::collector collector_;
  arena::allocator nodes_;
  chunk* chunks_[max_chunks] = {};
  std::uint32_t chunk_count_ = 0;
  version_index free_ = no_version;
  std::uint64_t held_ = 0;
  std::uint64_t shared_ = 0;
  std::uint64_t next_token_ = 0;
  std::uint64_t last_token_ = 0;
  std::uint64_t first_token_ = 1;  // W3
  std::uint64_t net_before_ = 0;
  std::uint64_t in_use_ = 0;  // bytes of nodes made since the last settlement that versions have; an estimate
  ref kept_[most_kept] = {};
  arena::pin* settled_ = nullptr;       // names the last settlement
  arena::pin* next_settled_ = nullptr;  // claimed for the next one: that there is a pin must not stop it
  unsigned settled_spare_ = no_spare;   // the spare table of the last settlement
  // The cycle in which each spare table was given up: it may be reading the table.
  std::uint32_t spare_cycles_[2] = {};
  arena::pin* borrowed_[max_borrowed] = {};
  bool settles_by_itself_ = true;
  std::uint32_t borrowed_count_ = 0;
};

}  // namespace coppice::worker
