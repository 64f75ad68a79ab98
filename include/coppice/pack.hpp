// Packs: many versions of collections in one file or string of bytes, what they share once (docs/formats/pack.md).
//
//     std::vector<coppice::map<int, int>> versions = ...;
//     std::vector<std::byte> bytes = coppice::serialize(versions);
//     auto again = coppice::deserialize<coppice::map<int, int>>(bytes);      // they share again
//
//     coppice::pack_file_sink file("ages.pack");
//     coppice::pack_writer writer(file, {.compression = coppice::pack_compression::zstd});
//     writer.add("before", ages);                                            // collections of any types in one pack
//     writer.add("after", ages.set("ada", 37));
//     writer.finish();                                                       // before that there is no such file
//
//     coppice::pack_file_source source("ages.pack");
//     coppice::pack_reader reader(source);
//     for (const auto& version : reader.versions()) std::puts(version.name.c_str());
//     auto before = reader.read<coppice::map<std::string, int>>("before");   // reads its nodes only
//
// Elements go by their codec (coppice/codec.hpp); a collection of another shape, hash or memory than the program's is
// built anew, the first version in bulk and others by what differs, so that they share all the same.
//
// Seeds. A pack holds the seed of the hashes of what is in it. Whoever knows it can choose keys that collide, in this
// process too if the collections have its seed. A pack for others is written with `seed = pack_seed::fresh`, for which
// every version is built anew; and packs by others are read with `pack_limits::own_seeds`.
//
// Incremental packs. A writer on a base, a pack that is there already, writes only what the base lacks; and what it
// writes may be a base in turn. Each names the base that it is read with by the digest of its bytes. compact() makes
// one pack of such a chain.
//
//     coppice::pack_reader monday(monday_source);
//     coppice::pack_writer tuesday(sink, monday);
//     tuesday.add(store.snapshot());
//     tuesday.finish();
//     coppice::pack_reader reader(tuesday_source, monday);
//
// Errors: coppice::error. Of a pack: corrupt, with the offset and what is wrong there; version_mismatch; unsupported,
// where it exceeds a limit (pack_limits); not_found for a version that is not in it; invalid_argument where its
// elements are of another type. What sinks, sources and codecs throw passes through. Nothing is left behind.
//
// Thread safety: a writer or reader belongs to one thread; versions are what they always are.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/detail/pack/input.hpp"
#include "coppice/detail/pack/output.hpp"
#include "coppice/detail/pack/typed_pack.hpp"
#include "coppice/error.hpp"
#include "coppice/value.hpp"

namespace coppice {

class snapshot;
class store;

namespace detail {
struct reader_access;
}  // namespace detail

using detail::pack_compression;
using detail::pack_digest;

/// Under which seed collections are written.
enum class pack_seed : std::uint8_t {
  own,    ///< that of the collection: the fastest, for oneself
  fresh,  ///< a random one of the pack
};

struct pack_options {
  pack_compression compression = pack_compression::none;
  int level = 3;  ///< of zstd: 1, fast, to 19, small
  pack_seed seed = pack_seed::own;
  /// The seed of collections in the pack, for tests that need the same bytes every time.
  std::optional<std::uint64_t> fixed_seed = {};
};

/// What a pack says of a version in it.
struct pack_version {
  enum class kind : std::uint8_t { map = 1, set = 2, vector = 3 };
  std::string name;  ///< may be empty
  kind collection = kind::map;
  std::uint64_t size = 0;
  /// Schema of the C++ types; empty: values (coppice/value.hpp); "?": the base tells, which is not there.
  std::string elements;
  std::uint64_t store_version = 0;                       ///< of versions of stores, else 0
  std::chrono::system_clock::time_point committed_at{};  ///< likewise
};

/// What is in a pack. Bytes are of records as they stand in sections, decompressed; those of bases count for
/// themselves.
struct pack_statistics {
  enum class record : std::uint8_t { branch, leaf, value, collection };
  struct node {
    std::uint64_t number = 0;
    record kind = record::branch;
    std::uint64_t bytes = 0;
    std::uint64_t entries = 0;  ///< of leaves
    std::string version;        ///< the name, or else the place, of a version that has it
  };
  struct sum {
    std::uint64_t nodes = 0;
    std::uint64_t bytes = 0;
  };
  std::uint64_t file_bytes = 0;
  std::uint64_t sections = 0;
  std::uint64_t raw_bytes = 0;  ///< of all sections, decompressed
  sum branches;
  sum leaves;
  sum values;  ///< keys and values that are records of their own, or pieces of one
  sum collections;
  sum base;                   ///< nodes of the bases, whose bytes are not counted
  sum versions;               ///< nodes and bytes that the versions would take each alone, all together
  std::vector<node> largest;  ///< of this pack, the largest first
  /// How many times over the nodes here are used: 1 if the versions share nothing.
  [[nodiscard]] double sharing() const noexcept {
    const std::uint64_t own = branches.bytes + leaves.bytes + values.bytes + collections.bytes;
    return own == 0 ? 1.0 : static_cast<double>(versions.bytes) / static_cast<double>(own);
  }
};

/// Keeps what is written in memory.
class pack_memory_sink final : public pack_sink {
 public:
  [[nodiscard]] result<void> append(std::span<const std::byte> bytes) override;
  [[nodiscard]] result<void> finish() override;
  /// The pack, once it is finished; before, nothing.
  [[nodiscard]] const std::vector<std::byte>& bytes() const& noexcept { return bytes_; }
  [[nodiscard]] std::vector<std::byte> bytes() && noexcept { return std::move(bytes_); }

