// Fuzzer of the pack reader. The input is what stands in the sections of a pack; header, checksums and index are put
// around it, so that what is tried is what comes after them. Whatever can be read must be sound, and what is read can
// be written and read again.
//
// Input: u8 types, u16 nodes, u8 roots, how many there are said to be; u16 bytes of the types, u16 bytes of the nodes;
// then types, nodes and, up to the end, roots. The highest bit of the first byte: the rest is a pack as it is.
#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "coppice/detail/pack/packed_input.hpp"
#include "coppice/detail/pack/packed_output.hpp"
#include "coppice/detail/pack/scratch_memory.hpp"
#include "coppice/detail/trie_check.hpp"
#include "coppice/map.hpp"
#include "coppice/pack.hpp"
#include "coppice/set.hpp"
#include "coppice/store.hpp"
#include "coppice/vector.hpp"
#include "program.hpp"

namespace coppice::fuzz {
namespace {

using bytes = std::vector<std::byte>;
using detail::pack_header;
using detail::pack_section;
using detail::pack_section_kind;
using detail::pack_trailer;

[[nodiscard]] std::uint64_t sum_of(std::initializer_list<std::span<const std::byte>> parts) {
  bytes all;
  for (const auto part : parts) all.insert(all.end(), part.begin(), part.end());
  return XXH3_64bits(all.data(), all.size());
}
template <class T>
[[nodiscard]] std::span<const std::byte> raw(const T& of) {
  return std::as_bytes(std::span(&of, 1));
}

/// A pack around the contents of sections.
class sealed_pack {
 public:
  sealed_pack() {
    std::memcpy(header_.magic, detail::pack_magic, sizeof(header_.magic));
    header_.version = detail::pack_version;
    header_.checksum = sum_of({raw(header_).first(56)});
    add(raw(header_));
  }
  void section(pack_section_kind kind, std::uint32_t count, std::span<const std::byte> content) {
    if (count == 0) return;
    put(kind, count, content);
    index_.insert(index_.end(), raw(last_).begin(), raw(last_).begin() + 16);
    index_.insert(index_.end(), raw(last_).begin() + 24, raw(last_).end());
    ++sections_;
  }
  [[nodiscard]] bytes finish() {
    pack_trailer trailer{};
    trailer.index_offset = pack_.size();
    put(pack_section_kind::index, sections_, bytes(index_));
    trailer.file_bytes = pack_.size() + sizeof(trailer);
    trailer.checksum = sum_of({raw(header_), raw(trailer).first(16), raw(last_.checksum)});
    std::memcpy(trailer.magic, detail::pack_end_magic, sizeof(trailer.magic));
    add(raw(trailer));
    return std::move(pack_);
  }

 private:
  void put(pack_section_kind kind, std::uint32_t count, std::span<const std::byte> content) {
    last_ = {};
    last_.kind = kind;
    last_.stored_bytes = last_.raw_bytes = static_cast<std::uint32_t>(content.size());
    last_.count = count;
    last_.checksum = sum_of({raw(last_).first(24), content});
    add(raw(last_));
    add(content);
  }
  void add(std::span<const std::byte> some) { pack_.insert(pack_.end(), some.begin(), some.end()); }

