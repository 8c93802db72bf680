// SPDX-License-Identifier: MIT OR GPL-2.0
/* canfault: N simulated CAN FD controllers (can0, can1, ...) on one simulated bus, for tests of SocketCAN programs.
 *
 * The kernel's own can-dev framework (netlink bit timing, restart-ms, error counters, echo, hardware time stamps), and a bus
 * with arbitration, frame times from the configured bit rates, acknowledgement, fault confinement by TEC and REC, and faults
 * on demand:
 *   echo "tx-corrupt 5" > /sys/class/net/can0/fault     the next 5 transmissions of can0 end in a bit error (TEC += 8, resent)
 *   rx-corrupt N (this receiver sees a stuff error)  rx-drop N (silently)  stall 0|1 (never sends)  tec N  rec N  bus-off 1
 * A lone node gets ACK errors; nodes of another bit rate, or without FD, destroy what they cannot read: as on a wire. Stuff
 * bits are not modelled.
 * Unplug: echo canfault.1 > /sys/bus/platform/drivers/canfault/unbind (and bind). For kernel 6.1; its interface differs later.
 */
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "canfault.h"

#define MAXNODES 16
static unsigned int nodes = 2;
module_param(nodes, uint, 0444);
MODULE_PARM_DESC(nodes, "controllers on the bus (default 2)");

static struct platform_device *pdev[MAXNODES];

static const struct can_bittiming_const nominal = { .name = "canfault", .tseg1_min = 1, .tseg1_max = 256, .tseg2_min = 1, .tseg2_max = 128, .sjw_max = 128, .brp_min = 1, .brp_max = 512, .brp_inc = 1 };
static const struct can_bittiming_const data = { .name = "canfault", .tseg1_min = 1, .tseg1_max = 32, .tseg2_min = 1, .tseg2_max = 16, .sjw_max = 16, .brp_min = 1, .brp_max = 32, .brp_inc = 1 };

static netdev_tx_t cf_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct node *n = netdev_priv(dev);
	unsigned int slot;

	if (can_dev_dropped_skb(dev, skb))
		return NETDEV_TX_OK;
	spin_lock_bh(&lock);
	if (n->tail - n->head == TXB) {
		netif_stop_queue(dev);
		spin_unlock_bh(&lock);
		return NETDEV_TX_BUSY;
	}
	slot = n->tail % TXB;
	n->fd[slot] = can_is_canfd_skb(skb);
	memset(&n->f[slot], 0, sizeof(n->f[slot]));
	memcpy(&n->f[slot], skb->data, min_t(size_t, skb->len, CANFD_MTU));
	can_put_echo_skb(skb, dev, slot, 0);
	n->tail++;
	if (n->tail - n->head == TXB)
		netif_stop_queue(dev);
	kick();
	spin_unlock_bh(&lock);
	return NETDEV_TX_OK;
}

static int cf_open(struct net_device *dev)
{
	struct node *n = netdev_priv(dev);
	int err = open_candev(dev);

	if (err)
		return err;
	spin_lock_bh(&lock);
	n->head = n->tail = n->tec = n->rec = 0;
	n->can.state = CAN_STATE_ERROR_ACTIVE;
	n->up = true;
	spin_unlock_bh(&lock);
	netif_start_queue(dev);
	return 0;
}

static int cf_stop(struct net_device *dev)
{
	struct node *n = netdev_priv(dev);

	netif_stop_queue(dev);
	spin_lock_bh(&lock);
	n->up = false;
	n->head = n->tail = 0;
	if (sending == n)
		sending = NULL;
	n->can.state = CAN_STATE_STOPPED;
	spin_unlock_bh(&lock);
	close_candev(dev);
	return 0;
}

static int cf_set_mode(struct net_device *dev, enum can_mode mode)
{
	struct node *n = netdev_priv(dev);

	if (mode != CAN_MODE_START)
		return -EOPNOTSUPP;
	spin_lock_bh(&lock);
	n->head = n->tail = n->tec = n->rec = 0;
	n->can.state = CAN_STATE_ERROR_ACTIVE;
	spin_unlock_bh(&lock);
	netif_wake_queue(dev);
	return 0;
}

static int cf_berr(const struct net_device *dev, struct can_berr_counter *c)
{
	const struct node *n = netdev_priv(dev);

	c->txerr = n->tec;
	c->rxerr = n->rec;
	return 0;
}

