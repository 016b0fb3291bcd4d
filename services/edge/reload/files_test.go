//go:build unix

package reload_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// refusal waits until the file was looked at and refused, and checks that the reason is to be seen
// everywhere.
func refusal(t *testing.T, r *edgetest.Reloadable, since int, reason admin.Reason) admin.Receipt {
	t.Helper()
	var last *admin.Receipt
	testkit.Within(t, edgetest.ReloadDeadline, "the file is refused", func() bool {
		last = r.Status(t).LastError
		return last != nil && last.ID > since && last.Reason == reason
	})
	if last.Trigger != admin.ByFile || last.Result != admin.Refused || last.Message == "" ||
		last.NewDigest != last.OldDigest {
		t.Errorf("the receipt is %+v", last)
	}
	if r.Reloads(t, admin.Refused, reason) == 0 {
		t.Error("the metric does not count it")
	}
	testkit.Eventually(t, "the log tells of it", func() bool {
		return strings.Contains(r.Stderr(), "reload: refused: "+last.Message)
	})
	return *last
}

// newest is the number of the last receipt.
func newest(t *testing.T, r *edgetest.Reloadable) int {
	t.Helper()
	if all := r.Status(t).Reloads; len(all) > 0 {
		return all[0].ID
	}
	return 0
}

// becomes waits until a mark is in force.
func becomes(t *testing.T, r *edgetest.Reloadable, c *testkit.Client, want string) {
	t.Helper()
	testkit.Within(t, edgetest.ReloadDeadline, "the new configuration is in force", func() bool {
		return edgetest.MarkOf(t, c) == want
	})
}

func TestAFileThatCannotBeUsedLeavesThePlanUntouched(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		reason admin.Reason
		spoil  func(t *testing.T, file, good string)
		code   string
		placed bool // the problem has a position
	}{
		{"no YAML", admin.ReasonInvalid, func(t *testing.T, file, _ string) {
			overwrite(t, file, "listeners: [\n")
		}, config.CodeSyntax, true},
		{"a key that is none", admin.ReasonInvalid, func(t *testing.T, file, good string) {
			overwrite(t, file, good+"\nlistener: []\n")
		}, config.CodeUnknownKey, true},
		{"a cluster that is none", admin.ReasonInvalid, func(t *testing.T, file, good string) {
			overwrite(t, file, strings.ReplaceAll(good, "cluster: up", "cluster: upp"))
		}, config.CodeCluster, true},
		{"empty", admin.ReasonInvalid, func(t *testing.T, file, _ string) {
			overwrite(t, file, "")
		}, "", false},
		{"binary", admin.ReasonInvalid, func(t *testing.T, file, _ string) {
			overwrite(t, file, "\x7fELF\x00\x01\xff\xfe")
		}, config.CodeEncoding, false},
		{"deleted", admin.ReasonRead, func(t *testing.T, file, _ string) {
			edgetest.Must(t, os.Remove(file))
		}, config.CodeRead, false},
		{"a folder", admin.ReasonRead, func(t *testing.T, file, _ string) {
			edgetest.Must(t, os.Remove(file))
			edgetest.Must(t, os.Mkdir(file, 0o755))
		}, config.CodeRead, false},
		{"a link to nowhere", admin.ReasonRead, func(t *testing.T, file, _ string) {
			edgetest.Must(t, os.Remove(file))
			edgetest.Must(t, os.Symlink("nowhere.yaml", file))
		}, config.CodeRead, false},
		{"a link to itself", admin.ReasonRead, func(t *testing.T, file, _ string) {
			edgetest.Must(t, os.Remove(file))
			edgetest.Must(t, os.Symlink(filepath.Base(file), file))
		}, config.CodeRead, false},
		{"unreadable", admin.ReasonRead, func(t *testing.T, file, _ string) {
			if os.Geteuid() == 0 {
				t.Skip("root reads everything")
			}
			edgetest.Must(t, os.Chmod(file, 0))
		}, config.CodeRead, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			up := testkit.NewUpstream(t, edgetest.Echoing)
			good := edgetest.Marked(up.Addr(), "good")
			e := edgetest.StartReloadable(t, good)
			c, tunnel := testkit.Dial(t, e.Addr("public")), edgetest.OpenEcho(t, e.Addr("public"))
			digest := e.Status(t).Digest

			test.spoil(t, e.File, good)
			last := refusal(t, e, 0, test.reason)
			if len(last.Problems) == 0 {
				t.Fatalf("no problem is named: %+v", last)
			}
			p := last.Problems[0]
			if test.code != "" && p.Code != test.code {
				t.Errorf("the problem is %s, want %s", p, test.code)
			}
			if p.File != e.File || test.placed && (p.Line == 0 || p.Column == 0) {
				t.Errorf("the problem's place is %s:%d:%d", p.File, p.Line, p.Column)
			}
			testkit.Eventually(t, "the log has the problem", func() bool {
				return strings.Contains(e.Stderr(), p.Code)
			})
			if got := e.Status(t).Digest; got != digest {
				t.Errorf("the digest in force is %s, was %s", got, digest)
			}
			if got := edgetest.MarkOf(t, c); got != "good" {
				t.Errorf("plan %q is in force", got)
			}
			if err := edgetest.Echoes(tunnel, "still here"); err != nil {
				t.Error(err)
			}

			// A caller of POST /reload is told the same, and at once.
			if status, receipt := e.Post(t, "/reload"); status != 422 ||
				receipt.Reason != test.reason || len(receipt.Problems) != len(last.Problems) {
				t.Errorf("POST /reload is answered %d %+v", status, receipt)
			}
			// The file comes back as it was: nothing to do, and nothing wrong any more.
			_ = os.RemoveAll(e.File)
			e.Replace(t, good)
			testkit.Within(t, edgetest.ReloadDeadline, "nothing is wrong any more", func() bool {
				return e.Status(t).LastError == nil
			})
			// And changed: taken.
			e.Replace(t, edgetest.Marked(up.Addr(), "better"))
			becomes(t, e, c, "better")
			if err := edgetest.Echoes(tunnel, "still here too"); err != nil {
				t.Error(err)
			}
		})
	}
}

