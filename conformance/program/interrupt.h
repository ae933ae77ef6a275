// Ctrl-C and SIGTERM: the first ends a run with a partial report, the second ends the program.
#pragma once

namespace grantcheck {

/// From here on the first signal is noted instead of obeyed.
void catch_interrupts();
/// True once one was noted.
bool interrupted();

}  // namespace grantcheck
