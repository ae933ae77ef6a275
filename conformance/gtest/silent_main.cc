// A provider that declares nothing, so that nothing is judged: the binary has to be red.
#include <gtest/gtest.h>

#include "grantcheck/conformance/gtest.h"
#include "grantcheck/conformance/targets.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  grantcheck::register_vectors([] {
    grantcheck::LinkedProvider silent{
        "silent", "1", [](const auto&, auto&) { return grantcheck::Linked(nullptr); }};
    silent.declare = [](grantcheck::Hello& hello) { hello = {}; };
    return grantcheck::make_linked_target(std::move(silent));
  });
  return RUN_ALL_TESTS();
}
