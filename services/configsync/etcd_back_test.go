package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A bench is config-sync on one etcd, with nodes, after a first configuration.
type bench struct {
	member *member
	p      *process
	client configpb.ConfigSyncClient
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{member: startEtcd(t, 1)[0]}
	b.p = newProcess(t, "--etcd", b.member.address, "--heartbeat", "100ms", "--grace", "1s")
	b.client = b.p.connect(t)
	b.p.nodes(t, 3)
	testkit.Within(t, time.Minute, "the nodes are there", func() bool {
		return b.connected(t) == 3
	})
	b.publish(t, "one")
	return b
}

func (b *bench) connected(t *testing.T) uint32 {
	t.Helper()
	st, err := b.client.Status(deadline(t), &configpb.StatusRequest{})
	if err != nil {
		return 0
	}
	return st.GetConnected()
}

// publish publishes until it is good, and returns the revision.
func (b *bench) publish(t *testing.T, text string) uint64 {
	t.Helper()
	out := publish(t, b.client, &configpb.PublishRequest{
		Config: document(text), Rollout: steps(0), IfBusy: configpb.IfBusy_IF_BUSY_REPLACE,
	})
	if got, why := outcome(t, b.client, out.GetRevision(), 60*time.Second); got != "good" {
		t.Fatalf("%s is %s: %s", text, got, why)
	}
	return out.GetRevision()
}

func (b *bench) says(t *testing.T, text string) {
	t.Helper()
	testkit.Within(t, time.Minute, "it says: "+text, func() bool {
		return strings.Contains(b.p.Stderr(), text)
	})
}

// etcd is restored from a copy of yesterday. Config-sync says so and goes on from there: nodes get
// what is published next, under a revision above those that they have.
func TestAnEtcdThatWasRestored(t *testing.T) {
	b := newBench(t)
	data := ""
	for i, arg := range b.member.cmd.Args {
		if arg == "--data-dir" {
			data = b.member.cmd.Args[i+1]
		}
	}
	copyOf := filepath.Join(t.TempDir(), "copy")
	b.member.stopAnd(t, func() error { return os.CopyFS(copyOf, os.DirFS(data)) })
	var last uint64
	for _, text := range []string{"two", "three", "four"} {
		last = b.publish(t, text)
	}
	b.member.stopAnd(t, func() error {
		if err := os.RemoveAll(data); err != nil {
			return err
		}
		return os.CopyFS(data, os.DirFS(copyOf))
	})
	b.says(t, "the history went back")
	testkit.Within(t, time.Minute, "the nodes are back", func() bool {
		return b.connected(t) == 3
	})
	if next := b.publish(t, "five"); next <= last {
		t.Errorf("revision %d, and nodes have %d", next, last)
	}
}

// Somebody removes keys. What is published next is not kept waiting.
func TestKeysOfEtcdAreRemoved(t *testing.T) {
	b := newBench(t)
	last := b.publish(t, "two")
	c, err := clientv3.New(clientv3.Config{
		Endpoints: []string{b.member.address}, DialTimeout: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Delete(deadline(t), "gateway/config-sync/", clientv3.WithPrefix()); err != nil {
		t.Fatal(err)
	}
	b.says(t, "the history went back")
	testkit.Within(t, time.Minute, "the nodes are back", func() bool {
		return b.connected(t) == 3
	})
	if next := b.publish(t, "three"); next <= last {
		t.Errorf("revision %d, and nodes have %d", next, last)
	}
	// A snapshot alone: it can't be given to a node, and publishing it again mends that.
	if _, err := c.Delete(deadline(t), "gateway/config-sync/snapshots/",
		clientv3.WithPrefix()); err != nil {
		t.Fatal(err)
	}
	b.says(t, "can't be given to nodes")
	out := publish(t, b.client, &configpb.PublishRequest{Config: document("three")})
	if !out.GetUnchanged() {
		t.Errorf("it is published as revision %d", out.GetRevision())
	}
	b.publish(t, "four")
}
