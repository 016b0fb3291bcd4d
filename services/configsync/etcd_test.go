package main_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Three members of etcd, two replicas of config-sync, five edges under load. While a rollout runs
// etcd loses its leader, in the next one config-sync loses the replica that drives it: both
// rollouts end well, and no request is lost.
func TestLeadersAreLostWhileARolloutRuns(t *testing.T) {
	members := startEtcd(t, 3)
	a := newProcess(t, "--etcd", comma(addresses(members)), "--name", "a", "--heartbeat", "500ms")
	b := newProcess(t, "--etcd", comma(addresses(members)), "--name", "b", "--heartbeat", "500ms")
	client := map[string]configpb.ConfigSyncClient{"a": a.connect(t), "b": b.connect(t)}
	s := startSite(t, a.Address, b.Address)
	connected(t, client["a"])
	connected(t, client["b"])
	v1 := publish(t, client["a"], &configpb.PublishRequest{
		Config: s.config("v1", false), Rollout: steps(0),
	})
	if got, why := outcome(t, client["b"], v1.GetRevision(), 60*time.Second); got != "good" {
		t.Fatalf("the first is %s: %s", got, why)
	}
	s.load(t, "v1")

	v2 := publish(t, client["b"], &configpb.PublishRequest{
		Config: s.config("v2", false), Rollout: steps(4 * time.Second),
	})
	testkit.Within(t, time.Minute, "the first edge has it", func() bool {
		return len(s.touched("v2")) > 0
	})
	leader := etcdLeader(t, members)
	members[leader].kill()
	t.Logf("etcd's leader, member %d, is gone with %d edges on v2", leader, len(s.touched("v2")))
	if got, why := outcome(t, client["a"], v2.GetRevision(), 90*time.Second); got != "good" {
		t.Fatalf("with a member of etcd less: %s: %s", got, why)
	}
	s.all(t, 30*time.Second, "v2")

	// A replica's nodes are without config-sync for as long as it takes them to find the other.
	st, err := client["a"].Status(deadline(t), &configpb.StatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	drives, other := a, "b"
	if !st.GetLeader() {
		drives, other = b, "a"
	}
	v3 := publish(t, client[other], &configpb.PublishRequest{
		Config: s.config("v3", false), Rollout: steps(4 * time.Second),
	})
	testkit.Within(t, time.Minute, "the first edge has it", func() bool {
		return len(s.touched("v3")) > 0
	})
	_ = drives.End(syscall.SIGKILL)
	if got, why := outcome(t, client[other], v3.GetRevision(), 90*time.Second); got != "good" {
		t.Fatalf("without the replica that drove it: %s: %s", got, why)
	}
	s.all(t, 30*time.Second, "v3")
	s.intact(t)
}

// A member is one etcd of a cluster.
type member struct {
	address string
	cmd     *exec.Cmd
}

func (m *member) kill() {
	if m.cmd != nil {
		_ = m.cmd.Process.Kill()
		_ = m.cmd.Wait()
		m.cmd = nil
	}
}

// stopAnd does something while the member is stopped.
func (m *member) stopAnd(t *testing.T, do func() error) {
	t.Helper()
	_ = m.cmd.Process.Signal(syscall.SIGTERM)
	_ = m.cmd.Wait()
	if err := do(); err != nil {
		t.Fatal(err)
	}
	again := exec.Command(m.cmd.Path, m.cmd.Args[1:]...)
	if err := again.Start(); err != nil {
		t.Fatal(err)
	}
	m.cmd = again
	etcdLeader(t, []*member{m})
}

func addresses(members []*member) (all []string) {
	for _, m := range members {
		all = append(all, m.address)
	}
	return all
}

// startEtcd runs a cluster, until the end of the test.
func startEtcd(t *testing.T, count int) []*member {
	t.Helper()
	path, err := exec.LookPath("etcd")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("etcd is not installed, and here it has to be: apt-get install etcd-server")
		}
		t.Skip("etcd is not installed: apt-get install etcd-server")
	}
	var members []*member
	var peers, cluster []string
	for i := range count {
		members = append(members, &member{address: unused(t)})
		peers = append(peers, "http://"+unused(t))
		cluster = append(cluster, fmt.Sprintf("m%d=%s", i, peers[i]))
	}
	for i, m := range members {
		dir := t.TempDir()
		log, err := os.Create(filepath.Join(dir, "log"))
		if err != nil {
			t.Fatal(err)
		}
		m.cmd = exec.Command(path, "--name", fmt.Sprintf("m%d", i), "--data-dir",
			filepath.Join(dir, "data"),
			"--listen-client-urls", "http://"+m.address, "--advertise-client-urls",
			"http://"+m.address,
			"--listen-peer-urls", peers[i], "--initial-advertise-peer-urls", peers[i],
			"--initial-cluster", strings.Join(cluster, ","), "--heartbeat-interval", "100",
			"--election-timeout", "1000")
		m.cmd.Stdout, m.cmd.Stderr = log, log
		err = m.cmd.Start()
		_ = log.Close()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.kill)
	}
	etcdLeader(t, members)
	return members
}

// etcdLeader waits until the members have a leader, and returns which it is.
func etcdLeader(t *testing.T, members []*member) (leader int) {
	t.Helper()
	c, err := clientv3.New(clientv3.Config{
		Endpoints: addresses(members), DialTimeout: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	testkit.Within(t, time.Minute, "etcd has a leader", func() bool {
		for i, m := range members {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			st, err := c.Status(ctx, m.address)
			cancel()
			if err == nil && st.Leader != 0 && st.Leader == st.Header.GetMemberId() {
				leader = i
				return true
			}
		}
		return false
	})
	return leader
}
