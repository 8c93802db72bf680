// SPDX-License-Identifier: MIT OR GPL-2.0
/* The simulated bus: arbitration, time on the wire, acknowledgement, errors and fault confinement. */
#include "canfault.h"

DEFINE_SPINLOCK(lock);
LIST_HEAD(bus);
struct hrtimer wire;
struct node *sending;

static u64 arb_key(const struct canfd_frame *f)	/* lower wins: base id, then SRR/RTR, IDE, extended id */
{
	u32 id = f->can_id;

	if (id & CAN_EFF_FLAG)
		return (u64)((id & CAN_EFF_MASK) >> 18) << 21 | 3 << 19 | (id & 0x3FFFF) << 1 | !!(id & CAN_RTR_FLAG);
	return (u64)(id & CAN_SFF_MASK) << 21 | (u64)!!(id & CAN_RTR_FLAG) << 20;
}

static u64 frame_ns(const struct node *n, const struct canfd_frame *f, bool fd)
{
	u32 bits = (f->can_id & CAN_EFF_FLAG ? 67 : 47), payload = f->can_id & CAN_RTR_FLAG ? 0 : f->len * 8;
	u32 rate = n->can.bittiming.bitrate ?: 500000, fast = n->can.data_bittiming.bitrate ?: rate;

	if (!fd)
		return div_u64((u64)(bits + payload) * NSEC_PER_SEC, rate);
	return div_u64((u64)(f->can_id & CAN_EFF_FLAG ? 49 : 30) * NSEC_PER_SEC, rate) +
	       div_u64((u64)(payload + 8 + (f->len > 16 ? 28 : 23)) * NSEC_PER_SEC, f->flags & CANFD_BRS ? fast : rate);
}

void kick(void)		/* bus lock held: start the frame that wins arbitration */
{
	struct node *n, *best = NULL;

	if (sending)
		return;
	list_for_each_entry(n, &bus, list)
		if (n->up && !n->stall && n->head != n->tail && n->can.state < CAN_STATE_BUS_OFF &&
		    (!best || arb_key(&n->f[n->head % TXB]) < arb_key(&best->f[best->head % TXB])))
			best = n;
	if (!best)
		return;
	list_for_each_entry(n, &bus, list)
		if (n != best && n->up && !n->stall && n->head != n->tail && n->can.state < CAN_STATE_BUS_OFF)
			n->can.can_stats.arbitration_lost++;
	sending = best;
	hrtimer_start(&wire, ns_to_ktime(frame_ns(best, &best->f[best->head % TXB], best->fd[best->head % TXB])), HRTIMER_MODE_REL_SOFT);
}

static void counters(struct node *n, struct can_frame *cf)
{
	cf->can_id |= CAN_ERR_CNT;
	cf->data[6] = min(n->tec, 255u);
	cf->data[7] = min(n->rec, 255u);
}

void confine(struct node *n)	/* fault confinement after TEC/REC changed */
{
	u32 m = max(n->tec, n->rec);
	enum can_state s = n->tec > 255 ? CAN_STATE_BUS_OFF : m > 127 ? CAN_STATE_ERROR_PASSIVE : m > 95 ? CAN_STATE_ERROR_WARNING : CAN_STATE_ERROR_ACTIVE;
	struct can_frame *cf = NULL;
	struct sk_buff *skb;

	if (!n->up || s == n->can.state || n->can.state >= CAN_STATE_BUS_OFF)
		return;
	skb = alloc_can_err_skb(n->dev, &cf);
	can_change_state(n->dev, skb ? cf : NULL, n->tec >= n->rec ? s : 0, n->tec <= n->rec ? s : 0);
	if (s == CAN_STATE_BUS_OFF) {
		n->head = n->tail = 0;
		can_bus_off(n->dev);
	} else if (skb) {
		counters(n, cf);
	}
	if (skb)
		netif_rx(skb);
}

static void bus_error(struct node *n, bool tx, u32 id, u8 type, u8 loc)
{
	struct can_frame *cf;
	struct sk_buff *skb;

	n->can.can_stats.bus_error++;
	if (tx)
		n->dev->stats.tx_errors++;
	else
		n->dev->stats.rx_errors++;
	if (n->can.ctrlmode & CAN_CTRLMODE_BERR_REPORTING && (skb = alloc_can_err_skb(n->dev, &cf))) {
		cf->can_id |= CAN_ERR_PROT | CAN_ERR_BUSERROR | id;
		cf->data[2] = type | (tx ? CAN_ERR_PROT_TX : 0);
		cf->data[3] = loc;
		counters(n, cf);
		netif_rx(skb);
	}
}

