// Reading a pack: header, index, types and roots, and records by number.
//
// Everything is checked before it is used; what is wrong is a failure with errc::corrupt (or version_mismatch,
// unsupported, where a limit is exceeded), whose `subject` is the offset in the pack, and `limit`, where it is not 0,
// one more than the offset in the decompressed content of the section at that offset. pack_error() makes a sentence
// of it.
//
// Sections are read when a record of theirs is asked for, and kept, the least recently used going first.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "coppice/detail/pack/format.hpp"
#include "coppice/detail/pack/record.hpp"
#include "coppice/error.hpp"
#include "coppice/result.hpp"

namespace coppice {

/// Where a pack is read from.
class pack_source {
 public:
  pack_source() = default;
  pack_source(const pack_source&) = delete;
  pack_source& operator=(const pack_source&) = delete;
  virtual ~pack_source() = default;
  [[nodiscard]] virtual std::uint64_t size_bytes() const noexcept = 0;
  /// What errors call it; empty: nothing.
  [[nodiscard]] virtual std::string name() const { return {}; }
  /// Bytes [offset, offset + size), all of them: where they lie, if they stay there as long as this object, else in
  /// `into`. Precondition: they are within size_bytes().
  [[nodiscard]] virtual result<std::span<const std::byte>> read(std::uint64_t offset, std::size_t size,
                                                                std::vector<std::byte>& into) const = 0;
};

/// What a reader takes upon itself.
struct pack_limits {
  /// Bytes that compressed sections are decompressed to, all together; and, for themselves, bytes of long values that
  /// stand in the pack once and are read again, because many elements have them.
  std::uint64_t max_decompressed_bytes = std::uint64_t{4} << 30;
  /// Elements of versions that have to be built anew, because the program's collections have another shape; nodes that
  /// are read for them may be as many. In vectors also elements that take no bytes, or are copied to a leaf that
  /// continues another.
  std::uint64_t max_rebuilt_elements = 100'000'000;
  /// Bytes of one key, value or element.
  std::uint64_t max_value_bytes = std::uint64_t{1} << 30;
  /// Collections inside each other.
  unsigned max_nesting = 64;
  /// Whether maps and sets get seeds of this process, and not those of the pack, which whoever made it knows: for packs
  /// by others. They are built anew then.
  bool own_seeds = false;
};

/// A failure of reading in a sentence. `name`: of the pack, for the message.
[[nodiscard]] error pack_error(const failure& why, const std::string& name);

namespace detail {

/// A section that is in memory.
struct loaded_section {
  std::vector<std::byte> owned;
  std::span<const std::byte> content;
  std::vector<std::uint32_t> offsets;  // of its records
  std::uint64_t file_offset = 0;       // of its content
  bool compressed = false;
};

/// The bytes of a record, and what follows it in its section.
struct record_bytes {
  std::shared_ptr<const loaded_section> section;
  std::size_t offset = 0;

  [[nodiscard]] bool ok() const noexcept { return section != nullptr; }
  [[nodiscard]] record_reader reader() const noexcept { return record_reader(section->content.subspan(offset)); }
  /// What a reader() found wrong.
  [[nodiscard]] failure failure_of(const record_reader& reader) const noexcept;
  /// The record as a whole is wrong.
  [[nodiscard]] failure failure_here(const char* reason) const noexcept;
};

class pack_input {
 public:
  /// Reads header, index, types and roots. `source` and `base` must live as long as the input. Without a base that it
  /// has, only these can be read.
  [[nodiscard]] static result<std::unique_ptr<pack_input>> open(const pack_source& source, const pack_limits& limits,
                                                                pack_input* base = nullptr);

  [[nodiscard]] const pack_header& header() const noexcept { return header_; }
  /// The one that was given, or null.
  [[nodiscard]] pack_input* base() const noexcept { return base_; }
  [[nodiscard]] const pack_limits& limits() const noexcept { return limits_; }
  /// Types of this pack and its bases. Precondition: the bases are there.
  [[nodiscard]] std::size_t type_count() const noexcept { return header_.base_types + types_.size(); }
  [[nodiscard]] const pack_type& type(std::size_t index) const noexcept {
    return index < header_.base_types ? base_->type(index) : types_[index - header_.base_types];
  }
  /// Whether it has a base that was not given.
  [[nodiscard]] bool lacks_base() const noexcept { return (header_.flags & pack_has_base) != 0 && base_ == nullptr; }
  [[nodiscard]] const std::vector<pack_root>& roots() const noexcept { return roots_; }
  struct section_entry {
    pack_section header;
    std::uint64_t offset;  // of its header
  };
  [[nodiscard]] const std::vector<section_entry>& sections() const noexcept { return sections_; }
  /// The highest number of a record.
  [[nodiscard]] std::uint64_t last_node() const noexcept { return header_.base_nodes + nodes_; }
  /// Records that stand here and not in a base.
  [[nodiscard]] std::uint64_t own_nodes() const noexcept { return nodes_; }

