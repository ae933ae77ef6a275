// Answers and expectations in words, for reports.
#pragma once

#include <string>
#include <vector>

#include "grantcheck/trace/play.h"

namespace grantcheck {

/// What an outcome wants: "refused", "error invalid_grant", "200 with body.token_type =
/// \"Bearer\"".
std::string wanted(const std::vector<Outcome>& expect);
/// What came back, in full.
std::string received(const Exchange& exchange);
/// What came back without what varies from run to run.
std::string symptom_of(const Exchange& exchange);
/// What was asked, with handles instead of their values.
std::string asked(const Step& step);
/// `text` with each secret replaced by its length and the beginning of its digest.
std::string masked(std::string text, const std::vector<std::string>& secrets);

}  // namespace grantcheck
