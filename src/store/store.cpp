// The public store: names, reads and writes. Snapshots are in snapshot.cpp, the check in check.cpp.
#include "coppice/store.hpp"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

#include "coppice/detail/trie_build.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "src/platform/port.hpp"
#include "src/store/batch.hpp"
#include "src/store/compaction.hpp"
#include "src/store/paths.hpp"
#include "src/store/snapshot.hpp"
#include "src/store/space.hpp"
#include "src/store/state.hpp"
#include "src/store/work.hpp"

namespace coppice {

using store_detail::raise;

namespace store_detail {

namespace {

void require_sizes(const open_arena& arena, const value_view& key, const value_view& value) {
  const std::size_t key_bytes = key.raw().size();
  if (key_bytes > limits::max_key_bytes) {
    raise({errc::key_too_long, 0, "", key_bytes, limits::max_key_bytes}, arena.name());
  }
  if (is_collection(value.kind())) {
    raise(errc::invalid_argument, arena.name(),
          "a collection is no value to be copied; store it by transaction::set(key, collection)");
  }
  const std::size_t value_bytes = value.raw().size();
  if (value_bytes > limits::max_value_bytes) {
    raise({errc::value_too_large, 0, "", value_bytes, limits::max_value_bytes}, arena.name());
  }
}

}  // namespace

void transaction_state::set(const value_view& key, const value_view& value) {
  arena_.require_open();
  const value_view stored = key.as_key();
  require_sizes(arena_, stored, value);
  scope_.nodes().allow_reserve(false);
  adopt(detail::trie_set(scope_.nodes(), arena_.leaf(), root_, packed_of(stored), packed_of(value)));
}

void transaction_state::set_collection(const value_view& key, value_kind kind,
                                       const detail::collection_record& record) {
  arena_.require_open();
  const value_view stored = key.as_key();
  require_sizes(arena_, stored, value_view());
  arena::allocator& nodes = scope_.nodes();
  nodes.allow_reserve(false);
  const detail::packed_value content{reinterpret_cast<const std::byte*>(&record), sizeof(record), kind};
  const ref made = detail::make_blob(nodes, content);
  if (made == 0) scope_.raise_trouble();
  arena_.session().map().at(made)[0] = static_cast<std::byte>(detail::node_kind::collection);
  leaf_policy::item item = arena_.leaf().make_item(packed_of(stored), content);
  item.value_blob = made;
  const auto edited = detail::trie_set(nodes, arena_.leaf(), root_, item);
  if (edited.change == detail::trie_change::none) nodes.release(made);
  adopt(edited);
}

void transaction_state::set_many(batch& sorted) {
  arena_.require_open();
  scope_.nodes().allow_reserve(false);
  for (; !sorted.items().empty(); sorted.sort_next()) {
    const std::span<const batch_item> items = sorted.items();
    if (root_ == 0) {
      const auto built =
          detail::trie_build(scope_.nodes(), arena_.leaf(), items.data(), static_cast<std::uint32_t>(items.size()));
      if (!built.ok) scope_.raise_trouble();
      root_ = built.root;
    } else {
      for (const batch_item& item : items) adopt(detail::trie_set(scope_.nodes(), arena_.leaf(), root_, item));
    }
  }
}

bool transaction_state::erase(const value_view& key) {
  arena_.require_open();
  const value_view wanted = key.as_key();
  scope_.nodes().allow_reserve(true);
  const auto edited = detail::trie_erase(scope_.nodes(), arena_.leaf(), root_, packed_of(wanted));
  scope_.nodes().allow_reserve(false);  // what typed collections allocate is not for erasing
  adopt(edited);
  return edited.change == detail::trie_change::erased;
}

}  // namespace store_detail

// ------------------------------------------------------------------------------------------------ transaction

std::optional<value_view> transaction::get(const value_view& key) const {
  return store_detail::find(state_->arena(), state_->root(), key);
}
bool transaction::contains(const value_view& key) const { return get(key).has_value(); }
std::uint64_t transaction::size() const { return detail::trie_size(state_->arena().view(), state_->root()); }
void transaction::set(const value_view& key, const value_view& value) { state_->set(key, value); }

std::optional<detail::stored_place> transaction::find_collection(const value_view& key, value_kind kind,
                                                                 const detail::collection_record& expected) const {
  state_->arena().require_open();
  const auto record = store_detail::find_record(state_->arena(), state_->root(), key, kind, expected);
  if (!record) return std::nullopt;
  state_->space().retain();
  return detail::stored_place{&state_->space(), *record};
}

void transaction::set_collection(const value_view& key, value_kind kind, const detail::collection_record& record,
                                 detail::arena_space* space) {
  if (space != nullptr) {
    if (space->ended()) space->raise_ended();
    if (space->base() != state_->space().base()) detail::raise_other_store();
    state_->space().borrow(*space);
  }
  state_->set_collection(key, kind, record);
}

bool transaction::erase(const value_view& key) { return state_->erase(key); }
void transaction::clear() { state_->clear(); }

// ------------------------------------------------------------------------------------------------ naming

store store::open(std::string_view name_or_path, const store_options& options) {
  const store_detail::location where = store_detail::locate(name_or_path, options.mode != open_mode::open_existing);
  return store(std::make_shared<store_detail::store_state>(where, options));
}

std::vector<std::string> store::list() { return store_detail::names_in_directory(); }

void store::destroy(std::string_view name_or_path) {
  const store_detail::location where = store_detail::locate(name_or_path, false);
  try {
    store_options options;
    options.mode = open_mode::open_existing;
    store_detail::open_arena arena(where.name, where.path, options);
    arena.session().mark_destroyed();
    store_detail::value_or_raise(arena.session().remove_name(where.path.c_str()), where.name);
    return;
  } catch (const error& why) {
    // What cannot be opened has no handles to be told; its file goes all the same, if it is a store of ours.
    if (why.code() != errc::corrupt && why.code() != errc::version_mismatch) throw;
  }
  const result<void> removed = platform::remove_file(where.path.c_str());
  if (!removed && removed.why().code != errc::not_found) raise(removed.why(), where.name);
}

store::store(std::shared_ptr<store_detail::store_state> state) noexcept : state_(std::move(state)) {}
store::store(store&&) noexcept = default;
store& store::operator=(store&&) noexcept = default;
store::~store() = default;

const std::string& store::name() const noexcept { return state_->name(); }
const std::string& store::path() const noexcept { return state_->path(); }
void store::close() { state_->close(); }

// ------------------------------------------------------------------------------------------------ reading

std::optional<value> store::get(const value_view& key) const {
  store_detail::open_arena& arena = state_->arena();
  const store_detail::reading newest(arena);
  const std::optional<value_view> found = store_detail::find(arena, newest.root(), key);
  if (!found) return std::nullopt;
  return value(*found);
}

bool store::visit(const value_view& key, const std::function<void(const value_view&)>& f) const {
  store_detail::open_arena& arena = state_->arena();
  const store_detail::reading newest(arena);
  const std::optional<value_view> found = store_detail::find(arena, newest.root(), key);
  if (found) f(*found);
  return found.has_value();
}

bool store::contains(const value_view& key) const {
  store_detail::open_arena& arena = state_->arena();
  const store_detail::reading newest(arena);
  return store_detail::find(arena, newest.root(), key).has_value();
}

std::uint64_t store::size() const {
  store_detail::open_arena& arena = state_->arena();
  const store_detail::reading newest(arena);
  return detail::trie_size(arena.view(), newest.root());
}

std::uint64_t store::version() const {
  store_detail::open_arena& arena = state_->arena();
  const store_detail::reading newest(arena);
  return arena.session().map().record(newest.version().index()).version.load(std::memory_order_relaxed);
}

snapshot store::snapshot() const {
  return coppice::snapshot(std::make_unique<store_detail::snapshot_state>(state_->shared()));
}

// ------------------------------------------------------------------------------------------------ writing

void store::set(const value_view& key, const value_view& value) {
  store_detail::open_arena& arena = state_->arena();
  store_detail::writing scope(arena, false);
  store_detail::transaction_state work(arena, scope);
  work.set(key, value);
  scope.commit(work.root());
}

bool store::erase(const value_view& key) {
  store_detail::open_arena& arena = state_->arena();
  store_detail::writing scope(arena, false);
  store_detail::transaction_state work(arena, scope);
  const bool erased = work.erase(key);
  scope.commit(work.root());
  return erased;
}

void store::set_many(std::span<const key_value> entries) {
  store_detail::open_arena& arena = state_->arena();
  arena.require_writable();
  for (const key_value& entry : entries) store_detail::require_sizes(arena, entry.key, entry.value);
  store_detail::batch sorted(arena.leaf(), entries);  // before the lock: others may write meanwhile
  store_detail::writing scope(arena, true);
  store_detail::transaction_state work(arena, scope);
  work.set_many(sorted);
  scope.commit(work.root());
}

void store::clear() {
  store_detail::open_arena& arena = state_->arena();
  store_detail::writing scope(arena, false);
  scope.commit(0);
}

void store::transact(const std::function<void(transaction&)>& f) {
  store_detail::open_arena& arena = state_->arena();
  store_detail::writing scope(arena, true);
  store_detail::transaction_state work(arena, scope);
  const store_detail::typed_scope typed(arena);
  work.use(&typed.space());
  {
    const store_detail::transaction_owner owner(arena.transaction_thread());
    transaction handle(work);
    f(handle);
  }
  // Whoever publishes has the writers' lock no more, and the next transaction may have begun.
  typed.space().end();
  scope.commit(work.root());
}

// ------------------------------------------------------------------------------------------------ care

std::uint64_t store::collect() {
  store_detail::open_arena& arena = state_->arena();
  if (arena.read_only()) raise({errc::read_only, 0, "", 0, 0}, arena.name());
  if (arena.transaction_thread().load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    raise(errc::busy, arena.name(), "a transaction of this thread is open; collect after transact() has returned");
  }
  constexpr std::uint32_t kept_free_blocks = 16;
  const auto collect_now = [&arena] {
    return store_detail::value_or_raise(arena.collector().collect(arena.timeout_ns(), kept_free_blocks), arena.name());
  };
  const std::uint64_t freed = collect_now();
  return store_detail::compact(arena) ? collect_now() : freed;
}

check_report store::check() const { return store_detail::check_arena(state_->arena()); }

store_stats store::stats() const {
  store_detail::open_arena& arena = state_->arena();
  const arena::mapping& map = arena.session().map();
  const arena::control_words& words = map.words();
  store_stats stats;
  {
    const store_detail::reading newest(arena);
    stats.entries = detail::trie_size(arena.view(), newest.root());
    stats.version = map.record(newest.version().index()).version.load(std::memory_order_relaxed);
  }
  stats.limit_bytes = map.id().limit_bytes;
  const result<platform::file_identity> file = platform::identify(map.file());
  stats.committed_bytes = file ? file->allocated_bytes : 0;
  stats.live_bytes = words.live_bytes.load(std::memory_order_relaxed);
  stats.allocated_since =
      words.allocated_bytes.load(std::memory_order_relaxed) - words.allocated_at_cycle.load(std::memory_order_relaxed);
  stats.collections = words.collections.load(std::memory_order_relaxed);
  stats.writers_recovered = words.recoveries.load(std::memory_order_relaxed);
  stats.slots_total = arena::max_slots;
  const std::uint32_t slots = words.slot_high.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < slots; ++i) {
    if (!arena::slot_word::from(map.slot(i).word.load(std::memory_order_acquire)).live) continue;
    ++stats.slots_used;
    arena.session().for_each_pin(i, [&stats](const arena::pin& cell) {
      if (cell.load(std::memory_order_relaxed) > arena::pin_claimed) ++stats.pins;
    });
  }
  return stats;
}

}  // namespace coppice
