package gossip

import (
	"errors"
	"time"

	"github.com/hashicorp/memberlist"
)

// maxQueued is how many reports wait to be sent; those that were sent most often give way.
const maxQueued = 8192

const (
	// A node passes a report on as often as in a fleet of atLeastNodes at least: 8 times,
	// 12 times from 100 nodes on. With memberlist's 4 in a small fleet one in fifty would
	// not hear of it before the next exchange.
	reportRetransmit = 4
	atLeastNodes     = 10
)

// newQueue returns the queue of reports.
func (r *Ring) newQueue() *memberlist.TransmitLimitedQueue {
	return &memberlist.TransmitLimitedQueue{
		NumNodes:       func() int { return max(r.members.count(), atLeastNodes) },
		RetransmitMult: reportRetransmit,
	}
}

// delegate is what memberlist calls. It does so with its locks held, or while packets
// wait: nothing here blocks, or calls memberlist back.
type delegate struct{ *Ring }

// NodeMeta is what this node says of itself.
func (d delegate) NodeMeta(int) []byte {
	m := meta{Info: *d.info.Load(), life: d.life.Load()}
	return m.encode()
}

// NotifyMsg takes a report, a question, an answer, or what is about shares.
func (d delegate) NotifyMsg(b []byte) {
	if !d.shares(b) && !d.talk.take(b) {
		d.inbox.put(b)
	}
}

// MergeRemoteState takes all that another node knows.
func (d delegate) MergeRemoteState(b []byte, _ bool) { d.inbox.put(b) }

// GetBroadcasts returns the reports that go along with a packet.
func (d delegate) GetBroadcasts(overhead, limit int) [][]byte {
	all := d.queue.GetBroadcasts(overhead, limit)
	d.counts.sent.Add(uint64(len(all)))
	return all
}

// LocalState is all that this node knows of the members, itself included.
func (d delegate) LocalState(bool) []byte {
	all := d.members.all()
	names := make([]string, 0, len(all))
	for i := range all {
		names = append(names, all[i].Name)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts.sent.Add(1)
	return d.state.encode(names, time.Now())
}

// NotifyAlive keeps out what no node of ours would say of itself.
func (d delegate) NotifyAlive(n *memberlist.Node) error {
	if _, err := decodeMeta(n.Meta); err != nil || !validName(n.Name) {
		d.counts.in[inMalformed].Add(1)
		return errors.Join(err, errMeta)
	}
	return nil
}

// NotifyJoin says that a node is there.
func (d delegate) NotifyJoin(n *memberlist.Node) { d.NotifyUpdate(n) }

// NotifyUpdate is called by memberlist when the metadata of a node has changed.
func (d delegate) NotifyUpdate(n *memberlist.Node) {
	m, _ := decodeMeta(n.Meta) // NotifyAlive has let nothing else through
	d.members.joined(n.Name, n.Address(), m, time.Now())
}

// NotifyLeave says that a node has left, or is dead; memberlist does not say which.
func (d delegate) NotifyLeave(n *memberlist.Node) { d.members.parted(n.Name, time.Now()) }

// NotifyConflict says that two nodes have the same name.
func (d delegate) NotifyConflict(existing, other *memberlist.Node) {
	if d.tell.allow(time.Now()) {
		d.log().WithField("name", existing.Name).WithField("at",
			existing.Address()).WithField("and", other.Address()).
			Warn("two nodes have the same name; set gossip.name")
	}
}

// AckPayload goes along with an answer.
func (d delegate) AckPayload() []byte { return nil }

// NotifyPingComplete says that a node has answered.
func (d delegate) NotifyPingComplete(n *memberlist.Node, took time.Duration, _ []byte) {
	d.members.answered(n.Name, took, time.Now())
}

// broadcast is a report on its way. A later report on the same takes its place.
type broadcast struct {
	name  string
	delta []byte
	found time.Time
}

func newBroadcast(r *Report, now time.Time) *broadcast {
	return &broadcast{
		name:  r.Observer + "\x00" + r.Sight.Cluster + "\x00" + r.Sight.Address,
		delta: encodeDelta(r), found: now.Add(-r.Age),
	}
}

// Name, with Invalidates, says what takes the place of what.
func (b *broadcast) Name() string { return b.name }

// Invalidates says whether this takes the place of another.
func (b *broadcast) Invalidates(other memberlist.Broadcast) bool {
	o, ok := other.(*broadcast)
	return ok && o.name == b.name
}

// Message returns the delta with the age it has now.
func (b *broadcast) Message() []byte { return withAge(b.delta, time.Since(b.found)) }

// Finished is called when it was sent often enough.
func (b *broadcast) Finished() {}
