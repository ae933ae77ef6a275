#include "grantcheck/provider/clock.h"

#include <chrono>

namespace grantcheck {

Seconds SystemClock::now() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
}

}  // namespace grantcheck