/* The counter of the controllers' stamps: from an epoch of its own, and 80 millionths fast, as a crystal may be. */
static ktime_t counter(void)
{
	u64 now = ktime_get_ns();

	return ns_to_ktime(1000 * NSEC_PER_SEC + now + div_u64(now, 12500));
}

static void done(struct node *n, bool sent)	/* the frame leaves its transmit buffer */
{
	unsigned int slot = n->head % TXB;

	if (sent) {
		n->dev->stats.tx_packets++;
		if (n->can.echo_skb[slot])
			skb_hwtstamps(n->can.echo_skb[slot])->hwtstamp = counter();
		n->dev->stats.tx_bytes += can_get_echo_skb(n->dev, slot, NULL);
	} else {
		n->dev->stats.tx_dropped++;
		can_free_echo_skb(n->dev, slot, NULL);
	}
	n->head++;
	if (!n->stall)
		netif_wake_queue(n->dev);
}

static void deliver(struct node *r, const struct canfd_frame *f, bool fd)
{
	struct canfd_frame *o;
	struct sk_buff *skb;

	if (r->drop) {
		r->drop--;
		return;
	}
	skb = fd ? alloc_canfd_skb(r->dev, &o) : alloc_can_skb(r->dev, (struct can_frame **)&o);
	if (!skb) {
		r->dev->stats.rx_dropped++;
		return;
	}
	memcpy(o, f, fd ? CANFD_MTU : CAN_MTU);
	skb_hwtstamps(skb)->hwtstamp = counter();
	r->dev->stats.rx_packets++;
	r->dev->stats.rx_bytes += f->can_id & CAN_RTR_FLAG ? 0 : f->len;
	netif_rx(skb);
}

static bool reads(const struct node *r, const struct node *n, const struct canfd_frame *f, bool fd)
{
	if (r->can.bittiming.bitrate != n->can.bittiming.bitrate)
		return false;
	return !fd || (r->can.ctrlmode & CAN_CTRLMODE_FD && (!(f->flags & CANFD_BRS) || r->can.data_bittiming.bitrate == n->can.data_bittiming.bitrate));
}

static void finish(struct node *n)	/* bus lock held: n's frame has had its time on the wire */
{
	struct canfd_frame f = n->f[n->head % TXB];
	bool fd = n->fd[n->head % TXB], ack = false, broken = false;
	struct node *r;

	list_for_each_entry(r, &bus, list) {
		if (r == n || !r->up || r->can.state >= CAN_STATE_BUS_OFF)
			continue;
		if (n->tx_corrupt || r->rx_corrupt || !reads(r, n, &f, fd)) {
			if (!n->tx_corrupt)
				broken = true;
			if (r->rx_corrupt)
				r->rx_corrupt--;
			r->rec = min(r->rec + 1, 200u);
			bus_error(r, false, 0, CAN_ERR_PROT_STUFF, CAN_ERR_PROT_LOC_DATA);
			confine(r);
		} else {
			ack = true;
		}
	}
	if (n->tx_corrupt || broken) {
		if (n->tx_corrupt)
			n->tx_corrupt--;
		n->tec += 8;
		bus_error(n, true, 0, n->tx_corrupt || !broken ? CAN_ERR_PROT_BIT : CAN_ERR_PROT_FORM, CAN_ERR_PROT_LOC_DATA);
		confine(n);
		return;
	}
	if (!ack) {
		if (n->tec < 128)	/* an error-passive node does not count ACK errors */
			n->tec += 8;
		bus_error(n, true, CAN_ERR_ACK, 0, CAN_ERR_PROT_LOC_ACK);
		confine(n);
		return;
	}
	list_for_each_entry(r, &bus, list) {
		if (r == n || !r->up || r->can.state >= CAN_STATE_BUS_OFF)
			continue;
		if (r->rec) {
			r->rec = r->rec > 127 ? 119 : r->rec - 1;
			confine(r);
		}
		deliver(r, &f, fd);
	}
	if (n->tec) {
		n->tec--;
		confine(n);
	}
	done(n, true);
}

enum hrtimer_restart frame_end(struct hrtimer *t)
{
	struct node *n;

	spin_lock(&lock);
	n = sending;
	sending = NULL;
	if (n && n->up && n->head != n->tail && n->can.state < CAN_STATE_BUS_OFF)
		finish(n);
	kick();
	spin_unlock(&lock);
	return HRTIMER_NORESTART;
}