// A file that changes while the edge starts, after it was read and before it is watched, is not
// overlooked.
func TestAChangeDuringTheStartIsTaken(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	for range 10 {
		e := edgetest.StartReloadable(t, edgetest.Marked(up.Addr(), "old"))
		// the startup lines come before all of it runs
		e.Replace(t, edgetest.Marked(up.Addr(), "new"))
		becomes(t, e, testkit.Dial(t, e.Addr("public")), "new")
		e.Kill()
	}
}

// overwrite writes into the file that is there, as a shell does.
func overwrite(t *testing.T, file, text string) {
	t.Helper()
	edgetest.Must(t, os.WriteFile(file, []byte(text), 0o600))
}

// A file that is copied slowly, in place, is looked at again and again; no part of it comes into
// force. The version, without which nothing is a configuration, is the last line.
func TestAHalfWrittenFileIsNeverTaken(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	e := edgetest.StartReloadable(t, edgetest.Marked(up.Addr(), "old"))
	next := edgetest.Marked(up.Addr(), "new")
	end := strings.LastIndex(next, "version: 1") + len("version: 1")

	f, err := os.OpenFile(e.File, os.O_WRONLY|os.O_TRUNC, 0)
	edgetest.Must(t, err)
	defer f.Close()
	const step = 37
	for i := 0; i < end-1; i += step {
		_, err := f.WriteString(next[i:min(i+step, end-1)])
		edgetest.Must(t, err)
		// Long enough to be looked at, if not each time.
		status, receipt := e.Post(t, "/reload")
		if status != 422 || receipt.Reason != admin.ReasonInvalid {
			t.Fatalf("%d of %d bytes are answered %d %s %s", i+step, len(next), status,
				receipt.Result, receipt.Reason)
		}
		// A new connection: each look may take ten seconds, and an idle one is closed.
		if got := edgetest.MarkOf(t, testkit.Dial(t, e.Addr("public"))); got != "old" {
			t.Fatalf("after %d of %d bytes plan %q is in force", i+step, len(next), got)
		}
	}
	testkit.Within(t, edgetest.ReloadDeadline, "the file is looked at unasked", func() bool {
		return slices.ContainsFunc(e.Status(t).Reloads, func(r admin.Receipt) bool {
			return r.Trigger == admin.ByFile && r.Result == admin.Refused
		})
	})
	_, err = f.WriteString(next[end-1:])
	edgetest.Must(t, err)
	becomes(t, e, testkit.Dial(t, e.Addr("public")), "new")
}

