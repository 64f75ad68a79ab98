// The functions of the WebAssembly module. See exchange.hpp for how arguments and answers are handed over.
//
// Functions return a status where they can fail; `trouble` of the worker then says why. All take the worker that they
// are called by.
//
// Thread safety: a worker calls with its own; boot_* any.
#include <new>

#include "coppice/detail/collection_record.hpp"
#include "src/arena/grow.hpp"
#include "src/platform/wasm/workers.hpp"
#include "src/worker/area.hpp"

namespace coppice::worker {

namespace {

constexpr std::uint32_t stack_bytes = 128 * 1024;
constexpr std::uint32_t mark_stack_entries = 256 * 1024;

// A worker begins on one of these stacks, until it has memory of its own. Whoever instantiates the module chooses one:
// the word is the worker that has it, or 0.
constexpr std::uint32_t boot_cells = 64;
struct alignas(16) boot_cell {
  std::byte stack[6 * 1024];
};
boot_cell boot_stacks[boot_cells];
std::uint32_t boot_owners[boot_cells];

}  // namespace

// ---- workers

COPPICE_EXPORT(boot_owners) std::uint32_t* boot_owner_words() { return boot_owners; }
COPPICE_EXPORT(boot_stacks) boot_cell* boot_stack_cells() { return boot_stacks; }
COPPICE_EXPORT(boot_cell_bytes) std::uint32_t boot_cell_size() { return sizeof(boot_cell); }
COPPICE_EXPORT(new_worker) std::uint32_t export_new_worker() { return platform::new_worker(); }
COPPICE_EXPORT(release_worker) void export_release_worker(std::uint32_t worker) { platform::release_worker(worker); }

/// The same for all workers of a host's thread, by its number there, which is never given to another one.
COPPICE_EXPORT(release_thread) void export_release_thread(worker_area* worker, std::uint32_t thread) {
  const arena::mapping& map = worker->held.map();
  const std::uint32_t slots = map.words().slot_high.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < slots; ++i) {
    // Read first: should the slot have a new owner by the time that its thread is read, the old one's number is gone.
    const std::uint32_t owner = platform::worker_of_slot(i);
    const arena::process_slot& slot = map.slot(i);
    const bool live = arena::slot_word::from(slot.word.load(std::memory_order_acquire)).live;
    if (owner != 0 && live && slot.process == thread) platform::release_worker(owner);
  }
}

/// Names this worker to the host: others may ask it whether the worker has ended.
COPPICE_EXPORT(set_host) void export_set_host(worker_area* worker, std::uint32_t low, std::uint32_t high) {
  arena::process_slot& slot = worker->held.map().slot(worker->held.session().self().slot);
  slot.host[0] = low;
  slot.host[1] = high;
  const std::uint32_t self = platform::worker_of_slot(worker->held.session().self().slot);
  std::atomic_ref<std::uint32_t>(slot.host[2]).store(self, std::memory_order_release);
}
/// The other workers that have named themselves: three words in the input for each, its number and the two of its name.
COPPICE_EXPORT(others) std::uint32_t export_others(worker_area* worker) {
  const arena::mapping& map = worker->held.map();
  const std::uint32_t slots = map.words().slot_high.load(std::memory_order_acquire);
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < slots; ++i) {
    const std::uint32_t owner = platform::worker_of_slot(i);
    arena::process_slot& slot = map.slot(i);
    // An earlier owner's words name that one.
    const std::uint32_t named = std::atomic_ref<std::uint32_t>(slot.host[2]).load(std::memory_order_acquire);
    if (owner == 0 || named != owner || i == worker->held.session().self().slot) continue;
    const std::uint32_t words[3] = {owner, slot.host[0], slot.host[1]};
    std::memcpy(worker->exchange.input + (sizeof(words) * count++), words, sizeof(words));
  }
  return count;
}

