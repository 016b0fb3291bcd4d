package http2_test

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

// h2specCases is how many h2spec 2.6 has, strict ones included.
const h2specCases = 146

// TestH2spec runs the conformance suite github.com/summerwind/h2spec.
func TestH2spec(t *testing.T) {
	tool := testkit.H2Spec(t)
	for name, secure := range map[string]bool{"h2c": false, "tls": true} {
		t.Run(name, func(t *testing.T) {
			s := listen(t, hello, func(s *server) {
				if secure {
					withTLS(t, s)
				}
			})
			report := filepath.Join(t.TempDir(), "report.xml")
			_, port, _ := net.SplitHostPort(s.addr())
			args := []string{"--strict", "-h", "127.0.0.1", "-p", port, "-o", "2", "-j", report}
			if secure {
				args = append(args, "-t", "-k")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, tool, args...).CombinedOutput()
			passed, failed := readReport(t, report)
			if err != nil || passed != h2specCases || failed != 0 {
				t.Errorf("%d passed, %d failed, want %d and 0 (%v)\n%s", passed, failed, h2specCases, err, out)
			}
		})
	}
}

// readReport counts the cases of a report in the form of JUnit.
func readReport(t *testing.T, path string) (passed, failed int) {
	t.Helper()
	raw, err := os.ReadFile(path)
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
