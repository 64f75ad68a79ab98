// Named stores: a map in shared memory that any number of processes open by name, read without copies or locks, and
// write one at a time.
//
//   auto prices = coppice::store::open("prices");
//   prices.set("apple", 120);
//   auto before = prices.snapshot();                     // O(1); never changes
//   prices.transact([](coppice::transaction& t) {        // all or nothing
//     t.set("apple", 130);
//     t.erase("pear");
//   });
//   before.get("apple")->as_int64();                     // 120
//
// Keys are up to 64 KiB, values up to 1 GiB (value.hpp). Every write is visible to all processes when the call returns;
// a process killed at any instruction leaves the version before or the version after, and nothing locked.
//
// Errors: every function that can fail throws `coppice::error`; the version in place stays as it was.
// Thread safety: a store may be used by any number of threads at once; a snapshot may be read by any number of threads;
// a transaction belongs to the function that it was given to.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/error.hpp"
#include "coppice/value.hpp"

namespace coppice {

class pack_reader;
class pack_sink;
class pack_writer;
struct pack_options;

namespace detail {
struct collection_record;
struct stored_place;
class arena_space;
}  // namespace detail

namespace store_detail {
class store_state;
class snapshot_state;
class transaction_state;
class cursor_state;
class diff_state;
}  // namespace store_detail

enum class open_mode : std::uint8_t {
  open_or_create,
  open_existing,  ///< error not_found when there is none
  create_new,     ///< error exists when there is one
};

struct store_options {
  open_mode mode = open_mode::open_or_create;
  /// Most bytes that the store may occupy; fixed at creation. At most 64 GiB, at least 4 MiB.
  std::uint64_t limit_bytes = std::uint64_t{8} << 30;
  /// Permission bits of a new file.
  std::uint32_t file_mode = 0600;
  /// How long a write waits for other writers before it fails with `busy`.
  std::chrono::milliseconds timeout{10'000};
  /// Refuse writes through this handle. The file itself must still be writable: a reader writes its pin there.
  bool read_only = false;
  /// Hash seed of a new store, for tests that need the same shape every time; random when absent.
  std::optional<std::uint64_t> seed;
};

/// A key and its value, both pointing into the snapshot that they came from.
struct entry {
  value_view key;
  value_view value;
};

struct key_value {
  value_view key;
  value_view value;
};

enum class change_kind : std::uint8_t { added, removed, changed };

/// One difference between two snapshots; the values point into them.
struct change {
  change_kind kind;
  value_view key;
  value_view before;  ///< null view when added
  value_view after;   ///< null view when removed
};

struct store_stats {
  std::uint64_t entries = 0;
  std::uint64_t version = 0;
  std::uint64_t limit_bytes = 0;
  std::uint64_t committed_bytes = 0;    ///< what the file occupies, all in
  std::uint64_t live_bytes = 0;         ///< bytes of nodes found reachable by the last finished collection
  std::uint64_t allocated_since = 0;    ///< bytes allocated since that collection began
  std::uint64_t collections = 0;        ///< finished so far
  std::uint64_t writers_recovered = 0;  ///< times a dead process's lock or slot was taken over
  std::uint32_t slots_used = 0;         ///< handles open now, in all processes
  std::uint32_t slots_total = 0;
  std::uint32_t pins = 0;  ///< snapshots held now, in all processes
};

/// What check() found. `broken` is empty when all is well; else it names the first invariant that broke, and where.
struct check_report {
  std::string broken;
  std::uint64_t entries = 0;
  std::uint64_t nodes = 0;
  std::uint64_t versions = 0;        ///< version records in use
  std::uint64_t live_bytes = 0;      ///< reachable from the head, pins and names
  std::uint64_t garbage_bytes = 0;   ///< not reachable, not yet collected (padding included)
  std::uint64_t free_bytes = 0;      ///< ready for allocation
  std::uint64_t owned_bytes = 0;     ///< in blocks that living writers hold
  std::uint64_t orphaned_bytes = 0;  ///< in blocks that dead writers held; the next collection frees them
  std::uint64_t control_bytes = 0;   ///< header, slots, records, block metadata, the reserve
  [[nodiscard]] bool ok() const noexcept { return broken.empty(); }
};

/// The differences between two snapshots as an input range; stops early at no cost. O(changes) within one lineage.
class diff_range {
 public:
  explicit diff_range(std::unique_ptr<store_detail::diff_state> state) noexcept;
  diff_range(diff_range&&) noexcept;
  diff_range& operator=(diff_range&&) noexcept;
  ~diff_range();
  /// The next difference, or nothing at the end. Valid until both snapshots are gone.
  std::optional<change> next();

