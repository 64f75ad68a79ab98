// Named steps of the protocol, for tests that kill a process exactly there.
//
// In the library that ships, COPPICE_STEP is nothing. With COPPICE_STEPS=1 it calls `on_step`, which a test sets before
// it forks; the handler decides whether this is the step, and the time, to die.
#pragma once

#define COPPICE_FOR_EACH_STEP(X) \
  X(create_after_commit)         \
  X(create_after_header)         \
  X(create_after_name)           \
  X(open_after_map)              \
  X(open_after_slot_lock)        \
  X(open_after_slot_clean)       \
  X(open_after_live)             \
  X(close_after_blocks)          \
  X(close_after_free)            \
  X(lock_taken)                  \
  X(lock_owner_proved_dead)      \
  X(lock_taken_over)             \
  X(recover_after_pins)          \
  X(recover_after_slot)          \
  X(allocate_after_claim)        \
  X(allocate_large_claimed_some) \
  X(grow_after_commit)           \
  X(grow_after_metadata)         \
  X(grow_after_segment)          \
  X(grow_after_link)             \
  X(retired_scanned)             \
  X(retired_taken)               \
  X(commit_nodes_written)        \
  X(commit_record_claimed)       \
  X(commit_record_filled)        \
  X(commit_head_published)       \
  X(commit_handed_over)          \
  X(commit_block_given_up)       \
  X(commit_done)                 \
  X(collect_cycle_started)       \
  X(collect_scan_active)         \
  X(collect_roots_found)         \
  X(collect_scan_done)           \
  X(collect_marked_some)         \
  X(collect_sweep_started)       \
  X(collect_swept_a_block)       \
  X(collect_records_freed)       \
  X(collect_block_changing)      \
  X(collect_block_decommitted)   \
  X(collect_cycle_done)          \
  X(destroy_after_mark)

namespace coppice::arena {

enum class step : unsigned char {
#define COPPICE_STEP_NAME(name) name,
  COPPICE_FOR_EACH_STEP(COPPICE_STEP_NAME)
#undef COPPICE_STEP_NAME
      count
};

#if defined(COPPICE_STEPS) && COPPICE_STEPS
using step_handler = void (*)(step);
extern step_handler on_step;
[[nodiscard]] const char* step_name(step at) noexcept;
#define COPPICE_STEP(name)                                                                  \
  do {                                                                                      \
    if (::coppice::arena::on_step) ::coppice::arena::on_step(::coppice::arena::step::name); \
  } while (false)
#else
#define COPPICE_STEP(name) static_cast<void>(0)
#endif

}  // namespace coppice::arena
