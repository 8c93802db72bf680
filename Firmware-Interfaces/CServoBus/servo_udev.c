#define _GNU_SOURCE
#include "servo_udev.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// What is used of libudev, as its manual declares it (libudev 183 and later, libudev.so.1).
struct udev;
struct udev_device;
struct udev_enumerate;
struct udev_list_entry;
struct udev_monitor;

static struct {
  struct udev *(*new)(void);
  struct udev *(*unref)(struct udev *);
  struct udev_device *(*device_new_from_syspath)(struct udev *, const char *);
  struct udev_device *(*device_unref)(struct udev_device *);
  const char *(*device_get_action)(struct udev_device *);
  const char *(*device_get_sysname)(struct udev_device *);
  const char *(*device_get_property_value)(struct udev_device *, const char *);
  const char *(*device_get_sysattr_value)(struct udev_device *, const char *);
  struct udev_enumerate *(*enumerate_new)(struct udev *);
  struct udev_enumerate *(*enumerate_unref)(struct udev_enumerate *);
  int (*enumerate_add_match_subsystem)(struct udev_enumerate *, const char *);
  int (*enumerate_scan_devices)(struct udev_enumerate *);
  struct udev_list_entry *(*enumerate_get_list_entry)(struct udev_enumerate *);
  struct udev_list_entry *(*list_entry_get_next)(struct udev_list_entry *);
  const char *(*list_entry_get_name)(struct udev_list_entry *);
  struct udev_monitor *(*monitor_new_from_netlink)(struct udev *, const char *);
  struct udev_monitor *(*monitor_unref)(struct udev_monitor *);
  int (*monitor_filter_add_match_subsystem_devtype)(struct udev_monitor *, const char *, const char *);
  int (*monitor_set_receive_buffer_size)(struct udev_monitor *, int);
  int (*monitor_enable_receiving)(struct udev_monitor *);
  int (*monitor_get_fd)(struct udev_monitor *);
  struct udev_device *(*monitor_receive_device)(struct udev_monitor *);
} udev;

#define FUNCTION(name) {"udev_" #name, offsetof(__typeof__(udev), name)}
static const struct {
  const char *name;
  size_t offset;
} functions[] = {
    FUNCTION(new), FUNCTION(unref),
    FUNCTION(device_new_from_syspath), FUNCTION(device_unref), FUNCTION(device_get_action),
    FUNCTION(device_get_sysname), FUNCTION(device_get_property_value), FUNCTION(device_get_sysattr_value),
    FUNCTION(enumerate_new), FUNCTION(enumerate_unref), FUNCTION(enumerate_add_match_subsystem),
    FUNCTION(enumerate_scan_devices), FUNCTION(enumerate_get_list_entry),
    FUNCTION(list_entry_get_next), FUNCTION(list_entry_get_name),
    FUNCTION(monitor_new_from_netlink), FUNCTION(monitor_unref),
    FUNCTION(monitor_filter_add_match_subsystem_devtype), FUNCTION(monitor_set_receive_buffer_size),
    FUNCTION(monitor_enable_receiving), FUNCTION(monitor_get_fd), FUNCTION(monitor_receive_device),
};

enum {
  type_can = 280,  // ARPHRD_CAN
  receive_bytes = 4 << 20,
};

static int state;

static void find_library(void) {
  // Never closed: it is used until the program ends.
  void *library = dlopen("libudev.so.1", RTLD_NOW | RTLD_LOCAL);
  state = library == NULL ? -ELIBACC : 0;
  for (size_t i = 0; i < sizeof functions / sizeof functions[0] && state == 0; i++) {
    void *found = dlsym(library, functions[i].name);
    if (found == NULL) state = -ELIBBAD;
    memcpy((char *)&udev + functions[i].offset, &found, sizeof found);
  }
}

int servo_udev_load(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  const int error = pthread_once(&once, find_library);
  return error != 0 ? -error : state;
}

/// What a call of libudev that gave NULL or a negative value has left in errno; never 0.
static int failure(void) { return errno > 0 ? -errno : -EIO; }

/// Copies a text that fits; one that does not would be another text.
static void keep(char *to, size_t size, const char *text) {
  if (text != NULL && strlen(text) < size) memcpy(to, text, strlen(text) + 1);
}

/// The first of two properties that is there.
static const char *either(struct udev_device *device, const char *first, const char *second) {
  const char *text = udev.device_get_property_value(device, first);
  return text != NULL ? text : udev.device_get_property_value(device, second);
}

static int number(const char *text, int otherwise) {
  if (text == NULL) return otherwise;
  char *end;
  errno = 0;
  const long value = strtol(text, &end, 10);
  return errno != 0 || end == text || value < 0 || value > INT32_MAX ? otherwise : (int)value;
}

