// See space.hpp.
#include "src/store/space.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <string>

#include "src/platform/port.hpp"

namespace coppice {

namespace detail {

void raise_no_transaction() {
  throw error(errc::invalid_argument,
              "a collection in an arena is changed inside a transaction: call it within store::transact(), on the "
              "thread that runs the transaction");
}

void raise_other_store() {
  throw error(errc::invalid_argument,
              "collections of different stores, or of two handles of one store, cannot share nodes: copy the elements "
              "of one of them");
}

}  // namespace detail

namespace store_detail {

static_assert(detail::arena_span_bytes == platform::reserved_bytes,
              "links find the arena by the alignment of mappings");

snapshot_space::snapshot_space(const snapshot_state& of)
    : arena_space(of.arena().session().map().base(), false, of.arena().session().map().id().seed,
                  of.arena().abandoned_flag()),
      pinned_(of) {}

void snapshot_space::raise_ended() const { raise({errc::closed, 0, "", 0, 0}, pinned_.arena().name()); }

transaction_space::transaction_space(open_arena& arena)
    : arena_space(arena.session().map().base(), true, arena.session().map().id().seed, &over_),
      arena_(arena),
      name_(arena.name()),
      outer_(enter(this)) {
  arena.set_space_over(&over_);
}

transaction_space::~transaction_space() { assert(over_ && borrowed_.empty()); }

void transaction_space::end() noexcept {
  if (!current_) return;
  current_ = false;
  over_ = true;
  enter(outer_);
  arena_.set_space_over(nullptr);
}

void transaction_space::finish() noexcept {
  for (arena_space* each : borrowed_) each->release();
  borrowed_.clear();
  release();
}

void transaction_space::raise_ended() const {
  raise(errc::closed, name_,
        "the transaction that this collection belongs to has ended; take a snapshot() and get it from there");
}

void transaction_space::borrow(arena_space& from) {
  if (&from == this || std::find(borrowed_.begin(), borrowed_.end(), &from) != borrowed_.end()) return;
  borrowed_.push_back(&from);
  from.retain();
}

void transaction_space::raise_trouble() const {
  arena_.require_open();
  raise(arena_.nodes().trouble(), name_);
}

/// Twice as many each time: small transactions waste few, and large ones seldom touch the shared counter.
void transaction_space::draw() noexcept {
  constexpr std::uint64_t most = 4096;
  const std::uint64_t first = arena_.nodes().draw_tokens(drawn_);
  now_ = first;
  last_ = first == 0 ? 0 : first + drawn_ - 1;
  drawn_ = std::min(2 * drawn_, most);
}

std::optional<detail::collection_record> find_record(const open_arena& arena, ref root, const value_view& key,
                                                     value_kind kind, const detail::collection_record& expected) {
  const std::optional<value_view> found = find(arena, root, key);
  if (!found) return std::nullopt;
  if (found->kind() != kind) {
    raise(errc::invalid_argument, arena.name(),
          std::string("the value of this key is of kind ") + value_kind_name(found->kind()) + ", not " +
              value_kind_name(kind) + "; get it as what it is");
  }
  detail::collection_record record;
  const std::span<const std::byte> bytes = found->raw();
  if (bytes.size() != sizeof(record)) raise({errc::corrupt, 0, "a collection's record", bytes.size(), 0}, arena.name());
  std::memcpy(&record, bytes.data(), sizeof(record));
  if (record.element_type != expected.element_type) {
    raise(errc::invalid_argument, arena.name(),
          std::string("the ") + value_kind_name(kind) +
              " of this key has elements of another type, or another hash; get it with the type that it was made with");
  }
  if (record.leaf_parameter != expected.leaf_parameter || record.branch_parameter != expected.branch_parameter) {
    raise(errc::invalid_argument, arena.name(),
          std::string("the ") + value_kind_name(kind) +
              " of this key has nodes of another size; get it with the template parameters that it was made with");
  }
  return record;
}

}  // namespace store_detail

std::optional<detail::stored_place> snapshot::find_collection(const value_view& key, value_kind kind,
                                                              const detail::collection_record& expected) const {
  state_->arena().require_open();
  const auto record = store_detail::find_record(state_->arena(), state_->root(), key, kind, expected);
  if (!record) return std::nullopt;
  return detail::stored_place{new store_detail::snapshot_space(*state_), *record};
}

}  // namespace coppice