 private:
  std::vector<std::vector<std::byte>> pieces_;  // growing one vector would copy, and touch new memory, several times
  std::vector<std::byte> bytes_;
};

/// Writes a file. It gets its name, in the place of one that has it, when the pack is finished and on disk; before, and
/// if there is an error or a kill, what was there is there, and nothing is to be seen of the new one. But a kill in the
/// moment in which it takes the place of another may leave it beside that, whole, under its name and ".coppice-new",
/// until the next pack of this name is written. What goes wrong later throws error, with the path.
class pack_file_sink final : public pack_sink {
 public:
  /// `mode`: permission bits. Errors: not_found, permission, invalid_argument (the path is that of something else than
  /// a file), unsupported (a file system without O_TMPFILE), system.
  explicit pack_file_sink(std::string path, std::uint32_t mode = 0600);
  ~pack_file_sink() override;
  [[nodiscard]] result<void> append(std::span<const std::byte> bytes) override;
  [[nodiscard]] result<void> finish() override;

 private:
  std::string path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

/// Reads a file, as much of it as is asked for. The file may be removed or replaced meanwhile; if it is cut short,
/// reading fails (error corrupt). Errors of its reader name the path.
class pack_file_source final : public pack_source {
 public:
  /// Errors: not_found, permission, not_a_store (not a regular file), system.
  explicit pack_file_source(const std::string& path);
  ~pack_file_source() override;
  [[nodiscard]] std::uint64_t size_bytes() const noexcept override { return size_; }
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] result<std::span<const std::byte>> read(std::uint64_t offset, std::size_t size,
                                                        std::vector<std::byte>& into) const override;

 private:
  std::string path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

/// Reads bytes in memory, which must stay where they are.
class pack_memory_source final : public pack_source {
 public:
  explicit pack_memory_source(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size_bytes() const noexcept override { return bytes_.size(); }
  [[nodiscard]] result<std::span<const std::byte>> read(std::uint64_t offset, std::size_t size,
                                                        std::vector<std::byte>& into) const override;

 private:
  std::span<const std::byte> bytes_;
};

/// Writes versions, one after the other. Keeps those that it was given until it is destroyed.
class pack_writer {
 public:
  /// The sink must live as long as the writer.
  explicit pack_writer(pack_sink& sink, const pack_options& options = {});
  /// Writes only what the base lacks, which must live as long as the writer. Collections of types that the base has are
  /// written under its seeds. Reads all of the base, and hashes it: O(base).
  pack_writer(pack_sink& sink, class pack_reader& base, const pack_options& options = {});
  pack_writer(const pack_writer&) = delete;
  pack_writer& operator=(const pack_writer&) = delete;
  ~pack_writer();

  /// Writes a version under a name, which no other has. O(what no version before has); on a fresh seed O(n) for the
  /// first version of a kind.
  template <class Collection>
  void add(std::string_view name, const Collection& version) {
    begin_version(name);
    auto& writing = part<detail::typed_pack_writing<Collection>>();
    using traits = detail::typed_pack<Collection>;
    detail::pack_root root = writing.write(*output_, version, seed_for(traits::type(traits::seed_of(version))));
    root.name = name;
    end_version(root);
  }
  /// The same without a name.
  template <class Collection>
  void add(const Collection& version) {
    add(std::string_view(), version);
  }
  /// A version of a store.
  void add(std::string_view name, const class snapshot& version);
  void add(const class snapshot& version) { add(std::string_view(), version); }
  /// Ends the pack. To be called once, and last.
  void finish();

  /// Nodes written.
  [[nodiscard]] std::uint64_t nodes() const noexcept;

 private:
  /// Under which seed collections of a type are written that have this one.
  [[nodiscard]] std::uint64_t seed_for(detail::pack_type type) const;
  void begin_version(std::string_view name);
  void end_version(const detail::pack_root& root);

  template <class Part>
  [[nodiscard]] Part& part() {
    return parts_.template get<Part>();
  }

  detail::typed_parts parts_;
  std::unique_ptr<detail::pack_output> output_;
  std::optional<std::uint64_t> seed_;  // of all collections
  detail::pack_input* base_ = nullptr;
  bool usable_ = true;
};

/// Reads versions. What it has read of one it shares with the next.
class pack_reader {
 public:
  /// The source must live as long as the reader. Reads header and index.
  explicit pack_reader(const pack_source& source, const pack_limits& limits = {});
  /// A pack that was made on another one; both must live as long as the reader. Error corrupt if it was another one.
  /// Without its base only versions() can be had of it.
  pack_reader(const pack_source& source, pack_reader& base, const pack_limits& limits = {});
  /// The bytes must stay where they are.
  explicit pack_reader(std::span<const std::byte> bytes, const pack_limits& limits = {});
  /// Bytes that are gone when the reader is made.
  explicit pack_reader(std::vector<std::byte>&& bytes, const pack_limits& limits = {}) = delete;
  pack_reader(const pack_reader&) = delete;
  pack_reader& operator=(const pack_reader&) = delete;
  ~pack_reader();

