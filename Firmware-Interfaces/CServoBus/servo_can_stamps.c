// Who stamps the frames of a CAN interface: its controller where it offers to, and the kernel.
#define _GNU_SOURCE
#include "servo_can_private.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { hardware_flags = SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE };

static int offers_hardware(int descriptor, const char *name) {
  struct ethtool_ts_info information = {.cmd = ETHTOOL_GET_TS_INFO};
  struct ifreq request = {0};
  if (strlen(name) >= sizeof request.ifr_name) return -ENODEV;
  strcpy(request.ifr_name, name);
  request.ifr_data = (char *)&information;
  // Drivers that do not know the question have no such stamps.
  if (ioctl(descriptor, SIOCETHTOOL, &request) != 0) return errno == ENODEV ? -ENODEV : 0;
  return (information.so_timestamping & hardware_flags) == hardware_flags;
}

/// Asks the driver to stamp every frame. CAN drivers that offer stamps make them always, and the request needs
/// CAP_NET_ADMIN: whether it was heard, the frames tell.
static void ask_for_hardware(int descriptor, const char *name) {
  struct hwtstamp_config wanted = {0};
  struct ifreq request = {0};
  strcpy(request.ifr_name, name);
  request.ifr_data = (char *)&wanted;
  if (ioctl(descriptor, SIOCGHWTSTAMP, &request) == 0 && wanted.rx_filter == HWTSTAMP_FILTER_ALL) return;
  wanted = (struct hwtstamp_config){.tx_type = HWTSTAMP_TX_ON, .rx_filter = HWTSTAMP_FILTER_ALL};
  (void)ioctl(descriptor, SIOCSHWTSTAMP, &request);
}

int servo_can_prepare_stamps(int descriptor, const char *name, int32_t *is_hardware) {
  const int offered = offers_hardware(descriptor, name);
  *is_hardware = offered > 0;
  int option = SO_TIMESTAMPNS, value = 1;
  if (offered > 0) {
    ask_for_hardware(descriptor, name);
    option = SO_TIMESTAMPING;
    value = hardware_flags | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  }
  return setsockopt(descriptor, SOL_SOCKET, option, &value, sizeof value) == 0 ? 0 : -errno;
}

int servo_can_offers_hardware_stamps(const char *name) {
  const int descriptor = socket(AF_CAN, SOCK_RAW | SOCK_CLOEXEC, CAN_RAW);
  if (descriptor < 0) return -errno;
  const int offered = offers_hardware(descriptor, name);
  close(descriptor);
  return offered;
}
