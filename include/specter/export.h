// What the shared library shows. Users need not look here.
#pragma once

#define SPECTER_EXPORT __attribute__((visibility("default")))
