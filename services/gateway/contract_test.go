package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

// contracts are the documents of what the programs answer on their admin addresses.
var contracts = map[string]string{
	"edge": "admin.yaml", "relay": "admin.yaml", "gateway": "admin.yaml",
	"healthagg": "health.yaml", "configsync": "configsync.yaml",
}

const (
	withoutToken = `admin: {address: "127.0.0.1:0"}`
	withToken    = `admin: {address: "127.0.0.1:0", token: contract-contract-contract}`
)

// locked is the program with a token of the admin API.
func (p program) locked(t *testing.T) program {
	t.Helper()
	p.config = strings.NewReplacer(withoutToken, withToken,
		"admin: {address: 127.0.0.1:0}", withToken).Replace(p.config)
	if p.config == "" {
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte("contract-contract-contract"), 0o600); err != nil {
			t.Fatal(err)
		}
		p.flags = append(slices.Clone(p.flags), "--admin-token-file", file, "--store",
			filepath.Join(t.TempDir(), "store"))
	} else if !strings.Contains(p.config, "token") {
		t.Fatal("there is no place for a token")
	}
	return p
}

// contract is a running program with its document.
type contract struct {
	*openspectest.Document
	t        *testing.T
	address  string
	produced map[string][]string // statuses, by operation
}

func (c *contract) at(p *process) *contract {
	with := *c
	with.address = p.says(`: admin: http://(\S+)\n`)[1]
	return &with
}

// ask sends a request to an operation, and holds the answer against the document. fields are names
// and values by turns.
func (c *contract) ask(method, path string, want int, fields ...string) {
	c.t.Helper()
	operation := method + " " + path
	path, _, _ = strings.Cut(strings.ReplaceAll(path, "{id}", "unknown"), " ")
	if i := slices.Index(fields, "query"); i >= 0 {
		path += "?" + fields[i+1]
	}
	status, header, body := c.get(method, path, fields...)
	if status != want {
		c.t.Errorf("%s%v: status %d, want %d: %s", operation, fields, status, want, body)
	}
	if err := c.CheckAnswer(operation, status, header, body); err != nil {
		c.t.Errorf("%v\n%s", err, body)
	}
	c.produced[operation] = append(c.produced[operation], strconv.Itoa(status))
	if method != http.MethodGet {
		return
	}
	if status, _, body := c.get(http.MethodHead, path, fields...); status != want ||
		len(body) > 0 {
		c.t.Errorf("HEAD %s: status %d, want %d, and %d bytes of body", path, status,
			want, len(body))
	}
}

func (c *contract) get(
	method, path string, fields ...string,
) (status int, header http.Header, body []byte) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Deadline)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == "Host" {
			r.Host = fields[i+1]
		}
		r.Header.Set(fields[i], fields[i+1])
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Type") == "application/jsonl" && method == http.MethodGet {
		body, err = bufio.NewReader(resp.Body).ReadBytes('\n') // it has no end
	} else {
		body, err = io.ReadAll(resp.Body)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, body
}

// registered are the operations that a program has, as it says itself.
func (c *contract) registered() []string {
	c.t.Helper()
	_, _, body := c.get(http.MethodGet, "/contract-test")
	var e struct{ Error struct{ Message string } }
	if err := json.Unmarshal(body, &e); err != nil {
		c.t.Fatal(err)
	}
	_, list, ok := strings.Cut(e.Error.Message, "there is ")
	if !ok {
		c.t.Fatalf("it does not say what there is: %s", body)
	}
	all := strings.Split(list, ", ")
	slices.Sort(all)
	return all
}

func load(t *testing.T, name string) *openspectest.Document {
	t.Helper()
	d, err := openspectest.Load(openspec.Documents(), name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Each program has the operations of its document and no other, and answers as it says. What no
// client can bring about, a defect (500) and connections that are all busy (503), is made in
// libs/admin.
func TestEveryProgramKeepsItsContract(t *testing.T) {
	t.Parallel()
	for _, p := range programs(t) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			c := &contract{
				Document: load(t, contracts[p.name]), t: t, produced: map[string][]string{},
			}
			running := p.start(t)
			open, locked := c.at(running), c.at(p.locked(t).start(t))
			open.waitUntilReady()
			locked.waitUntilReady()
			if got, want := open.registered(), c.Operations(); !slices.Equal(got, want) {
				t.Errorf("the program has\n%s\nand its document\n%s", strings.Join(got, "\n"),
					strings.Join(want, "\n"))
			}
			for _, operation := range c.Operations() {
				method, path, _ := strings.Cut(operation, " ")
				open.answers(method, path)
				locked.refuses(method, path)
			}
			open.refusesConfigurations(running)
			if slices.Contains(c.Operations(), "POST /drain") {
				open.ask(http.MethodPost, "/drain", http.StatusAccepted)
			}
			c.complete()
		})
	}
}

func (c *contract) waitUntilReady() {
	c.t.Helper()
	testkit.Within(c.t, patience, "it is ready", func() bool {
		status, _, _ := c.get(http.MethodGet, "/readyz")
		return status == http.StatusOK
	})
}

