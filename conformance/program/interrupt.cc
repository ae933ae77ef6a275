#include "program/interrupt.h"

#include <csignal>

namespace grantcheck {
namespace {

volatile std::sig_atomic_t seen = 0;
void note(int) { seen = 1; }

}  // namespace

void catch_interrupts() {
  // Not restarted, so that no call waits on; and once only, so that the second signal kills.
  struct sigaction action = {};
  action.sa_handler = note;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return seen != 0; }

}  // namespace grantcheck