  [[nodiscard]] const std::vector<pack_version>& versions() const noexcept { return versions_; }

  /// The digest of all bytes of the pack, which names it as a base. Reads all of it, the first time.
  [[nodiscard]] pack_digest digest();
  /// The base that the pack is made on, if it is made on one.
  [[nodiscard]] std::optional<pack_digest> base() const;

  /// Reads all of the pack, and tells what is in it; `largest`: how many of the largest nodes. O(pack), without
  /// elements.
  [[nodiscard]] pack_statistics statistics(std::size_t largest = 10);
  /// Reads all of the pack and its bases and checks everything that can be checked without the C++ types of elements:
  /// checksums, records, shapes, sizes, values, and the hashes of stores. Throws error corrupt. O(pack).
  void verify();

  /// A version by its place in versions(). O(what no version read before has).
  template <class Collection>
  [[nodiscard]] Collection read(std::size_t index) {
    const detail::pack_root& root = root_at(index);
    auto& reading = parts_.template get<detail::typed_pack_reading<Collection>>();
    result<Collection> made = reading.read(*input_, root);
    if (!made) raise(made.why(), index);
    return *std::move(made);
  }
  /// A version by its name.
  template <class Collection>
  [[nodiscard]] Collection read(std::string_view name) {
    return read<Collection>(index_of(name));
  }
  /// All versions, which must be collections of one type.
  template <class Collection>
  [[nodiscard]] std::vector<Collection> read_all() {
    std::vector<Collection> all;
    all.reserve(versions_.size());
    for (std::size_t i = 0; i < versions_.size(); ++i) all.push_back(read<Collection>(i));
    return all;
  }

 private:
  friend class pack_writer;
  friend class store;
  friend struct detail::reader_access;
  void open(const pack_limits& limits, pack_reader* base);
  [[nodiscard]] std::size_t index_of(std::string_view name) const;
  [[nodiscard]] const detail::pack_root& root_at(std::size_t index) const;
  [[noreturn]] void raise(const failure& why, std::size_t index) const;
  [[noreturn]] void raise_lacks_base() const;

  std::unique_ptr<pack_source> owned_source_;
  const pack_source* source_;
  std::unique_ptr<detail::pack_input> input_;
  std::vector<pack_version> versions_;
  detail::typed_parts parts_;
  std::optional<pack_digest> digest_;
};

/// A difference of two versions in packs. Elements of C++ types are given as the values that they have as counterparts
/// (docs/formats/pack.md, section 9), or else as the bytes of their codec. Views are valid until the function returns.
struct pack_change {
  diff_kind kind = diff_kind::added;
  value_view key;     ///< of vectors the position
  value_view before;  ///< null when added, and of sets
  value_view after;   ///< null when removed, and of sets
};

/// Calls f(change) for what must change in a version to get another one, of the same kind of collection, until it
/// returns false. Within a pack, and a chain of them, records that both have are passed over: O(changes) in one
/// lineage. Versions of packs that have nothing to do with each other are first written into one, in memory: O(bytes of
/// both), and if their types differ all their entries are compared. Of vectors positions are compared.
void diff(pack_reader& older_pack, std::size_t older, pack_reader& newer_pack, std::size_t newer,
          const std::function<bool(const pack_change&)>& f);

/// One pack of all versions of some, what they share once: of a chain, the base first, or of packs that have nothing to
/// do with each other. Of versions with one name the last one stays. Takes nodes over as they are, whatever their
/// types; `options.seed` counts for nothing. What is in a pack and belongs to no version is left out. O(bytes of the
/// packs).
void compact(std::span<pack_reader* const> packs, pack_sink& to, const pack_options& options = {});

/// Versions of one type as a pack.
template <class Collection>
[[nodiscard]] std::vector<std::byte> serialize(std::span<const Collection> versions, const pack_options& options = {}) {
  pack_memory_sink sink;
  pack_writer writer(sink, options);
  for (const Collection& version : versions) writer.add(version);
  writer.finish();
  return std::move(sink).bytes();
}
template <class Collection>
[[nodiscard]] std::vector<std::byte> serialize(const std::vector<Collection>& versions,
                                               const pack_options& options = {}) {
  return serialize(std::span<const Collection>(versions), options);
}

/// The versions in a pack of one type.
template <class Collection>
[[nodiscard]] std::vector<Collection> deserialize(std::span<const std::byte> bytes, const pack_limits& limits = {}) {
  return pack_reader(bytes, limits).read_all<Collection>();
}

}  // namespace coppice