/// Opens the memory: makes it an arena if `limit_bytes` is not 0, else joins the arena that is there. Returns the
/// worker, below whose address its stack ends; 0: `trouble` says why.
COPPICE_EXPORT(open)
worker_area* export_open(std::uint32_t worker, double limit_bytes, failure* trouble) {
  const platform::region region{static_cast<int>(worker), reinterpret_cast<std::byte*>(platform::region_offset)};
  arena::session session;
  result<void> opened;
  if (limit_bytes != 0) {
    arena::create_options options;
    options.limit_bytes = static_cast<std::uint64_t>(limit_bytes);
    options.sequential_fences = true;
    options.apart = true;
    options.leaf_entries = leaf_policy::max_entries;
    options.leaf_bytes = leaf_policy::max_bytes;
    options.inline_bytes = leaf_policy::max_inline;
    opened = session.create_in(region, options);
  } else {
    opened = session.join(region, {leaf_policy::max_entries, leaf_policy::max_bytes, leaf_policy::max_inline});
  }
  if (!opened) {
    *trouble = opened.why();
    return nullptr;
  }
  constexpr std::uint32_t bytes = stack_bytes + sizeof(worker_area) + mark_stack_entries * sizeof(ref);
  const result<std::uint32_t> blocks = arena::claim_run(session, (bytes + arena::block_bytes - 1) / arena::block_bytes);
  if (!blocks) {
    *trouble = blocks.why();
    return nullptr;
  }
  std::byte* const first = session.map().at_block(*blocks);
  auto* const marks = reinterpret_cast<ref*>(first + stack_bytes + sizeof(worker_area));
  auto* const area = new (first + stack_bytes) worker_area(std::span<ref>(marks, mark_stack_entries));
  area->held.session().take_over(session);
  return area;
}

/// The rest of opening, on the worker's own stack. 0 or an error code.
COPPICE_EXPORT(begin) std::uint32_t export_begin(worker_area* worker) {
  const result<void> begun = worker->held.begin(worker->mark_stack);
  if (begun) {
    worker->opened();
    return 0;
  }
  worker->trouble = begun.why();
  return static_cast<std::uint32_t>(worker->trouble.code);
}

COPPICE_EXPORT(exchange) exchange* export_exchange(worker_area* worker) { return &worker->exchange; }
COPPICE_EXPORT(trouble) failure* export_trouble(worker_area* worker) { return &worker->trouble; }

// ---- versions

namespace {

/// What hold() or fork() gave; no_version only where there is no space.
version_index held_by(worker_area& worker, version_index made) noexcept {
  if (made == no_version) worker.trouble = {errc::out_of_space, 0, "holding a version", worker.held.held(), 0};
  return made;
}

}  // namespace

/// An empty version; no_version: `trouble` says why.
COPPICE_EXPORT(version_new) std::uint32_t export_version_new(worker_area* worker) {
  return held_by(*worker, worker->held.hold(version()));
}
COPPICE_EXPORT(version_drop) void export_version_drop(worker_area* worker, std::uint32_t index) {
  worker->held.drop(index);
}
COPPICE_EXPORT(version_fork) std::uint32_t export_version_fork(worker_area* worker, std::uint32_t index) {
  return held_by(*worker, worker->held.fork(index));
}
/// The address of what is known of a version, `version` of heap.hpp: for tools that walk its nodes. Valid until the
/// next call that changes it.
COPPICE_EXPORT(version_at) version* export_version_at(worker_area* worker, std::uint32_t index) {
  return &worker->held.at(index);
}
/// Settles, and collects what can be collected. 0 or an error code.
COPPICE_EXPORT(collect) std::uint32_t export_collect(worker_area* worker) {
  const result<void> made = worker->held.make_room();
  if (made) return 0;
  worker->trouble = made.why();
  return static_cast<std::uint32_t>(worker->trouble.code);
}

COPPICE_EXPORT(settle_by_itself) void export_settle_by_itself(worker_area* worker, std::uint32_t wanted) {
  worker->held.settle_by_itself(wanted != 0);
}

/// A node for so many bytes that are put in by the caller; the address of the bytes is in `reply.data`. Returns its
/// ref, 0 if there is no space.
COPPICE_EXPORT(blob) std::uint32_t export_blob(worker_area* worker, std::uint32_t size) {
  ref made = 0;
  (void)with_room(*worker, [&] {
    arena::allocator& nodes = worker->held.nodes();
    const std::size_t bytes = detail::blob_node_bytes(size);
    const auto node = nodes.allocate(bytes);
    if (node.address == nullptr) return std::uint32_t{out_of_space};
    detail::write_header(node.address, detail::node_kind::blob, 0, bytes, 0, 0);
    std::memset(node.address + bytes - detail::granule_bytes, 0, detail::granule_bytes);
    detail::store(node.address + detail::blob_length_offset, std::uint64_t{size});
    worker->exchange.reply.data = address_of(node.address + detail::blob_bytes_offset);
    made = node.ref;
    worker->held.keep(made);
    return std::uint32_t{unchanged};
  });
  return made;
}

