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
package upstream
