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

/// Nominal and data bit rate [bit/s]; the second is 0 on a bus without CAN FD.
typedef struct {
  int32_t nominal, data;
} servo_bit_rates;

/// Opens an slcan adapter on a serial port or pseudo-terminal, sets its bit rates and opens its channel.
///
/// Waits up to half a second for its answers; an adapter that says nothing is taken for one that answers no requests.
/// Returns 0 or a negative errno: -EDOM no request for such a bit rate, -EPROTO the adapter refused, -ENOTTY no terminal.
int servo_slcan_open_terminal(
    const char *_Nonnull path, servo_bit_rates rates, uint8_t bus, servo_interface *_Nullable *_Nonnull opened);

/// Opens an slcan adapter at the end of a TCP connection, which is tried for three seconds.
int servo_slcan_open_tcp(
    const char *_Nonnull host, uint16_t port, servo_bit_rates rates, uint8_t bus,
    servo_interface *_Nullable *_Nonnull opened);

/// Plays an slcan adapter: on a terminal that is there, or else on a pseudo-terminal made for it, to which `path` becomes
/// a symbolic link until the interface is closed. -EEXIST: `path` is something else.
int servo_slcan_serve_terminal(
    const char *_Nonnull path, servo_bit_rates rates, uint8_t bus, servo_interface *_Nullable *_Nonnull opened);

/// Plays an slcan adapter for one TCP client after another.
int servo_slcan_serve_tcp(
    const char *_Nonnull host, uint16_t port, servo_bit_rates rates, uint8_t bus,
    servo_interface *_Nullable *_Nonnull opened);

/// Opens cannelloni's UDP: frames go to a host's port in one datagram a cycle, and come from there to the port `local`.
int servo_cannelloni_open(
    const char *_Nonnull host, uint16_t port, uint16_t local, uint8_t bus,
    servo_interface *_Nullable *_Nonnull opened);

/// The other end: listens on the port of a host's address and answers whoever spoke last.
int servo_cannelloni_serve(
    const char *_Nonnull host, uint16_t port, uint8_t bus, servo_interface *_Nullable *_Nonnull opened);

/// Closes what is behind an interface, so that it can be had again, and keeps what is known of it: it is lost from then on.
/// Not for CAN interfaces of the kernel.
void servo_interface_shut(servo_interface *_Nonnull interface);

/// Closes an interface and frees it.
void servo_interface_close(servo_interface *_Nullable interface);

/// Takes what has arrived, up to `capacity` frames, oldest first. What is over is left to the next call and counted: in the
/// kernel, and where a datagram or a terminal brings several frames at once, in a bounded queue of the interface.
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
