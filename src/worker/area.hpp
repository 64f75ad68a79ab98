// What the functions of the WebAssembly module share: a worker's area, and how arguments and answers are read and
// written.
//
// Thread safety: an area belongs to one worker.
#pragma once

#include <bit>
#include <cstring>
#include <optional>
#include <span>

#include "coppice/detail/packed_leaf.hpp"
#include "src/worker/exchange.hpp"
#include "src/worker/heap.hpp"
#include "src/worker/maps.hpp"

/// A function of the module, under its name there.
#define COPPICE_EXPORT(name) extern "C" [[gnu::used, clang::export_name(#name)]]

namespace coppice::worker {

/// All that a worker has for itself but versions and nodes.
struct worker_area {
  explicit worker_area(std::span<ref> mark_stack_given) noexcept : mark_stack(mark_stack_given) {}
  struct exchange exchange;
  heap held;
  std::span<ref> mark_stack;
  failure trouble;
  alignas(16) std::byte cursor[1536];  // of a comparison that goes on

  /// After the heap was opened, and before all below.
  void opened() noexcept {
    nodes_ = view(held.map());
    tries_.emplace(held);
  }
  [[nodiscard]] const view& nodes() const noexcept { return nodes_; }
  [[nodiscard]] maps& tries() noexcept { return *tries_; }              // NOLINT(bugprone-unchecked-optional-access)
  [[nodiscard]] const maps& tries() const noexcept { return *tries_; }  // NOLINT(bugprone-unchecked-optional-access)

 private:
  view nodes_;
  std::optional<maps> tries_;
};

enum status : std::uint32_t {
  unchanged = 0,
  inserted = 1,
  replaced = 2,
  erased = 3,
  out_of_space = 4,
  needs_fork = 5,  // the value that would be replaced is large: it is not worth copying
};

inline constexpr std::uint32_t kind_bits = 8;
inline constexpr double largest_safe = 9007199254740991.0;

/// A number as the value kinds have it, with its bytes.
struct encoded_number {
  value_kind kind = value_kind::null;
  std::uint64_t bits = 0;

  encoded_number() noexcept = default;
  encoded_number(double number, bool is_key) noexcept {
    if (number >= -largest_safe && number <= largest_safe) {
      const auto whole = static_cast<std::int64_t>(number);
      const bool is_minus_zero = whole == 0 && std::bit_cast<std::uint64_t>(number) != 0;
      if (static_cast<double>(whole) == number && (is_key || !is_minus_zero)) {
        kind = value_kind::int64;
        bits = static_cast<std::uint64_t>(whole);
        return;
      }
    }
    kind = value_kind::float64;
    // A NaN has no payload that a program could see.
    bits = number == number ? std::bit_cast<std::uint64_t>(number) : 0x7ff8000000000000U;
  }
};

/// What stands at an address of the input, or in the node that it names.
inline packed_key given(const worker_area& worker, const std::byte* at, std::uint32_t kind,
                        std::uint32_t size) noexcept {
  if ((kind & blob_flag) == 0) return {at, size, static_cast<value_kind>(kind)};
  return detail::view_of_blob(worker.held.map().at(detail::load<ref>(at)), static_cast<value_kind>(kind & ~blob_flag));
}

/// An entry, made of arguments.
class given_entry {
 public:
  /// `kinds`: of the key, and above it of the value.
  given_entry(const worker_area& worker, std::uint32_t kinds, std::uint32_t key_size, double key_number,
              std::uint32_t value_size, double value_number) noexcept {
    const std::uint32_t key_kind = kinds & 0xffU;
    const std::byte* const input = worker.exchange.input;
    entry_.key = part(worker, input, key_kind, key_size, key_number, true);
    if ((key_kind & blob_flag) != 0) entry_.key_blob = detail::load<ref>(input);
    set_value(worker, input + (key_kind == number_kind ? 0 : key_size), kinds >> kind_bits, value_size, value_number);
    entry_.hash = worker.tries().leaf().hash(entry_.key);
  }
  /// With a key of up to eight ASCII characters.
  given_entry(const worker_area& worker, std::uint64_t key, std::uint32_t key_size, std::uint32_t value_kind_given,
              std::uint32_t value_size, double value_number) noexcept {
    numbers_[0].bits = key;
    entry_.key = {reinterpret_cast<const std::byte*>(&numbers_[0].bits), key_size, value_kind::string_ascii};
    set_value(worker, worker.exchange.input, value_kind_given, value_size, value_number);
    entry_.hash = worker.tries().leaf().hash_of_short({key, key_size, value_kind::string_ascii});
  }
  given_entry(const given_entry&) = delete;
  given_entry& operator=(const given_entry&) = delete;
  [[nodiscard]] const item& get() const noexcept { return entry_; }