static ssize_t fault_store(struct device *d, struct device_attribute *a, const char *buf, size_t len)
{
	struct net_device *dev = to_net_dev(d);
	struct node *n = netdev_priv(dev);
	unsigned int v = 1;
	char what[16];

	if (sscanf(buf, "%15s %u", what, &v) < 1)
		return -EINVAL;
	spin_lock_bh(&lock);
	if (!strcmp(what, "tx-corrupt")) {
		n->tx_corrupt = v;
	} else if (!strcmp(what, "rx-corrupt")) {
		n->rx_corrupt = v;
	} else if (!strcmp(what, "rx-drop")) {
		n->drop = v;
	} else if (!strcmp(what, "stall")) {
		n->stall = v;
		kick();
	} else if (!strcmp(what, "tec") || !strcmp(what, "rec")) {
		*(what[0] == 't' ? &n->tec : &n->rec) = v;
		confine(n);
	} else if (!strcmp(what, "bus-off")) {
		n->tec = 256;
		confine(n);
	} else {
		len = -EINVAL;
	}
	spin_unlock_bh(&lock);
	return len;
}
static DEVICE_ATTR_WO(fault);
static struct attribute *cf_attrs[] = { &dev_attr_fault.attr, NULL };
static const struct attribute_group cf_group = { .attrs = cf_attrs };

static const struct net_device_ops cf_ops = {
	.ndo_open = cf_open, .ndo_stop = cf_stop, .ndo_start_xmit = cf_xmit, .ndo_change_mtu = can_change_mtu, .ndo_eth_ioctl = can_eth_ioctl_hwts,
};
static const struct ethtool_ops cf_ethtool = { .get_ts_info = can_ethtool_op_get_ts_info_hwts };

static int cf_probe(struct platform_device *p)
{
	struct net_device *dev = alloc_candev(sizeof(struct node), TXB);
	struct node *n;
	int err;

	if (!dev)
		return -ENOMEM;
	n = netdev_priv(dev);
	n->dev = dev;
	n->can.clock.freq = 80000000;
	n->can.bittiming_const = &nominal;
	n->can.data_bittiming_const = &data;
	n->can.do_set_mode = cf_set_mode;
	n->can.do_get_berr_counter = cf_berr;
	n->can.ctrlmode_supported = CAN_CTRLMODE_BERR_REPORTING | CAN_CTRLMODE_FD;
	dev->netdev_ops = &cf_ops;
	dev->ethtool_ops = &cf_ethtool;
	dev->flags |= IFF_ECHO;
	dev->sysfs_groups[0] = &cf_group;
	SET_NETDEV_DEV(dev, &p->dev);
	err = register_candev(dev);
	if (err) {
		free_candev(dev);
		return err;
	}
	platform_set_drvdata(p, dev);
	spin_lock_bh(&lock);
	list_add_tail(&n->list, &bus);
	spin_unlock_bh(&lock);
	return 0;
}

static int cf_remove(struct platform_device *p)
{
	struct net_device *dev = platform_get_drvdata(p);
	struct node *n = netdev_priv(dev);

	unregister_candev(dev);	/* stops it first */
	spin_lock_bh(&lock);
	list_del(&n->list);
	spin_unlock_bh(&lock);
	free_candev(dev);
	return 0;
}

static struct platform_driver cf_driver = { .probe = cf_probe, .remove = cf_remove, .driver = { .name = "canfault" } };

static int __init cf_init(void)
{
	unsigned int i;
	int err;

	hrtimer_init(&wire, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	wire.function = frame_end;
	err = platform_driver_register(&cf_driver);
	if (err)
		return err;
	for (i = 0; i < min_t(unsigned int, nodes, MAXNODES); i++)
		pdev[i] = platform_device_register_simple("canfault", i, NULL, 0);
	return 0;
}

static void __exit cf_exit(void)
{
	unsigned int i;

	for (i = 0; i < MAXNODES; i++)
		if (!IS_ERR_OR_NULL(pdev[i]))
			platform_device_unregister(pdev[i]);
	platform_driver_unregister(&cf_driver);
	hrtimer_cancel(&wire);
}
module_init(cf_init);
module_exit(cf_exit);
MODULE_DESCRIPTION("simulated CAN FD controllers with fault injection");
MODULE_LICENSE("Dual MIT/GPL");
