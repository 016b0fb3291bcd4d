package cluster

import (
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/cause"
)

// What a cluster has nothing to give for is said here, in the same words to requests and sessions.

const keyConnections = "limits.max_connections of the cluster"

// mostListed is how many endpoints a text tells of.
const mostListed = 8

// Nobody is why no endpoint gets any of what, such as requests: the reason of each.
func (c *Cluster) Nobody(what string) *cause.Cause {
	all := c.State().Endpoints
	var b strings.Builder
	fmt.Fprintf(&b, "none of the %d endpoints of cluster %s may get %s", len(all), c.Name, what)
	for i := range all {
		if i == mostListed {
			fmt.Fprintf(&b, "; and %d more", len(all)-i)
			break
		}
		fmt.Fprintf(&b, "; %s: %s", all[i].Address, all[i].Reason)
	}
	return cause.New(cause.NoEndpoint, b.String())
}

// InUse is that there are as many connections as may be.
func (c *Cluster) InUse() *cause.Cause {
	return cause.Over(cause.Connections, c.allInUse(), keyConnections,
		fmt.Sprint(c.Limits.MaxConnections), "")
}

// LineFull is that as many of what, such as requests, wait for a connection as may.
func (c *Cluster) LineFull(what string) *cause.Cause {
	most := c.Limits.MaxPending
	return &cause.Cause{
		Kind: cause.Pending, Key: "limits.max_pending of the cluster", Limit: fmt.Sprint(most),
		Text: fmt.Sprintf("%s (limits.max_connections is %d), and %d %s wait for one "+
			"(limits.max_pending)", c.allInUse(), c.Limits.MaxConnections, most, what),
	}
}

// ShareTaken is that a client's address has as many of the connections as it may.
func (c *Cluster) ShareTaken() *cause.Cause {
	return cause.Over(cause.Share, "the client's address holds its share of the connections of "+
		"cluster "+c.Name+" (limits.fair_shares)", keyConnections,
		fmt.Sprint(c.Limits.MaxConnections), "")
}

// Exhausted is that the system has none: err is what it said.
func (c *Cluster) Exhausted(err error) *cause.Cause {
	return cause.New(cause.Exhausted, "the system has no more to give for a connection to an "+
		"endpoint: "+c.Veil.Text(cause.Plain(err.Error())))
}

func (c *Cluster) allInUse() string {
	return "all connections of cluster " + c.Name + " are in use"
}
