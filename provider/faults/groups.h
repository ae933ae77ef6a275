// The faults by the seam they go through. faults.cc puts them into one list.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "grantcheck/faults/faults.h"

namespace grantcheck {

std::vector<Fault> rules_faults();
std::vector<Fault> stages_faults();
std::vector<Fault> store_faults();
std::vector<Fault> provider_faults();
std::vector<Fault> endpoint_faults();
std::vector<Fault> denials();

}  // namespace grantcheck
