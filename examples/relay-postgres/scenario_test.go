// Package relaypostgres_test runs PostgreSQL behind the relay, with psql as the client.
package relaypostgres_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/examples/servers"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// A site is two servers with the relay before them.
type site struct {
	psql     string
	one, two *servers.Server
	relay    *exampletest.Edge
}

func start(t *testing.T) *site {
	t.Helper()
	s := &site{psql: exampletest.Find(t, "psql")}
	var wg sync.WaitGroup
	var errs [2]error
	for i, into := range []**servers.Server{&s.one, &s.two} {
		wg.Go(func() { *into, errs[i] = servers.Postgres(t.Context(), "127.0.0.1:0") })
	}
	wg.Wait()
	for _, server := range []*servers.Server{s.one, s.two} {
		if server != nil {
			t.Cleanup(func() {
				if err := server.Stop(); err != nil {
					t.Error(err)
				}
				if t.Failed() {
					t.Logf("the server at %s:\n%s", server.Address, server.Printed())
				}
			})
		}
	}
	for _, err := range errs {
		exampletest.Need(t, err)
	}
	s.relay = exampletest.StartRelay(t, "127.0.0.1:6432", map[string]string{
		"127.0.0.1:5433": s.one.Address, "127.0.0.1:5434": s.two.Address,
	})
	return s
}

// client is the command line of psql for an address, with nothing in the output but values.
func (s *site) client(address string, more ...string) []string {
	url := fmt.Sprintf("postgresql://%s@%s/postgres?connect_timeout=10", servers.PostgresUser,
		address)
	return append([]string{
		s.psql, "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1",
		url,
	}, more...)
}

// ask runs a statement in a session of its own through the relay.
func (s *site) ask(t *testing.T, statement string) string {
	t.Helper()
	out, err := exampletest.Output(t, nil,
		s.client(s.relay.Addr("postgres"), "--command", statement)...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return out
}

// where is the statement that tells which server it is.
const where = "SELECT inet_server_port()"

// serves reports which server a port is.
func (s *site) serves(t *testing.T, port string) *servers.Server {
	t.Helper()
	for _, server := range []*servers.Server{s.one, s.two} {
		if strings.HasSuffix(server.Address, ":"+port) {
			return server
		}
	}
	t.Fatalf("a server at port %q answers", port)
	return nil
}

func TestSessionsAreSharedOut(t *testing.T) {
	s := start(t)
	count := map[*servers.Server]int{}
	for range 10 {
		count[s.serves(t, s.ask(t, where))]++
	}
	if count[s.one] != 5 || count[s.two] != 5 {
		t.Errorf("%d sessions went to one server and %d to the other", count[s.one], count[s.two])
	}
	t.Run("megabytes go in and out whole", s.copies)
	t.Run("a transaction outlives a reload", s.transaction)
	t.Run("a server that crashes is passed over", s.crash)
	t.Run("a drain lets a transaction finish", s.drain)
}

// copies brings a table of some megabytes in with COPY, and out again.
func (s *site) copies(t *testing.T) {
	const rows = 200_000
	var data bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&data, "%d\t%x\n", i, sha256.Sum256(fmt.Append(nil, i)))
	}
	want := sha256.Sum256(data.Bytes())
	size := data.Len()
	// In one session, as the table is only on one of the servers.
	script := "CREATE TABLE sums (n int, sum text);\n\\copy sums FROM pstdin\n"
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/in.sql",
		[]byte(script+"\\copy (SELECT * FROM sums ORDER BY n) TO '"+dir+
			"/out'\nDROP TABLE sums;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := exampletest.Output(t, &data,
		s.client(s.relay.Addr("postgres"), "--file", dir+"/in.sql")...); err != nil {
		t.Fatal(err)
	}
	out, err := os.ReadFile(dir + "/out")
	if err != nil {
		t.Fatal(err)
	}
	if got := sha256.Sum256(out); got != want {
		t.Errorf("%d bytes went in, and %d others came out", size, len(out))
	}
}

// transaction reloads in the middle of a transaction, with a configuration that gives its server no
// new sessions.
func (s *site) transaction(t *testing.T) {
	c := exampletest.StartProgram(t, s.client(s.relay.Addr("postgres"))...)
	c.Say(t,
		"BEGIN; CREATE TABLE kept (what text); INSERT INTO kept VALUES ('before the reload'); "+
			where+";")
	mine := s.serves(t, c.Hear(t))
	other := s.one
	if mine == s.one {
		other = s.two
	}
	before := s.relay.Status(t).Digest
	s.relay.Edit(t, "- address: "+mine.Address, "- {address: "+mine.Address+", weight: 0}")
	s.relay.Reload(t) // or the relay has noticed the change by itself already
	if s.relay.Status(t).Digest == before {
		t.Fatal("nothing was reloaded")
	}
	for range 4 {
		if at := s.serves(t, s.ask(t, where)); at != other {
			t.Errorf("a new session went to %s, which has no weight any more", at.Address)
		}
	}
	c.Say(t,
		"INSERT INTO kept VALUES ('after it'); COMMIT; SELECT count(*) FROM kept; DROP TABLE kept;")
	c.Expect(t, "2")
	if rest, err := c.End(); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
	s.relay.Edit(t, "- {address: "+mine.Address+", weight: 0}", "- address: "+mine.Address)
	s.relay.Reload(t)
}

// crash kills a server: its sessions break, and no new one notices.
func (s *site) crash(t *testing.T) {
	c := exampletest.StartProgram(t, s.client(s.relay.Addr("postgres"))...)
	c.Say(t, where+";")
	broken := s.serves(t, c.Hear(t))
	broken.Kill()
	c.Say(t, "SELECT 'still here';")
	rest, err := c.End()
	if err == nil || strings.Contains(strings.Join(rest, "\n"), "still here") {
		t.Errorf("a session of the server that crashed goes on: %q, %v", rest, err)
	}
	for range 12 {
		if at := s.serves(t, s.ask(t, where)); at == broken {
			t.Fatal("a server that is gone answers")
		}
	}
	testkit.Eventually(t, "the log tells why sessions ended", func() bool {
		log := s.relay.Stdout()
		return strings.Contains(log, `"close_reason":"client_closed"`) &&
			(strings.Contains(log, `"close_reason":"upstream_closed"`) ||
				strings.Contains(log, `"close_reason":"upstream_reset"`))
	})
}

// drain stops the relay in the middle of a transaction.
func (s *site) drain(t *testing.T) {
	c := exampletest.StartProgram(t, s.client(s.relay.Addr("postgres"))...)
	c.Say(t, "BEGIN; SELECT 'begun';")
	c.Expect(t, "begun")
	if err := s.relay.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "new sessions are refused", func() bool {
		_, err := exampletest.Output(t, nil,
			s.client(s.relay.Addr("postgres"), "--command", "SELECT 1")...)
		return err != nil && strings.Contains(err.Error(), "refused")
	})
	c.Say(t, "COMMIT; SELECT 'committed';")
	c.Expect(t, "committed")
	if rest, err := c.End(); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
	if code := s.relay.Wait(t, 20*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
