package configstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A server is a real etcd of one member.
type server struct {
	dir, client, peer string
	cmd               *exec.Cmd
}

// startEtcd starts Debian's etcd. A machine without it skips; continuous integration has it.
func startEtcd(t *testing.T) *server {
	t.Helper()
	path, err := exec.LookPath("etcd")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("etcd is not installed, and here it has to be: apt-get install etcd-server")
		}
		t.Skip("etcd is not installed: apt-get install etcd-server")
	}
	s := &server{dir: t.TempDir(), client: freeAddress(t), peer: freeAddress(t)}
	s.start(t, path)
	t.Cleanup(func() { s.stop(syscall.SIGKILL) })
	return s
}

func (s *server) start(t *testing.T, path string) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "etcd.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.cmd = exec.Command(path, "--name", "one", "--data-dir", filepath.Join(s.dir, "data"),
		"--listen-client-urls", "http://"+s.client, "--advertise-client-urls", "http://"+s.client,
		"--listen-peer-urls", "http://"+s.peer, "--initial-advertise-peer-urls", "http://"+s.peer,
		"--initial-cluster", "one=http://"+s.peer, "--logger", "zap", "--log-outputs", "stderr")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	testkit.Within(t, 20*time.Second, "etcd listens", func() bool {
		c, err := net.DialTimeout("tcp", s.client, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

func (s *server) stop(signal os.Signal) {
	_ = s.cmd.Process.Signal(signal)
	_ = s.cmd.Wait()
}

// freeAddress is one that was free a moment ago: etcd has to be told its port before it listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

var prefixes atomic.Int64

func (s *server) open(t *testing.T, prefix string) Store {
	t.Helper()
	e, err := Etcd(EtcdOptions{Endpoints: []string{"http://" + s.client}, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

func TestEtcdIsAStore(t *testing.T) {
	t.Parallel()
	s := startEtcd(t)
	behaves(t, func(t *testing.T) Store {
		return s.open(t, fmt.Sprintf("test-%d", prefixes.Add(1)))
	})
}

func TestReplicasShareWhatIsInEtcd(t *testing.T) {
	t.Parallel()
	s := startEtcd(t)
	one, other, ctx := s.open(t, "shared"), s.open(t, "shared"), deadline(t)
	digest, err := one.Put(ctx, []byte("version: 1"))
	if err != nil {
		t.Fatal(err)
	}
	changed := other.Changed()
	if err := one.Append(ctx, 0, []byte("first")); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	case <-ctx.Done():
		t.Fatal("the other is not told")
	}
	if err := other.Append(ctx, 0, []byte("mine")); !errors.Is(err, ErrConflict) {
		t.Errorf("over another's entry: %v", err)
	}
	if got, err := other.Entries(ctx, 0); err != nil || len(got) != 1 || string(got[0]) != "first" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := other.Get(ctx, digest); err != nil || string(got) != "version: 1" {
		t.Errorf("%q, %v", got, err)
	}
	if err := one.Post(ctx, "one", []byte("here")); err != nil {
		t.Fatal(err)
	}
	if err := one.Close(); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	testkit.Within(t, 10*time.Second, "its posts go with it", func() bool {
		posts, err := other.Posts(ctx)
		return err == nil && len(posts) == 0
	})
}

func TestOneReplicaLeadsAndAnotherTakesOver(t *testing.T) {
	t.Parallel()
	s := startEtcd(t)
	one, other := s.open(t, "lead"), s.open(t, "lead")
	ctx, cancel := context.WithCancel(deadline(t))
	defer cancel()
	leads := make(chan string, 2)
	ended := make(chan struct{}, 2)
	run := func(s Store, name string) {
		_ = s.Lead(ctx, name, func(ctx context.Context) {
			leads <- name
			<-ctx.Done()
		})
		ended <- struct{}{}
	}
	go run(one, "one")
	if got := <-leads; got != "one" {
		t.Fatal(got)
	}
	go run(other, "other")
	select {
	case got := <-leads:
		t.Fatalf("%s leads too", got)
	case <-time.After(500 * time.Millisecond):
	}
	if err := one.Close(); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	select {
	case got := <-leads:
		if got != "other" {
			t.Fatal(got)
		}
	case <-ctx.Done():
		t.Fatal("nobody takes over")
	}
	cancel()
	<-ended
	<-ended
}

// While etcd is away calls fail in time with an error that names it; when it is back they work, on
// the same journal.
func TestEtcdGoesAndReturns(t *testing.T) {
	t.Parallel()
	s := startEtcd(t)
	e, ctx := s.open(t, "away"), deadline(t)
	if err := e.Append(ctx, 0, []byte("first")); err != nil {
		t.Fatal(err)
	}
	s.stop(syscall.SIGKILL)
	began := time.Now()
	if err := e.Append(ctx, 1, []byte("second")); err == nil {
		t.Fatal("appended to nothing")
	}
	if took := time.Since(began); took > 2*callTimeout {
		t.Errorf("it took %s to say so", took)
	}
	if e.Trouble() == nil {
		t.Error("no trouble is told")
	}
	s.start(t, s.cmd.Path)
	testkit.Within(t, 20*time.Second, "the journal goes on", func() bool {
		got, err := e.Entries(ctx, 0)
		if err != nil {
			return false
		}
		if err := e.Append(ctx, uint64(len(got)), []byte("third")); err != nil {
			return false
		}
		return string(got[0]) == "first"
	})
	if err := e.Trouble(); err != nil {
		t.Errorf("trouble: %v", err)
	}
}

// An etcd that has lost what a caller knows says so, whatever of it is lost.
func TestAnEtcdThatWentBackSaysSo(t *testing.T) {
	t.Parallel()
	s := startEtcd(t)
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{"http://" + s.client}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	for name, damage := range map[string]func(ctx context.Context, journal string) error{
		"the last": func(ctx context.Context, journal string) error {
			_, err := client.Delete(ctx, journal+fmt.Sprintf("%020d", 3))
			return err
		},
		"the first": func(ctx context.Context, journal string) error {
			_, err := client.Delete(ctx, journal+fmt.Sprintf("%020d", 1))
			return err
		},
		"one between": func(ctx context.Context, journal string) error {
			_, err := client.Delete(ctx, journal+fmt.Sprintf("%020d", 2))
			return err
		},
		"all": func(ctx context.Context, journal string) error {
			_, err := client.Delete(ctx, journal, clientv3.WithPrefix())
			return err
		},
		"a text": func(ctx context.Context, journal string) error {
			_, err := client.Put(ctx, journal+fmt.Sprintf("%020d", 3), "other")
			return err
		},
	} {
		prefix, ctx := fmt.Sprintf("back-%d", prefixes.Add(1)), deadline(t)
		store, reader := s.open(t, prefix), s.open(t, prefix)
		for i, text := range []string{"one", "two", "three"} {
			if err := store.Append(ctx, uint64(i), []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		for _, who := range []Store{store, reader} {
			if _, err := who.Entries(ctx, 0); err != nil {
				t.Fatal(err)
			}
			if more, err := who.Entries(ctx, 3); err != nil || len(more) > 0 {
				t.Errorf("%s, before: %q, %v", name, more, err)
			}
		}
		if err := damage(ctx, prefix+"/journal/"); err != nil {
			t.Fatal(err)
		}
		for range 2 { // until it is read again
			for _, who := range []Store{store, reader} {
				if got, err := who.Entries(ctx, 3); !errors.Is(err, ErrWentBack) {
					t.Errorf("%s: %q, %v", name, got, err)
				}
			}
		}
	}
}
