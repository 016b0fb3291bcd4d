package node

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/sample"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// starts is how many are tried; by hand: go test ./libs/node -run Starts -starts 10000.
var starts = flag.Int("starts", 200, "how many random configurations are started")

// What config validate takes can be started: sockets, certificates, logs and gossip included. Only
// what the machine alone knows may stand against it.
func TestWhatValidatesStarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	authority := testkit.NewAuthority(t)
	authority.Leaf(t, nil, "a.test").Write(t, dir, "a")
	authority.Leaf(t, nil, "*.b.test").Write(t, dir, "b")
	write(t, dir, "ca.pem", string(authority.PEM))
	write(t, dir, "text.pem", "no certificate\n")
	names := sample.Files{
		Certificates: []string{"a.pem", "b.pem"}, Keys: []string{"a.key", "b.key"},
		Authorities: []string{"ca.pem"},
		Others:      []string{"text.pem", "none.pem", "a.key", "a.pem"},
	}
	file, started, excused, tried := filepath.Join(dir, "gateway.json"), 0, 0, 0
	for started+excused < *starts {
		if tried++; tried > 100**starts {
			t.Fatalf("only %d of %d are valid: that proves little", started, tried)
		}
		text := anyPort(t, sample.Document(rand.New(rand.NewPCG(uint64(tried), 33)), names))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := config.Load(file)
		// A node of a fleet waits for what is published; without listeners it is healthagg's file.
		if err != nil || d.ConfigSync != nil || len(d.Listeners) == 0 {
			continue
		}
		switch err := startAndStop(t, file, d); {
		case machines(err):
			excused++
		case err != nil:
			t.Errorf("document %d validates, and does not start: %v\n%s", tried, err, text)
			excused++
		default:
			started++
		}
	}
	t.Logf("%d of %d documents are valid and started, %d more met this machine", started, tried,
		excused)
	if excused > *starts/10 {
		t.Errorf("%d did not start", excused)
	}
}

// anyPort gives every address that is listened on a free port: a random one may be taken. And it
// lets the node end when it is told to, which is all that is asked of its end here.
func anyPort(t *testing.T, text string) string {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	free := func(of any, key string) {
		m, _ := of.(map[string]any)
		address, _ := m[key].(string)
		if host, _, err := net.SplitHostPort(address); err == nil {
			m[key] = net.JoinHostPort(host, "0")
		}
	}
	listeners, _ := doc["listeners"].([]any)
	for _, l := range listeners {
		free(l, "address")
	}
	free(doc["admin"], "address")
	free(doc["admin"], "probes")
	if drain, ok := doc["drain"].(map[string]any); ok {
		delete(drain, "delay")
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// machines says that a start failed for what no configuration can know.
func machines(err error) bool {
	for _, known := range []error{
		syscall.EADDRINUSE, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT, syscall.EACCES,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// startAndStop runs a node with both engines until it serves, and ends it.
func startAndStop(t *testing.T, file string, d *config.Document) error {
	t.Helper()
	none := func(string) string { return "" }
	both := []string{config.ProtocolHTTP, config.ProtocolTCP}
	s := Settings{Config: file, Protocols: both}
	if err := s.Complete(none); err != nil {
		return err
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	var stderr text
	ctx, cancel := context.WithTimeout(t.Context(), 4*testkit.Deadline)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Options{
			Process: &program.Process{
				Name: "test", Log: log, Lines: program.NewLines("test", &stderr, program.Text),
				Stdout: io.Discard, Stderr: &stderr,
			},
			Protocols: both,
			Load:      func(p *config.Published) (config.Source, error) { return s.Load(none, p) },
		})
	}()
	last := d.Listeners[len(d.Listeners)-1].Name
	wait := time.NewTicker(time.Millisecond)
	defer wait.Stop()
	for !strings.Contains(stderr.String(), "listener "+last+":") {
		select {
		case err := <-done:
			if err == nil {
				err = errors.New("it ended by itself")
			}
			return err
		case <-ctx.Done():
			return errors.New("it never served:\n" + stderr.String())
		case <-wait.C:
		}
	}
	cancel()
	return <-done
}
