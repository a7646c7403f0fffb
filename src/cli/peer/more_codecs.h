// Codecs that are negotiated only when somebody asks for them: nobody here packetizes them.
#pragma once

#include <string_view>
#include <vector>

#include "specter/media_engine.h"

namespace specter::cli {

// Their MIME types.
std::vector<std::string_view> more_codecs();
// Adds one with its retransmission, once; another name adds nothing. Before
// Registry::with_default_interceptors(), so that it has their feedback, too.
void add_codec(MediaEngine& engine, std::string_view mime_type);

}  // namespace specter::cli
