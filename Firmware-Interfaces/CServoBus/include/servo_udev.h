// CAN interfaces as udev knows them, and what is plugged and unplugged while a program runs.
//
// libudev.so.1 is found when the program runs: no header and no library of it is needed to build. For set-up and for a
// thread of its own, never for the loop: the calls read files. Every failure is a negative errno; nothing prints.
#pragma once

#include <stdint.h>

/// What udev says of a CAN interface. Text that is not known, or too long to be kept whole, is empty.
typedef struct {
  /// The interface's name, such as can0.
  char name[16];
  /// Its number in the kernel, which no two have as long as the system is up; 0 where it is not told.
  int32_t index;
  /// Its type (ARPHRD_*): 280 is CAN; -1 where it cannot be asked any more.
  int32_t type;
  /// What happened, in events: add, remove, move (renamed), change, online, offline, bind, unbind.
  char action[16];
  /// ID_PATH: where the adapter is connected.
  char path[256];
  /// ID_SERIAL_SHORT: the serial number, in udev's spelling, which is what .link files match.
  char serial[256];
  /// Names from udev's database of hardware, else of the adapter itself.
  char vendor[256], product[256];
  /// ID_NET_DRIVER.
  char driver[64];
} servo_udev_device;

/// 0 when libudev is there; -ELIBACC: it is not; -ELIBBAD: it lacks a function that is needed.
int servo_udev_load(void);

/// Fills in up to `capacity` CAN interfaces of this host and returns how many there are; or a negative errno.
int servo_udev_list(servo_udev_device *_Nullable devices, int capacity);

/// Listens to what happens to network interfaces.
typedef struct servo_udev_monitor servo_udev_monitor;

/// Starts to listen. `group` is "udev": after the daemon has done its part, names given and properties known; or "kernel":
/// at once, without any daemon. -EINVAL: there is no such group.
int servo_udev_monitor_open(const char *_Nonnull group, servo_udev_monitor *_Nullable *_Nonnull opened);

/// Ends listening.
void servo_udev_monitor_close(servo_udev_monitor *_Nullable monitor);

/// What to wait on.
int servo_udev_monitor_descriptor(const servo_udev_monitor *_Nonnull monitor);

/// Takes the next event of a CAN interface; never waits. Of an interface that is gone already the type is not known: such
/// events are given as well. Returns 1, or 0 when there is none; -ENOBUFS: events were lost, look again at all of it.
int servo_udev_monitor_receive(servo_udev_monitor *_Nonnull monitor, servo_udev_device *_Nonnull event);
