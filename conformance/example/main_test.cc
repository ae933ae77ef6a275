// Every vector of grantcheck as a test of the tiny provider.
#include <gtest/gtest.h>

#include <memory>

#include "grantcheck/conformance/gtest.h"
#include "tiny_provider.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  grantcheck::register_vectors([] {
    return grantcheck::make_linked_target(
        {.name = "tiny", .version = "1", .make = make_tiny_provider});
  });
  return RUN_ALL_TESTS();
}