// answers asks what makes sense, and what could be a browser's that was tricked into it.
func (c *contract) answers(method, path string) {
	c.t.Helper()
	want := map[string]int{"/why/{id}": 404, "/rollback": 409}[path]
	if want == 0 {
		want = http.StatusOK
	}
	// The one is the last, and the other leads to another process.
	if path != "/drain" && path != "/upgrade" {
		c.ask(method, path, want)
	}
	c.ask(method, path, http.StatusForbidden, "Host", "evil.example")
	if strings.HasPrefix(path, "/fleet") {
		c.ask(method, path, http.StatusBadRequest, "query", "no_such_key=1")
	}
	other := http.MethodPost
	if method == http.MethodPost {
		other = http.MethodGet
	}
	status, header, body := c.get(other, strings.ReplaceAll(path, "{id}", "x"))
	if err := load(c.t, "admin.yaml").CheckResponse("MethodNotAllowed", header,
		body); err != nil || status != http.StatusMethodNotAllowed {
		c.t.Errorf("%s %s: %d, %v", other, path, status, err)
	}
}

// refuses asks without the token.
func (c *contract) refuses(method, path string) {
	c.t.Helper()
	if path == "/healthz" || path == "/readyz" {
		c.ask(method, path, http.StatusOK)
		return
	}
	c.ask(method, path, http.StatusUnauthorized)
}

// refusesConfigurations breaks the program's file. POST /rollback has one to return to then.
func (c *contract) refusesConfigurations(p *process) {
	c.t.Helper()
	if !slices.Contains(c.Operations(), "POST /reload") {
		return
	}
	file := filepath.Join(p.cmd.Dir, "gateway.yaml")
	good, err := os.ReadFile(file)
	if err != nil {
		c.t.Fatal(err)
	}
	put := func(text string) {
		if err := testkit.Replace(file, text); err != nil {
			c.t.Fatal(err)
		}
	}
	put("version: 2\n")
	c.ask(http.MethodPost, "/reload", http.StatusUnprocessableEntity)
	put(string(good) + "drain: {timeout: 7s}\n")
	c.ask(http.MethodPost, "/reload", http.StatusOK)
	if slices.Contains(c.Operations(), "POST /rollback") {
		c.ask(http.MethodPost, "/rollback", http.StatusOK)
	}
}

// complete fails for each status that the document promises and that nothing has brought about.
func (c *contract) complete() {
	c.t.Helper()
	elsewhere := []string{
		"500", "503",
		"GET /config 503",      // before there is a plan
		"GET /why/{id} 200",    // services/edge/errors
		"POST /rollback 422",   // what is returned to has been in force
		"GET /fleet/watch 503", // services/healthagg
		"POST /upgrade 200",    // services/gateway/upgrade
		"POST /upgrade 409", "POST /upgrade 422",
	}
	for _, operation := range c.Operations() {
		for _, status := range c.Statuses(operation) {
			if !slices.Contains(c.produced[operation], status) &&
				!slices.Contains(elsewhere, status) &&
				!slices.Contains(elsewhere, operation+" "+status) {
				c.t.Errorf("%s promises status %s, but no request brings it about", operation,
					status)
			}
		}
	}
}

// The address for probes has /healthz and /readyz alone.
func TestTheAddressForProbesKeepsItsContract(t *testing.T) {
	t.Parallel()
	for _, p := range programs(t) {
		if p.config == "" {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.config = strings.NewReplacer(withoutToken, probed, "admin: {address: 127.0.0.1:0}",
				probed).Replace(p.config)
			c := &contract{
				Document: load(t, contracts[p.name]), t: t, produced: map[string][]string{},
				address: p.start(t).says(`: probes: http://(\S+)\n`)[1],
			}
			c.waitUntilReady()
			if got := strings.Join(c.registered(), " "); got != "GET /healthz GET /readyz" {
				t.Errorf("it has %s", got)
			}
			c.ask(http.MethodGet, "/healthz", http.StatusOK)
			c.ask(http.MethodGet, "/readyz", http.StatusOK)
		})
	}
}

const probed = `admin: {address: "127.0.0.1:0", probes: "127.0.0.1:0"}`

// The built-in demo keeps its contract through the gateway that it is behind.
func TestTheDemoKeepsItsContract(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "run", "--port", "0", "--admin", "127.0.0.1:0")
	c := &contract{
		Document: load(t, "demo.yaml"), t: t, produced: map[string][]string{},
		address: p.listener(),
	}
	for _, operation := range c.Operations() {
		method, path, _ := strings.Cut(operation, " ")
		cases := map[string]int{path: 200}
		switch path {
		case "/hello":
			cases["/hello?name="+strings.Repeat("x", 101)] = 400
		case "/users/{id}":
			cases = map[string]int{"/users/2": 200, "/users/9": 404}
		case "/status/{code}":
			cases = map[string]int{"/status/503": 503, "/status/204": 204, "/status/9": 404}
		}
		for target, want := range cases {
			status, header, body := c.get(method, target)
			if status != want {
				t.Errorf("%s %s: status %d, want %d", method, target, status, want)
			}
			if err := c.CheckAnswer(operation, status, header, body); err != nil {
				t.Error(err)
			}
		}
	}
}
