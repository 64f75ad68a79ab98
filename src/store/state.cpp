// See state.hpp.
#include "src/store/state.hpp"

#include <bit>
#include <utility>

namespace coppice::store_detail {

namespace {

constexpr unsigned thread_numbers = 32;

constexpr unsigned not_asked_for = thread_numbers + 1;
constinit std::atomic<std::uint32_t> numbers_in_use{0};

/// A small number that no other running thread has, or `thread_numbers`: all were taken, or the thread is ending. It
/// has no destructor, so that objects which are destroyed after the number was given back may still read a store.
constinit thread_local unsigned number_here = not_asked_for;

/// Gives the number back when the thread ends. Who takes it next sees what the thread did under it.
struct number_keeper {
  number_keeper() noexcept {
    std::uint32_t seen = numbers_in_use.load(std::memory_order_relaxed);
    number_here = thread_numbers;
    while (~seen != 0 && number_here == thread_numbers) {
      const auto first = static_cast<unsigned>(std::countr_one(seen));
      if (numbers_in_use.compare_exchange_weak(seen, seen | (1U << first), std::memory_order_acquire)) {
        number_here = first;
      }
    }
  }
  number_keeper(const number_keeper&) = delete;
  number_keeper& operator=(const number_keeper&) = delete;
  ~number_keeper() {
    const unsigned number = std::exchange(number_here, thread_numbers);
    if (number < thread_numbers) numbers_in_use.fetch_and(~(1U << number), std::memory_order_release);
  }
};

unsigned number_of_this_thread() noexcept {
  if (number_here == not_asked_for) {
    thread_local const number_keeper keeper;
  }
  return number_here;
}

arena::create_options creation(const store_options& options) noexcept {
  arena::create_options made;
  made.limit_bytes = options.limit_bytes;
  made.file_mode = options.file_mode;
  made.has_seed = options.seed.has_value();
  made.seed = options.seed.value_or(0);
  made.leaf_entries = leaf_policy::max_entries;
  made.leaf_bytes = leaf_policy::max_bytes;
  made.inline_bytes = leaf_policy::max_inline;
  return made;
}

constexpr arena::open_expectation expectation{leaf_policy::max_entries, leaf_policy::max_bytes,
                                              leaf_policy::max_inline};

result<void> create_or_open(arena::session& session, const char* path, const store_options& options) noexcept {
  // Two processes may race to create: the loser finds a complete store, or, if it is destroyed at once, tries again.
  constexpr int attempts = 16;
  for (int attempt = 0;; ++attempt) {
    if (options.mode != open_mode::create_new) {
      const result<void> opened = session.open(path, expectation);
      if (opened || opened.why().code != errc::not_found || options.mode == open_mode::open_existing) return opened;
    }
    const result<void> created = session.create(path, creation(options));
    const bool lost_race = !created && created.why().code == errc::exists && options.mode == open_mode::open_or_create;
    if (!lost_race || attempt == attempts) return created;
  }
}

}  // namespace

open_arena::open_arena(std::string name, std::string path, const store_options& options, bool nameless)
    : name_(std::move(name)), path_(std::move(path)), options_(options) {
  if (options.limit_bytes < arena::min_limit_bytes || options.limit_bytes > arena::max_arena_bytes) {
    raise(errc::invalid_argument, name_,
          "limit_bytes is " + std::to_string(options.limit_bytes) + "; it must be between 4 MiB and 64 GiB");
  }
  if (nameless) {
    arena::create_options made = creation(options_);
    made.nameless = true;
    value_or_raise(session_.create(path_.c_str(), made), name_);
  } else {
    value_or_raise(create_or_open(session_, path_.c_str(), options_), name_);
  }
  collector_.attach(session_);
  nodes_.attach(session_, collector_);
  view_ = arena_view(session_.map());
  leaf_ = leaf_policy(detail::seeded_hash{session_.map().id().seed});
  register_arena(*this);
}

open_arena::~open_arena() {
  if (!abandoned_) {
    unregister_arena(*this);
    nodes_.give_up_all();
  }
  collector_.detach();
  session_.close();
}

void forget_other_threads() noexcept {
  numbers_in_use.store(number_here < thread_numbers ? 1U << number_here : 0, std::memory_order_relaxed);
}

reading::reading(open_arena& from) : arena_(from) {
  static_assert(open_arena::reader_cells == thread_numbers);
  const unsigned number = number_of_this_thread();
  if (number < open_arena::reader_cells && !from.readers_[number].taken) {
    reader_ = &from.readers_[number];
    pin_ = reader_->cell;
  }
  if (pin_ == nullptr) {
    pin_ = value_or_raise(from.session_.claim_pin(), from.name_);
    if (reader_ != nullptr) reader_->cell = pin_;
  }
  if (reader_ != nullptr) reader_->taken = true;
  version_ = from.session_.pin_newest(*pin_);
}

reading::~reading() {
  if (arena_.abandoned()) return;  // forked inside the read: the pin is the parent's
  if (reader_ != nullptr) {
    arena::session::unpin(*pin_);
    reader_->taken = false;
  } else {
    arena_.session_.free_pin(*pin_);
  }
}

void open_arena::require_writable() const {
  if (read_only()) raise({errc::read_only, 0, "", 0, 0}, name_);
  if (writer_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    raise(errc::busy, name_,
          "a transaction of this thread is open; write through the transaction that transact() was given");
  }
}

writing::writing(open_arena& into, bool edits) : arena_(into) {
  into.require_writable();
  arena::session& session = into.session_;
  std::atomic<std::uint32_t>& lock = session.map().words().writer_lock;
  value_or_raise(arena::acquire(session, lock, into.timeout_ns()), into.name_);
  if (into.writer_pin_ == nullptr) {
    result<arena::pin*> claimed = session.claim_pin();
    if (!claimed) {
      arena::release(session, lock);
      raise(claimed.why(), into.name_);
    }
    into.writer_pin_ = *claimed;
  }
  settled_ = true;
  begin(edits);
}

void writing::begin(bool edits) {
  arena_.require_open();
  if (!settled_) arena_.nodes_.roll_back();
  base_ = arena_.session_.pin_newest(*arena_.writer_pin_);
  base_root_ = arena_.root_of(base_);
  arena_.nodes_.begin(edits);
  settled_ = false;
}

void writing::commit(ref root) {
  arena_.require_open();
  if (root == base_root_) return;
  settled_ = true;
  const result<std::uint64_t> published = arena::publish(arena_.session_, arena_.nodes_, base_, root);
  if (!published) raise(published.why(), arena_.name_);
}

writing::~writing() {
  if (arena_.abandoned()) return;  // forked inside the transaction: lock, pin and blocks are the parent's
  if (!settled_) arena_.nodes_.roll_back();
  arena::session::unpin(*arena_.writer_pin_);
  arena::release(arena_.session_, arena_.session_.map().words().writer_lock);
}

}  // namespace coppice::store_detail
