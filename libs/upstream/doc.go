// Package upstream keeps the connections to the endpoints of clusters.
//
// A Cluster bounds how many connections its endpoints may have together; an
// Endpoint lends them out one request at a time. The idle ones are marked in a
// bitmap, so borrowing and giving back are one atomic operation each, with no
// lock that requests could queue on. The lowest marked slot is lent first: a few
// connections stay busy and the others reach their idle limit and go.
//
// A lent connection belongs to the borrower until it calls Release, when a
// whole exchange has ended well, or Discard. Whether an idle connection still
// works is not asked when it is lent; netx.Sock.Exchange finds out before it
// writes.
//
// Of a cluster over HTTP/2 an Endpoint lends streams (shared.go). The first
// connection that is less than half full gives one; when all are full another is
// made, once for all requests that need it at that time (share.go). A connection
// that says goodbye leaves the pool at once: it ends with its last stream and does
// not count against the cluster's limit any more. Those who find neither room nor
// leave to make some stand in one line (wait.go), whatever the protocol.
package upstream
