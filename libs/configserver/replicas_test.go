package configserver_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configserver"
	"github.com/gatewayhomebrew/gateway/libs/configstore"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Two replicas serve one fleet; the one that leads goes away while a rollout runs, and then etcd
// does, and comes back.
func TestReplicasGoOnWithARolloutThatTheirLeaderHasBegun(t *testing.T) {
	t.Parallel()
	server, restart := etcd(t)
	open := func() configstore.Store {
		s, err := configstore.Etcd(configstore.EtcdOptions{Endpoints: []string{"http://" + server}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	stores := []configstore.Store{open(), open()}
	var replicas []*replica
	for i, s := range stores {
		replicas = append(replicas, start(t, s, nil, func(o *configserver.Options) {
			o.Name = fmt.Sprintf("replica-%d", i)
			o.Settings.LostAfter, o.Settings.Grace = 20*time.Second, 20*time.Second
		}))
	}
	nodes := fleet(t, 6, replicas[0].address, replicas[1].address)
	testkit.Within(t, 15*time.Second, "each replica knows all nodes", func() bool {
		for _, r := range replicas {
			if st, err := r.client.Status(deadline(t), &configpb.StatusRequest{}); err != nil ||
				st.GetConnected() != 6 {
				return false
			}
		}
		return true
	})
	a := replicas[1].publish(t, &configpb.PublishRequest{Config: document("a")})
	replicas[0].becomes(t, a.GetRevision(), "good")
	testkit.Eventually(t, "all run it", all(nodes, a.GetDigest()))
	bad := replicas[0].publish(t, &configpb.PublishRequest{
		Config: document("fail: 5xx"), Rollout: steps(30 * time.Second),
	})
	replicas[1].becomes(t, bad.GetRevision(), "undone")
	testkit.Eventually(t, "all are back", all(nodes, a.GetDigest()))

	leader, other := replicas[0], replicas[1]
	if st, err := other.client.Status(deadline(t), &configpb.StatusRequest{}); err != nil {
		t.Fatal(err)
	} else if st.GetLeader() {
		leader, other = other, leader
	}
	b := other.publish(t, &configpb.PublishRequest{
		Config: document("b"), Rollout: steps(2 * time.Second),
		IfBusy: configpb.IfBusy_IF_BUSY_WAIT,
	})
	other.becomes(t, b.GetRevision(), "rolling")
	leader.stop()
	for i, r := range replicas {
		if r == leader {
			_ = stores[i].Close()
		}
	}
	// Half of the nodes have nobody to go to, and are lost: what has reached none of them goes on,
	// what has is taken back.
	testkit.Within(t, time.Minute, "the rollout ends", func() bool {
		got := other.outcome(t, b.GetRevision()).GetOutcome()
		return got == "good" || got == "undone"
	})
	restart()
	testkit.Within(t, 30*time.Second, "the history is there again", func() bool {
		return other.server.Ready() == nil &&
			other.outcome(t, a.GetRevision()).GetOutcome() == "good"
	})
	c := other.publish(t, &configpb.PublishRequest{
		Config: document("c"), IfBusy: configpb.IfBusy_IF_BUSY_REPLACE,
	})
	if c.GetRevision() <= b.GetRevision() {
		t.Errorf("revision %d after %d", c.GetRevision(), b.GetRevision())
	}
}

// etcd starts one, and returns its address and what kills it and starts it again on the same data.
func etcd(t *testing.T) (address string, restart func()) {
	t.Helper()
	path, err := exec.LookPath("etcd")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("etcd is not installed, and here it has to be: apt-get install etcd-server")
		}
		t.Skip("etcd is not installed: apt-get install etcd-server")
	}
	dir := t.TempDir()
	address, peer := free(t), free(t)
	var cmd *exec.Cmd
	run := func() {
		log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY,
			0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		cmd = exec.Command(path, "--name", "one", "--data-dir", filepath.Join(dir, "data"),
			"--listen-client-urls", "http://"+address, "--advertise-client-urls", "http://"+address,
			"--listen-peer-urls", "http://"+peer, "--initial-advertise-peer-urls", "http://"+peer,
			"--initial-cluster", "one=http://"+peer)
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		testkit.Within(t, 20*time.Second, "etcd listens", func() bool {
			c, err := net.DialTimeout("tcp", address, time.Second)
			if err == nil {
				_ = c.Close()
			}
			return err == nil
		})
	}
	kill := func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	run()
	t.Cleanup(kill)
	return address, func() { kill(); run() }
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
