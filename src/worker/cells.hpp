// Elements of vectors as kinds and bytes.
//
// Thread safety: see area.hpp.
#pragma once

#include "src/worker/area.hpp"
#include "src/worker/vectors.hpp"

namespace coppice::worker {

/// The cell of an element that is no number; false: no space for its blob.
inline bool make_cell(worker_area& worker, const detail::packed_view& element, cell& made) noexcept {
  const value_kind kind = element.kind;
  if (kind == value_kind::null || kind == value_kind::boolean_false || kind == value_kind::boolean_true) {
    made = cell::of_simple(kind);
    return true;
  }
  if (kind == value_kind::string_ascii && element.size <= cell::most_text) {
    made = cell::of_text(element.data, element.size);
    return true;
  }
  space nodes(worker.held.nodes());
  const ref blob = detail::make_blob(nodes, element);
  made = cell::of_blob(kind, blob);
  return blob != 0;
}

/// Whether two cells hold the same value.
inline bool same_cell(const worker_area& worker, const cell& a, const cell& b) noexcept {
  if (a.bits == b.bits) return true;
  if (!a.is_blob() || !b.is_blob()) return false;
  const arena::mapping& map = worker.held.map();
  return detail::view_of_blob(map.at(a.blob()), a.kind()).same_as(detail::view_of_blob(map.at(b.blob()), b.kind()));
}

}  // namespace coppice::worker
