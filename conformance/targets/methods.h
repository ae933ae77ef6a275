// The ten methods as a trace asks them: parameters from JSON, records to JSON.
#pragma once

#include "grantcheck/provider/provider.h"
#include "grantcheck/trace/target.h"

namespace grantcheck {

/// Plays one method step on a provider.
Observation play_method(Provider& provider, const Call& call);

}  // namespace grantcheck
