// CAN interfaces that no kernel driver stands behind: what they carry, they carry over a socket or a terminal.
//
// Everything is allocated when an interface is opened. `receive` and `send` never wait, allocate or print. An interface
// that has gone away says so once and stays closed to traffic; nothing ends the process.
#pragma once

#include "servo_frame.h"

/// An open interface.
typedef struct servo_interface servo_interface;

/// Opens python-can's udp_multicast on a group.
///
/// - group: an IPv4 or IPv6 multicast address.
/// - network: the network interface to join and send on, such as lo; NULL leaves it to the routes.
/// - hops: routers a datagram may pass plus one; 0 keeps it on this host.
/// - bus: the robot's number for the bus, which received frames carry.
///
/// Frames are sent from a socket of their own, whose address tells our own datagrams when they come back.
/// Returns 0 or a negative errno: -EINVAL not a multicast address, -ENODEV no such network interface or no route.
int servo_multicast_open(
    const char *_Nonnull group, uint16_t port, const char *_Nullable network, uint8_t hops, uint8_t bus,
    servo_interface *_Nullable *_Nonnull opened);

/// Closes an interface and frees it.
void servo_interface_close(servo_interface *_Nullable interface);

/// Takes what has arrived, up to `capacity` frames, oldest first; what does not fit is counted.
///
/// The instant of a frame is the kernel's where it stamps what it receives, else that of this call; never later than now
/// and never earlier than the call before. Returns the number of frames, or a negative errno when the interface is lost.
int servo_interface_receive(servo_interface *_Nonnull interface, servo_frame *_Nonnull frames, int capacity);

/// Sends those of `count` frames that are for this interface's bus, in their order.
///
/// Returns the number of frames for this bus that were not sent, and are counted; or a negative errno when the interface
/// is lost.
int servo_interface_send(servo_interface *_Nonnull interface, const servo_frame *_Nonnull frames, int count);

/// 0, or the errno the interface was lost with.
int servo_interface_error(const servo_interface *_Nonnull interface);

/// What the interface carried and met so far.
servo_interface_counts servo_interface_get_counts(const servo_interface *_Nonnull interface);
