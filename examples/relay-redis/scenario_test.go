// Package relayredis_test runs Redis behind the relay, with redis-cli as the client.
package relayredis_test

import (
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/examples/servers"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// A site is a Redis and its replica with the relay before them.
type site struct {
	cli            string
	first, replica *servers.Server
	relay          *exampletest.Edge
}

func start(t *testing.T) *site {
	t.Helper()
	s := &site{cli: exampletest.Find(t, "redis-cli")}
	run := func(options ...string) *servers.Server {
		server, err := servers.Redis(t.Context(), "127.0.0.1:0", options...)
		exampletest.Need(t, err)
		t.Cleanup(func() {
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
			if t.Failed() {
				t.Logf("the server at %s:\n%s", server.Address, server.Printed())
			}
		})
		return server
	}
	s.first = run()
	host, port, err := net.SplitHostPort(s.first.Address)
	if err != nil {
		t.Fatal(err)
	}
	s.replica = run("--replicaof", host, port, "--repl-diskless-sync-delay", "0")
	s.relay = exampletest.StartRelay(t, "127.0.0.1:7379", map[string]string{
		"127.0.0.1:6380": s.first.Address, "127.0.0.1:6381": s.replica.Address,
	})
	return s
}

// client is the command line of redis-cli for an address.
func (s *site) client(t *testing.T, address string, more ...string) []string {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{s.cli, "-h", host, "-p", port}, more...)
}

// ask runs a command on a connection of its own through the relay.
func (s *site) ask(t *testing.T, command ...string) string {
	t.Helper()
	out, err := exampletest.Output(t, nil, s.client(t, s.relay.Addr("redis"), command...)...)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return out
}

// straight is ask without the relay.
func (s *site) straight(t *testing.T, server *servers.Server, command ...string) string {
	t.Helper()
	out, err := exampletest.Output(t, nil, s.client(t, server.Address, command...)...)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return out
}

func TestRedisBehindTheRelay(t *testing.T) {
	s := start(t)
	if got := s.ask(t, "SET", "greeting", "hello"); got != "OK" {
		t.Fatal(got)
	}
	if got := s.ask(t, "GET", "greeting"); got != "hello" {
		t.Fatal(got)
	}
	t.Run("a pipeline of a hundred thousand commands", s.pipeline)
	t.Run("values of megabytes", s.large)
	t.Run("subscribers outlive a reload", s.subscriber)
	t.Run("failing over takes an edit", s.failover)
	t.Run("a drain waits for who waits", s.drain)
}

func (s *site) pipeline(t *testing.T) {
	const commands = 100_000
	var all strings.Builder
	for range commands {
		all.WriteString("*2\r\n$4\r\nINCR\r\n$7\r\ncounter\r\n")
	}
	out, err := exampletest.Output(t, strings.NewReader(all.String()),
		s.client(t, s.relay.Addr("redis"), "--pipe")...)
	if err != nil || !strings.Contains(out, fmt.Sprintf("errors: 0, replies: %d", commands)) {
		t.Errorf("%s, %v", out, err)
	}
	if got := s.ask(t, "GET", "counter"); got != fmt.Sprint(commands) {
		t.Errorf("the counter is at %s", got)
	}
}

func (s *site) large(t *testing.T) {
	value := strings.Repeat("0123456789abcdef", 2<<20/16)
	for i := range 4 {
		key := fmt.Sprint("large:", i)
		if out, err := exampletest.Output(t, strings.NewReader(value),
			s.client(t, s.relay.Addr("redis"), "-x", "SET", key)...); err != nil || out != "OK" {
			t.Fatalf("%s, %v", out, err)
		}
		if got := s.ask(t, "GET", key); got != value {
			t.Errorf("%d bytes went in, and %d others came out", len(value), len(got))
		}
	}
}

// subscriber publishes before and after a reload to a client that has subscribed before.
func (s *site) subscriber(t *testing.T) {
	c := exampletest.StartProgram(t, s.client(t, s.relay.Addr("redis"), "SUBSCRIBE", "news")...)
	c.Expect(t, "subscribe", "news", "1")
	publish := func(what string) {
		t.Helper()
		if got := s.ask(t, "PUBLISH", "news", what); got != "1" {
			t.Errorf("%s subscribers heard %q", got, what)
		}
		c.Expect(t, "message", "news", what)
	}
	publish("before")
	before := s.relay.Status(t).Digest
	s.relay.Edit(t, "connect: 2s", "connect: 3s")
	s.relay.Reload(t)
	if s.relay.Status(t).Digest == before {
		t.Fatal("nothing was reloaded")
	}
	publish("after")
}

// failover kills the server, and moves everybody to its replica.
func (s *site) failover(t *testing.T) {
	want := s.ask(t, "DBSIZE")
	testkit.Eventually(t, "the replica has everything", func() bool {
		return s.straight(t, s.replica, "DBSIZE") == want
	})
	c := exampletest.StartProgram(t, s.client(t, s.relay.Addr("redis"), "SUBSCRIBE", "news")...)
	c.Expect(t, "subscribe", "news", "1")
	s.first.Kill()
	// A subscriber would connect anew for ever; its session at least has ended.
	testkit.Eventually(t, "nobody gets anywhere", func() bool {
		out, err := exampletest.Output(t, nil, s.client(t, s.relay.Addr("redis"), "PING")...)
		return err != nil || out != "PONG"
	})
	testkit.Eventually(t, "the log says why", func() bool {
		return strings.Contains(s.relay.Stdout(), `"close_reason":"connect_failed"`)
	})
	if got := s.straight(t, s.replica, "REPLICAOF", "NO", "ONE"); got != "OK" {
		t.Fatal(got)
	}
	s.relay.Edit(t, s.first.Address+", weight: 1", s.first.Address+", weight: 0",
		s.replica.Address+", weight: 0", s.replica.Address+", weight: 1")
	s.relay.Reload(t)
	if got := s.ask(t, "GET", "greeting"); got != "hello" {
		t.Errorf("the replica has %q", got)
	}
	if got := s.ask(t, "SET", "greeting", "again"); got != "OK" {
		t.Error(got)
	}
}

// drain stops the relay while a client waits for an element of a list.
func (s *site) drain(t *testing.T) {
	c := exampletest.StartProgram(t, s.client(t, s.relay.Addr("redis"), "BLPOP", "jobs", "20")...)
	testkit.Eventually(t, "somebody waits", func() bool {
		return strings.Contains(s.straight(t, s.replica, "CLIENT", "LIST"), "cmd=blpop")
	})
	if err := s.relay.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "new sessions are refused", func() bool {
		_, err := exampletest.Output(t, nil, s.client(t, s.relay.Addr("redis"), "PING")...)
		return err != nil && strings.Contains(err.Error(), "refused")
	})
	s.straight(t, s.replica, "RPUSH", "jobs", "one")
	c.Expect(t, "jobs", "one")
	if rest, err := c.End(); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
	if code := s.relay.Wait(t, 20*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
