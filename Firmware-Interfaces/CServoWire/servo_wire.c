#include "servo_wire.h"
