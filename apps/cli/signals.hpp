// Ctrl-C and its kin: the first SIGINT, SIGTERM or SIGHUP asks the command to stop at the next safe place; the second
// kills it, which a store survives as well. SIGPIPE is ignored, so that a write tells.
//
// Thread safety: the handler only sets an atomic word and writes to a pipe.
#pragma once

namespace coppice::cli {

/// Once, at the start of main.
void install_signal_handlers();

/// The signal that asked to stop, or 0.
[[nodiscard]] int stop_signal() noexcept;

/// Throws interrupted if a signal asked to stop.
void throw_if_stopped();

/// Waits until the descriptor can be read (or is at its end); throws interrupted if a signal comes first, even one that
/// came just before the wait.
void wait_readable(int descriptor);

/// Ends this process by the signal's default action.
[[noreturn]] void end_by_signal(int signal_number);

}  // namespace coppice::cli
