// Writing a pack: numbers nodes, writes each content once, and cuts what it writes into sections.
//
// A node is known by its address, so that what versions share is found without being read; and by its content, so that
// nodes that are equal and lie apart are one record too. Contents are compared, not only their hashes: for that a node
// that was written is encoded again. So nodes must stay as they are, where they are, until the pack is finished. Where
// the pack is made on a base, contents are compared by digests that cannot be forged: those of the base come from its
// records.
//
// Failures of the sink are kept: the functions may be called further, and finish() tells. What encoders throw passes
// through, after which the output can only be dropped.
//
// Memory: about 70 bytes for each record written, and two sections.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "coppice/detail/pack/format.hpp"
#include "coppice/detail/pack/record.hpp"
#include "coppice/result.hpp"

namespace coppice {

/// Where a pack is written to.
class pack_sink {
 public:
  pack_sink() = default;
  pack_sink(const pack_sink&) = delete;
  pack_sink& operator=(const pack_sink&) = delete;
  virtual ~pack_sink() = default;
  /// Takes the next bytes. After a failure it is not called again.
  [[nodiscard]] virtual result<void> append(std::span<const std::byte> bytes) = 0;
  /// Called once, after the last byte, if nothing has failed.
  [[nodiscard]] virtual result<void> finish() { return {}; }
};

namespace detail {

/// Knows how nodes of one collection type are written.
class pack_encoder {
 public:
  pack_encoder() = default;
  pack_encoder(const pack_encoder&) = delete;
  pack_encoder& operator=(const pack_encoder&) = delete;
  virtual ~pack_encoder() = default;
  /// Appends the record of a node all of whose children are written. `part`: 0, or which part of the node the record is
  /// of, in the encoder's own terms. Calls for the same node and part at the same place give the same bytes. Returns
  /// whether the place matters: whether there are links.
  virtual bool encode(const std::byte* node, std::uint64_t part, const record_place& place, record_buffer& to) = 0;
};

/// A table from numbers of 64 bits to numbers of records; several may stand under one.
class number_table {
 public:
  void insert(std::uint64_t key, node_number number);
  /// Calls f(number) for what stands under a key until it returns true; the number for which it did, else 0.
  template <class F>
  [[nodiscard]] node_number find(std::uint64_t key, const F& f) const {
    if (places_.empty()) return 0;
    for (std::size_t at = home(key); places_[at].number != 0; at = (at + 1) & (places_.size() - 1)) {
      if (places_[at].key == key && f(places_[at].number)) return places_[at].number;
    }
    return 0;
  }

 private:
  struct place {
    std::uint64_t key = 0;
    node_number number = 0;
  };
  [[nodiscard]] std::size_t home(std::uint64_t key) const noexcept {
    return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15U) >> shift_);
  }
  void grow();

  std::vector<place> places_;  // a power of two of them, at most three quarters taken
  std::size_t taken_ = 0;
  unsigned shift_ = 64;
};

struct pack_output_options {
  pack_compression compression = pack_compression::none;
  int level = 3;  // of the compression
};

class pack_input;

class pack_output {
 public:
  /// On a base (of the digest `base_digest`) only what it lacks is written. It must live as long as the output.
  pack_output(pack_sink& sink, const pack_output_options& options, pack_input* base = nullptr,
              const pack_digest& base_digest = {});
  pack_output(const pack_output&) = delete;
  pack_output& operator=(const pack_output&) = delete;
  ~pack_output();

  /// The number of a type; equal types are one.
  [[nodiscard]] std::uint32_t type(const pack_type& of);

  /// The record of a node, or 0 if none was written.
  [[nodiscard]] node_number number_of(const std::byte* node) const {
    return by_address_.find(reinterpret_cast<std::uintptr_t>(node), [](node_number) { return true; });
  }
  /// Writes the record of a node, unless one of this content is there, and returns its number.
  node_number put(const std::byte* node, std::uint64_t part, pack_encoder& how);
  /// Has number_of() find a node.
  void remember(const std::byte* node, node_number number) {
    by_address_.insert(reinterpret_cast<std::uintptr_t>(node), number);
  }
  /// Records of a value of more than V bytes at an address, at which it stays.
  node_number put_large(const std::byte* data, std::size_t size);

  [[nodiscard]] bool has_root(std::string_view name) const { return names_.contains(std::string(name)); }
  void add_root(const pack_root& root);

  /// Writes what is left. The failure is the sink's.
  [[nodiscard]] result<void> finish();

  /// Types of the base too.
  [[nodiscard]] const pack_type& type_at(std::uint32_t number) const;
  [[nodiscard]] std::uint64_t nodes() const noexcept { return nodes_; }
  [[nodiscard]] std::uint64_t roots() const noexcept { return names_.size() + nameless_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  /// A record that was written, to be written once more.
  struct written {
    const std::byte* node;
    std::uint64_t part;
    pack_encoder* how;
  };
  class large_encoder;

  /// The number of the record in record_, or 0; and what to find it by from now on.
  struct content {
    node_number known;
    std::uint64_t hash;
    pack_digest digest;
  };
  [[nodiscard]] content find_content();
  [[nodiscard]] bool is_same(node_number number);
  void learn_base();
  void flush_types();
  void flush_nodes();
  void write_section(pack_section_kind kind, std::uint32_t count, std::uint64_t first, std::span<const std::byte> raw);
  void write(std::span<const std::byte> bytes);

  pack_sink& sink_;
  pack_output_options options_;
  pack_input* base_;
  std::uint64_t seed_;  // of content hashes
  pack_header header_;

  std::vector<pack_type> types_;
  std::map<pack_type, std::uint32_t> type_numbers_;  // those of the base too
  std::size_t types_flushed_ = 0;
  std::uint64_t nodes_ = 0;
  std::uint64_t nodes_flushed_ = 0;
  std::vector<written> written_;      // without a base: contents are compared
  std::vector<pack_digest> digests_;  // with one: by their digests, those of the base first
  number_table by_address_;
  number_table by_content_;
  std::unordered_set<std::string> names_;
  std::uint64_t nameless_ = 0;
  std::unique_ptr<large_encoder> large_;

  record_buffer node_section_;
  record_buffer root_section_;
  record_buffer index_;
  std::uint32_t sections_ = 0;
  record_buffer record_;    // as it will be found
  record_buffer compared_;  // one that may be the same
  std::vector<std::byte> compressed_;
  std::uint64_t bytes_ = 0;
  failure trouble_;
};

}  // namespace detail
}  // namespace coppice
