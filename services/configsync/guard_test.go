package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// again starts config-sync on a folder where it must not start, and returns what it says.
func again(t *testing.T, folder string) string {
	t.Helper()
	path, err := testkit.ConfigsyncBinary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--listen", "127.0.0.1:0", "--admin", "off", "--store", folder)
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	err = cmd.Wait()
	if !late.Stop() || err == nil {
		t.Fatalf("it has started: %v\n%s", err, &out)
	}
	return out.String()
}

// One process has a folder, by whatever name it is called, and also when its lock was removed.
func TestASecondInstanceIsTurnedAway(t *testing.T) {
	t.Parallel()
	folder := store(t)
	p := newProcess(t, "--store", folder)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{folder, folder + "/.", link} {
		if said := again(t, name); !strings.Contains(said, "another process has it open") {
			t.Errorf("%s: %s", name, said)
		}
	}
	if err := os.Remove(filepath.Join(folder, "lock")); err != nil {
		t.Fatal(err)
	}
	if said := again(t, folder); !strings.Contains(said, "another process has it open") {
		t.Errorf("without the lock: %s", said)
	}
	publish(t, p.connect(t), &configpb.PublishRequest{Config: document("x")})
	_ = p.End(syscall.SIGKILL)
	p.Start(t) // the lock of a process that was killed is nobody's
	h, err := p.connect(t).History(deadline(t), &configpb.HistoryRequest{})
	if err != nil || len(h.GetRevisions()) != 1 {
		t.Errorf("after all that the history has %v, %v", h, err)
	}
}

// Damage of the history is said, and keeps it from starting.
func TestDamageIsSaid(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(journal string) error{
		"the journal is cut":     func(journal string) error { return os.Truncate(journal, 0) },
		"the journal is altered": func(journal string) error { return flip(journal, 30) },
		"the journal is gone":    os.Remove,
		"the head is altered": func(journal string) error {
			return flip(filepath.Join(filepath.Dir(journal), "head"), 3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := store(t)
			p := newProcess(t, "--store", folder)
			publish(t, p.connect(t), &configpb.PublishRequest{Config: document("x")})
			_ = p.End(syscall.SIGTERM)
			if err := damage(filepath.Join(folder, "journal")); err != nil {
				t.Fatal(err)
			}
			if said := again(t, folder); !strings.Contains(said, "the store is damaged") {
				t.Errorf("it says %s", said)
			}
		})
	}
}

func flip(file string, at int) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	data[at] ^= 1
	return os.WriteFile(file, data, 0o600)
}

// No document that has the size of one, and no number of them at once, takes config-sync's memory.
func TestHostileDocumentsTakeLittleMemory(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "--store", store(t))
	client := p.connect(t)
	const most, size = 400 << 20, 4 << 20
	for _, unit := range []string{`"`, `"":`, "- "} {
		text := []byte("{" + strings.Repeat(unit, (size-1)/len(unit)))
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				out, err := client.Publish(deadline(t), &configpb.PublishRequest{Config: text})
				if err == nil && out.GetRevision() != 0 {
					t.Errorf("%q is taken", unit)
				}
			})
		}
		group.Wait()
		if _, peak, err := p.Resident(); err != nil || peak > most {
			t.Fatalf("%q: %d MB, %v", unit, peak>>20, err)
		}
	}
	_, peak, _ := p.Resident() // it was asked before
	t.Logf("at most %d MB", peak>>20)
}