  /// A record of this pack or a base. Precondition: 0 < number <= last_node(). Not ok(): trouble() tells why.
  [[nodiscard]] record_bytes record(node_number number);
  /// How long a record is. Precondition: it was read.
  [[nodiscard]] std::size_t record_size(const record_bytes& record, node_number number) const noexcept;
  /// What a blob or pieces hold, which `at` has a link to. False: trouble() tells why.
  [[nodiscard]] bool gather(node_number number, std::uint64_t size, const record_bytes& at, std::vector<std::byte>& to);
  /// The bytes of a part of a record: where they stand, or gathered into `into`; of a collection none. Nothing:
  /// trouble() tells why.
  [[nodiscard]] std::optional<std::span<const std::byte>> bytes_of(const column_part& part, const record_bytes& at,
                                                                   std::vector<std::byte>& into) {
    if (part.data != nullptr || is_collection(part.kind)) {
      return std::span(part.data, static_cast<std::size_t>(part.size));
    }
    if (!gather(part.link, part.size, at, into)) return std::nullopt;
    return into;
  }
  /// Begins to count what is gathered again.
  void forget_gathered() noexcept {
    gathered_.clear();
    gathered_again_bytes_ = 0;
  }
  [[nodiscard]] const failure& trouble() const noexcept { return trouble_; }
  /// The same, which is over then.
  [[nodiscard]] failure take_trouble() noexcept { return std::exchange(trouble_, failure{}); }
  /// What errors call the pack, or the base, that was in trouble last; `otherwise` if it has no name.
  [[nodiscard]] std::string title(const std::string& otherwise) const {
    const std::string name = trouble_source_->name();
    return name.empty() ? otherwise : name;
  }
  /// Keeps what is wrong, if nothing was before.
  void fail(const failure& why) noexcept { fail(why, &source_); }

 private:
  pack_input(const pack_source& source, const pack_limits& limits, pack_input* base) noexcept
      : source_(source), limits_(limits), base_(base), trouble_source_(&source) {}
  void fail(const failure& why, const pack_source* where) noexcept {
    if (trouble_.code != errc::ok) return;
    trouble_ = why;
    trouble_source_ = where;
  }

  [[nodiscard]] result<void> open_all();
  [[nodiscard]] result<void> read_index(const pack_trailer& trailer);
  [[nodiscard]] result<void> check_base() const;
  /// `seen`: the types so far.
  [[nodiscard]] result<void> read_types(const section_entry& section, std::set<pack_type>& seen);
  /// `names`: of the versions so far.
  [[nodiscard]] result<void> read_roots(const section_entry& section, std::set<std::string>& names);
  [[nodiscard]] result<std::shared_ptr<loaded_section>> load(const section_entry& section, bool again);
  [[nodiscard]] result<void> find_records(loaded_section& section, const section_entry& entry) const;
  /// The node section with this record, if it can be read.
  [[nodiscard]] std::shared_ptr<const loaded_section> section_of(node_number number);
  void make_room();
  [[nodiscard]] bool append_blob(node_number number, std::uint64_t size, const record_bytes& at,
                                 std::vector<std::byte>& to);

  const pack_source& source_;
  pack_limits limits_;
  pack_input* base_;
  pack_header header_{};
  std::vector<pack_type> types_;
  std::vector<pack_root> roots_;
  std::vector<section_entry> sections_;
  std::vector<std::size_t> node_sections_;  // indices
  std::uint64_t nodes_ = 0;
  std::uint64_t decompressed_ = 0;
  std::unordered_set<node_number> gathered_;  // blobs
  std::uint64_t gathered_again_bytes_ = 0;

  struct cached {
    std::shared_ptr<const loaded_section> section;
    std::uint64_t used = 0;  // when; 0: never
  };
  std::vector<cached> cache_;  // by place in node_sections_
  std::size_t cached_bytes_ = 0;
  std::uint64_t clock_ = 0;
  std::size_t last_ = 0;  // place of the section that was asked for last
  failure trouble_;
  const pack_source* trouble_source_;  // of this pack or a base
};

}  // namespace detail
}  // namespace coppice