// ---- sharing

namespace {

/// What another worker finds of a version that is shared.
detail::collection_record record_of(const version& of) noexcept {
  detail::collection_record record;
  record.root = of.root;
  record.tail = of.tail;
  record.size = of.tree_size;
  record.tail_count = of.tail_count;
  record.height = static_cast<std::uint8_t>(of.height);
  return record;
}
version version_of(const detail::collection_record& record) noexcept {
  version made;
  made.root = record.root;
  made.tail = record.tail;
  made.tree_size = static_cast<std::uint32_t>(record.size);
  made.tail_count = record.tail_count;
  made.height = record.height;
  return made;
}

/// A token is three words of the exchange: of `named` the low and the high half, and `pin`.
share_token read_token(const worker_area& worker) noexcept {
  const std::byte* const input = worker.exchange.input;
  return {detail::load<std::uint64_t>(input), detail::load<std::uint32_t>(input + 8)};
}

}  // namespace

/// Shares a version: its token stands in the input afterwards. 0 or an error code.
COPPICE_EXPORT(share) std::uint32_t export_share(worker_area* worker, std::uint32_t index) {
  const std::uint32_t done = with_room(*worker, [&]() -> std::uint32_t {
    version& shared = worker->held.at(index);
    shared.token = 0;
    const detail::collection_record record = record_of(shared);
    arena::allocator& nodes = worker->held.nodes();
    const std::size_t bytes = detail::blob_node_bytes(sizeof(record));
    const auto node = nodes.allocate(bytes);
    if (node.address == nullptr) return out_of_space;
    detail::write_header(node.address, detail::node_kind::collection, 0, bytes, 0, 0);
    std::memset(node.address + bytes - detail::granule_bytes, 0, detail::granule_bytes);
    detail::store(node.address + detail::blob_length_offset, std::uint64_t{sizeof(record)});
    detail::store(node.address + detail::blob_bytes_offset, record);
    const result<share_token> made = worker->held.share(node.ref);
    if (!made) {
      worker->trouble = made.why();
      return out_of_space;
    }
    detail::store(worker->exchange.input, made->named);
    detail::store(worker->exchange.input + 8, static_cast<std::uint32_t>(made->pin));
    return unchanged;
  });
  return done == unchanged ? 0 : static_cast<std::uint32_t>(worker->trouble.code);
}
/// A version like the one that the token in the input names; no_version: `trouble` says why.
COPPICE_EXPORT(attach) std::uint32_t export_attach(worker_area* worker) {
  const result<ref> record = worker->held.attach(read_token(*worker));
  if (!record) {
    worker->trouble = record.why();
    return no_version;
  }
  const std::byte* const bytes = worker->held.map().at(*record) + detail::blob_bytes_offset;
  return held_by(*worker, worker->held.hold(version_of(detail::load<detail::collection_record>(bytes))));
}
/// Ends the sharing by the token in the input: 1; 0 if it is not shared by this worker.
COPPICE_EXPORT(unshare) std::uint32_t export_unshare(worker_area* worker) {
  return worker->held.unshare(read_token(*worker)) ? 1 : 0;
}

/// Figures of the memory, in the input: f64 each.
COPPICE_EXPORT(stats) void export_stats(worker_area* worker) {
  const arena::control_words& words = worker->held.map().words();
  const std::uint64_t figures[] = {
      worker->held.held(),
      worker->held.shared(),
      words.live_bytes.load(std::memory_order_relaxed),
      words.allocated_bytes.load(std::memory_order_relaxed),
      words.free_lines.load(std::memory_order_relaxed) * arena::line_bytes,
      words.collections.load(std::memory_order_relaxed),
      words.recoveries.load(std::memory_order_relaxed),
      worker->held.map().id().limit_bytes,
  };
  std::byte* to = worker->exchange.input;
  for (const std::uint64_t figure : figures) {
    detail::store(to, static_cast<double>(figure));
    to += sizeof(double);
  }
}

}  // namespace coppice::worker
