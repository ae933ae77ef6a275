// An OAuth 2.1 provider as small as it can be and still be right.
#pragma once

#include <memory>

#include "grantcheck/provider/clock.h"
#include "grantcheck/provider/entropy.h"
#include "grantcheck/provider/provider.h"

/// `clock` and `entropy` outlive the provider.
std::unique_ptr<grantcheck::Provider> make_tiny_provider(const grantcheck::Clock& clock,
                                                         grantcheck::Entropy& entropy);