 private:
  packed_key part(const worker_area& worker, const std::byte* at, std::uint32_t kind, std::uint32_t size, double number,
                  bool is_key) noexcept {
    if (kind != number_kind) return given(worker, at, kind, size);
    encoded_number& encoded = numbers_[is_key ? 0 : 1];
    encoded = encoded_number(number, is_key);
    return {reinterpret_cast<const std::byte*>(&encoded.bits), sizeof(encoded.bits), encoded.kind};
  }
  void set_value(const worker_area& worker, const std::byte* at, std::uint32_t kind, std::uint32_t size,
                 double number) noexcept {
    entry_.value = part(worker, at, kind, size, number, false);
    if ((kind & blob_flag) != 0) entry_.value_blob = detail::load<ref>(at);
  }

  encoded_number numbers_[2];  // of the key and of the value
  item entry_;
};

/// A number that is stored, as JavaScript has it; false: an integer that it has as bigint.
inline bool read_number(const packed_value& stored, double& number) noexcept {
  if (stored.kind == value_kind::float64) {
    number = detail::load<double>(stored.data);
    return true;
  }
  if (stored.kind != value_kind::int64) return false;
  const auto whole = detail::load<std::int64_t>(stored.data);
  number = static_cast<double>(whole);
  return whole <= static_cast<std::int64_t>(largest_safe) && whole >= -static_cast<std::int64_t>(largest_safe);
}

inline std::uint32_t address_of(const void* at) noexcept {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(at));
}

inline std::uint32_t answer(reply& to, const packed_value& found) noexcept {
  if (read_number(found, to.number)) return to.kind = number_kind;
  to.data = address_of(found.data);
  to.size = static_cast<std::uint32_t>(found.size);
  return to.kind = static_cast<std::uint32_t>(found.kind);
}

/// Copies the value that will be replaced to where it can be read afterwards. False: it is too large.
inline bool keep_old(struct exchange& at, const packed_value& found) noexcept {
  if (found.size > sizeof(at.old)) return false;
  if (read_number(found, at.reply.number)) {
    at.reply.kind = number_kind;
    return true;
  }
  std::memcpy(at.old, found.data, found.size);
  (void)answer(at.reply, {at.old, found.size, found.kind});
  return true;
}

inline std::uint32_t status_of(detail::trie_change change) noexcept { return static_cast<std::uint32_t>(change); }
static_assert(static_cast<int>(detail::trie_change::out_of_space) == out_of_space);

/// Runs `change`, which may find no space, once more after all that can be freed is.
template <class F>
std::uint32_t with_room(worker_area& worker, F&& change) noexcept {
  if (worker.held.settlement_is_due()) (void)worker.held.settle();
  const std::uint32_t first = change();
  if (first != out_of_space) return first;
  if (const result<void> made = worker.held.make_room(); !made) {
    worker.trouble = made.why();
    return out_of_space;
  }
  const std::uint32_t second = change();
  if (second == out_of_space) worker.trouble = worker.held.nodes().trouble();
  return second;
}

/// The same for what stores what was given, perhaps in blobs: they are kept until it is done.
template <class F>
std::uint32_t with_given(worker_area& worker, F&& change) noexcept {
  const std::uint32_t status = with_room(worker, change);
  // Whoever has to fork calls again.
  if (status != needs_fork) worker.held.keep_nothing();
  return status;
}

/// Puts one half of an entry into a batch. False: its text is full.
inline bool put(batch& to, batch_part& part, std::uint32_t& kind, const detail::packed_view& what) noexcept {
  kind = static_cast<std::uint32_t>(what.kind);
  part.bytes.size = static_cast<std::uint32_t>(what.size);
  if (what.kind == value_kind::string_ascii && what.size <= text_bytes / 16) {
    if (to.text_size + what.size > text_bytes) return false;
    part.bytes.at = to.text_size;
    detail::copy_bytes(reinterpret_cast<std::byte*>(to.text) + to.text_size, what.data, what.size);
    to.text_size += part.bytes.size;
    return true;
  }
  if (what.kind == value_kind::int64) {
    const auto whole = detail::load<std::int64_t>(what.data);
    if (whole == static_cast<std::int32_t>(whole)) {
      kind = small_kind;
      part.small = static_cast<std::int32_t>(whole);
      return true;
    }
  }
  if (double number = 0; read_number(what, number)) {
    kind = number_kind;
    part.number = number;
    return true;
  }
  part.bytes.at = address_of(what.data);
  if (what.kind == value_kind::string_ascii) kind |= blob_flag;
  return true;
}

}  // namespace coppice::worker
