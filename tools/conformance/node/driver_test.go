package node_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience bounds the whole run, of which a quiet machine needs a fraction.
const patience = 8 * time.Minute

// A line is one of what driver.js prints.
type line struct {
	Servers map[string]string `json:"servers"`
	Case    string            `json:"case"`
	Way     string            `json:"way"`
	OK      bool              `json:"ok"`
	Want    json.RawMessage   `json:"want"`
	Got     json.RawMessage   `json:"got"`
	Done    bool              `json:"done"`
}

// TestThePackagesSeeNoGateway runs every case of driver.js on every way. GATEWAY_TEST_CASES is a
// pattern for the names of some of them.
func TestThePackagesSeeNoGateway(t *testing.T) {
	t.Parallel()
	modules := packages(t)
	dir := t.TempDir()
	certify(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t, modules), "driver.js", dir,
		os.Getenv("GATEWAY_TEST_CASES"))
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	results := follow(t, out, func(servers map[string]string) {
		if err := json.NewEncoder(in).Encode(layWays(t, dir, servers)); err != nil {
			t.Errorf("tell the driver: %v", err)
		}
	})
	if err := cmd.Wait(); err != nil || results == nil {
		t.Fatalf("the driver did not come to its end: %v\n%s", err, &trouble)
	}
	if trouble.Len() > 0 {
		t.Logf("the driver's stderr:\n%s", &trouble)
	}
	report(t, results)
}

// follow reads what the driver prints. It is nil if the last line is missing.
func follow(t *testing.T, out io.Reader, begin func(map[string]string)) (results []line) {
	t.Helper()
	sc := bufio.NewScanner(out)
	sc.Buffer(nil, 64<<20)
	for sc.Scan() {
		var l line
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			t.Errorf("the driver printed %q: %v", sc.Text(), err)
			continue
		}
		switch {
		case l.Servers != nil:
			begin(l.Servers)
		case l.Done:
			return results
		default:
			results = append(results, l)
		}
	}
	return nil
}

// report makes a test of each way of each case.
func report(t *testing.T, results []line) {
	t.Helper()
	if len(results) == 0 {
		t.Fatal("no case was run")
	}
	for _, r := range results {
		t.Run(strings.ReplaceAll(filepath.Join(r.Case, r.Way), " ", "_"), func(t *testing.T) {
			if !r.OK {
				t.Errorf("straight:     %s\nthis way got: %s", clip(r.Want), clip(r.Got))
			}
		})
	}
	t.Logf("%d cases on their ways", len(results))
}

func clip(text []byte) []byte {
	const most = 3000
	if len(text) > most {
		return append(text[:most:most], "..."...)
	}
	return text
}
