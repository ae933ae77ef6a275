// What the tests of faults share: a faulty provider beside the sound one.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "grantcheck/faults/faults.h"
#include "provider/testing.h"

namespace grantcheck::testing {

// The reference or a mutant of it, and a way through its provider.
struct Subject {
  ManualClock clock{kStart};
  SeededEntropy entropy{1};
  Assembly assembly;
  Flow flow;

  explicit Subject(std::string_view fault)
      : assembly(fault.empty() ? make_reference(clock, entropy)
                               : make_mutant(*fault_named(fault), clock, entropy)),
        flow(*assembly.provider) {}
};

// Holds for the mutant and not for the reference.
template <class Symptom>
void expect_only_of(std::string_view fault, const Symptom& symptom) {
  ASSERT_NE(fault_named(fault), nullptr) << fault;
  Subject sound(""), faulty(fault);
  EXPECT_FALSE(symptom(sound)) << "the reference shows the symptom of " << fault;
  EXPECT_TRUE(symptom(faulty)) << fault << " shows no symptom";
}

}  // namespace grantcheck::testing
