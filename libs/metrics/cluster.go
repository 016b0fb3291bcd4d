package metrics

import (
	"sync/atomic"
	"time"
)

// A QueueRefusal is why a request that needed a connection got none, where a cluster has as many as
// it may have.
type QueueRefusal uint8

// The reasons.
const (
	QueueFull    QueueRefusal = iota // as many wait as may
	QueueTimeout                     // it has waited for as long as it may
	QueueLeft                        // its client has gone away, or it was told to end

	queueRefusals = iota
)

var queueRefusalNames = [queueRefusals]string{"full", "timeout", "client"}

// A RetryReason is why a request was sent once more.
type RetryReason uint8

// The reasons.
const (
	RetryConnect RetryReason = iota // there was no connection, or nobody took it
	RetryReset                      // the endpoint closed it before it answered
	RetryStatus                     // the route retries the status, or the gRPC status
	RetryStale                      // a connection that was kept open had been closed meanwhile

	retryReasons = iota
)

var retryNames = [retryReasons]string{"connect", "reset", "status", "stale"}

// A Cluster counts what concerns all endpoints of a cluster. All its methods may be called at the
// same time. Those that count may be called on nil, which counts nothing.
type Cluster struct {
	Name string
	plan uint64 // as in Route
	own  bool   // the name is a label; if not, other is

	room    *room
	waiting atomic.Pointer[func() int]
	queue   histogram
	refused [queueRefusals]atomic.Uint64
	retries [retryReasons]atomic.Uint64
	budget  atomic.Uint64
}

// SetWaiting tells where to read how many requests wait for a connection.
func (c *Cluster) SetWaiting(read func() int) { c.waiting.Store(&read) }

// Waited counts a request that has got a connection, or may make one, after it had to wait.
func (c *Cluster) Waited(took time.Duration) {
	if c != nil {
		c.queue.observe(int64(took), nil)
	}
}

// Refused counts a request that got none.
func (c *Cluster) Refused(why QueueRefusal) {
	if c != nil {
		c.refused[why].Add(1)
	}
}

// Retried counts a request that is sent once more.
func (c *Cluster) Retried(why RetryReason) {
	if c != nil {
		c.retries[why].Add(1)
	}
}

// RetryDenied counts a request that was not sent once more, since too many others of the cluster
// are.
func (c *Cluster) RetryDenied() {
	if c != nil {
		c.budget.Add(1)
	}
}
