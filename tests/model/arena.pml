/* The arena's protocol (docs/decisions/arena-reclamation.md), for spin to check exhaustively; see README.md.
 *
 * One scenario is chosen by -DSCENARIO_<NAME>, the fence mode by -DMEMBARRIER (else `sequential`), and a rule is
 * taken out by -DMUTANT_<RULE>. run_model.py knows which belong together.
 */
#if defined(SCENARIO_PIN)
#include "scenario_pin.inc"
#elif defined(SCENARIO_COPY)
#include "scenario_copy.inc"
#elif defined(SCENARIO_DERIVE)
#include "scenario_derive.inc"
#elif defined(SCENARIO_CRASH)
#include "scenario_crash.inc"
#elif defined(SCENARIO_SLOT)
#include "scenario_slot.inc"
#elif defined(SCENARIO_LOCK)
#include "scenario_lock.inc"
#elif defined(SCENARIO_UNSOUND)
#include "scenario_unsound.inc"
#elif defined(SCENARIO_REUSE)
#include "scenario_reuse.inc"
#elif defined(SCENARIO_LATE) || defined(SCENARIO_LATE_TWICE)
#include "scenario_late.inc"
#elif defined(SCENARIO_SCANS)
#include "scenario_scans.inc"
#elif defined(SCENARIO_GROW)
#include "scenario_grow.inc"
#elif defined(SCENARIO_APART) || defined(SCENARIO_APART_KILLED)
#include "scenario_apart.inc"
#else
#error "choose a scenario"
#endif