 private:
  std::unique_ptr<store_detail::diff_state> state_;
};

/// One version, pinned: it never changes and its bytes stay while the snapshot lives. Copying pins again, O(1).
class snapshot {
 public:
  snapshot(const snapshot&);
  snapshot& operator=(const snapshot&);
  snapshot(snapshot&&) noexcept;
  snapshot& operator=(snapshot&&) noexcept;
  ~snapshot();

  /// Zero copy: the view lives as long as this snapshot. O(log n), wait-free.
  [[nodiscard]] std::optional<value_view> get(const value_view& key) const;
  /// The typed collection of a key, by its type: `get<coppice::arena_map<int, int>>("ages")`. O(log n), no copy; it
  /// pins this version for as long as it lives. Include coppice/store_arena.hpp, which tells the errors.
  template <class Collection>
  [[nodiscard]] std::optional<Collection> get(const value_view& key) const;
  [[nodiscard]] bool contains(const value_view& key) const;
  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] std::uint64_t version() const;
  /// Wall clock of the commit that made this version, exact to about ten milliseconds.
  [[nodiscard]] std::chrono::system_clock::time_point committed_at() const;

  class iterator {
   public:
    using value_type = entry;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using reference = const entry&;
    using pointer = const entry*;
    iterator() noexcept;
    iterator(const iterator&);
    iterator& operator=(const iterator&);
    iterator(iterator&&) noexcept;
    iterator& operator=(iterator&&) noexcept;
    ~iterator();
    reference operator*() const noexcept { return *current_; }
    pointer operator->() const noexcept { return current_; }
    iterator& operator++() {
      if (++current_ == chunk_end_) load();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& it, std::default_sentinel_t) noexcept { return it.current_ == nullptr; }

   private:
    friend class snapshot;
    explicit iterator(std::unique_ptr<store_detail::cursor_state> state);
    void load();
    std::unique_ptr<store_detail::cursor_state> state_;
    const entry* current_ = nullptr;  // in a chunk of decoded entries that the state holds; null at the end
    const entry* chunk_end_ = nullptr;
  };
  /// Entries in hash order: the same for equal contents and seed.
  [[nodiscard]] iterator begin() const;
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }
  /// Calls f(const entry&) for each entry; the fastest way to see them all. f returning false ends it.
  void for_each(const std::function<bool(const entry&)>& f) const;

  /// What must change in `older` to get this snapshot. Both must be of the same store.
  [[nodiscard]] diff_range diff(const snapshot& older) const;

 private:
  friend class pack_writer;
  friend class store;
  explicit snapshot(std::unique_ptr<store_detail::snapshot_state> state) noexcept;
  [[nodiscard]] std::optional<detail::stored_place> find_collection(const value_view& key, value_kind kind,
                                                                    const detail::collection_record& expected) const;
  std::unique_ptr<store_detail::snapshot_state> state_;
};

/// Reads and writes of one transaction; it sees its own writes. Only valid inside the function given to transact().
class transaction {
 public:
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

  /// The view is valid until the next write of this transaction.
  [[nodiscard]] std::optional<value_view> get(const value_view& key) const;
  /// The typed collection of a key, to be read and changed until the transaction ends (coppice/store_arena.hpp).
  template <class Collection>
  [[nodiscard]] std::optional<Collection> get(const value_view& key) const;
  [[nodiscard]] bool contains(const value_view& key) const;
  [[nodiscard]] std::uint64_t size() const;
  void set(const value_view& key, const value_view& value);
  /// Stores a version of a typed collection, of this transaction or of a snapshot of this store. O(log n), no copy.
  template <class Collection>
    requires(!std::convertible_to<const Collection&, value_view>)
  void set(const value_view& key, const Collection& collection);
  /// True if there was such a key.
  bool erase(const value_view& key);
  void clear();

 private:
  friend class store;
  [[nodiscard]] std::optional<detail::stored_place> find_collection(const value_view& key, value_kind kind,
                                                                    const detail::collection_record& expected) const;
  void set_collection(const value_view& key, value_kind kind, const detail::collection_record& record,
                      detail::arena_space* space);
  explicit transaction(store_detail::transaction_state& state) noexcept : state_(&state) {}
  store_detail::transaction_state* state_;
};

