// The functions of the module that write a pack: begin, then for each version its changes and its end, then finish.
//
// A lineage is the versions of one kind in one memory, each of which is made of the one before. A version whose making
// is never ended is none: the instance is dropped then.
//
// Thread safety: one thread.
#include <cstring>
#include <deque>
#include <memory>

#include "coppice/detail/pack/output.hpp"
#include "src/packer/area.hpp"
#include "src/packer/host.hpp"
#include "src/packer/map_lineage.hpp"
#include "src/packer/vector_lineage.hpp"

namespace coppice::packer {

namespace {

/// Hands what is written to JavaScript.
class host_sink final : public pack_sink {
 public:
  [[nodiscard]] result<void> append(std::span<const std::byte> bytes) override {
    coppice_append(bytes.data(), bytes.size());
    return {};
  }
};

struct lineage {
  std::uint32_t type = 0;
  std::unique_ptr<map_lineage> map;  // one of them
  std::unique_ptr<vector_lineage> vector;
};

struct writing {
  explicit writing(std::uint64_t with) : output(sink, {}), seed(with) {}

  host_sink sink;
  detail::pack_output output;
  std::uint64_t seed;
  std::deque<lineage> lineages;
};

writing* current = nullptr;

/// `restriction`: 0 none, else of pack_value_types.
[[nodiscard]] detail::pack_type type_of(detail::pack_collection collection, std::uint32_t restriction,
                                        std::uint64_t seed) {
  detail::pack_type type;
  if (collection == detail::pack_collection::vector) {
    type.branch_bits = vector_lineage::layout::branch_bits;
    type.leaf_size = vector_lineage::layout::leaf_bits;
  } else {
    type = detail::packed_pack_type<leaf_policy>(seed);
  }
  type.collection = collection;
  if (restriction != 0) type.schema = detail::pack_value_types[restriction - 1];
  return type;
}

std::uint32_t out_of_memory() {
  coppice_out_of_memory();
  return 1;
}

}  // namespace

COPPICE_EXPORT(buffer) std::byte* export_buffer() { return buffer; }
COPPICE_EXPORT(trouble) const failure* export_trouble() { return &trouble; }
COPPICE_EXPORT(allocate) std::byte* export_allocate(std::uint32_t size) {
  return static_cast<std::byte*>(::operator new(size));
}
COPPICE_EXPORT(give_back) void export_give_back(std::byte* memory) { ::operator delete(memory); }

COPPICE_EXPORT(begin) void export_begin(std::uint32_t seed_low, std::uint32_t seed_high) {
  current = new writing(seed_low | std::uint64_t{seed_high} << 32);  // for as long as the instance
}

/// The number of a new lineage. `collection`: as in pack_collection.
COPPICE_EXPORT(lineage) std::uint32_t export_lineage(std::uint32_t collection, std::uint32_t restriction) {
  const auto kind = static_cast<detail::pack_collection>(collection);
  lineage& made = current->lineages.emplace_back();
  made.type = current->output.type(type_of(kind, restriction, current->seed));
  if (kind == detail::pack_collection::vector) {
    made.vector = std::make_unique<vector_lineage>(current->output, made.type);
  } else {
    made.map =
        std::make_unique<map_lineage>(current->output, made.type, current->seed, kind == detail::pack_collection::set);
  }
  return static_cast<std::uint32_t>(current->lineages.size() - 1);
}

/// Changes the version of a lineage by the run in the buffer, so many bytes.
COPPICE_EXPORT(store) void export_store(std::uint32_t of, std::uint32_t size) {
  if (!current->lineages[of].map->store(given(size))) (void)out_of_memory();
}
/// Makes the next version of a vector, of so many leaves, two words each.
COPPICE_EXPORT(make) void export_make(std::uint32_t of, const std::byte* leaves, std::uint32_t count) {
  std::vector<leaf_place> places(count);
  if (count != 0) std::memcpy(places.data(), leaves, count * sizeof(leaf_place));
  if (!current->lineages[of].vector->make(std::move(places))) (void)out_of_memory();
}
/// Ends a version; its name, so many bytes, stands in the buffer.
COPPICE_EXPORT(end) void export_end(std::uint32_t of, std::uint32_t name_size) {
  lineage& from = current->lineages[of];
  detail::pack_root root;
  root.type = from.type;
  const std::span<const std::byte> name = given(name_size);
  root.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
  root.tree = from.map != nullptr ? from.map->write() : from.vector->write();
  current->output.add_root(root);
}
/// 0; 1: `trouble` tells why not.
COPPICE_EXPORT(finish) std::uint32_t export_finish() {
  const result<void> done = current->output.finish();
  return done ? 0 : fail(done.why());
}

}  // namespace coppice::packer
