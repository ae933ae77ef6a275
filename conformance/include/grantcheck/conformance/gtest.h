// The vectors as GoogleTest cases, in a test binary of yours.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "grantcheck/conformance/targets.h"

namespace grantcheck {

struct GtestOptions {
  std::string profile =
      "in-memory";           ///< "oauth-2.1" if the positions of the reference are not yours.
  std::string suite_prefix;  ///< Put before the name of each test suite.
};

/// Registers a test for each vector; call it between `testing::InitGoogleTest` and `RUN_ALL_TESTS`.
/// Suites are the folders of the vectors. `make` makes the target that is judged, once a test. A
/// vector that does not apply is skipped, with the reason; a blocked one fails.
void register_vectors(std::function<std::unique_ptr<Target>()> make,
                      const GtestOptions& options = {});

}  // namespace grantcheck
