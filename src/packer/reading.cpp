// The functions of the module that read a pack: open, then each version that is wanted, as what makes it of the version
// of its type that was read before.
//
// Everything is checked before JavaScript hears of it but for how many entries there are: whether a key stands twice it
// knows by the size of what it has made.
//
// Thread safety: one thread.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "coppice/detail/pack/input.hpp"
#include "coppice/detail/pack/walk.hpp"
#include "src/packer/absent.hpp"
#include "src/packer/area.hpp"
#include "src/packer/host.hpp"
#include "src/packer/part_reader.hpp"
#include "src/packer/plan.hpp"
#include "src/worker/run.hpp"

namespace coppice::packer {

namespace {

using detail::diff_kind;
using detail::node_number;
using detail::pack_root;
using detail::walked_chunk;

/// A pack in memory, which stays where it is.
class bytes_source final : public pack_source {
 public:
  explicit bytes_source(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size_bytes() const noexcept override { return bytes_.size(); }
  [[nodiscard]] result<std::span<const std::byte>> read(std::uint64_t offset, std::size_t size,
                                                        std::vector<std::byte>&) const override {
    return bytes_.subspan(static_cast<std::size_t>(offset), size);
  }

 private:
  std::span<const std::byte> bytes_;
};

void put(worker::run_writer& run, const value_view& value) {
  const std::span<const std::byte> bytes = value.raw();
  run.put(static_cast<std::uint32_t>(value.kind()), bytes.data(), bytes.size());
}

/// Maps or sets of one type.
class map_reading {
 public:
  map_reading(pack_input& input, std::uint32_t type)
      : walk_(input, type),
        parts_(input, input.type(type)),
        is_set_(input.type(type).collection == detail::pack_collection::set) {}

  /// False: the input knows why.
  [[nodiscard]] bool read(const pack_root& root) {
    const bool done = last_ ? walk_.diff(*last_, root.tree.root,
                                         [&](diff_kind, const walked_entry* before, const walked_entry* after) {
                                           return after != nullptr ? store(*after) : remove(*before);
                                         })
                            : walk_.each(root.tree.root, [&](const walked_entry& entry) { return store(entry); });
    flush();
    last_ = root.tree.root;
    return done;
  }

 private:
  [[nodiscard]] bool store(const walked_entry& entry) {
    const std::optional<value_view> key = parts_.read(entry, 0);
    if (!key) return false;
    std::optional<value_view> value = value_view();
    if (!is_set_) value = parts_.read(entry, 1);
    if (!value) return false;
    run_.begin();
    put(run_, *key);
    put(run_, *value);
    if (!run_.has_room()) flush();
    return true;
  }
  [[nodiscard]] bool remove(const walked_entry& entry) {
    const std::optional<value_view> key = parts_.read(entry, 0);
    if (!key) return false;
    run_.begin();
    put(run_, *key);
    run_.put(worker::absent_kind, nullptr, 0);
    if (!run_.has_room()) flush();
    return true;
  }
  void flush() {
    if (run_.count() != 0) coppice_store(buffer, run_.size(), run_.large_at());
    run_ = worker::run_writer(buffer);
  }

  detail::trie_walk walk_;
  part_reader parts_;
  bool is_set_;
  worker::run_writer run_{buffer};
  std::optional<node_number> last_;
};

/// Vectors of one type.
class vector_reading {
 public:
  vector_reading(pack_input& input, std::uint32_t type) : walk_(input, type), parts_(input, input.type(type)) {}

  /// False: the input knows why.
  [[nodiscard]] bool read(const pack_root& root) {
    std::vector<walked_chunk> chunks;
    if (!walk_.chunks(root.tree, chunks)) return false;
    std::vector<leaf_place> leaves;
    leaves.reserve(chunks.size());
    for (const walked_chunk& chunk : chunks) leaves.push_back({chunk.number, static_cast<std::uint32_t>(chunk.size)});
    if (!plan(leaves_, leaves, *this).follow()) return false;
    leaves_ = std::move(leaves);
    return true;
  }

