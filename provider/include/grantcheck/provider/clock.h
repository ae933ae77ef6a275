// Time is handed in: a provider never asks the machine.
#pragma once

#include <atomic>

#include "grantcheck/provider/types.h"

namespace grantcheck {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Now, in whole seconds since the Unix epoch.
  virtual Seconds now() const = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  Seconds now() const override;
};

/// A clock that moves only when told to. Safe to read while another thread moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Seconds start) : now_(start) {}
  Seconds now() const override { return now_.load(std::memory_order_relaxed); }
  /// Moves by `seconds`; a negative span steps back.
  void advance(Seconds seconds) { now_.fetch_add(seconds, std::memory_order_relaxed); }
  void set(Seconds now) { now_.store(now, std::memory_order_relaxed); }

 private:
  std::atomic<Seconds> now_;
};

}  // namespace grantcheck
