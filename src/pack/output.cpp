#include "coppice/detail/pack/output.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "coppice/detail/heap/key_hash.hpp"
#include "coppice/detail/pack/input.hpp"
#include "src/pack/checksum.hpp"
#include "src/pack/compression.hpp"
#include "src/pack/digest.hpp"

namespace coppice::detail {

namespace {

template <class T>
[[nodiscard]] std::span<const std::byte> bytes_of_struct(const T& of) noexcept {
  return std::as_bytes(std::span(&of, 1));
}

void put_type(record_buffer& to, const pack_type& type) {
  to.put_u8(static_cast<std::uint8_t>(type.collection));
  to.put_u8(static_cast<std::uint8_t>(type.elements));
  to.put_u8(static_cast<std::uint8_t>(type.hash));
  to.put_u8(type.branch_bits);
  to.put_count(type.leaf_size);
  to.put_count(type.max_bytes);
  to.put_count(type.max_inline);
  to.put_fixed(type.seed);
  to.put_text(type.schema);
}

}  // namespace

void number_table::insert(std::uint64_t key, node_number number) {
  if ((taken_ + 1) * 4 > places_.size() * 3) grow();
  std::size_t at = home(key);
  while (places_[at].number != 0) at = (at + 1) & (places_.size() - 1);
  places_[at] = {key, number};
  ++taken_;
}

void number_table::grow() {
  const std::vector<place> old =
      std::exchange(places_, std::vector<place>(std::max<std::size_t>(1024, places_.size() * 2)));
  shift_ = 64 - static_cast<unsigned>(std::countr_zero(places_.size()));
  for (const place& each : old) {
    if (each.number == 0) continue;
    std::size_t at = home(each.key);
    while (places_[at].number != 0) at = (at + 1) & (places_.size() - 1);
    places_[at] = each;
  }
}

/// Writes bytes that lie at an address. `part`: how many, and whether they are to be cut into pieces.
class pack_output::large_encoder : public pack_encoder {
 public:
  explicit large_encoder(pack_output& output) noexcept : output_(output) {}
  bool encode(const std::byte* node, std::uint64_t size, const record_place& place, record_buffer& to) override {
    if (size <= pack_piece_bytes) {
      to.put_u8(static_cast<std::uint8_t>(record_kind::blob));
      to.put_count(size);
      to.put_bytes(node, size);
      return false;
    }
    to.put_u8(static_cast<std::uint8_t>(record_kind::pieces));
    to.put_count(size);
    for (std::uint64_t at = 0; at < size; at += pack_piece_bytes) {
      to.put_count(place.link(output_.number_of(node + at)));
    }
    return true;
  }

