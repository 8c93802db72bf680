// Wire layouts of the servo drives: bytes, identifiers, flags. Scale, unit and meaning are the host's.
// Freestanding C11, integers only; host and firmware include the same headers.
#pragma once

#include "damiao_wire.h"
#include "robstride_wire.h"
