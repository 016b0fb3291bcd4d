package testkit

import (
	"context"
	"encoding/xml"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// h2specCases is how many h2spec 2.6 has, strict ones included.
const h2specCases = 146

// H2Spec runs the conformance tests github.com/summerwind/h2spec against a server of HTTP/2 and
// fails the test unless every case passes.
func H2Spec(t testing.TB, address string, secure bool) {
	t.Helper()
	program := tool{pkg: "github.com/summerwind/h2spec/cmd/h2spec", env: "H2SPEC"}.need(t)
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(t.TempDir(), "report.xml")
	// -o is how long h2spec waits for an answer that has to come, in seconds.
	args := []string{"--strict", "-h", host, "-p", port, "-o", "5", "-j", report}
	if secure {
		args = append(args, "-t", "-k")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	passed, failed := countCases(t, report)
	if err != nil || passed != h2specCases || failed != 0 {
		t.Errorf("%d cases passed, %d failed, want %d and none (%v)\n%s", passed, failed,
			h2specCases, err, out)
	}
}

// countCases counts those of a report in the form of JUnit. What was skipped counts as neither.
func countCases(t testing.TB, file string) (passed, failed int) {
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
