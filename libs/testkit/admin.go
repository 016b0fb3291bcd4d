package testkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// adminDeadline bounds a request to the admin API; a reload under load and under the race detector
// takes a while.
const adminDeadline = 30 * time.Second

// Ask sends a request without a body to the edge's admin API, and returns the answer. The
// connection is not kept.
func (e *Process) Ask(
	method, path string,
) (status int, header http.Header, body []byte, err error) {
	return e.ask("", method, path)
}

// Page asks the admin API as a browser does, which gets HTML where there is a page.
func (e *Process) Page(path string) (status int, page string, err error) {
	status, _, body, err := e.ask("text/html", http.MethodGet, path)
	return status, string(body), err
}

func (e *Process) ask(
	accept, method, path string,
) (status int, header http.Header, body []byte, err error) {
	r, err := http.NewRequest(method, "http://"+e.Addr("admin")+path, nil)
	if err != nil {
		return 0, nil, nil, err
	}
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	client := http.Client{
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: e.at.DialContext},
		Timeout:   adminDeadline,
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, body, err
}

// Decode asks the admin API and decodes its JSON answer into v; it fails the test when there is no
// answer.
func (e *Process) Decode(t testing.TB, method, path string, v any) (status int) {
	t.Helper()
	status, _, body, err := e.Ask(method, path)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if err := json.Unmarshal(body, v); err != nil {
		t.Fatalf("%s %s: status %d: %v: %.200s", method, path, status, err, body)
	}
	return status
}

// Metrics scrapes the edge. The key of a sample is written as Prometheus writes it:
// name{label="value",…}, the labels in the order of their names.
func (e *Process) Metrics(t testing.TB) map[string]float64 {
	t.Helper()
	status, _, body, err := e.Ask(http.MethodGet, "/metrics")
	if err != nil || status != http.StatusOK {
		t.Fatalf("/metrics: status %d, %v", status, err)
	}
	samples := map[string]float64{}
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSuffix(line, "\n")
		i := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || i < 0 {
			continue
		}
		v, err := strconv.ParseFloat(line[i+1:], 64)
		if err != nil {
			t.Fatalf("/metrics: %q: %v", line, err)
		}
		samples[line[:i]] = v
	}
	return samples
}

// Replace puts a file in the place of another by a rename, as editors and deployment tools do:
// nobody ever sees a part of it.
func Replace(file, text string) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, bytes.NewReader([]byte(text)))
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("replace %s: %w", file, err)
	}
	return nil
}
