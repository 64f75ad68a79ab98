// Versions of a vector, made of each other by what differs (plan.hpp), so that what they share is shared in the pack.
//
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "coppice/detail/heap/rrb_concat.hpp"
#include "coppice/detail/heap/rrb_edit.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_slice.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"
#include "coppice/detail/pack/output.hpp"
#include "coppice/detail/pack/vector_output.hpp"
#include "src/packer/area.hpp"
#include "src/packer/host.hpp"
#include "src/packer/nodes.hpp"
#include "src/packer/plan.hpp"
#include "src/worker/run.hpp"

namespace coppice::packer {

/// An element: bytes that stay where they are.
struct value_element {
  const std::byte* data = nullptr;
  std::uint32_t size = 0;
  value_kind kind = value_kind::null;
};

}  // namespace coppice::packer

namespace coppice::detail {

/// Writes elements of vectors. A large one is known by an address before its bytes: the bytes' own is that of its first
/// piece.
template <>
class typed_values<packer::value_element> {
 public:
  explicit typed_values(pack_output& output) noexcept : output_(output) {}

  void prepare(const packer::value_element& element) {
    if (element.size <= pack_max_inline || output_.number_of(element.data - granule_bytes) != 0) return;
    output_.remember(element.data - granule_bytes, output_.put_large(element.data, element.size));
  }
  void add(const packer::value_element& element, const record_place& place, column_writer& to) {
    if (element.size <= pack_max_inline) return to.add(element.kind, element.data, element.size);
    to.add_link(element.kind, element.size, place.link(output_.number_of(element.data - granule_bytes)));
  }

 private:
  pack_output& output_;
};

}  // namespace coppice::detail

namespace coppice::packer {

class vector_lineage {
 public:
  /// Leaves as long as those in the memory of JavaScript.
  using layout = detail::rrb_layout<value_element, 7, 4>;

  vector_lineage(detail::pack_output& output, std::uint32_t type) : encoder_(output, type) {}

  /// Makes the next version, which has these leaves. False: there is no memory.
  [[nodiscard]] bool make(std::vector<leaf_place> leaves) {
    older_ = version_;
    if (!plan(leaves_, leaves, *this).follow()) return false;
    leaves_ = std::move(leaves);
    return true;
  }
  /// Writes the version, from which the next one will be made.
  [[nodiscard]] detail::pack_tree write() {
    nodes_.next_version();
    return encoder_.write(version_);
  }

  // What the plan asks for.
  [[nodiscard]] bool keep(std::uint32_t count) { return keep_in(version_, count); }
  [[nodiscard]] bool place(const leaf_place& leaf, std::uint32_t position) {
    const std::uint32_t end = position + leaf.size;
    while (position < end) {
      worker::run_reader run(given(coppice_elements(position, end - position)));
      worker::run_part part;
      while (run.next(part)) {
        value_element element;
        if (!copy(part, element) || !put(element, position)) return false;
        ++position;
      }
    }
    return true;
  }
  [[nodiscard]] bool follow(std::uint32_t from, std::uint32_t end) {
    detail::rrb_version part = older_;
    if (!keep_in(part, end) || (from != 0 && !detail::rrb_drop<layout>(nodes_, part, from))) return false;
    if (version_.size() == 0) {
      version_ = part;
      return true;
    }
    return detail::rrb_concat<layout>(nodes_, version_, true, part, false, version_);
  }

 private:
  [[nodiscard]] bool keep_in(detail::rrb_version& version, std::uint32_t count) {
    if (count == version.size()) return true;
    if (count != 0) return detail::rrb_take<layout>(nodes_, version, count);
    version = {};
    return true;
  }
  [[nodiscard]] bool put(value_element& element, std::uint32_t position) {
    if (position < version_.size()) return detail::rrb_set<layout>(nodes_, version_, position, element);
    return detail::rrb_push<layout>(nodes_, version_, element);
  }
  [[nodiscard]] bool copy(const worker::run_part& part, value_element& to) {
    const std::byte* const from = part.is_large() ? detail::load<std::byte*>(part.data) : part.data;
    to = {nullptr, part.size, part.value()};
    if (part.size == 0) return true;
    const std::size_t before = part.size > detail::pack_max_inline ? detail::granule_bytes : 0;
    const auto made = bytes_.allocate((before + part.size + detail::granule_bytes - 1) & ~(detail::granule_bytes - 1));
    if (made.address == nullptr) return false;
    detail::copy_bytes(made.address + before, from, part.size);
    to.data = made.address + before;
    return true;
  }

  nodes nodes_;
  detail::scratch_memory bytes_;
  detail::vector_encoder<layout> encoder_;
  detail::rrb_version version_{};
  detail::rrb_version older_{};
  std::vector<leaf_place> leaves_;
};

}  // namespace coppice::packer
