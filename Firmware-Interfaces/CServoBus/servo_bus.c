#include "servo_bus.h"
