// The functions of the WebAssembly module that are about vectors. See exchange.hpp for how arguments and answers are
// handed over: an element is given as a value, at the beginning of the input.
//
// Thread safety: a worker calls with its own area.
#include "src/worker/cells.hpp"

namespace coppice::worker {

namespace {

/// The cell of an element that is given; false: no space for its blob.
bool make_given_cell(worker_area& worker, std::uint32_t kind, std::uint32_t size, double number, cell& made) noexcept {
  if (kind == number_kind) {
    made = cell::of_number(number);
    return true;
  }
  const std::byte* const input = worker.exchange.input;
  if ((kind & blob_flag) != 0) {
    made = cell::of_blob(static_cast<value_kind>(kind & ~blob_flag), detail::load<ref>(input));
    return true;
  }
  return make_cell(worker, {input, size, static_cast<value_kind>(kind)}, made);
}

/// Answers with an element. The bytes of a short text are those of `held`.
std::uint32_t answer_cell(worker_area& worker, const cell& held) noexcept {
  reply& to = worker.exchange.reply;
  if (held.is_number()) {
    to.number = held.number();
    return to.kind = number_kind;
  }
  if (held.is_blob()) {
    return answer(to, detail::view_of_blob(worker.held.map().at(held.blob()), held.kind()));
  }
  to.size = static_cast<std::uint32_t>(held.kind() == value_kind::string_ascii ? held.text_size() : 0);
  detail::store(worker.exchange.old, held.bits);
  to.data = address_of(worker.exchange.old);
  return to.kind = static_cast<std::uint32_t>(held.kind());
}

/// Makes a copy of the old element where it can be read after the change. False: it is too large.
bool keep_old_cell(worker_area& worker, const cell& old) noexcept {
  if (!old.is_blob()) {
    (void)answer_cell(worker, old);
    return true;
  }
  return keep_old(worker.exchange, detail::view_of_blob(worker.held.map().at(old.blob()), old.kind()));
}

}  // namespace

COPPICE_EXPORT(vector_size) std::uint32_t export_vector_size(worker_area* worker, std::uint32_t index) {
  return vectors::size(worker->held.at(index));
}

/// The element at a position as a number; where it is none, NaN, and `reply.kind` tells what it is. -1 there: no such
/// position.
COPPICE_EXPORT(vector_get)
double export_vector_get(worker_area* worker, std::uint32_t index, std::uint32_t position) {
  const version& in = worker->held.at(index);
  if (position < vectors::size(in)) [[likely]] {
    const cell held = vectors(worker->held).at(in, position);
    if (held.is_number() && held.bits != cell::nan_bits) [[likely]]
      return held.number();
    (void)answer_cell(*worker, held);
  } else {
    worker->exchange.reply.kind = ~std::uint32_t{0};
  }
  return std::bit_cast<double>(cell::nan_bits);
}

COPPICE_EXPORT(vector_push)
std::uint32_t export_vector_push(worker_area* worker, std::uint32_t index, std::uint32_t kind, std::uint32_t size,
                                 double number) {
  return with_given(*worker, [&] {
    cell added;
    if (!make_given_cell(*worker, kind, size, number, added)) return std::uint32_t{out_of_space};
    vectors all(worker->held);
    version& to = worker->held.at(index);
    return std::uint32_t{all.push_in_place(to, added) || all.push(to, added) ? inserted : out_of_space};
  });
}

/// Replaces an element, if there is one; with `keep` the old one is in the reply.
COPPICE_EXPORT(vector_set)
std::uint32_t export_vector_set(worker_area* worker, std::uint32_t index, std::uint32_t position, std::uint32_t kind,
                                std::uint32_t size, double number, std::uint32_t keep) {
  return with_given(*worker, [&]() -> std::uint32_t {
    vectors all(worker->held);
    version& in = worker->held.at(index);
    if (position >= vectors::size(in)) return unchanged;
    cell* const place = all.own_place(in, position);
    const cell old = place != nullptr ? *place : all.at(in, position);
    cell given_cell;
    if (!make_given_cell(*worker, kind, size, number, given_cell)) return out_of_space;
    if (same_cell(*worker, old, given_cell)) return unchanged;
    if (keep != 0 && !keep_old_cell(*worker, old)) return needs_fork;
    if (place == nullptr) return all.set(in, position, given_cell) ? replaced : out_of_space;
    *place = given_cell;
    return replaced;
  });
}

/// Removes the last element, if there is one; `keep` as above.
COPPICE_EXPORT(vector_pop)
std::uint32_t export_vector_pop(worker_area* worker, std::uint32_t index, std::uint32_t keep) {
  return with_room(*worker, [&]() -> std::uint32_t {
    vectors all(worker->held);
    version& in = worker->held.at(index);
    if (vectors::size(in) == 0) return unchanged;
    const std::uint32_t last = vectors::size(in) - 1;
    if (keep != 0 && !keep_old_cell(*worker, all.at(in, last))) return needs_fork;
    return all.pop_in_place(in) || all.take(in, last) ? erased : out_of_space;
  });
}

/// Keeps the elements [from, to).
COPPICE_EXPORT(vector_slice)
std::uint32_t export_vector_slice(worker_area* worker, std::uint32_t index, std::uint32_t from, std::uint32_t to) {
  return with_room(*worker, [&]() -> std::uint32_t {
    vectors all(worker->held);
    version& in = worker->held.at(index);
    return all.take(in, to) && all.drop(in, from) ? replaced : out_of_space;
  });
}

/// Appends another version of this worker.
COPPICE_EXPORT(vector_append)
std::uint32_t export_vector_append(worker_area* worker, std::uint32_t index, std::uint32_t other) {
  return with_room(*worker, [&]() -> std::uint32_t {
    return vectors(worker->held).append(worker->held.at(index), worker->held.at(other)) ? replaced : out_of_space;
  });
}

/// At most `most` elements from a position on, as the values of a batch. Returns how many.
COPPICE_EXPORT(vector_elements)
std::uint32_t export_vector_elements(worker_area* worker, std::uint32_t index, std::uint32_t from, std::uint32_t most) {
  const version& in = worker->held.at(index);
  const vectors all(worker->held);
  batch& to = worker->exchange.batch;
  to.count = to.text_size = 0;
  const std::uint32_t size = vectors::size(in);
  if (most > size - from) most = size - from;
  while (to.count < most) {
    const auto chunk = all.chunk_at(in, from + to.count);
    const cell* at = chunk.data + (from + to.count - chunk.first);
    for (const cell* const end = chunk.data + (chunk.end - chunk.first); at != end && to.count < most; ++at) {
      batch_part& part = to.parts[to.count][1];
      std::uint32_t kind = number_kind;
      if (at->is_number()) {
        part.number = at->number();
      } else {
        (void)answer_cell(*worker, *at);
        const reply& held = worker->exchange.reply;
        if (held.kind == number_kind) {
          part.number = held.number;
        } else if (!put(to, part, kind,
                        {reinterpret_cast<const std::byte*>(held.data), held.size,
                         static_cast<value_kind>(held.kind)})) {
          return to.count;
        }
      }
      to.kinds[to.count++] = static_cast<std::uint16_t>(kind << kind_bits);
    }
  }
  return to.count;
}

/// The first position at which two versions differ; the length of the shorter one if there is none.
COPPICE_EXPORT(vector_difference)
std::uint32_t export_vector_difference(worker_area* worker, std::uint32_t a, std::uint32_t b) {
  const auto equal = [&](const cell* left, const cell* right, std::uint64_t count) {
    std::uint64_t same = 0;
    while (same < count && same_cell(*worker, left[same], right[same])) ++same;
    return same;
  };
  const vectors all(worker->held);
  return static_cast<std::uint32_t>(all.first_difference(worker->held.at(a), worker->held.at(b), equal));
}

/// A hash of the content that is the same in every memory.
COPPICE_EXPORT(vector_hash) std::uint32_t export_vector_hash(worker_area* worker, std::uint32_t index) {
  constexpr detail::seeded_hash of_element{0xa4093822299f31d0U};
  const version& in = worker->held.at(index);
  const vectors all(worker->held);
  std::uint64_t state = vectors::size(in);
  for (std::uint32_t at = 0; at < vectors::size(in);) {
    const auto chunk = all.chunk_at(in, at);
    for (const cell* held = chunk.data; held != chunk.data + (chunk.end - chunk.first); ++held, ++at) {
      std::uint64_t element = 0;
      if (held->is_number()) {
        element = of_element(value_kind::float64, reinterpret_cast<const std::byte*>(&held->bits), sizeof(held->bits));
      } else {
        (void)answer_cell(*worker, *held);
        const reply& found = worker->exchange.reply;
        element = of_element(held->kind(), reinterpret_cast<const std::byte*>(found.data), found.size);
      }
      state = detail::fold_multiply(state ^ element, 0x9e3779b97f4a7c15U);
    }
  }
  return static_cast<std::uint32_t>(state ^ (state >> 32));
}

}  // namespace coppice::worker
