// LMDB behind the interface that the store suite measures; store_side.hpp is its counterpart.
//
// Set up for speed as its documentation advises: NOSYNC, NOMETASYNC and WRITEMAP on tmpfs, zero-copy reads, one read
// transaction for many gets, and reset/renew of that transaction where every get must see the newest version.
//
// Thread safety: one thread. LMDB forbids two environments of one file in one process, and using one across fork(2):
// close it first.
#pragma once

#include <lmdb.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "workload.hpp"

namespace coppice::bench {

inline void require_lmdb(int code, const char* what) {
  if (code != MDB_SUCCESS) throw std::runtime_error(std::string("lmdb ") + what + ": " + mdb_strerror(code));
}

class lmdb_side {
 public:
  static constexpr const char* name = "lmdb";

  /// Opens or creates. `reader_slots` above 0 allows that many read transactions at once in this thread.
  explicit lmdb_side(const std::filesystem::path& file, unsigned reader_slots = 0) {
    require_lmdb(mdb_env_create(&env_), "env_create");
    unsigned flags = MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOMETASYNC | MDB_WRITEMAP;
    try {
      require_lmdb(mdb_env_set_mapsize(env_, std::size_t{64} << 30U), "set_mapsize");  // sparse
      if (reader_slots > 0) {
        require_lmdb(mdb_env_set_maxreaders(env_, reader_slots), "set_maxreaders");
        flags |= MDB_NOTLS;
      }
      require_lmdb(mdb_env_open(env_, file.c_str(), flags, 0600), "env_open");
      MDB_txn* txn = begin(MDB_RDONLY);
      const int code = mdb_dbi_open(txn, nullptr, 0, &table_);
      mdb_txn_abort(txn);
      require_lmdb(code, "dbi_open");
    } catch (...) {
      mdb_env_close(env_);
      throw;
    }
  }
  lmdb_side(const lmdb_side&) = delete;
  lmdb_side& operator=(const lmdb_side&) = delete;
  ~lmdb_side() { mdb_env_close(env_); }

  static void destroy(const std::filesystem::path& file) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    std::filesystem::remove(file.string() + "-lock", ignored);
  }

  /// One put in a transaction of its own.
  void put(std::string_view key, bytes_view value) {
    MDB_txn* txn = begin(0);
    put_in(txn, key, value);
    require_lmdb(mdb_txn_commit(txn), "txn_commit");
  }

  /// Calls fill(put) with put(key, value) inside one transaction.
  template <class Fill>
  void transact(Fill&& fill) {
    MDB_txn* txn = begin(0);
    fill([&](std::string_view key, bytes_view value) { put_in(txn, key, value); });
    require_lmdb(mdb_txn_commit(txn), "txn_commit");
  }

  /// Calls body(get) where get(key, use) calls use(bytes) on the value in one snapshot, or returns false.
  template <class Body>
  void in_snapshot(Body&& body) const {
    MDB_txn* txn = begin(MDB_RDONLY);
    body([&](std::string_view key, auto&& use) { return get_in(txn, key, use); });
    mdb_txn_abort(txn);
  }

  /// As in_snapshot, but every get sees the newest version.
  template <class Body>
  void in_latest(Body&& body) const {
    MDB_txn* txn = begin(MDB_RDONLY);
    mdb_txn_reset(txn);
    body([&](std::string_view key, auto&& use) {
      require_lmdb(mdb_txn_renew(txn), "txn_renew");
      const bool found = get_in(txn, key, use);
      mdb_txn_reset(txn);
      return found;
    });
    mdb_txn_abort(txn);
  }

  /// Calls use(bytes) on the value of every entry.
  template <class Use>
  void iterate(Use&& use) const {
    MDB_txn* txn = begin(MDB_RDONLY);
    MDB_cursor* cursor = nullptr;
    require_lmdb(mdb_cursor_open(txn, table_, &cursor), "cursor_open");
    MDB_val key{};
    MDB_val value{};
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == MDB_SUCCESS) use(view(value));
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
  }

  [[nodiscard]] std::uint64_t size() const { return statistics().ms_entries; }

  /// Bytes of the pages that the tree occupies now.
  [[nodiscard]] std::uint64_t tree_bytes() const {
    const MDB_stat stat = statistics();
    return (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) * stat.ms_psize;
  }
  /// Bytes of all pages up to the last one ever used.
  [[nodiscard]] std::uint64_t file_bytes() const {
    MDB_envinfo info{};
    require_lmdb(mdb_env_info(env_, &info), "env_info");
    return (info.me_last_pgno + 1) * statistics().ms_psize;
  }

  /// A read transaction that keeps its version until it is closed by end_read(). Needs reader_slots.
  [[nodiscard]] MDB_txn* begin_read() const { return begin(MDB_RDONLY); }
  static void end_read(MDB_txn* txn) { mdb_txn_abort(txn); }

 private:
  [[nodiscard]] MDB_txn* begin(unsigned flags) const {
    MDB_txn* txn = nullptr;
    require_lmdb(mdb_txn_begin(env_, nullptr, flags, &txn), "txn_begin");
    return txn;
  }
  void put_in(MDB_txn* txn, std::string_view key, bytes_view value) const {
    MDB_val key_cell = cell(key.data(), key.size());
    MDB_val value_cell = cell(value.data(), value.size());
    require_lmdb(mdb_put(txn, table_, &key_cell, &value_cell, 0), "put");
  }
  template <class Use>
  bool get_in(MDB_txn* txn, std::string_view key, Use&& use) const {
    MDB_val key_cell = cell(key.data(), key.size());
    MDB_val value{};
    if (mdb_get(txn, table_, &key_cell, &value) != MDB_SUCCESS) return false;
    use(view(value));
    return true;
  }
  [[nodiscard]] MDB_stat statistics() const {
    MDB_stat stat{};
    require_lmdb(mdb_env_stat(env_, &stat), "env_stat");
    return stat;
  }
  static MDB_val cell(const void* data, std::size_t size) noexcept {
    return {size, const_cast<void*>(data)};  // LMDB's struct serves input and output; puts only read it
  }
  static bytes_view view(const MDB_val& value) noexcept {
    return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
  }

  MDB_env* env_ = nullptr;
  MDB_dbi table_ = 0;
};

}  // namespace coppice::bench
