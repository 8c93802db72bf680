// Wire layouts of the servo drives: bytes, identifiers, flags. Scale, unit and meaning are the host's.
// Freestanding C11, integers only; host and firmware include the same headers.
#pragma once

#include "canopen_sdo_wire.h"
#include "canopen_wire.h"
#include "cia402_wire.h"
#include "cubemars_wire.h"
#include "cybergear_wire.h"
#include "damiao_wire.h"
#include "mit_wire.h"
#include "moteus_cycle_wire.h"
#include "moteus_reader_wire.h"
#include "moteus_registers_wire.h"
#include "moteus_wire.h"
#include "myactuator_wire.h"
#include "odrive_05_wire.h"
#include "odrive_wire.h"
#include "robstride_mit_wire.h"
#include "robstride_wire.h"
