// Every vector, by name, on the reference.
#include <gtest/gtest.h>

#include "grantcheck/conformance/gtest.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  grantcheck::register_vectors(grantcheck::make_reference_target);
  return RUN_ALL_TESTS();
}