class store {
 public:
  /// Opens by name (in $COPPICE_DIR, else /dev/shm/coppice-UID) or, when the text contains a '/', by path.
  static store open(std::string_view name_or_path, const store_options& options = {});
  /// Names of all stores in the directory, sorted.
  static std::vector<std::string> list();
  /// Marks the store as destroyed (open handles then answer `closed`) and removes its file.
  static void destroy(std::string_view name_or_path);

  store(store&&) noexcept;
  store& operator=(store&&) noexcept;
  store(const store&) = delete;
  store& operator=(const store&) = delete;
  ~store();

  /// A copy of the newest value. O(log n), lock-free.
  [[nodiscard]] std::optional<value> get(const value_view& key) const;
  /// Calls f(value_view) on the newest value in place, without a copy; false if there is none. The view ends with f.
  bool visit(const value_view& key, const std::function<void(const value_view&)>& f) const;
  [[nodiscard]] bool contains(const value_view& key) const;
  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] std::uint64_t version() const;
  [[nodiscard]] class snapshot snapshot() const;

  /// Sets one key; a version of its own unless the value was equal already.
  void set(const value_view& key, const value_view& value);
  /// True if there was such a key.
  bool erase(const value_view& key);
  /// All in one version, or, if it throws, none; later entries win. The fastest way to write many: they are sorted by
  /// hash (the first million before the writers' lock is taken), and an empty store is built bottom up. Takes about 100
  /// bytes of scratch memory for each entry (160 if a key is a double), of at most a million at once. The entries'
  /// bytes are only read.
  void set_many(std::span<const key_value> entries);
  void clear();
  /// Runs f once with the writers' lock held and publishes all its writes as one version, or, if f throws, none of
  /// them. Synchronous and not re-entrant: f must not write to this store by another way (error busy).
  void transact(const std::function<void(transaction&)>& f);

  /// Writes versions of this store as a pack, what they share once (coppice/pack.hpp): the newest one, or these. Takes
  /// no lock. O(what they do not share). Typed collections that are values go along, if their leaves are of the default
  /// size or their elements are copied as bytes; under another seed than the store's they are refused (error
  /// unsupported), for only a program with their types could hash them.
  void pack(pack_sink& to) const;
  void pack(pack_sink& to, std::span<const class snapshot> versions, const pack_options& options) const;
  /// Makes a version of a pack, a map, the content of this store, in one transaction: all see what was there before, or
  /// all of the version. Where the pack was written by a store of this seed, nodes are taken over as they are; else it
  /// is built anew. Values of C++ types that have no counterpart are refused (error unsupported). Of typed collections
  /// whose elements are copied as bytes these are taken as they are: ask check() of one from a stranger before it is
  /// used. What cannot be restored changes nothing. Other writers wait meanwhile.
  void restore(pack_reader& from, std::size_t version);
  /// The same for all versions of a pack, one after the other, the last one of which stays: each is seen as a whole,
  /// and nobody writes in between. What they share they share here too. Returns them. If one cannot be restored, those
  /// before it have been, and the last of these stays.
  std::vector<class snapshot> restore_all(pack_reader& from);
  /// A new store with the content of a version, which nobody sees before it is whole; if it cannot be made, or the
  /// process is killed, there is none, and nothing of it is left. It gets the seed of the pack, if that is of a store,
  /// and so the very nodes of it; to a pack by others, who might choose keys that collide, give `options.seed`. Error
  /// exists, when there is a store of this name. `options.mode` counts for nothing.
  static store create_from(pack_reader& from, std::size_t version, std::string_view name_or_path,
                           const store_options& options = {});

  /// Runs a whole collection now and gives memory back to the system; returns the bytes that it found free, given back
  /// or not. Where what is left lies scattered over mostly free blocks, and older versions hold little besides, the
  /// newest version is first moved together, as far as there is room: in up to 256 transactions that change no entry
  /// but raise the version; a diff() against an older snapshot then looks at everything once. Waits for a transaction
  /// that is going on to end, at most store_options::timeout (error busy, and at once inside transact() of this
  /// handle). O(nodes).
  std::uint64_t collect();
  [[nodiscard]] store_stats stats() const;
  /// Walks everything and verifies every invariant. Holds the writers' lock while it runs.
  [[nodiscard]] check_report check() const;

  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] const std::string& path() const noexcept;
  /// Ends this handle; snapshots taken through it stay readable. Later calls fail with `closed`.
  void close();

 private:
  explicit store(std::shared_ptr<store_detail::store_state> state) noexcept;
  std::shared_ptr<store_detail::store_state> state_;
};

}  // namespace coppice