static void describe(struct udev_device *device, servo_udev_device *told) {
  *told = (servo_udev_device){0};
  keep(told->name, sizeof told->name, udev.device_get_sysname(device));
  told->index = number(udev.device_get_property_value(device, "IFINDEX"), 0);
  told->type = number(udev.device_get_sysattr_value(device, "type"), -1);
  keep(told->action, sizeof told->action, udev.device_get_action(device));
  keep(told->path, sizeof told->path, udev.device_get_property_value(device, "ID_PATH"));
  keep(told->serial, sizeof told->serial, udev.device_get_property_value(device, "ID_SERIAL_SHORT"));
  keep(told->vendor, sizeof told->vendor, either(device, "ID_VENDOR_FROM_DATABASE", "ID_VENDOR"));
  keep(told->product, sizeof told->product, either(device, "ID_MODEL_FROM_DATABASE", "ID_MODEL"));
  keep(told->driver, sizeof told->driver, udev.device_get_property_value(device, "ID_NET_DRIVER"));
}

// What is there

static int scan(struct udev *context, struct udev_enumerate *list, servo_udev_device *devices, int capacity) {
  int error = udev.enumerate_add_match_subsystem(list, "net");
  if (error >= 0) error = udev.enumerate_scan_devices(list);
  if (error < 0) return error;
  int count = 0;
  for (struct udev_list_entry *entry = udev.enumerate_get_list_entry(list); entry != NULL;
       entry = udev.list_entry_get_next(entry)) {
    struct udev_device *device = udev.device_new_from_syspath(context, udev.list_entry_get_name(entry));
    // Unplugged since the scan.
    if (device == NULL) continue;
    servo_udev_device told;
    describe(device, &told);
    udev.device_unref(device);
    if (told.type != type_can) continue;
    if (count < capacity) devices[count] = told;
    count++;
  }
  return count;
}

int servo_udev_list(servo_udev_device *devices, int capacity) {
  const int missing = servo_udev_load();
  if (missing != 0) return missing;
  errno = 0;
  struct udev *context = udev.new();
  if (context == NULL) return failure();
  struct udev_enumerate *list = udev.enumerate_new(context);
  const int count = list == NULL ? failure() : scan(context, list, devices, capacity);
  if (list != NULL) udev.enumerate_unref(list);
  udev.unref(context);
  return count;
}

// What happens

struct servo_udev_monitor {
  struct udev *context;
  struct udev_monitor *monitor;
};

int servo_udev_monitor_open(const char *group, servo_udev_monitor **opened) {
  const int missing = servo_udev_load();
  if (missing != 0) return missing;
  // libudev knows more groups than it says: any other name gives a monitor that hears nothing.
  if (strcmp(group, "udev") != 0 && strcmp(group, "kernel") != 0) return -EINVAL;
  servo_udev_monitor *monitor = calloc(1, sizeof *monitor);
  if (monitor == NULL) return -ENOMEM;
  errno = 0;
  monitor->context = udev.new();
  if (monitor->context != NULL) monitor->monitor = udev.monitor_new_from_netlink(monitor->context, group);
  int error = monitor->monitor == NULL ? failure() : 0;
  if (error == 0) error = udev.monitor_filter_add_match_subsystem_devtype(monitor->monitor, "net", NULL);
  if (error >= 0) {
    // Ignored where it is not allowed: then the kernel's usual size is what there is.
    (void)udev.monitor_set_receive_buffer_size(monitor->monitor, receive_bytes);
    error = udev.monitor_enable_receiving(monitor->monitor);
  }
  if (error < 0) {
    servo_udev_monitor_close(monitor);
    return error;
  }
  *opened = monitor;
  return 0;
}

void servo_udev_monitor_close(servo_udev_monitor *monitor) {
  if (monitor == NULL) return;
  if (monitor->monitor != NULL) udev.monitor_unref(monitor->monitor);
  if (monitor->context != NULL) udev.unref(monitor->context);
  free(monitor);
}

int servo_udev_monitor_descriptor(const servo_udev_monitor *monitor) {
  return udev.monitor_get_fd(monitor->monitor);
}

int servo_udev_monitor_receive(servo_udev_monitor *monitor, servo_udev_device *event) {
  for (;;) {
    errno = 0;
    struct udev_device *device = udev.monitor_receive_device(monitor->monitor);
    if (device == NULL) {
      // libudev gives nothing as well for a message it does not trust; whoever waits on the descriptor comes again.
      return errno == 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
    }
    describe(device, event);
    udev.device_unref(device);
    if (event->type == type_can || event->type == -1) return 1;
  }
}