  pack_header header_{};
  pack_section last_{};
  bytes pack_;
  bytes index_;
  std::uint32_t sections_ = 0;
};

constexpr pack_limits limits{
    .max_decompressed_bytes = 1 << 20, .max_rebuilt_elements = 20'000, .max_value_bytes = 1 << 22};

/// NaN is equal to nothing.
template <class Collection>
[[nodiscard]] bool has_nan(const Collection& all) {
  if constexpr (requires { requires std::same_as<typename Collection::mapped_type, double>; }) {
    for (const auto& [key, value] : all) {
      if (std::isnan(value)) return true;
    }
  }
  return false;
}

template <class Collection>
void read_as(pack_reader& reader, std::size_t index) {
  try {
    const auto read = reader.read<Collection>(index);
    if (const char* const broken = read.check(); broken != nullptr) fail(broken);
    require(read.size() == reader.versions()[index].size, "the size is another one");
    if (read.size() > 100'000) return;  // of few nodes
    if (has_nan(read)) return;
    const auto again = deserialize<Collection>(serialize(std::vector<Collection>{read}));
    require(again.size() == 1 && again[0] == read, "what was read is not written as it is");
  } catch (const error&) {
    return;
  }
}

/// Reads versions as stores do.
void read_values(const bytes& pack) {
  const pack_memory_source source(pack);
  const auto opened = detail::pack_input::open(source, limits);
  if (!opened) return;
  using leaf_type = detail::packed_leaf<std::byte*>;
  for (const detail::pack_root& root : (*opened)->roots()) {
    const detail::pack_type& type = (*opened)->type(root.type);
    if (type != detail::packed_pack_type<leaf_type>(type.seed)) continue;
    detail::scratch_memory memory;
    const leaf_type leaf(detail::seeded_hash{type.seed});
    detail::packed_trie_loader<detail::scratch_memory, leaf_type> loader(**opened, root.type, memory, leaf);
    std::byte* const made = loader.load(root.tree);
    if (made == nullptr) continue;
    if (const auto checked = detail::trie_check(memory, leaf, made); !checked) fail(checked.broken);
  }
}

void compact_one(const bytes& pack) {
  try {
    pack_reader reader(pack, limits);
    pack_reader* const all[] = {&reader};
    pack_memory_sink sink;
    compact(all, sink);
    const pack_reader again(sink.bytes(), limits);
    require(again.versions().size() <= reader.versions().size(), "versions out of nothing");
    pack_memory_sink on_it;
    pack_writer writer(on_it, reader);
    writer.add(map<std::uint64_t, std::string>{{1, "one"}});
    writer.finish();
  } catch (const error&) {
    return;
  }
}

/// A store in shared memory that all packs are restored into, removed at exit; and room for new ones.
class workshop {
 public:
  workshop() {
    char name[] = "/dev/shm/coppice-fuzz-XXXXXX";
    require(::mkdtemp(name) != nullptr, "there is no directory to work in");
    directory_ = name;
    options_.limit_bytes = std::uint64_t{8} << 20;
    options_.seed = 1;
    into_.emplace(store::open(directory_ + "/into", options_));
    into_->set("old", "here");
  }
  workshop(const workshop&) = delete;
  workshop& operator=(const workshop&) = delete;
  ~workshop() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  /// Restored, or refused: then everything is as it was.
  void restore(pack_reader& reader, std::size_t index) {
    const std::uint64_t version = into_->version(), size = into_->size();
    try {
      into_->restore(reader, index);
      require(into_->size() == reader.versions()[index].size, "what was restored has another size");
    } catch (const error&) {
      require(into_->version() == version && into_->size() == size, "a pack that is refused has changed the store");
    }
    if (++restored_ % 64 == 0) check(*into_);
    if (restored_ % 1024 != 0) return;
    into_->clear();
    into_->collect();
    into_->set("old", "here");
    into_->collect();
    const check_report report = into_->check();
    require(report.ok() && report.versions == 1 && report.orphaned_bytes == 0, "something is left of versions");
    require(report.live_bytes < 4096, "something is left of what was restored");
  }
  /// A new store, under the seed of the pack: the same, or there is none.
  void create(pack_reader& reader, std::size_t index) const {
    const std::string path = directory_ + "/new";
    store_options options;
    options.limit_bytes = std::uint64_t{8} << 20;
    try {
      store made = store::create_from(reader, index, path, options);
      require(made.size() == reader.versions()[index].size, "a new store has another size");
      check(made);
      std::uint64_t met = 0;
      made.snapshot().for_each([&](const entry& each) { return made.contains(each.key) && ++met != 0; });
      require(met == made.size(), "a new store lacks what is in it");
    } catch (const error&) {
      require(!std::filesystem::exists(path), "a pack that is refused has made a store");
      return;
    }
    store::destroy(path);
  }

 private:
  static void check(const store& checked) {
    const check_report report = checked.check();
    if (!report.ok()) fail(report.broken.c_str());
  }

  std::string directory_;
  store_options options_;
  std::optional<store> into_;
  std::uint64_t restored_ = 0;
};

void restore_all(const bytes& pack) {
  static workshop shop;
  try {
    pack_reader reader(pack, limits);
    for (std::size_t i = 0; i < std::min<std::size_t>(reader.versions().size(), 4); ++i) {
      if (reader.versions()[i].collection != pack_version::kind::map) continue;
      shop.restore(reader, i);
      if (reader.versions()[i].elements.empty()) shop.create(reader, i);
    }
  } catch (const error&) {
    return;
  }
}

void read_all(const bytes& pack) {
  read_values(pack);
  restore_all(pack);
  compact_one(pack);
  try {
    pack_reader reader(pack, limits);
    for (std::size_t i = 0; i < std::min<std::size_t>(reader.versions().size(), 8); ++i) {
      using equal = std::equal_to<>;
      read_as<map<std::uint64_t, std::string, hash<std::uint64_t>, equal, local_heap, 3>>(reader, i);
      read_as<map<std::uint64_t, std::string, hash<std::uint64_t>, equal, local_heap, 4>>(reader, i);
      read_as<map<std::uint64_t, std::uint64_t, hash<std::uint64_t>, equal, local_heap, 3>>(reader, i);
      read_as<map<std::string, double, hash<std::string>, equal, local_heap, 2>>(reader, i);
      read_as<set<std::uint16_t, hash<std::uint16_t>, equal, local_heap, 2>>(reader, i);
      read_as<vector<std::string, local_heap, 2, 2>>(reader, i);
      read_as<vector<std::string, local_heap, 1, 2>>(reader, i);
    }
  } catch (const error&) {
    return;
  }
}

}  // namespace
}  // namespace coppice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coppice::fuzz;
  constexpr std::size_t head = 8;
  if (size < head) return 0;
  const auto u16 = [&](std::size_t at) { return static_cast<std::size_t>(data[at] | data[at + 1] << 8); };
  const std::span<const std::byte> all = std::as_bytes(std::span(data, size));
  if (data[0] >= 0x80) {
    read_all(bytes(all.begin() + 1, all.end()));
    return 0;
  }
  const std::span<const std::byte> content = all.subspan(head);
  const std::size_t types = std::min(u16(4), content.size()), nodes = std::min(u16(6), content.size() - types);
  sealed_pack pack;
  pack.section(pack_section_kind::types, data[0], content.first(types));
  pack.section(pack_section_kind::nodes, static_cast<std::uint32_t>(u16(1)), content.subspan(types, nodes));
  pack.section(pack_section_kind::roots, data[3], content.subspan(types + nodes));
  read_all(pack.finish());
  return 0;
}
