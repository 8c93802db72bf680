// The headers are the library; this file makes a build system compile them once.
#include "servo_wire.h"
