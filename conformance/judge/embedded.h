// Data files that are built into the library.
#pragma once

#include <string_view>
#include <vector>

namespace grantcheck {

struct EmbeddedFile {
  std::string_view path;  ///< Relative to conformance/.
  std::string_view text;
};
const std::vector<EmbeddedFile>& embedded_files();

}  // namespace grantcheck
