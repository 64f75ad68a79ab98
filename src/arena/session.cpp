// Creating, opening and closing an arena. See session.hpp.
#include "src/arena/session.hpp"

#include <cstring>

#include "src/arena/steps.hpp"
#include "src/arena/validate.hpp"

namespace coppice::arena {

#if defined(COPPICE_STEPS) && COPPICE_STEPS
step_handler on_step = nullptr;

const char* step_name(step at) noexcept {
  static constexpr const char* names[] = {
#define COPPICE_STEP_NAME(name) #name,
      COPPICE_FOR_EACH_STEP(COPPICE_STEP_NAME)
#undef COPPICE_STEP_NAME
  };
  return at < step::count ? names[static_cast<unsigned>(at)] : "?";
}
#endif

namespace {

constexpr int attempts_against_replacement = 16;
constexpr std::uint64_t removal_timeout_ns = 10'000'000'000;

void set_block(const mapping& map, std::uint32_t block, block_state state) noexcept {
  map.block(block).store(block_word{state}.bits(), std::memory_order_relaxed);
}

void write_identity(const mapping& map, const create_options& options, std::uint64_t seed, fence_mode fence) noexcept {
  identity& id = map.head().id;
  std::memcpy(id.magic, magic_bytes, sizeof(magic_bytes));
  id.format = format_version;
  id.layout_hash = layout_hash();
  id.limit_bytes = options.limit_bytes;
  id.seed = seed;
  id.created_ms = platform::wall_clock_ms();
  const platform::boot_identity boot = platform::current_boot();
  static_assert(sizeof(boot.bytes) == sizeof(id.boot_id));
  std::memcpy(id.boot_id, boot.bytes, sizeof(id.boot_id));
  id.branch_bits = detail::trie_branch_bits;
  id.fence = static_cast<std::uint8_t>(fence);
  id.leaf_entries = options.leaf_entries;
  id.leaf_bytes = options.leaf_bytes;
  id.inline_bytes = options.inline_bytes;
  id.hash_function = 1;
  id.checksum = identity_checksum(id);
}

void write_control(const mapping& map) noexcept {
  control_words& words = map.words();
  map.directory(0).store(first_metadata_block, std::memory_order_relaxed);
  words.segment_count.store(1, std::memory_order_relaxed);
  map.head().record_directory[0].store(first_record_block, std::memory_order_relaxed);
  words.record_chunks.store(1, std::memory_order_relaxed);
  for (std::uint32_t block = 0; block < first_reserve_block; ++block) set_block(map, block, block_state::control);
  for (std::uint32_t i = 0; i < reserve_blocks; ++i) set_block(map, first_reserve_block + i, block_state::reserve);
  for (std::uint32_t block = first_data_block; block < initial_blocks; ++block)
    set_block(map, block, block_state::free);
  words.file_end.store(std::uint64_t{initial_blocks} * block_bytes, std::memory_order_relaxed);
  words.edit_tokens.store(1, std::memory_order_relaxed);
  words.block_cursor.store(first_data_block, std::memory_order_relaxed);
  words.cycle.store(cycle_word{1}.bits(), std::memory_order_relaxed);
  words.scan.store(scan_word{1}.bits(), std::memory_order_relaxed);
  version_record& first = map.record(0);
  first.committed_ms = platform::wall_clock_ms();
  first.version.store(1, std::memory_order_relaxed);
  words.head.store(version_ref::make(0, 1).bits, std::memory_order_relaxed);
  words.state.store(static_cast<std::uint32_t>(life::alive), std::memory_order_release);
}

}  // namespace

result<void> session::initialise(const create_options& options) noexcept {
  std::uint64_t seed = options.seed;
  if (!options.has_seed) {
    const result<std::uint64_t> random = platform::random_seed();
    if (!random) return random.why();
    seed = *random;
  }
  const bool membarrier = !options.sequential_fences && platform::register_for_heavy_fence();
  write_identity(map_, options, seed, membarrier ? fence_mode::membarrier : fence_mode::sequential);
  write_control(map_);
  map_.words().last_apart.store(options.apart ? 1 : 0, std::memory_order_relaxed);
  COPPICE_STEP(create_after_header);
  return {};
}

result<void> session::create(const char* path, const create_options& options) noexcept {
  assert(!is_open());
  if (options.limit_bytes < min_limit_bytes || options.limit_bytes > max_arena_bytes) {
    return failure{errc::invalid_argument, 0, "size limit of a new arena", options.limit_bytes, max_arena_bytes};
  }
  create_options rounded = options;
  rounded.limit_bytes -= options.limit_bytes % block_bytes;
  const result<int> file = platform::create_unnamed_file(path, options.file_mode);
  if (!file) return file.why();
  result<platform::region> region = platform::map_file(*file);
  if (!region) return region.why();
  map_ = mapping(*region);
  result<void> done = platform::commit(map_.file(), 0, std::uint64_t{initial_blocks} * block_bytes);
  COPPICE_STEP(create_after_commit);
  if (done) done = initialise(rounded);
  if (done) done = claim_slot();
  if (done && !options.nameless) done = platform::publish_file(map_.file(), path);
  COPPICE_STEP(create_after_name);
  if (!done) close();
  return done;
}

result<void> session::publish_name(const char* path) noexcept { return platform::publish_file(map_.file(), path); }

result<void> session::attach(const open_expectation& expected) noexcept {
  result<void> judged = failure{errc::corrupt, 0, "header", 0, 0};
  std::uint64_t judged_bytes = 0;
  for (;;) {
    const result<platform::file_identity> file = platform::identify(map_.file());
    if (!file) return file.why();
    if (file->size_bytes < std::uint64_t{initial_blocks} * block_bytes) {
      return failure{errc::not_a_store, 0, "the file is shorter than any arena", file->size_bytes,
                     std::uint64_t{initial_blocks} * block_bytes};
    }
    COPPICE_STEP(open_after_map);
    if (const result<void> ok = validate_identity(map_, expected); !ok) return ok;
    // The arena may grow past the length just read: only a verdict on an unchanged length counts.
    if (!judged.ok() && judged_bytes == file->size_bytes) return judged;
    judged_bytes = file->size_bytes;
    judged = validate_control(map_, judged_bytes);
    if (judged.ok()) break;
  }
  if (map_.id().fence == static_cast<std::uint8_t>(fence_mode::membarrier) && !platform::register_for_heavy_fence()) {
    return failure{errc::unsupported, 0, "registering for membarrier(2), which this arena was made with", 0, 0};
  }
  return claim_slot();
}

result<void> session::open(const char* path, const open_expectation& expected) noexcept {
  assert(!is_open());
  for (int attempt = 0; attempt < attempts_against_replacement; ++attempt) {
    const result<int> file = platform::open_file(path);
    if (!file) return file.why();
    result<platform::region> region = platform::map_file(*file);
    if (!region) return region.why();
    map_ = mapping(*region);
    if (const result<void> attached = attach(expected); !attached) {
      close();
      return attached.why();
    }
    // Destroyed, or replaced, while it was being opened: what the path names now is what the caller means.
    const result<platform::file_identity> ours = platform::identify(map_.file());
    const result<platform::file_identity> named = platform::identify(path);
    if (ours && named && *ours == *named) {
      if (!destroyed()) return {};
      // Who destroyed it died before it removed the name, or is about to: either way it goes now.
      if (const result<void> removed = remove_name(path); !removed) {
        close();
        return removed.why();
      }
    }
    close();
    if (!named) return named.why();
  }
  return failure{errc::busy, 0, "opening a file that is replaced again and again", 0, 0};
}

result<void> session::create_in(platform::region region, const create_options& options) noexcept {
  assert(!is_open());
  if (options.limit_bytes < min_limit_bytes || options.limit_bytes > max_arena_bytes) {
    return failure{errc::invalid_argument, 0, "size limit of a new arena", options.limit_bytes, max_arena_bytes};
  }
  create_options rounded = options;
  rounded.limit_bytes -= options.limit_bytes % block_bytes;
  map_ = mapping(region);
  const auto limit_blocks = static_cast<std::uint32_t>(rounded.limit_bytes / block_bytes);
  const std::uint32_t segments = (limit_blocks + segment_blocks - 1) / segment_blocks;
  // The metadata of segments 1 to n lies where segment 1 begins, unless there is but one.
  const std::uint32_t blocks = segments == 1 ? initial_blocks : segment_blocks + segments - 1;
  result<void> done = platform::commit(map_.file(), 0, std::uint64_t{blocks} * block_bytes);
  if (done) done = initialise(rounded);
  if (done) {
    for (std::uint32_t i = 1; i < segments; ++i) {
      map_.directory(i).store(segment_blocks + i - 1, std::memory_order_relaxed);
    }
    for (std::uint32_t i = 1; i < segments; ++i) set_block(map_, segment_blocks + i - 1, block_state::control);
    map_.words().file_end.store(std::uint64_t{blocks} * block_bytes, std::memory_order_relaxed);
    map_.words().segment_count.store(segments, std::memory_order_release);
    done = claim_slot();
  }
  if (!done) map_ = mapping();
  return done;
}

result<void> session::join(platform::region region, const open_expectation& expected) noexcept {
  assert(!is_open());
  map_ = mapping(region);
  result<void> done = validate_identity(map_, expected);
  if (done) done = claim_slot();
  if (!done) map_ = mapping();
  return done;
}

void session::close() noexcept {
  if (!is_open()) return;
  if (self_.incarnation != 0) {
    for_each_pin(self_.slot, [](pin& cell) { cell.store(0, std::memory_order_release); });
    map_.slot(self_.slot).word.store(slot_word{self_.incarnation, false}.bits(), std::memory_order_release);
    COPPICE_STEP(close_after_free);
    platform::unlock_slot(map_.file(), self_.slot);
  }
  platform::unmap(map_.region());
  map_ = mapping();
  self_ = {};
}

void session::abandon() noexcept {
  if (map_.file() >= 0) platform::close_inherited(map_.file());
  map_.region().file = -1;
  self_ = {};
  slot_probe_.reset();
  extending_.reset();
}

void session::mark_destroyed() noexcept {
  map_.words().state.store(static_cast<std::uint32_t>(life::destroyed), std::memory_order_release);
  COPPICE_STEP(destroy_after_mark);
}

result<void> session::remove_name(const char* path) noexcept {
  assert(destroyed());
  // Whoever removes the name of this arena holds this lock of it. Without it, between the look and the removal another
  // could remove the name and a third make a new arena under it, which would then be removed instead.
  std::atomic<std::uint32_t>& lock = map_.words().grow_lock;
  if (const result<void> locked = acquire(*this, lock, removal_timeout_ns); !locked) return locked.why();
  const held_lock guard(*this, lock);
  const result<platform::file_identity> ours = platform::identify(map_.file());
  if (!ours) return ours.why();
  const result<platform::file_identity> named = platform::identify(path);
  if (!named) return named.why().code == errc::not_found ? result<void>() : named.why();
  if (!(*ours == *named)) return {};
  return platform::remove_file(path);
}

}  // namespace coppice::arena
