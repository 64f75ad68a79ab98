#include "coppice/detail/pack/input.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <set>

#include "coppice/detail/pack/stored_type.hpp"
#include "src/arena/layout.hpp"
#include "src/pack/checksum.hpp"
#include "src/pack/compression.hpp"

namespace coppice::detail {

namespace {

/// Decompressed sections that are kept.
constexpr std::size_t cache_bytes = std::size_t{64} << 20;

[[nodiscard]] failure corrupt(const char* reason, std::uint64_t offset) noexcept {
  return {errc::corrupt, 0, reason, offset, 0};
}

template <class T>
[[nodiscard]] result<T> read_struct(const pack_source& source, std::uint64_t offset) {
  std::vector<std::byte> buffer;
  const auto bytes = source.read(offset, sizeof(T), buffer);
  if (!bytes) return bytes.why();
  return coppice::detail::load<T>(bytes->data());
}

/// What is wrong with a section's header in itself.
[[nodiscard]] const char* wrong_section(const pack_section& section) noexcept {
  const auto kind = static_cast<unsigned>(section.kind);
  if (kind < 1 || kind > 4) return "there is no such kind of section";
  if (section.compression != pack_compression::none && section.compression != pack_compression::zstd) {
    return "there is no such compression";
  }
  if (section.unused != 0) return "unused bytes of a section are not 0";
  if (section.raw_bytes > pack_section_limit && section.kind != pack_section_kind::index) {
    return "a section is longer than 64 MiB";
  }
  if (section.compression == pack_compression::none && section.stored_bytes != section.raw_bytes) {
    return "a section that is not compressed has two lengths";
  }
  return nullptr;
}

[[nodiscard]] pack_type read_type(record_reader& from) {
  pack_type type;
  const std::size_t begin = from.offset();
  const unsigned collection = from.u8(), elements = from.u8(), hash = from.u8();
  type.branch_bits = from.u8();
  constexpr std::uint64_t u32_max = std::numeric_limits<std::uint32_t>::max();
  type.leaf_size = static_cast<std::uint32_t>(from.count(u32_max, "a leaf is too large"));
  type.max_bytes = static_cast<std::uint32_t>(from.count(u32_max, "a leaf has too many bytes"));
  type.max_inline = static_cast<std::uint32_t>(from.count(pack_piece_bytes - 1, "what stands in a leaf is too long"));
  type.seed = from.fixed<std::uint64_t>();
  type.schema = from.text();
  if (collection < 1 || collection > 3) from.fail_at(begin, "there is no such collection");
  if (elements < 1 || elements > 3) from.fail_at(begin + 1, "there are no such elements");
  if (hash > 2) from.fail_at(begin + 2, "there is no such hash");
  type.collection = static_cast<pack_collection>(collection);
  type.elements = static_cast<pack_elements>(elements);
  type.hash = static_cast<pack_hash>(hash);
  if (type.collection == pack_collection::vector) {
    if (type.branch_bits < 2 || type.branch_bits > 5) from.fail_at(begin + 3, "no vector has such branches");
    if (type.leaf_size < 1 || type.leaf_size > 16) from.fail_at(begin + 4, "no vector has such leaves");
    if (hash != 0 || type.seed != 0 || type.max_bytes != 0) from.fail_at(begin, "a vector has no hash");
  } else {
    if (type.branch_bits != trie_branch_bits) from.fail_at(begin + 3, "no trie has such branches");
    if (type.leaf_size < 1 || type.leaf_size > 65'535) from.fail_at(begin + 4, "no trie has such leaves");
  }
  if (type.elements != pack_elements::values) {
    if (type.schema.empty()) from.fail_at(begin, "elements that are no values have a schema");
  } else if (!type.schema.empty()) {
    const bool is_known =
        std::find(std::begin(pack_value_types), std::end(pack_value_types), type.schema) != std::end(pack_value_types);
    if (!is_known || type.collection == pack_collection::set) from.fail_at(begin, "values have no such restriction");
  }
  if (const char* const wrong = wrong_stored_type(type); wrong != nullptr) from.fail_at(begin, wrong);
  return type;
}

}  // namespace

failure record_bytes::failure_of(const record_reader& reader) const noexcept {
  failure why = failure_here(reader.wrong());
  (section->compressed ? why.limit : why.subject) += reader.wrong_at();
  return why;
}

failure record_bytes::failure_here(const char* reason) const noexcept {
  if (section->compressed) return {errc::corrupt, 0, reason, section->file_offset, offset + 1};
  return {errc::corrupt, 0, reason, section->file_offset + offset, 0};
}

result<std::unique_ptr<pack_input>> pack_input::open(const pack_source& source, const pack_limits& limits,
                                                     pack_input* base) {
  std::unique_ptr<pack_input> made(new pack_input(source, limits, base));
  if (const result<void> done = made->open_all(); !done) return done.why();
  return made;
}

result<void> pack_input::open_all() {
  const std::uint64_t size = source_.size_bytes();
  if (size == 0) return corrupt("it is empty", 0);
  if (size < sizeof(pack_header) + sizeof(pack_section) + sizeof(pack_trailer)) {
    return corrupt("it is too short for a pack", size);
  }
  const auto header = read_struct<pack_header>(source_, 0);
  if (!header) return header.why();
  header_ = *header;
  const auto bytes = std::as_bytes(std::span(&header_, 1));
  if (std::memcmp(header_.magic, arena::magic_bytes, sizeof(arena::magic_bytes)) == 0) {
    return failure{errc::invalid_argument, 0,
                   "it is a store, not a pack; `coppice pack` and store::pack() make a pack of one"};
  }
  if (std::memcmp(header_.magic, pack_magic, sizeof(pack_magic)) != 0)
    return corrupt("it does not begin like a pack", 0);
  if (header_.version != pack_version) {
    return failure{errc::version_mismatch, 0, "the format of the pack is another one", header_.version, pack_version};
  }
  if (header_.checksum != pack::checksum({bytes.first(offsetof(pack_header, checksum))})) {
    return corrupt("the checksum of the header is wrong", offsetof(pack_header, checksum));
  }
  if ((header_.flags & ~pack_has_base) != 0)
    return corrupt("the header has unknown flags", offsetof(pack_header, flags));
  const bool has_base = (header_.flags & pack_has_base) != 0;
  if (!has_base && (header_.base_nodes != 0 || header_.base_types != 0 || header_.base_digest != pack_digest{})) {
    return corrupt("a pack without a base has parts of one", offsetof(pack_header, base_types));
  }
  if (header_.base_nodes > pack_max_nodes || header_.base_types > pack_max_types) {
    return corrupt("the base has too many nodes or types", offsetof(pack_header, base_types));
  }
  const std::uint64_t trailer_offset = size - sizeof(pack_trailer);
  const auto trailer = read_struct<pack_trailer>(source_, trailer_offset);
  if (!trailer) return trailer.why();
  if (std::memcmp(trailer->magic, pack_end_magic, sizeof(pack_end_magic)) != 0) {
    return corrupt("it does not end like a pack: is it cut short?", trailer_offset);
  }
  if (trailer->file_bytes != size) return corrupt("the pack has another length than it says", trailer_offset);
  if (trailer->index_offset < sizeof(pack_header) || trailer->index_offset > trailer_offset - sizeof(pack_section)) {
    return corrupt("the index is not in the pack", trailer_offset);
  }
  if (const result<void> done = read_index(*trailer); !done) return done.why();
  std::set<pack_type> types;
  for (const section_entry& section : sections_) {
    if (section.header.kind == pack_section_kind::types) {
      if (const result<void> done = read_types(section, types); !done) return done.why();
    }
  }
  std::set<std::string> names;
  for (const section_entry& section : sections_) {
    if (section.header.kind == pack_section_kind::roots) {
      if (const result<void> done = read_roots(section, names); !done) return done.why();
    }
  }
  cache_.resize(node_sections_.size());
  return check_base();
}

/// What can only be checked with the base.
result<void> pack_input::check_base() const {
  if (lacks_base()) return {};
  if (base_ != nullptr && (base_->last_node() != header_.base_nodes || base_->type_count() != header_.base_types)) {
    return corrupt("the pack is made on another base", offsetof(pack_header, base_types));
  }
  for (const pack_root& root : roots_) {
    if (is_stored_type(type(root.type))) {
      return corrupt("a version is of a type that only collections inside others are of", 0);
    }
    if (root.collection != type(root.type).collection) return corrupt("a version is of another kind than its type", 0);
  }
  return {};
}

result<void> pack_input::read_index(const pack_trailer& trailer) {
  const std::uint64_t at = trailer.index_offset;
  const auto header = read_struct<pack_section>(source_, at);
  if (!header) return header.why();
  if (const char* wrong = wrong_section(*header); wrong != nullptr) return corrupt(wrong, at);
  if (header->kind != pack_section_kind::index || header->first != 0) return corrupt("there is no index", at);
  if (at + sizeof(pack_section) + header->stored_bytes + sizeof(pack_trailer) != trailer.file_bytes) {
    return corrupt("the index has another length than there is room", at);
  }
  const std::uint64_t trailer_offset = trailer.file_bytes - sizeof(pack_trailer);
  const auto trailer_bytes = std::as_bytes(std::span(&trailer, 1)).first(offsetof(pack_trailer, checksum));
  if (trailer.checksum != pack::checksum({std::as_bytes(std::span(&header_, 1)), trailer_bytes,
                                          std::as_bytes(std::span(&header->checksum, 1))})) {
    return corrupt("the checksum of the trailer is wrong", trailer_offset + offsetof(pack_trailer, checksum));
  }
  if (header->raw_bytes != std::uint64_t{header->count} * pack_index_entry_bytes) {
    return corrupt("the index has another length than its entries", at);
  }
  if (header->count > (at - sizeof(pack_header)) / sizeof(pack_section)) {
    return corrupt("the index has more sections than there is room for", at);
  }
  const auto index = load({*header, at}, false);
  if (!index) return index.why();
  std::uint64_t offset = sizeof(pack_header), types = header_.base_types, roots = 0;
  sections_.reserve(header->count);
  for (std::uint32_t i = 0; i < header->count; ++i) {
    const std::byte* const entry = (*index)->content.data() + i * pack_index_entry_bytes;
    pack_section section{};
    std::memcpy(static_cast<void*>(&section), entry, offsetof(pack_section, first));
    section.checksum = coppice::detail::load<std::uint64_t>(entry + offsetof(pack_section, first));
    if (const char* wrong = wrong_section(section); wrong != nullptr) return corrupt(wrong, offset);
    std::uint64_t& before = section.kind == pack_section_kind::types   ? types
                            : section.kind == pack_section_kind::roots ? roots
                                                                       : nodes_;
    section.first = before + (section.kind == pack_section_kind::nodes ? header_.base_nodes : 0);
    if (section.kind == pack_section_kind::index || section.count == 0)
      return corrupt("a section is out of place", offset);
    if (section.count > section.raw_bytes) return corrupt("a section has more parts than bytes", offset);
    before += section.count;
    if (section.kind == pack_section_kind::nodes) node_sections_.push_back(sections_.size());
    sections_.push_back({section, offset});
    offset += sizeof(pack_section) + section.stored_bytes;
    if (offset > at) return corrupt("sections are longer than the pack", at);
  }
  if (offset != at) return corrupt("the index does not tell all sections", at);
  if (types > pack_max_types) return corrupt("there are too many types", at);
  if (header_.base_nodes + nodes_ > pack_max_nodes) return corrupt("there are too many nodes", at);
  return {};
}

result<std::shared_ptr<loaded_section>> pack_input::load(const section_entry& section, bool again) {
  const std::uint64_t content_offset = section.offset + sizeof(pack_section);
  std::vector<std::byte> buffer;
  const auto stored = source_.read(section.offset, sizeof(pack_section) + section.header.stored_bytes, buffer);
  if (!stored) return stored.why();
  // The checksum covers the header that the index promised, so one comparison checks both.
  if (std::memcmp(stored->data(), &section.header, sizeof(pack_section)) != 0) {
    return corrupt("a section has another header than the index says", section.offset);
  }
  const auto header = stored->first(offsetof(pack_section, checksum));
  const auto content = stored->subspan(sizeof(pack_section));
  if (section.header.checksum != pack::checksum({header, content})) {
    return corrupt("the checksum of a section is wrong", section.offset);
  }
  auto made = std::make_shared<loaded_section>();
  made->file_offset = content_offset;
  if (section.header.compression == pack_compression::zstd) {
    if (!again && section.header.raw_bytes > limits_.max_decompressed_bytes - decompressed_) {
      return failure{errc::unsupported, 0, "the pack decompresses to more than max_decompressed_bytes", section.offset,
                     0};
    }
    if (!again) decompressed_ += section.header.raw_bytes;
    made->owned.resize(section.header.raw_bytes);
    if (!pack::decompress(content, made->owned)) return corrupt("a section does not decompress", content_offset);
    made->content = made->owned;
    made->compressed = true;
    return made;
  }
  if (stored->data() == buffer.data()) {
    made->owned = std::move(buffer);
    made->content = std::span<const std::byte>(made->owned).subspan(sizeof(pack_section));
  } else {
    made->content = content;
  }
  return made;
}

result<void> pack_input::read_types(const section_entry& section, std::set<pack_type>& seen) {
  const auto loaded = load(section, false);
  if (!loaded) return loaded.why();
  const record_bytes all{*loaded, 0};
  record_reader from = all.reader();
  for (std::uint32_t i = 0; i < section.header.count && from.wrong() == nullptr; ++i) {
    const std::size_t begin = from.offset();
    pack_type type = read_type(from);
    if (!seen.insert(type).second) from.fail_at(begin, "a type stands twice");
    types_.push_back(std::move(type));
  }
  if (from.remaining() != 0) from.fail("bytes are left after the types");
  if (from.wrong() != nullptr) return all.failure_of(from);
  return {};
}

result<void> pack_input::read_roots(const section_entry& section, std::set<std::string>& names) {
  const auto loaded = load(section, false);
  if (!loaded) return loaded.why();
  const record_bytes all{*loaded, 0};
  record_reader from = all.reader();
  for (std::uint32_t i = 0; i < section.header.count && from.wrong() == nullptr; ++i) {
    pack_root root;
    std::size_t begin = from.offset();
    root.name = from.text();
    if (!root.name.empty() && !names.insert(root.name).second) from.fail_at(begin, "two versions have one name");
    begin = from.offset();
    root.type = static_cast<std::uint32_t>(from.count());
    if (root.type >= type_count()) from.fail_at(begin, "there is no such type");
    root.tree.size = from.count(std::uint64_t{1} << 48, "a version is too large");
    begin = from.offset();
    const unsigned flags = from.u8();
    const unsigned collection = flags >> 1;
    if (collection >= 1 && collection <= 3) {
      root.collection = static_cast<pack_collection>(collection);
    } else {
      from.fail_at(begin, "a version has unknown flags");
    }
    root.has_commit = (flags & tree_has_commit) != 0;
    if (root.has_commit) {
      root.version = from.fixed<std::uint64_t>();
      begin = from.offset();
      root.committed_at_ms = from.fixed<std::int64_t>();
      if (root.committed_at_ms < 0 || root.committed_at_ms > pack_last_ms)
        from.fail_at(begin, "a version was committed at a time that clocks do not show");
    }
    root.tree = read_tree(from, root.collection == pack_collection::vector, root.tree.size, 0, last_node());
    roots_.push_back(std::move(root));
  }
  if (from.remaining() != 0) from.fail("bytes are left after the roots");
  if (from.wrong() != nullptr) return all.failure_of(from);
  return {};
}

result<void> pack_input::find_records(loaded_section& section, const section_entry& entry) const {
  const record_bytes all{std::shared_ptr<const loaded_section>(std::shared_ptr<void>(), &section), 0};
  record_reader from = all.reader();
  section.offsets.reserve(entry.header.count);
  for (std::uint32_t i = 0; i < entry.header.count && from.wrong() == nullptr; ++i) {
    section.offsets.push_back(static_cast<std::uint32_t>(from.offset()));
    skip_record(from, static_cast<node_number>(entry.header.first + i + 1), type_count(),
                [this](std::size_t index) -> const pack_type& { return type(index); });
  }
  if (from.remaining() != 0) from.fail("bytes are left after the records");
  if (from.wrong() != nullptr) return all.failure_of(from);
  return {};
}

std::shared_ptr<const loaded_section> pack_input::section_of(node_number number) {
  const auto holds = [&](std::size_t place) {
    const pack_section& header = sections_[node_sections_[place]].header;
    return number > header.first && number - header.first <= header.count;
  };
  if (!holds(last_)) {
    const auto after = std::upper_bound(
        node_sections_.begin(), node_sections_.end(), number,
        [&](node_number wanted, std::size_t section) { return wanted <= sections_[section].header.first; });
    last_ = static_cast<std::size_t>(after - node_sections_.begin()) - 1;
  }
  cached& here = cache_[last_];
  const bool again = here.used != 0;
  here.used = ++clock_;
  if (here.section != nullptr) return here.section;
  const section_entry& entry = sections_[node_sections_[last_]];
  const auto loaded = load(entry, again);
  if (!loaded) {
    fail(loaded.why());
    return nullptr;
  }
  if (const result<void> found = find_records(**loaded, entry); !found) {
    fail(found.why());
    return nullptr;
  }
  here.section = *loaded;
  cached_bytes_ += here.section->owned.size();
  if (cached_bytes_ > cache_bytes) make_room();
  return here.section;
}

/// Lets go of the sections that were used the longest ago, but for the newest.
void pack_input::make_room() {
  while (cached_bytes_ > cache_bytes / 2) {
    cached* oldest = nullptr;
    for (cached& each : cache_) {
      if (each.section != nullptr && each.used != clock_ && (oldest == nullptr || each.used < oldest->used))
        oldest = &each;
    }
    if (oldest == nullptr) return;
    cached_bytes_ -= oldest->section->owned.size();
    oldest->section = nullptr;
  }
}

record_bytes pack_input::record(node_number number) {
  if (lacks_base()) {
    fail({errc::not_found, 0, "the pack is made on another one, which is needed too", 0, 0});
    return {};
  }
  if (number <= header_.base_nodes) {
    record_bytes found = base_->record(number);
    if (!found.ok()) fail(base_->take_trouble(), base_->trouble_source_);
    return found;
  }
  std::shared_ptr<const loaded_section> section = section_of(number);
  if (section == nullptr) return {};
  const std::size_t offset = section->offsets[number - sections_[node_sections_[last_]].header.first - 1];
  return {std::move(section), offset};
}

std::size_t pack_input::record_size(const record_bytes& record, node_number number) const noexcept {
  if (number <= header_.base_nodes) return base_->record_size(record, number);
  const std::vector<std::uint32_t>& offsets = record.section->offsets;
  const auto next = std::upper_bound(offsets.begin(), offsets.end(), static_cast<std::uint32_t>(record.offset));
  return (next == offsets.end() ? record.section->content.size() : *next) - record.offset;
}

bool pack_input::gather(node_number number, std::uint64_t size, const record_bytes& at, std::vector<std::byte>& to) {
  to.clear();
  if (size > limits_.max_value_bytes) {
    failure why = at.failure_here("a value has more bytes than max_value_bytes");
    why.code = errc::unsupported;
    fail(why);
    return false;
  }
  const record_bytes record = this->record(number);
  if (!record.ok()) return false;
  record_reader from = record.reader();
  const record_head head = read_head(from, type_count());
  if (head.kind == record_kind::pieces && size > pack_piece_bytes) {
    const pieces_record pieces = read_pieces(from);
    if (pieces.size != size) from.fail_at(0, "a value has another length than its pieces");
    for (std::uint64_t i = 0; i < pieces.count && from.wrong() == nullptr; ++i) {
      const node_number piece = read_some_link(from, number);
      if (from.wrong() == nullptr &&
          !append_blob(piece, std::min(size - to.size(), std::uint64_t{pack_piece_bytes}), record, to)) {
        return false;
      }
    }
    if (from.wrong() == nullptr) return true;
    fail(record.failure_of(from));
    return false;
  }
  return append_blob(number, size, at, to);
}

bool pack_input::append_blob(node_number number, std::uint64_t size, const record_bytes& at,
                             std::vector<std::byte>& to) {
  const record_bytes record = this->record(number);
  if (!record.ok()) return false;
  record_reader from = record.reader();
  const bool is_blob = read_head(from, type_count()).kind == record_kind::blob;
  const std::span<const std::byte> bytes = is_blob ? read_blob(from) : std::span<const std::byte>();
  if (!is_blob || bytes.size() != size) {
    fail(at.failure_here("a link leads to something else than so many bytes"));
    return false;
  }
  if (!gathered_.insert(number).second) gathered_again_bytes_ += bytes.size();
  if (gathered_again_bytes_ > limits_.max_decompressed_bytes) {
    failure why = at.failure_here("values that stand once are read as more bytes than max_decompressed_bytes");
    why.code = errc::unsupported;
    fail(why);
    return false;
  }
  to.insert(to.end(), bytes.begin(), bytes.end());
  return true;
}

}  // namespace coppice::detail
