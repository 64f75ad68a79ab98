// A persistent array over an arena, so that the arena is tested without the trie: 4096 cells in a tree of three levels
// of branches, each cell a blob of a size that depends on its content and whose bytes are all derived from it.
#pragma once

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "src/arena/allocator.hpp"
#include "src/arena/check.hpp"
#include "src/arena/collector.hpp"
#include "src/arena/publish.hpp"
#include "src/arena/session.hpp"

namespace arena_test {

using namespace coppice;
using namespace coppice::arena;

inline constexpr std::uint32_t cells = 4096;

/// A path that is removed when the test ends.
class scratch_path {
 public:
  explicit scratch_path(const char* name = "arena")
      : path_("/dev/shm/coppice-test-" + std::to_string(::getpid()) + "-" + name) {
    ::unlink(path_.c_str());
  }
  scratch_path(const scratch_path&) = delete;
  scratch_path& operator=(const scratch_path&) = delete;
  ~scratch_path() { ::unlink(path_.c_str()); }
  [[nodiscard]] const char* c_str() const { return path_.c_str(); }

 private:
  std::string path_;
};

/// A session with its allocator and collector.
struct handle {
  session arena;
  collector gc;
  allocator nodes;

  result<void> create(const char* path, const create_options& options = {}) {
    result<void> made = arena.create(path, options);
    if (made) attach();
    return made;
  }
  result<void> open(const char* path) {
    result<void> opened = arena.open(path, {});
    if (opened) attach();
    return opened;
  }
  void close() {
    nodes.give_up_all();
    gc.detach();
    arena.close();
  }
  ~handle() {
    if (arena.is_open()) close();
  }

 private:
  void attach() {
    gc.attach(arena);
    nodes.attach(arena, gc);
  }
};

inline std::size_t cell_bytes(std::uint64_t content) {
  // Mostly of the size of leaves; now and then medium and large ones.
  if (content % 997 == 0) return 70'000;
  if (content % 97 == 0) return 9'000;
  return 64 + (content % 80) * 16;
}

inline ref make_cell(allocator& nodes, std::uint64_t content) {
  const std::size_t bytes = cell_bytes(content) / 16 * 16;
  const auto made = nodes.allocate(bytes);
  if (made.address == nullptr) return 0;
  detail::node_header header{detail::node_kind::blob, 0, 0, static_cast<std::uint32_t>(bytes / 16), 0, 0};
  std::memcpy(made.address, &header, sizeof(header));
  for (std::size_t at = sizeof(header); at < bytes; at += 8) {
    const std::uint64_t word = content * 0x9e3779b97f4a7c15U + at;
    std::memcpy(made.address + at, &word, 8);
  }
  return made.ref;
}

/// The content of a cell; true if every byte of it is right.
inline bool read_cell(const mapping& map, ref cell, std::uint64_t content) {
  const detail::node_header& header = map.node(cell);
  if (header.kind != detail::node_kind::blob || header.size_bytes() != cell_bytes(content) / 16 * 16) return false;
  for (std::size_t at = sizeof(header); at < header.size_bytes(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, map.at(cell) + at, 8);
    if (word != content * 0x9e3779b97f4a7c15U + at) return false;
  }
  return true;
}

struct branch_node {
  detail::node_header header;
  std::array<ref, 16> children;
};

inline ref make_branch(allocator& nodes, const branch_node& from) {
  const auto made = nodes.allocate(sizeof(branch_node));
  if (made.address == nullptr) return 0;
  std::memcpy(made.address, &from, sizeof(from));
  return made.ref;
}

inline branch_node empty_branch() { return {{detail::node_kind::branch, 0, 0, sizeof(branch_node) / 16, 0, 0}, {}}; }

/// A new root with one cell replaced (content 0: emptied); 0 in `made_space` on failure.
inline ref set_cell(allocator& nodes, const mapping& map, ref root, std::uint32_t index, ref cell, bool& failed) {
  std::array<branch_node, 3> path;
  ref at = root;
  for (unsigned level = 0; level < 3; ++level) {
    path[level] = empty_branch();
    if (at != 0) std::memcpy(&path[level], map.at(at), sizeof(branch_node));
    at = path[level].children[(index >> (8 - 4 * level)) & 15];
  }
  ref child = cell;
  for (unsigned level = 3; level-- > 0;) {
    path[level].children[(index >> (8 - 4 * level)) & 15] = child;
    child = make_branch(nodes, path[level]);
    if (child == 0) {
      failed = true;
      return 0;
    }
  }
  return child;
}

/// Tells the allocator that a new version of HEAD's root will not contain the nodes that set_cell() replaces.
inline void supersede_path(allocator& nodes, const mapping& map, ref root, std::uint32_t index) {
  ref at = root;
  for (unsigned level = 0; level < 3 && at != 0; ++level) {
    nodes.supersede(at);
    at = reinterpret_cast<const branch_node*>(map.at(at))->children[(index >> (8 - 4 * level)) & 15];
  }
  if (at != 0) nodes.supersede(at);
}

inline ref cell_at(const mapping& map, ref root, std::uint32_t index) {
  ref at = root;
  for (unsigned level = 0; level < 3 && at != 0; ++level) {
    at = reinterpret_cast<const branch_node*>(map.at(at))->children[(index >> (8 - 4 * level)) & 15];
  }
  return at;
}

/// Sets cells in one transaction; the version, or the failure.
inline result<std::uint64_t> write(handle& h, std::uint32_t index, std::uint64_t content, bool reserve = false) {
  control_words& words = h.arena.map().words();
  if (const result<void> locked = acquire(h.arena, words.writer_lock, 10'000'000'000); !locked) return locked.why();
  const held_lock guard(h.arena, words.writer_lock);
  const result<pin*> cell = h.arena.claim_pin();
  if (!cell) return cell.why();
  const version_ref base = h.arena.pin_newest(**cell);
  const ref root = h.arena.map().record(base.index()).root.load();
  h.nodes.begin(false);
  h.nodes.allow_reserve(reserve);
  const ref blob = content == 0 ? 0 : make_cell(h.nodes, content);
  bool failed = content != 0 && blob == 0;
  const ref made = failed ? 0 : set_cell(h.nodes, h.arena.map(), root, index, blob, failed);
  if (failed) {
    const failure why = h.nodes.trouble();
    h.nodes.roll_back();
    h.arena.free_pin(**cell);
    return why;
  }
  supersede_path(h.nodes, h.arena.map(), root, index);
  result<std::uint64_t> published = publish(h.arena, h.nodes, base, made);
  h.arena.free_pin(**cell);
  return published;
}

/// Takes the locks that check() needs, checks, and releases them.
inline check_result check_now(handle& h) {
  control_words& words = h.arena.map().words();
  if (!acquire(h.arena, words.writer_lock, 10'000'000'000)) return {"writer lock", 0};
  const held_lock writer(h.arena, words.writer_lock);
  if (!acquire(h.arena, words.collector_lock, 10'000'000'000)) return {"collector lock", 0};
  const held_lock collector(h.arena, words.collector_lock);
  return check(h.arena, nullptr);
}

}  // namespace arena_test