// Kubernetes mounts gateway.yaml -> ..data/gateway.yaml and ..data -> ..2026_11_23; an update is a
// new folder, and a new ..data renamed over the old one. The file and its own link are never
// touched.
func TestASymlinkSwapAsKubernetesDoesItIsTaken(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(t *testing.T, dir string) (put func(text string)){
		"ConfigMap": func(t *testing.T, dir string) func(string) {
			n := 0
			put := func(text string) {
				n++
				data := fmt.Sprintf("..2026_11_%02d", n)
				edgetest.Must(t, os.Mkdir(filepath.Join(dir, data), 0o755))
				edgetest.Must(t,
					os.WriteFile(filepath.Join(dir, data, "gateway.yaml"), []byte(text), 0o600))
				edgetest.Must(t, os.Symlink(data, filepath.Join(dir, "..data_tmp")))
				edgetest.Must(t,
					os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
				if n > 1 {
					edgetest.Must(t,
						os.RemoveAll(filepath.Join(dir, fmt.Sprintf("..2026_11_%02d", n-1))))
				}
			}
			return put
		},
		"release folders": func(t *testing.T, dir string) func(string) {
			n := 0
			return func(text string) {
				n++
				edgetest.Must(t,
					os.MkdirAll(filepath.Join(dir, "releases", strconv.Itoa(n)), 0o755))
				edgetest.Must(t,
					os.WriteFile(filepath.Join(dir, "releases", strconv.Itoa(n), "gateway.yaml"),
						[]byte(text), 0o600))
				edgetest.Must(t,
					os.Symlink(filepath.Join(dir, "releases", strconv.Itoa(n)),
						filepath.Join(dir, "tmp")))
				edgetest.Must(t, os.Rename(filepath.Join(dir, "tmp"), filepath.Join(dir, "..data")))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := testkit.NewUpstream(t, edgetest.Echoing)
			dir := t.TempDir()
			put := place(t, dir)
			first := edgetest.Marked(up.Addr(), "0")
			put(first)
			// RunEdge writes through the link what is there already.
			edgetest.Must(t,
				os.Symlink(filepath.Join("..data", "gateway.yaml"),
					filepath.Join(dir, "gateway.yaml")))
			e := edgetest.StartReloadableIn(t, dir, first)
			c := testkit.Dial(t, e.Addr("public"))
			for i := 1; i <= 5; i++ {
				put(edgetest.Marked(up.Addr(), strconv.Itoa(i)))
				becomes(t, e, c, strconv.Itoa(i))
			}
			testkit.Eventually(t, "each swap was one reload", func() bool {
				return e.Reloads(t, admin.Applied, admin.ReasonOK) == 5
			})
			for _, r := range e.Status(t).Reloads {
				if r.Result == admin.Refused {
					t.Errorf("refused: %+v", r)
				}
			}
		})
	}
}

// A file that is replaced all the time is taken now and then, never in part, and in the end.
func TestAFileReplacedAHundredTimesASecondIsTakenAtLast(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	e := edgetest.StartReloadable(t, edgetest.Marked(up.Addr(), "0"))
	l := &load{stop: make(chan struct{})}
	for i := range 4 {
		c := testkit.Dial(t, e.Addr("public"))
		l.every(time.Millisecond, fmt.Sprintf("client %d", i), func(int) error {
			l.requests.Add(1)
			if r := c.Exchange(quiet{t}, "GET", edgetest.Get); r.Status != 200 {
				return fmt.Errorf("%d %s", r.Status, r.Body)
			}
			return nil
		})
	}
	t.Cleanup(l.group.Wait)
	stop := sync.OnceFunc(func() { close(l.stop) })
	t.Cleanup(stop)

	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for i := 1; i <= 300; i++ {
		<-tick.C
		text := edgetest.Marked(up.Addr(), strconv.Itoa(i))
		if i%2 == 1 {
			text = "version: 1\nlisteners: [" // every other one is broken
		}
		e.Replace(t, text)
	}
	c := testkit.Dial(t, e.Addr("public"))
	becomes(t, e, c, "300")
	testkit.Eventually(t, "nothing is wrong any more", func() bool {
		return e.Status(t).LastError == nil
	})
	stop()
	l.group.Wait()
	for _, f := range l.failed() {
		t.Error(f)
	}
	if l.requests.Load() < 100 {
		t.Errorf("only %d requests", l.requests.Load())
	}
	// Looked at at least once a second, and not each time: a reload has its price.
	applied, refused := e.Reloads(t, admin.Applied, admin.ReasonOK),
		e.Reloads(t, admin.Refused, admin.ReasonInvalid)
	if n := applied + refused + e.Reloads(t, admin.Unchanged, admin.ReasonOK); n < 3 || n > 30 {
		t.Errorf("%d reloads for 300 files in 3 s", n)
	}
	t.Logf("%d requests; %d reloads applied, %d refused", l.requests.Load(), applied, refused)
}

// quiet is a test for helpers that run in other goroutines: it must not end them.
type quiet struct{ testing.TB }

func (q quiet) Fatalf(format string, args ...any) { q.Errorf(format, args...) }

func TestTheSameContentIsNoChange(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	text := edgetest.Marked(up.Addr(), "same")
	e := edgetest.StartReloadable(t, text)
	before := e.Status(t)
	seen := newest(t, e)
	for i, other := range []string{
		text,                         // another file with the same bytes
		"# a remark\n" + text + "\n", // other bytes that mean the same
	} {
		e.Replace(t, other)
		testkit.Within(t, edgetest.ReloadDeadline, "the file was looked at", func() bool {
			return newest(t, e) > seen
		})
		seen = newest(t, e)
		last := e.Status(t).Reloads[0]
		if last.Result != admin.Unchanged || last.Reason != admin.ReasonOK ||
			last.Trigger != admin.ByFile || last.OldDigest != last.NewDigest ||
			last.OldDigest != before.Digest {
			t.Errorf("file %d: %+v", i, last)
		}
	}
	if status, receipt := e.Post(t, "/reload"); status != 200 ||
		receipt.Result != admin.Unchanged || receipt.Trigger != admin.ByAPI {
		t.Errorf("POST /reload is answered %d %+v", status, receipt)
	}
	if n := e.Reloads(t, admin.Applied, admin.ReasonOK); n != 0 {
		t.Errorf("%d plans were put in force", n)
	}
	// There is nothing to roll back to: nothing was replaced.
	if status, receipt := e.Post(t, "/rollback"); status != 409 ||
		receipt.Reason != admin.ReasonNothing {
		t.Errorf("POST /rollback is answered %d %s", status, receipt.Reason)
	}
}

// A file that is touched all the time, or a neighbour that is written to, costs little: the folder
// of a configuration may be that of a log as well.
func TestABusyNeighbourCostsNoReload(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	e := edgetest.StartReloadable(t, edgetest.Marked(up.Addr(), "0"))
	log, err := os.Create(filepath.Join(filepath.Dir(e.File), "other.log"))
	edgetest.Must(t, err)
	defer log.Close()
	var lines atomic.Int64
	cpu := e.Metrics(t)["process_cpu_seconds_total"]
	for start := time.Now(); time.Since(start) < time.Second; lines.Add(1) {
		_, err := log.WriteString("a line\n")
		edgetest.Must(t, err)
	}
	m := e.Metrics(t)
	if n := newest(t, e); n != 0 {
		t.Errorf("%d reloads for a file that is none of its business", n)
	}
	t.Logf("%d lines beside the configuration cost %.2f s of processor time", lines.Load(),
		m["process_cpu_seconds_total"]-cpu)
	e.Replace(t, edgetest.Marked(up.Addr(), "1"))
	becomes(t, e, testkit.Dial(t, e.Addr("public")), "1")
}
