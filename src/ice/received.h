// Inside: a datagram that came in, as the files of this folder hand it on.
#pragma once

#include "specter/bytes.h"
#include "specter/endpoint.h"

namespace specter::ice {

struct Received {
  Path path;
  Bytes bytes;
};

}  // namespace specter::ice
