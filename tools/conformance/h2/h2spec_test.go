package h2_test

import (
	"context"
	"encoding/xml"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// h2specCases is how many h2spec has, strict ones included.
const h2specCases = 146

// page is what the origin answers everything with. It is longer than a few bytes, for h2spec looks how a window is used up.
const page = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 44\r\n\r\nhello, here are some bytes for the windows\n\n"

func TestH2specPassesAllCasesThroughTheEdge(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(page))
	f := testkit.StartFront(t, testkit.NewAuthority(t), testkit.Origin{Address: up.Addr()})
	tool := testkit.H2Spec(t)
	for listener, flags := range map[string][]string{"h2c": nil, "tls": {"-t", "-k"}} {
		t.Run(listener, func(t *testing.T) {
			t.Parallel()
			report := filepath.Join(t.TempDir(), "report.xml")
			_, port, err := net.SplitHostPort(f.Addr(listener))
			if err != nil {
				t.Fatal(err)
			}
			// -o is how long h2spec waits for an answer that has to come, in seconds.
			args := append([]string{"--strict", "-h", "127.0.0.1", "-p", port, "-o", "5", "-j", report}, flags...)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, tool, args...).CombinedOutput()
			passed, failed := countCases(t, report)
			if err != nil || passed != h2specCases || failed != 0 {
				t.Errorf("%d cases passed, %d failed, want %d and none (%v)\n%s", passed, failed, h2specCases, err, out)
			}
		})
	}
}

// countCases counts those of a report in the form of JUnit. What was skipped counts as neither.
func countCases(t *testing.T, file string) (passed, failed int) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Suites []struct {
			Cases []struct {
				Failure *struct{} `xml:"failure"`
				Error   *struct{} `xml:"error"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(raw, &report); err != nil {
		t.Fatal(err)
	}
	for _, s := range report.Suites {
		for _, c := range s.Cases {
			switch {
			case c.Failure != nil || c.Error != nil:
				failed++
			case c.Skipped == nil:
				passed++
			}
		}
	}
	return passed, failed
}