 private:
  pack_output& output_;
};

pack_output::pack_output(pack_sink& sink, const pack_output_options& options, pack_input* base,
                         const pack_digest& base_digest)
    : sink_(sink),
      options_(options),
      base_(base),
      seed_(process_seed()),
      header_{},
      large_(std::make_unique<large_encoder>(*this)) {
  std::memcpy(header_.magic, pack_magic, sizeof(pack_magic));
  header_.version = pack_version;
  if (base != nullptr) {
    header_.flags = pack_has_base;
    header_.base_types = static_cast<std::uint32_t>(base->type_count());
    header_.base_nodes = base->last_node();
    header_.base_digest = base_digest;
    for (std::uint32_t i = 0; i < header_.base_types; ++i) type_numbers_.emplace(base->type(i), i);
    learn_base();
  }
  header_.checksum = pack::checksum({bytes_of_struct(header_).first(offsetof(pack_header, checksum))});
  write(bytes_of_struct(header_));
}

pack_output::~pack_output() = default;

/// Goes through all records of the base once.
void pack_output::learn_base() {
  const auto same = [](node_number number) { return number; };
  for (std::uint64_t at = 1; at <= base_->last_node(); ++at) {
    const auto number = static_cast<node_number>(at);
    const record_bytes record = base_->record(number);
    if (!record.ok()) {
      trouble_ = base_->take_trouble();
      return;
    }
    record_reader from = record.reader();
    record_reader ahead = from;
    const record_head head = read_head(ahead, base_->type_count());
    const bool typed = head.kind != record_kind::blob && head.kind != record_kind::pieces;
    record_.clear();
    transcribe_record(from, number, typed ? &base_->type(head.type) : nullptr, head.type, same, {}, record_);
    digests_.push_back(pack::digest_of(record_.bytes()));
    by_content_.insert(load<std::uint64_t>(digests_.back().data()), number);
  }
}

std::uint32_t pack_output::type(const pack_type& of) {
  if (const auto known = type_numbers_.find(of); known != type_numbers_.end()) return known->second;
  const auto count = static_cast<std::uint32_t>(header_.base_types + types_.size());
  if (count == pack_max_types) {
    trouble_ = {errc::invalid_argument, 0, "a pack has collections of at most 65536 types", 0, pack_max_types};
    return 0;
  }
  types_.push_back(of);
  type_numbers_.emplace(of, count);
  return count;
}

const pack_type& pack_output::type_at(std::uint32_t number) const {
  return number < header_.base_types ? base_->type(number) : types_[number - header_.base_types];
}

node_number pack_output::put(const std::byte* node, std::uint64_t part, pack_encoder& how) {
  if (trouble_.code != errc::ok) return 1;  // nothing is written any more
  record_.clear();
  const bool has_links = how.encode(node, part, {}, record_);
  const content here = find_content();
  if (here.known != 0) return here.known;
  if (header_.base_nodes + nodes_ == pack_max_nodes) {
    trouble_ = {errc::invalid_argument, 0, "a pack has at most 4294967294 nodes", 0, pack_max_nodes};
    return 1;
  }
  if (types_flushed_ != types_.size()) flush_types();
  const auto number = static_cast<node_number>(header_.base_nodes + ++nodes_);
  if (has_links) {
    how.encode(node, part, {number}, node_section_);
  } else {
    node_section_.append(record_.bytes());
  }
  if (base_ == nullptr) {
    written_.push_back({node, part, &how});
  } else {
    digests_.push_back(here.digest);
  }
  by_content_.insert(here.hash, number);
  if (node_section_.size() >= pack_section_target) flush_nodes();
  return number;
}

pack_output::content pack_output::find_content() {
  content here{};
  if (base_ == nullptr) {
    here.hash = XXH3_64bits_withSeed(record_.bytes().data(), record_.size(), seed_);
    here.known = by_content_.find(here.hash, [&](node_number number) { return is_same(number); });
  } else {
    here.digest = pack::digest_of(record_.bytes());
    here.hash = load<std::uint64_t>(here.digest.data());
    here.known = by_content_.find(here.hash, [&](node_number number) { return digests_[number - 1] == here.digest; });
  }
  return here;
}

bool pack_output::is_same(node_number number) {
  const written& other = written_[number - 1];
  compared_.clear();
  other.how->encode(other.node, other.part, {}, compared_);
  return compared_.size() == record_.size() &&
         std::memcmp(compared_.bytes().data(), record_.bytes().data(), record_.size()) == 0;
}

node_number pack_output::put_large(const std::byte* data, std::size_t size) {
  if (size > pack_piece_bytes) {
    // Before the record of them is begun.
    for (std::size_t at = 0; at < size; at += pack_piece_bytes) {
      remember(data + at, put(data + at, std::min(size - at, pack_piece_bytes), *large_));
    }
  }
  return put(data, size, *large_);
}

void pack_output::add_root(const pack_root& root) {
  if (types_flushed_ != types_.size()) flush_types();
  if (root.name.empty()) {
    ++nameless_;
  } else {
    names_.insert(root.name);
  }
  root_section_.put_text(root.name);
  root_section_.put_count(root.type);
  root_section_.put_count(root.tree.size);
  const pack_collection collection = type_at(root.type).collection;
  root_section_.put_u8(static_cast<std::uint8_t>((root.has_commit ? tree_has_commit : 0U) | tree_flags(collection)));
  if (root.has_commit) {
    root_section_.put_fixed(root.version);
    root_section_.put_fixed(root.committed_at_ms);
  }
  put_tree(root_section_, collection == pack_collection::vector, root.tree, {});
}

result<void> pack_output::finish() {
  if (types_flushed_ != types_.size()) flush_types();
  flush_nodes();
  if (roots() != 0)
    write_section(pack_section_kind::roots, static_cast<std::uint32_t>(roots()), 0, root_section_.bytes());
  pack_trailer trailer{};
  trailer.index_offset = bytes_;
  const record_buffer index = index_;  // of the sections before it
  write_section(pack_section_kind::index, sections_, 0, index.bytes());
  trailer.file_bytes = bytes_ + sizeof(trailer);
  const std::span<const std::byte> index_checksum = index_.bytes().last(sizeof(std::uint64_t));
  trailer.checksum = pack::checksum(
      {bytes_of_struct(header_), bytes_of_struct(trailer).first(offsetof(pack_trailer, checksum)), index_checksum});
  std::memcpy(trailer.magic, pack_end_magic, sizeof(pack_end_magic));
  write(bytes_of_struct(trailer));
  if (trouble_.code != errc::ok) return trouble_;
  return sink_.finish();
}

void pack_output::flush_types() {
  flush_nodes();
  record_buffer section;
  for (std::size_t i = types_flushed_; i < types_.size(); ++i) put_type(section, types_[i]);
  const std::size_t first = std::exchange(types_flushed_, types_.size());
  write_section(pack_section_kind::types, static_cast<std::uint32_t>(types_.size() - first), header_.base_types + first,
                section.bytes());
}

void pack_output::flush_nodes() {
  if (nodes_flushed_ == nodes_) return;
  const std::uint64_t first = std::exchange(nodes_flushed_, nodes_);
  write_section(pack_section_kind::nodes, static_cast<std::uint32_t>(nodes_ - first), header_.base_nodes + first,
                node_section_.bytes());
  node_section_.clear();
}

void pack_output::write_section(pack_section_kind kind, std::uint32_t count, std::uint64_t first,
                                std::span<const std::byte> raw) {
  if (raw.size() > pack_section_limit) {
    const char* const reason = kind == pack_section_kind::nodes
                                   ? "a leaf has more bytes than a pack holds in one, 64 MiB"
                                   : "more versions or types than a pack holds";
    trouble_ = {errc::invalid_argument, 0, reason, raw.size(), pack_section_limit};
    return;
  }
  pack_section section{};
  section.kind = kind;
  section.raw_bytes = static_cast<std::uint32_t>(raw.size());
  section.count = count;
  section.first = first;
  std::span<const std::byte> stored = raw;
  if (options_.compression == pack_compression::zstd && pack::compress(raw, options_.level, compressed_)) {
    section.compression = pack_compression::zstd;
    stored = compressed_;
  }
  section.stored_bytes = static_cast<std::uint32_t>(stored.size());
  const std::span<const std::byte> header = bytes_of_struct(section);
  section.checksum = pack::checksum({header.first(offsetof(pack_section, checksum)), stored});
  index_.append(header.first(offsetof(pack_section, first)));
  index_.append(header.last(sizeof(section.checksum)));
  ++sections_;
  write(header);
  write(stored);
}

void pack_output::write(std::span<const std::byte> bytes) {
  bytes_ += bytes.size();
  if (trouble_.code != errc::ok) return;
  if (const result<void> done = sink_.append(bytes); !done) trouble_ = done.why();
}

}  // namespace coppice::detail