  // What the plan asks for.
  [[nodiscard]] bool keep(std::uint32_t count) {
    coppice_keep(count);
    return true;
  }
  [[nodiscard]] bool place(const leaf_place& leaf, std::uint32_t position) {
    worker::run_writer run(buffer);
    const auto flush = [&] {
      if (run.count() != 0) coppice_place(buffer, run.size(), run.large_at(), position);
      position += run.count();
      run = worker::run_writer(buffer);
    };
    const bool done = walk_.each(walked_chunk{leaf.name, leaf.size}, [&](const walked_entry& entry) {
      const std::optional<value_view> element = parts_.read(entry, 0);
      if (!element) return false;
      run.begin();
      put(run, *element);
      if (!run.has_room()) flush();
      return true;
    });
    flush();
    return done;
  }
  [[nodiscard]] bool follow(std::uint32_t from, std::uint32_t end) {
    coppice_follow(from, end);
    return true;
  }

 private:
  detail::vector_walk walk_;
  part_reader parts_;
  std::vector<leaf_place> leaves_;
};

/// A version as JavaScript is told of it.
struct version_info {
  std::uint32_t collection = 0;
  std::uint32_t restriction = 0;
  std::uint32_t type = 0;
  std::uint32_t name_size = 0;
  const char* name = nullptr;
  std::uint32_t readable = 0;
  std::uint32_t size = 0;
  const char* schema = nullptr;
  std::uint32_t schema_size = 0;
};

struct reading {
  explicit reading(std::span<const std::byte> bytes) noexcept : source(bytes) {}

  bytes_source source;
  std::unique_ptr<pack_input> input;
  struct by_type {
    std::optional<map_reading> map;
    std::optional<vector_reading> vector;
  };
  std::vector<by_type> types;
  version_info info;
};

reading* current = nullptr;

/// What JavaScript makes a sentence of, beside the codes of errc.
constexpr std::uint32_t is_compressed = 100;
constexpr std::uint32_t has_base = 101;

}  // namespace

/// Opens a pack that lies at an address. 0; 1: `trouble` tells why not; is_compressed, has_base.
COPPICE_EXPORT(open)
std::uint32_t export_open(const std::byte* at, std::uint32_t size, double max_elements, double max_value_bytes) {
  current = new reading({at, size});  // for as long as the instance
  pack_limits limits;
  limits.max_rebuilt_elements = static_cast<std::uint64_t>(max_elements);
  limits.max_value_bytes = static_cast<std::uint64_t>(max_value_bytes);
  auto opened = pack_input::open(current->source, limits);
  if (!opened) return met_compression ? is_compressed : fail(opened.why());
  current->input = *std::move(opened);
  if (current->input->lacks_base()) return has_base;
  for (const pack_input::section_entry& section : current->input->sections()) {
    if (section.header.compression != detail::pack_compression::none) return is_compressed;
  }
  current->types.resize(current->input->type_count());
  return 0;
}

COPPICE_EXPORT(versions) std::uint32_t export_versions() {
  return static_cast<std::uint32_t>(current->input->roots().size());
}
/// What there is to know of a version. Valid until the next call.
COPPICE_EXPORT(version) const version_info* export_version(std::uint32_t index) {
  const pack_root& root = current->input->roots()[index];
  const pack_type& type = current->input->type(root.type);
  const part_reader parts(*current->input, type);
  current->info = {static_cast<std::uint32_t>(type.collection),
                   parts.restriction(),
                   root.type,
                   static_cast<std::uint32_t>(root.name.size()),
                   root.name.data(),
                   parts.can_read() && root.tree.size <= 0xffff'ffffU ? 1U : 0U,
                   static_cast<std::uint32_t>(root.tree.size),
                   type.schema.data(),
                   static_cast<std::uint32_t>(type.schema.size())};
  return &current->info;
}
/// Reads a version, by what differs from the one of its type that was read before. 0; 1: `trouble` tells why not.
COPPICE_EXPORT(read) std::uint32_t export_read(std::uint32_t index) {
  pack_input& input = *current->input;
  const pack_root& root = input.roots()[index];
  reading::by_type& here = current->types[root.type];
  bool done = false;
  if (root.collection == detail::pack_collection::vector) {
    if (!here.vector) here.vector.emplace(input, root.type);
    done = here.vector->read(root);
  } else {
    if (!here.map) here.map.emplace(input, root.type);
    done = here.map->read(root);
  }
  return done ? 0 : fail(input.take_trouble());
}

}  // namespace coppice::packer
