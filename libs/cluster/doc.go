// Package cluster runs the clusters of a plan: it says which endpoint is next, keeps
// what is known of each of them, and carries both from plan to plan.
//
// A process has one Set. Requests and TCP sessions that go to the same cluster therefore
// share one limit on connections, one place in the schedule and one verdict on each
// endpoint, and /status shows the cluster once.
//
// What has to outlive a plan is found again by the name of the cluster and the address
// of the endpoint: the pool of connections, the cursor, the schedule and the count of
// retries. The rest of a Cluster is made anew for each plan and never changes, so that a
// request may keep to the one that it began with.
//
//	set.go      all clusters of the plan in force, and what is done for them in time
//	carry.go    a cluster made from a plan and from the one before
//	cluster.go  which endpoint is next; how many requests may be retries
//	least.go    the less loaded of two; hash.go: the one that a key belongs to
//	sticky.go   the one that a client has a cookie for
//	load.go     what an endpoint has in flight
//	split.go    which of several clusters is next
package cluster
