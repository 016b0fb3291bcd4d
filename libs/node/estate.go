package node

import (
	"os"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/handover"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/reload"
	"github.com/gatewayhomebrew/gateway/libs/systemd"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// An offer is what a node gives to the process that is to take its place, before that one is ready.
// It has keys: it goes over the channel of package handover and nowhere else.
type offer struct {
	PID        int
	Generation int
	// Source is where the document in force came from, without the document itself. Canonical is
	// that, as package config writes it down.
	Source    config.Source
	Canonical []byte
	Digest    string
	Highest   uint64 // the highest revision of config-sync
	Sockets   []string
	Systemd   systemd.Estate
	Tickets   tlsconf.TicketKeys
	Secrets   map[string][]byte // of cookies, by cluster
	Health    health.Memory
	Reloads   reload.Past
	Gossip    place
	Counted   counting
}

// A place is the node's in the ring; its sockets are among the others.
type place struct {
	Name    string
	Life    uint64
	Members []string
}

// counting is what was counted so far.
type counting struct {
	Ended []byte // by the processes that have ended
	Own   []byte // by the one that offers
	Old   []old  // by those that drain
}

// An estate is what a node leaves to the process that takes its place, at the moment in which it
// does. Its files are the channels to the old processes, in their order.
type estate struct {
	Upgrades []admin.Upgrade
	Gossip   place
	Counted  counting
}

// old is a process that drains.
type old struct {
	PID         int
	Generation  int
	Since       time.Time
	Connections int
	Families    []byte // what it has counted so far
}

// totals is what a process that drains says of itself.
type totals struct {
	Connections int
	Families    []byte
}

const kindTotals = "totals"

// The first words of the names of sockets. Those of listeners are named by package door.
const (
	socketAdmin   = "admin"
	socketProbes  = "probes"
	socketDemo    = "demo"
	socketTCP     = "gossip tcp"
	socketUDP     = "gossip udp"
	socketSystemd = "systemd"
)

// bundle collects sockets with their names.
type bundle struct {
	names []string
	files []*os.File
}

func (b *bundle) add(n handover.Named, err error) error {
	if err == nil {
		b.names, b.files = append(b.names, n.Name), append(b.files, n.File)
	}
	return err
}

func (b *bundle) close() {
	for _, f := range b.files {
		_ = f.Close() // it is a copy
	}
}
