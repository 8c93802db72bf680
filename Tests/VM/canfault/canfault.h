// SPDX-License-Identifier: MIT OR GPL-2.0
/* What the driver (driver.c) and the simulated bus (wire.c) share. */
#include <linux/can.h>
#include <linux/can/dev.h>
#include <linux/can/error.h>
#include <linux/can/skb.h>
#include <linux/hrtimer.h>
#include <linux/netdevice.h>

#define TXB 4

struct node {
	struct can_priv can;	/* first: netdev_priv */
	struct net_device *dev;
	struct list_head list;
	struct canfd_frame f[TXB];
	bool fd[TXB];
	unsigned int head, tail;	/* frames head..tail-1 wait, in order */
	unsigned int tec, rec, tx_corrupt, rx_corrupt, drop;
	bool up, stall;
};

extern spinlock_t lock;	/* the bus: everything below and all fields of nodes */
extern struct list_head bus;
extern struct hrtimer wire;
extern struct node *sending;	/* NULL: idle */

void kick(void);
void confine(struct node *n);
enum hrtimer_restart frame_end(struct hrtimer *t);
